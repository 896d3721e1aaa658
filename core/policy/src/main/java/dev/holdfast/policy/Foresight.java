package dev.holdfast.policy;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Incident;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.Spelling;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a plan leads to if every action succeeds: plans follow on plans until there is nothing left to do. That is what
 * an administrator asks for, while the master needs the next plan only.
 */
final class Foresight {
    /** More than any cluster needs that comes to rest; one that does not must not keep the asker waiting. */
    private static final int PLANS = 40;

    private final List<PlannedAction> actions = new ArrayList<>();
    private final List<Message> messages = new ArrayList<>();
    private final Map<String, String> names = new HashMap<>();
    private Set<String> before = new TreeSet<>();
    private Situation situation;

    private Foresight(Situation situation) {
        this.situation = situation;
    }

    /** The first plan, with all that follows on it; its changes and what is stuck are those of the end. */
    static Plan play(Situation situation, Plan first) {
        return new Foresight(situation).play(first);
    }

    private Plan play(Plan first) {
        Plan plan = first;
        messages.addAll(first.messages());
        for (int i = 0; i < PLANS && !isAtRest(plan); i++) {
            situation = situation.with(plan.changes());
            if (plan.actions().isEmpty() && !plan.fences().isEmpty()) {
                break; // What a fence leads to is another question: crsctl eval delete server.
            }
            if (plan.actions().isEmpty()) {
                situation = later(plan.again());
            } else {
                append(plan.actions());
                situation = done(plan.actions());
            }
            plan = Policy.plan(situation);
            plan.messages().stream()
                    .filter(message -> !messages.contains(message))
                    .forEach(messages::add);
        }
        return new Plan(actions, first.changes(), messages, plan.stuck(), plan.fences(), Optional.empty());
    }

    private static boolean isAtRest(Plan plan) {
        return plan.actions().isEmpty()
                && plan.changes().isEmpty()
                && plan.again().isEmpty();
    }

    private void append(List<PlannedAction> next) {
        names.clear();
        Set<String> used = new HashSet<>();
        actions.forEach(action -> used.add(action.id()));
        for (PlannedAction action : next) {
            String id = action.id();
            for (int again = 2; used.contains(id); again++) {
                id = action.id() + " (" + again + ")";
            }
            used.add(id);
            names.putIfAbsent(action.id(), id);
        }
        Set<String> last = new TreeSet<>();
        Set<String> awaited = new HashSet<>();
        for (PlannedAction action : next) {
            TreeSet<String> after = new TreeSet<>();
            action.after().forEach(id -> after.add(named(id)));
            if (after.isEmpty()) {
                after.addAll(before);
            }
            awaited.addAll(after);
            last.add(named(action.id()));
            actions.add(new PlannedAction(
                    named(action.id()),
                    action.kind(),
                    action.resource(),
                    action.instance(),
                    action.node(),
                    after,
                    action.required(),
                    action.inFlight(),
                    action.reason()));
        }
        last.removeAll(awaited);
        before = last;
    }

    private String named(String id) {
        return names.getOrDefault(id, id);
    }

    private Situation done(List<PlannedAction> all) {
        SortedMap<InstanceKey, Observed> observed = new TreeMap<>(situation.observed());
        for (PlannedAction action : all) {
            if (action.kind() != ActionKind.CHECK) {
                observed.put(action.key(), action.kind() == ActionKind.START ? Observed.ONLINE : Observed.OFFLINE);
            }
        }
        return with(situation.servers(), observed, situation.now());
    }

    private Situation later(Optional<Instant> when) {
        Instant then = when.filter(situation.now()::isBefore).orElse(situation.now());
        return with(situation.servers(), situation.observed(), then);
    }

    private Situation with(SortedMap<NodeId, Server> servers, SortedMap<InstanceKey, Observed> observed, Instant now) {
        return new Situation(
                situation.resources(),
                situation.types(),
                situation.wanted(),
                servers,
                situation.greeted(),
                observed,
                situation.maintenance(),
                now,
                situation.setup());
    }

    // --- what might happen

    static Decision suppose(Situation situation, Supposal supposal) {
        Foresight foresight =
                new Foresight(situation.with(Policy.plan(situation).changes()));
        return switch (supposal) {
            case Supposal.ServerLost(String server) -> foresight.lost(server);
            case Supposal.ServerBack(String server) -> foresight.back(server);
            case Supposal.Failure(String resource, Optional<String> server) -> foresight.failed(resource, server);
        };
    }

    private Decision lost(String name) {
        Server server = situation.serverNamed(name).orElse(null);
        if (server == null) {
            return noServer(name);
        }
        if (server.state() == Server.State.OFFLINE) {
            return refused(
                    "CRS-2504",
                    "Server '" + name + "' is OFFLINE already",
                    "What is being done: crsctl status resource -t");
        }
        SortedMap<NodeId, Server> servers = new TreeMap<>(situation.servers());
        servers.put(server.id(), server.with(Server.State.OFFLINE, server.incarnation()));
        SortedMap<InstanceKey, Observed> observed = new TreeMap<>(situation.observed());
        observed.keySet().removeIf(key -> key.node().equals(server.id()));
        return follow(with(servers, observed, situation.now()));
    }

    private Decision back(String name) {
        Server server = situation.serverNamed(name).orElse(null);
        if (server == null) {
            return noServer(name);
        }
        if (server.state() == Server.State.ONLINE) {
            return refused("CRS-2504", "Server '" + name + "' is ONLINE already", "");
        }
        SortedMap<NodeId, Server> servers = new TreeMap<>(situation.servers());
        servers.put(
                server.id(),
                server.with(
                        Server.State.ONLINE,
                        new Incarnation(server.incarnation().number() + 1)));
        SortedMap<InstanceKey, Observed> observed = new TreeMap<>(situation.observed());
        for (ResourceName resource : situation.resources().keySet()) {
            observed.put(new InstanceKey(resource, server.id()), Observed.OFFLINE);
        }
        return follow(with(servers, observed, situation.now()));
    }

    private Decision failed(String name, Optional<String> on) {
        ResourceName resource = ResourceName.isValid(name) ? new ResourceName(name) : null;
        if (resource == null || !situation.resources().containsKey(resource)) {
            return refused("CRS-2613", "Could not find resource '" + name + "'", "");
        }
        @Nullable NodeId node = null;
        if (on.isPresent()) {
            Server server = situation.serverNamed(on.get()).orElse(null);
            if (server == null) {
                return noServer(on.get());
            }
            node = server.id();
        }
        SortedMap<InstanceKey, Observed> observed = new TreeMap<>(situation.observed());
        int failures = 0;
        for (Map.Entry<InstanceKey, Observed> seen : situation.observed().entrySet()) {
            boolean runs = seen.getValue().state() == ResourceState.ONLINE
                    || seen.getValue().state() == ResourceState.INTERMEDIATE;
            boolean meant = seen.getKey().resource().equals(resource)
                    && (node == null || node.equals(seen.getKey().node()));
            if (runs && meant) {
                failures++;
                observed.put(
                        seen.getKey(),
                        Observed.OFFLINE.withIncident(new Incident(
                                Long.MAX_VALUE - failures, Incident.Kind.FAILED, Duration.ZERO, "as supposed")));
            }
        }
        if (failures == 0) {
            return refused(
                    "CRS-2500",
                    "Resource '" + name + "' is not running"
                            + on.map(server -> " on '" + server + "'").orElse(""),
                    "crsctl status resource " + name);
        }
        return follow(with(situation.servers(), observed, situation.now()));
    }

    private Decision follow(Situation then) {
        Plan first = Policy.plan(then);
        Plan whole = play(then, first);
        List<Message> notes = new ArrayList<>(whole.messages());
        whole.stuck().values().forEach(notes::addAll);
        return new Decision.Accepted(Changes.NONE, whole, new TreeMap<>(), notes);
    }

    private Decision noServer(String name) {
        List<String> servers =
                situation.servers().values().stream().map(Server::name).toList();
        return refused(
                "HF-3115",
                "There is no server '" + name + "'",
                Spelling.nearest(name, servers)
                        .map(near -> "Did you mean " + near + "?")
                        .orElse("The servers are " + String.join(", ", servers) + "."));
    }

    private static Decision refused(String code, String text, String next) {
        return new Decision.Refused(List.of(new Message(code, text, next)));
    }
}
