package dev.holdfast.cssd;

/** A node could not be fenced, or a fence device does not work, and why. */
final class FenceFailed extends Exception {
    private static final long serialVersionUID = 1L;

    FenceFailed(String message) {
        super(message);
    }
}
