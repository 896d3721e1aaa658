package dev.holdfast.model;

import java.time.Duration;

/**
 * Something that happened to an instance by itself, which the policy must answer exactly once. The node keeps showing
 * it in {@link Observed} until the next start; the policy remembers the number that it has answered.
 *
 * @param number differs from the number of every other incident of this instance, also across restarts of crsd
 * @param uptime how long the instance had been ONLINE before; zero if it never was
 * @param text for people
 */
public record Incident(long number, Kind kind, Duration uptime, String text) {
    /** What happened. */
    public enum Kind {
        /** A start failed, timed out, or was not confirmed by the check after it. It was cleaned. */
        START_FAILED,
        /** It was ONLINE and is no longer. It was cleaned. */
        FAILED,
        /** Somebody stopped it on purpose outside the clusterware (check exit code 2). */
        STOPPED_OUTSIDE,
        /** A clean failed or timed out: the state is UNKNOWN. */
        CLEAN_FAILED,
        /** It did not stop, and whoever wanted it stopped wanted it left as it is in that case ({@code stop -l}). */
        STOP_FAILED
    }
}
