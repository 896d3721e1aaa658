package dev.holdfast.registry;

import dev.holdfast.model.Moment;
import java.util.List;
import java.util.UUID;

/** The registry as its one writer, the master's crsd, sees it. */
public final class Registry {
    /**
     * @param locations how many are configured: 1, 3 or 5
     * @param firstOperation the number of the first operation or request; numbers of an earlier life are below
     */
    public Registry(UUID cluster, int locations, long firstOperation) {}

    /** Takes one input; returns what must now be done, in order. Never blocks, never reads a clock. */
    public List<Effect> step(Moment now, Input input) {
        return List.of();
    }

    /** The number that the next operation or request would get. */
    public long nextOperation() {
        return 0;
    }
}
