package dev.holdfast.membership;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.View;
import org.jspecify.annotations.Nullable;

/**
 * A node's own block in the heartbeat area of a voting disk. Nobody else ever writes it.
 *
 * @param earlier the newest earlier life of this node that its writer knows to have had its number for itself; it and all before it are over, and
 *     none of them will ever be again. Null if it knows of none. It is what a claim says, which proves nothing else: see {@link #isAfter}
 * @param sequence grows by one with every write of this incarnation; the disk format keeps two copies, alternating
 * @param announced the newest committed view this node knows; showing it here is what "announcing" means. It never
 *     goes back, also not across incarnations (rule R9)
 * @param reach whom the node hears on the private networks right now, itself included
 * @param round the reconfiguration round {@code reach} was taken for (0: none is going on)
 * @param weight what is lost if this node loses: the number of resources it runs
 * @param ballotSequence sequence of this node's last completed ballot write on this very disk (rule R4)
 * @param disks what the node says of voting disks
 * @param bootId the boot of the kernel, hashed: a new one proves that everything older is gone (F3)
 */
public record HeartbeatBlock(
        NodeId node,
        Incarnation incarnation,
        @Nullable Incarnation earlier,
        long sequence,
        NodeState state,
        @Nullable View announced,
        NodeSet reach,
        long round,
        int weight,
        long ballotSequence,
        DiskReport disks,
        long bootId,
        SafetyData safety) {

    public Epoch announcedEpoch() {
        return announced == null ? Epoch.NONE : announced.epoch();
    }

    /** The same block as it is written to a disk that holds {@code sequence} of this node's ballots. */
    HeartbeatBlock withBallotSequence(long sequenceThere) {
        return new HeartbeatBlock(
                node,
                incarnation,
                earlier,
                sequence,
                state,
                announced,
                reach,
                round,
                weight,
                sequenceThere,
                disks,
                bootId,
                safety);
    }

    /** Sequence of the block by which a life takes its incarnation, before anybody may let it in. */
    static final long CLAIM = 1;

    /** Whether this is a life's first word, by which it takes its number. As long as no majority has it, others may take the same one. */
    boolean isClaim() {
        return sequence <= CLAIM;
    }

    /** True for a life's last word. */
    boolean isLastWord() {
        return state == NodeState.STOPPED && !isClaim();
    }

    /**
     * The newest life up to which all are over, as this block shows, or null if it shows that of none.
     *
     * <p>A mere claim does not prove that lives with lower numbers are over: lives that ended before a majority held their claims may have
     * left any number on a minority, and a later life, which could not see it, may run under a lower one. But it tells which life its
     * writer found. That word is true, and stays so, because
     *
     * <ol>
     *   <li>the writer names only a life that had claimed its number on a majority: it read a later block of it than the claim, or a
     *       claim that tells of it, or a view that has it. So no later life takes that number or a lower one (R9);
     *   <li>every life with such a number therefore began before the writer did, and was stopped, verified, before it began;
     *   <li>and none of them is taken up again ({@link Resume}): only the last life is, and not once a next one has begun.
     * </ol>
     *
     * In the specification: {@code Incarnation}, ProofsAreTrue. That the word is passed on from claim to claim makes that what a majority of the disks proved once
     * they go on proving (ProofsStay).
     */
    @Nullable
    Incarnation allOverUpTo() {
        if (isLastWord()) {
            return incarnation;
        }
        return isClaim() ? earlier : beforeThis();
    }

    private @Nullable Incarnation beforeThis() {
        return incarnation.number() > 1 ? new Incarnation(incarnation.number() - 1) : null;
    }

    /** True if this was written after {@code life} had ended. */
    boolean isAfter(Incarnation life) {
        Incarnation over = allOverUpTo();
        return over != null && !over.isBefore(life);
    }

    /** The newest life of this node that had its number for itself, as this block shows. */
    @Nullable
    Incarnation newestKnown() {
        return isClaim() ? earlier : incarnation;
    }

    /** True if this was written later than {@code other}, a block of the same node. */
    public boolean isNewerThan(HeartbeatBlock other) {
        int byLife = incarnation.compareTo(other.incarnation);
        return byLife != 0 ? byLife > 0 : sequence > other.sequence;
    }
}
