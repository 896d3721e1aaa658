package dev.holdfast.linux;

import java.io.IOException;

/** What a process that must not be late asks of the scheduler and of the memory. */
public final class Scheduling {
    private Scheduling() {}

    /**
     * Puts the calling platform thread under SCHED_RR. Threads it creates later do not inherit it.
     *
     * @param priority 1..99; kernel threads and the JVM's own stay below
     * @throws SystemCallFailed EPERM if the process lacks CAP_SYS_NICE and RLIMIT_RTPRIO, or its cpu control group has no real-time budget
     * @throws IllegalStateException on a virtual thread, whose carrier would be promoted instead
     */
    public static void realTime(int priority) throws IOException {
        Linux.later();
    }

    /** Whether the calling platform thread runs under SCHED_RR or SCHED_FIFO. */
    public static boolean isRealTime() throws IOException {
        return Linux.later();
    }

    /**
     * Keeps the process's pages in memory once they were touched (MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT; without the last, 190 MB more).
     *
     * @throws SystemCallFailed EPERM or ENOMEM if the process lacks CAP_IPC_LOCK and the memlock limit is too small
     */
    public static void lockMemory() throws IOException {
        Linux.later();
    }

    /**
     * Makes the process the last (-1000) or the first (1000) choice of the out-of-memory killer.
     *
     * @return false if the kernel refused, which it does below the present value without CAP_SYS_RESOURCE
     */
    public static boolean adjustOutOfMemoryScore(int score) {
        return Linux.later();
    }
}
