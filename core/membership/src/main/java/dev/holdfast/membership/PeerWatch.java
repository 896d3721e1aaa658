package dev.holdfast.membership;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Notices which peers have gone silent on the private networks. Whether a silent peer is evicted is not decided here
 * but by the cohort.
 */
final class PeerWatch {
    private Duration misscount;
    private Duration heartbeat;
    private final NodeId self;
    // Sorted, so that every run with the same inputs visits the peers in the same order.
    private final SortedMap<NodeId, Peer> peers = new TreeMap<>();
    private Moment lastTick;
    private Moment noSuspicionBefore;

    /** What was last heard of a peer, over whichever link. */
    static final class Peer {
        private Heartbeat last;
        private Moment heardAt;
        private final Moment[] heardPerLink;

        private Peer(Heartbeat last, Moment heardAt, int links) {
            this.last = last;
            this.heardAt = heardAt;
            heardPerLink = new Moment[links];
        }

        Heartbeat last() {
            return last;
        }

        Moment heardAt() {
            return heardAt;
        }
    }

    private final int links;

    PeerWatch(NodeId self, Timing timing, int links, Moment now) {
        this.self = self;
        this.links = links;
        misscount = timing.misscount();
        heartbeat = timing.heartbeat();
        lastTick = now;
        noSuspicionBefore = now.plus(misscount);
    }

    void setTiming(Timing timing) {
        misscount = timing.misscount();
        heartbeat = timing.heartbeat();
    }

    /** Takes a heartbeat; false if it is from before the peer restarted, or a duplicate that says nothing new. */
    boolean onHeartbeat(Moment now, int link, Heartbeat beat) {
        Peer known = peers.get(beat.from());
        if (known == null || known.last.incarnation().isBefore(beat.incarnation())) {
            known = new Peer(beat, now, links);
            peers.put(beat.from(), known);
        } else if (beat.incarnation().isBefore(known.last.incarnation())) {
            return false;
        } else if (beat.sequence() >= known.last.sequence()) {
            known.last = beat;
            known.heardAt = now;
        } else {
            // A late copy over a slower link still proves that the link works, but not that the peer lives now.
            markLink(known, link, now);
            return false;
        }
        markLink(known, link, now);
        return true;
    }

    private void markLink(Peer peer, int link, Moment now) {
        if (link >= 0 && link < links) {
            peer.heardPerLink[link] = now;
        }
    }

    /**
     * Looks at the clock. If our own last look is longer ago than a heartbeat, we were away ourselves, and what the
     * peers sent may still be in the inbox: they get two heartbeats' time before anyone is suspected.
     */
    void onTick(Moment now) {
        if (now.since(lastTick).compareTo(heartbeat) > 0) {
            noSuspicionBefore = noSuspicionBefore.max(now.plus(Timing.times(heartbeat, 2)));
        }
        lastTick = now;
    }

    /** The kernel says that nothing can come from {@code peer} any more; only a new heartbeat proves otherwise. */
    void onLost(NodeId peer, Moment now) {
        Peer known = peers.get(peer);
        if (known != null) {
            known.heardAt = now.minus(Timing.times(misscount, 2));
        }
    }

    /** True if this life of the peer has been silent on all links for longer than misscount. */
    boolean isSilent(Moment now, NodeId peer, Incarnation incarnation, Moment atLeastSince) {
        return isSilent(now, peer, incarnation, atLeastSince, misscount);
    }

    /**
     * True from two heartbeats before {@link #isSilent}. If the two cannot hear each other, the peer may have found out by now: it counts
     * from the last heartbeat that it got, which may be older than the last that it sent by one interval, and a loss.
     */
    boolean isAlmostSilent(Moment now, NodeId peer, Incarnation incarnation, Moment atLeastSince) {
        return isSilent(now, peer, incarnation, atLeastSince, misscount.minus(Timing.times(heartbeat, 2)));
    }

    private boolean isSilent(Moment now, NodeId peer, Incarnation incarnation, Moment atLeastSince, Duration patience) {
        if (now.isBefore(noSuspicionBefore)) {
            return false;
        }
        Peer known = peers.get(peer);
        Moment heard = known == null || known.last.incarnation().isBefore(incarnation)
                ? atLeastSince
                : known.heardAt.max(atLeastSince);
        return now.since(heard).compareTo(patience) > 0;
    }

    Optional<Peer> peer(NodeId peer) {
        return Optional.ofNullable(peers.get(peer));
    }

    Collection<Peer> all() {
        return peers.values();
    }

    /** Whom we heard within {@code window}, ourselves included. */
    NodeSet heardWithin(Moment now, Duration window) {
        NodeSet heard = NodeSet.of(self);
        for (var entry : peers.entrySet()) {
            Peer peer = entry.getValue();
            if (peer.last.state() != NodeState.STOPPED
                    && now.since(peer.heardAt).compareTo(window) <= 0) {
                heard = heard.with(entry.getKey());
            }
        }
        return heard;
    }

    /** Who says that it has its voting disks, as heard within {@code window}. */
    NodeSet withDisks(Moment now, Duration window) {
        NodeSet with = NodeSet.EMPTY;
        for (var entry : peers.entrySet()) {
            Peer peer = entry.getValue();
            if (peer.last.disks() && now.since(peer.heardAt).compareTo(window) <= 0) {
                with = with.with(entry.getKey());
            }
        }
        return with;
    }

    /** When something was last heard of {@code peer} over {@code link}, if ever. */
    Optional<Moment> heardOver(NodeId peer, int link) {
        Peer known = peers.get(peer);
        return known == null ? Optional.empty() : Optional.ofNullable(known.heardPerLink[link]);
    }
}
