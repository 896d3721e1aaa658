package dev.holdfast.membership;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** One real node with one voting disk that answers at once; the other node is played by the test. */
class OneNodeTest {
    private static final NodeId N1 = new NodeId(1);
    private static final NodeId N2 = new NodeId(2);
    private static final Incarnation FIRST_LIFE = new Incarnation(1);
    private static final Duration TICK = Duration.ofMillis(50);

    private final Membership node = new Membership(
            new MembershipSettings(
                    N1, NodeSet.of(N1, N2), 1, 1, Timing.standard(), 7, true, true, Duration.ofSeconds(3), 1),
            new Moment(0));
    private final TreeMap<NodeId, HeartbeatBlock> heartbeats = new TreeMap<>();
    private final TreeMap<NodeId, BallotBlock> ballots = new TreeMap<>();
    private final List<Effect> seen = new ArrayList<>();
    private Moment now = new Moment(0);
    private boolean diskAnswersWithErrors;
    private boolean failsWrites;
    private long peerSequence = 1;

    @Test
    void a_joiner_that_lost_the_majority_says_that_it_stopped_and_begins_anew() {
        pass(1);
        assertThat(seen).noneMatch(Effect.LetGo.class::isInstance);

        diskAnswersWithErrors = true;
        pass(5); // More than its lease of 4 s, although it holds none: it may have been voted in without knowing.
        assertThat(seen).anyMatch(Effect.LetGo.class::isInstance);

        give(new Input.LetGoDone(true, "nothing ran"));
        assertThat(seen)
                .anyMatch(effect -> effect instanceof Effect.SendHeartbeat beat
                        && beat.heartbeat().state() == NodeState.STOPPED);
        pass(10);
        assertThat(seen).anyMatch(effect -> effect instanceof Effect.Exit exit && exit.restart());
    }

    @Test
    void a_joiner_whose_disks_answer_waits_as_long_as_it_takes() {
        peerIsMemberOfAViewOfItsOwn();
        passWithPeerOnDisk(30, NodeState.MEMBER); // A member lives, but does not hear us: it does not let us in.
        assertThat(seen).noneMatch(Effect.LetGo.class::isInstance);
    }

    @Test
    void the_word_of_a_person_is_for_one_eviction_and_not_for_the_next_of_the_same_life() {
        peerIsMemberOfAViewOfItsOwn();
        pass(12);
        assertThat(current().unsettled(N2)).isPresent();
        give(new Input.OperatorConfirmed(N2, "alice"));
        assertThat(settledTimes()).isOne();

        // The same life wants in after all, is let in, and then falls silent without another word.
        passWithPeerHeard(4);
        assertThat(current().hasMember(N2, FIRST_LIFE)).isTrue();
        pass(9);
        assertThat(current().hasMember(N2, FIRST_LIFE)).isFalse();
        assertThat(settledTimes()).isOne();
    }

    @Test
    void a_joiner_that_was_voted_out_before_it_knew_that_it_was_in_begins_anew() {
        pass(1);
        View without = new View(
                new Epoch(2),
                0,
                new TreeMap<>(Map.of(N2, FIRST_LIFE)),
                N2,
                List.of(new View.Unsettled(N1, FIRST_LIFE, new Epoch(2), false)),
                RegistryRoot.NONE,
                N2,
                "voted out: n1 #1");
        writePeer(NodeState.MEMBER, without);
        pass(1);
        assertThat(seen).anyMatch(Effect.LetGo.class::isInstance);
    }

    @Test
    void a_life_that_is_not_settled_is_not_let_in() {
        peerIsMemberOfAViewOfItsOwn();
        pass(12);
        passWithPeerHeard(6);
        assertThat(current().hasMember(N2, FIRST_LIFE)).isFalse();
        assertThat(current().unsettled(N2)).isPresent();
    }

    @Test
    void a_founder_that_was_a_member_already_in_the_same_life_is_not_waited_for() {
        peerIsMemberOfAViewOfItsOwn();
        passWithPeerHeard(8);
        assertThat(current().memberSet()).isEqualTo(NodeSet.of(N1, N2));
        assertThat(current().unsettled()).isEmpty();
    }

    @Test
    void nobody_hears_of_a_life_and_none_may_let_it_in_before_a_majority_holds_its_incarnation() {
        OneNodeTest other = new OneNodeTest();
        other.pass(0.2); // Reads, claims, and only then joins.
        List<NodeState> states = other.seen.stream()
                .filter(Effect.WriteHeartbeat.class::isInstance)
                .map(effect -> ((Effect.WriteHeartbeat) effect).block().state())
                .toList();
        assertThat(states).startsWith(NodeState.STOPPED, NodeState.JOINING);

        OneNodeTest unlucky = new OneNodeTest();
        unlucky.failsWrites = true;
        unlucky.pass(3);
        assertThat(unlucky.seen).noneMatch(Effect.SendHeartbeat.class::isInstance);
        assertThat(unlucky.seen)
                .filteredOn(Effect.WriteHeartbeat.class::isInstance)
                .allMatch(effect -> effect instanceof Effect.WriteHeartbeat write
                        && write.block().state() == NodeState.STOPPED
                        && write.block().sequence() == 1);
    }

    @Test
    void a_node_that_is_asked_to_leave_while_it_reads_the_disks_for_the_first_time_leaves() {
        List<Effect> first = node.step(now, new Input.Tick());
        node.step(now, new Input.LeaveRequested("the administrator stops this node", true));
        for (Effect effect : first) {
            if (effect instanceof Effect.ReadBallots read) {
                node.step(now, new Input.BallotsRead(0, read.operation(), new TreeMap<>(), NodeSet.EMPTY));
            }
        }
        assertThat(node.step(now, new Input.LetGoDone(true, "nothing ran")))
                .anyMatch(effect -> effect instanceof Effect.Exit exit && !exit.restart());
    }

    @Test
    void a_lease_counts_from_the_round_that_is_complete_not_from_the_one_that_its_news_begins() {
        peerIsMemberOfAViewOfItsOwn();
        passWithPeerHeard(8);
        View view = current();
        assertThat(view.hasMember(N1, FIRST_LIFE)).isTrue();

        // One slow round, at the end of which there is a newer view: it is announced at once, by the next round.
        Moment began = now.plus(Duration.ofMillis(600));
        List<Effect> writes = node.step(began, new Input.Tick());
        long write = writes.stream()
                .filter(Effect.WriteHeartbeat.class::isInstance)
                .mapToLong(effect -> ((Effect.WriteHeartbeat) effect).operation())
                .findFirst()
                .orElseThrow();
        heartbeats.put(
                N1,
                ((Effect.WriteHeartbeat) writes.stream()
                                .filter(Effect.WriteHeartbeat.class::isInstance)
                                .findFirst()
                                .orElseThrow())
                        .block());
        long read = node.step(began, new Input.DiskWritten(0, write)).stream()
                .filter(Effect.ReadHeartbeats.class::isInstance)
                .mapToLong(effect -> ((Effect.ReadHeartbeats) effect).operation())
                .findFirst()
                .orElseThrow();
        writePeer(
                NodeState.MEMBER,
                new View(
                        view.epoch(),
                        view.sub() + 1,
                        view.members(),
                        view.master(),
                        view.unsettled(),
                        new RegistryRoot(1, 1, 1, 1),
                        N2,
                        "registry root"));
        List<Effect> news = node.step(
                began.plus(Duration.ofMillis(600)),
                new Input.HeartbeatsRead(0, read, new TreeMap<>(heartbeats), NodeSet.EMPTY));
        assertThat(news).anyMatch(Effect.InstallView.class::isInstance);
        assertThat(news).anyMatch(Effect.WriteHeartbeat.class::isInstance);
        assertThat(news)
                .filteredOn(Effect.RenewLease.class::isInstance)
                .isNotEmpty()
                .allMatch(effect -> effect instanceof Effect.RenewLease renewal
                        && renewal.until().equals(began.plus(Timing.standard().lease())));
    }

    @Test
    void a_member_that_an_administrator_wants_out_is_voted_out_and_shot_at_once_although_it_is_well() {
        peerIsMemberOfAViewOfItsOwn();
        passWithPeerHeard(8);
        assertThat(current().hasMember(N2, FIRST_LIFE)).isTrue();
        seen.clear();

        give(new Input.ChangeWanted(7, new ViewChange.Evict(N2, "alice", "bad disk")));
        passWithPeerHeard(0.2);
        assertThat(current().memberSet()).isEqualTo(NodeSet.of(N1));
        assertThat(current().reason()).isEqualTo("voted out: n2 #1: ordered by alice: bad disk");
        assertThat(seen)
                .anyMatch(effect ->
                        effect instanceof Effect.ChangeAnswered answer && answer.request() == 7 && answer.accepted())
                .anyMatch(effect -> effect instanceof Effect.Fence shot
                        && shot.victim().equals(N2)
                        && shot.incarnation().equals(FIRST_LIFE))
                .contains(new Effect.VotedOut(
                        N2, FIRST_LIFE, current().epoch(), N1, current().reason(), false));
    }

    @Test
    void an_order_to_fence_is_called_off_when_the_victim_says_that_it_has_stopped() {
        peerIsMemberOfAViewOfItsOwn();
        passWithPeerHeard(8);
        seen.clear();
        pass(9);
        assertThat(seen).anyMatch(Effect.Fence.class::isInstance).noneMatch(Effect.CallOffFence.class::isInstance);

        writePeer(NodeState.STOPPED, current());
        pass(1);
        assertThat(settledTimes()).isOne();
        assertThat(seen)
                .filteredOn(Effect.CallOffFence.class::isInstance)
                .containsExactly(new Effect.CallOffFence(N2, FIRST_LIFE));
        give(new Input.FenceFailed(N2, FIRST_LIFE, "called off"));
        pass(20);
        assertThat(seen).filteredOn(Effect.Fence.class::isInstance).hasSize(1);
    }

    @Test
    void an_order_of_the_administrator_to_fence_is_never_called_off() {
        peerIsMemberOfAViewOfItsOwn();
        passWithPeerHeard(8);
        seen.clear();
        give(new Input.ChangeWanted(7, new ViewChange.Evict(N2, "alice", "bad disk")));
        passWithPeerHeard(0.2);
        writePeer(NodeState.STOPPED, current());
        pass(2);
        assertThat(settledTimes()).isOne();
        assertThat(seen).anyMatch(Effect.Fence.class::isInstance).noneMatch(Effect.CallOffFence.class::isInstance);
    }

    @Test
    void an_order_to_vote_out_a_stranger_or_the_node_itself_is_refused() {
        peerIsMemberOfAViewOfItsOwn();
        passWithPeerHeard(8);
        View before = current();

        give(new Input.ChangeWanted(7, new ViewChange.Evict(N1, "alice", "")));
        give(new Input.ChangeWanted(8, new ViewChange.Evict(new NodeId(3), "alice", "")));
        assertThat(current()).isEqualTo(before);
        assertThat(seen)
                .contains(
                        new Effect.ChangeAnswered(7, false, before, "a node does not vote itself out; ask another one"),
                        new Effect.ChangeAnswered(8, false, before, "n3 is not a member"));
    }

    @Test
    void the_view_and_the_record_say_why_a_member_was_voted_out() {
        peerIsMemberOfAViewOfItsOwn();
        passWithPeerHeard(8);
        seen.clear();
        pass(9);
        assertThat(seen)
                .filteredOn(Effect.VotedOut.class::isInstance)
                .singleElement()
                .isEqualTo(new Effect.VotedOut(
                        N2,
                        FIRST_LIFE,
                        current().epoch(),
                        N1,
                        "voted out: n2 #1: silent on all private networks for more than 3.000 s",
                        false));
    }

    @Test
    void the_claim_of_a_later_life_does_not_prove_that_an_earlier_one_is_over() {
        peerIsMemberOfAViewOfItsOwn();
        pass(12);
        assertThat(current().unsettled(N2)).isPresent();

        // It may have been left on this disk by a life that never got a majority, before the present one began.
        writeNextLifeOfPeer(1, NodeState.STOPPED);
        pass(1);
        assertThat(settledTimes()).isZero();

        writeNextLifeOfPeer(2, NodeState.JOINING);
        pass(1);
        assertThat(settledTimes()).isOne();
    }

    @Test
    void a_claim_that_got_no_further_does_not_stop_the_clock_of_the_life_before() {
        timerTakeover = true;
        peerIsMemberOfAViewOfItsOwn();
        pass(1);
        writeNextLifeOfPeer(1, NodeState.STOPPED);
        pass(120); // D + S of the peer are 130 s.
        assertThat(current().unsettled(N2)).isPresent();
        assertThat(settledTimes()).isZero();
        pass(25);
        assertThat(settledTimes()).isOne();
        assertThat(seen).anyMatch(effect -> effect instanceof Effect.Settled done && done.proof() == Proof.TIMER);
    }

    @Test
    void a_claim_that_got_no_further_does_not_hide_that_the_life_before_it_has_begun() {
        peerIsMemberOfAViewOfItsOwn();
        pass(1);
        writeNextLifeOfPeer(2, NodeState.JOINING);
        pass(1);
        writeNextLifeOfPeer(3, 1, NodeState.STOPPED);
        pass(12);
        assertThat(settledTimes()).isOne();
    }

    @Test
    void a_claim_that_tells_of_the_life_before_proves_that_one_over_and_none_that_is_newer() {
        peerIsMemberOfAViewOfItsOwn();
        pass(1);
        // The node is lost for good just as its new life has claimed its number over the word STOPPED of the one
        // before.
        claimTells = FIRST_LIFE;
        writeNextLifeOfPeer(1, NodeState.STOPPED);
        pass(12);
        assertThat(settledTimes()).isOne();
        assertThat(seen)
                .anyMatch(effect -> effect instanceof Effect.Settled done
                        && done.victim().equals(N2)
                        && done.incarnation().equals(FIRST_LIFE)
                        && done.proof() == Proof.STOPPED);
    }

    @Test
    void a_claim_tells_of_no_life_that_its_writer_found_only_claimed() {
        heartbeats.put(N1, claimOfOurs(7, new Incarnation(4)));
        pass(1);
        HeartbeatBlock ours = java.util.Objects.requireNonNull(heartbeats.get(N1));
        assertThat(ours.incarnation()).isEqualTo(new Incarnation(8));
        assertThat(ours.earlier()).isEqualTo(new Incarnation(4));
    }

    @Test
    void a_claim_tells_of_the_life_that_the_newest_view_has() {
        View view = new View(
                new Epoch(1),
                0,
                new TreeMap<>(Map.of(N1, new Incarnation(5), N2, FIRST_LIFE)),
                N2,
                List.of(),
                RegistryRoot.NONE,
                N2,
                "founded by n2");
        ballots.put(N2, new BallotBlock(N2, FIRST_LIFE, 2, 130, 130, view));
        writePeer(NodeState.MEMBER, view);
        heartbeats.put(N1, claimOfOurs(5, new Incarnation(4)));
        pass(1);
        HeartbeatBlock ours = java.util.Objects.requireNonNull(heartbeats.get(N1));
        assertThat(ours.incarnation()).isEqualTo(new Incarnation(6));
        assertThat(ours.earlier()).isEqualTo(new Incarnation(5));
    }

    private static HeartbeatBlock claimOfOurs(long life, Incarnation earlier) {
        return new HeartbeatBlock(
                N1,
                new Incarnation(life),
                earlier,
                1,
                NodeState.STOPPED,
                null,
                NodeSet.of(N1),
                0,
                0,
                0,
                DiskReport.NONE,
                8,
                new SafetyData(Duration.ofSeconds(10), Duration.ofSeconds(130), false));
    }

    private boolean timerTakeover;
    private @Nullable Incarnation claimTells;

    private void writeNextLifeOfPeer(long sequence, NodeState state) {
        writeNextLifeOfPeer(2, sequence, state);
    }

    private void writeNextLifeOfPeer(long life, long sequence, NodeState state) {
        HeartbeatBlock old = java.util.Objects.requireNonNull(heartbeats.get(N2));
        heartbeats.put(
                N2,
                new HeartbeatBlock(
                        N2,
                        new Incarnation(life),
                        claimTells,
                        sequence,
                        state,
                        old.announced(),
                        old.reach(),
                        old.round(),
                        old.weight(),
                        old.ballotSequence(),
                        old.disks(),
                        old.bootId(),
                        old.safety()));
    }

    private void peerIsMemberOfAViewOfItsOwn() {
        View view = new View(
                new Epoch(1),
                0,
                new TreeMap<>(Map.of(N2, FIRST_LIFE)),
                N2,
                List.of(),
                RegistryRoot.NONE,
                N2,
                "founded by n2");
        ballots.put(N2, new BallotBlock(N2, FIRST_LIFE, 2, 130, 130, view));
        writePeer(NodeState.JOINING, view);
    }

    private void writePeer(NodeState state, View announced) {
        heartbeats.put(
                N2,
                new HeartbeatBlock(
                        N2,
                        FIRST_LIFE,
                        null,
                        peerSequence++,
                        state,
                        announced,
                        NodeSet.of(N1, N2),
                        0,
                        0,
                        2,
                        DiskReport.NONE,
                        8,
                        new SafetyData(Duration.ofSeconds(10), Duration.ofSeconds(130), timerTakeover)));
    }

    private View current() {
        View current = null;
        for (Effect effect : seen) {
            if (effect instanceof Effect.InstallView install) {
                current = install.view();
            }
        }
        assertThat(current).isNotNull();
        return java.util.Objects.requireNonNull(current);
    }

    private long settledTimes() {
        Predicate<Effect> settled = Effect.Settled.class::isInstance;
        return seen.stream().filter(settled).count();
    }

    /** Lets time pass in ticks, the other node being silent and still. */
    private void pass(double seconds) {
        for (long tick = 0; tick < seconds * 1000 / TICK.toMillis(); tick++) {
            now = now.plus(TICK);
            give(new Input.Tick());
        }
    }

    private void passWithPeerOnDisk(double seconds, NodeState state) {
        for (long tick = 0; tick < seconds * 10; tick++) {
            View announced = java.util.Objects.requireNonNull(
                    java.util.Objects.requireNonNull(heartbeats.get(N2)).announced());
            writePeer(state, announced);
            pass(0.1);
        }
    }

    private void passWithPeerHeard(double seconds) {
        for (long tick = 0; tick < seconds * 10; tick++) {
            passWithPeerOnDisk(0.1, NodeState.JOINING);
            give(new Input.HeartbeatReceived(
                    0,
                    new Heartbeat(
                            N2,
                            FIRST_LIFE,
                            peerSequence,
                            NodeState.JOINING,
                            Epoch.NONE,
                            0,
                            NodeSet.of(N1, N2),
                            true,
                            8)));
        }
    }

    private void give(Input input) {
        ArrayDeque<Input> inbox = new ArrayDeque<>(List.of(input));
        while (!inbox.isEmpty()) {
            for (Effect effect : node.step(now, inbox.remove())) {
                seen.add(effect);
                switch (effect) {
                    case Effect.WriteHeartbeat write -> {
                        heartbeats.put(N1, write.block());
                        inbox.add(
                                failsWrites
                                        ? new Input.DiskFailed(0, write.operation(), "input/output error")
                                        : answer(write.operation(), new Input.DiskWritten(0, write.operation())));
                    }
                    case Effect.WriteBallot write -> {
                        ballots.put(N1, write.block());
                        inbox.add(answer(write.operation(), new Input.DiskWritten(0, write.operation())));
                    }
                    case Effect.ReadHeartbeats read ->
                        inbox.add(answer(
                                read.operation(),
                                new Input.HeartbeatsRead(
                                        0, read.operation(), new TreeMap<>(heartbeats), NodeSet.EMPTY)));
                    case Effect.ReadBallots read ->
                        inbox.add(answer(
                                read.operation(),
                                new Input.BallotsRead(0, read.operation(), new TreeMap<>(ballots), NodeSet.EMPTY)));
                    default -> {}
                }
            }
        }
    }

    private Input answer(long operation, Input answer) {
        return diskAnswersWithErrors ? new Input.DiskFailed(0, operation, "input/output error") : answer;
    }
}
