package dev.holdfast.linux;

import dev.holdfast.model.BrokenInvariant;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * An rtnetlink socket: requests out, their answers in; or, with groups, the kernel's notices. Belongs to the network namespace of the
 * thread that opened it.
 */
final class RouteSocket implements AutoCloseable {
    static final int GROUP_LINK = 0x1;
    static final int GROUP_IPV4_ADDRESS = 0x10;
    static final int GROUP_IPV6_ADDRESS = 0x100;

    static final int REQUEST = 0x1;
    static final int ACKNOWLEDGE = 0x4;
    static final int REPLACE = 0x100;
    static final int EXCLUSIVE = 0x200;
    static final int CREATE = 0x400;
    private static final int DUMP = 0x300;
    private static final int DUMP_INTERRUPTED = 0x10;

    private static final int KIND_ERROR = 2;
    private static final int KIND_DONE = 3;
    private static final int HEADER = 16; // length (4), kind (2), flags (2), sequence (4), port (4)

    private static final int NETLINK_ROUTE = 0;
    private static final int DUMP_TRIES = 10;
    /** The kernel answers within the call; this long only if it had no memory for the answer. */
    private static final long ANSWER_SECONDS = 2;

    private final int descriptor;
    private final MemorySegment received = Arena.ofAuto().allocate(128 * 1024, 8);
    private final ByteBuffer receivedBytes = received.asByteBuffer().order(ByteOrder.nativeOrder());
    private final MemorySegment request = Arena.ofAuto().allocate(1024, 8);
    private int sequence;
    private boolean closed;

    private RouteSocket(int descriptor) {
        this.descriptor = descriptor;
    }

    /** @param groups the notices to receive, or 0 for a socket that makes requests */
    static RouteSocket open(int groups, int receiveBufferBytes) throws IOException {
        int descriptor = Libc.check(
                "open an rtnetlink socket",
                Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, NETLINK_ROUTE));
        RouteSocket socket = new RouteSocket(descriptor);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(12, 4); // sockaddr_nl: family (2), padding (2), port (4), groups (4)
            address.set(ValueLayout.JAVA_SHORT, 0, (short) Libc.AF_NETLINK);
            address.set(ValueLayout.JAVA_INT, 8, groups);
            Libc.check("bind an rtnetlink socket", Libc.bind(descriptor, address));
            MemorySegment size = arena.allocateFrom(ValueLayout.JAVA_INT, receiveBufferBytes);
            Libc.check("size an rtnetlink socket", Libc.setsockopt(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVBUF, size));
            if (groups == 0) {
                MemorySegment patience = arena.allocate(16, 8);
                patience.set(ValueLayout.JAVA_LONG, 0, ANSWER_SECONDS);
                Libc.check(
                        "bound the wait on an rtnetlink socket",
                        Libc.setsockopt(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVTIMEO, patience));
            }
            return socket;
        } catch (IOException | RuntimeException | Error e) {
            socket.close();
            throw e;
        }
    }

    /** One message of the kernel. {@code body} is positioned after the header, limited to the message, in native order. */
    record Message(int kind, int flags, int sequence, ByteBuffer body) {}

    /** Asks for one thing and waits for the kernel's yes. @return 0, or the negated errno of its no */
    synchronized int ask(String attempt, int kind, int flags, Consumer<ByteBuffer> body) throws IOException {
        send(attempt, kind, flags | ACKNOWLEDGE, body);
        while (true) {
            for (Message message : receive(attempt)) {
                if (message.sequence() == sequence && message.kind() == KIND_ERROR) {
                    return message.body().getInt(message.body().position());
                }
            }
        }
    }

    /** Asks for all there is. If things change meanwhile, asks again, so that the answer was true at one moment. */
    synchronized void dump(String attempt, int kind, Consumer<ByteBuffer> body, Consumer<Message> each)
            throws IOException {
        for (int attempts = 0; attempts < DUMP_TRIES; attempts++) {
            List<Message> answer = dumpOnce(attempt, kind, body);
            if (answer.stream().noneMatch(message -> (message.flags() & DUMP_INTERRUPTED) != 0)) {
                answer.forEach(each);
                return;
            }
        }
        throw new IOException(attempt + ": changed during each of " + DUMP_TRIES + " attempts");
    }

    private List<Message> dumpOnce(String attempt, int kind, Consumer<ByteBuffer> body) throws IOException {
        send(attempt, kind, DUMP, body);
        List<Message> answer = new ArrayList<>();
        while (true) {
            for (Message message : receive(attempt)) {
                if (message.sequence() != sequence) {
                    continue; // Of an earlier request that was given up.
                }
                if (message.kind() == KIND_ERROR) {
                    throw new SystemCallFailed(
                            attempt, -message.body().getInt(message.body().position()));
                }
                answer.add(copy(message)); // The buffer is used again.
                if (message.kind() == KIND_DONE) {
                    return answer;
                }
            }
        }
    }

    private static Message copy(Message message) {
        ByteBuffer body = ByteBuffer.allocate(message.body().remaining()).order(ByteOrder.nativeOrder());
        body.put(message.body().duplicate()).flip();
        return new Message(message.kind(), message.flags(), message.sequence(), body);
    }

    private void send(String attempt, int kind, int flags, Consumer<ByteBuffer> body) throws IOException {
        if (closed) {
            throw new IOException(attempt + ": the rtnetlink socket was closed");
        }
        sequence++;
        ByteBuffer out = request.asByteBuffer().order(ByteOrder.nativeOrder());
        out.position(HEADER);
        body.accept(out);
        int length = out.position();
        out.putInt(0, length)
                .putShort(4, (short) kind)
                .putShort(6, (short) (flags | REQUEST))
                .putInt(8, sequence)
                .putInt(12, 0);
        Libc.check(attempt, Libc.sendto(descriptor, request.asSlice(0, length), 0, MemorySegment.NULL));
    }

    private List<Message> receive(String attempt) throws IOException {
        while (true) {
            long length = Libc.recv(descriptor, received, Libc.MSG_TRUNC);
            if (length == -SystemCallFailed.EINTR) {
                continue;
            }
            if (length == -SystemCallFailed.EAGAIN) {
                throw new SystemCallFailed(attempt, SystemCallFailed.ETIMEDOUT);
            }
            return messages(attempt, Libc.check(attempt, length));
        }
    }

    /** The next notices without waiting; empty if there are none. @throws SystemCallFailed ENOBUFS if some were lost */
    List<Message> receiveNow() throws IOException {
        long length = Libc.recv(descriptor, received, Libc.MSG_TRUNC | Libc.MSG_DONTWAIT);
        if (length == -SystemCallFailed.EAGAIN || length == -SystemCallFailed.EINTR) {
            return List.of();
        }
        return messages("receive notices of rtnetlink", Libc.check("receive notices of rtnetlink", length));
    }

    int descriptor() {
        return descriptor;
    }

    /** Views of what was received; good until the next receive. */
    private List<Message> messages(String attempt, long length) throws IOException {
        if (length > received.byteSize()) {
            throw new IOException("%s: a message of %d bytes does not fit".formatted(attempt, length));
        }
        List<Message> messages = new ArrayList<>();
        int at = 0;
        while (at + HEADER <= length) {
            int size = receivedBytes.getInt(at);
            if (size < HEADER || at + size > length) {
                throw new BrokenInvariant(
                        "rtnetlink sent a message of %d bytes at %d of %d".formatted(size, at, length));
            }
            ByteBuffer body = receivedBytes.slice(at + HEADER, size - HEADER).order(ByteOrder.nativeOrder());
            messages.add(new Message(
                    receivedBytes.getShort(at + 4) & 0xFFFF,
                    receivedBytes.getShort(at + 6) & 0xFFFF,
                    receivedBytes.getInt(at + 8),
                    body));
            at += aligned(size);
        }
        return messages;
    }

    /** Netlink's lengths are rounded up to 4 bytes. */
    static int aligned(int length) {
        return (length + 3) & ~3;
    }

    /** Appends an attribute: length, kind, value, padding. */
    static void attribute(ByteBuffer out, int kind, byte[] value) {
        int start = out.position();
        out.putShort((short) (4 + value.length)).putShort((short) kind).put(value);
        while (out.position() < start + aligned(4 + value.length)) {
            out.put((byte) 0);
        }
    }

    /** Calls {@code each} for the attributes from the buffer's position to its end; the values are views in native order. */
    static void attributes(ByteBuffer in, AttributeReader each) {
        int at = in.position();
        while (at + 4 <= in.limit()) {
            int length = in.getShort(at) & 0xFFFF;
            int kind = in.getShort(at + 2) & 0x3FFF; // Without the flags "nested" and "network byte order".
            if (length < 4 || at + length > in.limit()) {
                throw new BrokenInvariant(
                        "rtnetlink sent an attribute of %d bytes at %d of %d".formatted(length, at, in.limit()));
            }
            each.read(kind, in.slice(at + 4, length - 4).order(ByteOrder.nativeOrder()));
            at += aligned(length);
        }
    }

    interface AttributeReader {
        void read(int kind, ByteBuffer value);
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            int _ = Libc.close(descriptor);
        }
    }
}
