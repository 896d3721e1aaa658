package dev.holdfast.policy;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One resource while a plan is being made. */
final class ResourceEntry {
    final ResourceDefinition definition;
    final Wanted wanted;
    final boolean deleting;
    final List<Slot> slots = new ArrayList<>();
    // By node number: thousands of resources times a map lookup per node would be the cost of a plan.
    private final @Nullable Observed[] seen;

    List<Reference> hard = List.of();
    List<Reference> weak = List.of();
    List<Reference> pullup = List.of();
    List<Reference> stop = List.of();
    List<Reference> attraction = List.of();
    List<Reference> dispersion = List.of();

    /** Those whose hard start or stop dependencies mean this resource. */
    final List<ResourceEntry> dependents = new ArrayList<>();

    /** Nodes where more of it is active than is allowed. */
    final List<NodeId> surplus = new ArrayList<>();

    /** Nodes where it may be running although nobody can say. */
    final List<NodeId> doubtful = new ArrayList<>();

    ResourceEntry(ResourceDefinition definition, Wanted wanted, int highestNode) {
        this.definition = definition;
        this.wanted = wanted;
        this.deleting = wanted.deleting();
        this.seen = new Observed[highestNode + 1];
    }

    ResourceName name() {
        return definition.name();
    }

    boolean isLocal() {
        return definition.isLocal();
    }

    /** A resource that has one place in the cluster, so that others can be kept together with it. */
    boolean isSingle() {
        return !isLocal() && definition.cardinality() == 1;
    }

    @Nullable
    Observed seenOn(NodeId node) {
        return seen[node.number()];
    }

    void see(NodeId node, Observed observed) {
        seen[node.number()] = observed;
    }

    @Nullable
    Slot slotFor(NodeId node) {
        for (Slot slot : slots) {
            if (isLocal() ? slot.number == node.number() : slot.isActiveOn(node)) {
                return slot;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return name().text();
    }
}
