package dev.holdfast.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What a process that must not be late asks of the scheduler and of the memory. */
public final class Scheduling {
    private static final int SCHED_FIFO = 1;
    private static final int SCHED_RR = 2;
    /** Without it every thread and every process started from a real-time thread would be a real-time one too, agents' scripts included. */
    private static final int SCHED_RESET_ON_FORK = 0x4000_0000;

    private static final int MCL_CURRENT = 1;
    private static final int MCL_FUTURE = 2;
    private static final int MCL_ONFAULT = 4;
    private static final int SELF = 0;
    private static final int PRIO_PROCESS = 0;
    private static final int NICE_HIGHEST = -20;
    private static final int NICE_LOWEST = 19;

    private Scheduling() {}

    /**
     * Puts the calling platform thread under SCHED_RR. Neither threads nor processes that it starts inherit that.
     *
     * @param priority 1..99, higher goes first. Some kernel threads are at 50 and at 99
     * @throws SystemCallFailed EPERM if the process lacks CAP_SYS_NICE and RLIMIT_RTPRIO, or its cpu control group has no real-time budget
     * @throws IllegalStateException on a virtual thread, whose carrier would be promoted instead
     */
    public static void realTime(int priority) throws IOException {
        if (priority < 1 || priority > 99) {
            throw new IllegalArgumentException("a real-time priority is 1..99, got " + priority);
        }
        refuseVirtualThread();
        try (Arena arena = Arena.ofConfined()) {
            int result = Libc.schedSetscheduler(
                    SELF, SCHED_RR | SCHED_RESET_ON_FORK, arena.allocateFrom(ValueLayout.JAVA_INT, priority));
            if (result == -SystemCallFailed.EPERM) {
                throw new SystemCallFailed(
                        "real-time scheduling (SCHED_RR " + priority + ")",
                        -result,
                        "Give the service CAP_SYS_NICE or LimitRTPRIO=%d, and a cpu control group with real-time budget"
                                .formatted(priority));
            }
            Libc.check("real-time scheduling (SCHED_RR " + priority + ")", result);
        }
    }

    /** Whether the calling platform thread runs under SCHED_RR or SCHED_FIFO. */
    public static boolean isRealTime() throws IOException {
        refuseVirtualThread();
        int policy = Libc.check("ask for the scheduling class", Libc.schedGetscheduler(SELF)) & ~SCHED_RESET_ON_FORK;
        return policy == SCHED_RR || policy == SCHED_FIFO;
    }

    /**
     * Sets the niceness of the calling platform thread alone (setpriority(2), which on Linux is by thread). Threads and processes that it
     * starts inherit it.
     *
     * @param niceness -20..19, lower goes first
     * @throws SystemCallFailed EACCES if the thread is nicer than that now and the process lacks CAP_SYS_NICE
     * @throws IllegalStateException on a virtual thread
     */
    public static void nice(int niceness) throws IOException {
        if (niceness < NICE_HIGHEST || niceness > NICE_LOWEST) {
            throw new IllegalArgumentException("a niceness is -20..19, got " + niceness);
        }
        refuseVirtualThread();
        Libc.check("set the niceness to " + niceness, Libc.setpriority(PRIO_PROCESS, SELF, niceness));
    }

    /**
     * Keeps the process's pages in memory once they were touched (MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT; without the last, 190 MB more).
     *
     * @throws SystemCallFailed EPERM or ENOMEM if the process lacks CAP_IPC_LOCK and the memlock limit is too small
     */
    public static void lockMemory() throws IOException {
        int result = Libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
        if (result == -SystemCallFailed.EPERM || result == -SystemCallFailed.ENOMEM) {
            throw new SystemCallFailed(
                    "lock memory", -result, "Give the service CAP_IPC_LOCK or LimitMEMLOCK=infinity");
        }
        Libc.check("lock memory", result);
    }

    /**
     * Makes the process the last (-1000) or the first (1000) choice of the out-of-memory killer.
     *
     * @return false if the kernel refused, which it does below the lowest value so far without CAP_SYS_RESOURCE
     */
    public static boolean adjustOutOfMemoryScore(int score) {
        if (score < -1000 || score > 1000) {
            throw new IllegalArgumentException("the score is -1000..1000, got " + score);
        }
        try {
            Files.writeString(Path.of("/proc/self/oom_score_adj"), Integer.toString(score), StandardOpenOption.WRITE);
            return true;
        } catch (IOException _) {
            return false; // Best effort by contract: nothing safe depends on it.
        }
    }

    private static void refuseVirtualThread() {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("scheduling belongs to platform threads; this one is virtual");
        }
    }
}
