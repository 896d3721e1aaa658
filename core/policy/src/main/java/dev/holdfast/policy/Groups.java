package dev.holdfast.policy;

import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.Target;
import dev.holdfast.model.TypeDefinition;
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

    /** What is wrong with members that can be in one place at most, where there are several instances of their group. */
    static List<Message> inOnePlaceOnly(ResourceDefinition group, List<ResourceDefinition> members) {
        if (group.cardinality() == 1 && !group.poolSized()) {
            return List.of();
        }
        return members.stream()
                .filter(member -> member.type().isA(TypeDefinition.CLUSTER_VIP))
                .map(member -> new Message(
                        "HF-3166",
                        "Address '" + member.name() + "' would be on several servers at once: group '" + group.name()
                                + "' has CARDINALITY=" + group.value("CARDINALITY"),
                        "Leave the address out of the group, or have a group for each address."))
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

    /**
     * The one whose CARDINALITY and SERVER_POOLS say how many instances a resource has: of a member, its group, as there is
     * one of each member wherever there is one of the group.
     */
    static ResourceDefinition anchor(Situation situation, ResourceDefinition resource) {
        if (resource.isLocal() || resource.group().isEmpty()) {
            return resource;
        }
        ResourceDefinition group = situation.resources().get(new ResourceName(resource.group()));
        return group == null || !group.type().isGroup() || group.isLocal() ? resource : group;
    }

    /** How many instances a cluster resource shall have: CARDINALITY, or the size of its pools; of a member, those of its group. */
    public static int instances(Situation situation, ResourceDefinition resource) {
        ResourceDefinition anchor = anchor(situation, resource);
        return anchor.poolSized() ? own(situation, anchor).size() : anchor.cardinality();
    }

    /** True if a resource, or its group, has as many instances as there are servers in its pools. */
    public static boolean isPoolSized(Situation situation, ResourceDefinition resource) {
        return anchor(situation, resource).poolSized();
    }

    /**
     * The numbers of the instances of a cluster resource: 1 to CARDINALITY. One that is as large as its pools keeps those
     * that run and are wanted, whatever their numbers, when a pool gets smaller. Those of a member are those of its group.
     */
    public static NavigableSet<Integer> numbers(Situation situation, ResourceDefinition resource) {
        ResourceDefinition anchor = anchor(situation, resource);
        if (!anchor.poolSized()) {
            return upTo(anchor.cardinality());
        }
        Set<NodeId> own = own(situation, anchor);
        return numbers(situation.wantedOf(anchor.name()), own.size(), node -> {
            Server server = situation.servers().get(node);
            return own.contains(node)
                    && server != null
                    && server.state() != Server.State.OFFLINE
                    && isOn(situation, anchor, node);
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

    /** A resource, or of a group a member, is not known to be down on a server. */
    private static boolean isOn(Situation situation, ResourceDefinition resource, NodeId node) {
        Stream<ResourceDefinition> all = resource.type().isGroup()
                ? Stream.concat(Stream.of(resource), members(situation, resource.name()).stream())
                : Stream.of(resource);
        return all.map(each -> situation.observed().get(new InstanceKey(each.name(), node)))
                .anyMatch(seen -> seen != null && !seen.isDown());
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
