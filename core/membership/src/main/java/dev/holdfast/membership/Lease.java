package dev.holdfast.membership;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.View;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Until when this life may act, by the voting disks or by the word of all its peers, and the numbers that it publishes so
 * that others know when it is certainly over. Why that is safe is derived in {@link Timing}.
 */
final class Lease {
    private final NodeId self;
    private final boolean timerTakeover;

    /** What the leases are taken by. */
    private Timing inForce;
    /** What they are to be taken by as soon as the others have been shown its numbers. */
    private @Nullable Timing wanted;
    /** The numbers of an older timing whose leases may not be over yet, and until when. */
    private @Nullable SafetyData older;

    private @Nullable Moment olderUntil;
    /** The watchdog was told a new timeout and has not said yet what it took. */
    private boolean watchdogPending;

    private @Nullable Moment renewed;
    private @Nullable Epoch epoch;
    private @Nullable Moment acknowledged;

    private long request;
    private @Nullable Moment askedAt;
    private NodeSet unanswered = NodeSet.EMPTY;
    private Moment nextAsk;
    private final Map<NodeId, Given> given = new HashMap<>();

    private record Given(Incarnation life, Moment at) {}

    Lease(NodeId self, Timing timing, boolean timerTakeover, Moment now) {
        this.self = self;
        this.timerTakeover = timerTakeover;
        inForce = timing;
        nextAsk = now;
    }

    /**
     * Takes up a lease that an earlier process of this life held. It says only when to let go: nothing may be done by it.
     * Questions are numbered from where no earlier process of this life can have got to, as a late answer to one of its
     * questions must not count for one of ours.
     */
    void resume(Moment began) {
        renewed = began;
        epoch = null;
        request = began.nanos();
    }

    Timing timing() {
        return inForce;
    }

    // ------------------------------------------------------------------------------------------ the lease

    /** A round that began at {@code began} showed this life as a member of {@code view}, and saw no eviction. */
    void renew(Moment began, View view) {
        renewed = began;
        epoch = view.epoch();
        askedAt = null;
    }

    /** From when the newest lease counts, by whatever means; null if there never was one. */
    @Nullable
    Moment counted() {
        return acknowledged == null || (renewed != null && renewed.isAfter(acknowledged)) ? renewed : acknowledged;
    }

    /** Until when this life may act in {@code view}; null if not at all. */
    @Nullable
    Moment until(Moment now, View view) {
        Moment from = counted();
        if (from == null || !view.epoch().equals(epoch)) {
            return null;
        }
        Moment end = from.plus(inForce.lease());
        return end.isAfter(now) ? end : null;
    }

    /** True while only the peers' word keeps this life going: nothing about the membership can change meanwhile. */
    boolean isFrozen() {
        return acknowledged != null && (renewed == null || acknowledged.isAfter(renewed));
    }

    void drop() {
        renewed = null;
        acknowledged = null;
        epoch = null;
        askedAt = null;
    }

    // ------------------------------------------------------------------------------------------ the peers' word

    /**
     * The question to send now, if it is time for one: the last renewal is a third of a lease old, but not older than D.
     * Once frozen, one interval between rounds is enough: then a pause costs this life no more than while it has its disks.
     * The lease that the answers bring will count from when the question was first asked.
     */
    @Nullable
    LeaseAsk ask(Moment now, View view, Incarnation life) {
        Moment disks = renewed;
        Moment newest = counted();
        if (disks == null || newest == null || !view.epoch().equals(epoch) || now.isBefore(nextAsk)) {
            return null;
        }
        Duration patience =
                isFrozen() && inForce.poll().compareTo(inForce.askAfter()) < 0 ? inForce.poll() : inForce.askAfter();
        boolean needed = now.since(newest).compareTo(patience) > 0;
        if (!needed || now.since(disks).compareTo(inForce.diskTimeout()) > 0) {
            return null;
        }
        nextAsk = now.plus(inForce.fastPoll());
        if (askedAt == null || now.since(askedAt).compareTo(inForce.heartbeat()) > 0) {
            request++;
            askedAt = now;
            unanswered = view.memberSet().without(self);
        }
        return new LeaseAsk(self, life, view.epoch(), request);
    }

    /** True if the question asked last is answered by all: the lease counts from when it was asked. */
    boolean isGranted() {
        if (askedAt == null || !unanswered.isEmpty()) {
            return false;
        }
        acknowledged = askedAt;
        askedAt = null;
        return true;
    }

    /** Takes an answer to the newest question; others are out of date. */
    void onAnswer(LeaseAnswer answer) {
        if (answer.request() != request || askedAt == null) {
            return;
        }
        if (answer.granted()) {
            unanswered = unanswered.without(answer.from());
        }
    }

    /**
     * Acknowledges a peer of {@code view}, but only under a lease of our own. It is remembered, as we then must not take
     * over from that life by timer for S.
     */
    boolean acknowledge(Moment now, View view, LeaseAsk ask) {
        boolean grant = until(now, view) != null;
        if (grant) {
            given.put(ask.from(), new Given(ask.incarnation(), now));
        }
        return grant;
    }

    /** When this life last acknowledged that one, or null if it never did. */
    @Nullable
    Moment acknowledgedAt(NodeId node, Incarnation life) {
        Given last = given.get(node);
        return last != null && last.life().equals(life) ? last.at() : null;
    }

    // ------------------------------------------------------------------------------------------ changing the timing

    /** The cluster wants other timing: it comes into force when the others have been shown its numbers. */
    void want(Timing timing) {
        wanted = timing.equals(inForce) ? null : timing;
    }

    /** What to publish now: numbers that cover every lease that may be running, and every one about to be taken. */
    SafetyData published(Moment now) {
        if (olderUntil != null && !watchdogPending && now.isAfter(olderUntil)) {
            older = null;
            olderUntil = null;
        }
        SafetyData shown = numbers(inForce);
        if (wanted != null) {
            shown = larger(shown, numbers(wanted));
        }
        return older == null ? shown : larger(shown, older);
    }

    /**
     * A complete round has shown {@code shown}. True if a wanted timing came into force by that; then the watchdog must
     * be told, and {@link #onWatchdogSet} called with what it took.
     */
    boolean onShown(Moment now, SafetyData shown) {
        Timing next = wanted;
        if (next == null || !covers(shown, numbers(next))) {
            return false;
        }
        Timing before = inForce;
        older = older == null ? numbers(before) : larger(older, numbers(before));
        olderUntil = now.plus(before.takeoverAfter());
        watchdogPending = true;
        inForce = next;
        wanted = null;
        return true;
    }

    /** The watchdog's timeout is {@code actual} from now on; if that is more than was wanted, we live by that. */
    void onWatchdogSet(Moment now, Duration actual) {
        watchdogPending = false;
        SafetyData last = older;
        if (last != null) {
            olderUntil = now.plus(last.takeoverAfter());
        }
        if (actual.compareTo(inForce.watchdog()) > 0) {
            inForce = inForce.with(Map.of("watchdog", (int) actual.toMillis()));
        }
    }

    private SafetyData numbers(Timing timing) {
        return new SafetyData(timing.takeoverAfter(), timing.coldTakeoverAfter(), timerTakeover);
    }

    private static boolean covers(SafetyData shown, SafetyData needed) {
        return shown.takeoverAfter().compareTo(needed.takeoverAfter()) >= 0
                && shown.coldTakeoverAfter().compareTo(needed.coldTakeoverAfter()) >= 0;
    }

    private static SafetyData larger(SafetyData one, SafetyData other) {
        return new SafetyData(
                max(one.takeoverAfter(), other.takeoverAfter()),
                max(one.coldTakeoverAfter(), other.coldTakeoverAfter()),
                one.timerTakeover() && other.timerTakeover());
    }

    private static Duration max(Duration one, Duration other) {
        return one.compareTo(other) >= 0 ? one : other;
    }
}
