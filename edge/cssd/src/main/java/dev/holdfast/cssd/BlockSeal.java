package dev.holdfast.cssd;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.zip.CRC32C;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The envelope of every 4 KiB block on a voting disk: what it is, whose cluster's, and proof that it is whole and ours.
 *
 * <pre>
 * offset  bytes
 *      0      8  magic: which kind of block, and the format version
 *      8     16  cluster id
 *     24      4  length of the payload
 *     28      -  payload, then zeros
 *   4064     16  HMAC-SHA256 over the bytes before it, cut to 16
 *   4088      4  CRC32C over the bytes before it
 * </pre>
 *
 * All integers are little endian. The CRC tells a torn block, the MAC a forged one; for the reader both are unreadable.
 *
 * <p>A MAC costs 55 µs, as this JVM does without the second compiler, and each look at a disk reads two blocks of every node and the header.
 * Most of them are what they were at the last look, or what another disk has just shown. So the blocks whose MAC was right are remembered: the very
 * same bytes are right again. Any thread may ask.
 */
final class BlockSeal {
    static final int BLOCK = 4096;
    static final int PAYLOAD = 28;
    private static final int MAC_AT = 4064;
    private static final int MAC_BYTES = 16;
    private static final int CRC_AT = 4088;
    private static final int CRC_END = CRC_AT + 4;
    static final int PAYLOAD_MAX = MAC_AT - PAYLOAD;
    private static final String HMAC = "HmacSHA256";

    /** At most so many are remembered: two blocks of each of 64 nodes, headers, ballots. A power of two. */
    private static final int REMEMBERED = 256;

    private final UUID cluster;

    /** Never used itself, only cloned: to find and to key one costs more than a short MAC. */
    private final Mac keyed;

    /** Blocks that are sound, each at a place that follows from its MAC. Nobody changes their bytes. */
    private final AtomicReferenceArray<byte[]> sound = new AtomicReferenceArray<>(REMEMBERED);

    private final AtomicLong computed = new AtomicLong();

    BlockSeal(UUID cluster, ClusterKey clusterKey) {
        this.cluster = cluster;
        try {
            keyed = Mac.getInstance(HMAC);
            keyed.init(new SecretKeySpec(clusterKey.derive("voting disk blocks", 32), HMAC));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + HMAC, e);
        }
    }

    /** Puts the payload into a sealed block. */
    byte[] seal(long magic, byte[] payload, int length) {
        if (length > PAYLOAD_MAX) {
            throw new IllegalArgumentException("a payload of " + length + " bytes does not fit a block");
        }
        byte[] block = new byte[BLOCK];
        ByteBuffer buffer = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(magic);
        buffer.putLong(cluster.getMostSignificantBits());
        buffer.putLong(cluster.getLeastSignificantBits());
        buffer.putInt(length);
        buffer.put(payload, 0, length);
        System.arraycopy(mac(block), 0, block, MAC_AT, MAC_BYTES);
        buffer.putInt(CRC_AT, crc(block));
        remember(block.clone());
        return block;
    }

    /** The payload of the block at {@code offset}, or nothing if it is not a whole block of this kind and cluster. */
    Optional<ByteBuffer> open(long magic, byte[] area, int offset) {
        byte[] block = Arrays.copyOfRange(area, offset, offset + BLOCK);
        ByteBuffer buffer = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
        boolean ours = buffer.getLong() == magic
                && buffer.getLong() == cluster.getMostSignificantBits()
                && buffer.getLong() == cluster.getLeastSignificantBits();
        int length = buffer.getInt();
        boolean whole = buffer.getInt(CRC_AT) == crc(block)
                && isZero(block, MAC_AT + MAC_BYTES, CRC_AT)
                && isZero(block, CRC_END, BLOCK);
        if (!ours || length < 0 || length > PAYLOAD_MAX || !whole) {
            return Optional.empty();
        }
        if (!Arrays.equals(block, sound.get(placeOf(block)))) {
            byte[] claimed = Arrays.copyOfRange(block, MAC_AT, MAC_AT + MAC_BYTES);
            if (!MessageDigest.isEqual(claimed, Arrays.copyOf(mac(block), MAC_BYTES))) {
                return Optional.empty();
            }
            remember(block);
        }
        return Optional.of(ByteBuffer.wrap(block, PAYLOAD, length)
                .slice()
                .asReadOnlyBuffer()
                .order(ByteOrder.LITTLE_ENDIAN));
    }

    private void remember(byte[] block) {
        sound.set(placeOf(block), block);
    }

    private static int placeOf(byte[] block) {
        return (block[MAC_AT] ^ block[MAC_AT + 1] << 1) & (REMEMBERED - 1);
    }

    /** How many MACs were computed so far. */
    long computed() {
        return computed.get();
    }

    /** Whether a block begins with this name, whoever wrote it: good enough for a message, not for trust. */
    static boolean claimsToBe(String name, byte[] area, int offset) {
        byte[] wanted = name.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        return Arrays.equals(wanted, Arrays.copyOfRange(area, offset, offset + wanted.length));
    }

    /** True if the block was never written. */
    static boolean isBlank(byte[] area, int offset) {
        return isZero(area, offset, offset + BLOCK);
    }

    private static boolean isZero(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private byte[] mac(byte[] block) {
        computed.incrementAndGet();
        try {
            Mac mac = (Mac) keyed.clone();
            mac.update(block, 0, MAC_AT);
            return mac.doFinal();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException(HMAC + " of every Java platform can be cloned", e);
        }
    }

    private static int crc(byte[] block) {
        CRC32C crc = new CRC32C();
        crc.update(block, 0, CRC_AT);
        return (int) crc.getValue();
    }
}
