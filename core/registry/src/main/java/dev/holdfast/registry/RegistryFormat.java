package dev.holdfast.registry;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Where things stand in a registry location, and its first block. Format 1, docs/protocol/registry.md.
 * All positions count from the start of the registry area of the location, not of the file or device.
 */
public final class RegistryFormat {
    /** Everything is read and written in blocks of this many bytes. */
    public static final int BLOCK = 4096;

    public static final int SEGMENTS = 64;

    /** Bytes of a segment. */
    public static final int SEGMENT_BYTES = 4 << 20;

    /** Where segment 0 begins; before it only the first block is used. */
    public static final long FIRST_SEGMENT = 1 << 20;

    /** Bytes of the whole area. A location must have this much room after the start of the area. */
    public static final long AREA_BYTES = FIRST_SEGMENT + (long) SEGMENTS * SEGMENT_BYTES;

    static final int VERSION = 1;

    private static final byte[] MAGIC = {'H', 'F', 'R', 'E', 'G', 'L', 'O', 'C'};
    private static final int HEADER_BYTES = 64;
    private static final int CRC_AT = 60;

    private RegistryFormat() {}

    /**
     * The first block of a location.
     *
     * @param location made anew whenever a location is formatted: this is how a replaced or wiped one is told from one
     *     that merely missed some writes
     */
    public record Header(UUID cluster, UUID location) {}

    /** The block to write at the start of the area when a location is formatted; the rest may hold anything. */
    public static byte[] header(UUID cluster, UUID location) {
        byte[] block = new byte[BLOCK];
        ByteBuffer out = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC).putInt(VERSION).putInt(BLOCK);
        putUuid(out, cluster);
        putUuid(out, location);
        out.putInt(SEGMENTS).putInt(SEGMENT_BYTES).putInt((int) FIRST_SEGMENT);
        out.putInt(CRC_AT, crc(block));
        return block;
    }

    /** Reads a first block; empty if these bytes are not one of this format. Any bytes are welcome. */
    public static Optional<Header> readHeader(byte[] block) {
        if (block.length < BLOCK || !Arrays.equals(block, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            return Optional.empty();
        }
        ByteBuffer in = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).position(MAGIC.length);
        boolean known = in.getInt() == VERSION && in.getInt() == BLOCK;
        var header = new Header(getUuid(in), getUuid(in));
        boolean sameShape = in.getInt() == SEGMENTS && in.getInt() == SEGMENT_BYTES && in.getInt() == FIRST_SEGMENT;
        return known && sameShape && in.getInt() == crc(block) ? Optional.of(header) : Optional.empty();
    }

    /** Where {@code offset} of {@code segment} stands in the area. */
    public static long position(int segment, int offset) {
        if (segment < 0 || segment >= SEGMENTS || offset < 0 || offset >= SEGMENT_BYTES) {
            throw new IllegalArgumentException("no place in the registry: segment " + segment + ", offset " + offset);
        }
        return FIRST_SEGMENT + (long) segment * SEGMENT_BYTES + offset;
    }

    static int padded(int bytes) {
        return (bytes + BLOCK - 1) / BLOCK * BLOCK;
    }

    static void putUuid(ByteBuffer out, UUID id) {
        out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    }

    static UUID getUuid(ByteBuffer in) {
        return new UUID(in.getLong(), in.getLong());
    }

    private static int crc(byte[] block) {
        var crc = new CRC32C();
        crc.update(block, 0, CRC_AT);
        crc.update(block, HEADER_BYTES, BLOCK - HEADER_BYTES);
        return (int) crc.getValue();
    }
}
