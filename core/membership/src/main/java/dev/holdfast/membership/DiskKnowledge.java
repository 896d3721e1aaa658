package dev.holdfast.membership;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What this node has read of the others' blocks: the newest of each, when it was first seen, and per disk how far each
 * writer had got, so that a disk that forgets (R2, R4) is noticed and not counted.
 */
final class DiskKnowledge {
    /** The newest block of a node, and the completion of the read in which it was first seen, on our clock. */
    static final class Seen {
        private HeartbeatBlock block;
        private Moment firstSeen;
        private boolean changed;

        private Seen(HeartbeatBlock block, Moment firstSeen) {
            this.block = block;
            this.firstSeen = firstSeen;
        }

        HeartbeatBlock block() {
            return block;
        }

        /** Everything the node wrote before this block was written is older than this moment. */
        Moment firstSeen() {
            return firstSeen;
        }

        /** Whether it ever changed while we watched: a block found at start may be from long ago. */
        boolean hasChanged() {
            return changed;
        }
    }

    private final SortedMap<NodeId, Seen> newest = new TreeMap<>();
    private final Map<NodeId, SortedMap<Incarnation, Seen>> newestPerLife = new HashMap<>();
    /** Of each node the block that shows the most of its lives to be over. */
    private final Map<NodeId, HeartbeatBlock> provesMost = new HashMap<>();

    private final Map<Long, HeartbeatBlock> newestPerDisk = new HashMap<>();
    private final Map<Long, Long> ballotSequencePerDisk = new HashMap<>();

    private static long key(int disk, NodeId node) {
        return (long) disk << 8 | node.number();
    }

    private static int diskOf(long key) {
        return (int) (key >> 8);
    }

    private static NodeId nodeOf(long key) {
        return new NodeId((int) (key & 0xFF));
    }

    /** Another disk gets this number: what was seen under it does not bind the new one. */
    void forget(int disk) {
        newestPerDisk.keySet().removeIf(key -> diskOf(key) == disk);
        ballotSequencePerDisk.keySet().removeIf(key -> diskOf(key) == disk);
    }

    /**
     * Takes the result of a read. False if the disk must not count as read: a block was unreadable, or went back in
     * time. What it shows is learned all the same, as newer knowledge is never harmful.
     */
    boolean merge(Moment now, int disk, SortedMap<NodeId, HeartbeatBlock> blocks, NodeSet torn) {
        boolean trusted = torn.isEmpty();
        for (HeartbeatBlock block : blocks.values()) {
            HeartbeatBlock before = newestPerDisk.get(key(disk, block.node()));
            if (before != null && before.isNewerThan(block)) {
                trusted = false;
                continue;
            }
            newestPerDisk.put(key(disk, block.node()), block);
            ballotSequencePerDisk.merge(key(disk, block.node()), block.ballotSequence(), Math::max);
            learn(now, block);
        }
        for (NodeId node : newest.keySet()) {
            if (!blocks.containsKey(node) && newestPerDisk.containsKey(key(disk, node))) {
                trusted = false;
            }
        }
        return trusted;
    }

    /** The boot under which that life ran, or null if no block of it was ever read here. */
    @Nullable
    Long bootOf(NodeId node, Incarnation incarnation) {
        return of(node, incarnation).map(seen -> seen.block().bootId()).orElse(null);
    }

    private void learn(Moment now, HeartbeatBlock block) {
        learn(now, block, newest, block.node());
        learn(now, block, newestPerLife.computeIfAbsent(block.node(), _ -> new TreeMap<>()), block.incarnation());
        Incarnation over = block.allOverUpTo();
        if (over != null) {
            HeartbeatBlock most = provesMost.get(block.node());
            if (most == null || !most.isAfter(over)) {
                provesMost.put(block.node(), block);
            }
        }
    }

    private static <K> void learn(Moment now, HeartbeatBlock block, Map<K, Seen> known, K key) {
        Seen seen = known.get(key);
        if (seen == null) {
            known.put(key, new Seen(block, now));
        } else if (block.isNewerThan(seen.block)) {
            seen.block = block;
            seen.firstSeen = now;
            seen.changed = true;
        }
    }

    /**
     * The newest block of one life, also if a later life of that node was seen. A claim of a later life on some disks hides that life's
     * blocks there. That loses nothing for who waits for its end: either the claim came after that life was over, or it was
     * there before, and then no disk with it ever counted in a round of that life, as it read the claim above its own block. It cannot have
     * come in between: nothing is written to a disk in which a write of an earlier process is still under way.
     */
    Optional<Seen> of(NodeId node, Incarnation life) {
        return Optional.ofNullable(
                newestPerLife.getOrDefault(node, new TreeMap<>()).get(life));
    }

    /**
     * False if an acknowledged ballot write of some node is missing on this disk: it forgot (rule R4). What is there is remembered also if the
     * read does not count: a later one that shows less of it must not count either.
     */
    boolean trustsBallots(int disk, SortedMap<NodeId, BallotBlock> blocks, NodeSet torn) {
        boolean trusted = torn.isEmpty();
        // Of every node that a ballot was ever seen of, also if no heartbeat of it was read yet.
        for (Map.Entry<Long, Long> floor : ballotSequencePerDisk.entrySet()) {
            BallotBlock block = blocks.get(nodeOf(floor.getKey()));
            if (diskOf(floor.getKey()) == disk
                    && floor.getValue() > 0
                    && (block == null || block.sequence() < floor.getValue())) {
                trusted = false;
            }
        }
        for (BallotBlock block : blocks.values()) {
            ballotSequencePerDisk.merge(key(disk, block.writer()), block.sequence(), Math::max);
        }
        return trusted;
    }

    /** A block of {@code node} that was written after {@code life} had ended, or is its last word; null if none was read. */
    @Nullable
    HeartbeatBlock after(NodeId node, Incarnation life) {
        HeartbeatBlock most = provesMost.get(node);
        return most != null && most.isAfter(life) ? most : null;
    }

    Optional<Seen> of(NodeId node) {
        return Optional.ofNullable(newest.get(node));
    }

    Iterable<Seen> all() {
        return newest.values();
    }
}
