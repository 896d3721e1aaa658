package dev.holdfast.linux;

import dev.holdfast.model.BrokenInvariant;
import dev.holdfast.model.Moment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A kernel timer that kills (SIGKILL) this process at a given moment, whatever state it is in: stalled, stopped by SIGSTOP, out of memory.
 * It runs on CLOCK_MONOTONIC, the clock of {@link System#nanoTime}, and so stands still only while the whole machine does.
 *
 * <p>Two limits. A thread stuck in disk I/O keeps a killed process half alive (sockets open) though none of its code runs any more. And
 * the kernel spares the first process of a PID namespace: {@link #create} refuses there.
 */
public final class KillTimer {
    private static final int SIGKILL = 9;
    private static final int SIGEV_SIGNAL = 0;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final MemorySegment timer;
    // struct itimerspec: interval (seconds, nanoseconds), value (seconds, nanoseconds). Reused: arming must not
    // allocate.
    private final MemorySegment setting = Arena.ofAuto().allocate(32, 8);

    private KillTimer(MemorySegment timer) {
        this.timer = timer;
    }

    /** Creates a timer, disarmed. It stays for the life of the process; it is not inherited by children. */
    public static KillTimer create() throws IOException {
        if (ProcessHandle.current().pid() == 1) {
            throw new IOException("a kill timer does not kill the first process of a PID namespace."
                    + " Start the daemon under an init process");
        }
        verifyClock();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sigevent = arena.allocate(64, 8); // value (8 bytes), signal, kind of notice
            sigevent.set(ValueLayout.JAVA_INT, 8, SIGKILL);
            sigevent.set(ValueLayout.JAVA_INT, 12, SIGEV_SIGNAL);
            MemorySegment id = arena.allocate(ValueLayout.ADDRESS);
            Libc.check("create a kill timer", Libc.timerCreate(Libc.CLOCK_MONOTONIC, sigevent, id));
            return new KillTimer(id.get(ValueLayout.ADDRESS, 0));
        }
    }

    /** Replaces the deadline by {@code deadline}. A deadline that has passed kills now. When this returns, the kernel has it. */
    public void arm(Moment deadline) throws IOException {
        set(Math.max(1, deadline.nanos())); // Zero would disarm.
    }

    public void disarm() throws IOException {
        set(0);
    }

    /** Whether a deadline is set, as the kernel says. */
    public synchronized boolean armed() throws IOException {
        Libc.check("read the kill timer", Libc.timerGettime(timer, setting));
        return setting.get(ValueLayout.JAVA_LONG, 16) != 0 || setting.get(ValueLayout.JAVA_LONG, 24) != 0;
    }

    private synchronized void set(long nanos) throws IOException {
        setting.fill((byte) 0);
        setting.set(ValueLayout.JAVA_LONG, 16, nanos / NANOS_PER_SECOND);
        setting.set(ValueLayout.JAVA_LONG, 24, nanos % NANOS_PER_SECOND);
        Libc.check("set the kill timer", Libc.timerSettime(timer, Libc.TIMER_ABSTIME, setting));
    }

    /** Moments come from System.nanoTime, whose origin Java does not promise; we rely on it being the kernel's. */
    private static void verifyClock() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment timespec = arena.allocate(16, 8);
            long before = System.nanoTime();
            Libc.check("read CLOCK_MONOTONIC", Libc.clockGettime(Libc.CLOCK_MONOTONIC, timespec));
            long after = System.nanoTime();
            long kernel =
                    timespec.get(ValueLayout.JAVA_LONG, 0) * NANOS_PER_SECOND + timespec.get(ValueLayout.JAVA_LONG, 8);
            if (kernel < before || kernel > after) {
                throw new BrokenInvariant(
                        "System.nanoTime is not CLOCK_MONOTONIC: %d not in %d..%d".formatted(kernel, before, after));
            }
        }
    }
}
