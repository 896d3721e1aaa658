package dev.holdfast.policy;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ResourceName;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * One action of a plan.
 *
 * @param id the same in every plan that contains this action, such as {@code start web n2}
 * @param instance the number of the instance: 1 to CARDINALITY, or the node number
 * @param after the ids of the actions of this plan that must have succeeded before
 * @param required false: best effort, nothing fails with it
 * @param inFlight it was ordered before and is being done: not to be ordered again; shown so that others can wait
 * @param reason why, for people
 */
public record PlannedAction(
        String id,
        ActionKind kind,
        ResourceName resource,
        int instance,
        NodeId node,
        SortedSet<String> after,
        boolean required,
        boolean inFlight,
        String reason) {
    public PlannedAction {
        after = Collections.unmodifiableSortedSet(new TreeSet<>(after));
    }

    public InstanceKey key() {
        return new InstanceKey(resource, node);
    }
}
