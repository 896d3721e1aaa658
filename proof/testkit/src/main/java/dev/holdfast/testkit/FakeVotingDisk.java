package dev.holdfast.testkit;

import dev.holdfast.membership.BallotBlock;
import dev.holdfast.membership.HeartbeatBlock;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What lies on one voting disk: for each node two areas, each with two copies of its block. A write replaces the older
 * copy, so that a torn write leaves the block as it was before; only if both are torn is the block lost.
 */
public final class FakeVotingDisk {
    private final Copies<HeartbeatBlock>[] heartbeats;
    private final Copies<BallotBlock>[] ballots;
    private boolean blank;

    @SuppressWarnings({"unchecked", "rawtypes"})
    public FakeVotingDisk(int nodes) {
        heartbeats = new Copies[nodes + 1];
        ballots = new Copies[nodes + 1];
        for (int node = 1; node <= nodes; node++) {
            heartbeats[node] = new Copies<>(HeartbeatBlock::isNewerThan);
            ballots[node] = new Copies<>((one, other) -> one.sequence() > other.sequence());
        }
    }

    /** Somebody writes zeros over all of it, its header too. What is written later stands alone. */
    public void erase() {
        blank = true;
        for (int node = 1; node < heartbeats.length; node++) {
            heartbeats[node].forget();
            ballots[node].forget();
        }
    }

    /** It gets a header (again); what was written before stands. */
    public void format() {
        blank = false;
    }

    /** True if its header is gone: nobody would open it any more. */
    public boolean isBlank() {
        return blank;
    }

    public void write(HeartbeatBlock block) {
        heartbeats[block.node().number()].write(block);
    }

    public void write(BallotBlock block) {
        ballots[block.writer().number()].write(block);
    }

    /** The power went while {@code node} wrote its heartbeat: the copy that was being written is no good any more. */
    public void tearHeartbeat(NodeId node, boolean bothCopies) {
        heartbeats[node.number()].tear(bothCopies);
    }

    /** The same for its block in the view area. */
    public void tearBallot(NodeId node, boolean bothCopies) {
        ballots[node.number()].tear(bothCopies);
    }

    /** The newest whole copy; null if the node never wrote, or if no copy is whole. */
    public @Nullable HeartbeatBlock heartbeat(int node) {
        return heartbeats[node].newest();
    }

    /** The copy that the newest one will have replaced: what a disk that lies would still show. */
    public @Nullable HeartbeatBlock staleHeartbeat(int node) {
        return heartbeats[node].oldest();
    }

    public @Nullable BallotBlock ballot(int node) {
        return ballots[node].newest();
    }

    public @Nullable BallotBlock staleBallot(int node) {
        return ballots[node].oldest();
    }

    /** Nodes with no whole copy of their heartbeat although they have written one. */
    public NodeSet tornHeartbeats() {
        return torn(heartbeats);
    }

    /** Nodes with no whole copy of their block in the view area although they have written one. */
    public NodeSet tornBallots() {
        return torn(ballots);
    }

    private static NodeSet torn(Copies<?>[] area) {
        NodeSet torn = NodeSet.EMPTY;
        for (int node = 1; node < area.length; node++) {
            if (area[node].isTorn()) {
                torn = torn.with(new NodeId(node));
            }
        }
        return torn;
    }

    private static final class Copies<B> {
        private final BiPredicate<B, B> isNewer;
        private @Nullable B newest;
        private @Nullable B older;
        private boolean torn;

        Copies(BiPredicate<B, B> isNewer) {
            this.isNewer = isNewer;
        }

        void write(B block) {
            B before = newest;
            if (before != null && isNewer.test(before, block)) {
                // A late write: it replaces the older copy all the same, and readers go on taking the newest.
                older = block;
            } else {
                older = before;
                newest = block;
            }
            torn = false;
        }

        void tear(boolean bothCopies) {
            older = null;
            if (bothCopies) {
                newest = null;
                torn = true;
            }
        }

        void forget() {
            newest = null;
            older = null;
            torn = false;
        }

        @Nullable
        B newest() {
            return newest;
        }

        @Nullable
        B oldest() {
            return older == null ? newest : older;
        }

        boolean isTorn() {
            return torn;
        }
    }
}
