package dev.holdfast.registry;

import dev.holdfast.model.RegistryRoot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The rooted segment as one location holds it: the longest prefix of valid records, each following from the one before.
 * Reads piece by piece, and no further than there are records. Whatever the bytes are, it ends with a prefix.
 */
final class Chain {
    /** Read at once where nothing tells how long the next record is; as much again as was read, within these. */
    private static final int SMALLEST_PIECE = 64 << 10;

    private static final int LARGEST_PIECE = 512 << 10;

    private final UUID cluster;
    private final RegistrySeal seal;
    private final RegistryRoot root;
    private final List<Link> links = new ArrayList<>();
    private byte[] bytes = new byte[0];
    private int filled;
    private int parsed;
    private int wanted = SMALLEST_PIECE;
    private boolean finished;
    private String damage = "";

    private boolean later;
    private @Nullable Snapshot snapshot;

    /** A valid record, which stands at {@code at}. */
    record Link(LogRecord record, int at) {
        long lsn() {
            return record.header().lsn();
        }

        byte[] hash() {
            return record.hash();
        }

        LogRecord.Header header() {
            return record.header();
        }
    }

    Chain(UUID cluster, RegistrySeal seal, RegistryRoot root) {
        this.cluster = cluster;
        this.seal = seal;
        this.root = root;
    }

    /** True once the end of the prefix was found; then nothing more needs to be read. */
    boolean finished() {
        return finished;
    }

    /** Where the next read begins, in bytes from the start of the segment. */
    int offset() {
        return filled;
    }

    /** How many bytes to read next. */
    int wanted() {
        return Math.min(wanted, RegistryFormat.SEGMENT_BYTES - filled);
    }

    List<Link> links() {
        return links;
    }

    /** What ended the prefix, if it was not simply the end of what was written; else empty. */
    String damage() {
        return damage;
    }

    /** True if the next record was written by a later release: then this prefix is not all that was acknowledged. */
    boolean goesOnLater() {
        return later;
    }

    /** The payload of one of the {@link #links}, to be read. */
    BytesIn payload(Link link) {
        return new BytesIn(
                bytes, link.at() + LogRecord.HEADER_BYTES, link.header().payloadBytes());
    }

    /** What the base says; there must be one. Decoded once. */
    Snapshot snapshot() throws Malformed {
        if (snapshot == null) {
            snapshot = Snapshot.decode(payload(links.getFirst()));
        }
        return snapshot;
    }

    /** The base, if this location holds it. */
    Optional<Link> base() {
        return links.isEmpty() ? Optional.empty() : Optional.of(links.getFirst());
    }

    /** The number of the last record of the prefix; 0 without a base. */
    long lastLsn() {
        return links.isEmpty() ? 0 : links.getLast().lsn();
    }

    /** Whether the base was decoded already. */
    boolean isDecoded() {
        return snapshot != null;
    }

    /** Takes what was read at {@link #offset}. */
    void accept(byte[] blocks) {
        accept(blocks, List.of());
    }

    /**
     * Takes what was read at {@link #offset}.
     *
     * @param others what other locations hold of the same segment: a record that is byte for byte one of theirs is as good as theirs, and is not
     *     hashed once more. To hash is most of what a new master does with a large registry
     */
    void accept(byte[] blocks, List<Chain> others) {
        if (filled + blocks.length > bytes.length) {
            int doubled = Math.min(2 * bytes.length, RegistryFormat.SEGMENT_BYTES);
            bytes = Arrays.copyOf(bytes, Math.max(doubled, filled + blocks.length));
        }
        System.arraycopy(blocks, 0, bytes, filled, blocks.length);
        filled += blocks.length;
        while (!finished) {
            if (parsed == RegistryFormat.SEGMENT_BYTES) {
                finished = true;
                return;
            }
            if (filled - parsed < RegistryFormat.BLOCK) {
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
                int missing = parsed + header.paddedBytes() - filled;
                if (missing > 0) {
                    wanted = Math.max(missing, piece());
                    return;
                }
                link(header, others);
            } catch (Malformed e) {
                finished = true;
                damage = e.getMessage() + ", at byte " + parsed + " of segment " + Owner.segmentOf(root.segment());
            }
        }
    }

    private int piece() {
        return Math.clamp(filled, SMALLEST_PIECE, LARGEST_PIECE);
    }

    private void link(LogRecord.Header header, List<Chain> others) throws Malformed {
        LogRecord known = sameIn(others, header.paddedBytes());
        LogRecord record = known == null ? LogRecord.read(header, bytes, parsed, seal) : known;
        if (!links.isEmpty()
                && !Arrays.equals(record.previous(), links.getLast().hash())) {
            throw new Malformed("record " + header.lsn() + " does not follow from the one before");
        }
        if (header.kind() == LogRecord.Kind.LATER) {
            later = true;
            finished = true;
            return;
        }
        links.add(new Link(record, parsed));
        parsed += header.paddedBytes();
    }

    /** The record that another location holds in this place, if all of its bytes are ours: then it was found good under the same key. */
    private @Nullable LogRecord sameIn(List<Chain> others, int length) {
        for (Chain other : others) {
            if (other != this && other.seal == seal && other.links.size() > links.size()) {
                Link there = other.links.get(links.size());
                if (there.at() == parsed
                        && there.header().paddedBytes() == length
                        && Arrays.equals(bytes, parsed, parsed + length, other.bytes, parsed, parsed + length)) {
                    return there.record();
                }
            }
        }
        return null;
    }

    /** True if this is the next record of the owner that the root names. */
    private boolean follows(LogRecord.Header header) {
        Owner owner = header.owner();
        boolean rooted = header.cluster().equals(cluster)
                && owner.epoch() == root.ownerEpoch()
                && owner.incarnation() == root.ownerIncarnation()
                && header.segment() == owner.segment()
                && Owner.markOf(owner.ticket()) == root.segment()
                && owner.ticket() < root.generation();
        if (links.isEmpty()) {
            return rooted && header.kind() != LogRecord.Kind.BATCHES;
        }
        LogRecord.Header last = links.getLast().header();
        return rooted
                && header.kind() != LogRecord.Kind.BASE
                && owner.equals(last.owner())
                && header.lsn() == last.lsn() + 1;
    }
}
