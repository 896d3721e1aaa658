package dev.holdfast.policy;

import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import java.util.List;
import java.util.stream.Stream;

/** How groups of resources are, seen from outside. */
public final class Groups {
    private Groups() {}

    /** The members of a group, by name. */
    public static List<ResourceDefinition> members(Situation situation, ResourceName group) {
        return situation.resources().values().stream()
                .filter(resource -> resource.group().equals(group.text()))
                .toList();
    }

    /** True if the group is ONLINE only when this member is. */
    public static boolean isCritical(ResourceDefinition group, ResourceDefinition member) {
        List<String> critical = group.criticalResources();
        return critical.isEmpty() || critical.contains(member.name().text());
    }

    /**
     * The state of a group on a node: ONLINE with all that is critical in it, INTERMEDIATE with some of it, UNKNOWN if
     * nobody knows of one.
     */
    public static ResourceState state(Situation situation, ResourceDefinition group, NodeId node) {
        Observed own = situation.observed().get(new InstanceKey(group.name(), node));
        if (own == null || own.state() == ResourceState.OFFLINE) {
            return ResourceState.OFFLINE;
        }
        boolean whole = own.state() == ResourceState.ONLINE;
        for (ResourceDefinition member : members(situation, group.name())) {
            Observed seen = situation.observed().get(new InstanceKey(member.name(), node));
            ResourceState state = seen == null ? ResourceState.OFFLINE : seen.state();
            if (state == ResourceState.UNKNOWN && isCritical(group, member)) {
                return ResourceState.UNKNOWN;
            }
            whole &= state == ResourceState.ONLINE || !isCritical(group, member);
        }
        return whole ? ResourceState.ONLINE : ResourceState.INTERMEDIATE;
    }

    /** What is being done to the group on a node: to it, or to any of its members. */
    public static InternalState doing(Situation situation, ResourceDefinition group, NodeId node) {
        return Stream.concat(Stream.of(group), members(situation, group.name()).stream())
                .map(one -> situation.observed().get(new InstanceKey(one.name(), node)))
                .filter(seen -> seen != null && seen.internal() != InternalState.STABLE)
                .map(Observed::internal)
                .findFirst()
                .orElse(InternalState.STABLE);
    }

    /** How many instances a resource shall have: CARDINALITY, or the size of its pools. */
    public static int instances(Situation situation, ResourceDefinition resource) {
        if (!resource.poolSized()) {
            return resource.cardinality();
        }
        Categories categories =
                new Categories(situation.setup(), situation.servers().values());
        return (int) Pools.assign(situation.setup(), situation.servers()).entrySet().stream()
                .filter(server -> resource.serverPools().stream()
                        .anyMatch(pool -> server.getValue().contains(pool)))
                .filter(server -> !categories.lacks(resource.serverCategory(), server.getKey()))
                .count();
    }
}
