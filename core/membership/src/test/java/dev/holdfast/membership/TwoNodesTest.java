package dev.holdfast.membership;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Two real nodes and three voting disks that they share; each may lose its way to all of them, by errors or by silence, and each
 * may be cut off from the other.
 */
class TwoNodesTest {
    private static final Timing TIMING = Timing.standard();
    private static final Duration TICK = Duration.ofMillis(25);
    private static final int DISKS = 3;
    private static final NodeSet BOTH = NodeSet.of(new NodeId(1), new NodeId(2));

    private final List<Disk> disks = List.of(new Disk(), new Disk(), new Disk());
    private final Node first = new Node(1);
    private final Node second = new Node(2);
    private Moment now = new Moment(0);
    private Moment secondSleepsUntil = new Moment(0);
    private boolean cut;

    private enum Path {
        GOOD,
        ERRORS,
        HUNG
    }

    private static final class Disk {
        final TreeMap<NodeId, HeartbeatBlock> heartbeats = new TreeMap<>();
        final TreeMap<NodeId, BallotBlock> ballots = new TreeMap<>();
    }

    /** One node: the real membership, and what it asked for. */
    private static final class Node {
        final Membership membership;
        final Deque<Input> inbox = new ArrayDeque<>();
        final List<Effect> unanswered = new ArrayList<>();
        final List<Moment> renewals = new ArrayList<>();
        Path path = Path.GOOD;
        boolean letGo;

        Node(int number) {
            membership = new Membership(
                    new MembershipSettings(
                            new NodeId(number), BOTH, DISKS, 1, TIMING, 7, true, true, Duration.ofSeconds(3), number),
                    new Moment(0));
        }
    }

    @Test
    void disks_that_fail_on_one_node_after_the_other_stop_nobody() {
        storageGoes(Path.ERRORS, Duration.ofMillis(1250));
    }

    @Test
    void disks_that_hang_on_one_node_after_the_other_stop_nobody() {
        storageGoes(Path.HUNG, Duration.ofMillis(1250));
    }

    /** In every phase of the rounds: the second node loses its disks {@code apart} later, and gets them back as much later. */
    private static void storageGoes(Path path, Duration apart) {
        for (int phase = 0; phase < TIMING.poll().dividedBy(TICK); phase++) {
            TwoNodesTest test = new TwoNodesTest();
            test.bothAreMembers();
            test.pass(TICK.multipliedBy(phase));
            test.first.path = path;
            test.pass(apart);
            test.second.path = path;
            test.pass(Duration.ofSeconds(20));
            assertThat(test.lettingGo()).as("frozen, phase %d", phase).isEmpty();
            assertThat(test.frozen()).isEqualTo(2);

            test.mend(test.first);
            test.pass(apart);
            test.mend(test.second);
            test.pass(Duration.ofSeconds(20));
            assertThat(test.lettingGo()).as("mended, phase %d", phase).isEmpty();
            assertThat(test.frozen()).isZero();
        }
    }

    @Test
    void a_node_that_loses_its_disks_alone_lets_go_as_if_it_had_no_peers() {
        for (Path path : List.of(Path.ERRORS, Path.HUNG)) {
            for (int phase = 0; phase < TIMING.poll().dividedBy(TICK); phase++) {
                TwoNodesTest test = new TwoNodesTest();
                test.bothAreMembers();
                test.pass(TICK.multipliedBy(phase));
                test.first.path = path;
                test.pass(TIMING.letGoAfter().plus(TICK.multipliedBy(2)));
                assertThat(test.lettingGo()).containsExactly(1);
                test.pass(Duration.ofSeconds(20));
                assertThat(test.lettingGo()).containsExactly(1);
            }
        }
    }

    @Test
    void a_frozen_node_renews_as_often_as_with_its_disks_so_that_a_pause_costs_it_no_more() {
        bothAreMembers();
        first.path = Path.HUNG;
        second.path = Path.HUNG;
        pass(Duration.ofSeconds(3));
        assertThat(frozen()).isEqualTo(2);
        for (Node node : List.of(first, second)) {
            node.renewals.clear();
            Moment from = now;
            pass(Duration.ofSeconds(20));
            Moment last = from;
            for (Moment renewal : node.renewals) {
                assertThat(renewal.since(last))
                        .isLessThanOrEqualTo(TIMING.poll().plus(TICK.multipliedBy(2)));
                last = renewal;
            }
            assertThat(now.since(last)).isLessThanOrEqualTo(TIMING.poll().plus(TICK.multipliedBy(2)));
        }
    }

    /**
     * A cut reaches both at once, but neither knows it then: each counts from the last heartbeat it got, and reads the other's block when
     * it polls. In every phase of the two, the one that has less to lose must not decide before the other has had its say.
     */
    @Test
    void when_two_nodes_are_cut_apart_the_one_that_runs_more_goes_on_whoever_notices_first() {
        for (int offset = 0; offset < TIMING.heartbeat().dividedBy(TICK); offset++) {
            for (int phase = 0; phase < 40; phase++) {
                TwoNodesTest test = new TwoNodesTest();
                test.bothAreMembers();
                // From then on its heartbeats come so much later.
                test.secondSleepsUntil = test.now.plus(TIMING.heartbeat()).plus(TICK.multipliedBy(offset));
                test.first.inbox.add(new Input.WeightChanged(2)); // It is the master, which decides among equals.
                test.second.inbox.add(new Input.WeightChanged(4));
                test.pass(Duration.ofSeconds(2));
                test.pass(TICK.multipliedBy(phase));
                test.cut = true;
                test.pass(TIMING.misscount().plusSeconds(2));
                assertThat(test.lettingGo())
                        .as("the second is %d ticks behind, cut in phase %d", offset, phase)
                        .containsExactly(1);
            }
        }
    }

    private void bothAreMembers() {
        pass(Duration.ofSeconds(15));
        for (Node node : List.of(first, second)) {
            assertThat(node.membership.status(now).leaseUntil()).isNotNull();
        }
    }

    private List<Integer> lettingGo() {
        List<Integer> numbers = new ArrayList<>();
        if (first.letGo) {
            numbers.add(1);
        }
        if (second.letGo) {
            numbers.add(2);
        }
        return numbers;
    }

    private long frozen() {
        return List.of(first, second).stream()
                .filter(node -> node.membership.status(now).frozen())
                .count();
    }

    private void mend(Node node) {
        node.path = Path.GOOD;
        for (Effect effect : List.copyOf(node.unanswered)) {
            perform(node, effect);
        }
        node.unanswered.clear();
    }

    private void pass(Duration span) {
        Moment end = now.plus(span);
        while (now.isBefore(end)) {
            now = now.plus(TICK);
            first.inbox.add(new Input.Tick());
            if (!now.isBefore(secondSleepsUntil)) {
                second.inbox.add(new Input.Tick());
            }
            while (!first.inbox.isEmpty() || !second.inbox.isEmpty()) {
                work(first);
                work(second);
            }
        }
    }

    private void work(Node node) {
        Input input = node.inbox.poll();
        if (input != null) {
            node.membership.step(now, input).forEach(effect -> perform(node, effect));
        }
    }

    private void perform(Node node, Effect effect) {
        Node peer = node == first ? second : first;
        switch (effect) {
            case Effect.WriteHeartbeat write -> io(node, write, write.disk(), write.operation());
            case Effect.WriteBallot write -> io(node, write, write.disk(), write.operation());
            case Effect.ReadHeartbeats read -> io(node, read, read.disk(), read.operation());
            case Effect.ReadBallots read -> io(node, read, read.disk(), read.operation());
            case Effect.SendHeartbeat send -> send(peer, new Input.HeartbeatReceived(0, send.heartbeat()));
            case Effect.AskPeers ask -> send(peer, new Input.LeaseAsked(ask.ask()));
            case Effect.AnswerPeer answer -> send(peer, new Input.LeaseAnswered(answer.answer()));
            case Effect.RenewLease _ -> node.renewals.add(now);
            case Effect.LetGo _ -> {
                node.letGo = true;
                node.inbox.add(new Input.LetGoDone(true, ""));
            }
            default -> {}
        }
    }

    private void send(Node peer, Input message) {
        if (!cut) {
            peer.inbox.add(message);
        }
    }

    private void io(Node node, Effect effect, int number, long operation) {
        switch (node.path) {
            case GOOD -> node.inbox.add(done(disks.get(number), effect, number, operation));
            case ERRORS -> node.inbox.add(new Input.DiskFailed(number, operation, "input/output error"));
            case HUNG -> node.unanswered.add(effect);
        }
    }

    private static Input done(Disk disk, Effect effect, int number, long operation) {
        return switch (effect) {
            case Effect.WriteHeartbeat write -> {
                disk.heartbeats.put(write.block().node(), write.block());
                yield new Input.DiskWritten(number, operation);
            }
            case Effect.WriteBallot write -> {
                disk.ballots.put(write.block().writer(), write.block());
                yield new Input.DiskWritten(number, operation);
            }
            case Effect.ReadHeartbeats _ ->
                new Input.HeartbeatsRead(number, operation, new TreeMap<>(disk.heartbeats), NodeSet.EMPTY);
            default -> new Input.BallotsRead(number, operation, new TreeMap<>(disk.ballots), NodeSet.EMPTY);
        };
    }
}
