package dev.holdfast.cssd;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
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
 */
final class BlockSeal {
    static final int BLOCK = 4096;
    static final int PAYLOAD = 28;
    private static final int MAC_AT = 4064;
    private static final int MAC_BYTES = 16;
    private static final int CRC_AT = 4088;
    private static final int CRC_END = CRC_AT + 4;
    static final int PAYLOAD_MAX = MAC_AT - PAYLOAD;

    private final UUID cluster;
    private final SecretKey key;

    BlockSeal(UUID cluster, ClusterKey clusterKey) {
        this.cluster = cluster;
        key = new SecretKeySpec(clusterKey.derive("voting disk blocks", 32), "HmacSHA256");
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
        byte[] claimed = Arrays.copyOfRange(block, MAC_AT, MAC_AT + MAC_BYTES);
        if (!MessageDigest.isEqual(claimed, Arrays.copyOf(mac(block), MAC_BYTES))) {
            return Optional.empty();
        }
        return Optional.of(ByteBuffer.wrap(block, PAYLOAD, length).slice().order(ByteOrder.LITTLE_ENDIAN));
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
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            mac.update(block, 0, MAC_AT);
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no HmacSHA256", e);
        }
    }

    private static int crc(byte[] block) {
        CRC32C crc = new CRC32C();
        crc.update(block, 0, CRC_AT);
        return (int) crc.getValue();
    }
}
