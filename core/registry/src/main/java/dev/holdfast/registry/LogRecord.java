package dev.holdfast.registry;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * One entry of the log as it stands on disk, docs/protocol/registry.md: a header of 128 bytes, the payload, zeros up to
 * the next block. The payload stays where the record was read from.
 *
 * @param previous the hash of the record before, so that a record proves all that lead to it
 * @param hash SHA-256 of header and payload, without checksum and seal, which follow from it
 */
@SuppressWarnings("ArrayRecordComponent") // Read from disk; nobody changes them, and Arrays.equals compares them.
record LogRecord(Header header, byte[] previous, byte[] hash) {
    static final int HEADER_BYTES = 128;
    static final int HASH_BYTES = 32;

    /** What the first record ever follows. */
    static final byte[] NOTHING_BEFORE = new byte[HASH_BYTES];

    private static final byte[] MAGIC = {'H', 'F', 'R', 'E', 'G', 'R', 'E', 'C'};
    private static final int CRC_AT = 76;
    private static final int PREVIOUS_AT = CRC_AT + Integer.BYTES;
    private static final int SEAL_AT = PREVIOUS_AT + HASH_BYTES;

    /** The first record of a segment is the base: the whole content. All others change it. */
    enum Kind {
        BASE(1),
        BATCHES(2),
        /** Written by a later release, whose records have the same header: what it says is not known, only that it was said. */
        LATER(0);

        final int code;

        Kind(int code) {
            this.code = code;
        }
    }

    /**
     * @param lsn log sequence number: one more than that of the record before, also across segments
     */
    record Header(UUID cluster, Kind kind, Owner owner, int segment, long lsn, int payloadBytes) {
        /** Bytes on disk, padding included. */
        int paddedBytes() {
            return RegistryFormat.padded(HEADER_BYTES + payloadBytes);
        }
    }

    /** As written: padded with zeros to whole blocks, with its hash. */
    @SuppressWarnings("ArrayRecordComponent") // About to be written; nobody changes or compares them.
    record Sealed(byte[] bytes, byte[] hash) {}

    static Sealed seal(Header header, byte[] previous, byte[] payload, RegistrySeal seal) {
        byte[] bytes = new byte[header.paddedBytes()];
        ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC).putInt(RegistryFormat.VERSION).putInt(header.kind.code);
        RegistryFormat.putUuid(out, header.cluster);
        Owner owner = header.owner;
        out.putLong(owner.epoch()).putLong(owner.incarnation()).putInt(owner.node());
        out.putInt(header.segment).putLong(owner.ticket()).putLong(header.lsn).putInt(header.payloadBytes);
        out.position(PREVIOUS_AT).put(previous);
        out.position(HEADER_BYTES).put(payload);
        byte[] hash = hash(bytes, 0, header.payloadBytes);
        out.position(SEAL_AT).put(seal.of(hash, 0, HASH_BYTES));
        out.putInt(CRC_AT, crc(bytes, 0, header.payloadBytes));
        return new Sealed(bytes, hash);
    }

    /** The record in {@code bytes} as a release with another format would have written it; for tests. */
    static byte[] ofFormat(int format, byte[] bytes, RegistrySeal seal) throws Malformed {
        Header header = readHeader(bytes, 0);
        byte[] other = bytes.clone();
        ByteBuffer out = ByteBuffer.wrap(other).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(MAGIC.length, format);
        out.put(SEAL_AT, seal.of(hash(other, 0, header.payloadBytes), 0, HASH_BYTES));
        out.putInt(CRC_AT, crc(other, 0, header.payloadBytes));
        return other;
    }

    /** True if a record seems to begin at {@code at}, from where at least a block is there. */
    static boolean beginsAt(byte[] bytes, int at) {
        return Arrays.equals(bytes, at, at + MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /** Who has written the base that a segment of {@code cluster} begins with, by its first block; whether the base is whole is not looked at. */
    static Optional<Owner> ownerOfBase(byte[] block, UUID cluster, int segment) {
        if (!beginsAt(block, 0)) {
            return Optional.empty();
        }
        try {
            Header header = readHeader(block, 0);
            Owner owner = header.owner();
            boolean base = header.kind() == Kind.BASE
                    && header.cluster().equals(cluster)
                    && header.segment() == segment
                    && owner.segment() == segment;
            return base ? Optional.of(owner) : Optional.empty();
        } catch (Malformed e) {
            return Optional.empty(); // No base of a format that is known here.
        }
    }

    /** Reads the header at {@code at}, where a record {@link #beginsAt begins}. Says nothing about the payload. */
    static Header readHeader(byte[] bytes, int at) throws Malformed {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(at + MAGIC.length);
        int version = in.getInt();
        int code = in.getInt();
        UUID cluster = RegistryFormat.getUuid(in);
        long epoch = in.getLong();
        long incarnation = in.getLong();
        int node = in.getInt();
        int segment = in.getInt();
        long ticket = in.getLong();
        long lsn = in.getLong();
        int payloadBytes = in.getInt();
        if (version < RegistryFormat.VERSION) {
            throw new Malformed("a record of format " + version);
        }
        if (ticket < 0 || payloadBytes < 0 || payloadBytes > RegistryFormat.SEGMENT_BYTES - HEADER_BYTES) {
            throw new Malformed("a record with ticket " + ticket + " and " + payloadBytes + " bytes");
        }
        var owner = new Owner(ticket, epoch, incarnation, node);
        Kind kind = version > RegistryFormat.VERSION
                ? Kind.LATER
                : code == Kind.BASE.code ? Kind.BASE : code == Kind.BATCHES.code ? Kind.BATCHES : Kind.LATER;
        return new Header(cluster, kind, owner, segment, lsn, payloadBytes);
    }

    /** Reads the whole record at {@code at}, all of which is there; refuses one that is damaged or was not written by this cluster. */
    static LogRecord read(Header header, byte[] bytes, int at, RegistrySeal seal) throws Malformed {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (in.getInt(at + CRC_AT) != crc(bytes, at, header.payloadBytes)) {
            throw new Malformed("the checksum of record " + header.lsn + " is wrong");
        }
        byte[] hash = hash(bytes, at, header.payloadBytes);
        if (!seal.isThat(bytes, at + SEAL_AT, hash)) {
            throw new Malformed("the seal of record " + header.lsn + " is wrong: it was not written by this cluster");
        }
        int previousAt = at + PREVIOUS_AT;
        return new LogRecord(header, Arrays.copyOfRange(bytes, previousAt, previousAt + HASH_BYTES), hash);
    }

    /** Everything but checksum, seal and padding. */
    private static byte[] hash(byte[] bytes, int at, int payloadBytes) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes, at, CRC_AT);
            digest.update(bytes, at + PREVIOUS_AT, HASH_BYTES);
            digest.update(bytes, at + HEADER_BYTES, payloadBytes);
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static int crc(byte[] bytes, int at, int payloadBytes) {
        var crc = new CRC32C();
        crc.update(bytes, at, CRC_AT);
        crc.update(bytes, at + CRC_AT + Integer.BYTES, HEADER_BYTES - CRC_AT - Integer.BYTES + payloadBytes);
        return (int) crc.getValue();
    }
}
