package dev.holdfast.testkit;

import dev.holdfast.model.Moment;

/**
 * The monotonic clock of one boot of one machine: it starts anywhere and runs a little too fast or too slow.
 *
 * @param startedAt virtual time at which it read {@code reading}, in nanoseconds
 * @param reading what it read then, in nanoseconds
 * @param drift relative error of its rate: 0.002 gains two milliseconds a second
 */
public record FakeClock(long startedAt, long reading, double drift) {
    public Moment read(long virtualNanos) {
        long run = virtualNanos - startedAt;
        return new Moment(reading + run + (long) (run * drift));
    }

    /** The first virtual nanosecond at which this clock reads {@code moment} or later. */
    public long when(Moment moment) {
        long local = moment.nanos() - reading;
        long guess = startedAt + (long) (local / (1 + drift)) - 2;
        while (read(guess).isBefore(moment)) {
            guess++;
        }
        return guess;
    }
}
