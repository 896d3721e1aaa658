package dev.holdfast.policy;

import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.Target;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
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
        return resource.poolSized() ? own(situation, resource).size() : resource.cardinality();
    }

    /**
     * The numbers of the instances of a cluster resource: 1 to CARDINALITY. One that is as large as its pools keeps those
     * that run and are wanted, whatever their numbers, when a pool gets smaller.
     */
    public static NavigableSet<Integer> numbers(Situation situation, ResourceDefinition resource) {
        if (!resource.poolSized()) {
            return upTo(resource.cardinality());
        }
        Set<NodeId> own = own(situation, resource);
        return numbers(situation.wantedOf(resource.name()), own.size(), node -> {
            Server server = situation.servers().get(node);
            Observed seen = situation.observed().get(new InstanceKey(resource.name(), node));
            return own.contains(node)
                    && server != null
                    && server.state() != Server.State.OFFLINE
                    && seen != null
                    && !seen.isDown();
        });
    }

    /**
     * So many: first those that run where they are noted, and are wanted or just being stopped, then others that are wanted,
     * then those noted.
     */
    static NavigableSet<Integer> numbers(Wanted wanted, int size, Predicate<NodeId> runs) {
        NavigableSet<Integer> all = upTo(size);
        all.addAll(wanted.instances().keySet());
        NavigableSet<Integer> chosen = new TreeSet<>();
        all.stream()
                .sorted(Comparator.comparingInt((Integer number) -> rank(wanted, number, runs))
                        .thenComparing(Comparator.naturalOrder()))
                .limit(size)
                .forEach(chosen::add);
        return chosen;
    }

    private static int rank(Wanted wanted, int number, Predicate<NodeId> runs) {
        WantedInstance instance = wanted.instance(number);
        boolean online = instance.target() == Target.ONLINE;
        boolean there = instance.node().filter(runs).isPresent();
        if (there && (online || instance.stopping())) {
            return 0;
        }
        if (online) {
            return 1;
        }
        if (there) {
            return 2;
        }
        if (!instance.equals(WantedInstance.NEW)) {
            return 3;
        }
        return wanted.instances().containsKey(number) ? 4 : 5;
    }

    private static NavigableSet<Integer> upTo(int size) {
        NavigableSet<Integer> numbers = new TreeSet<>();
        for (int number = 1; number <= size; number++) {
            numbers.add(number);
        }
        return numbers;
    }

    /** The servers of its pools. */
    private static Set<NodeId> own(Situation situation, ResourceDefinition resource) {
        Categories categories =
                new Categories(situation.setup(), situation.servers().values());
        return Pools.servers(resource, Pools.assign(situation.setup(), situation.servers()), categories);
    }
}
