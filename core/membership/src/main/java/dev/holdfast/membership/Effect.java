package dev.holdfast.membership;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.View;
import java.time.Duration;
import java.util.SortedMap;
import java.util.UUID;

/** Everything a {@link Membership} may ask for, to be done in the order given. */
public sealed interface Effect {
    /** Send to every configured peer over every link. Loss is expected. */
    record SendHeartbeat(Heartbeat heartbeat) implements Effect {}

    /** Send to every configured peer over every link. Loss is expected. */
    record AskPeers(LeaseAsk ask) implements Effect {}

    /** Send to {@code answer.to()} over every link. Loss is expected. */
    record AnswerPeer(LeaseAnswer answer) implements Effect {}

    /** Set the watchdog's timeout; answer with WatchdogSet. */
    record SetWatchdog(Duration timeout) implements Effect {}

    /** Write this node's block in the heartbeat area; answer with DiskWritten or DiskFailed, or never. */
    record WriteHeartbeat(int disk, long operation, HeartbeatBlock block) implements Effect {}

    /** Write this node's block in the view area; answer with DiskWritten or DiskFailed, or never. */
    record WriteBallot(int disk, long operation, BallotBlock block) implements Effect {}

    /**
     * Read the heartbeat area; answer with HeartbeatsRead or DiskFailed, or never. With DiskFailed if after the read the disk's header is no
     * longer what it was when the disk was attached: then the blocks may be zeros that somebody wrote since, and mean nothing.
     */
    record ReadHeartbeats(int disk, long operation) implements Effect {}

    /** Read the view area; answer with BallotsRead or DiskFailed, or never; with DiskFailed also if the header has changed, as above. */
    record ReadBallots(int disk, long operation) implements Effect {}

    /** The master wants to give this disk a vote: open it, at that path or elsewhere, and tell by DiskAttached. No answer is needed. */
    record SeekDisk(UUID id, String path) implements Effect {}

    /**
     * This node is a member of {@code view} until {@code until}. Arm, then pet: first a kernel timer that ends this
     * process at {@code until}, then the watchdog, then tell crsd.
     */
    record RenewLease(Moment until, View view) implements Effect {}

    /** A newer view is known and this node is in it; the lease for it comes with the next RenewLease. */
    record InstallView(View view) implements Effect {}

    /**
     * A majority of the voting disks of {@code view} shows this voting set, and no other disk is part of it: whoever starts from now on learns
     * of it there. Disks without a vote may be closed, marked as retired and given away. Told once for each installed view.
     */
    record VotingSetShown(View view) implements Effect {}

    /** {@code victim}'s life is proved harmless: what it ran may be started elsewhere, under a lease for the view. */
    record Settled(NodeId victim, Incarnation incarnation, Proof proof, String detail) implements Effect {}

    /** Stop everything that runs here, at once: addresses, then processes; verify; answer with LetGoDone. */
    record LetGo(String reason) implements Effect {}

    /** Nothing runs here any more, verified: disarm kill timer and watchdog (magic close). */
    record Disarm() implements Effect {}

    /** Reset this machine now, without sync: something could not be stopped. */
    record ResetMachine(String reason) implements Effect {}

    /**
     * A life that was a member was voted out, as this node has just learned. For the records: nothing in the protocol
     * hangs on it.
     *
     * @param epoch of the view that leaves it out
     * @param by who proposed that view
     * @param byItsOwnWord the life had ended or left by its own word before
     */
    record VotedOut(NodeId victim, Incarnation incarnation, Epoch epoch, NodeId by, String reason, boolean byItsOwnWord)
            implements Effect {}

    /** Make the victim harmless by fence device; answer with FenceSucceeded or FenceFailed. */
    record Fence(NodeId victim, Incarnation incarnation, String reason) implements Effect {}

    /**
     * The victim of an order to fence is harmless by another proof meanwhile, and its next life may run: what was not sent to a device yet is not to be
     * sent any more. What was sent is answered as usual; else no answer is needed.
     */
    record CallOffFence(NodeId victim, Incarnation incarnation) implements Effect {}

    /** Answer to ChangeWanted; {@code why} tells people what stood in the way, or what follows from the change. */
    record ChangeAnswered(long request, boolean accepted, View current, String why) implements Effect {}

    /** Answer to ConfirmWanted. */
    record ConfirmAnswered(long request, boolean confirmed) implements Effect {}

    /** End this process; the supervisor starts a new one, which is a new incarnation, unless the leave was asked for. */
    record Exit(String reason, boolean restart) implements Effect {}

    /** For the event log and the time line: {@code event} is one of the names in {@link Events}. */
    record Note(String event, SortedMap<String, String> details, String text) implements Effect {}
}
