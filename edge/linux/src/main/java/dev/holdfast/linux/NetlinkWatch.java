package dev.holdfast.linux;

import java.io.IOException;
import java.util.List;
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

    private NetlinkWatch() {}

    /** @param listener called on the watch's own daemon thread, in order; what it throws ends the watch as an uncaught exception */
    public static NetlinkWatch start(Consumer<Event> listener) throws IOException {
        return Linux.later();
    }

    /** Ends the thread; a call of the listener may still be under way. */
    @Override
    public void close() {
        Linux.later();
    }
}
