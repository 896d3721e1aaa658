package dev.holdfast.cssd;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How well each private network works between this node and each other: state, loss, round trip. For people alone:
 * membership has its own ear, and decides nothing by this.
 *
 * <p>Every heartbeat goes over all networks with one sequence number, so that what one network lacks of what came over
 * any is lost on that one. Pure: the clock is the caller's.
 */
final class LinkStatistics {
    /** Heartbeats that loss is counted over. */
    static final int WINDOW = 128;

    /** The newest may still be under way over the other networks. */
    private static final int UNDER_WAY = 2;

    /** Weight of a new sample of the round trip: 1/8 (RFC 6298). */
    private static final int SMOOTHING = 8;

    private final int links;
    private final Duration downAfter;
    private final SortedMap<NodeId, Peer> peers = new TreeMap<>();
    private Moment lastLook;
    private Moment nothingDownBefore;

    /** A network began or ceased to work for a peer. {@code link} is 0-based. */
    record Change(NodeId peer, int link, boolean up) {}

    /**
     * A network and a peer.
     *
     * @param link 0-based
     * @param state UP, DOWN, or NEVER if nothing was heard yet
     * @param roundTripMicros smoothed; -1: not known
     * @param lostPerMille of the last {@link #WINDOW} heartbeats; -1: not known
     * @param silentMillis since it was last heard there; -1: never
     */
    record Figures(NodeId peer, int link, String state, long roundTripMicros, int lostPerMille, long silentMillis) {}

    private static final class Link {
        private @Nullable Moment heardAt;
        private boolean up;
        private long roundTripNanos = -1;
        private long first = -1;
        /** Of the sequence numbers in the window, modulo its size, those that arrived. */
        private final BitSet arrived = new BitSet(WINDOW);

        private long highest = -1;

        void advance(long to) {
            if (to - highest >= WINDOW) {
                arrived.clear();
            } else {
                for (long sequence = highest + 1; sequence <= to; sequence++) {
                    arrived.clear(Math.floorMod(sequence, WINDOW));
                }
            }
            highest = Math.max(highest, to);
        }

        void mark(long sequence) {
            if (first < 0) {
                first = sequence;
                highest = sequence - 1;
            }
            if (sequence > highest) {
                advance(sequence);
            }
            if (sequence > highest - WINDOW) {
                first = Math.min(first, sequence); // The first to arrive may have overtaken others.
                arrived.set(Math.floorMod(sequence, WINDOW));
            }
        }
    }

    private static final class Peer {
        private @Nullable Incarnation life;
        private long highest = -1;
        private final List<Link> links = new ArrayList<>();

        Peer(int count) {
            for (int i = 0; i < count; i++) {
                links.add(new Link());
            }
        }

        /** A new life counts anew. */
        void forget() {
            highest = -1;
            for (Link link : links) {
                link.first = -1;
                link.highest = -1;
                link.arrived.clear();
            }
        }
    }

    /** @param downAfter how long a silent network still counts as working */
    LinkStatistics(NodeSet others, int links, Duration downAfter, Moment now) {
        this.links = links;
        this.downAfter = downAfter;
        lastLook = now;
        nothingDownBefore = now.plus(downAfter);
        others.nodes().forEach(node -> peers.put(node, new Peer(links)));
    }

    /** A heartbeat arrived. One of an older life says nothing. */
    void heard(Moment now, int link, NodeId from, Incarnation life, long sequence) {
        Peer peer = peers.get(from);
        if (peer == null || link < 0 || link >= links || sequence < 0) {
            return;
        }
        Incarnation known = peer.life;
        if (known != null && life.isBefore(known)) {
            return;
        }
        if (!life.equals(known)) {
            peer.life = life;
            peer.forget();
        }
        peer.highest = Math.max(peer.highest, sequence);
        peer.links.get(link).heardAt = now;
        peer.links.get(link).mark(sequence);
    }

    /** A probe came back. */
    void echoed(int link, NodeId from, Duration roundTrip) {
        Peer peer = peers.get(from);
        if (peer == null || link < 0 || link >= links || roundTrip.isNegative()) {
            return;
        }
        Link of = peer.links.get(link);
        long nanos = roundTrip.toNanos();
        of.roundTripNanos = of.roundTripNanos < 0 ? nanos : of.roundTripNanos + (nanos - of.roundTripNanos) / SMOOTHING;
    }

    /**
     * What changed since the last look. Who was away itself gives the networks the time to show that they work. One that
     * never worked is not told here; {@link #figures} show it.
     */
    List<Change> changes(Moment now) {
        if (now.since(lastLook).compareTo(downAfter.dividedBy(2)) > 0) {
            nothingDownBefore = now.plus(downAfter);
        }
        lastLook = now;
        List<Change> changes = new ArrayList<>();
        peers.forEach((node, peer) -> {
            for (int link = 0; link < links; link++) {
                Link of = peer.links.get(link);
                boolean works = works(now, of);
                if (works && !of.up) {
                    of.up = true;
                    changes.add(new Change(node, link, true));
                } else if (!works && of.up && !now.isBefore(nothingDownBefore)) {
                    of.up = false;
                    changes.add(new Change(node, link, false));
                }
            }
        });
        return changes;
    }

    private boolean works(Moment now, Link link) {
        Moment heard = link.heardAt;
        return heard != null && now.since(heard).compareTo(downAfter) <= 0;
    }

    /** By network, then by peer. */
    List<Figures> figures(Moment now) {
        List<Figures> figures = new ArrayList<>();
        for (int link = 0; link < links; link++) {
            for (var entry : peers.entrySet()) {
                Link of = entry.getValue().links.get(link);
                Moment heard = of.heardAt;
                figures.add(new Figures(
                        entry.getKey(),
                        link,
                        heard == null ? "NEVER" : works(now, of) ? "UP" : "DOWN",
                        of.roundTripNanos < 0 ? -1 : of.roundTripNanos / 1000,
                        lostPerMille(of, entry.getValue().highest),
                        heard == null ? -1 : now.since(heard).toMillis()));
            }
        }
        return figures;
    }

    private static int lostPerMille(Link link, long newest) {
        if (link.first < 0) {
            return -1;
        }
        long until = Math.max(link.highest, newest - UNDER_WAY);
        link.advance(until);
        long expected = Math.min(WINDOW, until - link.first + 1);
        return (int) ((expected - link.arrived.cardinality()) * 1000 / expected);
    }
}
