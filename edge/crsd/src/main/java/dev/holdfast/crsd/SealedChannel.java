package dev.holdfast.crsd;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.util.UUID;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Messages between two crsds, sealed with ChaCha20-Poly1305, or with AES-256-GCM if one of the two knows only that. The first is nine times as
 * fast in a JVM without the second compiler, which alone knows the processor's instructions for AES: 0.7 ms instead of 6 for 100 kB.
 *
 * <p>Both sides open with a greeting in the clear: magic, node number, cluster id, 32 random bytes. Each direction gets
 * a key of its own from HKDF-SHA256 over the cluster key, with both random values as salt and both node numbers in the
 * info text. The nonce of a frame is its number on this connection, so a frame is good once, in order, in one
 * direction, on one connection: a replayed, dropped, reordered or reflected frame does not open, and the connection
 * ends. Whoever cannot open the first frame does not hold the cluster key.
 *
 * <pre>
 * greeting  4 "HFC1" | 1 version | 1 node | 2 what it knows: bit 0 ChaCha20-Poly1305 | 16 cluster id | 32 random
 * frame     4 length of what follows | sealed text with 16 bytes of tag; the length is authenticated too
 * </pre>
 */
final class SealedChannel {
    static final int MAX_FRAME = 16 << 20;
    private static final int MAGIC = 0x48464331;
    private static final int VERSION = 1;
    private static final int RANDOM_BYTES = 32;
    private static final int GREETING_BYTES = 8 + 16 + RANDOM_BYTES;
    private static final int TAG_BYTES = 16;
    private static final int KEY_BYTES = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** The bit of the greeting that says so. Who forges it gets both sides to AES-256-GCM at most, or two that do not understand each other. */
    static final int KNOWS_CHACHA = 1;

    private final DataInputStream in;
    private final OutputStream out;
    private final SecretKey sendKey;
    private final SecretKey receiveKey;
    private final boolean chacha;
    private final Cipher sealer;
    private final Cipher opener;
    private final int peer;
    private long sent;
    private long received;

    private SealedChannel(
            DataInputStream in, OutputStream out, SecretKey sendKey, SecretKey receiveKey, int peer, boolean chacha)
            throws GeneralSecurityException {
        this.in = in;
        this.out = out;
        this.sendKey = sendKey;
        this.receiveKey = receiveKey;
        this.peer = peer;
        this.chacha = chacha;
        sealer = Cipher.getInstance(chacha ? "ChaCha20-Poly1305" : "AES/GCM/NoPadding");
        opener = Cipher.getInstance(chacha ? "ChaCha20-Poly1305" : "AES/GCM/NoPadding");
    }

    /**
     * Exchanges greetings. The caller bounds the time by the socket's read timeout.
     *
     * @param dialled true on the side that connected
     */
    static SealedChannel open(
            DataInputStream in, OutputStream out, byte[] clusterKey, UUID cluster, int self, boolean dialled)
            throws IOException {
        return open(in, out, clusterKey, cluster, self, dialled, KNOWS_CHACHA);
    }

    /** @param known what this end says that it knows */
    static SealedChannel open(
            DataInputStream in, OutputStream out, byte[] clusterKey, UUID cluster, int self, boolean dialled, int known)
            throws IOException {
        byte[] mine = new byte[RANDOM_BYTES];
        RANDOM.nextBytes(mine);
        out.write(ByteBuffer.allocate(GREETING_BYTES)
                .putInt(MAGIC)
                .put((byte) VERSION)
                .put((byte) self)
                .putShort((short) known)
                .putLong(cluster.getMostSignificantBits())
                .putLong(cluster.getLeastSignificantBits())
                .put(mine)
                .array());
        out.flush();
        byte[] greeting = new byte[GREETING_BYTES];
        in.readFully(greeting);
        ByteBuffer read = ByteBuffer.wrap(greeting);
        if (read.getInt() != MAGIC || read.get() != VERSION) {
            throw new IOException("not a crsd of this version at the other end");
        }
        int peer = read.get();
        boolean chacha = (read.getShort() & known & KNOWS_CHACHA) != 0;
        if (!cluster.equals(new UUID(read.getLong(), read.getLong()))) {
            throw new IOException("the other end belongs to another cluster");
        }
        byte[] theirs = new byte[RANDOM_BYTES];
        read.get(theirs);
        try {
            byte[] salt = dialled ? joined(mine, theirs) : joined(theirs, mine);
            int dialler = dialled ? self : peer;
            int listener = dialled ? peer : self;
            String kind = chacha ? "holdfast crsd 2 " : "holdfast crsd 1 ";
            SecretKey forth = key(clusterKey, salt, kind + "dialler " + dialler + " to listener " + listener, chacha);
            SecretKey back = key(clusterKey, salt, kind + "listener " + listener + " to dialler " + dialler, chacha);
            return dialled
                    ? new SealedChannel(in, out, forth, back, peer, chacha)
                    : new SealedChannel(in, out, back, forth, peer, chacha);
        } catch (GeneralSecurityException e) {
            throw new IOException("this JVM cannot seal: " + e.getMessage(), e);
        }
    }

    private static byte[] joined(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }

    private static SecretKey key(byte[] clusterKey, byte[] salt, String info, boolean chacha)
            throws NoSuchAlgorithmException, InvalidAlgorithmParameterException {
        return KDF.getInstance("HKDF-SHA256")
                .deriveKey(
                        chacha ? "ChaCha20" : "AES",
                        HKDFParameterSpec.ofExtract()
                                .addIKM(new SecretKeySpec(clusterKey, "Generic"))
                                .addSalt(salt)
                                .thenExpand(info.getBytes(StandardCharsets.UTF_8), KEY_BYTES));
    }

    /** The node number that the other end claims; proved once a frame has been received. */
    int peer() {
        return peer;
    }

    /** Sends one message. Called by one thread only. */
    void send(String message) throws IOException {
        byte[] text = message.getBytes(StandardCharsets.UTF_8);
        ByteBuffer frame = ByteBuffer.allocate(4 + text.length + TAG_BYTES).putInt(text.length + TAG_BYTES);
        if (text.length + TAG_BYTES > MAX_FRAME) {
            throw new IOException("a message of " + text.length + " bytes is larger than a frame may be");
        }
        try {
            sealer.init(Cipher.ENCRYPT_MODE, sendKey, nonce(sent++));
            sealer.updateAAD(frame.array(), 0, 4);
            sealer.doFinal(ByteBuffer.wrap(text), frame);
        } catch (GeneralSecurityException e) {
            throw new IOException("sealing failed: " + e.getMessage(), e);
        }
        out.write(frame.array());
        out.flush();
    }

    /** Waits for one message. Called by one thread only. */
    String receive() throws IOException {
        byte[] header = new byte[4];
        in.readFully(header);
        int length = ByteBuffer.wrap(header).getInt();
        if (length < TAG_BYTES || length > MAX_FRAME) {
            throw new IOException("a frame of " + length + " bytes");
        }
        byte[] sealed = in.readNBytes(length);
        if (sealed.length < length) {
            throw new EOFException("the connection ended within a frame");
        }
        try {
            opener.init(Cipher.DECRYPT_MODE, receiveKey, nonce(received++));
            opener.updateAAD(header);
            return new String(opener.doFinal(sealed), StandardCharsets.UTF_8);
        } catch (GeneralSecurityException e) {
            throw new IOException("a frame that was not sealed by the other end of this connection", e);
        }
    }

    private AlgorithmParameterSpec nonce(long number) {
        byte[] bytes = ByteBuffer.allocate(12).putInt(0).putLong(number).array();
        return chacha ? new IvParameterSpec(bytes) : new GCMParameterSpec(TAG_BYTES * 8, bytes);
    }
}
