package dev.holdfast.linux;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Tells when processes, our children or not, have exited; 0.3 ms after the fact. One thread for any number of processes. */
public final class ExitWatch implements AutoCloseable {
    private final PollThread thread;
    private final Map<Pidfd, PollThread.Entry> entries = new ConcurrentHashMap<>();

    private ExitWatch(PollThread thread) {
        this.thread = thread;
    }

    public static ExitWatch start() throws IOException {
        return new ExitWatch(PollThread.start("exit-watch"));
    }

    /**
     * Takes over {@code process}: it is of no other use afterwards than for {@link #forget}. To signal it too, open a second one.
     *
     * @param whenExited called once on the watch's thread, at once if it has exited already; must be quick
     */
    public void watch(Pidfd process, Runnable whenExited) throws IOException {
        // Locked, because the process may have exited before the entry is in the map.
        synchronized (entries) {
            PollThread.Entry entry = thread.add(process.surrender(), Libc.POLLIN, ready -> {
                synchronized (entries) {
                    entries.remove(process);
                }
                if (ready.close()) {
                    whenExited.run();
                }
            });
            entries.put(process, entry);
        }
    }

    /** Stops watching. A call may still be under way when this returns. Does nothing if the process was reported. */
    public void forget(Pidfd process) {
        PollThread.Entry entry;
        synchronized (entries) {
            entry = entries.remove(process);
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
