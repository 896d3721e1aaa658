package dev.holdfast.testkit;

/**
 * A timer that is put off again and again and seldom goes off: a watchdog, the end of a lease. Putting it off costs
 * nothing, as what is due in {@link VirtualTime} only looks whether it is still wanted, and waits on if it is not.
 */
public final class Alarm {
    private static final long NEVER = Long.MAX_VALUE;

    private final VirtualTime time;
    private final Runnable happening;
    private long wanted = NEVER;
    private long due = NEVER;

    /** @param happening what happens when it goes off */
    public Alarm(VirtualTime time, Runnable happening) {
        this.time = time;
        this.happening = happening;
    }

    /** From now on it goes off at {@code nanos} of virtual time and at no other; at once if that is past. */
    public void set(long nanos) {
        wanted = Math.max(nanos, time.now());
        if (due > wanted) {
            lookAt(wanted);
        }
    }

    public void cancel() {
        wanted = NEVER;
    }

    private void lookAt(long until) {
        due = until;
        time.at(until, () -> look(until));
    }

    private void look(long since) {
        if (since != due) {
            return; // It was set to an earlier time meanwhile, and that has been looked at.
        }
        due = NEVER;
        if (wanted == time.now()) {
            wanted = NEVER;
            happening.run();
        } else if (wanted != NEVER) {
            lookAt(wanted);
        }
    }
}
