package dev.holdfast.linux;

/** What concerns all of this package. */
public final class Linux {
    private Linux() {}

    /**
     * Links every native function that this package uses. The first call of a function costs milliseconds (4 ms measured for the first
     * netlink request), later ones microseconds, so a daemon calls this at start, before it holds a lease. May be called again; cheap then.
     */
    public static void warmUp() {
        later();
    }

    @SuppressWarnings({"TypeParameterUnusedInFormals", "DoNotCallSuggester"}) // Gone as soon as the bodies are there.
    static <T> T later() {
        throw new UnsupportedOperationException("being written");
    }
}
