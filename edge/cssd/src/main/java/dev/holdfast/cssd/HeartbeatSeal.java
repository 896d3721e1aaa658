package dev.holdfast.cssd;

import dev.holdfast.membership.Heartbeat;
import dev.holdfast.membership.Input;
import dev.holdfast.membership.LeaseAnswer;
import dev.holdfast.membership.LeaseAsk;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * What the cssds tell each other (heartbeats, questions for a lease and their answers), as sealed datagrams: AES-256-GCM under a key of this process alone, derived from the cluster key and a
 * random salt that travels in clear; the nonce is a counter, so that no (key, nonce) pair occurs twice.
 *
 * <pre>
 * offset  bytes
 *      0      1  version, 1
 *      1     16  salt of the sending process
 *     17      8  counter
 *     25      -  sealed message and tag; everything before is authenticated too
 * </pre>
 *
 * A replayed datagram is authentic but old: membership drops it by incarnation and sequence or by the number of the question. Opening is total.
 */
final class HeartbeatSeal {
    private static final byte VERSION = 1;
    private static final int SALT = 16;
    private static final int CLEAR = 1 + SALT + 8;
    private static final int TAG_BITS = 128;

    private static final byte BEAT = 1;
    private static final byte ASK = 2;
    private static final byte ANSWER = 3;
    private static final byte PROBE = 4;
    private static final byte ECHO = 5;
    /** No other kind of datagram has this length. */
    private static final int PROBE_LENGTH = CLEAR + 1 + 1 + 1 + 8 + TAG_BITS / 8;

    private static final int PLAIN_MAX = 64;

    /** Peers that restart bring new salts; more than this many at a time only a flood of forgeries brings. */
    private static final int KEYS_MAX = 256;

    private final ClusterKey clusterKey;
    private final byte[] salt = new byte[SALT];
    private final SecretKey own;
    private final AtomicLong counter = new AtomicLong();
    private final Map<ByteBuffer, SecretKey> keys = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, SecretKey> eldest) {
            return size() > KEYS_MAX;
        }
    };

    HeartbeatSeal(ClusterKey clusterKey) {
        this.clusterKey = clusterKey;
        new SecureRandom().nextBytes(salt);
        own = keyFor(salt);
    }

    private SecretKey keyFor(byte[] itsSalt) {
        return new SecretKeySpec(clusterKey.derive("heartbeat", itsSalt, 32), "AES");
    }

    byte[] seal(Heartbeat beat) {
        ByteBuffer plain = ByteBuffer.allocate(PLAIN_MAX);
        plain.put(BEAT);
        plain.put((byte) beat.from().number());
        plain.putLong(beat.incarnation().number());
        plain.putLong(beat.sequence());
        plain.put(StateCode.of(beat.state()));
        plain.putLong(beat.epoch().number());
        plain.putLong(beat.round());
        plain.putLong(beat.hears().bits());
        plain.put((byte) (beat.disks() ? 1 : 0));
        plain.putLong(beat.bootId());
        return seal(plain);
    }

    byte[] seal(LeaseAsk ask) {
        ByteBuffer plain = ByteBuffer.allocate(PLAIN_MAX);
        plain.put(ASK);
        plain.put((byte) ask.from().number());
        plain.putLong(ask.incarnation().number());
        plain.putLong(ask.epoch().number());
        plain.putLong(ask.request());
        return seal(plain);
    }

    byte[] seal(LeaseAnswer answer) {
        ByteBuffer plain = ByteBuffer.allocate(PLAIN_MAX);
        plain.put(ANSWER);
        plain.put((byte) answer.from().number());
        plain.putLong(answer.incarnation().number());
        plain.put((byte) answer.to().number());
        plain.putLong(answer.asker().number());
        plain.putLong(answer.epoch().number());
        plain.putLong(answer.request());
        plain.put((byte) (answer.granted() ? 1 : 0));
        return seal(plain);
    }

    /**
     * A question for the way there and back, or the answer to one.
     *
     * @param to who has asked; in a question the asker itself
     * @param stamp whatever the asker wants to have back
     */
    record Probe(boolean echo, NodeId from, NodeId to, long stamp) {}

    byte[] seal(Probe probe) {
        ByteBuffer plain = ByteBuffer.allocate(PLAIN_MAX);
        plain.put(probe.echo() ? ECHO : PROBE);
        plain.put((byte) probe.from().number());
        plain.put((byte) probe.to().number());
        plain.putLong(probe.stamp());
        return seal(plain);
    }

    static boolean mayBeProbe(int length) {
        return length == PROBE_LENGTH;
    }

    /** The probe in a datagram, or nothing if it is none or not authentic. May be called by several threads. */
    Optional<Probe> openProbe(byte[] datagram, int length) {
        return unseal(datagram, length).flatMap(in -> {
            try {
                byte kind = in.get();
                return kind == PROBE || kind == ECHO
                        ? Optional.of(new Probe(kind == ECHO, new NodeId(in.get()), new NodeId(in.get()), in.getLong()))
                        : Optional.empty();
            } catch (BufferUnderflowException | IllegalArgumentException e) {
                return Optional.empty();
            }
        });
    }

    /** May be called by several threads: no two get the same number from the counter. */
    private byte[] seal(ByteBuffer plain) {
        byte[] message = new byte[plain.position()];
        plain.flip().get(message);
        try {
            ByteBuffer out = ByteBuffer.allocate(CLEAR + message.length + TAG_BITS / 8);
            long number = counter.incrementAndGet();
            out.put(VERSION).put(salt).putLong(number);
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, own, number);
            cipher.updateAAD(out.array(), 0, CLEAR);
            cipher.doFinal(message, 0, message.length, out.array(), CLEAR);
            return out.array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot do AES-GCM", e);
        }
    }

    /** What a peer said over {@code link}, or nothing if it is not authentic or makes no sense. May be called by several threads. */
    Optional<Input> open(int link, byte[] datagram, int length) {
        return unseal(datagram, length).flatMap(in -> understand(link, in));
    }

    /** What an authentic message says, or nothing if it makes no sense. */
    static Optional<Input> understand(int link, ByteBuffer in) {
        try {
            return read(link, in);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private Optional<ByteBuffer> unseal(byte[] datagram, int length) {
        if (length < CLEAR + TAG_BITS / 8 || datagram[0] != VERSION) {
            return Optional.empty();
        }
        byte[] itsSalt = Arrays.copyOfRange(datagram, 1, 1 + SALT);
        SecretKey key;
        synchronized (keys) {
            key = keys.computeIfAbsent(ByteBuffer.wrap(itsSalt), _ -> keyFor(itsSalt));
        }
        try {
            long itsCounter = ByteBuffer.wrap(datagram, 1 + SALT, 8).getLong();
            Cipher cipher = cipher(Cipher.DECRYPT_MODE, key, itsCounter);
            cipher.updateAAD(datagram, 0, CLEAR);
            return Optional.of(ByteBuffer.wrap(cipher.doFinal(datagram, CLEAR, length - CLEAR)));
        } catch (GeneralSecurityException e) {
            return Optional.empty();
        }
    }

    private static Optional<Input> read(int link, ByteBuffer in) {
        return switch (in.get()) {
            case BEAT ->
                Optional.of(new Input.HeartbeatReceived(
                        link,
                        new Heartbeat(
                                new NodeId(in.get()),
                                new Incarnation(in.getLong()),
                                in.getLong(),
                                StateCode.read(in.get()),
                                new Epoch(in.getLong()),
                                in.getLong(),
                                new NodeSet(in.getLong()),
                                in.get() == 1,
                                in.getLong())));
            case ASK ->
                Optional.of(new Input.LeaseAsked(new LeaseAsk(
                        new NodeId(in.get()), new Incarnation(in.getLong()), new Epoch(in.getLong()), in.getLong())));
            case ANSWER ->
                Optional.of(new Input.LeaseAnswered(new LeaseAnswer(
                        new NodeId(in.get()),
                        new Incarnation(in.getLong()),
                        new NodeId(in.get()),
                        new Incarnation(in.getLong()),
                        new Epoch(in.getLong()),
                        in.getLong(),
                        in.get() == 1)));
            default -> Optional.empty();
        };
    }

    private static Cipher cipher(int mode, SecretKey key, long counter) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        byte[] nonce = ByteBuffer.allocate(12).putInt(0).putLong(counter).array();
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        return cipher;
    }
}
