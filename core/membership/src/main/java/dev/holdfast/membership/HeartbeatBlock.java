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

    /** True if this was written later than {@code other}, a block of the same node. */
    public boolean isNewerThan(HeartbeatBlock other) {
        int byLife = incarnation.compareTo(other.incarnation);
        return byLife != 0 ? byLife > 0 : sequence > other.sequence;
    }
}
