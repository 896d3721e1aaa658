package dev.holdfast.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.bench.Await;
import dev.holdfast.bench.Event;
import dev.holdfast.bench.EventFeed;
import dev.holdfast.bench.Feed;
import dev.holdfast.bench.LabConsole;
import dev.holdfast.bench.LabConsole.Answer;
import dev.holdfast.bench.LabConsole.ResourceStatus;
import dev.holdfast.bench.Sighting;
import dev.holdfast.bench.WalkThrough;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A lab of two nodes for tests, with the content of the walk-through on its shared file system, and an observer of its addresses. */
final class Cluster implements AutoCloseable {
    static final String NODE1 = "node1";
    static final String NODE2 = "node2";
    static final List<String> EVERYTHING =
            List.of("haproxy", "haproxyvip", "httpd1", "httpd1vip", "httpd2", "httpd2vip");

    /** Longer than any bound of the settings; a test that needs it has failed. */
    static final Duration PATIENCE = Duration.ofSeconds(90);

    final LabConsole lab;
    final WalkThrough walk;
    private final EventFeed events;
    private final Feed<Sighting> observer;

    private Cluster(LabConsole lab) throws Exception {
        this.lab = lab;
        walk = WalkThrough.in(lab.publicNetwork(), List.of(NODE1, NODE2));
        walk.write(lab.shared(), lab.agents());
        events = new EventFeed(List.of(lab.labEvents(), lab.events(NODE1), lab.events(NODE2)));
        observer = Feed.observer(lab, walk.virtualAddresses());
    }

    static Cluster up(String name, String profile, String fencing) throws Exception {
        assumeTrue(Files.isWritable(Path.of("/run")), "needs root: the lab makes namespaces and mounts");
        var lab = new LabConsole(Path.of(System.getProperty("holdfast.home")).toRealPath(), name);
        lab.down(); // Of an earlier test that was killed.
        lab.up(2, profile, fencing);
        try {
            lab.awaitFullView(PATIENCE);
            return new Cluster(lab);
        } catch (Exception | AssertionError e) {
            lab.down();
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        observer.close();
        try {
            lab.down();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    Answer on(String node, String... command) throws Exception {
        return lab.exec(node, command);
    }

    Answer crsctl(String... arguments) throws Exception {
        var command = new ArrayList<>(List.of("crsctl"));
        command.addAll(List.of(arguments));
        return lab.exec(upNode(), command);
    }

    private String upNode() throws Exception {
        return lab.nodes().values().stream()
                .filter(node -> node.inView())
                .map(LabConsole.NodeStatus::name)
                .findFirst()
                .orElse(NODE1);
    }

    SortedMap<String, ResourceStatus> resources() throws Exception {
        return lab.resources(upNode());
    }

    ResourceStatus resource(String name) throws Exception {
        ResourceStatus status = resources().get(name);
        assertThat(status).as(name).isNotNull();
        return status;
    }

    void await(String wanted, Callable<Boolean> condition) throws Exception {
        Await.that(wanted, PATIENCE, condition);
    }

    void awaitOn(String node, String... names) throws Exception {
        await(List.of(names) + " are online on " + node, () -> {
            var all = resources();
            return List.of(names).stream()
                    .allMatch(name -> all.containsKey(name) && all.get(name).onlineOn(node));
        });
    }

    /** The place where the walk-through begins: all faults mended, HAProxy and httpd1 on node1, httpd2 on node2. */
    void home() throws Exception {
        for (String node : List.of(NODE1, NODE2)) {
            if (lab.nodes().get(node).power().equals("off")) {
                lab.fault("power-on", node);
            }
            for (String path : List.of("public", "private", "storage")) {
                lab.lab(List.of("mend", node, path)); // Of what is not broken, too.
            }
        }
        lab.awaitFullView(PATIENCE);
        await("the engines of both nodes can be reached by the master", () -> {
            Answer servers = crsctl("status", "server");
            return servers.ok() && servers.output().split("STATE=ONLINE\\b", -1).length == 3;
        });
        await(
                "every resource has settled",
                () -> resources().values().stream()
                        .filter(resource -> EVERYTHING.contains(resource.name()))
                        .allMatch(resource ->
                                resource.online() || resource.target().equals("OFFLINE")));
        for (String name : List.of("httpd1", "httpd2", "haproxy")) {
            String wanted = name.equals("httpd2") ? NODE2 : NODE1;
            ResourceStatus now = resource(name);
            if (now.online() && !now.onlineOn(wanted)) {
                crsctl("relocate", "resource", name + "vip", "-n", wanted, "-f").orFail("moving " + name);
            } else if (!now.online()) {
                crsctl("start", "resource", name, "-n", wanted).orFail("starting " + name);
            }
        }
        awaitOn(NODE1, "haproxy", "haproxyvip", "httpd1", "httpd1vip");
        awaitOn(NODE2, "httpd2", "httpd2vip");
    }

    /**
     * Kills crsd on {@code node}; its successor is stopped by the freezer the moment it begins, until the lifetime that addresses are given (a
     * lease and two seconds) is over.
     *
     * @param look a command; its output, right before the successor goes on, is returned
     */
    String keepCrsdAway(String node, String look) throws Exception {
        return on(node, "sh", "-c", """
                        crsd=$(pgrep -of dev.holdfast.crsd.Crsd)
                        group=/sys/fs/cgroup$(sed -n s/^0:://p /proc/$crsd/cgroup)
                        echo 1 > $group/cgroup.freeze
                        kill -9 $crsd
                        while [ -e /proc/$crsd ] || ! grep -q . $group/cgroup.procs; do sleep 0.1; done
                        sleep 7
                        %s
                        echo 0 > $group/cgroup.freeze""".formatted(look)).orFail("keeping crsd away");
    }

    void awaitCrsd(String node, long since) throws Exception {
        await(
                "crsd is back",
                () -> eventsSince(since).stream()
                        .anyMatch(event ->
                                event.node().equals(node) && event.name().equals("crsd-started")));
    }

    void nothingWasStartedOrStoppedSince(long nanos) throws IOException {
        assertThat(eventsSince(nanos))
                .as("nothing was started or stopped")
                .noneMatch(
                        event -> event.name().equals("vip-up") || event.name().equals("action-begin"));
    }

    /** Events of all nodes since {@code nanos}. */
    List<Event> eventsSince(long nanos) throws IOException {
        events.next();
        return events.all().stream().filter(event -> event.nanos() >= nanos).toList();
    }

    void mustNeverHaveHeldTwice() throws IOException {
        observer.mustBeAlive();
        assertThat(observer.told(_ -> true)).as("answers to the observer").isNotEmpty();
        assertThat(Sighting.doubles(observer.told(_ -> true)))
                .as("addresses held by two nodes")
                .isEmpty();
    }

    /** An HTTP request from the client host to HAProxy. */
    Answer request() throws Exception {
        return lab.lab(List.of("client", "--", "curl", "-fsS", "--max-time", "5", walk.url()));
    }

    /** The File Universal Id of the voting disk that {@code node} has open at {@code path}. */
    String votingDisk(String node, String path) throws Exception {
        String disks = on(node, "crsctl", "query", "css", "votedisk").orFail("crsctl query css votedisk");
        Matcher found = Pattern.compile("([0-9a-f]{32}) +\\(" + Pattern.quote(path) + "\\)")
                .matcher(disks);
        assertThat(found.find()).as("%s is a voting disk:%n%s", path, disks).isTrue();
        return found.group(1);
    }

    String pidOf(String application, String node) throws Exception {
        return on(node, "cat", "/run/" + application + ".pid")
                .orFail("reading the pid of " + application)
                .strip();
    }
}
