package dev.holdfast.policy;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.Target;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is wanted of one instance, and what the policy must remember about it. Kept in the registry: it survives every
 * restart.
 *
 * @param target what the administrator wants
 * @param stopping a stop was asked for and has not been carried out yet
 * @param node where it runs, or was last told to run; empty: not placed
 * @param lastServer where it was last ONLINE (LAST_SERVER)
 * @param wish the node that an administrator named
 * @param restarts local restarts used on {@code node} (RESTART_COUNT)
 * @param failedOn nodes where it could not be started or used up its restarts; not tried again in this failover
 * @param answered per node, the number of the last {@link dev.holdfast.model.Incident} that was answered
 * @param held it was stopped because something it depends on failed, and no pullup brings it back
 */
public record WantedInstance(
        Target target,
        boolean stopping,
        Optional<NodeId> node,
        Optional<NodeId> lastServer,
        Optional<Wish> wish,
        int restarts,
        NodeSet failedOn,
        SortedMap<NodeId, Long> answered,
        boolean held) {
    /** A resource as just added: TARGET=OFFLINE, never ran. */
    public static final WantedInstance NEW = new WantedInstance(
            Target.OFFLINE,
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            0,
            NodeSet.EMPTY,
            new TreeMap<>(),
            false);

    public WantedInstance {
        answered = Collections.unmodifiableSortedMap(new TreeMap<>(answered));
    }

    /** An administrator wants it up: old failures are forgiven. */
    WantedInstance started(boolean active, Optional<Wish> wished) {
        return new WantedInstance(
                Target.ONLINE,
                false,
                active ? node : Optional.empty(),
                lastServer,
                wished,
                active ? restarts : 0,
                NodeSet.EMPTY,
                answered,
                false);
    }

    /** An administrator wants it down. */
    WantedInstance stopped() {
        return new WantedInstance(
                Target.OFFLINE, true, node, lastServer, Optional.empty(), restarts, NodeSet.EMPTY, answered, false);
    }

    WantedInstance withHeld(boolean stays) {
        return new WantedInstance(target, stopping, node, lastServer, wish, restarts, failedOn, answered, stays);
    }

    WantedInstance withFailuresForgiven() {
        return new WantedInstance(target, stopping, node, lastServer, wish, restarts, NodeSet.EMPTY, answered, held);
    }
}
