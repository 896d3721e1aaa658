package dev.holdfast.linux;

import java.io.IOException;

/** Tells when control groups lose their last process, milliseconds after the fact. One thread for any number of groups. */
public final class EmptinessWatch implements AutoCloseable {
    private EmptinessWatch() {}

    public static EmptinessWatch start() throws IOException {
        return Linux.later();
    }

    /**
     * Watches a group that exists, until {@link #forget}.
     *
     * @param whenEmptied called on the watch's thread each time the group goes from populated to empty, not if it is empty to begin with;
     *     must be quick. Processes may have come in again meanwhile: look at {@link Cgroup#populated}
     */
    public void watch(Cgroup group, Runnable whenEmptied) throws IOException {
        Linux.later();
    }

    /** A call may still be under way when this returns. Do it before the group is removed; does nothing for a group not watched. */
    public void forget(Cgroup group) {
        Linux.later();
    }

    @Override
    public void close() {
        Linux.later();
    }
}
