package dev.holdfast.registry;

/** These bytes are not what they should be. Never leaves this package: outside, it is an absent value. */
final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed(String what) {
        super(what);
    }
}
