package dev.holdfast.policy;

import dev.holdfast.model.InternalState;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.Target;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One instance while a plan is being made: what is wanted of it, where it is, and where it shall be. */
final class Slot {
    final ResourceEntry entry;
    final int number;
    private final WantedInstance before;

    Target target;
    boolean stopping;

    @Nullable
    NodeId node;

    @Nullable
    NodeId lastServer;

    @Nullable
    Wish wish;

    int restarts;
    NodeSet failedOn;
    final SortedMap<NodeId, Long> answered;
    boolean held;
    List<Instant> failures;

    @Nullable
    Instant notBefore;

    SortedSet<String> armed;

    @Nullable
    Escalation escalation;

    /** Clean is tried again now. */
    boolean cleanAgain;

    /** With what it is placed. */
    @Nullable
    Unit unit;

    /** Where it is active now (running, pinned, or something is being done to it); null: nowhere. */
    @Nullable
    NodeId at;

    /** Where it shall be; null: nowhere, or (if {@link #leaveAlone}) nothing is to be done about it. */
    @Nullable
    NodeId goal;

    /** It must be stopped where it is, even if it is to be started there again. */
    boolean mustStop;

    /** Nothing is done to it, whatever is wanted. */
    boolean leaveAlone;

    /** It leaves because its server is drained. */
    boolean draining;

    /** It gives way to this one, which takes its place. */
    @Nullable
    ResourceEntry preemptor;

    /** That it is OFFLINE is noted down even if nothing else is: it does not grow to where it is. */
    boolean noted;

    /** It is not its time yet. */
    boolean waiting;

    /** Why its goal is what it is. */
    String reason = "";

    /** Why it leaves the place where it is; empty: for the same reason. */
    String leaveReason = "";

    /** Why it is not as wanted and nothing is done about it. */
    @Nullable
    Message stuck;

    Slot(ResourceEntry entry, int number, WantedInstance before) {
        this.entry = entry;
        this.number = number;
        this.before = before;
        this.target = before.target();
        this.stopping = before.stopping();
        this.node = before.node().orElse(null);
        this.lastServer = before.lastServer().orElse(null);
        this.wish = before.wish().orElse(null);
        this.restarts = before.restarts();
        this.failedOn = before.failedOn();
        this.answered = new TreeMap<>(before.answered());
        this.held = before.held();
        this.failures = before.failures();
        this.notBefore = before.notBefore().orElse(null);
        this.armed = before.armed();
        this.escalation = before.escalation().orElse(null);
    }

    /** The instance of another resource that can be tied to this one: both have one place, or belong to one of a group. */
    @Nullable
    Slot partnerIn(ResourceEntry other) {
        if (entry.goesWith(other)) {
            return other.numbered(number);
        }
        return entry.isSingle() && other.isSingle() ? other.slots.getFirst() : null;
    }

    /** The instance of its group that it belongs to; null if it is in no group, or that has no such instance. */
    @Nullable
    Slot anchor() {
        return entry.group == null ? null : partnerIn(entry.group);
    }

    /** Another instance of the same resource is on a server, or is to be. */
    boolean isForestalledOn(NodeId place) {
        for (Slot other : entry.slots) {
            if (other != this && (place.equals(other.at) || place.equals(other.goal))) {
                return true;
            }
        }
        return false;
    }

    /** Nobody has noted down anything about it yet. */
    boolean isNew() {
        return !entry.wanted.instances().containsKey(number);
    }

    /** What was last reported from where it is active; null if it is nowhere. */
    @Nullable
    Observed present() {
        return at == null ? null : entry.seenOn(at);
    }

    boolean isActiveOn(NodeId place) {
        return place.equals(at);
    }

    /** Unmanageable: neither stopped nor moved nor started elsewhere by itself. */
    boolean isPinned() {
        Observed seen = present();
        return seen != null && seen.state() == ResourceState.UNKNOWN && seen.internal() == InternalState.STABLE;
    }

    /** Runs and is left in peace, or is just being started. */
    boolean isUp() {
        Observed seen = present();
        if (seen == null) {
            return false;
        }
        return switch (seen.internal()) {
            case STARTING -> true;
            case STOPPING, CLEANING -> false;
            case STABLE -> seen.state() == ResourceState.ONLINE || seen.state() == ResourceState.INTERMEDIATE;
        };
    }

    boolean isStarting() {
        Observed seen = present();
        return seen != null && seen.internal() == InternalState.STARTING;
    }

    /** It is up and keeps its place: nothing is to be done. */
    boolean isStaying() {
        return goal != null && goal.equals(at) && isUp() && !mustStop;
    }

    /** Should run, as far as it alone is concerned. */
    boolean wantsToRun() {
        return target == Target.ONLINE && entry.definition.enabled() && !held && !entry.deleting;
    }

    boolean isStoppingWanted() {
        return stopping || entry.deleting;
    }

    WantedInstance after() {
        return new WantedInstance(
                target,
                stopping,
                entry.isLocal() ? Optional.empty() : Optional.ofNullable(node), // A local one has one place only.
                Optional.ofNullable(lastServer),
                Optional.ofNullable(wish),
                restarts,
                failedOn,
                answered,
                held,
                failures,
                Optional.ofNullable(notBefore),
                armed,
                Optional.ofNullable(escalation));
    }

    boolean hasChanged() {
        boolean same = target == before.target()
                && stopping == before.stopping()
                && restarts == before.restarts()
                && held == before.held()
                && failedOn.equals(before.failedOn())
                && (entry.isLocal()
                        ? before.node().isEmpty()
                        : Objects.equals(node, before.node().orElse(null)))
                && Objects.equals(lastServer, before.lastServer().orElse(null))
                && Objects.equals(wish, before.wish().orElse(null))
                && Objects.equals(notBefore, before.notBefore().orElse(null))
                && answered.equals(before.answered())
                && failures.equals(before.failures())
                && armed.equals(before.armed())
                && Objects.equals(escalation, before.escalation().orElse(null));
        return !same || (noted && isNew());
    }

    @Override
    public String toString() {
        return entry.name() + "/" + number;
    }
}
