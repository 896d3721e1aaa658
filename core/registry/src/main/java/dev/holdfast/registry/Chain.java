package dev.holdfast.registry;

import dev.holdfast.model.RegistryRoot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The rooted segment as one location holds it: the longest prefix of valid records, each following from the one before.
 * Reads piece by piece, and no further than there are records. Whatever the bytes are, it ends with a prefix.
 */
final class Chain {
    /** Read at once where nothing tells how long the next record is; as much again as was read, within these. */
    private static final int SMALLEST_PIECE = 64 << 10;

    private static final int LARGEST_PIECE = 512 << 10;

    private final UUID cluster;
    private final RegistryRoot root;
    private final List<Link> links = new ArrayList<>();
    private byte[] bytes = new byte[0];
    private int parsed;
    private int wanted = SMALLEST_PIECE;
    private boolean finished;
    private String damage = "";

    /** A valid record and its hash. */
    @SuppressWarnings("ArrayRecordComponent") // Compared by Arrays.equals where it matters.
    record Link(LogRecord record, byte[] hash) {
        long lsn() {
            return record.header().lsn();
        }
    }

    Chain(UUID cluster, RegistryRoot root) {
        this.cluster = cluster;
        this.root = root;
    }

    /** True once the end of the prefix was found; then nothing more needs to be read. */
    boolean finished() {
        return finished;
    }

    /** Where the next read begins, in bytes from the start of the segment. */
    int offset() {
        return bytes.length;
    }

    /** How many bytes to read next. */
    int wanted() {
        return Math.min(wanted, RegistryFormat.SEGMENT_BYTES - bytes.length);
    }

    List<Link> links() {
        return links;
    }

    /** What ended the prefix, if it was not simply the end of what was written; else empty. */
    String damage() {
        return damage;
    }

    /** The base, if this location holds it. */
    Optional<Link> base() {
        return links.isEmpty() ? Optional.empty() : Optional.of(links.getFirst());
    }

    /** The number of the last record of the prefix; 0 without a base. */
    long lastLsn() {
        return links.isEmpty() ? 0 : links.getLast().lsn();
    }

    /** Takes what was read at {@link #offset}. */
    void accept(byte[] blocks) {
        int before = bytes.length;
        bytes = Arrays.copyOf(bytes, before + blocks.length);
        System.arraycopy(blocks, 0, bytes, before, blocks.length);
        while (!finished) {
            if (parsed == RegistryFormat.SEGMENT_BYTES) {
                finished = true;
                return;
            }
            if (bytes.length - parsed < RegistryFormat.BLOCK) {
                wanted = piece();
                return;
            }
            if (!LogRecord.beginsAt(bytes, parsed)) {
                finished = true; // Never written, or the middle of a record of an earlier owner.
                return;
            }
            try {
                LogRecord.Header header = LogRecord.readHeader(bytes, parsed);
                if (!follows(header)) {
                    finished = true; // Left by an earlier owner of the segment.
                    return;
                }
                if (parsed + header.paddedBytes() > RegistryFormat.SEGMENT_BYTES) {
                    throw new Malformed("record " + header.lsn() + " is longer than the segment");
                }
                int missing = parsed + header.paddedBytes() - bytes.length;
                if (missing > 0) {
                    wanted = Math.max(missing, piece());
                    return;
                }
                link(header);
            } catch (Malformed e) {
                finished = true;
                damage = e.getMessage() + ", at byte " + parsed + " of segment " + root.segment();
            }
        }
    }

    private int piece() {
        return Math.clamp(bytes.length, SMALLEST_PIECE, LARGEST_PIECE);
    }

    private void link(LogRecord.Header header) throws Malformed {
        LogRecord record = LogRecord.read(header, bytes, parsed);
        if (!links.isEmpty()
                && !Arrays.equals(record.previous(), links.getLast().hash())) {
            throw new Malformed("record " + header.lsn() + " does not follow from the one before");
        }
        links.add(new Link(record, LogRecord.hash(bytes, parsed, header)));
        parsed += header.paddedBytes();
    }

    /** True if this is the next record of the owner that the root names. */
    private boolean follows(LogRecord.Header header) {
        Owner owner = header.owner();
        boolean rooted = header.cluster().equals(cluster)
                && owner.epoch() == root.ownerEpoch()
                && owner.incarnation() == root.ownerIncarnation()
                && header.segment() == root.segment()
                && owner.ticket() < root.generation();
        if (links.isEmpty()) {
            return rooted && header.kind() == LogRecord.Kind.BASE;
        }
        LogRecord.Header last = links.getLast().record().header();
        return rooted
                && header.kind() == LogRecord.Kind.BATCHES
                && owner.equals(last.owner())
                && header.lsn() == last.lsn() + 1;
    }
}
