package dev.holdfast.membership;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import dev.holdfast.model.VotingSet;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** One real node with several voting disks that are told one by one and answer at once; the other node is played by the test. */
class VotingSetTest {
    private static final NodeId N1 = new NodeId(1);
    private static final NodeId N2 = new NodeId(2);
    private static final Incarnation FIRST_LIFE = new Incarnation(1);
    private static final Duration TICK = Duration.ofMillis(50);
    private static final UUID A = new UUID(0, 1);
    private static final UUID B = new UUID(0, 2);
    private static final UUID C = new UUID(0, 3);
    private static final long REQUEST = 77;

    private final Membership node = new Membership(
            new MembershipSettings(
                    N1, NodeSet.of(N1, N2), 0, 1, Timing.standard(), 7, true, true, Duration.ofSeconds(3), 1),
            new Moment(0));
    private final Map<Integer, SortedMap<NodeId, HeartbeatBlock>> heartbeats = new TreeMap<>();
    private final Map<Integer, SortedMap<NodeId, BallotBlock>> ballots = new TreeMap<>();
    private final Set<Integer> failing = new HashSet<>();
    private final Set<Integer> hanging = new HashSet<>();
    private final List<Effect> seen = new ArrayList<>();
    private Moment now = new Moment(0);
    private boolean heartbeatsFail;
    private long peerSequence = 1;

    @Test
    void a_round_of_the_old_set_that_learns_of_the_new_one_renews_no_lease() {
        attach(0, A, A);
        pass(1);
        View old = view(0, VotingSet.CONFIGURED);
        peerAnnounces(0, old);
        pass(1);
        assertThat(renewals()).isPositive();

        // Whoever takes over may look into B alone by now, and does not see what is written to A.
        peerAnnounces(0, view(1, new VotingSet(1, ids(B), ids(A))));
        seen.clear();
        pass(1);
        assertThat(seen).anyMatch(Effect.InstallView.class::isInstance);
        assertThat(renewals()).isZero();

        attach(1, B);
        pass(0.5);
        assertThat(renewals()).isPositive();
    }

    @Test
    void the_joint_phase_ends_only_after_it_was_announced_on_the_old_disks() {
        attach(0, A, A);
        pass(12);
        attach(1, B);
        wantBForA();
        passUntilJoint();

        heartbeatsFail = true;
        pass(1);
        assertThat(valuesWritten()).noneMatch(set -> set.generation() == 1 && !set.isJoint());
        heartbeatsFail = false;
        pass(2);
        assertThat(current().votingSet()).isEqualTo(new VotingSet(1, ids(B), ids()));
        assertThat(seen)
                .anyMatch(effect -> effect instanceof Effect.ChangeAnswered answer
                        && answer.request() == REQUEST
                        && answer.accepted());
    }

    /** Simulator, seed 600287290: who started later found the end of the change in ballots only, and looked for the old disks for ever. */
    @Test
    void the_old_disks_are_needed_until_the_new_ones_show_that_they_decide_alone() {
        attach(0, A, A);
        pass(12);
        attach(1, B);
        wantBForA();
        heartbeatsFailAt = set -> set.generation() == 1 && !set.isJoint();
        pass(5);
        assertThat(current().votingSet()).isEqualTo(new VotingSet(1, ids(B), ids()));
        assertThat(seen).noneMatch(Effect.VotingSetShown.class::isInstance);
        assertThat(seen).noneMatch(Effect.ChangeAnswered.class::isInstance);

        heartbeatsFailAt = _ -> false;
        heartbeatsFail = false;
        pass(1);
        assertThat(seen).contains(new Effect.VotingSetShown(current()));
        assertThat(seen)
                .anyMatch(effect -> effect instanceof Effect.ChangeAnswered answer
                        && answer.request() == REQUEST
                        && answer.accepted());
    }

    @Test
    void a_life_that_begins_after_a_change_is_later_than_all_that_only_the_old_disks_know_of() {
        attach(0, B);
        heartbeats(0).put(N2, peerBlock(view(4, new VotingSet(3, ids(B), ids())), DiskReport.NONE));
        pass(0.2);
        assertThat(blocksWritten().findFirst().orElseThrow().incarnation().number())
                .isGreaterThan(3 * Incarnation.PER_VOTING_SET);
    }

    @Test
    void a_new_life_numbers_its_ballots_past_what_an_earlier_one_left_on_a_minority() {
        View old = view(0, VotingSet.CONFIGURED);
        ballots(2).put(N1, new BallotBlock(N1, FIRST_LIFE, 50, 1400, 129, old));
        failing.add(2);
        attach(0, A, A, B, C);
        attach(1, B, A, B, C);
        attach(2, C, A, B, C);
        pass(1);
        failing.clear();
        pass(12);
        assertThat(ballotsWritten().map(BallotBlock::sequence))
                .isNotEmpty()
                .allMatch(sequence -> sequence > 50, "numbered past the unseen block");
    }

    @Test
    void a_disk_that_does_not_show_our_own_ballot_does_not_count() {
        attach(0, A, A, B, C);
        attach(1, B, A, B, C);
        attach(2, C, A, B, C);
        failing.add(0);
        pass(1);
        masked = 2;
        pass(12);
        assertThat(seen).noneMatch(Effect.InstallView.class::isInstance);
        masked = -1;
        pass(12);
        assertThat(seen).anyMatch(Effect.InstallView.class::isInstance);
    }

    private int masked = -1;

    @Test
    void where_the_voting_disks_are_is_told_on_each_of_them() {
        attach(0, A, A);
        pass(12);
        attach(1, B);
        wantBForA();
        pass(5);
        HeartbeatBlock last = java.util.Objects.requireNonNull(heartbeats(1).get(N1));
        assertThat(last.disks().sought()).containsExactly(Map.entry(B, "/dev/b"));
    }

    @Test
    void a_new_life_goes_on_telling_where_the_voting_disks_are() {
        attach(0, B);
        View view = view(4, new VotingSet(1, ids(B), ids()));
        heartbeats(0).put(N1, ownOldBlock(view));
        pass(0.2);
        assertThat(blocksWritten())
                .isNotEmpty()
                .allMatch(block -> block.disks().sought().equals(Map.of(B, "/dev/b")));
    }

    /** Simulator, seed 80005903: the master left between its announcement of the joint set and the end of the change. */
    @Test
    void who_was_told_where_a_disk_is_goes_on_telling_after_the_master_is_gone() {
        attach(0, A, A);
        pass(1);
        heartbeats(0)
                .put(
                        N2,
                        peerBlock(
                                view(0, VotingSet.CONFIGURED),
                                new DiskReport(ids(A, B), new TreeMap<>(Map.of(B, "/dev/b")))));
        pass(1);
        assertThat(seen).contains(new Effect.SeekDisk(B, "/dev/b"));
        attach(1, B);

        peerAnnounces(0, view(1, new VotingSet(1, ids(A, B), ids())));
        pass(2);
        assertThat(current().votingSet().disks()).contains(B);
        assertThat(blocksWritten().toList().getLast().disks().sought()).containsEntry(B, "/dev/b");
    }

    @Test
    void a_node_that_finds_too_few_disks_looks_again_whether_the_others_are_told() {
        attach(0, A, A);
        View view = view(4, new VotingSet(1, ids(A, B, C), ids()));
        peerAnnounces(0, view);
        pass(1);
        assertThat(seen).noneMatch(Effect.SeekDisk.class::isInstance);
        heartbeats(0)
                .put(
                        N2,
                        peerBlock(view, new DiskReport(ids(A, B, C), new TreeMap<>(Map.of(B, "/dev/b", C, "/dev/c")))));
        pass(2);
        assertThat(seen).contains(new Effect.SeekDisk(B, "/dev/b"), new Effect.SeekDisk(C, "/dev/c"));
    }

    private static HeartbeatBlock ownOldBlock(View view) {
        return new HeartbeatBlock(
                N1,
                FIRST_LIFE,
                null,
                5,
                NodeState.MEMBER,
                view,
                NodeSet.of(N1, N2),
                0,
                0,
                0,
                new DiskReport(ids(B), new TreeMap<>(Map.of(B, "/dev/b"))),
                6,
                new SafetyData(Duration.ofSeconds(10), Duration.ofSeconds(130), false));
    }

    @Test
    void a_member_says_that_it_uses_the_disks_that_the_master_looks_for() {
        attach(0, A, A);
        pass(1);
        View view = view(0, VotingSet.CONFIGURED);
        attach(1, B);
        for (int round = 0; round < 10; round++) {
            heartbeats(0).put(N2, peerBlock(view, new DiskReport(ids(A), new TreeMap<>(Map.of(B, "/dev/b")))));
            pass(0.3);
        }
        assertThat(blocksWritten().toList().getLast().disks().usable()).contains(A, B);
    }

    @Test
    void who_learns_of_new_disks_with_the_view_looks_for_them_although_no_round_can_be_done_without_them() {
        attach(0, A, A);
        pass(1);
        heartbeats(0)
                .put(
                        N2,
                        peerBlock(
                                view(1, new VotingSet(1, ids(A, B, C), ids(A))),
                                new DiskReport(ids(A, B, C), new TreeMap<>(Map.of(B, "/dev/b", C, "/dev/c")))));
        pass(1);
        assertThat(seen).contains(new Effect.SeekDisk(B, "/dev/b"), new Effect.SeekDisk(C, "/dev/c"));
    }

    @Test
    void nobody_is_let_in_who_does_not_use_the_disks_that_decide() {
        attach(0, A, A);
        pass(12);
        joinerBeats(6, ids());
        assertThat(current().memberSet()).isEqualTo(NodeSet.of(N1));
        joinerBeats(6, ids(A));
        assertThat(current().memberSet()).isEqualTo(NodeSet.of(N1, N2));
    }

    private void joinerBeats(double seconds, SortedSet<UUID> usable) {
        for (long round = 0; round < seconds * 5; round++) {
            HeartbeatBlock block = peerBlock(current(), new DiskReport(usable, new TreeMap<>()));
            heartbeats(0)
                    .put(
                            N2,
                            new HeartbeatBlock(
                                    N2,
                                    FIRST_LIFE,
                                    null,
                                    block.sequence(),
                                    NodeState.JOINING,
                                    current(),
                                    NodeSet.of(N1, N2),
                                    0,
                                    0,
                                    0,
                                    block.disks(),
                                    8,
                                    block.safety()));
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
            pass(0.2);
        }
    }

    /** Found by the simulator, seed 90071112. */
    @Test
    void a_disk_that_is_opened_while_another_one_hangs_takes_its_place_in_what_is_under_way() {
        attach(0, A, A, B, C);
        attach(1, B, A, B, C);
        pass(12);
        assertThat(renewals()).isPositive();
        hanging.add(1);
        pass(1); // The heartbeat's round waits for B.
        Epoch epoch = current().epoch();
        give(new Input.ChangeWanted(REQUEST, new ViewChange.SetRoot(epoch, new RegistryRoot(epoch.number(), 1, 1, 1))));
        pass(0.1); // And so does the ballot's.

        seen.clear();
        attach(2, C, A, B, C);
        pass(Timing.standard().lease().toMillis() / 1000.0);
        assertThat(renewals()).isGreaterThan(2);
        assertThat(seen)
                .noneMatch(Effect.LetGo.class::isInstance)
                .anyMatch(effect -> effect instanceof Effect.ChangeAnswered answer
                        && answer.request() == REQUEST
                        && answer.accepted());
    }

    /** Found by the simulator, seed 100157533: the node waited for a disk that was closed, until its lease was over. */
    @Test
    void a_disk_that_was_written_and_is_closed_before_it_is_read_holds_up_no_round() {
        attach(0, A, A);
        pass(12);
        attach(1, B);
        wantBForA();
        passUntilJoint();
        heartbeatsFail = false;
        held = effect -> effect instanceof Effect.WriteBallot write && write.disk() == 1;
        pass(1); // The joint set is announced, and the ballot that ends it waits for B.
        assertThat(current().votingSet().isJoint()).isTrue();

        held = held.or(effect -> effect instanceof Effect.WriteHeartbeat write && write.disk() == 1);
        pass(1); // A round that needs A and B has been written on A.
        release(Effect.WriteBallot.class);
        assertThat(current().votingSet()).isEqualTo(new VotingSet(1, ids(B), ids()));
        give(new Input.DiskDetached(0));
        hanging.add(0);
        seen.clear();
        release(Effect.WriteHeartbeat.class);
        pass(1);
        assertThat(blocksWritten()).isNotEmpty();
    }

    /** Found by the simulator, seed 100403836: everybody was restarted, and nobody knew where the disks were that may decide. */
    @Test
    void who_leaves_while_new_disks_may_be_in_force_still_tells_where_they_are() {
        attach(0, A, A);
        pass(12);
        attach(1, B);
        held = effect -> effect instanceof Effect.WriteBallot write && write.disk() == 1;
        wantBForA();
        pass(3); // It is accepted on A, and B does not answer.
        assertThat(valuesWritten()).anyMatch(VotingSet::isJoint);
        assertThat(current().votingSet().isJoint()).isFalse();

        seen.clear();
        give(new Input.LeaveRequested("the administrator stops this node", true));
        give(new Input.LetGoDone(true, ""));
        assertThat(blocksWritten().filter(block -> block.state() == NodeState.STOPPED))
                .isNotEmpty()
                .allMatch(block -> "/dev/b".equals(block.disks().sought().get(B)));
    }

    /** Found by the simulator, seed 300214758: two founders at a time, and the second founded over the first one's view. */
    @Test
    void who_hears_of_a_view_while_its_own_ballot_to_found_is_under_way_does_not_found_over_it() {
        View founded = new View(
                new Epoch(1),
                0,
                new TreeMap<>(Map.of(N2, FIRST_LIFE)),
                N2,
                List.of(),
                RegistryRoot.NONE,
                N2,
                "founded by n2");
        attach(0, A, A);
        held = effect -> effect instanceof Effect.WriteBallot;
        pass(12);
        assertThat(ballotsWritten()).as("a ballot to found").isNotEmpty();

        ballots(0).put(N2, new BallotBlock(N2, FIRST_LIFE, 2, 2, 2, founded));
        peerAnnounces(0, founded);
        pass(0.5);
        release(Effect.WriteBallot.class);
        assertThat(ballotsWritten().map(BallotBlock::value).filter(java.util.Objects::nonNull))
                .allMatch(founded::equals);
    }

    @Test
    void a_number_that_stands_for_another_disk_now_counts_for_that_one_alone() {
        Quorum quorum = Quorum.of(new VotingSet(1, ids(A, B, C), ids()), Map.of(A, 0, B, 1));
        assertThat(quorum.isEnough(0b11)).isTrue();
        assertThat(quorum.opened(1, new UUID(0, 9)).isEnough(0b11))
                .as("B is closed")
                .isFalse();
        assertThat(quorum.opened(2, C).isEnough(0b101)).isTrue();
        assertThat(quorum.covers(quorum.opened(2, C)))
                .as("the same disks decide")
                .isTrue();
        assertThat(quorum.covers(Quorum.of(new VotingSet(2, ids(A, B), ids()), Map.of(A, 0, B, 1))))
                .isFalse();
    }

    @Test
    void what_can_be_no_change_is_refused() {
        VotingSet one = new VotingSet(0, ids(A), ids());
        assertThat(objection(one, Map.of(), ids())).contains("nothing");
        assertThat(objection(one, Map.of(B, "/dev/b"), ids(B))).contains("added and deleted");
        assertThat(objection(one, Map.of(B, ""), ids(A))).contains("path");
        assertThat(objection(one, Map.of(B, "/" + "x".repeat(200)), ids(A))).contains("path");
        assertThat(objection(one, Map.of(B, "/dev/b"), ids())).contains("2 voting disks");
        assertThat(objection(one, Map.of(B, "/dev/b", C, "/dev/c"), ids())).isEmpty();
    }

    private static String objection(VotingSet set, Map<UUID, String> add, SortedSet<UUID> remove) {
        return VotingSetChange.objection(set, new ViewChange.ChangeDisks(new TreeMap<>(add), remove));
    }

    private static SortedSet<UUID> ids(UUID... ids) {
        return new TreeSet<>(List.of(ids));
    }

    private static View view(long sub, VotingSet set) {
        View first = new View(
                new Epoch(1),
                sub,
                new TreeMap<>(Map.of(N1, FIRST_LIFE, N2, FIRST_LIFE)),
                N2,
                List.of(),
                RegistryRoot.NONE,
                N2,
                "founded");
        return new View(
                first.epoch(),
                sub,
                first.members(),
                N2,
                List.of(),
                RegistryRoot.NONE,
                set,
                new TreeMap<>(),
                N2,
                "voting disks");
    }

    private HeartbeatBlock peerBlock(View announced, DiskReport report) {
        return new HeartbeatBlock(
                N2,
                FIRST_LIFE,
                null,
                ++peerSequence,
                NodeState.MEMBER,
                announced,
                NodeSet.of(N1, N2),
                0,
                0,
                0,
                report,
                8,
                new SafetyData(Duration.ofSeconds(10), Duration.ofSeconds(130), false));
    }

    private void peerAnnounces(int disk, View view) {
        heartbeats(disk).put(N2, peerBlock(view, DiskReport.NONE));
    }

    private SortedMap<NodeId, HeartbeatBlock> heartbeats(int disk) {
        return heartbeats.computeIfAbsent(disk, _ -> new TreeMap<>());
    }

    private SortedMap<NodeId, BallotBlock> ballots(int disk) {
        return ballots.computeIfAbsent(disk, _ -> new TreeMap<>());
    }

    private void attach(int number, UUID id, UUID... first) {
        give(new Input.DiskAttached(number, id, ids(first)));
    }

    private long renewals() {
        return seen.stream().filter(Effect.RenewLease.class::isInstance).count();
    }

    private Stream<HeartbeatBlock> blocksWritten() {
        return seen.stream()
                .filter(Effect.WriteHeartbeat.class::isInstance)
                .map(effect -> ((Effect.WriteHeartbeat) effect).block());
    }

    private Stream<BallotBlock> ballotsWritten() {
        return seen.stream()
                .filter(Effect.WriteBallot.class::isInstance)
                .map(effect -> ((Effect.WriteBallot) effect).block());
    }

    private List<VotingSet> valuesWritten() {
        return ballotsWritten()
                .map(BallotBlock::value)
                .filter(java.util.Objects::nonNull)
                .map(View::votingSet)
                .toList();
    }

    private @Nullable View installed() {
        View installed = null;
        for (Effect effect : seen) {
            installed = effect instanceof Effect.InstallView install ? install.view() : installed;
        }
        return installed;
    }

    private View current() {
        return java.util.Objects.requireNonNull(installed());
    }

    private void wantBForA() {
        give(new Input.ChangeWanted(REQUEST, new ViewChange.ChangeDisks(new TreeMap<>(Map.of(B, "/dev/b")), ids(A))));
    }

    private void passUntilJoint() {
        heartbeatsFailAt = VotingSet::isJoint;
        for (int tick = 0; tick < 400; tick++) {
            View view = installed();
            if (view != null && view.votingSet().isJoint()) {
                heartbeatsFailAt = _ -> false;
                return;
            }
            heartbeatsFail = false;
            pass(0.05);
        }
        throw new AssertionError("no joint phase came");
    }

    private Predicate<VotingSet> heartbeatsFailAt = _ -> false;

    private void pass(double seconds) {
        for (long tick = 0; tick < seconds * 1000 / TICK.toMillis(); tick++) {
            now = now.plus(TICK);
            give(new Input.Tick());
        }
    }

    private void give(Input input) {
        ArrayDeque<Input> inbox = new ArrayDeque<>(List.of(input));
        while (!inbox.isEmpty()) {
            for (Effect effect : node.step(now, inbox.remove())) {
                seen.add(effect);
                if (effect instanceof Effect.InstallView install
                        && heartbeatsFailAt.test(install.view().votingSet())) {
                    heartbeatsFail = true;
                }
                Input answer = answer(effect);
                if (answer != null) {
                    inbox.add(answer);
                }
            }
        }
    }

    private Predicate<Effect> held = _ -> false;
    private final List<Effect> waiting = new ArrayList<>();

    /** Nothing is held any more that is like that, and what waits is answered, also what follows from it. */
    private void release(Class<? extends Effect> kind) {
        held = held.and(effect -> !kind.isInstance(effect));
        List<Effect> due = waiting.stream().filter(kind::isInstance).toList();
        waiting.removeAll(due);
        for (Effect effect : due) {
            give(java.util.Objects.requireNonNull(answer(effect)));
        }
    }

    private boolean hangs(Effect effect) {
        return switch (effect) {
            case Effect.WriteHeartbeat write -> hanging.contains(write.disk());
            case Effect.WriteBallot write -> hanging.contains(write.disk());
            case Effect.ReadHeartbeats read -> hanging.contains(read.disk());
            case Effect.ReadBallots read -> hanging.contains(read.disk());
            default -> false;
        };
    }

    private @Nullable Input answer(Effect effect) {
        if (held.test(effect)) {
            waiting.add(effect);
            return null;
        }
        if (hangs(effect)) {
            return null;
        }
        return switch (effect) {
            case Effect.WriteHeartbeat write -> {
                if (heartbeatsFail || failing.contains(write.disk())) {
                    yield new Input.DiskFailed(write.disk(), write.operation(), "input/output error");
                }
                heartbeats(write.disk()).put(N1, write.block());
                yield new Input.DiskWritten(write.disk(), write.operation());
            }
            case Effect.WriteBallot write -> {
                if (failing.contains(write.disk())) {
                    yield new Input.DiskFailed(write.disk(), write.operation(), "input/output error");
                }
                if (write.disk() != masked) {
                    ballots(write.disk()).put(N1, write.block());
                }
                yield new Input.DiskWritten(write.disk(), write.operation());
            }
            case Effect.ReadHeartbeats read ->
                failing.contains(read.disk())
                        ? new Input.DiskFailed(read.disk(), read.operation(), "input/output error")
                        : new Input.HeartbeatsRead(
                                read.disk(), read.operation(), new TreeMap<>(heartbeats(read.disk())), NodeSet.EMPTY);
            case Effect.ReadBallots read ->
                failing.contains(read.disk())
                        ? new Input.DiskFailed(read.disk(), read.operation(), "input/output error")
                        : new Input.BallotsRead(
                                read.disk(), read.operation(), new TreeMap<>(ballots(read.disk())), NodeSet.EMPTY);
            default -> null;
        };
    }
}
