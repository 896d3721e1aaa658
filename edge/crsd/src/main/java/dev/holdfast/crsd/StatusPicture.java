package dev.holdfast.crsd;

import dev.holdfast.control.Reply;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.policy.Groups;
import dev.holdfast.policy.Policy;
import dev.holdfast.policy.Server;
import dev.holdfast.policy.Situation;
import dev.holdfast.policy.Wanted;
import dev.holdfast.policy.WantedInstance;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;

/** What the master knows, as administrators see it. Also remembers when states changed; wall-clock times are for people. */
final class StatusPicture {
    private record Times(ResourceState state, long changedMillis, long startedMillis, long starts) {}

    private final Map<InstanceKey, Times> times = new HashMap<>();

    void noted(InstanceKey key, ResourceState state, long nowMillis) {
        Times before = times.getOrDefault(key, new Times(ResourceState.OFFLINE, 0, 0, 0));
        boolean started = state == ResourceState.ONLINE && before.state != ResourceState.INTERMEDIATE;
        times.put(
                key,
                new Times(
                        state,
                        nowMillis,
                        started ? nowMillis : before.startedMillis,
                        started ? before.starts + 1 : before.starts));
    }

    /** Another master wrote down other times. */
    void forget() {
        times.clear();
    }

    Reply.Resource resource(Situation situation, ResourceDefinition definition, boolean withDefinition) {
        List<Reply.Instance> instances =
                definition.isLocal() ? local(situation, definition) : cluster(situation, definition);
        return new Reply.Resource(
                definition.name().text(),
                definition.type().name(),
                definition.isLocal(),
                withDefinition ? definition.effective() : Map.of(),
                instances,
                Optional.of(definition.group()).filter(group -> !group.isEmpty()),
                Optional.of(Policy.version(definition)));
    }

    private List<Reply.Instance> local(Situation situation, ResourceDefinition definition) {
        List<Reply.Instance> rows = new ArrayList<>();
        Wanted wanted = situation.wantedOf(definition.name());
        for (Server server : situation.servers().values()) {
            if (server.state() != Server.State.OFFLINE) {
                WantedInstance instance = wanted.instance(server.id().number());
                rows.add(row(
                        situation, definition.name(), server.id().number(), instance, Optional.of(server.id()), true));
            }
        }
        return rows;
    }

    private List<Reply.Instance> cluster(Situation situation, ResourceDefinition definition) {
        Wanted wanted = situation.wantedOf(definition.name());
        Set<NodeId> shown = new HashSet<>();
        NavigableSet<Integer> numbers = Groups.numbers(situation, definition);
        for (int number : numbers) {
            wanted.instance(number).node().ifPresent(shown::add);
        }
        // What runs, or may run, where it is not wanted is shown too: that is what an administrator must see.
        List<NodeId> stray = new ArrayList<>();
        for (Server server : situation.servers().values()) {
            Observed there = situation.observed().get(new InstanceKey(definition.name(), server.id()));
            boolean present = server.state() != Server.State.OFFLINE && there != null && !there.isDown();
            if (present && !shown.contains(server.id())) {
                stray.add(server.id());
            }
        }
        List<Reply.Instance> rows = new ArrayList<>();
        for (int number : numbers) {
            WantedInstance instance = wanted.instance(number);
            Optional<NodeId> node = instance.node();
            boolean nothingThere = node.isEmpty() || isDown(situation, definition.name(), node.get());
            if (nothingThere && !stray.isEmpty()) {
                node = Optional.of(stray.removeFirst());
            }
            rows.add(row(situation, definition.name(), number, instance, node, false));
        }
        int next = numbers.isEmpty() ? 1 : numbers.getLast() + 1;
        for (NodeId left : stray) {
            rows.add(row(situation, definition.name(), next++, WantedInstance.NEW, Optional.of(left), false));
        }
        return rows;
    }

    private static boolean isDown(Situation situation, ResourceName name, NodeId node) {
        Observed there = situation.observed().get(new InstanceKey(name, node));
        return there == null || there.isDown();
    }

    private Reply.Instance row(
            Situation situation,
            ResourceName name,
            int number,
            WantedInstance wanted,
            Optional<NodeId> node,
            boolean local) {
        Observed seen = node.map(there -> seen(situation, name, there)).orElse(Observed.OFFLINE);
        boolean somewhere = seen.state() != ResourceState.OFFLINE;
        Times when = node.map(there -> times.get(new InstanceKey(name, there)))
                .orElse(new Times(ResourceState.OFFLINE, 0, 0, 0));
        List<Long> failures =
                wanted.failures().stream().map(Instant::toEpochMilli).toList();
        boolean frozen = situation.maintenance().isFrozen(name);
        String details = !frozen || seen.details().startsWith("FROZEN")
                ? seen.details()
                : seen.details().isEmpty() ? "FROZEN" : "FROZEN," + seen.details();
        return new Reply.Instance(
                number,
                1,
                wanted.target().name(),
                seen.state().name(),
                local || somewhere ? node.map(there -> nameOf(situation, there)) : Optional.empty(),
                details,
                seen.internal().name(),
                wanted.lastServer().map(there -> nameOf(situation, there)),
                wanted.node().map(there -> nameOf(situation, there)),
                wanted.restarts(),
                failures.size(),
                failures,
                when.starts,
                when.startedMillis,
                when.changedMillis);
    }

    private static Observed seen(Situation situation, ResourceName name, NodeId node) {
        Observed there = situation.observed().get(new InstanceKey(name, node));
        Server server = situation.servers().get(node);
        Server.State state = server == null ? Server.State.OFFLINE : server.state();
        return switch (state) {
            case OFFLINE -> Observed.OFFLINE;
            case ONLINE, JOINING -> there != null ? there : unknown("not reported yet");
            case UNSETTLED -> unknown("node voted out, not yet proved harmless");
        };
    }

    private static Observed unknown(String details) {
        return new Observed(ResourceState.UNKNOWN, Observed.OFFLINE.internal(), details, Optional.empty());
    }

    private static String nameOf(Situation situation, NodeId node) {
        Server server = situation.servers().get(node);
        return server == null ? node.toString() : server.name();
    }
}
