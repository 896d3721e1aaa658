package dev.holdfast.membership;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.View;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What this node knows right now, for people and for crsd.
 *
 * @param phase READING, JOINING, MEMBER, LETTING_GO, STOPPED or GONE
 * @param incarnation null before the voting disks were read for the first time
 * @param leaseUntil null without a lease
 * @param frozen nobody reaches the voting disks: the members keep each other going, and the view cannot change
 * @param timing what the leases of this node are taken by
 * @param settled the unsettled lives of {@code view} that are proved harmless, with the proof in words
 * @param heard whom this node hears on the private networks, itself included
 */
public record MembershipStatus(
        String phase,
        @Nullable Incarnation incarnation,
        @Nullable View view,
        @Nullable Moment leaseUntil,
        boolean frozen,
        Timing timing,
        Map<View.Unsettled, String> settled,
        NodeSet heard,
        List<Disk> disks,
        Map<NodeId, Integer> weights) {

    /**
     * One voting disk as seen from this node.
     *
     * @param disk its number here, -1 if it is in the voting set and not open here
     * @param id null if disks have no identities
     * @param votes whether it is in the voting set
     * @param outgoing whether it loses its vote in the change that is under way
     * @param usable took part in a complete write-then-read round lately
     * @param silent how long it has not been usable
     * @param latency of the last such round
     * @param worst the longest such round of the last minute or two
     * @param seenBy the members that say it is usable for them
     * @param detail the last error, or empty
     */
    public record Disk(
            int disk,
            @Nullable UUID id,
            boolean votes,
            boolean outgoing,
            boolean usable,
            Duration silent,
            Duration latency,
            Duration worst,
            NodeSet seenBy,
            String detail) {}
}
