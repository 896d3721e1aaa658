package dev.holdfast.registry;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * One entry of the log as it stands on disk, docs/protocol/registry.md: a header of 128 bytes, the payload, zeros up to
 * the next block. {@code previous} is the SHA-256 of the record before, so that a record proves all that lead to it.
 */
@SuppressWarnings("ArrayRecordComponent") // Read from disk or about to be written; nobody changes or compares them.
record LogRecord(Header header, byte[] previous, byte[] payload) {
    static final int HEADER_BYTES = 128;
    static final int HASH_BYTES = 32;

    /** What the first record ever follows. */
    static final byte[] NOTHING_BEFORE = new byte[HASH_BYTES];

    private static final byte[] MAGIC = {'H', 'F', 'R', 'E', 'G', 'R', 'E', 'C'};
    private static final int CRC_AT = 76;

    /** The first record of a segment is the base: the whole content. All others change it. */
    enum Kind {
        BASE(1),
        BATCHES(2);

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

    /** As written: padded with zeros to whole blocks. */
    byte[] encode() {
        byte[] bytes = new byte[header.paddedBytes()];
        ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC).putInt(RegistryFormat.VERSION).putInt(header.kind.code);
        RegistryFormat.putUuid(out, header.cluster);
        Owner owner = header.owner;
        out.putLong(owner.epoch()).putLong(owner.incarnation()).putInt(owner.node());
        out.putInt(header.segment).putLong(owner.ticket()).putLong(header.lsn).putInt(header.payloadBytes);
        out.position(CRC_AT + Integer.BYTES).put(previous);
        out.position(HEADER_BYTES).put(payload);
        out.putInt(CRC_AT, crc(bytes, 0, header.payloadBytes));
        return bytes;
    }

    /** True if a record seems to begin at {@code at}, from where at least a block is there. */
    static boolean beginsAt(byte[] bytes, int at) {
        return Arrays.equals(bytes, at, at + MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /** Reads the header at {@code at}, where a record {@link #beginsAt begins}. Says nothing about the payload. */
    static Header readHeader(byte[] bytes, int at) throws Malformed {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).position(at + MAGIC.length);
        int version = in.getInt();
        int code = in.getInt();
        Kind kind = code == Kind.BASE.code ? Kind.BASE : Kind.BATCHES;
        if (version != RegistryFormat.VERSION || code != kind.code) {
            throw new Malformed("a record of format " + version + ", kind " + code);
        }
        UUID cluster = RegistryFormat.getUuid(in);
        long epoch = in.getLong();
        long incarnation = in.getLong();
        int node = in.getInt();
        int segment = in.getInt();
        long ticket = in.getLong();
        long lsn = in.getLong();
        int payloadBytes = in.getInt();
        if (ticket < 0 || payloadBytes < 0 || payloadBytes > RegistryFormat.SEGMENT_BYTES - HEADER_BYTES) {
            throw new Malformed("a record with ticket " + ticket + " and " + payloadBytes + " bytes");
        }
        var owner = new Owner(ticket, epoch, incarnation, node);
        return new Header(cluster, kind, owner, segment, lsn, payloadBytes);
    }

    /** Reads the whole record at {@code at}, all of which is there; refuses one whose checksum is wrong. */
    static LogRecord read(Header header, byte[] bytes, int at) throws Malformed {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (in.getInt(at + CRC_AT) != crc(bytes, at, header.payloadBytes)) {
            throw new Malformed("the checksum of record " + header.lsn + " is wrong");
        }
        int previousAt = at + CRC_AT + Integer.BYTES;
        int payloadAt = at + HEADER_BYTES;
        return new LogRecord(
                header,
                Arrays.copyOfRange(bytes, previousAt, previousAt + HASH_BYTES),
                Arrays.copyOfRange(bytes, payloadAt, payloadAt + header.payloadBytes));
    }

    /** The SHA-256 of a record that stands at {@code at}, padding excluded. */
    static byte[] hash(byte[] bytes, int at, Header header) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes, at, HEADER_BYTES + header.payloadBytes);
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
