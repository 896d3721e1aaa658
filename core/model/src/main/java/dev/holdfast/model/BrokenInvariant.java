package dev.holdfast.model;

/**
 * We broke our own rule. Nothing catches this: the daemon stops, and the watchdog and the survivors do the rest.
 * A wrong node is worse than a lost one.
 */
public final class BrokenInvariant extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BrokenInvariant(String message) {
        super(message);
    }
}
