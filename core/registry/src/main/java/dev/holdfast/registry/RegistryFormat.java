package dev.holdfast.registry;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Where things stand in a registry location, and its first block. Format 2, docs/protocol/registry.md.
 * All positions count from the start of the registry area of the location, not of the file or device.
 */
public final class RegistryFormat {
    /** Everything is read and written in blocks of this many bytes. */
    public static final int BLOCK = 4096;

    public static final int SEGMENTS = 64;

    /** Bytes of a segment. */
    public static final int SEGMENT_BYTES = 20 << 20;

    /** The header stands at the start of the area, twice. */
    public static final int HEADER_AREA = 2 * BLOCK;

    /** A root tells tickets apart modulo this. */
    static final long MARKS = (long) SEGMENTS << 24;

    /** Where segment 0 begins; before it only the header is used. */
    public static final long FIRST_SEGMENT = 1 << 20;

    /** Bytes of the whole area. A location must have this much room after the start of the area. */
    public static final long AREA_BYTES = FIRST_SEGMENT + (long) SEGMENTS * SEGMENT_BYTES;

    /** Of what is written. Records of a later one are never taken for the end of the log. */
    static final int VERSION = 2;

    private static final byte[] MAGIC = {'H', 'F', 'R', 'E', 'G', 'L', 'O', 'C'};
    private static final int HEADER_BYTES = 80;
    private static final int CLUSTER_AT = 16;
    private static final int CRC_AT = 60;
    private static final int SEAL_AT = 64;
    private static final String NOT_FORMATTED = "not formatted as a registry location";
    private static final String DAMAGED = "its header is damaged";

    private RegistryFormat() {}

    /** Of what this release writes. */
    public static int version() {
        return VERSION;
    }

    /**
     * The first block of a location.
     *
     * @param location made anew whenever a location is formatted: this is how a replaced or wiped one is told from one
     *     that merely missed some writes
     */
    public record Header(UUID cluster, UUID location) {}

    /**
     * What stands at the start of a location.
     *
     * @param header absent if neither copy is good
     * @param objection why there is none; empty if there is
     * @param damaged the copy that is to be written again, as the other one is good: 0, 1, or -1 for none
     * @param lost neither copy is good, and neither shows that it was another's: what stands there may be what became of a header of ours
     */
    public record Reading(Optional<Header> header, String objection, int damaged, boolean lost) {}

    /** What to write at the start of the area when a location is formatted; the rest may hold anything. */
    public static byte[] header(UUID cluster, UUID location, RegistrySeal seal) {
        byte[] area = new byte[HEADER_AREA];
        byte[] block = headerBlock(cluster, location, seal);
        System.arraycopy(block, 0, area, 0, BLOCK);
        System.arraycopy(block, 0, area, BLOCK, BLOCK);
        return area;
    }

    static byte[] headerBlock(UUID cluster, UUID location, RegistrySeal seal) {
        byte[] block = new byte[BLOCK];
        ByteBuffer out = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC).putInt(VERSION).putInt(BLOCK);
        putUuid(out, cluster);
        putUuid(out, location);
        out.putInt(SEGMENTS).putInt(SEGMENT_BYTES).putInt((int) FIRST_SEGMENT);
        System.arraycopy(seal.of(block, 0, CRC_AT), 0, block, SEAL_AT, RegistrySeal.BYTES);
        out.putInt(CRC_AT, crc(block));
        return block;
    }

    /** Reads the start of a location. Any bytes are welcome. */
    public static Reading readHeader(byte[] area, RegistrySeal seal) {
        if (area.length < HEADER_AREA) {
            return new Reading(Optional.empty(), NOT_FORMATTED, -1, false);
        }
        Optional<Header> first = readCopy(area, 0, seal);
        Optional<Header> second = readCopy(area, BLOCK, seal);
        if (first.isEmpty() && second.isEmpty()) {
            String objection = objection(area, seal);
            return new Reading(
                    Optional.empty(), objection, -1, objection.equals(DAMAGED) || objection.equals(NOT_FORMATTED));
        }
        int damaged = first.isEmpty() ? 0 : second.equals(first) ? -1 : 1;
        return new Reading(first.or(() -> second), "", damaged, false);
    }

    private static Optional<Header> readCopy(byte[] area, int at, RegistrySeal seal) {
        byte[] block = Arrays.copyOfRange(area, at, at + BLOCK);
        ByteBuffer in = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).position(MAGIC.length);
        boolean known = Arrays.equals(block, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
                && in.getInt() == VERSION
                && in.getInt() == BLOCK;
        var header = new Header(getUuid(in), getUuid(in));
        boolean sameShape = in.getInt() == SEGMENTS && in.getInt() == SEGMENT_BYTES && in.getInt() == FIRST_SEGMENT;
        boolean good = known
                && sameShape
                && in.getInt() == crc(block)
                && seal.isThat(block, SEAL_AT, Arrays.copyOf(block, CRC_AT));
        return good ? Optional.of(header) : Optional.empty();
    }

    private static String objection(byte[] area, RegistrySeal seal) {
        String found = NOT_FORMATTED;
        for (int at = 0; at < HEADER_AREA; at += BLOCK) {
            byte[] block = Arrays.copyOfRange(area, at, at + BLOCK);
            if (!Arrays.equals(block, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
                continue;
            }
            ByteBuffer in = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
            int version = in.getInt(MAGIC.length);
            if (version != VERSION) {
                return "formatted as a registry location of format " + version + "; this release knows format "
                        + VERSION;
            }
            if (in.getInt(CRC_AT) == crc(block) && !seal.isThat(block, SEAL_AT, Arrays.copyOf(block, CRC_AT))) {
                return "its header was sealed with another cluster key";
            }
            found = DAMAGED; // Unless the other copy tells more.
        }
        return found;
    }

    /** Whether a copy of the header, good or damaged, has the id of another cluster. */
    static boolean namesAnotherCluster(byte[] area, UUID cluster) {
        for (int at = 0; at + BLOCK <= area.length; at += BLOCK) {
            ByteBuffer in = ByteBuffer.wrap(area).order(ByteOrder.LITTLE_ENDIAN).position(at + CLUSTER_AT);
            if (Arrays.equals(area, at, at + MAGIC.length, MAGIC, 0, MAGIC.length)
                    && !getUuid(in).equals(cluster)) {
                return true;
            }
        }
        return false;
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
