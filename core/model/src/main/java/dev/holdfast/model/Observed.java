package dev.holdfast.model;

import java.util.Optional;

/**
 * What a node says about one instance: the last known state, and what is being done to it.
 *
 * @param details the STATE_DETAILS attribute: free text, empty if there is nothing to say
 * @param incident what happened to it since its last start, if anything
 */
public record Observed(ResourceState state, InternalState internal, String details, Optional<Incident> incident) {
    /** Not running, nothing to say. */
    public static final Observed OFFLINE =
            new Observed(ResourceState.OFFLINE, InternalState.STABLE, "", Optional.empty());

    /** Running, nothing to say. */
    public static final Observed ONLINE =
            new Observed(ResourceState.ONLINE, InternalState.STABLE, "", Optional.empty());

    /** True if nothing of the instance can be running: OFFLINE, and nothing is being done to it. */
    public boolean isDown() {
        return state == ResourceState.OFFLINE && internal == InternalState.STABLE;
    }

    public Observed withInternal(InternalState other) {
        return new Observed(state, other, details, incident);
    }

    public Observed withIncident(Incident happened) {
        return new Observed(state, internal, details, Optional.of(happened));
    }
}
