package dev.holdfast.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * Sends and receives whole frames of one kind on one interface (AF_PACKET). Belongs to the network namespace of the thread that opened it.
 * One thread may send while another receives.
 */
final class PacketSocket implements AutoCloseable {
    private static final ValueLayout.OfShort NETWORK_SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int SO_ATTACH_FILTER = 26;
    private static final int RECEIVE_SIZE = 256;

    private final Link link;
    private final String protocol;
    private final int descriptor;
    private final MemorySegment received = Arena.ofAuto().allocate(RECEIVE_SIZE);
    private boolean closed;

    private PacketSocket(Link link, String protocol, int descriptor) {
        this.link = link;
        this.protocol = protocol;
        this.descriptor = descriptor;
    }

    /** One instruction of a classic BPF program: linux/filter.h. */
    record Instruction(int code, int ifTrue, int ifFalse, int operand) {}

    /**
     * @param protocol its name, for messages
     * @param filter says how many bytes of a frame to keep, 0: none of it; empty for every frame of this type
     * @throws SystemCallFailed EPERM without CAP_NET_RAW, ENODEV if the link is gone, ENETDOWN if it is off
     */
    static PacketSocket open(Link link, String protocol, short etherType, Instruction... filter) throws IOException {
        if (link.loopback()) {
            throw new IllegalArgumentException(link.name() + " is a loopback interface and speaks no " + protocol);
        }
        String attempt = "open a socket for " + protocol + " on " + link.name();
        // Without a protocol, so that nothing is received from other interfaces before the socket is bound to this one.
        int descriptor = Libc.check(attempt, Libc.socket(Libc.AF_PACKET, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, 0));
        try (Arena arena = Arena.ofConfined()) {
            int result = filter.length == 0 ? 0 : attach(descriptor, arena, filter);
            if (result >= 0) {
                MemorySegment address = arena.allocate(20, 4); // sockaddr_ll
                address.set(ValueLayout.JAVA_SHORT, 0, (short) Libc.AF_PACKET);
                address.set(NETWORK_SHORT, 2, etherType);
                address.set(ValueLayout.JAVA_INT, 4, link.index());
                result = Libc.bind(descriptor, address);
            }
            if (result < 0) {
                int _ = Libc.close(descriptor);
                throw new SystemCallFailed(attempt, -result);
            }
        }
        return new PacketSocket(link, protocol, descriptor);
    }

    private static int attach(int descriptor, Arena arena, Instruction... filter) {
        MemorySegment program = arena.allocate(8L * filter.length, 8);
        for (int i = 0; i < filter.length; i++) {
            program.set(ValueLayout.JAVA_SHORT, 8L * i, (short) filter[i].code());
            program.set(ValueLayout.JAVA_BYTE, 8L * i + 2, (byte) filter[i].ifTrue());
            program.set(ValueLayout.JAVA_BYTE, 8L * i + 3, (byte) filter[i].ifFalse());
            program.set(ValueLayout.JAVA_INT, 8L * i + 4, filter[i].operand());
        }
        MemorySegment value = arena.allocate(16, 8); // sock_fprog: length (2), padding (6), pointer (8)
        value.set(ValueLayout.JAVA_SHORT, 0, (short) filter.length);
        value.set(ValueLayout.ADDRESS, 8, program);
        return Libc.setsockopt(descriptor, Libc.SOL_SOCKET, SO_ATTACH_FILTER, value);
    }

    /** @throws SystemCallFailed ENETDOWN if the link is off */
    void send(String attempt, byte[] bytes) throws IOException {
        if (closed) {
            throw new IOException(attempt + " on " + link.name() + ": the socket was closed");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment frame = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            Libc.check(attempt + " on " + link.name(), Libc.sendto(descriptor, frame, 0, MemorySegment.NULL));
        }
    }

    private void drain() {
        while (Libc.recv(descriptor, received, Libc.MSG_DONTWAIT) > 0) {
            // From before the question.
        }
    }

    /** The beginning of the next frame (those sent by this machine excluded), or empty if there was none until then. */
    Optional<byte[]> receive(long deadlineNanos) throws IOException {
        String attempt = "receive " + protocol + " on " + link.name();
        if (closed) {
            throw new IOException(attempt + ": the socket was closed");
        }
        while (Libc.awaitReady(descriptor, Libc.POLLIN, deadlineNanos)) {
            long length = Libc.recv(descriptor, received, Libc.MSG_DONTWAIT);
            if (length == -SystemCallFailed.EAGAIN || length == -SystemCallFailed.EINTR) {
                continue;
            }
            Libc.check(attempt, length);
            return Optional.of(
                    received.asSlice(0, Math.min(length, RECEIVE_SIZE)).toArray(ValueLayout.JAVA_BYTE));
        }
        return Optional.empty();
    }

    /** The next frame in which {@code reader} finds what it looks for, or empty if there was none until then. */
    <T> Optional<T> receive(long deadlineNanos, Function<byte[], Optional<T>> reader) throws IOException {
        for (Optional<byte[]> frame = receive(deadlineNanos); frame.isPresent(); frame = receive(deadlineNanos)) {
            Optional<T> found = reader.apply(frame.get());
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** Sends a question. */
    interface Probe {
        void send() throws IOException;
    }

    /**
     * Asks now and every {@code interval}, {@code probes} times in all, and listens until an interval after the last. Drops what was received
     * before.
     *
     * @param holder who has what was asked for, if a frame tells
     */
    Optional<MacAddress> findHolder(
            int probes, Duration interval, Probe probe, Function<byte[], Optional<MacAddress>> holder)
            throws IOException {
        if (probes < 1) {
            throw new IllegalArgumentException("at least one probe, got " + probes);
        }
        drain();
        for (int i = 0; i < probes; i++) {
            probe.send();
            Optional<MacAddress> found = receive(System.nanoTime() + interval.toNanos(), holder);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    Link link() {
        return link;
    }

    /** Not while another thread sends or receives. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            int _ = Libc.close(descriptor);
        }
    }
}
