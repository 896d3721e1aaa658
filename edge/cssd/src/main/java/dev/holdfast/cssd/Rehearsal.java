package dev.holdfast.cssd;

import dev.holdfast.linux.ClassWarmUp;
import dev.holdfast.linux.Linux;
import dev.holdfast.membership.BallotBlock;
import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.membership.Effect;
import dev.holdfast.membership.HeartbeatBlock;
import dev.holdfast.membership.Input;
import dev.holdfast.membership.InvalidSettings;
import dev.holdfast.membership.Membership;
import dev.holdfast.membership.MembershipSettings;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Two memberships in one process form a cluster over sealed datagrams and sealed blocks that stay in memory; then one of
 * them falls silent and is voted out by the other. The build runs it to make the start-up cache of cssd: it needs no
 * network, no voting disk and no privileges, and its clock is made up.
 */
public final class Rehearsal {
    private static final Duration TICK = Duration.ofMillis(25);
    private static final int BOTH_TICKS = 1_000;
    private static final int ALONE_TICKS = 1_000;

    static final Map<String, String> SETTINGS = Map.of(
            "cluster.name", "rehearsal",
            "cluster.id", "00000000-0000-0000-0000-000000000001",
            "node.1.name", "one",
            "node.1.private", "192.0.2.1",
            "node.2.name", "two",
            "node.2.private", "192.0.2.2",
            "votingdisk.1", "/nowhere",
            "registry.1", "/nowhere");

    private final ClusterSettings cluster;
    private final BlockCodec codec;
    private final Map<NodeId, byte[]> heartbeats = new HashMap<>();
    private final Map<NodeId, byte[]> ballots = new HashMap<>();
    private final SortedMap<NodeId, Life> lives = new TreeMap<>();
    private final Deque<Runnable> toDo = new ArrayDeque<>();
    private Moment now = new Moment(0);
    private int renewals;
    private int votedOut;

    /** What came of it. */
    record Outcome(int renewals, int votedOut) {}

    Rehearsal(ClusterSettings cluster, ClusterKey key) {
        this.cluster = cluster;
        codec = new BlockCodec(new BlockSeal(cluster.id(), key));
        for (NodeId node : cluster.nodes().keySet()) {
            lives.put(node, new Life(node, key));
        }
    }

    /** Takes no arguments; everything it writes is in a directory of its own, which goes when it ends. */
    public static void main(String[] arguments) throws IOException {
        Path directory = Files.createTempDirectory("holdfast-rehearsal");
        try {
            Cssd.logTo(directory.resolve("cssd.log"));
            Path settings = directory.resolve("cluster.conf");
            Files.write(
                    settings,
                    SETTINGS.entrySet().stream()
                            .map(each -> each.getKey() + "=" + each.getValue())
                            .toList());
            Path key = Files.createFile(
                    directory.resolve("cluster.key"),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(key, "0".repeat(64));
            ClusterSettings cluster = ClusterSettings.read(NodeConf.load(settings));
            NodeConf.read(Map.of("node", "1"), cluster);
            Linux.warmUp();
            ClassWarmUp.everythingBeside(Membership.class, NodeId.class, Cssd.class);
            var events = new EventLog(directory.resolve("events.jsonl"), "one");
            Outcome outcome = new Rehearsal(cluster, ClusterKey.read(key)).play();
            events.add(System.nanoTime(), "rehearsal", new TreeMap<>(), outcome.toString());
            events.flush(1_000);
            System.out.println("rehearsed; " + outcome);
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

    Outcome play() {
        pass(BOTH_TICKS);
        lives.remove(lives.lastKey());
        pass(ALONE_TICKS);
        return new Outcome(renewals, votedOut);
    }

    private void pass(int ticks) {
        for (int i = 0; i < ticks; i++) {
            now = now.plus(TICK);
            lives.values().forEach(life -> life.take(new Input.Tick()));
            for (Runnable next = toDo.poll(); next != null; next = toDo.poll()) {
                next.run();
            }
        }
    }

    /** One node: the real membership and the real codecs, with the world around them played. */
    private final class Life {
        private final NodeId self;
        private final Membership membership;
        private final HeartbeatSeal seal;

        Life(NodeId self, ClusterKey key) {
            this.self = self;
            seal = new HeartbeatSeal(key);
            membership = new Membership(
                    new MembershipSettings(
                            self,
                            cluster.nodeSet(),
                            cluster.votingDisks().size(),
                            cluster.links(),
                            cluster.timing(),
                            self.number(),
                            true,
                            true,
                            cluster.bootWait(),
                            self.number()),
                    now);
        }

        void take(Input input) {
            toDo.add(() -> membership.step(now, input).forEach(this::perform));
        }

        private void perform(Effect effect) {
            switch (effect) {
                case Effect.SendHeartbeat send -> tellOthers(seal.seal(send.heartbeat()));
                case Effect.AskPeers ask -> tellOthers(seal.seal(ask.ask()));
                case Effect.AnswerPeer answer -> tellOthers(seal.seal(answer.answer()));
                case Effect.SetWatchdog set -> take(new Input.WatchdogSet(set.timeout()));
                case Effect.WriteHeartbeat write -> {
                    heartbeats.put(self, codec.heartbeat(write.block()));
                    take(new Input.DiskWritten(write.disk(), write.operation()));
                }
                case Effect.WriteBallot write -> {
                    ballots.put(self, codec.ballot(write.block()));
                    take(new Input.DiskWritten(write.disk(), write.operation()));
                }
                case Effect.ReadHeartbeats read -> {
                    SortedMap<NodeId, HeartbeatBlock> blocks = new TreeMap<>();
                    heartbeats.forEach((node, area) ->
                            codec.readHeartbeat(area, 0, node).ifPresent(block -> blocks.put(node, block)));
                    take(new Input.HeartbeatsRead(read.disk(), read.operation(), blocks, NodeSet.EMPTY));
                }
                case Effect.ReadBallots read -> {
                    SortedMap<NodeId, BallotBlock> blocks = new TreeMap<>();
                    ballots.forEach((node, area) ->
                            codec.readBallot(area, 0, node).ifPresent(block -> blocks.put(node, block)));
                    take(new Input.BallotsRead(read.disk(), read.operation(), blocks, NodeSet.EMPTY));
                }
                case Effect.RenewLease _ -> renewals++;
                case Effect.VotedOut _ -> votedOut++;
                case Effect.Fence order ->
                    take(new Input.FenceSucceeded(order.victim(), order.incarnation(), "rehearsed"));
                case Effect.LetGo _ -> take(new Input.LetGoDone(true, "rehearsed"));
                default -> {} // Nobody is here to be told; what is not rehearsed only costs time.
            }
        }

        private void tellOthers(byte[] datagram) {
            lives.values().stream()
                    .filter(other -> other != this)
                    .forEach(other ->
                            other.seal.open(0, datagram, datagram.length).ifPresent(other::take));
        }
    }
}
