package dev.holdfast.crsd;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Moment;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Until when this node may act, and in which epoch. Written by the link to cssd, read by everyone who is about to act. */
final class Lease {
    private record Held(Epoch epoch, Moment until) {}

    private volatile @Nullable Held held;

    void renewed(Epoch epoch, @Nullable Moment until) {
        held = until == null ? null : new Held(epoch, until);
    }

    void gone() {
        held = null;
    }

    /** What remains of the lease of {@code epoch} at {@code now}; empty if there is none (any more). */
    Optional<Duration> remaining(Epoch epoch, Moment now) {
        Held current = held;
        return current != null && current.epoch.equals(epoch) ? left(current, now) : Optional.empty();
    }

    /** What remains of the lease of whichever epoch. */
    Optional<Duration> remaining(Moment now) {
        Held current = held;
        return current == null ? Optional.empty() : left(current, now);
    }

    private static Optional<Duration> left(Held held, Moment now) {
        Duration left = held.until.since(now);
        return left.isPositive() ? Optional.of(left) : Optional.empty();
    }
}
