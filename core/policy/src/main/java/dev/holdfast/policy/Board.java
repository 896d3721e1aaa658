package dev.holdfast.policy;

import dev.holdfast.model.DependencyTarget;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.ServerPool;
import dev.holdfast.model.Target;
import dev.holdfast.policy.ResourceEntry.Rivalry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A situation laid out for planning: resources with their dependencies resolved, instances matched with the nodes where
 * they are active. Everything is visited in the order of names and node numbers.
 */
final class Board {
    final Situation situation;
    final SortedMap<ResourceName, ResourceEntry> entries = new TreeMap<>();
    final SortedMap<NodeId, Incarnation> greeted = new TreeMap<>();
    final List<Message> messages = new ArrayList<>();

    /** The servers that can be given work, in ascending number. */
    final List<NodeId> ready = new ArrayList<>();

    /** Resources that are stopped or moved because another takes their place, as their configuration says. */
    final Set<ResourceName> displaced = new HashSet<>();

    /** Resources that were to be deleted, and run nowhere any more. */
    private final Set<ResourceName> gone = new TreeSet<>();

    /** Nodes to be fenced, each with the reason. */
    final SortedMap<NodeId, String> fences = new TreeMap<>();

    /** The earliest time for which something waits. */
    @Nullable
    Instant again;

    /** The pools that each member of the cluster is in; empty if there are no pools. */
    final SortedMap<NodeId, SortedSet<String>> pools;

    final Categories categories;

    private final Map<NodeId, Set<String>> innermost = new HashMap<>();
    private final Map<String, NodeId> byName = new HashMap<>();
    // By node number: a plan for ten thousand resources asks a million times.
    private final @Nullable Server[] servers;
    private final List<Server> serversInOrder;

    Board(Situation situation) {
        this.situation = situation;
        int highest = 0;
        for (Server server : situation.servers().values()) {
            highest = Math.max(highest, server.id().number());
        }
        servers = new Server[highest + 1];
        for (Server server : situation.servers().values()) {
            servers[server.id().number()] = server;
            byName.put(server.name(), server.id());
            if (server.state() == Server.State.ONLINE) {
                ready.add(server.id());
            }
        }
        serversInOrder = List.copyOf(situation.servers().values());
        pools = Pools.assign(situation.setup(), situation.servers());
        categories = new Categories(situation.setup(), serversInOrder);
        for (ResourceDefinition definition : situation.resources().values()) {
            ResourceDefinition anchor = Groups.anchor(situation, definition);
            ResourceEntry entry = new ResourceEntry(
                    definition,
                    situation.wantedOf(definition.name()),
                    highest,
                    cardinality(anchor),
                    anchor.poolSized());
            entries.put(definition.name(), entry);
        }
        ResourceEntry entry = null;
        for (Map.Entry<InstanceKey, Observed> seen : situation.observed().entrySet()) {
            ResourceName name = seen.getKey().resource();
            if (entry == null || !entry.name().equals(name)) {
                entry = entries.get(name); // They come grouped.
            }
            Server server = serverAt(seen.getKey().node());
            if (entry != null && server != null && server.state() != Server.State.OFFLINE) {
                entry.see(server.id(), seen.getValue());
            }
        }
        // What depends on one that goes now finds it gone.
        entries.values().removeIf(each -> each.deleting && whereItMayRun(each).isEmpty() && gone.add(each.name()));
        resolveAll();
        // The instances of members are matched with those of their groups.
        entries.values().stream().filter(ResourceEntry::isGroup).forEach(this::layOut);
        entries.values().stream().filter(each -> !each.isGroup()).forEach(this::layOut);
    }

    private @Nullable Server serverAt(NodeId node) {
        return node.number() < servers.length ? servers[node.number()] : null;
    }

    private int cardinality(ResourceDefinition definition) {
        return definition.poolSized()
                ? Pools.servers(definition, pools, categories).size()
                : definition.cardinality();
    }

    /** The one whose pools it runs in: its own, or those of its group. */
    static ResourceEntry anchor(ResourceEntry entry) {
        return entry.group == null ? entry : entry.group;
    }

    /** The category of servers that it runs on; empty: any. */
    String categoryOf(ResourceEntry entry) {
        return anchor(entry).definition.serverCategory();
    }

    /** True if a resource may run on servers of any category, or the server is known to be in the one it names. */
    boolean isInCategory(ResourceEntry entry, NodeId node) {
        String category = categoryOf(entry);
        return category.isEmpty() || categories.has(category, node);
    }

    /** True if a resource may run in any pool, or the server is in one of its pools. */
    boolean isInPools(ResourceDefinition definition, NodeId node) {
        if (definition.serverPools().isEmpty()) {
            return true;
        }
        SortedSet<String> has = pools.get(node);
        return has != null && definition.serverPools().stream().anyMatch(pool -> has.contains(pool));
    }

    /** True if for a dependency two servers are as one: they are the same, or (dispersion with pool:) in the same pool. */
    boolean isNear(Reference reference, NodeId one, NodeId other) {
        return one.equals(other)
                || (reference.target().pool() && !Collections.disjoint(innermostPools(one), innermostPools(other)));
    }

    /** The pools of a server that no other of its pools is in. */
    private Set<String> innermostPools(NodeId node) {
        return innermost.computeIfAbsent(node, _ -> {
            Set<String> has = new HashSet<>(pools.getOrDefault(node, new TreeSet<>()));
            for (String name : Set.copyOf(has)) {
                ServerPool pool = situation.setup().pools().get(name);
                if (pool != null) {
                    pool.parents().forEach(has::remove);
                }
            }
            return has;
        });
    }

    private void joinGroups() {
        for (ResourceEntry entry : entries.values()) {
            String name = entry.definition.group();
            ResourceEntry group = name.isEmpty() ? null : entries.get(new ResourceName(name));
            if (group != null && group.isGroup() && group != entry) {
                entry.group = group;
                group.members.add(entry);
            }
        }
    }

    private void resolveAll() {
        joinGroups();
        Map<String, List<ResourceEntry>> byType = new HashMap<>();
        for (ResourceEntry entry : entries.values()) {
            for (String type : entry.definition.type().lineage()) {
                byType.computeIfAbsent(type, _ -> new ArrayList<>()).add(entry);
            }
        }
        for (ResourceEntry entry : entries.values()) {
            var start = entry.definition.startDependencies();
            entry.hard = resolve(entry, start.hard(), byType);
            entry.weak = resolve(entry, start.weak(), byType);
            entry.pullup = resolve(entry, start.pullup(), byType);
            entry.pulls = start.pullups().stream()
                    .map(pullup -> new ResourceEntry.Pulled(pullup, resolve(entry, pullup.targets(), byType)))
                    .toList();
            entry.attraction = resolve(entry, start.attraction(), byType);
            entry.activeDispersion = resolve(entry, start.activeDispersion(), byType);
            entry.dispersion = new ArrayList<>(resolve(entry, start.dispersion(), byType));
            entry.dispersion.addAll(entry.activeDispersion);
            for (Reference reference : entry.dispersion) {
                reference
                        .resources()
                        .forEach(target -> target.dispersers.add(new ResourceEntry.Disperser(entry, reference)));
            }
            makeRivals(entry, resolve(entry, start.exclusion(), byType));
            // shutdown: only orders the stop of a whole cluster, which stops in dependency order anyway.
            entry.stop = resolve(
                    entry,
                    entry.definition.stopDependencies().hard().stream()
                            .filter(target -> !target.shutdown())
                            .toList(),
                    byType);
            entry.needs = List.of(entry.hard, entry.stop);
            Set<ResourceEntry> known = new HashSet<>();
            for (List<Reference> references : entry.needs) {
                for (Reference reference : references) {
                    for (ResourceEntry target : reference.resources()) {
                        if (known.add(target)) {
                            target.dependents.add(entry);
                        }
                    }
                }
            }
        }
    }

    /** Who excludes another is excluded by it; only the one that says so may displace. */
    private static void makeRivals(ResourceEntry entry, List<Reference> exclusions) {
        for (Reference reference : exclusions) {
            DependencyTarget target = reference.target();
            Rivalry own = !target.preempts()
                    ? Rivalry.PLAIN
                    : target.preemptsFirst() ? Rivalry.DISPLACES_FIRST : Rivalry.DISPLACES_AFTER;
            for (ResourceEntry other : reference.resources()) {
                if (other == entry) {
                    continue;
                }
                entry.rivals.merge(other, own, (had, said) -> had.displaces() || !said.displaces() ? had : said);
                other.rivals.merge(
                        entry,
                        target.preempts() ? Rivalry.GIVES_WAY : Rivalry.PLAIN,
                        (had, said) -> had == Rivalry.PLAIN ? said : had);
            }
        }
    }

    private List<Reference> resolve(
            ResourceEntry from, List<DependencyTarget> targets, Map<String, List<ResourceEntry>> byType) {
        if (targets.isEmpty()) {
            return List.of();
        }
        List<Reference> references = new ArrayList<>(targets.size());
        for (DependencyTarget target : targets) {
            if (target.ofType()) {
                List<ResourceEntry> all = byType.getOrDefault(target.name(), List.of());
                references.add(new Reference(
                        target,
                        from.definition.type().isA(target.name())
                                ? all.stream().filter(entry -> entry != from).toList()
                                : all));
            } else {
                ResourceEntry entry = entries.get(new ResourceName(target.name()));
                references.add(new Reference(target, entry == null ? List.of() : List.of(entry)));
                if (entry != null && !entry.members.isEmpty() && from.group != entry) {
                    // From outside, a group is up when what is critical in it is.
                    entry.members.stream()
                            .filter(entry::isCritical)
                            .forEach(member -> references.add(new Reference(
                                    new DependencyTarget(member.name().text(), false, target.modifiers()),
                                    List.of(member))));
                }
            }
        }
        return references;
    }

    private void layOut(ResourceEntry entry) {
        if (entry.isLocal()) {
            for (Server server : serversInOrder) {
                int number = server.id().number();
                if (!isInCategory(entry, server.id()) && presence(entry, server) == Presence.ABSENT) {
                    continue; // It has no instance there.
                }
                if (server.state() != Server.State.OFFLINE
                        || entry.wanted.instances().containsKey(number)) {
                    Slot slot = new Slot(entry, number, entry.wanted.instance(number));
                    slot.node = server.id();
                    slot.at = presence(entry, server) == Presence.ACTIVE ? server.id() : null;
                    entry.slots.add(slot);
                }
            }
            if (grows(entry) && isWanted(entry)) {
                grow(entry);
            }
            return;
        }
        if (entry.isPlural() && entry.group != null) {
            entry.wanted = numberedAsGroup(entry, entry.group);
        }
        if (entry.poolSized && entry.cardinality > 0) {
            layOutPoolSized(entry);
        } else {
            for (int number = 1; number <= entry.cardinality; number++) {
                entry.slots.add(new Slot(entry, number, entry.wanted.instance(number)));
            }
        }
        if (grows(entry) && isWanted(entry)) {
            grow(entry);
        }
        List<NodeId> active = new ArrayList<>();
        for (Server server : serversInOrder) {
            switch (presence(entry, server)) {
                case ACTIVE -> {
                    if (entry.poolSized && hasLeft(anchor(entry), server.id())) {
                        entry.surplus.add(server.id()); // It is the one that goes.
                    } else {
                        active.add(server.id());
                    }
                }
                case DOUBTFUL -> entry.doubtful.add(server.id());
                case ABSENT -> {}
            }
        }
        match(entry, active);
    }

    /**
     * As many as there are servers in its pools, with the numbers that they have. What was wanted of more than that is
     * forgotten: where a pool grows again, a new one is wanted. (If it were remembered, it would take the place of the
     * next one that is stopped, or given up.) Of one that an administrator stopped, just that stays noted.
     */
    private void layOutPoolSized(ResourceEntry entry) {
        NavigableSet<Integer> numbers = new TreeSet<>();
        if (entry.group == null) {
            numbers.addAll(Groups.numbers(entry.wanted, entry.cardinality, node -> {
                Server server = serverAt(node);
                boolean there = server != null
                        && Stream.concat(Stream.of(entry), entry.members.stream())
                                .anyMatch(each -> presence(each, server) == Presence.ACTIVE);
                return there && !hasLeft(entry, node);
            }));
        } else {
            entry.group.slots.forEach(slot -> numbers.add(slot.number));
        }
        SortedMap<NodeId, Long> answered = new TreeMap<>();
        Wanted kept = entry.wanted;
        for (Map.Entry<Integer, WantedInstance> each : entry.wanted.instances().entrySet()) {
            if (!numbers.contains(each.getKey())) {
                each.getValue().answered().forEach((node, incident) -> answered.merge(node, incident, Math::max));
                kept = each.getValue().target() == Target.ONLINE
                        ? kept.without(each.getKey())
                        : kept.with(each.getKey(), WantedInstance.NEW);
            }
        }
        entry.wanted = kept;
        for (int number : numbers) {
            entry.slots.add(new Slot(entry, number, kept.instance(number)));
        }
        // What was answered once is so for all: it must not count against another that comes to that server.
        answered.forEach((node, incident) -> entry.slots.getFirst().answered.merge(node, incident, Math::max));
    }

    /** What is noted of the instance of a member that is where an instance of its group is has the number of that. */
    private Wanted numberedAsGroup(ResourceEntry entry, ResourceEntry group) {
        Wanted numbered = entry.wanted;
        for (Slot anchor : group.slots) {
            Optional<NodeId> place = Optional.ofNullable(anchor.at);
            Server server = anchor.at == null ? null : serverAt(anchor.at);
            if (server == null
                    || presence(entry, server) != Presence.ACTIVE
                    || numbered.instance(anchor.number).node().equals(place)) {
                continue;
            }
            for (Map.Entry<Integer, WantedInstance> noted : numbered.instances().entrySet()) {
                if (noted.getValue().node().equals(place)) {
                    numbered = numbered.with(noted.getKey(), numbered.instance(anchor.number))
                            .with(anchor.number, noted.getValue());
                    break;
                }
            }
        }
        return numbered;
    }

    private static boolean isWanted(ResourceEntry entry) {
        return entry.wanted.instances().values().stream().anyMatch(one -> one.target() == Target.ONLINE);
    }

    /** Its category or its pools have grown, and what is wanted grows with them. */
    private void grow(ResourceEntry entry) {
        for (Slot slot : entry.slots) {
            // A local one is looked at also on a lost server outside of its category: it may run there, but is not
            // wanted there.
            boolean belongs = !entry.isLocal() || isInCategory(entry, NodeId.onPaper(slot.number));
            if (belongs && slot.isNew() && !slot.hasChanged()) {
                slot.target = Target.ONLINE;
            }
        }
    }

    /** What has come to be wanted by what happened, a pullup for instance, grows at once, and not with the next plan. */
    void growWhatIsWantedNow() {
        for (ResourceEntry entry : entries.values()) {
            if (grows(entry)
                    && !isWanted(entry)
                    && entry.slots.stream().anyMatch(slot -> slot.target == Target.ONLINE)) {
                grow(entry);
            }
        }
    }

    /** Whether there is one of it on every server of its category, or of its pools. */
    boolean grows(ResourceEntry entry) {
        return entry.isLocal() ? !categoryOf(entry).isEmpty() : entry.poolSized;
    }

    /** Each active place gets an instance; those for which there is none are surplus. */
    private void match(ResourceEntry entry, List<NodeId> active) {
        List<NodeId> unmatched = new ArrayList<>(active);
        if (entry.isPlural() && entry.group != null) {
            for (Slot slot : entry.slots) {
                // It belongs to the instance of its group that is there, whatever was noted.
                Slot anchor = slot.anchor();
                NodeId place = anchor == null ? null : anchor.at;
                if (place != null && unmatched.remove(place)) {
                    slot.at = place;
                    slot.node = place;
                }
            }
        }
        for (Slot slot : entry.slots) {
            // It is told to go where one too many of it runs, as after half of an online move: that is the one then.
            NodeId wished = slot.wish == null ? null : slot.wish.node();
            boolean theirs =
                    entry.slots.stream().anyMatch(other -> other != slot && Objects.equals(other.node, wished));
            if (wished != null
                    && !wished.equals(slot.node)
                    && !theirs
                    && isWell(entry.seenOn(wished))
                    && slot.node != null
                    && unmatched.contains(slot.node)
                    && unmatched.remove(wished)) {
                slot.at = wished;
                slot.node = wished;
            }
        }
        // One that was given up keeps its server noted, until another has come there.
        for (boolean wanted : new boolean[] {true, false}) {
            for (Slot slot : entry.slots) {
                boolean turn = wanted == (slot.target == Target.ONLINE || slot.stopping);
                if (turn && slot.at == null && slot.node != null && unmatched.remove(slot.node)) {
                    slot.at = slot.node;
                }
            }
        }
        for (Slot slot : entry.slots) {
            NodeId noted = slot.at == null ? slot.node : null;
            if (noted != null && entry.slots.stream().anyMatch(other -> noted.equals(other.at))) {
                slot.node = null;
            }
        }
        // What surely runs is matched before what does not, so that never the healthy one is surplus.
        unmatched.sort(
                Comparator.comparingInt((NodeId node) -> weightOf(entry, node)).thenComparing(node -> node));
        for (NodeId node : unmatched) {
            Slot free = null;
            for (Slot slot : entry.slots) {
                boolean better = free == null || (free.target == Target.OFFLINE && slot.target == Target.ONLINE);
                free = slot.at == null && better ? slot : free;
            }
            if (free == null) {
                entry.surplus.add(node);
            } else {
                free.at = node;
                free.node = node;
            }
        }
    }

    private static boolean isWell(@Nullable Observed seen) {
        return seen != null && seen.state() == ResourceState.ONLINE && seen.internal() == InternalState.STABLE;
    }

    private static int weightOf(ResourceEntry entry, NodeId node) {
        Observed seen = entry.seenOn(node);
        if (seen == null) {
            return 3;
        }
        if (seen.internal() == InternalState.STOPPING || seen.internal() == InternalState.CLEANING) {
            return 4; // It leaves.
        }
        return switch (seen.state()) {
            case ONLINE -> 0;
            case INTERMEDIATE -> 1;
            case UNKNOWN -> 2;
            case OFFLINE -> 3;
        };
    }

    /** Whether something of a resource may be running on a server. */
    enum Presence {
        ABSENT,
        ACTIVE,
        /** Nobody can say, or nobody can do anything about it. */
        DOUBTFUL
    }

    /** The servers of which it is not known that nothing of a resource is there. One that is forgotten too early runs on unknown to all. */
    List<NodeId> whereItMayRun(ResourceEntry entry) {
        return serversInOrder.stream()
                .filter(server -> presence(entry, server) != Presence.ABSENT)
                .map(Server::id)
                .toList();
    }

    Presence presence(ResourceEntry entry, Server server) {
        if (server.state() == Server.State.OFFLINE) {
            return Presence.ABSENT;
        }
        Observed seen = entry.seenOn(server.id());
        if (seen == null) {
            return Presence.DOUBTFUL;
        }
        if (seen.isDown()) {
            return Presence.ABSENT;
        }
        return server.state() == Server.State.UNSETTLED ? Presence.DOUBTFUL : Presence.ACTIVE;
    }

    boolean isReady(NodeId node) {
        Server server = serverAt(node);
        return server != null && server.state() == Server.State.ONLINE;
    }

    boolean isMember(NodeId node) {
        Server server = serverAt(node);
        return server != null && (server.state() == Server.State.ONLINE || server.state() == Server.State.JOINING);
    }

    boolean isFrozen(ResourceEntry entry) {
        return situation.maintenance().isFrozen(entry.name());
    }

    /** Why a server is given no cluster resources; null if it is given some. */
    @Nullable
    Obstacle refusal(NodeId node) {
        if (situation.maintenance().drained().contains(node)) {
            return new Obstacle("drain", "it is drained");
        }
        return situation.maintenance().unused().contains(node)
                ? new Obstacle("RESOURCE_USE_ENABLED=0", "it is given nothing (crsctl set resource use 0)")
                : null;
    }

    boolean isDrained(NodeId node) {
        return situation.maintenance().drained().contains(node);
    }

    String nameOf(NodeId node) {
        Server server = serverAt(node);
        return server == null ? node.toString() : server.name();
    }

    String names(List<NodeId> nodes) {
        return String.join(", ", nodes.stream().map(this::nameOf).toList());
    }

    @Nullable
    NodeId named(String server) {
        return byName.get(server);
    }

    /** Where in HOSTING_MEMBERS a node stands, 0 first; the same number for all that are not in it. */
    int rank(ResourceEntry entry, NodeId node) {
        if (entry.definition.placement() == ResourceDefinition.Placement.BALANCED) {
            return 0;
        }
        List<String> members = entry.definition.hostingMembers();
        if (members.isEmpty()) {
            return isInPools(entry.definition, node) && isInCategory(entry, node) ? 0 : 1;
        }
        int index = members.indexOf(nameOf(node));
        return index < 0 ? members.size() : index;
    }

    boolean allows(ResourceEntry entry, NodeId node) {
        return allowsPool(entry, node) && allowsCategory(entry, node) && allowsServer(entry, node);
    }

    /** The pools restrict it, and not only attract it. */
    boolean allowsPool(ResourceEntry entry, NodeId node) {
        return !restricts(entry) || isInPools(entry.definition, node);
    }

    /** The same of the category. */
    boolean allowsCategory(ResourceEntry entry, NodeId node) {
        return !restricts(entry) || isInCategory(entry, node);
    }

    private static boolean restricts(ResourceEntry entry) {
        ResourceDefinition definition = entry.definition;
        return entry.isLocal()
                || definition.placement() == ResourceDefinition.Placement.RESTRICTED
                || !definition.hostingMembers().isEmpty();
    }

    /** A server that it runs on is known not to be one of its pools or category any more, and it may run there only. */
    boolean hasLeft(ResourceEntry entry, NodeId node) {
        return !allowsPool(entry, node) || (restricts(entry) && categories.lacks(categoryOf(entry), node));
    }

    private boolean allowsServer(ResourceEntry entry, NodeId node) {
        ResourceDefinition definition = entry.definition;
        return definition.placement() != ResourceDefinition.Placement.RESTRICTED
                || (definition.hostingMembers().isEmpty()
                        && !(definition.serverPools().isEmpty()
                                && definition.serverCategory().isEmpty()))
                || definition.hostingMembers().contains(nameOf(node));
    }

    /** What keeps a restricted resource from a node, as its definition says it. */
    String restriction(ResourceEntry entry, NodeId node) {
        if (!allowsPool(entry, node)) {
            return "not in server pool " + String.join(", ", entry.definition.serverPools());
        }
        return allowsCategory(entry, node)
                ? "not in HOSTING_MEMBERS"
                : "not in server category " + categoryAsSaid(entry);
    }

    /** Its category, with what that is. */
    String categoryAsSaid(ResourceEntry entry) {
        String name = categoryOf(entry);
        return name
                + situation.setup().category(name).stream()
                        .flatMap(category -> category.expression().stream())
                        .map(expression -> ": " + expression)
                        .findFirst()
                        .orElse("");
    }

    /**
     * True if what was observed on a node satisfies a dependency now. What is being done to it counts as not satisfied;
     * UNKNOWN counts as satisfied for what already runs: we do not stop a healthy resource for want of knowledge.
     */
    static boolean isUpFor(Reference reference, ResourceEntry target, NodeId node) {
        Observed seen = target.seenOn(node);
        if (seen == null) {
            return true; // Not known, for instance because crsd has just restarted there: no reason to stop anything.
        }
        if (seen.internal() != InternalState.STABLE) {
            return false;
        }
        return seen.state() == ResourceState.ONLINE
                || seen.state() == ResourceState.UNKNOWN
                || (seen.state() == ResourceState.INTERMEDIATE
                        && reference.target().intermediate());
    }

    /** True if it is known that a dependency is fulfilled by what runs: on a node, or anywhere. */
    boolean isFulfilled(Reference reference, @Nullable NodeId node) {
        for (ResourceEntry target : reference.resources()) {
            for (NodeId place : ready) {
                boolean counts = node == null || node.equals(place);
                if (counts && target.seenOn(place) != null && isUpFor(reference, target, place)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** True if it is known that a dependency is not fulfilled. */
    boolean isUnfulfilled(Reference reference, @Nullable NodeId node) {
        for (ResourceEntry target : reference.resources()) {
            for (Server server : situation.servers().values()) {
                boolean counts = node == null || node.equals(server.id());
                if (counts && server.state() != Server.State.OFFLINE && isUpFor(reference, target, server.id())) {
                    return false;
                }
            }
        }
        return true;
    }

    /** True if a stop dependency of an instance that is up is no longer fulfilled. */
    @Nullable
    Reference brokenStopDependency(Slot slot) {
        NodeId at = slot.at;
        if (at == null || slot.isStarting()) {
            return null;
        }
        for (Reference reference : slot.entry.stop) {
            boolean fulfilled = reference.resources().isEmpty();
            for (ResourceEntry target : reference.resources()) {
                if (reference.global()) {
                    for (Server server : situation.servers().values()) {
                        boolean counts = (isMember(server.id()) && target.seenOn(server.id()) != null)
                                || server.state() == Server.State.UNSETTLED;
                        fulfilled = fulfilled || (counts && remains(reference, target, server.id()));
                    }
                } else {
                    fulfilled = fulfilled || remains(reference, target, at);
                }
            }
            if (!fulfilled) {
                return reference;
            }
        }
        return null;
    }

    /** Up now, and not about to be stopped because of something that it depends on itself. */
    private static boolean remains(Reference reference, ResourceEntry target, NodeId node) {
        Slot slot = target.slotFor(node);
        return isUpFor(reference, target, node) && (slot == null || !slot.mustStop);
    }

    Changes changes() {
        SortedMap<ResourceName, Wanted> wanted = new TreeMap<>();
        SortedMap<ResourceName, Optional<ResourceDefinition>> definitions = new TreeMap<>();
        gone.forEach(name -> definitions.put(name, Optional.empty()));
        for (ResourceEntry entry : entries.values()) {
            Wanted changed = entry.deleting == entry.wanted.deleting()
                    ? entry.wanted
                    : new Wanted(entry.wanted.instances(), entry.deleting);
            for (Slot slot : entry.slots) {
                if (slot.hasChanged()) {
                    changed = changed.with(slot.number, slot.after());
                }
            }
            if (!changed.equals(situation.wantedOf(entry.name()))) {
                wanted.put(entry.name(), changed);
            }
        }
        return new Changes(definitions, wanted, greeted, Setup.Change.ofAssigned(movedServers()));
    }

    private SortedMap<NodeId, SortedSet<String>> movedServers() {
        SortedMap<NodeId, SortedSet<String>> moved = new TreeMap<>();
        if (ready.isEmpty()) {
            return moved;
        }
        pools.forEach((node, names) -> {
            if (!names.equals(situation.setup().assigned().get(node))) {
                moved.put(node, names);
            }
        });
        for (NodeId node : situation.setup().assigned().keySet()) {
            if (!pools.containsKey(node)) {
                moved.put(node, new TreeSet<>());
            }
        }
        return moved;
    }
}
