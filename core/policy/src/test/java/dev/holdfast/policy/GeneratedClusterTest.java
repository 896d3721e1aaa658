package dev.holdfast.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.DependencyTarget;
import dev.holdfast.model.Incident;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Clusters made from a seed, with actions that end in any order and fail at random, servers that come and go, and an
 * administrator who types at random. What must never happen is looked at after every step; what must happen in the end,
 * when the trouble is over.
 */
class GeneratedClusterTest {
    private static final int SEEDS = 120;
    private static final int STEPS = 60;

    @Test
    void no_resource_runs_twice_and_nothing_runs_without_what_it_needs_whatever_happens() {
        long plans =
                LongStream.range(0, SEEDS).map(seed -> new Life(seed).live()).sum();

        assertThat(plans).as("plans made and checked").isGreaterThan(7_000);
    }

    @Test
    void the_same_seed_gives_the_same_history() {
        Life one = new Life(4711);
        Life other = new Life(4711);
        one.live();
        other.live();

        assertThat(one.history).isNotEmpty().isEqualTo(other.history);
    }

    @Test
    void a_plan_for_thousands_of_resources_touches_each_a_few_times_only() {
        PaperCluster cluster = new PaperCluster();
        for (int n = 1; n <= 4; n++) {
            cluster.server(new NodeId(n), "n" + n, Server.State.ONLINE, 1);
        }
        for (int i = 0; i < 3000; i++) {
            cluster.define(
                    "r" + i,
                    "cluster_resource",
                    i % 3 == 0 ? "" : "START_DEPENDENCIES='hard(r" + (i - 1) + ") pullup(r" + (i - 1) + ")'");
            for (int n = 1; n <= 4; n++) {
                cluster.set(new ResourceName("r" + i), new NodeId(n), Observed.OFFLINE);
            }
        }
        Decision decision = Policy.decide(
                cluster.situation(), new Command.Start(new Command.Selection.All(), Optional.empty(), false));

        assertThat(decision).isInstanceOfSatisfying(Decision.Accepted.class, accepted -> {
            assertThat(accepted.plan().actions()).hasSize(3000);
            assertThat(accepted.plan().ready()).hasSize(1000);
        });
    }

    /** One cluster from one seed. */
    private static final class Life {
        private final long seed;
        private final Random chance;
        private final PaperCluster cluster = new PaperCluster();
        private final List<PlannedAction> underWay = new ArrayList<>();
        private final Map<NodeId, Long> incarnations = new HashMap<>();
        final List<String> history = new ArrayList<>();
        private final Set<InstanceKey> actual = new TreeSet<>();
        private long plans;
        private double failureRate;

        Life(long seed) {
            this.seed = seed;
            this.chance = new Random(seed);
            this.failureRate = chance.nextInt(4) * 0.1;
            int nodes = 2 + chance.nextInt(3);
            for (int n = 1; n <= nodes; n++) {
                incarnations.put(new NodeId(n), 1L);
                cluster.server(new NodeId(n), "n" + n, Server.State.ONLINE, 1);
            }
            int count = 3 + chance.nextInt(8);
            for (int i = 0; i < count; i++) {
                define(i);
            }
            for (ResourceName name : cluster.resources.keySet()) {
                cluster.servers.keySet().forEach(node -> cluster.set(name, node, Observed.OFFLINE));
            }
        }

        private void define(int i) {
            List<String> attributes = new ArrayList<>(List.of("RESTART_ATTEMPTS=" + chance.nextInt(3)));
            boolean local = chance.nextInt(5) == 0;
            if (!local) {
                List<String> members = new ArrayList<>();
                cluster.servers.values().forEach(server -> members.add(server.name()));
                Collections.shuffle(members, chance);
                String some = String.join(" ", members.subList(0, 1 + chance.nextInt(members.size())));
                switch (chance.nextInt(4)) {
                    case 0, 1 -> attributes.add("PLACEMENT=favored,HOSTING_MEMBERS='" + some + "'");
                    case 2 -> attributes.add("PLACEMENT=restricted,HOSTING_MEMBERS='" + some + "'");
                    default -> attributes.add("PLACEMENT=balanced");
                }
                if (chance.nextInt(5) == 0) {
                    attributes.add("CARDINALITY=2");
                }
                if (chance.nextInt(6) == 0) {
                    attributes.add("ACTIVE_PLACEMENT=1");
                }
            }
            if (i > 0) {
                dependencies(i, attributes);
            }
            cluster.define("r" + i, local ? "local_resource" : "cluster_resource", String.join(",", attributes));
        }

        private void dependencies(int i, List<String> attributes) {
            String other = "r" + chance.nextInt(i);
            String global = chance.nextInt(3) == 0 ? "global:" : "";
            String pullup = chance.nextInt(3) == 0 ? "" : " pullup(" + global + other + ")";
            switch (chance.nextInt(5)) {
                case 0, 1 -> {
                    attributes.add("START_DEPENDENCIES='hard(" + global + other + ")" + pullup + "'");
                    attributes.add("STOP_DEPENDENCIES='hard(" + global + other + ")'");
                }
                case 2 -> attributes.add("START_DEPENDENCIES='weak(" + global + other + ")'");
                case 3 -> attributes.add("START_DEPENDENCIES='attraction(" + other + ")'");
                default -> {}
            }
        }

        long live() {
            for (int step = 0; step < STEPS; step++) {
                somethingHappens();
                plan();
            }
            calmDown();
            return plans;
        }

        private void somethingHappens() {
            int what = chance.nextInt(10);
            if (what < 5) {
                endOne();
            } else if (what < 7) {
                command();
            } else if (what == 7) {
                failOne();
            } else if (what == 8) {
                lose();
            } else {
                bringBack();
            }
        }

        private void endOne() {
            if (underWay.isEmpty()) {
                return;
            }
            PlannedAction action = underWay.remove(chance.nextInt(underWay.size()));
            Server server = cluster.serverOf(action.node());
            if (server.state() == Server.State.ONLINE) {
                boolean good = chance.nextDouble() >= failureRate / (action.kind() == ActionKind.START ? 1 : 4);
                cluster.end(action, good);
                seen(action.key());
                note((good ? "done " : "failed ") + action.id());
            }
        }

        private void failOne() {
            List<InstanceKey> running = new ArrayList<>();
            cluster.observed.forEach((key, seen) -> {
                if (seen.state() == ResourceState.ONLINE
                        && seen.internal() == InternalState.STABLE
                        && cluster.serverOf(key.node()).state() == Server.State.ONLINE) {
                    running.add(key);
                }
            });
            if (!running.isEmpty() && failureRate > 0) {
                InstanceKey key = running.get(chance.nextInt(running.size()));
                cluster.set(
                        key.resource(),
                        key.node(),
                        cluster.down(
                                Incident.Kind.FAILED, Duration.ofSeconds(chance.nextInt(7200)), "check says OFFLINE"));
                seen(key);
                note("fails " + key);
            }
        }

        private void seen(InstanceKey key) {
            Observed now = cluster.observed.get(key);
            if (now != null && now.isDown()) {
                actual.remove(key);
            }
        }

        /** A server is voted out; what it runs goes on running until it is proved down. */
        private void lose() {
            List<Server> online = cluster.servers.values().stream()
                    .filter(server -> server.state() == Server.State.ONLINE)
                    .toList();
            if (online.size() < 2) {
                return;
            }
            Server victim = online.get(chance.nextInt(online.size()));
            cluster.server(
                    victim.id(),
                    victim.name(),
                    Server.State.UNSETTLED,
                    victim.incarnation().number());
            if (chance.nextBoolean()) {
                cluster.observed.keySet().removeIf(key -> key.node().equals(victim.id())); // A new master.
            }
            note("lost " + victim.name());
        }

        private void bringBack() {
            for (Server server : List.copyOf(cluster.servers.values())) {
                if (server.state() == Server.State.UNSETTLED) {
                    cluster.observed.keySet().removeIf(key -> key.node().equals(server.id()));
                    underWay.removeIf(action -> action.node().equals(server.id()));
                    cluster.server(
                            server.id(),
                            server.name(),
                            Server.State.OFFLINE,
                            server.incarnation().number());
                    actual.removeIf(key -> key.node().equals(server.id()));
                    note("settled " + server.name());
                    return;
                }
                if (server.state() == Server.State.OFFLINE) {
                    long incarnation = incarnations.merge(server.id(), 1L, Long::sum);
                    cluster.server(server.id(), server.name(), Server.State.ONLINE, incarnation);
                    cluster.resources.keySet().forEach(name -> cluster.set(name, server.id(), Observed.OFFLINE));
                    note("back " + server.name());
                    return;
                }
            }
        }

        private void command() {
            List<ResourceName> names = List.copyOf(cluster.resources.keySet());
            String name = names.get(chance.nextInt(names.size())).text();
            Command.Selection one = new Command.Selection.Named(List.of(name));
            Optional<String> server = chance.nextBoolean()
                    ? Optional.empty()
                    : Optional.of("n" + (1 + chance.nextInt(cluster.servers.size())));
            boolean force = chance.nextBoolean();
            Command command = switch (chance.nextInt(4)) {
                case 0, 1 -> new Command.Start(one, server, force);
                case 2 -> new Command.Stop(one, server, force);
                default -> new Command.Relocate(one, Optional.empty(), server, force);
            };
            switch (Policy.decide(cluster.situation(), command)) {
                case Decision.Refused(var reasons) -> {
                    assertThat(reasons).isNotEmpty();
                    note("refused " + command + " " + reasons.getFirst().code());
                }
                case Decision.Accepted accepted -> {
                    note("accepted " + command);
                    cluster.apply(accepted.changes());
                }
            }
        }

        private void plan() {
            Situation situation = cluster.situation();
            Plan plan = Policy.plan(situation);
            plans++;
            checkPlan(situation, plan);
            cluster.apply(plan.changes());
            for (PlannedAction action : plan.ready()) {
                cluster.begin(action);
                underWay.add(action);
                if (action.kind() == ActionKind.START) {
                    actual.add(action.key());
                }
                note("order " + action.id());
            }
            checkCluster();
        }

        private void note(String what) {
            history.add(what);
        }

        private String context(String what) {
            int from = Math.max(0, history.size() - 25);
            return what + "\n  seed " + seed + ", definitions " + cluster.resources.values() + "\n  lately: "
                    + String.join("\n    ", history.subList(from, history.size()));
        }

        private void checkPlan(Situation situation, Plan plan) {
            Situation after = situation.with(plan.changes());
            Plan again = Policy.plan(after);
            assertThat(again.changes().isEmpty())
                    .as(context("stable after its own changes: " + again.changes()))
                    .isTrue();
            assertThat(without(again)).as(context("the same actions")).isEqualTo(without(plan));
            assertThat(Policy.plan(shuffled(situation)))
                    .as(context("whatever the order of maps"))
                    .isEqualTo(plan);
            Set<String> before = new HashSet<>();
            for (PlannedAction action : plan.actions()) {
                assertThat(before).as(context("predecessors first: " + action)).containsAll(action.after());
                assertThat(before.add(action.id()) || action.inFlight())
                        .as(context("once: " + action.id()))
                        .isTrue();
            }
        }

        /** The actions without the words: a wish that was written down is a reason of its own. */
        private static List<String> without(Plan plan) {
            return plan.actions().stream()
                    .map(action -> action.id() + action.after() + action.inFlight() + action.required())
                    .toList();
        }

        private Situation shuffled(Situation situation) {
            List<ResourceName> names = new ArrayList<>(situation.resources().keySet());
            Collections.shuffle(names, new Random(seed));
            TreeMap<ResourceName, ResourceDefinition> resources = new TreeMap<>(Collections.reverseOrder());
            names.forEach(name -> resources.put(name, cluster.definitionOf(name)));
            TreeMap<InstanceKey, Observed> observed = new TreeMap<>(Collections.reverseOrder());
            observed.putAll(situation.observed());
            TreeMap<NodeId, Server> servers = new TreeMap<>(Collections.reverseOrder());
            servers.putAll(situation.servers());
            return new Situation(
                    resources, situation.types(), situation.wanted(), servers, situation.greeted(), observed);
        }

        /** Counts what truly runs or may: from the order to start it until it is seen down, or its server proved down. */
        private void checkCluster() {
            Map<ResourceName, Integer> running = new HashMap<>();
            actual.forEach(key -> running.merge(key.resource(), 1, Integer::sum));
            running.forEach((name, count) -> {
                ResourceDefinition definition = cluster.definitionOf(name);
                assertThat(definition.isLocal() || count <= definition.cardinality())
                        .as(context(name + " may be running on more nodes than allowed: " + actual))
                        .isTrue();
            });
            for (PlannedAction action : underWay) {
                boolean lost = cluster.serverOf(action.node()).state() != Server.State.ONLINE;
                if (action.kind() == ActionKind.START && !lost) {
                    checkNeeds(action);
                }
            }
        }

        /** At the moment of ordering a start, what it needs is ONLINE. */
        private void checkNeeds(PlannedAction action) {
            boolean justOrdered = history.subList(Math.max(0, history.size() - 1), history.size())
                    .contains("order " + action.id());
            if (!justOrdered) {
                return;
            }
            for (DependencyTarget need :
                    cluster.definitionOf(action.resource()).startDependencies().hard()) {
                boolean up = cluster.servers.values().stream()
                        .filter(server -> server.state() == Server.State.ONLINE)
                        .filter(server -> need.global() || server.id().equals(action.node()))
                        .map(server ->
                                cluster.observed.get(new InstanceKey(new ResourceName(need.name()), server.id())))
                        .anyMatch(seen -> seen != null && seen.state() == ResourceState.ONLINE);
                assertThat(up).as(context(action.id() + " needs " + need)).isTrue();
            }
        }

        /** The trouble is over: everything comes to rest, and what is wanted and not said to be stuck runs. */
        private void calmDown() {
            failureRate = 0;
            for (int i = 0; i < 2 * cluster.servers.size(); i++) {
                bringBack();
            }
            for (int round = 0; round < 300; round++) {
                plan();
                if (underWay.isEmpty()) {
                    checkRest();
                    return;
                }
                while (!underWay.isEmpty()) {
                    endOne();
                }
            }
            assertThat(history).as(context("it comes to rest")).isEmpty();
        }

        private void checkRest() {
            Plan plan = Policy.plan(cluster.situation());
            assertThat(plan.actions()).as(context("nothing left to do")).isEmpty();
            for (ResourceDefinition definition : cluster.resources.values()) {
                ResourceName name = definition.name();
                Wanted wanted = cluster.wanted.getOrDefault(name, Wanted.NEW);
                long want = wanted.instances().values().stream()
                        .filter(one -> one.target() == Target.ONLINE)
                        .count();
                long have = cluster.observed.entrySet().stream()
                        .filter(entry -> entry.getKey().resource().equals(name)
                                && entry.getValue().state() == ResourceState.ONLINE)
                        .count();
                boolean explained = plan.stuck().containsKey(name);
                assertThat(have >= want || explained)
                        .as(context(name + ": " + want + " wanted, " + have + " running, no reason given"))
                        .isTrue();
                assertThat(definition.isLocal() || have <= definition.cardinality())
                        .as(context(name + " runs too often"))
                        .isTrue();
            }
        }
    }
}
