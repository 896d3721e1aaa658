package dev.holdfast.policy;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.AttributeText;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Incident;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.PolicySet;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.ServerCategory;
import dev.holdfast.model.ServerPool;
import dev.holdfast.model.TypeDefinition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/** A cluster on paper: does what a plan says, at once and without a machine, and fails where it is told to. */
final class PaperCluster {
    final TreeMap<ResourceName, ResourceDefinition> resources = new TreeMap<>();
    final TreeMap<ResourceName, Wanted> wanted = new TreeMap<>();
    final TreeMap<NodeId, Server> servers = new TreeMap<>();
    final TreeMap<NodeId, Incarnation> greeted = new TreeMap<>();
    final TreeMap<InstanceKey, Observed> observed = new TreeMap<>();
    private Setup setup = Setup.NONE;
    private long incidents = 1000;
    Maintenance maintenance = Maintenance.NONE;
    Instant now = Instant.parse("2027-03-01T12:00:00Z");

    /** What does not stop is left as it is: {@code stop -l}. */
    final Set<ResourceName> left = new HashSet<>();

    Situation situation() {
        return new Situation(resources, types(), wanted, servers, greeted, observed, maintenance, now, setup);
    }

    private SortedMap<String, TypeDefinition> types() {
        return TypeDefinition.with(TypeDefinition.builtIns(), setup.types());
    }

    void pool(String name, String attributes) {
        try {
            Map<String, String> given = attributes.isBlank() ? new HashMap<>() : AttributeText.parse(attributes);
            setup = setup.with(
                    Setup.Change.ofPools(new TreeMap<>(Map.of(name, Optional.of(ServerPool.read(name, given))))));
        } catch (InvalidAttributes e) {
            throw new IllegalArgumentException(e);
        }
    }

    void say(String server, Map<String, String> attributes) {
        setup = setup.with(Setup.Change.ofSaid(new TreeMap<>(Map.of(node(server), new TreeMap<>(attributes)))));
    }

    void category(String name, String expression) {
        try {
            ServerCategory category = ServerCategory.read(name, Map.of("EXPRESSION", expression));
            setup = setup.with(Setup.Change.ofCategories(new TreeMap<>(Map.of(name, Optional.of(category)))));
        } catch (InvalidAttributes e) {
            throw new IllegalArgumentException(e);
        }
    }

    PolicySet policies() {
        return setup.policies();
    }

    List<String> membersOf(String category) {
        Categories categories = new Categories(setup, servers.values());
        return servers.values().stream()
                .filter(server -> categories.has(category, server.id()))
                .map(Server::name)
                .toList();
    }

    void room(NodeId id, long cpu, long memory) {
        Server known = serverOf(id);
        servers.put(id, new Server(id, known.name(), known.state(), known.incarnation(), cpu, memory, known.machine()));
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
        for (ResourceName name : resources.keySet()) {
            for (Server server : servers.values()) {
                if (server.state() == Server.State.ONLINE
                        && changes.definitions().containsKey(name)) {
                    observed.putIfAbsent(new InstanceKey(name, server.id()), Observed.OFFLINE);
                }
            }
        }
    }

    ResourceDefinition define(String name, String type, String attributes) {
        try {
            TypeDefinition known = types().get(type);
            if (known == null) {
                throw new IllegalArgumentException("no type " + type);
            }
            Map<String, String> given = attributes.isBlank() ? new HashMap<>() : AttributeText.parse(attributes);
            if (known.isScripted()) {
                given.putIfAbsent("ACTION_SCRIPT", "/shared/scripts/" + name + ".scr");
            }
            ResourceDefinition definition = ResourceDefinition.read(new ResourceName(name), known, given);
            resources.put(definition.name(), definition);
            return definition;
        } catch (InvalidAttributes e) {
            throw new IllegalArgumentException(e);
        }
    }

    void server(NodeId id, String name, Server.State state, long incarnation) {
        Server known = servers.get(id);
        servers.put(
                id,
                new Server(
                        id,
                        name,
                        state,
                        new Incarnation(incarnation),
                        known == null ? 0 : known.cpu(),
                        known == null ? 0 : known.memory(),
                        known == null ? new TreeMap<>() : known.machine()));
    }

    NodeId node(String name) {
        return situation().serverNamed(name).orElseThrow().id();
    }

    String nameOf(NodeId node) {
        return serverOf(node).name();
    }

    Server serverOf(NodeId node) {
        return Objects.requireNonNull(servers.get(node), () -> "no server " + node);
    }

    ResourceDefinition definitionOf(ResourceName name) {
        return Objects.requireNonNull(resources.get(name), () -> "no resource " + name);
    }

    void set(ResourceName name, NodeId node, Observed seen) {
        observed.put(new InstanceKey(name, node), seen);
    }

    Incident incident(Incident.Kind kind, Duration uptime, String text) {
        return new Incident(++incidents, kind, uptime, text);
    }

    /** What the node would report after a failure was cleaned up. */
    Observed down(Incident.Kind kind, Duration uptime, String text) {
        ResourceState state = kind == Incident.Kind.CLEAN_FAILED ? ResourceState.UNKNOWN : ResourceState.OFFLINE;
        return new Observed(state, InternalState.STABLE, "", Optional.of(incident(kind, uptime, text)));
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
                        succeeds ? Observed.ONLINE : down(Incident.Kind.START_FAILED, Duration.ZERO, "start failed"));
            case STOP, CLEAN -> {
                if (!succeeds && action.kind() == ActionKind.STOP && left.contains(action.resource())) {
                    Incident failed = incident(Incident.Kind.STOP_FAILED, Duration.ofMinutes(5), "stop failed");
                    set(action.resource(), action.node(), Observed.ONLINE.withIncident(failed));
                    return;
                }
                set(
                        action.resource(),
                        action.node(),
                        succeeds ? Observed.OFFLINE : down(Incident.Kind.CLEAN_FAILED, Duration.ZERO, "clean failed"));
            }
            case CHECK -> {}
        }
    }

    /** Carries out plans until nothing is left to do; one line for each round of actions done side by side. */
    List<String> run(Predicate<PlannedAction> succeeds, List<String> said) {
        List<String> rounds = new ArrayList<>();
        for (int round = 1; round <= 200; round++) {
            Plan plan = Policy.plan(situation());
            plan.messages().forEach(message -> said.add(message.toString()));
            apply(plan.changes());
            List<PlannedAction> ready = plan.ready();
            if (ready.isEmpty() && plan.changes().isEmpty()) {
                return rounds;
            }
            ready.forEach(this::begin);
            List<String> done = new ArrayList<>();
            for (PlannedAction action : ready) {
                boolean good = succeeds.test(action);
                end(action, good);
                done.add(action.id() + (good ? "" : " FAILED"));
            }
            if (!done.isEmpty()) {
                rounds.add(String.join(", ", done));
            }
        }
        return List.of("no rest after 200 rounds: " + rounds.subList(0, 12));
    }
}
