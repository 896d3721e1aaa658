package dev.holdfast.lab;

import java.time.Duration;

/** What is wrong with a node's path to a disk. */
sealed interface DiskFault {
    /** Nothing. */
    record None() implements DiskFault {}

    /** Every request fails at once with EIO, as when the cable is out. */
    record Cut() implements DiskFault {}

    /** No request is answered until the path is mended, as when a storage array stops talking. */
    record Hung() implements DiskFault {}

    /** Every request takes that much longer. */
    record Slow(Duration delay) implements DiskFault {}
}
