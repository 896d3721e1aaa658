package dev.holdfast.crsd;

import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.membership.InvalidSettings;
import dev.holdfast.model.ActionKind;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.ResourceName;
import dev.holdfast.node.ClusterView;
import dev.holdfast.node.Crs;
import dev.holdfast.node.CrsEffect;
import dev.holdfast.node.CrsInput;
import dev.holdfast.node.CrsSettings;
import dev.holdfast.node.PeerMessage;
import dev.holdfast.policy.Command;
import dev.holdfast.registry.Effect;
import dev.holdfast.registry.Input;
import dev.holdfast.registry.Mastership;
import dev.holdfast.registry.Registry;
import dev.holdfast.registry.RegistryFormat;
import dev.holdfast.registry.RegistrySeal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A failover in memory: node 2 is master and serves two resources; it is lost; node 1 becomes master, recovers the
 * registry, plans, and starts what ran there. Everything around the real classes is played here, and nothing outside of
 * this object is touched: no file, no process, no address.
 *
 * <p>A JVM runs code for the first time some ten times more slowly than later: classes are loaded, call sites linked. A
 * crsd that stands by for weeks would do all that in the middle of its first failover. So every crsd rehearses it when
 * it starts ({@link #warmUp}), and the build rehearses it to make the start-up cache ({@link #main}).
 */
public final class Rehearsal {
    private static final NodeId SELF = new NodeId(1);
    private static final NodeId PEER = new NodeId(2);
    private static final List<String> RESOURCES = List.of("web", "db");
    private static final Duration LEASE = Duration.ofSeconds(4);
    private static final Duration TICK = Duration.ofMillis(25);
    private static final int TICKS = 8;
    /** What a failover takes is some hundred; more than this many only a mistake of ours brings. */
    private static final int STEPS_MAX = 20_000;

    private static final Map<String, String> SETTINGS = Map.of(
            "cluster.name", "rehearsal",
            "cluster.id", "00000000-0000-0000-0000-000000000001",
            "node.1.name", "one",
            "node.1.private", "192.0.2.1",
            "node.2.name", "two",
            "node.2.private", "192.0.2.2",
            "votingdisk.1", "/nowhere",
            "registry.1", "/nowhere");

    private final ClusterSettings cluster;
    private final Map<Long, byte[]> blocks = new HashMap<>();
    private final Deque<Runnable> toDo = new ArrayDeque<>();
    private final Set<ResourceName> running = new HashSet<>();
    private final SortedMap<ResourceName, Observed> peerRuns = new TreeMap<>();
    private Moment now = new Moment(0);
    private RegistryRoot root = RegistryRoot.NONE;
    private Crs crs;
    private @Nullable Registry registry;
    private long nextOperation = 1;
    private long peerMastership;
    private long peerVersion = -1;
    private int lives;
    private int steps;
    private int starts;

    private static final RegistrySeal SEAL = RegistrySeal.of(new byte[32]);

    private Rehearsal() throws InvalidSettings {
        cluster = ClusterSettings.read(new HashMap<>(SETTINGS));
        byte[] header = RegistryFormat.header(cluster.id(), new UUID(0, 1), SEAL);
        blocks.put(0L, Arrays.copyOf(header, RegistryFormat.BLOCK));
        blocks.put(
                (long) RegistryFormat.BLOCK,
                Arrays.copyOfRange(header, RegistryFormat.BLOCK, RegistryFormat.HEADER_AREA));
        crs = standingBy();
    }

    /** Rehearses {@code times} times; returns how many resources were started on this node after the other was lost. */
    static int warmUp(int times) throws InvalidSettings {
        int started = 0;
        for (int i = 0; i < times; i++) {
            started += new Rehearsal().failover();
        }
        return started;
    }

    /** In the build: what every start of crsd does, as far as it needs no cluster and no privileges, and a failover. */
    public static void main(String[] arguments) throws IOException {
        Path directory = Files.createTempDirectory("holdfast-rehearsal");
        try {
            Crsd.prepare(new Directories(directory, directory, directory, directory));
            new EventLog(directory.resolve("events.jsonl"), "one").note("rehearsal", "the build rehearses", Map.of());
            int started = warmUp(5);
            System.out.println("rehearsed; " + started + " starts");
        } catch (InvalidSettings e) {
            throw new IllegalStateException("settings of our own are refused", e);
        } finally {
            try (var files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    private Crs standingBy() {
        return new Crs(new CrsSettings(cluster, SELF, ++lives * 1000L, Instant.EPOCH, new TreeMap<>()), now);
    }

    private int failover() {
        // The content that will have to be recovered comes from an earlier mastership of this node.
        view(1, SELF, true);
        deliver(new CrsInput.PeerUp(PEER));
        long id = 0;
        for (String name : RESOURCES) {
            deliver(new CrsInput.CommandGiven(
                    ++id,
                    new Command.Add(name, "cluster_resource", Map.of("ACTION_SCRIPT", "/" + name + ".scr"), false)));
        }
        deliver(new CrsInput.CommandGiven(
                ++id, new Command.Start(new Command.Selection.Named(RESOURCES), Optional.of("two"), false)));
        time();

        crs = standingBy();
        registry = null;
        running.clear();
        view(2, PEER, true);
        deliver(new CrsInput.PeerUp(PEER));
        time();
        deliver(new CrsInput.PeerDown(PEER));
        starts = 0;
        view(3, SELF, false);
        time();
        return starts;
    }

    private void time() {
        for (int i = 0; i < TICKS; i++) {
            now = now.plus(TICK);
            deliver(new CrsInput.Tick());
            tellRegistry(new Input.Tick());
            work();
        }
    }

    private void work() {
        for (Runnable next = toDo.poll(); next != null; next = toDo.poll()) {
            if (++steps > STEPS_MAX) {
                throw new IllegalStateException("the rehearsal does not come to an end");
            }
            next.run();
        }
    }

    private void view(long epoch, NodeId master, boolean withPeer) {
        SortedMap<NodeId, Incarnation> members = new TreeMap<>();
        members.put(SELF, new Incarnation(1));
        if (withPeer) {
            members.put(PEER, new Incarnation(2));
        }
        List<ClusterView.Unsettled> lost = withPeer
                ? List.of()
                : List.of(new ClusterView.Unsettled(PEER, new Incarnation(2), new Epoch(epoch), true, "F1", "off"));
        ClusterView view = new ClusterView(SELF, new Incarnation(1), new Epoch(epoch), 0, master, members, lost, root);
        deliver(new CrsInput.ViewReceived(
                view, Optional.of(new CrsInput.HeldLease(now.plus(LEASE), now.plus(LEASE.dividedBy(2))))));
        if (view.selfIsMaster()) {
            registry = new Registry(cluster.id(), SEAL, cluster.registryLocations(), nextOperation);
            tellRegistry(new Input.Opened(new Mastership(view.epoch(), SELF, view.incarnation(), root, List.of())));
        }
        work();
    }

    private void deliver(CrsInput input) {
        toDo.add(() -> crs.step(now, input).forEach(this::perform));
    }

    private void tellRegistry(Input input) {
        toDo.add(() -> {
            if (registry != null) {
                registry.step(now, input).forEach(this::perform);
                nextOperation = registry == null ? nextOperation : registry.nextOperation();
            }
        });
    }

    private void perform(CrsEffect effect) {
        switch (effect) {
            case CrsEffect.Send send -> hear(send.epoch(), send.message());
            case CrsEffect.Run run -> act(run);
            case CrsEffect.Write write ->
                tellRegistry(new Input.Submit(write.id(), ContentCodec.encode(write.changes())));
            default -> {} // Only told: to people, or to what is not there.
        }
    }

    private void act(CrsEffect.Run run) {
        ResourceName name = run.resource().name();
        int exit = 0;
        switch (run.kind()) {
            case START -> {
                running.add(name);
                starts++;
            }
            case STOP, CLEAN -> running.remove(name);
            case CHECK -> exit = running.contains(name) ? 0 : 1;
        }
        deliver(new CrsInput.ActionFinished(name, run.run(), exit, false, List.of()));
    }

    /** The other node: takes what it is told off the wire, does every order at once, and reports. */
    private void hear(Epoch epoch, PeerMessage said) {
        long orders;
        switch (overTheWire(said)) {
            case PeerMessage.Definitions told -> {
                peerMastership = told.mastership();
                peerVersion = told.version();
                orders = told.orders();
                told.resources().forEach(each -> peerRuns.putIfAbsent(new ResourceName(each.name()), Observed.OFFLINE));
            }
            case PeerMessage.Order order -> {
                orders = order.number();
                if (order.kind() != ActionKind.CHECK) {
                    peerRuns.put(
                            order.resource(), order.kind() == ActionKind.START ? Observed.ONLINE : Observed.OFFLINE);
                }
            }
            default -> {
                return; // A report to it as master needs no answer.
            }
        }
        PeerMessage report =
                overTheWire(new PeerMessage.Report(peerMastership, peerVersion, orders, true, true, peerRuns));
        deliver(new CrsInput.PeerSaid(PEER, new Incarnation(2), epoch, report));
    }

    private static PeerMessage overTheWire(PeerMessage message) {
        try {
            return PeerCodec.decode(Json.parse(PeerCodec.encode(message).text()));
        } catch (Json.Malformed e) {
            throw new IllegalStateException("what we say we do not understand", e);
        }
    }

    private void perform(Effect effect) {
        switch (effect) {
            case Effect.ReadHeader read ->
                tellRegistry(
                        new Input.HeaderRead(read.location(), read.operation(), at(0, RegistryFormat.HEADER_AREA)));
            case Effect.ReadBlocks read ->
                tellRegistry(new Input.BlocksRead(
                        read.location(),
                        read.operation(),
                        at(RegistryFormat.position(read.segment(), read.offset()), read.length())));
            case Effect.WriteBlocks write -> {
                long position = RegistryFormat.position(write.segment(), write.offset());
                for (int from = 0; from < write.blocks().length; from += RegistryFormat.BLOCK) {
                    blocks.put(position + from, Arrays.copyOfRange(write.blocks(), from, from + RegistryFormat.BLOCK));
                }
                tellRegistry(new Input.BlocksWritten(write.location(), write.operation()));
            }
            case Effect.CasRoot cas -> {
                root = cas.root();
                tellRegistry(new Input.RootAnswered(cas.request(), true));
            }
            case Effect.Confirm confirm -> tellRegistry(new Input.Confirmed(confirm.request(), true));
            case Effect.Serving serving ->
                deliver(ContentCodec.decode(
                        serving.content(),
                        new CrsSettings(cluster, SELF, 0, Instant.EPOCH, new TreeMap<>()).types(),
                        (key, reason) -> {
                            throw new IllegalStateException(key + ": " + reason);
                        }));
            case Effect.Acknowledged done -> deliver(new CrsInput.RegistryWritten(done.id(), done.version()));
            case Effect.Refused refused -> deliver(new CrsInput.RegistryRefused(refused.id(), refused.reason()));
            case Effect.Lost lost -> deliver(new CrsInput.RegistryLost(lost.reason()));
            case Effect.Waiting _,
                    Effect.LocationChanged _,
                    Effect.UseLocation _,
                    Effect.DropLocation _,
                    Effect.WriteHeader _,
                    Effect.ReadStart _,
                    Effect.FormatAgain _,
                    Effect.LocationsSet _,
                    Effect.Scrubbed _,
                    Effect.Replaced _ -> {}
        }
    }

    /** What was never written is zeros, as on a disk. */
    private byte[] at(long position, int length) {
        byte[] area = new byte[length];
        for (int from = 0; from < length; from += RegistryFormat.BLOCK) {
            byte[] block = blocks.get(position + from);
            if (block != null) {
                System.arraycopy(block, 0, area, from, RegistryFormat.BLOCK);
            }
        }
        return area;
    }
}
