package dev.holdfast.membership;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.time.Duration;

/**
 * What one node's membership is told once, at start.
 *
 * @param nodes every configured node, self included
 * @param disks how many voting disks there are, if they have no identities, as in a rehearsal: 1, 3 or 5, numbered from 0. With
 *     0 each disk is told by {@link Input.DiskAttached}, and those of the voting set decide
 * @param links how many private networks there are
 * @param bootId this boot of the kernel, hashed
 * @param timerTakeover whether others may rely on S for this node: its watchdog is armed, and the platform is metal
 *     or the administrator vouches for it
 * @param fenceDevices whether a fence device is configured at all
 * @param bootWait how long a cold start waits for the nodes that are missing
 * @param seed of the random back-off between ballots
 */
public record MembershipSettings(
        NodeId self,
        NodeSet nodes,
        int disks,
        int links,
        Timing timing,
        long bootId,
        boolean timerTakeover,
        boolean fenceDevices,
        Duration bootWait,
        long seed) {

    /** Numbers of disks are below this: more than a change from five disks to five others needs. */
    public static final int DISKS_MAX = 32;

    public MembershipSettings {
        if (disks != 0 && disks != 1 && disks != 3 && disks != 5) {
            throw new IllegalArgumentException("1, 3 or 5 voting disks, or 0 for those with identities, got " + disks);
        }
        if (!nodes.contains(self)) {
            throw new IllegalArgumentException(self + " is not one of the configured nodes " + nodes);
        }
    }
}
