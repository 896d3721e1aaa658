package dev.holdfast.linux;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** A hold on one process: never on another that later got the same number. */
public final class Pidfd implements AutoCloseable {
    private final long pid;
    private final int descriptor;
    // Guards the descriptor against being used while, or after, another thread closes it.
    private boolean closed;

    private Pidfd(long pid, int descriptor) {
        this.pid = pid;
        this.descriptor = descriptor;
    }

    /** Empty if there is no such process. The caller makes sure that {@code pid} still is the one meant: by its start time, for example. */
    public static Optional<Pidfd> open(long pid) throws IOException {
        int descriptor = Libc.pidfdOpen(pid);
        if (descriptor == -SystemCallFailed.ESRCH) {
            return Optional.empty();
        }
        return Optional.of(new Pidfd(pid, Libc.check("pidfd_open " + pid, descriptor)));
    }

    public long pid() {
        return pid;
    }

    /** Sends the signal (9 kills). @return false if the process is gone */
    public synchronized boolean signal(int number) throws IOException {
        refuseIfClosed();
        int result = Libc.pidfdSendSignal(descriptor, number);
        if (result == -SystemCallFailed.ESRCH) {
            return false;
        }
        Libc.check("signal %d to process %d".formatted(number, pid), result);
        return true;
    }

    /** True once all its threads have ended, also while nobody has reaped it. A process with a thread stuck in disk I/O has not exited. */
    public boolean exited() throws IOException {
        return awaitExit(Duration.ZERO);
    }

    /** Not while another thread closes this. @return false if it still runs after {@code patience} */
    public boolean awaitExit(Duration patience) throws IOException {
        refuseIfClosed();
        return Libc.awaitReady(descriptor, Libc.POLLIN, System.nanoTime() + patience.toNanos());
    }

    /** Gives the descriptor away: this object is closed, the descriptor is not. */
    synchronized int surrender() {
        refuseIfClosed();
        closed = true;
        return descriptor;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            int _ = Libc.close(descriptor);
        }
    }

    private synchronized void refuseIfClosed() {
        if (closed) {
            throw new IllegalStateException("the hold on process " + pid + " was closed or given to an ExitWatch");
        }
    }
}
