package dev.holdfast.linux;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** A hold on one process: never on another that later got the same number. */
public final class Pidfd implements AutoCloseable {
    private Pidfd() {}

    /** Empty if there is no such process. The caller makes sure that {@code pid} still is the one meant: by its start time, for example. */
    public static Optional<Pidfd> open(long pid) throws IOException {
        return Linux.later();
    }

    public long pid() {
        return Linux.later();
    }

    /** Sends the signal (9 kills). @return false if the process is gone */
    public boolean signal(int number) throws IOException {
        return Linux.later();
    }

    /** True once all its threads have ended, also while nobody has reaped it. A process with a thread stuck in disk I/O has not exited. */
    public boolean exited() throws IOException {
        return Linux.later();
    }

    /** @return false if it still runs after {@code patience} */
    public boolean awaitExit(Duration patience) throws IOException {
        return Linux.later();
    }

    @Override
    public void close() {
        Linux.later();
    }
}
