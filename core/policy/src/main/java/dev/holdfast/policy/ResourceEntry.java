package dev.holdfast.policy;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.StartDependencies;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One resource while a plan is being made. */
final class ResourceEntry {
    final ResourceDefinition definition;

    /** What is noted of it; of one that has as many instances as its pools have servers, of no more than these. */
    Wanted wanted;

    /** It is to be removed as soon as nothing of it runs; no more so when it turns out that it cannot be stopped. */
    boolean deleting;

    final List<Slot> slots = new ArrayList<>();
    // By node number: thousands of resources times a map lookup per node would be the cost of a plan.
    private final @Nullable Observed[] seen;

    List<Reference> hard = List.of();
    List<Reference> weak = List.of();
    List<Reference> pullup = List.of();
    List<Reference> stop = List.of();
    List<Reference> attraction = List.of();
    List<Reference> dispersion = List.of();
    List<Reference> activeDispersion = List.of();
    List<Pulled> pulls = List.of();

    /** With whom it shares no node, on its own word or theirs. */
    final Map<ResourceEntry, Rivalry> rivals = new LinkedHashMap<>();

    /** What happens when two that exclude each other want the same node. */
    enum Rivalry {
        /** Who is there stays. */
        PLAIN,
        /** The other is stopped, then this one is started. */
        DISPLACES_FIRST,
        /** This one is started, then the other is stopped. */
        DISPLACES_AFTER,
        /** This one gives way. */
        GIVES_WAY;

        boolean displaces() {
            return this == DISPLACES_FIRST || this == DISPLACES_AFTER;
        }
    }

    /** A pullup with what its targets mean. */
    record Pulled(StartDependencies.Pullup pullup, List<Reference> references) {}

    /** One that keeps away from another. */
    record Disperser(ResourceEntry entry, Reference reference) {}

    /** How many instances there shall be: CARDINALITY, or the size of its pools; of a member, as many as of its group. */
    final int cardinality;

    /** It has as many instances as there are servers in its pools, or is a member of a group that has. */
    final boolean poolSized;

    /** The group that it is a member of. */
    @Nullable
    ResourceEntry group;

    /** Its members, if it is a group. */
    final List<ResourceEntry> members = new ArrayList<>();

    /** Those whose hard start or stop dependencies mean this resource. */
    final List<ResourceEntry> dependents = new ArrayList<>();

    /** Those that would like to start with it on their server. */
    final List<ResourceEntry> weakSources = new ArrayList<>();

    /** What must be there for it to start: hard, stop. */
    List<List<Reference>> needs = List.of();

    /** The single resources that must be on its node; null: not looked for yet. */
    @Nullable
    Set<ResourceEntry> tied;

    /** Those that keep away from it, each with the words by which it does. */
    final List<Disperser> dispersers = new ArrayList<>();

    /** Nodes where more of it is active than is allowed. */
    final List<NodeId> surplus = new ArrayList<>();

    /** Nodes where it may be running although nobody can say. */
    final List<NodeId> doubtful = new ArrayList<>();

    ResourceEntry(ResourceDefinition definition, Wanted wanted, int highestNode, int cardinality, boolean poolSized) {
        this.definition = definition;
        this.cardinality = cardinality;
        this.poolSized = poolSized;
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
        return !isLocal() && cardinality == 1 && !poolSized;
    }

    /**
     * A group of which there may be several in the cluster, or a member of one: instance by instance it is placed as a
     * single group, each on a server of its own.
     */
    boolean isPlural() {
        return !isLocal() && !isSingle() && (isGroup() || group != null);
    }

    /** Each of its instances has a place that it can share with what is tied to it; others are placed all at once, or are everywhere. */
    boolean isPlacedTogether() {
        return isSingle() || isPlural();
    }

    /** What it needs on its server comes along when it moves: that has one place, or is of its own group. */
    boolean bringsAlong(ResourceEntry target) {
        return target.isSingle() || goesWith(target);
    }

    /** Both belong to one group with several instances: those with the same number are in one place. */
    boolean goesWith(ResourceEntry other) {
        ResourceEntry ours = group == null ? this : group;
        ResourceEntry theirs = other.group == null ? other : other.group;
        return ours == theirs && other != this && isPlural();
    }

    @Nullable
    Slot numbered(int number) {
        for (Slot slot : slots) {
            if (slot.number == number) {
                return slot;
            }
        }
        return null;
    }

    boolean isGroup() {
        return definition.type().isGroup();
    }

    /** A member whose failure is no failure of its group: that goes on, and moves, without it. */
    boolean isDispensable() {
        ResourceEntry owner = group;
        return owner != null && !owner.isCritical(this);
    }

    /** Of a group: it is ONLINE only when this member is. */
    boolean isCritical(ResourceEntry member) {
        List<String> critical = definition.criticalResources();
        return critical.isEmpty() || critical.contains(member.name().text());
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
