package dev.holdfast.bench;

import dev.holdfast.bench.LabConsole.NodeStatus;
import dev.holdfast.bench.LabConsole.ResourceStatus;
import io.avaje.json.mapper.JsonMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What must be true of a cluster that is well, looked up where it can't be glossed over: in the process lists, control groups and interfaces
 * of all nodes, besides what the cluster says of itself.
 */
final class Audit {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Nothing moves in a cluster that is well; but what is looked up on two nodes is not looked up at once. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** What is to be found on a node: a line {@code vip ADDRESS}, {@code group RESOURCE} or {@code process COMMAND LINE} each. */
    private static final String LOOK = """
            ip -4 -o addr show dev pub0 | awk '/:hf/ { sub("/.*", "", $4); print "vip", $4 }'
            for events in /sys/fs/cgroup/holdfast-*/res/*/cgroup.events; do
                [ -e "$events" ] || continue
                if grep -q '^populated 1' "$events"; then d=${events%/*}; echo "group ${d##*/}"; fi
            done
            ps -eo comm=,args= | awk '$1 == "haproxy" || $1 == "apache2" || / write$/ { $1 = "process"; print }'
            """;

    private final Stage stage;

    private Audit(Stage stage) {
        this.stage = stage;
    }

    /**
     * @param definitions of all resources, as {@link #definitions} told them when they were changed last
     * @return what is wrong, in words; empty if nothing is
     */
    static List<String> of(Stage stage, Map<String, String> definitions) throws IOException, InterruptedException {
        var audit = new Audit(stage);
        List<List<String>> last = new ArrayList<>(List.of(List.of("there was no time for a look")));
        try {
            Await.that("nothing is wrong", PATIENCE, () -> {
                last.set(0, audit.problems(definitions));
                return last.getFirst().isEmpty();
            });
        } catch (Await.NotReached e) {
            return last.getFirst();
        }
        return List.of();
    }

    private List<String> problems(Map<String, String> definitions) throws IOException, InterruptedException {
        var problems = new ArrayList<String>();
        LabConsole lab = stage.lab();
        SortedMap<String, NodeStatus> nodes = lab.nodes();
        if (nodes.values().stream().mapToLong(NodeStatus::epoch).distinct().count() != 1) {
            problems.add("the nodes are not in one view: " + nodes.values());
        }
        oneMaster(nodes, problems);
        var first = new TreeMap<String, ResourceStatus>();
        var found = new TreeMap<String, SortedSet<String>>();
        for (String node : nodes.keySet()) {
            SortedMap<String, ResourceStatus> states = lab.resources(node);
            if (first.isEmpty()) {
                first.putAll(states);
            } else if (!first.equals(states)) {
                problems.add("the nodes tell different states: " + first.values() + " and " + states.values());
            }
            Map<String, String> here = definitions(lab, node);
            if (!here.equals(definitions)) {
                problems.add("the registry as " + node + " tells it is " + here + ", it should be " + definitions);
            }
            lab.exec(node, "sh", "-c", LOOK)
                    .orFail("looking at what runs on " + node)
                    .lines()
                    .forEach(line -> found.computeIfAbsent(what(line), _ -> new TreeSet<>())
                            .add(node));
        }
        for (String resource : stage.resources()) {
            ResourceStatus status = first.get(resource);
            if (status == null || !status.online()) {
                problems.add(resource + " is not online: " + status);
                continue;
            }
            for (String trace : traces(resource)) {
                SortedSet<String> where = found.getOrDefault(trace, new TreeSet<>());
                if (!where.equals(new TreeSet<>(List.of(status.node())))) {
                    problems.add(resource + " is said to be online on " + status.node() + ", but " + trace
                            + " is found on " + where);
                }
            }
        }
        oneOwnerByArp(first, problems);
        return problems;
    }

    /** All nodes installed the same view last, and so have the same master. */
    private void oneMaster(SortedMap<String, NodeStatus> nodes, List<String> problems) throws IOException {
        stage.follow();
        var views = new TreeSet<String>();
        for (String node : nodes.keySet()) {
            Event view = stage.lastView(node);
            views.add(view == null ? node + " installed no view" : view.detail("epoch") + ", " + view.detail("master"));
        }
        if (views.size() != 1) {
            problems.add("the last installed views (epoch, master) differ: " + views);
        }
    }

    /** Each address is answered for by the machine of the node on which it is online, and by no other. */
    private void oneOwnerByArp(SortedMap<String, ResourceStatus> states, List<String> problems)
            throws IOException, InterruptedException {
        long from = System.nanoTime();
        for (String resource : WalkThrough.ADDRESSES) {
            String address = stage.walk().addressOf(resource);
            ResourceStatus status = states.get(resource);
            if (status == null || !status.online()) {
                continue;
            }
            String mac = stage.lab()
                    .exec(status.node(), "cat", "/sys/class/net/pub0/address")
                    .orFail("reading a hardware address")
                    .strip();
            try {
                var answers = new TreeSet<String>();
                Await.that("answers for " + address, Duration.ofSeconds(3), () -> {
                    answers.clear();
                    stage.observer()
                            .told(sighting -> sighting.nanos() >= from
                                    && sighting.address().equals(address))
                            .forEach(sighting -> answers.add(sighting.mac()));
                    return !answers.isEmpty();
                });
                if (!answers.equals(new TreeSet<>(List.of(mac)))) {
                    problems.add(address + " should be at " + mac + ", but is answered for by " + answers);
                }
            } catch (Await.NotReached e) {
                problems.add("nobody answers for " + address);
            }
        }
    }

    /** What a resource that is online leaves behind on its node, and only there. */
    private List<String> traces(String resource) {
        if (WalkThrough.ADDRESSES.contains(resource)) {
            return List.of("vip " + stage.walk().addressOf(resource));
        }
        return List.of("group " + resource, "process " + resource);
    }

    /** A line of {@link #LOOK} without what tells one process of an application from another. */
    private static String what(String line) {
        if (!line.startsWith("process ")) {
            return line;
        }
        for (String application : WalkThrough.APPLICATIONS) {
            if (line.contains("/" + application + "/")) {
                return "process " + application;
            }
        }
        return line.contains("/witness.scr write") ? "process " + Witness.RESOURCE : "something else";
    }

    /** What is registered, by resource, as {@code node} tells it. Nothing in it changes by itself. */
    static Map<String, String> definitions(LabConsole lab, String node) throws IOException, InterruptedException {
        var definitions = new TreeMap<String, String>();
        Map<String, Object> answer =
                JSON.fromJsonObject(lab.exec(node, "crsctl", "status", "resource", "-p", "-o", "json")
                        .orFail("crsctl status resource -p on " + node));
        if (answer.get("resources") instanceof List<?> resources) {
            for (Object each : resources) {
                if (each instanceof Map<?, ?> resource && resource.get("attributes") instanceof Map<?, ?> attributes) {
                    var sorted = new TreeMap<String, String>();
                    attributes.forEach((name, value) -> sorted.put(String.valueOf(name), String.valueOf(value)));
                    definitions.put(String.valueOf(resource.get("name")), resource.get("type") + " " + sorted);
                }
            }
        }
        return definitions;
    }
}
