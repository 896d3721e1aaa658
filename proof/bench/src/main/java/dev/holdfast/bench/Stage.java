package dev.holdfast.bench;

import dev.holdfast.bench.LabConsole.ResourceStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The walk-through running on a lab of two nodes, with a client that asks it all the time and an observer of its addresses. */
public final class Stage implements AutoCloseable {
    /** A node needs a few seconds to boot and join, more if it has to wait for a proof that its last life is over. */
    static final Duration TO_HEAL = Duration.ofMinutes(2);

    /** What is measured next begins with an answer from before. */
    private static final Duration KEPT = Duration.ofSeconds(2);

    private final LabConsole lab;
    private final WalkThrough walk;
    private final List<String> resources;
    private final Witness witness;
    private final Map<String, Event> lastViews = new TreeMap<>();
    private final EventFeed events;
    private final Feed<Sample> client;
    private final Feed<Sighting> observer;

    private Stage(LabConsole lab, WalkThrough walk, List<String> more) throws IOException {
        this.lab = lab;
        this.walk = walk;
        this.witness = new Witness(lab.shared().resolve(Witness.RESOURCE).resolve("log"));
        this.resources = Stream.of(WalkThrough.APPLICATIONS, WalkThrough.ADDRESSES, more)
                .flatMap(List::stream)
                .toList();
        List<Path> logs = new ArrayList<>(List.of(lab.labEvents()));
        walk.nodes().forEach(node -> logs.add(lab.events(node)));
        this.events = new EventFeed(logs);
        this.client = Feed.client(lab, walk.url());
        this.observer = Feed.observer(lab, walk.virtualAddresses());
    }

    /** Writes the content of the walk-through to the shared file system, and says what it is for. */
    static WalkThrough prepare(LabConsole lab) throws IOException, InterruptedException {
        var walk = WalkThrough.in(lab.publicNetwork(), List.copyOf(lab.nodes().keySet()));
        walk.write(lab.shared(), lab.agents());
        return walk;
    }

    /** Runs the commands of the walk-through on its first node, each printed before its output. */
    static void create(LabConsole lab, WalkThrough walk, Screen screen) throws IOException, InterruptedException {
        String node = walk.nodes().getFirst();
        for (List<String> command : walk.createCommands()) {
            run(lab, node, command, screen);
        }
        run(lab, node, WalkThrough.startCommand(), screen);
    }

    static void run(LabConsole lab, String node, List<String> command, Screen screen)
            throws IOException, InterruptedException {
        screen.command(node, WalkThrough.typed(command));
        LabConsole.Answer answer = lab.exec(node, command);
        screen.output(answer.output());
        if (!answer.ok()) {
            throw new IOException(WalkThrough.typed(command) + " failed with exit code " + answer.exit());
        }
    }

    /** Starts the client and the observer, and waits until all is steady. The applications were started before. */
    static Stage open(LabConsole lab, WalkThrough walk) throws IOException, InterruptedException, Await.NotReached {
        return open(lab, walk, List.of());
    }

    /** Brings up the walk-through and the witness on a fresh lab whose nodes are in one view. */
    public static Stage withWitness(LabConsole lab) throws IOException, InterruptedException, Await.NotReached {
        WalkThrough walk = prepare(lab);
        Witness.prepare(lab);
        var commands = new ArrayList<>(walk.createCommands());
        commands.add(WalkThrough.startCommand());
        commands.addAll(Witness.createCommands(walk));
        for (List<String> command : commands) {
            lab.exec(walk.nodes().getFirst(), command).orFail(WalkThrough.typed(command));
        }
        return open(lab, walk, List.of(Witness.RESOURCE));
    }

    private static Stage open(LabConsole lab, WalkThrough walk, List<String> more)
            throws IOException, InterruptedException, Await.NotReached {
        var stage = new Stage(lab, walk, more);
        try {
            stage.awaitSteady();
            return stage;
        } catch (IOException | InterruptedException | Await.NotReached | RuntimeException e) {
            stage.close();
            throw e;
        }
    }

    LabConsole lab() {
        return lab;
    }

    WalkThrough walk() {
        return walk;
    }

    EventFeed events() {
        return events;
    }

    /** All that has to be online: applications, addresses, and the witness if there is one, last. */
    List<String> resources() {
        return resources;
    }

    Witness witness() {
        return witness;
    }

    /** Reads the events that were written meanwhile. */
    void follow() throws IOException {
        for (Event event : events.next()) {
            if (event.name().equals("view-installed")) {
                lastViews.put(event.node(), event);
            }
        }
    }

    /** The view that {@code node} installed last, as its event; null if none is known. */
    @Nullable
    Event lastView(String node) {
        return lastViews.get(node);
    }

    /** Whatever was recorded is history, and its memory free, but for who holds what. */
    void forget() throws IOException {
        follow();
        long before = System.nanoTime();
        client.forget(sample -> sample.endedNanos() < before - KEPT.toNanos());
        observer.forget(sighting -> sighting.nanos() < before);
        events.forget(event -> !event.name().startsWith("vip-"));
        witness.read();
        witness.forget();
    }

    Feed<Sample> client() {
        return client;
    }

    Feed<Sighting> observer() {
        return observer;
    }

    void mustBeObserved() throws IOException {
        client.mustBeAlive();
        observer.mustBeAlive();
    }

    /** The node that runs HAProxy. */
    String active() throws IOException, InterruptedException {
        ResourceStatus haproxy = lab.resources(walk.nodes().getFirst()).get("haproxy");
        if (haproxy == null || !haproxy.online()) {
            throw new IOException("HAProxy is not online: " + haproxy);
        }
        return haproxy.node();
    }

    String otherThan(String node) {
        return walk.nodes().stream()
                .filter(each -> !each.equals(node))
                .findFirst()
                .orElseThrow();
    }

    /** Waits until both nodes are in one view, everything is online, the client gets its answers and the observer sees the address. */
    void awaitSteady() throws IOException, InterruptedException, Await.NotReached {
        lab.awaitFullView(TO_HEAL);
        String node = walk.nodes().getFirst();
        lab.awaitOnline(node, resources, TO_HEAL);
        long from = System.nanoTime();
        Await.that("the client gets good answers and the observer sees the address", TO_HEAL, () -> {
            mustBeObserved();
            List<Sample> fresh = client.told(sample -> sample.beganNanos() >= from);
            return fresh.size() >= 100
                    && fresh.subList(fresh.size() - 100, fresh.size()).stream().allMatch(Sample::good)
                    && !observer.told(sighting -> sighting.nanos() >= from
                                    && sighting.address().equals(walk.haproxyAddress()))
                            .isEmpty();
        });
    }

    /**
     * Undoes every fault that the lab knows, and waits until all is steady. A node that is off is switched on, also one that goes off only
     * now: an order to fence it may have been under way when it came back, and a fenced node stays off until a person switches it on.
     */
    void mend() throws IOException, InterruptedException, Await.NotReached {
        lab.fault("mend", "all", "public", "private", "storage");
        Await.that("all nodes are on and in one view", TO_HEAL, () -> {
            var nodes = lab.nodes().values();
            for (LabConsole.NodeStatus node : nodes) {
                if (node.power().equals("frozen")) {
                    lab.fault("thaw", node.name());
                } else if (node.power().equals("off")) {
                    lab.fault("power-on", node.name());
                }
            }
            return LabConsole.areInOneView(nodes);
        });
        awaitSteady();
    }

    /** Undoes the fault of a drill and waits until all is as before. */
    void heal(Drill drill) throws IOException, InterruptedException, Await.NotReached {
        switch (drill.fault()) {
            case POWER_OFF -> {
                lab.fault("power-on", drill.node());
                awaitSteady();
            }
            case PARTITION -> mend();
            case KILL_HAPROXY, RELOCATE -> awaitSteady();
        }
    }

    /**
     * Gives the node without HAProxy the second web server back, as its favourite place asks for: after a failover everything runs on one
     * node, and a partition with nothing on the loser would show nothing.
     *
     * @return the commands that did it; empty if it ran there
     */
    List<String> spread() throws IOException, InterruptedException, Await.NotReached {
        String active = active();
        String other = otherThan(active);
        SortedMap<String, ResourceStatus> resources = lab.resources(active);
        for (String application : List.of("httpd1", "httpd2")) {
            ResourceStatus status = resources.get(application);
            if (status != null && status.onlineOn(other)) {
                return List.of();
            }
        }
        List<String> command = List.of("crsctl", "relocate", "resource", "httpd2vip", "-n", other, "-f");
        lab.exec(active, command).orFail(WalkThrough.typed(command));
        awaitSteady();
        return command;
    }

    @Override
    public void close() {
        client.close();
        observer.close();
    }
}
