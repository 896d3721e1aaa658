package dev.holdfast.simulator;

/** Something happened that must never happen, or did not happen in time. Ends the run. */
final class Violation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Violation(String message) {
        super(message);
    }

    Violation(String message, Throwable cause) {
        super(message, cause);
    }
}
