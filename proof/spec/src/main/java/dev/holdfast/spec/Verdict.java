package dev.holdfast.spec;

/**
 * What TLC found.
 *
 * @param end how it ended
 * @param violated the invariant or property that is violated; empty otherwise
 * @param generated states generated, with repetitions
 * @param distinct different states found
 * @param seconds how long it took, with the start of the Java process
 * @param detail the states that lead to the violation, or TLC's complaints
 */
record Verdict(End end, String violated, long generated, long distinct, double seconds, String detail) {
    enum End {
        /** Everything that can be reached was seen, and all is as it must be. */
        HOLDS,
        VIOLATED,
        /** Time was up; nothing was violated so far. */
        STOPPED,
        /** The model or TLC is at fault. */
        FAILED
    }
}
