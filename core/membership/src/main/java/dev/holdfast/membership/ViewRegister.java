package dev.holdfast.membership;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.View;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The one register that decides who is in the cluster: Disk Paxos (Gafni and Lamport, 2003) over the voting disks,
 * with a value that is changed by a function as in CASPaxos (Rystsov, 2018): each ballot reads the newest accepted view
 * and writes its successor. Checked as ViewReg.
 *
 * <pre>
 * propose(f):  b = next own ballot above all seen
 *   phase 1    my block: promised = b; write, then read (DiskRound); a higher promise anywhere: conflict
 *              v = value of the highest accepted ballot read, mine included;  v' = f(v), or nothing: refused
 *   phase 2    my block: accepted = b, value = v'; write, then read; a higher promise anywhere: conflict
 *              otherwise v' is committed
 * </pre>
 *
 * Which disks: majorities of the voting sets of the newest committed view that is known, of every newer accepted view that was
 * ever found, and, in phase 2, of the view that is written. Why no committed view is missed: let c0 be the one that is known and
 * c1, c2, ... its committed successors. Who wrote c1 had found or known c0, so c1 was accepted on majorities of the sets of c0,
 * and a later phase 1 over these finds it, or its writer meets our promise. Having found c1 we ask the sets of c1, and so find
 * c2; and so on to the newest. This needs each ballot to begin anew when it finds a set that it did not ask.
 *
 * <p>A ballot that ended in a conflict may still be taken up by another proposer. That is harmless, as nobody acts on a
 * view that is not committed and announced, and f is asked again about whatever value was found.
 */
final class ViewRegister {
    /** Proposers never share a ballot: {@code round * BALLOT_STRIDE + node}. */
    private static final long BALLOT_STRIDE = 128;

    /** What to make of the newest accepted view; null means nothing is to be written. */
    interface Change {
        @Nullable
        View apply(@Nullable View newest);
    }

    /** Which disks must be asked. */
    interface Sets {
        /** The newest committed view that is known here. */
        @Nullable
        View committed();

        /** Majorities of the voting set of {@code view}, or of the first set of all for null. */
        Quorum of(@Nullable View view);
    }

    /** How a proposal ended. */
    sealed interface Outcome {
        record Committed(View view) implements Outcome {}

        record Refused() implements Outcome {}

        record Conflict() implements Outcome {}
    }

    private final NodeId self;
    private final DiskKnowledge knowledge;
    private final Sets sets;
    private final DiskLane lane = new DiskLane();
    private final long[] completedSequence = new long[MembershipSettings.DISKS_MAX];
    private final long[] writingSequence = new long[MembershipSettings.DISKS_MAX];
    // Every accepted view that was ever read here, as far as it is newer than the newest committed one.
    private final Set<View> acceptedElsewhere = new LinkedHashSet<>();

    private long sequence;
    private long promised;
    private long accepted;
    private @Nullable View value;

    private long highestSeen;
    private Quorum quorum = Quorum.NONE;
    private @Nullable Change change;
    private @Nullable DiskRound round;
    private @Nullable BallotBlock roundBlock;
    private boolean accepting;
    private boolean overtaken;
    private long newestAccepted;
    private @Nullable View newestValue;

    ViewRegister(MembershipSettings settings, DiskKnowledge knowledge, Sets sets) {
        self = settings.self();
        this.knowledge = knowledge;
        this.sets = sets;
    }

    DiskLane lane() {
        return lane;
    }

    /** More block writes than a process can have done in a row that no majority of disks has seen. */
    static final long UNSEEN_WRITES = 1_000_000;

    /**
     * Recovers from what a majority of disks holds of us: the highest promise and the newest acceptance. What the earlier
     * process wrote on a minority alone is of no matter: it accepted nothing in a ballot that a majority does not show as
     * promised. Our blocks are numbered past all of its, so that nothing of it is ever taken for newer.
     */
    void recover(Collection<BallotBlock> blocks) {
        learn(blocks);
        for (BallotBlock block : blocks) {
            highestSeen = Math.max(highestSeen, block.promised());
            if (!block.writer().equals(self)) {
                continue;
            }
            sequence = Math.max(sequence, block.sequence());
            promised = Math.max(promised, block.promised());
            if (block.accepted() > accepted) {
                accepted = block.accepted();
                value = block.value();
            }
        }
        // A block of an earlier life on a disk that we have not read would hide ours, were its number higher.
        sequence += UNSEEN_WRITES;
    }

    boolean isIdle() {
        return change == null;
    }

    /** Sequence of the last ballot block of ours that is durable on {@code disk}. */
    long completedOn(int disk) {
        return completedSequence[disk];
    }

    /** Begins a ballot. Only when idle. */
    void propose(Change wanted, Incarnation incarnation, Operations operations) {
        change = wanted;
        long ballotRound = Math.max(highestSeen, promised) / BALLOT_STRIDE + 1;
        promised = ballotRound * BALLOT_STRIDE + self.number();
        highestSeen = Math.max(highestSeen, promised);
        newestAccepted = accepted;
        newestValue = value;
        accepting = false;
        View committed = sets.committed();
        acceptedElsewhere.removeIf(view -> committed != null && !view.isAfter(committed));
        quorum = sets.of(committed);
        for (View view : acceptedElsewhere) {
            quorum = quorum.and(sets.of(view));
        }
        startRound(incarnation, operations);
    }

    /** What a disk holds may have been accepted over a voting set that we have not heard of: later ballots ask that, too. */
    private void learn(Collection<BallotBlock> blocks) {
        View committed = sets.committed();
        for (BallotBlock block : blocks) {
            View found = block.value();
            if (block.accepted() > 0 && found != null && (committed == null || found.isAfter(committed))) {
                acceptedElsewhere.add(found);
            }
        }
    }

    /** The newest view that was accepted anywhere, if it is newer than the committed one; null if there is none. */
    @Nullable
    View newestAccepted() {
        View committed = sets.committed();
        View newest = null;
        for (View view : acceptedElsewhere) {
            boolean isOpen = committed == null || view.isAfter(committed);
            newest = isOpen && (newest == null || view.isAfter(newest)) ? view : newest;
        }
        return newest;
    }

    /** Number {@code disk} stands for another disk from now on, or for none. */
    void forget(int disk) {
        completedSequence[disk] = 0;
        writingSequence[disk] = 0;
    }

    /** Number {@code disk} was opened as {@code id}: a ballot under way asks it too, if it has a vote there. */
    void opened(int disk, UUID id, Operations operations) {
        quorum = quorum.opened(disk, id);
        DiskRound under = round;
        if (under != null) {
            under.opened(disk, id);
            join(disk, operations);
        }
    }

    /** {@code disk} is closed: a ballot under way does not wait for it. */
    void closed(int disk) {
        if (round != null) {
            round.closed(disk);
        }
    }

    private void startRound(Incarnation incarnation, Operations operations) {
        overtaken = false;
        List<Integer> free = lane.free(quorum.open());
        DiskRound begun = new DiskRound(quorum, free);
        round = begun;
        sequence++;
        BallotBlock block = new BallotBlock(self, incarnation, sequence, promised, accepted, value);
        roundBlock = block;
        for (int disk : free) {
            writingSequence[disk] = sequence;
            lane.begin(disk, operations.writeBallot(disk, block), begun);
        }
    }

    /** Gives up the ballot under way, as too many disks failed or do not answer. */
    boolean isStuck() {
        return round != null && round.isHopeless();
    }

    void abandon() {
        change = null;
        round = null;
    }

    void onWritten(int disk, Operations operations) {
        completedSequence[disk] = Math.max(completedSequence[disk], writingSequence[disk]);
        DiskRound of = lane.end(disk);
        if (of == null || of != round) {
            return; // A straggler of an earlier round: the disk is free again.
        }
        for (int each : of.onWritten(disk)) {
            lane.begin(each, operations.readBallots(each), of);
        }
    }

    /** What {@code disk} was busy with is over: it takes part in the round under way, if it has a vote there and does not yet. */
    void join(int disk, Operations operations) {
        DiskRound under = round;
        BallotBlock block = roundBlock;
        if (under != null && block != null && lane.underWay(disk) == 0 && under.join(disk)) {
            writingSequence[disk] = block.sequence();
            lane.begin(disk, operations.writeBallot(disk, block), under);
        }
    }

    void onFailed(int disk) {
        DiskRound of = lane.end(disk);
        if (of != null && of == round) {
            of.onFailed(disk);
        }
    }

    /** Takes what a disk holds; returns the outcome if the proposal is over with it. */
    @Nullable
    Outcome onRead(
            int disk,
            SortedMap<NodeId, BallotBlock> blocks,
            NodeSet torn,
            Incarnation incarnation,
            Operations operations) {
        DiskRound of = lane.end(disk);
        BallotBlock own = blocks.get(self);
        boolean counts = knowledge.trustsBallots(disk, blocks, torn) && own != null && own.sequence() == sequence;
        learn(blocks.values());
        for (BallotBlock block : blocks.values()) {
            highestSeen = Math.max(highestSeen, block.promised());
            if (of == round) {
                overtaken |= block.promised() > promised;
                if (block.accepted() > newestAccepted) {
                    newestAccepted = block.accepted();
                    newestValue = block.value();
                }
            }
        }
        if (of == null || of != round) {
            return null;
        }
        of.onRead(disk, counts);
        if (overtaken) {
            abandon();
            return new Outcome.Conflict();
        }
        if (!of.isComplete()) {
            return null;
        }
        return accepting ? committed() : accept(incarnation, operations);
    }

    private Outcome committed() {
        View committed = value;
        abandon();
        if (committed == null) {
            throw new dev.holdfast.model.BrokenInvariant("a ballot committed nothing");
        }
        return new Outcome.Committed(committed);
    }

    private @Nullable Outcome accept(Incarnation incarnation, Operations operations) {
        Change wanted = change;
        // A view was accepted over a set that this ballot did not ask: there may be a newer one in that set. Ask again,
        // all of them.
        for (View view : acceptedElsewhere) {
            if (!quorum.covers(sets.of(view))) {
                abandon();
                return new Outcome.Conflict();
            }
        }
        View next = wanted == null ? null : wanted.apply(newestValue);
        if (next == null) {
            abandon();
            return new Outcome.Refused();
        }
        quorum = quorum.and(sets.of(next));
        accepted = promised;
        value = next;
        acceptedElsewhere.add(next); // Until it is committed, or something newer is.
        accepting = true;
        startRound(incarnation, operations);
        return null;
    }
}
