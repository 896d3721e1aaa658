package dev.holdfast.planner;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Incident;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.ServerCategory;
import dev.holdfast.model.ServerPool;
import dev.holdfast.model.TypeDefinition;
import dev.holdfast.policy.Changes;
import dev.holdfast.policy.Maintenance;
import dev.holdfast.policy.PlannedAction;
import dev.holdfast.policy.Server;
import dev.holdfast.policy.Setup;
import dev.holdfast.policy.Situation;
import dev.holdfast.policy.Wanted;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** A cluster that exists on paper only: what is wanted, what the nodes report, and actions that end as they are told. */
final class PaperCluster {
    static final SortedMap<String, TypeDefinition> TYPES = TypeDefinition.builtIns();

    /** Hundredths of a processor that each server has. */
    static final long ROOM = 400;

    final TreeMap<ResourceName, ResourceDefinition> resources = new TreeMap<>();
    final TreeMap<ResourceName, Wanted> wanted = new TreeMap<>();
    final TreeMap<NodeId, Server> servers = new TreeMap<>();
    final TreeMap<NodeId, Incarnation> greeted = new TreeMap<>();
    final TreeMap<InstanceKey, Observed> observed = new TreeMap<>();
    Maintenance maintenance = Maintenance.NONE;
    Instant now = Instant.parse("2027-03-01T12:00:00Z");
    /** What does not stop is left as it is: {@code stop -l}. */
    final Set<ResourceName> left = new HashSet<>();

    private long incidents = 1000;

    Setup setup = Setup.NONE;

    Situation situation() {
        return new Situation(resources, TYPES, wanted, servers, greeted, observed, maintenance, now, setup);
    }

    void pool(String name, Map<String, String> given) {
        try {
            setup = setup.with(
                    Setup.Change.ofPools(new TreeMap<>(Map.of(name, Optional.of(ServerPool.read(name, given))))));
        } catch (InvalidAttributes e) {
            throw new IllegalArgumentException(name + " " + given, e);
        }
    }

    void category(String name, String expression) {
        try {
            ServerCategory category = ServerCategory.read(name, Map.of("EXPRESSION", expression));
            setup = setup.with(Setup.Change.ofCategories(new TreeMap<>(Map.of(name, Optional.of(category)))));
        } catch (InvalidAttributes e) {
            throw new IllegalArgumentException(name + " " + expression, e);
        }
    }

    void define(String name, String type, Map<String, String> given) {
        TypeDefinition known = Objects.requireNonNull(TYPES.get(type), type);
        Map<String, String> all = new TreeMap<>(given);
        if (known.isScripted()) {
            all.putIfAbsent("ACTION_SCRIPT", "/shared/scripts/" + name + ".scr");
        }
        try {
            ResourceDefinition definition = ResourceDefinition.read(new ResourceName(name), known, all);
            resources.put(definition.name(), definition);
        } catch (InvalidAttributes e) {
            throw new IllegalArgumentException(name + " " + given, e);
        }
    }

    void server(NodeId id, Server.State state, long incarnation) {
        servers.put(
                id, new Server(id, "n" + id.number(), state, new Incarnation(incarnation), ROOM, 0, new TreeMap<>()));
    }

    Server serverOf(NodeId node) {
        return Objects.requireNonNull(servers.get(node), () -> "no server " + node);
    }

    ResourceDefinition definitionOf(ResourceName name) {
        return Objects.requireNonNull(resources.get(name), () -> "no resource " + name);
    }

    boolean isOnline(NodeId node) {
        return serverOf(node).state() == Server.State.ONLINE;
    }

    void set(ResourceName name, NodeId node, Observed seen) {
        observed.put(new InstanceKey(name, node), seen);
    }

    void forget(NodeId node) {
        observed.keySet().removeIf(key -> key.node().equals(node));
    }

    /** What the node reports after a failure was cleaned up. */
    Observed down(Incident.Kind kind, Duration uptime) {
        ResourceState state = kind == Incident.Kind.CLEAN_FAILED ? ResourceState.UNKNOWN : ResourceState.OFFLINE;
        Incident incident = new Incident(++incidents, kind, uptime, "made up");
        return new Observed(state, InternalState.STABLE, "", Optional.of(incident));
    }

    void apply(Changes changes) {
        Situation after = situation().with(changes);
        resources.keySet().retainAll(after.resources().keySet());
        resources.putAll(after.resources());
        wanted.keySet().retainAll(after.wanted().keySet());
        wanted.putAll(after.wanted());
        greeted.putAll(after.greeted());
        maintenance = after.maintenance();
        setup = after.setup();
        observed.keySet().removeIf(key -> !resources.containsKey(key.resource()));
    }

    /** Orders an action: from now on it is seen as under way. */
    void begin(PlannedAction action) {
        Observed before = observed.getOrDefault(action.key(), Observed.OFFLINE);
        set(
                action.resource(),
                action.node(),
                before.withInternal(
                        switch (action.kind()) {
                            case START -> InternalState.STARTING;
                            case STOP -> InternalState.STOPPING;
                            case CLEAN -> InternalState.CLEANING;
                            case CHECK -> before.internal();
                        }));
    }

    /** Ends an action that was begun. */
    void end(PlannedAction action, boolean succeeds) {
        switch (action.kind()) {
            case START ->
                set(
                        action.resource(),
                        action.node(),
                        succeeds ? Observed.ONLINE : down(Incident.Kind.START_FAILED, Duration.ZERO));
            case STOP, CLEAN -> {
                boolean stays = !succeeds && action.kind() == ActionKind.STOP && left.contains(action.resource());
                Observed failed = stays
                        ? Observed.ONLINE.withIncident(
                                new Incident(++incidents, Incident.Kind.STOP_FAILED, Duration.ZERO, "made up"))
                        : down(Incident.Kind.CLEAN_FAILED, Duration.ZERO);
                set(action.resource(), action.node(), succeeds ? Observed.OFFLINE : failed);
            }
            case CHECK -> {}
        }
    }
}
