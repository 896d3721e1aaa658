package dev.holdfast.membership;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;

/**
 * The life that a restarted cssd takes up again, because its lease is not half over and what it ran still runs.
 *
 * <p>The caller guarantees: the process that held the lease is gone, with every disk operation it ever began, and so are
 * its threads; the machine has not booted since; the kernel timer that ends this process at the end of that lease is
 * armed, and was armed before the watchdog was opened again.
 *
 * @param incarnation of the life
 * @param leaseBegan when its newest lease began to count, on this machine's monotonic clock
 */
public record Resume(Incarnation incarnation, Moment leaseBegan) {}
