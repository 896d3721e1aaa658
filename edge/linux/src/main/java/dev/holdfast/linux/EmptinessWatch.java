package dev.holdfast.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Tells when control groups lose their last process, milliseconds after the fact (the kernel spaces its notices of one group 10 ms apart).
 * One thread for any number of groups.
 */
public final class EmptinessWatch implements AutoCloseable {
    private final PollThread thread;
    private final Map<Path, PollThread.Entry> entries = new HashMap<>();

    private EmptinessWatch(PollThread thread) {
        this.thread = thread;
    }

    public static EmptinessWatch start() throws IOException {
        return new EmptinessWatch(PollThread.start("emptiness-watch"));
    }

    /**
     * Watches a group that exists, until {@link #forget}, to be called before the group is removed; in place of an earlier watch of the same group.
     *
     * @param whenEmptied called on the watch's thread each time the kernel reports a change and the group is empty then, so also for a
     *     process that came and went between two looks; not if it is empty to begin with. Must be quick. Processes may have come in
     *     meanwhile: look at {@link Cgroup#populated}
     * @throws SystemCallFailed ENOENT if there is no such group
     */
    public void watch(Cgroup group, Runnable whenEmptied) throws IOException {
        Path events = group.eventsFile();
        int descriptor = Libc.check("open " + events, Libc.open(events.toString(), Libc.O_RDONLY | Libc.O_CLOEXEC));
        try (Arena arena = Arena.ofConfined()) {
            // From this reading on the kernel has something to report; without it, it would report at once.
            long _ = Libc.pread(descriptor, Cgroup.eventsBuffer(arena), 0);
        }
        MemorySegment buffer = Cgroup.eventsBuffer(Arena.ofAuto()); // Used by the watch's thread alone.
        PollThread.Entry replaced;
        synchronized (entries) {
            PollThread.Entry entry = thread.add(descriptor, Libc.POLLPRI, ready -> {
                long length = ready.readFromStart(buffer);
                if (length < 0) {
                    ready.close(); // Removed in the meantime: it would report itself for ever.
                    synchronized (entries) {
                        entries.remove(group.path(), ready);
                    }
                } else if (!Cgroup.populated(buffer, length)) {
                    whenEmptied.run();
                }
            });
            replaced = entries.put(group.path(), entry);
        }
        if (replaced != null) {
            replaced.close();
        }
    }

    /** A call may still be under way when this returns. Does nothing for a group that is not watched. */
    public void forget(Cgroup group) {
        PollThread.Entry entry;
        synchronized (entries) {
            entry = entries.remove(group.path());
        }
        if (entry != null) {
            entry.close();
        }
    }

    @Override
    public void close() {
        thread.close();
    }
}
