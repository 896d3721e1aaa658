package dev.holdfast.registry;

import dev.holdfast.model.RegistryRoot;
import java.util.Arrays;
import java.util.UUID;

/**
 * The segment that this master writes: byte for byte what each location shall hold, up to the tail. What was appended
 * never changes, so writing a part of it once more, or late, does no harm.
 */
final class OpenSegment {
    /**
     * What follows a base, at most, in bytes, though there were room for more: a new master reads all of it, from all locations, and hashes it, in the middle of
     * a failover. A thousand small changes.
     */
    static final int MOST_CHANGES = 4 << 20;

    private final UUID cluster;
    private final RegistrySeal seal;
    private final int fullAt;
    private final Owner owner;
    private final Snapshot snapshot;
    private final int baseEnd;
    private byte[] image = new byte[64 << 10];
    private int tail;
    private long lastLsn;
    private byte[] lastHash;
    private boolean rooted;

    /**
     * @param lsn of the last record of the segment before
     * @param hash of that record
     * @param fullAt how many bytes of the segment are used, at most, beside the base
     */
    OpenSegment(UUID cluster, RegistrySeal seal, Owner owner, Snapshot snapshot, long lsn, byte[] hash, int fullAt) {
        this.cluster = cluster;
        this.seal = seal;
        this.fullAt = fullAt;
        this.owner = owner;
        this.snapshot = snapshot;
        lastLsn = lsn;
        lastHash = hash;
        append(LogRecord.Kind.BASE, snapshot.encode());
        baseEnd = tail;
    }

    /** True if a record with this payload can still be appended. */
    boolean hasRoomFor(int payloadBytes) {
        int end = tail + RegistryFormat.padded(LogRecord.HEADER_BYTES + payloadBytes);
        boolean few = end <= fullAt && end - baseEnd <= MOST_CHANGES;
        return end <= RegistryFormat.SEGMENT_BYTES && (few || tail == baseEnd);
    }

    void append(LogRecord.Kind kind, byte[] payload) {
        var header = new LogRecord.Header(cluster, kind, owner, owner.segment(), lastLsn + 1, payload.length);
        LogRecord.Sealed sealed = LogRecord.seal(header, lastHash, payload, seal);
        byte[] record = sealed.bytes();
        if (tail + record.length > image.length) {
            int doubled = Math.min(image.length * 2, RegistryFormat.SEGMENT_BYTES);
            image = Arrays.copyOf(image, Math.max(doubled, tail + record.length));
        }
        System.arraycopy(record, 0, image, tail, record.length);
        lastHash = sealed.hash();
        lastLsn++;
        tail += record.length;
    }

    byte[] bytes(int from, int to) {
        return Arrays.copyOfRange(image, from, to);
    }

    /** The start of the first block in which {@code found}, read at {@code from}, differs; -1 if none does. */
    int firstDifference(int from, byte[] found) {
        int at = Arrays.mismatch(image, from, from + found.length, found, 0, found.length);
        return at < 0 ? -1 : (from + at) / RegistryFormat.BLOCK * RegistryFormat.BLOCK;
    }

    Owner owner() {
        return owner;
    }

    Snapshot snapshot() {
        return snapshot;
    }

    /** A root that names this base and no other. */
    RegistryRoot root() {
        return owner.rootOfBase();
    }

    int baseEnd() {
        return baseEnd;
    }

    int tail() {
        return tail;
    }

    long lastLsn() {
        return lastLsn;
    }

    byte[] lastHash() {
        return lastHash;
    }

    boolean rooted() {
        return rooted;
    }

    void setRooted() {
        rooted = true;
    }
}
