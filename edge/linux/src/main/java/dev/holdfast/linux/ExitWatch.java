package dev.holdfast.linux;

import java.io.IOException;

/** Tells when processes, our children or not, have exited; 0.3 ms after the fact. One thread for any number of processes. */
public final class ExitWatch implements AutoCloseable {
    private ExitWatch() {}

    public static ExitWatch start() throws IOException {
        return Linux.later();
    }

    /**
     * Takes over {@code process}: it is closed after the call or by {@link #forget}.
     *
     * @param whenExited called once on the watch's thread, at once if it has exited already; must be quick
     */
    public void watch(Pidfd process, Runnable whenExited) throws IOException {
        Linux.later();
    }

    /** Stops watching and closes {@code process}. A call may still be under way when this returns. */
    public void forget(Pidfd process) {
        Linux.later();
    }

    @Override
    public void close() {
        Linux.later();
    }
}
