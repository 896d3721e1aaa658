package dev.holdfast.testkit;

import dev.holdfast.model.Moment;
import java.time.Duration;

/**
 * A hardware watchdog, by the machine's own clock: armed by the first pet, fires a fixed time after the last one.
 * Closing it without the magic word pets it once more, and that was the last time ({@code watchdog_release} in Linux).
 */
public final class FakeWatchdog {
    private Duration timeout;
    private boolean armed;
    private Moment firesAt = new Moment(0);

    public FakeWatchdog(Duration timeout) {
        this.timeout = timeout;
    }

    /** WDIOC_SETTIMEOUT: the core of Linux pets an armed watchdog with it. */
    public void setTimeout(Duration wanted, Moment now) {
        timeout = wanted;
        if (armed) {
            pet(now);
        }
    }

    public void pet(Moment now) {
        armed = true;
        firesAt = now.plus(timeout);
    }

    /** The process that held it is gone. */
    public void closedByDeath(Moment now) {
        if (armed) {
            pet(now);
        }
    }

    /** Closed with the magic word, or the machine was reset. */
    public void disarm() {
        armed = false;
    }

    public boolean isArmed() {
        return armed;
    }

    public boolean fires(Moment now) {
        return armed && !now.isBefore(firesAt);
    }

    /** When it fires if nobody pets it; only of meaning while it is armed. */
    public Moment firesAt() {
        return firesAt;
    }
}
