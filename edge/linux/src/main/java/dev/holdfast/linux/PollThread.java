package dev.holdfast.linux;

import dev.holdfast.model.BrokenInvariant;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One daemon thread that waits for any number of descriptors (epoll) and calls their handlers. The descriptors belong to the entries, and
 * an entry is named by a number never used again: a descriptor that is closed and reused can therefore not wake the wrong handler.
 */
final class PollThread implements AutoCloseable {
    /** Called on the thread when the descriptor is ready. Still ready afterwards means called again. */
    interface Handler {
        void ready(Entry entry);
    }

    /** A descriptor that is waited for. Closed once, by {@link #close}. */
    final class Entry {
        private final long number;
        private final int descriptor;
        private final Handler handler;
        private boolean closed;

        private Entry(long number, int descriptor, Handler handler) {
            this.number = number;
            this.descriptor = descriptor;
            this.handler = handler;
        }

        /** Reads the file from its beginning, which also tells the kernel that the news was heard. Negated errno, ENXIO once closed. */
        synchronized long readFromStart(MemorySegment into) {
            return closed ? -SystemCallFailed.ENXIO : Libc.pread(descriptor, into, 0);
        }

        /** Stops waiting for the descriptor and closes it. @return false if that was done before */
        synchronized boolean close() {
            if (closed) {
                return false;
            }
            closed = true;
            entries.remove(number);
            // Explicitly, because a copy of the descriptor in a child being spawned would keep it in the set.
            int _ = Libc.epollControl(epoll, Libc.EPOLL_CTL_DEL, descriptor, MemorySegment.NULL);
            int _ = Libc.close(descriptor);
            return true;
        }
    }

    private static final int EVENTS_AT_A_TIME = 64;
    private static final long WAKE_UP = 0;

    private final int epoll;
    private final int wakeUp;
    private final AtomicLong lastNumber = new AtomicLong(WAKE_UP);
    private final Map<Long, Entry> entries = new ConcurrentHashMap<>();
    private volatile boolean closing;

    private PollThread(int epoll, int wakeUp) {
        this.epoll = epoll;
        this.wakeUp = wakeUp;
    }

    static PollThread start(String name) throws IOException {
        int epoll = Libc.check("epoll_create1", Libc.epollCreate(Libc.O_CLOEXEC));
        int wakeUp = Libc.eventfd(Libc.O_CLOEXEC);
        if (wakeUp < 0) {
            int _ = Libc.close(epoll);
            throw new SystemCallFailed("eventfd", -wakeUp);
        }
        PollThread thread = new PollThread(epoll, wakeUp);
        Libc.check("epoll_ctl", thread.control(wakeUp, Libc.POLLIN, WAKE_UP));
        Thread.ofPlatform().daemon().name(name).start(thread::run);
        return thread;
    }

    /** Takes over {@code descriptor}, also if this fails. {@code events} are POLLIN or POLLPRI. */
    Entry add(int descriptor, int events, Handler handler) throws IOException {
        Entry entry = new Entry(lastNumber.incrementAndGet(), descriptor, handler);
        entries.put(entry.number, entry);
        int result = control(descriptor, events, entry.number);
        if (result < 0) {
            entry.close();
            throw new SystemCallFailed("epoll_ctl", -result);
        }
        return entry;
    }

    /** Ends the thread and closes all entries; a handler may still be under way when this returns. */
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

    private int control(int descriptor, int events, long number) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(Libc.EPOLL_EVENT_SIZE, 8);
            event.set(ValueLayout.JAVA_INT, 0, events);
            event.set(ValueLayout.JAVA_LONG_UNALIGNED, Libc.EPOLL_EVENT_DATA, number);
            return Libc.epollControl(epoll, Libc.EPOLL_CTL_ADD, descriptor, event);
        }
    }

    private void run() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment events = arena.allocate((long) Libc.EPOLL_EVENT_SIZE * EVENTS_AT_A_TIME, 8);
            while (!closing) {
                int count = Libc.epollWait(epoll, events, EVENTS_AT_A_TIME, -1);
                if (count < 0 && count != -SystemCallFailed.EINTR) {
                    throw new BrokenInvariant("epoll_wait: " + SystemCallFailed.describe(-count));
                }
                for (int i = 0; i < count && !closing; i++) {
                    long number = events.get(
                            ValueLayout.JAVA_LONG_UNALIGNED, (long) i * Libc.EPOLL_EVENT_SIZE + Libc.EPOLL_EVENT_DATA);
                    Entry entry = entries.get(number);
                    if (entry != null) { // Null: the wake-up, or closed since the kernel reported it.
                        entry.handler.ready(entry);
                    }
                }
            }
        } finally {
            entries.values().forEach(Entry::close);
            int _ = Libc.close(epoll);
            int _ = Libc.close(wakeUp);
        }
    }
}
