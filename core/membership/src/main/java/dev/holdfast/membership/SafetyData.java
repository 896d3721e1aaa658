package dev.holdfast.membership;

import java.time.Duration;

/**
 * The numbers a node lives by, as it publishes them. Who waits for a victim's timer uses what the victim published,
 * never its own settings (a lesson of Pacemaker PR 3677).
 *
 * @param takeoverAfter S: from the start of the last good renewal until the node is certainly harmless
 * @param coldTakeoverAfter D + S: the same for a taker who does not know what its victim's peers acknowledged
 * @param timerTakeover whether S may be relied on at all: a watchdog is armed and the platform cannot be frozen, or
 *     the administrator vouches for it
 */
public record SafetyData(Duration takeoverAfter, Duration coldTakeoverAfter, boolean timerTakeover) {}
