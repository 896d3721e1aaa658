package dev.holdfast.resource;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Moment;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import java.util.List;
import java.util.Optional;

/** The life of one instance of a resource on one node. */
public final class InstanceLife {
    /**
     * An instance about which nothing is known yet: the first tick probes it with a check.
     *
     * @param node the name of the node, for messages
     * @param epoch the present view
     * @param firstIncident where the numbers of its incidents begin: must be higher than any it had before, also in an
     *     earlier life of this process (the wall clock in microseconds will do)
     */
    public InstanceLife(ResourceDefinition definition, String node, Epoch epoch, long firstIncident) {}

    /** Takes one input; returns what must now be done, in order. Never blocks, never reads a clock. */
    public List<Effect> step(Moment now, Input input) {
        return List.of();
    }

    /** What is known; empty until the first check has ended. */
    public Optional<Observed> observed() {
        return Optional.empty();
    }

    /** When the next {@link Input.Tick} is due: there is no need for one before. Empty: none is needed. */
    public Optional<Moment> nextTick() {
        return Optional.empty();
    }
}
