package dev.holdfast.membership;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.time.Duration;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.UUID;

/** Everything that can happen to a {@link Membership}. */
public sealed interface Input {
    /** Look at the time. An extra one is harmless. */
    record Tick() implements Input {}

    /** A sealed heartbeat arrived over private network {@code link} (0-based) and was authentic. */
    record HeartbeatReceived(int link, Heartbeat heartbeat) implements Input {}

    /** The kernel told that {@code peer} can no longer be reached over any link (carrier lost, connection reset). */
    record PeerLost(NodeId peer) implements Input {}

    /**
     * This node has a voting disk open, and verified by its header what it is. It bears a number that no other open disk bears.
     *
     * @param first the identities of all voting disks of the cluster when it was made, as the header says; empty on a disk that
     *     was made later
     */
    record DiskAttached(int disk, UUID id, SortedSet<UUID> first) implements Input {}

    /** The disk is closed, or was found to be another: what was under way on it has ended or never will. Its number is free again. */
    record DiskDetached(int disk) implements Input {}

    /** Write {@code operation} on voting disk {@code disk} (0-based) is durable. */
    record DiskWritten(int disk, long operation) implements Input {}

    /**
     * A read of the heartbeat area completed. {@code torn} names the nodes with no valid copy of their block: then the
     * disk does not count as read (rule R3).
     */
    record HeartbeatsRead(int disk, long operation, SortedMap<NodeId, HeartbeatBlock> blocks, NodeSet torn)
            implements Input {}

    /** A read of the view area completed. */
    record BallotsRead(int disk, long operation, SortedMap<NodeId, BallotBlock> blocks, NodeSet torn)
            implements Input {}

    /** The operation ended with an error: it may or may not have reached the disk, but nothing of it is under way. */
    record DiskFailed(int disk, long operation, String error) implements Input {}

    /** A member of our view may have lost its voting disks and asks to be acknowledged. */
    record LeaseAsked(LeaseAsk ask) implements Input {}

    /** A member of our view answered our question. */
    record LeaseAnswered(LeaseAnswer answer) implements Input {}

    /** Answer to SetWatchdog: the watchdog fires after {@code actual} from now on (as asked, where there is none). */
    record WatchdogSet(Duration actual) implements Input {}

    /** How many resources (weighted) run here; told by crsd. */
    record WeightChanged(int weight) implements Input {}

    /** A fence device reported the victim off, and verified it. The fencing began after the request for it. */
    record FenceSucceeded(NodeId victim, Incarnation incarnation, String how) implements Input {}

    /** No fence device could make the victim harmless; it will be tried again if asked. */
    record FenceFailed(NodeId victim, Incarnation incarnation, String why) implements Input {}

    /** A person vouches that the victim is harmless. */
    record OperatorConfirmed(NodeId victim, String operator) implements Input {}

    /** Everything that ran here is stopped and that was verified; or, if not {@code verified}, could not be. */
    record LetGoDone(boolean verified, String detail) implements Input {}

    /** crsd or an administrator wants the view changed; answered by ChangeAnswered. */
    record ChangeWanted(long request, ViewChange change) implements Input {}

    /** crsd asks whether {@code epoch} is still the newest view, by a majority read that starts after now. */
    record ConfirmWanted(long request, Epoch epoch) implements Input {}

    /**
     * This node is to leave. What still runs on it is let go of; when the administrator wants it, nothing does any more.
     *
     * @param why for people, as the reason of the letting go
     * @param forGood it is not to begin a next life by itself
     */
    record LeaveRequested(String why, boolean forGood) implements Input {}
}
