package dev.holdfast.membership;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.View;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
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
 * A ballot that ended in a conflict may still be taken up by another proposer. That is harmless, as nobody acts on a
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

    /** How a proposal ended. */
    sealed interface Outcome {
        record Committed(View view) implements Outcome {}

        record Refused() implements Outcome {}

        record Conflict() implements Outcome {}
    }

    private final NodeId self;
    private final MembershipSettings settings;
    private final DiskKnowledge knowledge;
    private final DiskLane lane;
    private final long[] completedSequence;
    private final long[] writingSequence;

    private long sequence;
    private long promised;
    private long accepted;
    private @Nullable View value;

    private long highestSeen;
    private @Nullable Change change;
    private @Nullable DiskRound round;
    private boolean accepting;
    private boolean overtaken;
    private long newestAccepted;
    private @Nullable View newestValue;

    ViewRegister(MembershipSettings settings, DiskKnowledge knowledge) {
        this.settings = settings;
        self = settings.self();
        this.knowledge = knowledge;
        lane = new DiskLane(settings.disks());
        completedSequence = new long[settings.disks()];
        writingSequence = new long[settings.disks()];
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
    }

    /** Numbers our blocks past all that an earlier process can have written unseen; after {@link #recover}. */
    void skipUnseen() {
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
        startRound(incarnation, operations);
    }

    private void startRound(Incarnation incarnation, Operations operations) {
        overtaken = false;
        List<Integer> free = lane.free();
        DiskRound begun = new DiskRound(settings.disks(), settings.majority(), free);
        round = begun;
        sequence++;
        BallotBlock block = new BallotBlock(self, incarnation, sequence, promised, accepted, value);
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
        boolean counts = knowledge.trustsBallots(disk, blocks, torn);
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
        View next = wanted == null ? null : wanted.apply(newestValue);
        if (next == null) {
            abandon();
            return new Outcome.Refused();
        }
        accepted = promised;
        value = next;
        accepting = true;
        startRound(incarnation, operations);
        return null;
    }
}
