package dev.holdfast.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.AttributeText;
import dev.holdfast.model.CustomType;
import dev.holdfast.model.Incident;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.Observed;
import dev.holdfast.model.PolicySet;
import dev.holdfast.model.PoolPolicy;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.Target;
import dev.holdfast.model.TypeDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The policy, case by case, in files that a system administrator can review: src/test/resources/golden/*.txt, the
 * language is explained in golden/README. A case gives a cluster, then after each {@code >} a question, then the answer.
 * When behaviour changes, {@code -Dgolden.write=true} rewrites the answers, and the changed text is the review.
 */
class GoldenTest {
    private static final Path FILES = Path.of("src/test/resources/golden");
    private static final boolean WRITE = Boolean.getBoolean("golden.write");

    @TestFactory
    Stream<DynamicTest> cases() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        try (Stream<Path> files = Files.list(FILES)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".txt")).sorted().toList()) {
                tests.addAll(casesOf(file));
            }
        }
        assertThat(tests).hasSizeGreaterThanOrEqualTo(300);
        return tests.stream();
    }

    /**
     * Every attribute of every type, and every dependency with every modifier that it takes, stands in at least one case.
     * The report is printed: a low number is a hint where to look for what is missing.
     */
    @Test
    void every_attribute_and_every_dependency_has_a_case() throws IOException {
        List<String> cases = new ArrayList<>();
        try (Stream<Path> files = Files.list(FILES)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".txt")).toList()) {
                split(Files.readAllLines(file)).forEach(lines -> cases.add(String.join("\n", lines)));
            }
        }
        Map<String, Pattern> wanted = new TreeMap<>();
        TypeDefinition.builtIns()
                .values()
                .forEach(type -> type.attributes()
                        .keySet()
                        .forEach(attribute ->
                                wanted.put(attribute, Pattern.compile("\\b" + attribute + "(@SERVERNAME|=)"))));
        START_DEPENDENCIES.forEach((kind, modifiers) -> {
            wanted.put("start " + kind, inside("START", kind, ""));
            modifiers.forEach(modifier ->
                    wanted.put("start " + kind + "(" + modifier + ":)", inside("START", kind, modifier + ":")));
        });
        STOP_MODIFIERS.forEach(
                modifier -> wanted.put("stop hard(" + modifier + ":)", inside("STOP", "hard", modifier + ":")));
        StringBuilder report = new StringBuilder("cases that concern\n");
        List<String> missing = new ArrayList<>();
        wanted.forEach((what, pattern) -> {
            long count =
                    cases.stream().filter(one -> pattern.matcher(one).find()).count();
            report.append("%5d  %s%n".formatted(count, what));
            if (count == 0) {
                missing.add(what);
            }
        });
        System.out.println(report);

        assertThat(missing).as("supported, and in no case").isEmpty();
    }

    private static Pattern inside(String when, String kind, String modifier) {
        return Pattern.compile(when + "_DEPENDENCIES='?[^'\n]*\\b" + kind + "\\([^)]*" + modifier);
    }

    private static final Map<String, List<String>> START_DEPENDENCIES = Map.of(
            "hard", List.of("intermediate", "global", "uniform", "type"),
            "weak", List.of("concurrent", "global", "uniform", "type"),
            "attraction", List.of("intermediate", "type"),
            "pullup", List.of("intermediate", "global", "type"),
            "pullup:always", List.of("intermediate", "global", "type"),
            "dispersion", List.of("intermediate", "type"),
            "dispersion:active", List.of("intermediate", "type"),
            "exclusion", List.of("preempt_pre", "preempt_post", "type"));
    private static final List<String> STOP_MODIFIERS = List.of("intermediate", "global", "shutdown", "type");

    private static List<DynamicTest> casesOf(Path file) throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        List<String> rewritten = new ArrayList<>();
        for (List<String> lines : split(Files.readAllLines(file))) {
            if (!lines.getFirst().startsWith("== ")) {
                rewritten.addAll(lines);
                continue;
            }
            String expected = String.join("\n", lines).stripTrailing();
            if (WRITE) {
                rewritten.addAll(new Case().play(lines));
                rewritten.add("");
            }
            tests.add(DynamicTest.dynamicTest(
                    file.getFileName() + ": " + lines.getFirst().substring(3),
                    () -> assertThat(String.join("\n", new Case().play(lines)))
                            .isEqualTo(WRITE ? String.join("\n", new Case().play(lines)) : expected)));
        }
        if (WRITE) {
            Files.writeString(file, String.join("\n", rewritten).stripTrailing() + "\n");
        }
        return tests;
    }

    private static List<List<String>> split(List<String> lines) {
        List<List<String>> parts = new ArrayList<>();
        for (String line : lines) {
            if (parts.isEmpty() || line.startsWith("== ")) {
                parts.add(new ArrayList<>());
            }
            parts.getLast().add(line);
        }
        return parts;
    }

    /** One case: reads the cluster and the questions, writes both with the answers of the policy. */
    private static final class Case {
        private final PaperCluster cluster = new PaperCluster();
        private final Set<String> failing = new HashSet<>();
        private final Map<String, Integer> failTimes = new HashMap<>();
        private SortedMap<ResourceName, Awaited> awaited = new TreeMap<>();
        private int nextNode = 1;
        private int nextAddress = 10;

        List<String> play(List<String> lines) {
            List<String> out = new ArrayList<>();
            boolean answering = false;
            for (String line : lines) {
                if (line.startsWith("> ")) {
                    answering = true;
                    out.add(line);
                    answer(line.substring(2).strip()).forEach(text -> out.add("  " + text));
                } else if (line.startsWith("== ") || line.startsWith("#") || line.isBlank()) {
                    if (!line.isBlank() || !answering) {
                        out.add(line);
                    }
                } else if (!line.startsWith("  ")) {
                    answering = false;
                    out.add(line);
                    given(line.strip());
                }
            }
            while (out.getLast().isBlank()) {
                out.removeLast();
            }
            return out;
        }

        private void given(String line) {
            String[] words = line.split("\\s+", 3);
            String rest = words.length > 2 ? words[2] : "";
            switch (words[0]) {
                case "servers" -> Arrays.stream(line.split("\\s+")).skip(1).forEach(this::server);
                case "network" -> network();
                case "vip" -> vip(words[1], rest);
                case "resource" -> {
                    cluster.define(words[1], "cluster_resource", rest);
                    offlineEverywhere(words[1]);
                }
                case "group" -> {
                    cluster.define(words[1], TypeDefinition.CLUSTER_GROUP, rest);
                    offlineEverywhere(words[1]);
                }
                case "localgroup" -> {
                    cluster.define(words[1], TypeDefinition.LOCAL_GROUP, rest);
                    offlineEverywhere(words[1]);
                }
                case "pool" -> cluster.pool(words[1], rest);
                case "category" -> cluster.category(words[1], rest);
                case "said" -> cluster.say(words[1], attributes(rest));
                case "room" -> {
                    String[] numbers = rest.split("\\s+");
                    cluster.room(cluster.node(words[1]), Long.parseLong(numbers[0]), Long.parseLong(numbers[1]));
                }
                case "local" -> {
                    cluster.define(words[1], "local_resource", rest);
                    offlineEverywhere(words[1]);
                }
                case "state" -> Arrays.stream(rest.split("\\s+")).forEach(s -> state(new ResourceName(words[1]), s));
                case "wanted" -> wanted(new ResourceName(words[1]), rest);
                case "fails" -> failing.add(line.substring(6).strip());
                case "works" -> failing.remove(line.substring(6).strip());
                case "clock" -> cluster.now = cluster.now.plus(Duration.parse("PT" + words[1]));
                case "time" -> fails(words[1], rest);
                default -> throw new IllegalArgumentException("cannot read: " + line);
            }
        }

        private void fails(String times, String what) {
            failTimes.put(what.strip(), Integer.parseInt(times));
        }

        private void server(String word) {
            String[] parts = word.split("=");
            String how = parts.length > 1 ? parts[1] : "online";
            Optional<Server> known = cluster.situation().serverNamed(parts[0]);
            NodeId id = known.map(Server::id).orElseGet(() -> new NodeId(nextNode++));
            long incarnation =
                    known.map(server -> server.incarnation().number()).orElse(1L);
            switch (how) {
                case "arrived" -> {
                    cluster.server(id, parts[0], Server.State.ONLINE, incarnation + 1);
                    cluster.resources.keySet().forEach(name -> cluster.set(name, id, Observed.OFFLINE));
                }
                case "online" -> {
                    cluster.server(id, parts[0], Server.State.ONLINE, incarnation);
                    cluster.greeted.put(id, cluster.serverOf(id).incarnation());
                    cluster.resources.keySet().stream()
                            .map(name -> new InstanceKey(name, id))
                            .forEach(key -> cluster.observed.putIfAbsent(key, Observed.OFFLINE));
                }
                case "unsettled" -> {
                    cluster.server(id, parts[0], Server.State.UNSETTLED, incarnation);
                    cluster.greeted.put(id, cluster.serverOf(id).incarnation());
                    cluster.observed.keySet().removeIf(key -> key.node().equals(id));
                }
                case "offline" -> {
                    cluster.server(id, parts[0], Server.State.OFFLINE, incarnation);
                    cluster.greeted.put(id, cluster.serverOf(id).incarnation());
                    cluster.observed.keySet().removeIf(key -> key.node().equals(id));
                }
                case "joining" -> cluster.server(id, parts[0], Server.State.JOINING, incarnation + 1);
                default -> throw new IllegalArgumentException("no such server state: " + word);
            }
        }

        private void network() {
            cluster.define("net1", "ora.network.type", "USR_ORA_SUBNET=192.0.2.0,USR_ORA_NETMASK=255.255.255.0");
            for (Server server : cluster.servers.values()) {
                if (server.state() == Server.State.ONLINE) {
                    state(new ResourceName("net1"), server.name() + "=online");
                }
            }
        }

        private void vip(String name, String attributes) {
            StringBuilder all = new StringBuilder("USR_ORA_VIP=192.0.2." + nextAddress++);
            if (cluster.resources.containsKey(new ResourceName("net1")) && !attributes.contains("START_DEPENDENCIES")) {
                all.append(",START_DEPENDENCIES='hard(net1) pullup(net1)',STOP_DEPENDENCIES='hard(net1)'");
            }
            all.append(attributes.isBlank() ? "" : "," + attributes);
            cluster.define(name, "app.appvip_net1.type", all.toString());
            offlineEverywhere(name);
        }

        private void offlineEverywhere(String name) {
            for (Server server : cluster.servers.values()) {
                if (server.state() == Server.State.ONLINE) {
                    cluster.set(new ResourceName(name), server.id(), Observed.OFFLINE);
                }
            }
        }

        private void state(ResourceName name, String word) {
            String[] parts = word.split("=");
            NodeId node = cluster.node(parts[0]);
            Observed seen = switch (parts[1]) {
                case "online" -> Observed.ONLINE;
                case "offline" -> Observed.OFFLINE;
                case "intermediate" ->
                    new Observed(ResourceState.INTERMEDIATE, InternalState.STABLE, "", Optional.empty());
                case "unknown" -> cluster.down(Incident.Kind.CLEAN_FAILED, Duration.ZERO, "clean failed");
                case "starting" -> Observed.OFFLINE.withInternal(InternalState.STARTING);
                case "stopping" -> Observed.ONLINE.withInternal(InternalState.STOPPING);
                case "cleaning" -> Observed.OFFLINE.withInternal(InternalState.CLEANING);
                case "failed" -> cluster.down(Incident.Kind.FAILED, Duration.ofMinutes(5), "check says OFFLINE");
                case "failed-after-a-day" ->
                    cluster.down(Incident.Kind.FAILED, Duration.ofDays(1), "check says OFFLINE");
                case "start-failed" -> cluster.down(Incident.Kind.START_FAILED, Duration.ZERO, "start failed");
                case "stopped-outside" ->
                    cluster.down(Incident.Kind.STOPPED_OUTSIDE, Duration.ofMinutes(5), "stopped outside");
                case "silent" -> null;
                default -> throw new IllegalArgumentException("no such state: " + word);
            };
            if (seen == null) {
                cluster.observed.remove(new InstanceKey(name, node));
                return;
            }
            cluster.set(name, node, seen);
            boolean ran = seen.state() != ResourceState.OFFLINE
                    || seen.internal() != InternalState.STABLE
                    || seen.incident().isPresent();
            if (ran) {
                ResourceDefinition definition = cluster.definitionOf(name);
                Wanted before = cluster.wanted.getOrDefault(name, Wanted.NEW);
                int number = definition.isLocal() ? node.number() : 1;
                while (!definition.isLocal()
                        && number < Groups.instances(cluster.situation(), definition)
                        && before.instance(number)
                                .node()
                                .filter(n -> !n.equals(node))
                                .isPresent()) {
                    number++;
                }
                WantedInstance one = before.instance(number);
                boolean taken = one.node().filter(n -> !n.equals(node)).isPresent();
                if (!taken) {
                    Optional<NodeId> place = definition.isLocal() ? Optional.empty() : Optional.of(node);
                    cluster.wanted.put(
                            name,
                            before.with(
                                    number,
                                    one.withTarget(Target.ONLINE)
                                            .withPlace(place, Optional.of(node))
                                            .withHeld(false)));
                }
            }
        }

        private void wanted(ResourceName name, String text) {
            Wanted all = cluster.wanted.getOrDefault(name, Wanted.NEW);
            ResourceDefinition definition = cluster.definitionOf(name);
            List<Integer> numbers = new ArrayList<>();
            if (definition.isLocal()) {
                cluster.servers.keySet().forEach(node -> numbers.add(node.number()));
            } else {
                for (int i = 1; i <= Groups.instances(cluster.situation(), definition); i++) {
                    numbers.add(i);
                }
            }
            for (int number : numbers) {
                WantedInstance one = all.instance(number);
                for (String word : text.split("\\s+")) {
                    String[] parts = word.split("=");
                    one = switch (parts[0]) {
                        case "online" -> one.withTarget(Target.ONLINE);
                        case "offline" -> one.withTarget(Target.OFFLINE);
                        case "last" -> one.withPlace(one.node(), Optional.of(cluster.node(parts[1])));
                        case "restarts" -> one.withRestarts(Integer.parseInt(parts[1]));
                        case "failed-on" ->
                            one.withFailedOn(NodeSet.of(Arrays.stream(parts[1].split(","))
                                    .map(cluster::node)
                                    .toList()));
                        default -> throw new IllegalArgumentException("cannot read: wanted ... " + word);
                    };
                }
                all = all.with(number, one);
            }
            cluster.wanted.put(name, all);
        }

        private List<String> answer(String question) {
            List<String> words = new ArrayList<>(List.of(question.split("\\s+")));
            return switch (words.getFirst()) {
                case "plan" -> plan();
                case "run" -> run();
                case "status" -> status();
                case "why" -> why(new ResourceName(words.get(1)));
                case "lint" -> lint();
                case "told" -> told();
                case "suppose" -> suppose(words);
                case "pools" -> pools();
                case "category" -> {
                    List<String> members = cluster.membersOf(words.get(1));
                    yield List.of(members.isEmpty() ? "no server" : String.join(" ", members));
                }
                case "policyset" -> policySet();
                default -> command(question, words);
            };
        }

        private List<String> plan() {
            Plan plan = Policy.plan(cluster.situation());
            Plan again = Policy.plan(cluster.situation().with(plan.changes()));
            assertThat(again.changes())
                    .as("a plan after its own changes has no changes")
                    .isEqualTo(Changes.NONE);
            assertThat(again.actions()).isEqualTo(plan.actions());
            return describe(plan);
        }

        private static List<String> describe(Plan plan) {
            List<String> out = new ArrayList<>();
            plan.messages().forEach(message -> out.addAll(message.lines()));
            for (PlannedAction action : plan.actions()) {
                out.add(action.id()
                        + (action.after().isEmpty() ? "" : " after " + String.join(", ", action.after()))
                        + (action.required() ? "" : " (best effort)")
                        + (action.inFlight() ? " (in flight)" : ": " + action.reason()));
            }
            plan.fences().forEach((node, why) -> out.add("fence " + node + ": " + why));
            plan.stuck().values().forEach(list -> list.forEach(message -> out.addAll(message.lines())));
            return out.isEmpty() ? List.of("nothing to do") : out;
        }

        private List<String> why(ResourceName name) {
            Explanation explanation = Policy.why(cluster.situation(), name).orElseThrow();
            List<String> out = new ArrayList<>();
            explanation.because().forEach(reason -> out.add(reason.text() + "  [" + reason.cause() + "]"));
            explanation
                    .elsewhere()
                    .forEach(reason ->
                            out.add("not on " + cluster.nameOf(reason.node().orElseThrow()) + ": " + reason.text()
                                    + "  [" + reason.cause() + "]"));
            explanation.changes().forEach(change -> out.add("to change it: " + change));
            return out;
        }

        /** To the end, without doing it. */
        private List<String> suppose(List<String> words) {
            Supposal supposal = switch (words.get(1)) {
                case "lost" -> new Supposal.ServerLost(words.get(2));
                case "back" -> new Supposal.ServerBack(words.get(2));
                case "failed" ->
                    new Supposal.Failure(words.get(2), words.size() > 3 ? Optional.of(words.get(3)) : Optional.empty());
                default -> throw new IllegalArgumentException("cannot suppose: " + words);
            };
            return switch (Policy.suppose(cluster.situation(), supposal)) {
                case Decision.Refused(List<Message> reasons) -> {
                    List<String> out = new ArrayList<>(List.of("refused"));
                    reasons.forEach(reason -> out.addAll(reason.lines()));
                    yield out;
                }
                case Decision.Accepted accepted -> describe(accepted.plan());
            };
        }

        private List<String> told() {
            Situation situation = cluster.situation();
            return switch (Policy.progress(situation, Policy.plan(situation), awaited)) {
                case Progress.Done _ -> List.of("done");
                case Progress.Working _ -> List.of("working");
                case Progress.Failed(List<Message> reasons) -> {
                    List<String> out = new ArrayList<>(List.of("failed"));
                    reasons.forEach(reason -> out.addAll(reason.lines()));
                    yield out;
                }
            };
        }

        private List<String> lint() {
            List<String> out = new ArrayList<>();
            Policy.lint(cluster.situation()).forEach(message -> out.addAll(message.lines()));
            return out.isEmpty() ? List.of("nothing found") : out;
        }

        private List<String> pools() {
            Situation situation = cluster.situation();
            Map<String, List<String>> servers = new TreeMap<>();
            Pools.assign(situation.setup(), situation.servers())
                    .forEach(
                            (node, names) -> names.forEach(name -> servers.computeIfAbsent(name, _ -> new ArrayList<>())
                                    .add(cluster.nameOf(node))));
            List<String> out = new ArrayList<>();
            servers.forEach((name, has) -> out.add(name + ": " + String.join(" ", has)));
            return out.isEmpty() ? List.of("no pools") : out;
        }

        private List<String> policySet() {
            PolicySet set = cluster.policies();
            List<String> out = new ArrayList<>();
            out.add("LAST_ACTIVATED_POLICY=" + set.lastActivated());
            out.add("SERVER_POOL_NAMES=" + String.join(" ", set.pools()));
            set.policies().values().forEach(policy -> {
                out.add(policy.name() + (policy.description().isEmpty() ? "" : ": " + policy.description()));
                policy.pools().forEach((pool, values) -> out.add("  " + pool + " " + values));
            });
            return out;
        }

        private List<String> run() {
            List<String> said = new ArrayList<>();
            List<String> rounds = cluster.run(this::succeeds, said);
            List<String> out = new ArrayList<>();
            said.forEach(text -> out.addAll(List.of(text.split("\n"))));
            for (int i = 0; i < rounds.size(); i++) {
                out.add(i + 1 + ". " + rounds.get(i));
            }
            out.addAll(status());
            Policy.plan(cluster.situation())
                    .stuck()
                    .values()
                    .forEach(list -> list.forEach(message -> out.addAll(message.lines())));
            return out;
        }

        private boolean succeeds(PlannedAction action) {
            int left = failTimes.getOrDefault(action.id(), 0);
            if (left > 0) {
                failTimes.put(action.id(), left - 1);
                return false;
            }
            return !failing.contains(action.id())
                    && !failing.contains(action.kind().argument() + " " + action.resource());
        }

        private List<String> status() {
            List<String> out = new ArrayList<>();
            for (ResourceDefinition definition : cluster.resources.values()) {
                ResourceName name = definition.name();
                List<String> places = new ArrayList<>();
                cluster.observed.forEach((key, seen) -> {
                    if (key.resource().equals(name) && !seen.isDown()) {
                        places.add(seen.state() + (seen.internal() == InternalState.STABLE ? "" : " " + seen.internal())
                                + " on " + cluster.nameOf(key.node()));
                    }
                });
                Wanted wanted = cluster.wanted.getOrDefault(name, Wanted.NEW);
                Set<Target> targets = new HashSet<>();
                int restarts = 0;
                for (WantedInstance one : wanted.instances().values()) {
                    targets.add(one.target());
                    restarts += one.restarts();
                }
                out.add(name + ": TARGET "
                        + (targets.isEmpty()
                                ? "OFFLINE"
                                : targets.size() > 1
                                        ? "mixed"
                                        : targets.iterator().next().toString())
                        + ", " + (places.isEmpty() ? "OFFLINE" : String.join(", ", places))
                        + (restarts > 0 ? ", RESTART_COUNT " + restarts : ""));
            }
            return out;
        }

        private List<String> command(String question, List<String> words) {
            boolean force = words.remove("-f");
            boolean all = words.remove("-all");
            boolean leave = words.remove("-l");
            Optional<Integer> instance = option(words, "-k").map(Integer::valueOf);
            Optional<String> to = option(words, "-n");
            Optional<String> from = option(words, "-s");
            List<String> inPools = from.map(pools -> List.of(pools.split(","))).orElse(List.of());
            Optional<String> policy = option(words, "-policy");
            List<String> names = words.subList(1, words.size());
            Command.Selection selection =
                    all ? new Command.Selection.All() : new Command.Selection.Named(List.copyOf(names));
            boolean ofSetup = words.size() > 2
                    && Set.of("type", "pool", "server", "category", "policy", "policyset")
                            .contains(words.get(1));
            Command command = ofSetup
                    ? ofSetup(question.replace(" -policy " + policy.orElse(""), ""), words, policy, force)
                    : switch (words.getFirst()) {
                        case "start" -> new Command.Start(selection, to, inPools, instance, force, leave);
                        case "stop" -> new Command.Stop(selection, to, inPools, instance, force, leave);
                        case "relocate" -> new Command.Relocate(selection, from, to, instance, force);
                        case "check" -> new Command.Check(selection, to);
                        case "delete" -> new Command.Delete(List.copyOf(names), force);
                        case "drain" -> new Command.Drain(names.getFirst(), force);
                        case "undrain" -> new Command.Undrain(names.getFirst());
                        case "use" ->
                            new Command.Use(names.getFirst(), names.get(1).equals("1"));
                        case "freeze", "unfreeze" -> {
                            boolean freeze = words.getFirst().equals("freeze");
                            yield names.equals(List.of("cluster"))
                                    ? new Command.FreezeCluster(freeze)
                                    : new Command.Freeze(List.copyOf(names), freeze);
                        }
                        case "add" -> {
                            String[] parts = question.split("\\s+", 4);
                            yield new Command.Add(
                                    parts[1], parts[2], attributes(parts.length > 3 ? parts[3] : ""), force);
                        }
                        case "modify" -> {
                            String[] parts = question.split("\\s+", 3);
                            yield new Command.Modify(parts[1], attributes(parts[2]), force);
                        }
                        default -> throw new IllegalArgumentException("cannot read: > " + question);
                    };
            Decision decision = Policy.decide(cluster.situation(), command);
            return switch (decision) {
                case Decision.Refused(List<Message> reasons) -> {
                    List<String> out = new ArrayList<>(List.of("refused"));
                    reasons.forEach(reason -> out.addAll(reason.lines()));
                    yield out;
                }
                case Decision.Accepted accepted -> {
                    cluster.apply(accepted.changes());
                    awaited = accepted.awaits();
                    cluster.left.clear();
                    if (command instanceof Command.Stop && leave) {
                        accepted.plan().actions().forEach(action -> cluster.left.add(action.resource()));
                    }
                    List<String> out = new ArrayList<>();
                    accepted.notes().forEach(note -> out.addAll(note.lines()));
                    out.addAll(describe(accepted.plan()));
                    yield out;
                }
            };
        }

        private Command ofSetup(String question, List<String> words, Optional<String> policy, boolean force) {
            String name = words.get(2);
            List<String> names = List.copyOf(words.subList(2, words.size()));
            String[] parts = question.split("\\s+", 4);
            String rest = parts.length > 3 ? parts[3] : "";
            return switch (words.get(0) + " " + words.get(1)) {
                case "add type" -> {
                    String[] more = question.split("\\s+", 5);
                    yield new Command.AddType(new CustomType(name, words.get(3), own(more.length > 4 ? more[4] : "")));
                }
                case "modify type" -> new Command.ModifyType(name, own(rest), force);
                case "delete type" -> new Command.DeleteType(names);
                case "add pool" -> new Command.AddPool(name, attributes(rest), force);
                case "modify pool" ->
                    new Command.ModifyPool(
                            name,
                            attributes(rest),
                            new Command.PolicyChoice(false, policy.stream().toList()),
                            force);
                case "set server" -> new Command.SetServer(name, new TreeMap<>(attributes(rest)), force);
                case "add category" -> new Command.AddCategory(name, attributes(rest));
                case "modify category" -> new Command.ModifyCategory(name, attributes(rest), force);
                case "delete category" -> new Command.DeleteCategory(names);
                case "add policy" -> new Command.AddPolicy(name, attributes(rest));
                case "modify policy" -> new Command.ModifyPolicy(name, attributes(rest));
                case "delete policy" -> new Command.DeletePolicy(names);
                case "modify policyset" -> {
                    String said = question.split("\\s+", 3)[2].replace(" -ksp", "");
                    String[] parts3 = said.split("; ");
                    List<PoolPolicy> policies = new ArrayList<>();
                    for (int i = 1; i < parts3.length; i++) {
                        String[] nameAndPools = parts3[i].replace(" -f", "").split(" ");
                        SortedMap<String, SortedMap<String, String>> shapes = new TreeMap<>();
                        for (int j = 1; j + 1 < nameAndPools.length; j += 2) {
                            shapes.put(nameAndPools[j], new TreeMap<>(attributes(nameAndPools[j + 1])));
                        }
                        policies.add(new PoolPolicy(nameAndPools[0], "", shapes));
                    }
                    yield new Command.ModifyPolicySet(
                            attributes(parts3[0]),
                            policies.isEmpty() ? Optional.empty() : Optional.of(policies),
                            question.contains(" -ksp"),
                            force);
                }
                case "delete pool" -> new Command.DeletePool(names, force);
                case "relocate server" ->
                    new Command.RelocateServer(names.subList(0, names.size() - 1), names.getLast(), force);
                default -> throw new IllegalArgumentException("cannot read: > " + question);
            };
        }

        /** {@code X int 5 CONFIG|HOTMOD; Y string - REQUIRED}: name, kind, default (- is none), flags. */
        private static SortedMap<String, CustomType.Own> own(String text) {
            SortedMap<String, CustomType.Own> all = new TreeMap<>();
            String clean = text.endsWith(" -f") ? text.substring(0, text.length() - 3) : text;
            for (String each : clean.isBlank() ? new String[0] : clean.split(";")) {
                String[] words = each.strip().split("\\s+");
                boolean none = words.length < 3 || words[2].equals("-");
                all.put(
                        words[0],
                        new CustomType.Own(
                                words[0],
                                words[1].equals("int"),
                                none ? Optional.empty() : Optional.of(words[2]),
                                words.length < 4
                                        ? Set.of()
                                        : CustomType.flags(words[3]).orElseThrow()));
            }
            return all;
        }

        private static Map<String, String> attributes(String text) {
            String clean = text.endsWith(" -f") ? text.substring(0, text.length() - 3) : text;
            if (clean.isBlank()) {
                return new TreeMap<>();
            }
            try {
                return AttributeText.parse(clean);
            } catch (InvalidAttributes e) {
                throw new IllegalArgumentException(e);
            }
        }

        private static Optional<String> option(List<String> words, String name) {
            int at = words.indexOf(name);
            if (at < 0) {
                return Optional.empty();
            }
            words.remove(at);
            return Optional.of(words.remove(at));
        }
    }
}
