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

    /**
     * What remains at {@code now} for what was decided in {@code epoch}; empty if there is no lease (any more). One of a later epoch is as
     * good: this process ends with the membership of its node, so the node was a member all the time, and the later view is only still
     * on its way to those who decide.
     */
    Optional<Duration> remaining(Epoch epoch, Moment now) {
        Held current = held;
        return current != null && !epoch.isAfter(current.epoch) ? left(current, now) : Optional.empty();
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
