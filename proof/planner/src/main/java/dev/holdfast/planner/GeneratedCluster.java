package dev.holdfast.planner;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.DependencyTarget;
import dev.holdfast.model.Incident;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.PoolPolicy;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.Target;
import dev.holdfast.policy.Changes;
import dev.holdfast.policy.Command;
import dev.holdfast.policy.Decision;
import dev.holdfast.policy.Groups;
import dev.holdfast.policy.Plan;
import dev.holdfast.policy.PlannedAction;
import dev.holdfast.policy.Policy;
import dev.holdfast.policy.Server;
import dev.holdfast.policy.Situation;
import dev.holdfast.policy.Supposal;
import dev.holdfast.policy.Wanted;
import dev.holdfast.policy.WantedInstance;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiPredicate;

/**
 * A cluster made from a seed, and its life: actions that end in any order and fail at random, servers that come and go,
 * an administrator who types at random. What must never happen is looked at after every step; what must happen in the
 * end, when the trouble is over.
 *
 * <p>Of every plan: a plan of the situation after its own changes has no changes and the same actions; the plan does not
 * depend on the order of any map; every action comes behind those it waits for, and once.
 *
 * <p>Of the cluster, counting an instance from the order to start it until it is seen down or its server is proved down:
 * no resource runs more often than CARDINALITY; a start is ordered only when what it needs (hard) is ONLINE, on a server of
 * its pools and its category, and not
 * where one runs that it must share no server with (exclusion), unless that one gives way afterwards.
 *
 * <p>In the end: nothing is left to do, and what is wanted runs, or there is a reason why not.
 */
public final class GeneratedCluster {
    private static final int STEPS = 60;

    /**
     * From this seed on more can be in a cluster and happen to it: resources come, change and go, are INTERMEDIATE and UNKNOWN,
     * are started and stopped by hand, servers are fenced and join slowly. Seeds below live as they did when they found
     * something.
     */
    static final long WIDER = 100_000;

    /** From this seed on most groups have several instances. */
    static final long PLURAL = 300_000;

    private static final int LONGEST_REST = 400;

    /** Something that must never be, or never not come. */
    public static final class Violation extends RuntimeException {
        private static final long serialVersionUID = 1;

        Violation(String text) {
            super(text);
        }
    }

    private final long seed;
    private final Random chance;
    // For what came later, lest seeds that found something do other things than they did.
    private final Random more;
    private final Random wider;
    private final boolean wide;
    private final PaperCluster cluster = new PaperCluster();
    private final List<PlannedAction> underWay = new ArrayList<>();
    private final Map<NodeId, Long> incarnations = new HashMap<>();
    private final List<String> history = new ArrayList<>();
    private final Set<InstanceKey> actual = new TreeSet<>();
    private final Set<ResourceName> byHand = new HashSet<>();
    private final double failureRate;
    private long plans;
    private final int groups;
    private boolean calm;

    public GeneratedCluster(long seed) {
        this.seed = seed;
        this.chance = new Random(seed);
        this.more = new Random(seed ^ 0x9e3779b97f4a7c15L);
        this.wider = new Random(seed ^ 0xd1b54a32d192ed03L);
        this.wide = seed >= WIDER;
        this.failureRate = chance.nextInt(4) * 0.1;
        int nodes = 2 + chance.nextInt(4);
        for (int n = 1; n <= nodes; n++) {
            incarnations.put(new NodeId(n), 1L);
            cluster.server(new NodeId(n), Server.State.ONLINE, 1);
        }
        int pools = chance.nextInt(3) == 0 ? 1 + chance.nextInt(2) : 0;
        for (int i = 0; i < pools; i++) {
            cluster.pool(
                    "p" + i,
                    Map.of(
                            "MIN_SIZE", Integer.toString(chance.nextInt(3)),
                            "MAX_SIZE", chance.nextBoolean() ? "-1" : "2",
                            "IMPORTANCE", Integer.toString(chance.nextInt(3))));
        }
        if (more.nextInt(3) == 0) {
            cluster.category("c0", expression());
            cluster.category("c1", "STATE = ONLINE");
        }
        if (pools > 0 && more.nextInt(2) == 0) {
            policies();
        }
        groups = chance.nextInt(3) == 0 ? 1 + chance.nextInt(2) : 0;
        for (int i = 0; i < groups; i++) {
            Map<String, String> given = new TreeMap<>();
            if (chance.nextBoolean()) {
                given.putAll(Map.of("PLACEMENT", "favored", "HOSTING_MEMBERS", "n2 n1"));
            }
            sometimes(4, given, "ACTIVE_PLACEMENT", "1");
            sometimes(2, given, "CRITICAL_RESOURCES", "r0 r1 r2");
            if (i > 0 && chance.nextBoolean()) {
                given.put("START_DEPENDENCIES", chance.nextBoolean() ? "dispersion(g0)" : "exclusion(g0)");
            }
            if (seed >= PLURAL && wider.nextInt(4) != 0) {
                given.put("CARDINALITY", Integer.toString(2 + wider.nextInt(2)));
                if (pools > 0 && wider.nextInt(3) == 0) {
                    given.remove("HOSTING_MEMBERS");
                    given.putAll(Map.of(
                            "PLACEMENT", "restricted", "SERVER_POOLS", "p0", "CARDINALITY", "%CRS_SERVER_POOL_SIZE%"));
                }
            }
            cluster.define("g" + i, "cluster_resourcegroup", given);
        }
        int count = 3 + chance.nextInt(9);
        for (int i = 0; i < count; i++) {
            define(i);
        }
        for (ResourceName name : cluster.resources.keySet()) {
            cluster.servers.keySet().forEach(node -> cluster.set(name, node, Observed.OFFLINE));
        }
    }

    /** What happened, in order. */
    public List<String> history() {
        return List.copyOf(history);
    }

    // ---------------------------------------------------------------- what it is made of

    private void define(int i) {
        Map<String, String> given = new TreeMap<>();
        given.put("RESTART_ATTEMPTS", Integer.toString(chance.nextInt(3)));
        boolean local = chance.nextInt(6) == 0;
        boolean member = !local && groups > 0 && chance.nextInt(2) == 0;
        if (member) {
            given.put("RESOURCE_GROUP", "g" + chance.nextInt(groups));
        }
        if (!local && !member) {
            List<String> members = new ArrayList<>();
            cluster.servers.values().forEach(server -> members.add(server.name()));
            Collections.shuffle(members, chance);
            String some = String.join(" ", members.subList(0, 1 + chance.nextInt(members.size())));
            switch (chance.nextInt(4)) {
                case 0, 1 -> given.putAll(Map.of("PLACEMENT", "favored", "HOSTING_MEMBERS", some));
                case 2 -> given.putAll(Map.of("PLACEMENT", "restricted", "HOSTING_MEMBERS", some));
                default -> given.put("PLACEMENT", "balanced");
            }
            sometimes(5, given, "CARDINALITY", "2");
            sometimes(6, given, "ACTIVE_PLACEMENT", "1");
            sometimes(8, given, "USE_STICKINESS", "1");
            sometimes(10, given, "INSTANCE_FAILOVER", "0");
            sometimes(10, given, "RELOCATE_BY_DEPENDENCY", "0");
            sometimes(6, given, "RELOCATE_KIND", "online");
            if (!cluster.setup.pools().isEmpty() && chance.nextInt(3) == 0) {
                given.remove("HOSTING_MEMBERS");
                given.put("PLACEMENT", chance.nextInt(3) == 0 ? "favored" : "restricted");
                given.put("SERVER_POOLS", "p0");
                if (given.get("PLACEMENT").equals("restricted") && chance.nextInt(3) == 0) {
                    given.put("CARDINALITY", "%CRS_SERVER_POOL_SIZE%");
                }
            }
        }
        if (!member && !cluster.setup.categories().isEmpty() && more.nextInt(3) == 0) {
            given.put("SERVER_CATEGORY", "c" + more.nextInt(2));
            boolean balanced =
                    !local && given.getOrDefault("PLACEMENT", "balanced").equals("balanced");
            if (!local && !given.containsKey("SERVER_POOLS") && (balanced || more.nextBoolean())) {
                given.remove("HOSTING_MEMBERS");
                given.put("PLACEMENT", more.nextInt(3) == 0 ? "favored" : "restricted");
            }
        }
        if (!local) {
            sometimes(5, given, "WORKLOAD_CPU", Integer.toString(100 + chance.nextInt(300)));
        }
        sometimes(8, given, "RESTART_DELAY", "30");
        if (chance.nextInt(8) == 0) {
            given.putAll(Map.of("FAILURE_THRESHOLD", "3", "FAILURE_INTERVAL", "600"));
        }
        sometimes(6, given, "START_CONCURRENCY", "1");
        sometimes(6, given, "STOP_CONCURRENCY", "1");
        sometimes(10, given, "ENABLED@SERVERNAME(n1)", "0");
        if (i > 0) {
            dependencies(i, given);
        }
        boolean application = wide && i < 2 && !local && wider.nextInt(3) == 0;
        if (wide) {
            widen(i, local, given);
        }
        if (application) { // It depends on nothing, so that everything else may depend on its type.
            given.remove("START_DEPENDENCIES");
            given.remove("STOP_DEPENDENCIES");
            given.put("START_PROGRAM", "/bin/true");
        }
        cluster.define(
                "r" + i, local ? "local_resource" : application ? "generic_application" : "cluster_resource", given);
    }

    private void widen(int i, boolean local, Map<String, String> given) {
        perhaps(3, given, "AUTO_START", List.of("always", "never", "restore"));
        perhaps(3, given, "UNKNOWN_POLICY", List.of("clean", "fence", "escalate"));
        perhaps(6, given, "FAILURE_INTERVAL", List.of("30", "600"));
        if (given.containsKey("FAILURE_INTERVAL")) {
            perhaps(2, given, "FAILURE_THRESHOLD", List.of("1", "2"));
        }
        if (!local) {
            perhaps(4, given, "LOAD", List.of("0", "3", "100"));
        }
        if (i > 0 && wider.nextInt(3) == 0) {
            String other = "r" + wider.nextInt(i);
            String another = "r" + wider.nextInt(i);
            String both = other.equals(another) ? other : other + "," + another;
            switch (wider.nextInt(9)) {
                case 0 -> given.put("START_DEPENDENCIES", "hard(" + both + ") pullup(" + both + ")");
                case 1 ->
                    given.put(
                            "START_DEPENDENCIES",
                            "hard(intermediate:" + other + ") pullup(intermediate:" + other + ")");
                case 2 -> given.put("START_DEPENDENCIES", "weak(concurrent:" + other + ")");
                case 3 -> given.put("START_DEPENDENCIES", "weak(uniform:" + both + ")");
                case 4 ->
                    given.put("START_DEPENDENCIES", "hard(type:generic_application) pullup(type:generic_application)");
                case 5 ->
                    given.put(
                            "START_DEPENDENCIES",
                            "weak(type:generic_application) attraction(type:generic_application)");
                case 6 -> given.put("START_DEPENDENCIES", "dispersion(intermediate:type:generic_application)");
                case 7 -> {
                    given.put("START_DEPENDENCIES", "hard(" + other + ") pullup(" + other + ")");
                    given.put("STOP_DEPENDENCIES", "hard(intermediate:" + other + ")");
                }
                default -> {
                    given.put("START_DEPENDENCIES", "hard(global:" + other + ")");
                    given.put("STOP_DEPENDENCIES", "hard(shutdown:" + other + ")");
                }
            }
        }
    }

    private void perhaps(int oneOf, Map<String, String> given, String attribute, List<String> values) {
        if (wider.nextInt(oneOf) == 0) {
            given.put(attribute, values.get(wider.nextInt(values.size())));
        }
    }

    private String expression() {
        StringBuilder text = new StringBuilder("NAME = n" + (1 + more.nextInt(cluster.servers.size())));
        for (int n = 1; n <= cluster.servers.size(); n++) {
            text.append(more.nextBoolean() ? " OR NAME = n" + n : "");
        }
        return text.toString();
    }

    /** A policy set about the pools, with two policies that shape them at random. */
    private void policies() {
        List<PoolPolicy> all = new ArrayList<>();
        for (String name : List.of("day", "night")) {
            SortedMap<String, SortedMap<String, String>> shapes = new TreeMap<>();
            for (String pool : cluster.setup.pools().keySet()) {
                SortedMap<String, String> shape = new TreeMap<>();
                shape.put("MIN_SIZE", Integer.toString(more.nextInt(3)));
                shape.put("MAX_SIZE", more.nextBoolean() ? "-1" : "2");
                shape.put("IMPORTANCE", Integer.toString(more.nextInt(3)));
                if (!cluster.setup.categories().isEmpty() && more.nextInt(3) == 0) {
                    shape.put("SERVER_CATEGORY", "c" + more.nextInt(2));
                }
                shapes.put(pool, shape);
            }
            all.add(new PoolPolicy(name, "", shapes));
        }
        Command set = new Command.ModifyPolicySet(
                Map.of(
                        "SERVER_POOL_NAMES",
                        String.join(" ", cluster.setup.pools().keySet())),
                Optional.of(all),
                true,
                true);
        if (!(Policy.decide(cluster.situation(), set) instanceof Decision.Accepted accepted)) {
            throw new IllegalStateException("a policy set that makes no sense: " + set);
        }
        cluster.apply(accepted.changes());
    }

    private void sometimes(int oneOf, Map<String, String> given, String attribute, String value) {
        if (chance.nextInt(oneOf) == 0) {
            given.put(attribute, value);
        }
    }

    /** Only on what is there already, so that nothing leads back. */
    private void dependencies(int i, Map<String, String> given) {
        String other = "r" + chance.nextInt(i);
        String another = "r" + chance.nextInt(i);
        String global = chance.nextInt(3) == 0 ? "global:" : "";
        String pullup = switch (chance.nextInt(6)) {
            case 0 -> "";
            case 1 -> " pullup:always(" + global + other + ")";
            default -> " pullup(" + global + other + ")";
        };
        String pool = i % 3 == 0 ? "pool:" : "";
        String start = switch (chance.nextInt(13)) {
            case 0, 1, 2 -> "hard(" + global + other + ")" + pullup;
            case 3 -> "hard(uniform:" + global + other + ")" + pullup;
            case 4 -> "hard(" + other + ")" + (another.equals(other) ? "" : " exclusion(" + another + ")");
            case 5 -> "weak(" + global + other + ")";
            case 6 -> "attraction(" + other + ")";
            case 7 -> "dispersion(" + pool + other + ")";
            case 8 -> "dispersion:active(" + pool + other + ")";
            case 9 -> "exclusion(" + other + ")";
            case 10 -> "exclusion(preempt_pre:" + other + ")";
            case 11 -> "exclusion(preempt_post:" + other + ")";
            default -> "pullup:always(" + other + ")";
        };
        given.put("START_DEPENDENCIES", start);
        if (start.startsWith("hard") && chance.nextInt(4) > 0) {
            given.put("STOP_DEPENDENCIES", "hard(" + global + other + ")");
        }
    }

    // ---------------------------------------------------------------- its life

    /**
     * Lets it live, then calms it down.
     *
     * @return how many plans were made and checked
     * @throws Violation if something happened that must not
     */
    public long live() {
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
        cluster.now = cluster.now.plusSeconds(chance.nextInt(20));
        if (wide && wider.nextInt(3) == 0) {
            somethingElseHappens();
        }
    }

    private void somethingElseHappens() {
        switch (wider.nextInt(8)) {
            case 0 -> fallsShort();
            case 1 -> isStoppedByHand();
            case 2 -> isStartedByHand();
            case 3 -> joinSlowly();
            case 4 -> decide(new Command.Start(new Command.Selection.All(), Optional.empty(), wider.nextBoolean()));
            case 5 -> decide(new Command.Stop(new Command.Selection.All(), anyServer(), wider.nextBoolean()));
            case 6 ->
                decide(new Command.Relocate(
                        new Command.Selection.All(), anyServer(), Optional.empty(), wider.nextBoolean()));
            default -> reconfigure();
        }
    }

    private Optional<String> anyServer() {
        return Optional.of("n" + (1 + wider.nextInt(cluster.servers.size())));
    }

    /** A check says INTERMEDIATE, or nothing that can be understood, or that all is well again. */
    private void fallsShort() {
        pick(
                        wider,
                        (_, seen) -> seen.state() != ResourceState.OFFLINE
                                && seen.incident().isEmpty()
                                && seen.internal() == InternalState.STABLE)
                .ifPresent(key -> {
                    ResourceState state = List.of(
                                    ResourceState.ONLINE, ResourceState.INTERMEDIATE, ResourceState.UNKNOWN)
                            .get(wider.nextInt(3));
                    cluster.set(
                            key.resource(),
                            key.node(),
                            new Observed(state, InternalState.STABLE, "", Optional.empty()));
                    note(key + " is " + state);
                });
    }

    private void isStoppedByHand() {
        pick(wider, (_, seen) -> seen.equals(Observed.ONLINE)).ifPresent(key -> {
            goesDown(key, Incident.Kind.STOPPED_OUTSIDE, Duration.ZERO);
            note("stopped by hand " + key);
        });
    }

    /** Somebody starts what runs nowhere, beside the clusterware. */
    private void isStartedByHand() {
        pick(wider, (key, seen) -> {
                    boolean somewhere =
                            actual.stream().anyMatch(one -> one.resource().equals(key.resource()));
                    boolean free = actual.stream()
                            .noneMatch(one -> one.node().equals(key.node())
                                    && (excludes(cluster.definitionOf(key.resource()), one.resource(), false)
                                            || excludes(cluster.definitionOf(one.resource()), key.resource(), false)));
                    return seen.isDown() && !somewhere && free;
                })
                .filter(key -> !cluster.definitionOf(key.resource()).type().isGroup())
                .ifPresent(key -> {
                    cluster.set(key.resource(), key.node(), Observed.ONLINE);
                    actual.add(key);
                    byHand.add(key.resource());
                    note("started by hand " + key);
                });
    }

    /** A server is back, but its crsd has not told yet what runs there. */
    private void joinSlowly() {
        for (Server server : cluster.servers.values()) {
            if (server.state() == Server.State.OFFLINE) {
                long incarnation = incarnations.merge(server.id(), 1L, Long::sum);
                cluster.server(server.id(), Server.State.JOINING, incarnation);
                note("joining " + server.name());
                return;
            }
        }
    }

    /** A resource is added, changed or deleted. */
    private void reconfigure() {
        List<ResourceName> names = List.copyOf(cluster.resources.keySet());
        if (names.size() < 3) {
            return;
        }
        String name = names.get(wider.nextInt(names.size())).text();
        boolean force = wider.nextBoolean();
        switch (wider.nextInt(6)) {
            case 0 -> {
                String other = names.get(wider.nextInt(names.size())).text();
                decide(new Command.Add(
                        "x" + wider.nextInt(3),
                        "cluster_resource",
                        Map.of(
                                "ACTION_SCRIPT",
                                "/shared/scripts/x.scr",
                                "START_DEPENDENCIES",
                                "hard(" + other + ") pullup:always(" + other + ")"),
                        force));
            }
            case 1 -> decide(new Command.Delete(List.of(name), force));
            case 2 -> decide(new Command.Modify(name, Map.of("ENABLED", wider.nextBoolean() ? "0" : "1"), force));
            case 3 -> decide(new Command.Modify(name, Map.of("CARDINALITY", wider.nextBoolean() ? "1" : "2"), force));
            case 4 ->
                decide(new Command.Modify(
                        name,
                        Map.of(
                                "PLACEMENT",
                                "favored",
                                "HOSTING_MEMBERS",
                                anyServer().orElseThrow()),
                        force));
            default ->
                decide(new Command.Modify(name, Map.of("START_DEPENDENCIES", "", "STOP_DEPENDENCIES", ""), force));
        }
    }

    /** Empty if it was refused. */
    private Optional<Decision.Accepted> decide(Command command) {
        return switch (Policy.decide(cluster.situation(), command)) {
            case Decision.Refused(var reasons) -> {
                require(!reasons.isEmpty(), "a refusal has a reason: " + command);
                note("refused " + command + " " + reasons.getFirst().code());
                yield Optional.empty();
            }
            case Decision.Accepted accepted -> {
                note("accepted " + command);
                if (command instanceof Command.Delete delete) {
                    accepted.notes().stream()
                            .filter(said -> said.code().equals("HF-3190"))
                            .forEach(said -> delete.names().forEach(this::killed));
                }
                apply(accepted.changes());
                yield Optional.of(accepted);
            }
        };
    }

    private void killed(String name) {
        actual.removeIf(key -> key.resource().text().equals(name));
        underWay.removeIf(action -> action.resource().text().equals(name));
    }

    private void apply(Changes changes) {
        Set<ResourceName> before = Set.copyOf(cluster.resources.keySet());
        cluster.apply(changes);
        for (ResourceName name : cluster.resources.keySet()) {
            if (!before.contains(name)) {
                cluster.servers.values().stream()
                        .filter(server -> server.state() == Server.State.ONLINE)
                        .forEach(server -> cluster.set(name, server.id(), Observed.OFFLINE));
            }
        }
        for (InstanceKey key : actual) {
            require(cluster.resources.containsKey(key.resource()), key + " may be running, and was deleted");
        }
    }

    private void endOne() {
        if (underWay.isEmpty()) {
            return;
        }
        PlannedAction action = underWay.remove(chance.nextInt(underWay.size()));
        if (cluster.isOnline(action.node())) {
            double rate = calm ? 0 : failureRate / (action.kind() == ActionKind.START ? 1 : 4);
            boolean good = chance.nextDouble() >= rate;
            cluster.end(action, good);
            seen(action.key());
            note((good ? "done " : "failed ") + action.id());
        }
    }

    /** One of the instances on servers that are ONLINE of which this holds; empty if there is none. */
    private Optional<InstanceKey> pick(Random from, BiPredicate<InstanceKey, Observed> which) {
        List<InstanceKey> keys = new ArrayList<>();
        cluster.observed.forEach((key, seen) -> {
            if (which.test(key, seen) && cluster.isOnline(key.node())) {
                keys.add(key);
            }
        });
        return keys.isEmpty() ? Optional.empty() : Optional.of(keys.get(from.nextInt(keys.size())));
    }

    private void failOne() {
        if (failureRate == 0) {
            return;
        }
        pick(chance, (_, seen) -> seen.state() == ResourceState.ONLINE && seen.internal() == InternalState.STABLE)
                .ifPresent(key -> {
                    Duration uptime = Duration.ofSeconds(chance.nextInt(7200));
                    goesDown(key, Incident.Kind.FAILED, uptime);
                    note("fails " + key);
                });
    }

    private void goesDown(InstanceKey key, Incident.Kind kind, Duration uptime) {
        cluster.set(key.resource(), key.node(), cluster.down(kind, uptime));
        seen(key);
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
        cluster.server(victim.id(), Server.State.UNSETTLED, victim.incarnation().number());
        if (chance.nextBoolean()) {
            cluster.forget(victim.id()); // A new master.
        }
        note("lost " + victim.name());
    }

    private void bringBack() {
        for (Server server : List.copyOf(cluster.servers.values())) {
            if (server.state() == Server.State.JOINING) {
                comesUp(server, server.incarnation().number());
                note("joined " + server.name());
                return;
            }
            if (server.state() == Server.State.UNSETTLED) {
                cluster.forget(server.id());
                underWay.removeIf(action -> action.node().equals(server.id()));
                cluster.server(
                        server.id(), Server.State.OFFLINE, server.incarnation().number());
                actual.removeIf(key -> key.node().equals(server.id()));
                note("settled " + server.name());
                return;
            }
            if (server.state() == Server.State.OFFLINE) {
                comesUp(server, incarnations.merge(server.id(), 1L, Long::sum));
                note("back " + server.name());
                return;
            }
        }
    }

    private void comesUp(Server server, long incarnation) {
        cluster.server(server.id(), Server.State.ONLINE, incarnation);
        cluster.resources.keySet().forEach(name -> cluster.set(name, server.id(), Observed.OFFLINE));
    }

    private void command() {
        List<ResourceName> names = List.copyOf(cluster.resources.keySet());
        String name = names.get(chance.nextInt(names.size())).text();
        Command.Selection one = new Command.Selection.Named(List.of(name));
        Optional<String> server = chance.nextBoolean()
                ? Optional.empty()
                : Optional.of("n" + (1 + chance.nextInt(cluster.servers.size())));
        boolean force = chance.nextBoolean();
        String any = "n" + (1 + chance.nextInt(cluster.servers.size()));
        Optional<Integer> instance = more.nextInt(4) == 0 ? Optional.of(1 + more.nextInt(2)) : Optional.empty();
        boolean leave = more.nextInt(4) == 0;
        List<String> all = List.copyOf(cluster.setup.pools().keySet());
        List<String> pools =
                all.isEmpty() || more.nextInt(4) > 0 ? List.of() : List.of(all.get(more.nextInt(all.size())));
        int what = chance.nextInt(24);
        Command command = switch (what) {
            case 0, 1, 2, 3, 4, 5, 6, 7, 8 ->
                new Command.Start(one, pools.isEmpty() ? server : Optional.empty(), pools, instance, force, leave);
            case 9, 10, 11, 12, 13 ->
                new Command.Stop(one, pools.isEmpty() ? server : Optional.empty(), pools, instance, force, leave);
            case 14, 15, 16, 17, 18 -> new Command.Relocate(one, Optional.empty(), server, instance, force);
            case 19 -> new Command.Drain(any, force);
            case 20 -> new Command.Undrain(any);
            case 21 -> new Command.Use(any, force);
            case 22 -> new Command.Freeze(List.of(name), force);
            default -> new Command.FreezeCluster(chance.nextInt(4) == 0);
        };
        if (more.nextInt(8) == 0) {
            command = ofSetup(force).orElse(command);
        }
        Command asked = command;
        boolean wantedBefore =
                cluster.wanted.getOrDefault(new ResourceName(name), Wanted.NEW).instances().values().stream()
                        .anyMatch(each -> each.target() == Target.ONLINE);
        decide(asked).ifPresent(accepted -> {
            // What was wanted already, and was kept from starting, may start anywhere it likes; AUTO_START=always wants
            // it
            // wherever a server has come.
            boolean comes =
                    cluster.definitionOf(new ResourceName(name)).autoStart() == ResourceDefinition.AutoStart.ALWAYS
                            && !accepted.changes().greeted().isEmpty();
            if (asked instanceof Command.Start start && !start.pools().isEmpty() && !wantedBefore && !comes) {
                accepted.plan().actions().forEach(action -> checkPools(name, start.pools(), action));
            }
            if (asked instanceof Command.Stop stop) {
                accepted.plan().actions().forEach(action -> {
                    if (stop.leave()) {
                        cluster.left.add(action.resource());
                    } else {
                        cluster.left.remove(action.resource());
                    }
                });
            }
        });
    }

    /** What is started on servers of pools is started nowhere else. */
    private void checkPools(String name, List<String> pools, PlannedAction action) {
        if (action.resource().text().equals(name) && action.kind() == ActionKind.START && !action.inFlight()) {
            var has = Policy.pools(cluster.situation()).get(action.node());
            require(
                    has != null && pools.stream().anyMatch(pool -> has.contains(pool)),
                    action.id() + " (" + action.reason() + ") outside of the pools that were named: " + pools
                            + ", servers are in " + Policy.pools(cluster.situation()));
        }
    }

    /** Another policy, or other servers in a category; empty if this cluster has neither. */
    private Optional<Command> ofSetup(boolean force) {
        boolean policy = more.nextBoolean();
        if (policy && !cluster.setup.policies().policies().isEmpty()) {
            return Optional.of(new Command.ModifyPolicySet(
                    Map.of("LAST_ACTIVATED_POLICY", more.nextBoolean() ? "day" : "night"),
                    Optional.empty(),
                    true,
                    force));
        }
        return cluster.setup.categories().isEmpty()
                ? Optional.empty()
                : Optional.of(new Command.ModifyCategory("c0", Map.of("EXPRESSION", expression()), force));
    }

    /** The category that a resource is bound to, as a member to that of its group; empty: none, or it only rather runs there. */
    private String bound(ResourceDefinition definition) {
        ResourceDefinition who =
                definition.group().isEmpty() ? definition : cluster.definitionOf(new ResourceName(definition.group()));
        boolean restricts = who.isLocal()
                || who.placement() == ResourceDefinition.Placement.RESTRICTED
                || !who.hostingMembers().isEmpty();
        return restricts ? who.serverCategory() : "";
    }

    private boolean isIn(String category, NodeId node) {
        Server server = cluster.serverOf(node);
        return cluster.setup
                .category(category)
                .flatMap(known -> known.has(attribute -> cluster.setup.value(server, attribute)))
                .orElse(false);
    }

    private void plan() {
        Situation situation = cluster.situation();
        Plan plan;
        try {
            plan = Policy.plan(situation);
        } catch (RuntimeException e) {
            throw new IllegalStateException(context("the policy broke: " + e), e);
        }
        plans++;
        checkPlan(situation, plan);
        if (wide && !situation.resources().isEmpty() && wider.nextInt(8) == 0) {
            ask(situation);
        }
        apply(plan.changes());
        Set<ResourceName> started = new HashSet<>();
        for (PlannedAction action : plan.ready()) {
            require(
                    !cluster.maintenance.isFrozen(action.resource()),
                    action.id() + " although it is frozen: " + cluster.maintenance);
            if (action.kind() == ActionKind.START) {
                checkStart(action);
            }
            cluster.begin(action);
            underWay.add(action);
            if (action.kind() == ActionKind.START) {
                actual.add(action.key());
                started.add(action.resource());
            }
            note("order " + action.id() + ": " + action.reason());
        }
        checkCluster(started);
        plan.fences().forEach((node, why) -> fence(node, why));
    }

    /** Questions change nothing, and whatever the state of things, there is an answer. */
    private void ask(Situation situation) {
        List<ResourceName> names = List.copyOf(situation.resources().keySet());
        try {
            names.forEach(name -> {
                boolean going = situation.wantedOf(name).deleting();
                require(going || Policy.why(situation, name).isPresent(), "no answer to why " + name);
            });
            Policy.lint(situation);
            String server = anyServer().orElseThrow();
            ResourceName name = names.get(wider.nextInt(names.size()));
            Policy.suppose(
                    situation,
                    switch (wider.nextInt(3)) {
                        case 0 -> new Supposal.ServerLost(server);
                        case 1 -> new Supposal.ServerBack(server);
                        default -> new Supposal.Failure(name.text(), Optional.empty());
                    });
        } catch (IllegalStateException
                | IllegalArgumentException
                | NullPointerException
                | IndexOutOfBoundsException e) {
            throw new IllegalStateException(context("a question broke the policy: " + e), e);
        }
    }

    private void fence(NodeId node, String why) {
        if (cluster.isOnline(node)) {
            cluster.server(
                    node,
                    Server.State.UNSETTLED,
                    cluster.serverOf(node).incarnation().number());
            note("fenced n" + node.number() + ": " + why);
        }
    }

    /** The trouble is over: everything comes to rest, and what is wanted and not said to be stuck runs. */
    private void calmDown() {
        calm = true;
        thaw();
        for (int i = 0; i < 2 * cluster.servers.size(); i++) {
            bringBack();
        }
        for (int round = 0; round < LONGEST_REST; round++) {
            plan();
            if (wide && cluster.servers.values().stream().anyMatch(one -> one.state() != Server.State.ONLINE)) {
                bringBack(); // It was fenced meanwhile.
                continue;
            }
            if (underWay.isEmpty()) {
                Optional<Instant> again = Policy.plan(cluster.situation()).again();
                if (again.isEmpty()) {
                    checkRest();
                    return;
                }
                cluster.now = again.get();
            }
            while (!underWay.isEmpty()) {
                endOne();
            }
        }
        // What must run together and shares no server takes turns for ever: that was said.
        require(
                Policy.lint(cluster.situation()).stream()
                        .anyMatch(finding -> finding.code().equals("HF-3414")),
                "it does not come to rest");
    }

    /** Some of what administrators took out of the policy's hands stays there: that, too, comes to rest. */
    private void thaw() {
        if (Policy.decide(cluster.situation(), new Command.FreezeCluster(false))
                instanceof Decision.Accepted accepted) {
            cluster.apply(accepted.changes());
        }
    }

    // ---------------------------------------------------------------- what must hold

    private void note(String what) {
        history.add(what);
    }

    private void require(boolean holds, String what) {
        if (!holds) {
            throw new Violation(context(what));
        }
    }

    private String context(String what) {
        int from = Math.max(0, history.size() - 40);
        StringBuilder text = new StringBuilder(what + "\n  seed " + seed);
        cluster.resources.values().forEach(each -> text.append("\n    ").append(each));
        cluster.wanted.forEach((name, each) -> text.append("\n    ").append(name + " " + each));
        cluster.observed.forEach((key, each) -> {
            if (!each.equals(Observed.OFFLINE)) {
                text.append("\n    ").append(key + ": " + each);
            }
        });
        text.append("\n    servers ").append(cluster.servers.values());
        return text + "\n  lately:\n    " + String.join("\n    ", history.subList(from, history.size()))
                + "\n  again: ./holdfast bench policy --seed " + seed;
    }

    private void checkPlan(Situation situation, Plan plan) {
        Plan again = Policy.plan(situation.with(plan.changes()));
        if (!again.changes().isEmpty()) {
            require(false, "not stable after its own changes: " + plan.changes() + "\n  and then " + again.changes());
        }
        if (!without(again).equals(without(plan))) {
            require(false, "other actions after its own changes:\n  " + without(plan) + "\n  " + without(again));
        }
        if (!Policy.plan(shuffled(situation)).equals(plan)) {
            require(false, "the order of a map made a difference: " + plan);
        }
        Set<String> before = new HashSet<>();
        for (PlannedAction action : plan.actions()) {
            require(before.containsAll(action.after()), "it does not come behind what it waits for: " + action);
            require(
                    before.add(action.id()) || action.inFlight(),
                    "it is there twice: " + action.id() + " in " + plan.actions());
        }
    }

    /** The actions without the words: a wish that was written down is a reason of its own. */
    private static List<String> without(Plan plan) {
        return plan.actions().stream()
                .map(action -> action.id() + action.after() + action.inFlight() + action.required())
                .toList();
    }

    private static Situation shuffled(Situation situation) {
        return new Situation(
                reversed(situation.resources()),
                situation.types(),
                reversed(situation.wanted()),
                reversed(situation.servers()),
                reversed(situation.greeted()),
                reversed(situation.observed()),
                situation.maintenance(),
                situation.now(),
                situation.setup());
    }

    private static <K extends Comparable<K>, V> SortedMap<K, V> reversed(Map<K, V> map) {
        TreeMap<K, V> reversed = new TreeMap<>(Collections.reverseOrder());
        reversed.putAll(map);
        return reversed;
    }

    private void checkCluster(Set<ResourceName> started) {
        Map<ResourceName, Integer> running = new HashMap<>();
        actual.forEach(key -> running.merge(key.resource(), 1, Integer::sum));
        running.forEach((name, count) -> {
            if (wide && !started.contains(name)) {
                return; // CARDINALITY may be less than what was started.
            }
            ResourceDefinition definition = cluster.definitionOf(name);
            // What moves online may be at both places for so long.
            int more = definition.relocatesOnline() ? 1 : 0;
            require(
                    definition.isLocal()
                            || Groups.isPoolSized(cluster.situation(), definition)
                            || count <= Groups.instances(cluster.situation(), definition) + more,
                    name + " may be running on more nodes than allowed: " + actual);
        });
    }

    /** At the moment of ordering a start, what it needs is ONLINE, and what it shares no server with is away. */
    private void checkStart(PlannedAction action) {
        ResourceDefinition definition = cluster.definitionOf(action.resource());
        require(
                definition.isLocal() || !cluster.maintenance.refuses(action.node()),
                action.id() + " although its server is given nothing: " + cluster.maintenance);
        for (DependencyTarget need : definition.startDependencies().hard()) {
            boolean up = cluster.resources.values().stream()
                    .filter(one -> need.ofType()
                            ? one.type().isA(need.name()) && !one.name().equals(action.resource())
                            : one.name().text().equals(need.name()))
                    .anyMatch(one -> cluster.servers.values().stream()
                            .filter(server -> server.state() == Server.State.ONLINE)
                            .filter(server -> need.global() || server.id().equals(action.node()))
                            .map(server -> cluster.observed.get(new InstanceKey(one.name(), server.id())))
                            .anyMatch(seen -> seen != null
                                    && (seen.state() == ResourceState.ONLINE
                                            || (need.intermediate() && seen.state() == ResourceState.INTERMEDIATE))));
            require(up, action.id() + " needs " + need);
        }
        require(definition.on("n" + action.node().number()).enabled(), action.id() + " although it is disabled there");
        if (!definition.isLocal() && !definition.group().isEmpty()) {
            WantedInstance anchor = cluster.wanted
                    .getOrDefault(new ResourceName(definition.group()), Wanted.NEW)
                    .instance(action.instance());
            require(
                    anchor.node().filter(action.node()::equals).isPresent(),
                    action.id() + " is instance " + action.instance() + ", which its group has elsewhere: " + anchor);
        }
        var pools = Policy.pools(cluster.situation()).get(action.node());
        require(
                definition.isLocal()
                        || definition.placement() != ResourceDefinition.Placement.RESTRICTED
                        || definition.serverPools().isEmpty()
                        || (pools != null && definition.serverPools().stream().anyMatch(pool -> pools.contains(pool))),
                action.id() + " outside of its server pools " + pools);
        String category = bound(definition);
        require(
                category.isEmpty() || isIn(category, action.node()),
                action.id() + " outside of its category " + category);
        for (String pool : pools == null ? Set.<String>of() : pools) {
            String of = cluster.setup.pools().containsKey(pool)
                    ? cluster.setup.pools().get(pool).category()
                    : "";
            require(
                    of.isEmpty() || isIn(of, action.node()),
                    "n" + action.node().number() + " is in pool " + pool + " and not in its category " + of);
        }
        long taken = definition.workloadCpu();
        for (InstanceKey key : actual) {
            boolean ours = !key.equals(action.key()) && !byHand.contains(key.resource());
            taken += key.node().equals(action.node()) && ours
                    ? cluster.definitionOf(key.resource()).workloadCpu()
                    : 0;
        }
        require(
                definition.workloadCpu() == 0 || byHand.contains(action.resource()) || taken <= PaperCluster.ROOM,
                action.id() + " without room: " + taken + " of " + PaperCluster.ROOM);
        for (InstanceKey key : actual) {
            if (key.node().equals(action.node())) {
                require(
                        !excludes(definition, key.resource(), true)
                                && !excludes(cluster.definitionOf(key.resource()), action.resource(), false),
                        action.id() + " where " + key.resource() + " is");
            }
        }
    }

    /** @param starting it is the one that starts: then the other may be there if it gives way afterwards */
    private static boolean excludes(ResourceDefinition one, ResourceName other, boolean starting) {
        for (DependencyTarget apart : one.startDependencies().exclusion()) {
            boolean afterwards = apart.preempts() && !apart.preemptsFirst();
            if (apart.name().equals(other.text()) && !(starting && afterwards)) {
                return true;
            }
        }
        return false;
    }

    /** Nothing is done to it, or to the group that it would follow. */
    private boolean frozen(ResourceDefinition definition) {
        return cluster.maintenance.isFrozen(definition.name())
                || (!definition.group().isEmpty()
                        && cluster.maintenance.isFrozen(new ResourceName(definition.group())));
    }

    private void checkRest() {
        Plan plan = Policy.plan(cluster.situation());
        require(plan.actions().isEmpty(), "something is left to do: " + plan.actions());
        for (ResourceDefinition definition : cluster.resources.values()) {
            ResourceName name = definition.name();
            Wanted wanted = cluster.wanted.getOrDefault(name, Wanted.NEW);
            long most = definition.isLocal() ? Long.MAX_VALUE : Groups.instances(cluster.situation(), definition);
            long want = Math.min(
                    wanted.deleting()
                            ? 0
                            : most, // Frozen in the middle of its deletion: it is neither started nor stopped.
                    wanted.instances().entrySet().stream()
                            .filter(one -> one.getValue().target() == Target.ONLINE)
                            .filter(one -> definition.isLocal()
                                    || Groups.isPoolSized(cluster.situation(), definition)
                                    || one.getKey() <= most)
                            .filter(one -> !definition.isLocal()
                                    || bound(definition).isEmpty()
                                    || isIn(bound(definition), new NodeId(one.getKey())))
                            .count());
            long have = cluster.observed.entrySet().stream()
                    .filter(entry -> entry.getKey().resource().equals(name)
                            && (entry.getValue().state() == ResourceState.ONLINE
                                    || entry.getValue().state() == ResourceState.INTERMEDIATE))
                    .count();
            require(
                    have >= want || plan.stuck().containsKey(name),
                    name + ": " + want + " wanted, " + have + " running, no reason given");
            require(have <= most || byHand.contains(name), name + " runs too often");
            // CARDINALITY may be less than it was: then any of those that were wanted may be the one that runs.
            long wantedOnce = wanted.instances().values().stream()
                    .filter(one -> one.target() == Target.ONLINE)
                    .count();
            require(
                    definition.isLocal()
                            || byHand.contains(name)
                            || frozen(definition)
                            || have <= wantedOnce
                            || plan.stuck().containsKey(name),
                    name + ": " + want + " wanted, and " + have + " running");
        }
    }
}
