package dev.holdfast.linux;

import dev.holdfast.model.Moment;
import java.io.IOException;

/**
 * A kernel timer that kills (SIGKILL) this process at a given moment, whatever state it is in: stalled, stopped by SIGSTOP, out of memory.
 * It runs on CLOCK_MONOTONIC, the clock of {@link System#nanoTime}, and so stands still only while the whole machine does.
 *
 * <p>Two limits. A thread stuck in disk I/O keeps a killed process half alive (sockets open) though none of its code runs any more. And
 * the kernel spares the first process of a PID namespace: {@link #create} refuses there.
 */
public final class KillTimer {
    private KillTimer() {}

    /** Creates a timer, disarmed. It stays for the life of the process; it is not inherited by children. */
    public static KillTimer create() throws IOException {
        return Linux.later();
    }

    /** Replaces the deadline by {@code deadline}. A deadline that has passed kills now. When this returns, the kernel has it. */
    public void arm(Moment deadline) throws IOException {
        Linux.later();
    }

    public void disarm() throws IOException {
        Linux.later();
    }

    /** Whether a deadline is set, as the kernel says. */
    public boolean armed() throws IOException {
        return Linux.later();
    }
}
