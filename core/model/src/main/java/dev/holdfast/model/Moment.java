package dev.holdfast.model;

import java.time.Duration;

/**
 * A point on this node's monotonic clock (CLOCK_MONOTONIC, {@code System.nanoTime}), in nanoseconds.
 * It means nothing on another node and is never sent to one; spans are {@link Duration}.
 */
public record Moment(long nanos) implements Comparable<Moment> {
    public Moment plus(Duration span) {
        return new Moment(nanos + span.toNanos());
    }

    public Moment minus(Duration span) {
        return new Moment(nanos - span.toNanos());
    }

    /** How long after {@code earlier} this moment is; negative if it is before. */
    public Duration since(Moment earlier) {
        return Duration.ofNanos(nanos - earlier.nanos);
    }

    public boolean isBefore(Moment other) {
        return nanos - other.nanos < 0;
    }

    public boolean isAfter(Moment other) {
        return nanos - other.nanos > 0;
    }

    public Moment max(Moment other) {
        return isBefore(other) ? other : this;
    }

    @Override
    public int compareTo(Moment other) {
        return Long.compare(nanos, other.nanos);
    }
}
