package dev.holdfast.policy;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.Target;
import java.util.Optional;

/**
 * What a command waits for.
 *
 * @param target ONLINE: all instances that are wanted run; OFFLINE: none runs
 * @param node the instance on this node only (stop, start of a local resource), or the node to move to (relocate)
 * @param within on these nodes only; empty: on any
 * @param instance this one only; empty: all of them
 */
public record Awaited(Target target, Optional<NodeId> node, NodeSet within, Optional<Integer> instance) {
    public Awaited(Target target, Optional<NodeId> node) {
        this(target, node, NodeSet.EMPTY, Optional.empty());
    }

    boolean means(Slot slot) {
        return instance.isEmpty() || instance.get() == slot.number;
    }

    boolean means(NodeId place) {
        return node.filter(other -> !other.equals(place)).isEmpty() && (within.isEmpty() || within.contains(place));
    }

    boolean meansAnyPlace() {
        return node.isEmpty() && within.isEmpty();
    }
}
