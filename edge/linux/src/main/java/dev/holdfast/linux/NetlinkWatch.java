package dev.holdfast.linux;

import dev.holdfast.model.BrokenInvariant;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Tells what happens to links and addresses in the network namespace of the thread that started it; 0.1 to 0.4 ms after the fact. */
public final class NetlinkWatch implements AutoCloseable {
    /** What happened. */
    public sealed interface Event {
        /** Everything as it is: the first event of a watch, and again whenever events were lost (the kernel's buffer overflowed). */
        record Everything(List<Link> links, List<InterfaceAddress> addresses) implements Event {}

        /** A link is new, or its state is. The kernel repeats itself; compare with what you knew. */
        record LinkIs(Link link) implements Event {}

        record LinkGone(Link link) implements Event {}

        /** An address is new, or its lifetime is. */
        record AddressIs(InterfaceAddress address) implements Event {}

        /** An address was deleted, or the kernel dropped it at the end of its lifetime. */
        record AddressGone(InterfaceAddress address) implements Event {}
    }

    private static final int RECEIVE_BUFFER = 1 << 20;

    private final RouteSocket notices;
    private final Netlink netlink;
    private final int wakeUp;
    private final Consumer<Event> listener;
    private volatile boolean closing;

    private NetlinkWatch(RouteSocket notices, Netlink netlink, int wakeUp, Consumer<Event> listener) {
        this.notices = notices;
        this.netlink = netlink;
        this.wakeUp = wakeUp;
        this.listener = listener;
    }

    /** @param listener called on the watch's own daemon thread, in order; what it throws ends the watch as an uncaught exception */
    public static NetlinkWatch start(Consumer<Event> listener) throws IOException {
        return start(listener, RECEIVE_BUFFER);
    }

    static NetlinkWatch start(Consumer<Event> listener, int receiveBufferBytes) throws IOException {
        // First the notices, then everything: what changes in between is told twice, not never.
        RouteSocket notices = RouteSocket.open(
                RouteSocket.GROUP_LINK | RouteSocket.GROUP_IPV4_ADDRESS | RouteSocket.GROUP_IPV6_ADDRESS,
                receiveBufferBytes);
        try {
            Netlink netlink = Netlink.open();
            int wakeUp = Libc.eventfd(Libc.O_CLOEXEC);
            if (wakeUp < 0) {
                netlink.close();
                throw new SystemCallFailed("eventfd", -wakeUp);
            }
            NetlinkWatch watch = new NetlinkWatch(notices, netlink, wakeUp, listener);
            Thread.ofPlatform().daemon().name("netlink-watch").start(watch::run);
            return watch;
        } catch (IOException | RuntimeException | Error e) {
            notices.close();
            throw e;
        }
    }

    /** Ends the thread; a call of the listener may still be under way. */
    @Override
    public void close() {
        if (closing) {
            return;
        }
        closing = true;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1);
            long _ = Libc.write(wakeUp, one);
        }
    }

    private void run() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pollfds = arena.allocate(16, 4);
            pollfds.set(ValueLayout.JAVA_INT, 0, notices.descriptor());
            pollfds.set(ValueLayout.JAVA_SHORT, 4, (short) Libc.POLLIN);
            pollfds.set(ValueLayout.JAVA_INT, 8, wakeUp);
            pollfds.set(ValueLayout.JAVA_SHORT, 12, (short) Libc.POLLIN);
            tellEverything();
            while (!closing) {
                int ready = Libc.poll(pollfds, 2, -1);
                if (ready < 0 && ready != -SystemCallFailed.EINTR) {
                    throw new BrokenInvariant("poll: " + SystemCallFailed.describe(-ready));
                }
                if (!closing) {
                    tellNews();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("links and addresses are no longer watched", e);
        } finally {
            notices.close();
            netlink.close();
            int _ = Libc.close(wakeUp);
        }
    }

    private void tellNews() throws IOException {
        try {
            for (RouteSocket.Message message : notices.receiveNow()) {
                event(message).ifPresent(listener);
            }
        } catch (SystemCallFailed e) {
            if (e.errno() != SystemCallFailed.ENOBUFS) {
                throw e;
            }
            discardNews();
            tellEverything();
        }
    }

    /** Empties the socket of news that are older than what we are about to read. */
    private void discardNews() throws IOException {
        while (true) {
            try {
                if (notices.receiveNow().isEmpty()) {
                    return;
                }
            } catch (SystemCallFailed e) {
                if (e.errno() != SystemCallFailed.ENOBUFS) {
                    throw e;
                }
            }
        }
    }

    private void tellEverything() throws IOException {
        listener.accept(new Event.Everything(netlink.links(), netlink.addresses()));
    }

    private static Optional<Event> event(RouteSocket.Message message) {
        return switch (message.kind()) {
            case Netlink.NEW_LINK -> Netlink.link(message).map(Event.LinkIs::new);
            case Netlink.DELETE_LINK -> Netlink.link(message).map(Event.LinkGone::new);
            case Netlink.NEW_ADDRESS -> Netlink.address(message).map(Event.AddressIs::new);
            case Netlink.DELETE_ADDRESS -> Netlink.address(message).map(Event.AddressGone::new);
            default -> Optional.empty();
        };
    }
}
