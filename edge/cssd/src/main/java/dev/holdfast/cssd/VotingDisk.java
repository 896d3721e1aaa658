package dev.holdfast.cssd;

import dev.holdfast.linux.BlockDevice;
import dev.holdfast.linux.DiskMark;
import dev.holdfast.linux.DiskThread;
import dev.holdfast.membership.BallotBlock;
import dev.holdfast.membership.HeartbeatBlock;
import dev.holdfast.membership.Input;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One voting disk and its one thread. Every node owns a pair of blocks in each area and writes the older one of the two,
 * so that a torn write leaves the value before it (rule R3).
 *
 * <pre>
 * offset     size
 *      0     2 x 4 KiB              header, two copies
 *  32 KiB    64 x 2 x 4 KiB         heartbeat area: a pair per node
 *   2 MiB    64 x 2 x 4 KiB         view area: a pair per node
 *   4 MiB                           end
 * </pre>
 *
 * A disk is what its header says: it is read and compared at every open, and a disk that was exchanged is refused.
 */
final class VotingDisk {
    static final long HEARTBEAT_AREA = 32 << 10;
    static final long VIEW_AREA = 2 << 20;
    static final long END = 4 << 20;
    private static final char MARK = 'v';
    private static final int PAIR = 2 * BlockSeal.BLOCK;

    private final int index;
    private final NodeId self;
    private final int nodes;
    private final BlockCodec codec;
    private final DiskThread thread;
    private final Consumer<Input> inbox;

    // Touched by the disk's thread alone.
    private @Nullable BlockDevice verified;
    private DiskMark.@Nullable Bearer stuck;
    private volatile BlockCodec.@Nullable Header header;
    private final Map<Long, Integer> nextCopy = new HashMap<>();

    /**
     * @param index 0-based, as in the settings
     * @param nodes the highest configured node number: so much of each area is read
     */
    VotingDisk(
            int index,
            Path path,
            NodeId self,
            int nodes,
            BlockCodec codec,
            Runnable prepareThread,
            Consumer<Input> inbox) {
        this.index = index;
        this.self = self;
        this.nodes = nodes;
        this.codec = codec;
        this.inbox = inbox;
        thread = DiskThread.start("disk " + (index + 1), path, 0, prepareThread, () -> {});
    }

    Path path() {
        return thread.path();
    }

    /** What the disk says that it is, once it was read. */
    Optional<BlockCodec.Header> header() {
        return Optional.ofNullable(header);
    }

    /**
     * Opens the disk if it is not open, and finds out whether it may be used.
     *
     * @param whenDone called on the disk's thread: empty if it may, else why not; never, as long as the disk hangs
     */
    void probe(Consumer<Optional<String>> whenDone) {
        thread.<Boolean>submit(
                device -> {
                    verify(device);
                    return true;
                },
                outcome -> whenDone.accept(
                        switch (outcome) {
                            case DiskThread.Outcome.Done<Boolean> _ -> Optional.empty();
                            case DiskThread.Outcome.Failed<Boolean> failed ->
                                Optional.of(String.valueOf(failed.cause().getMessage()));
                            case DiskThread.Outcome.Abandoned<Boolean> _ -> Optional.of("closed");
                        }));
    }

    /**
     * Writes the header anew in another state; to be done by the master alone. One copy is durable before the other is written, so a
     * power loss tears one at most.
     */
    void writeState(BlockCodec.DiskState state) {
        thread.<Boolean>submit(
                device -> {
                    verify(device);
                    BlockCodec.Header known = header;
                    if (known != null && known.state() != state) {
                        BlockCodec.Header changed = known.in(state);
                        device.write(0, codec.header(changed));
                        device.write(BlockSeal.BLOCK, codec.header(changed));
                        header = changed;
                    }
                    return true;
                },
                _ -> {});
    }

    /** Waits for nothing: a thread that is stuck stays until its disk answers. */
    void close() {
        thread.close();
    }

    void writeHeartbeat(long operation, HeartbeatBlock block) {
        write(operation, HEARTBEAT_AREA, codec.heartbeat(block));
    }

    void writeBallot(long operation, BallotBlock block) {
        write(operation, VIEW_AREA, codec.ballot(block));
    }

    void readHeartbeats(long operation) {
        read(
                operation,
                HEARTBEAT_AREA,
                (area, offset, node) -> codec.readHeartbeat(area, offset, node),
                HeartbeatBlock::isNewerThan,
                (blocks, torn) -> new Input.HeartbeatsRead(index, operation, blocks, torn));
    }

    void readBallots(long operation) {
        read(
                operation,
                VIEW_AREA,
                (area, offset, node) -> codec.readBallot(area, offset, node),
                (a, b) -> a.sequence() > b.sequence(),
                (blocks, torn) -> new Input.BallotsRead(index, operation, blocks, torn));
    }

    private void write(long operation, long area, byte[] block) {
        thread.<Boolean>submit(
                device -> {
                    verify(device);
                    int copy =
                            nextCopy.containsKey(area) ? nextCopy.getOrDefault(area, 0) : findOlderCopy(device, area);
                    long at = area + (long) (self.number() - 1) * PAIR + (long) copy * BlockSeal.BLOCK;
                    device.write(at, block);
                    nextCopy.put(area, 1 - copy);
                    return true;
                },
                outcome -> report(operation, outcome, _ -> new Input.DiskWritten(index, operation)));
    }

    /** Before the first write: the copy that does not hold the newest block. */
    private int findOlderCopy(BlockDevice device, long area) throws IOException {
        byte[] pair = device.read(area + (long) (self.number() - 1) * PAIR, PAIR);
        if (area == HEARTBEAT_AREA) {
            return older(
                    codec.readHeartbeat(pair, 0, self),
                    codec.readHeartbeat(pair, BlockSeal.BLOCK, self),
                    (a, b) -> a.isNewerThan(b));
        }
        return older(
                codec.readBallot(pair, 0, self),
                codec.readBallot(pair, BlockSeal.BLOCK, self),
                (a, b) -> a.sequence() > b.sequence());
    }

    private static <B> int older(Optional<B> first, Optional<B> second, Newer<B> newer) {
        if (first.isEmpty()) {
            return 0;
        }
        return second.isPresent() && newer.test(second.get(), first.get()) ? 0 : 1;
    }

    private interface Newer<B> {
        boolean test(B a, B b);
    }

    private interface Decoder<B> {
        Optional<B> read(byte[] area, int offset, NodeId node);
    }

    private <B> void read(
            long operation,
            long areaStart,
            Decoder<B> decoder,
            Newer<B> newer,
            BiFunction<SortedMap<NodeId, B>, NodeSet, Input> asInput) {
        thread.submit(
                device -> {
                    verify(device);
                    byte[] area = device.read(areaStart, nodes * PAIR);
                    SortedMap<NodeId, B> blocks = new TreeMap<>();
                    NodeSet torn = NodeSet.EMPTY;
                    for (int number = 1; number <= nodes; number++) {
                        NodeId node = new NodeId(number);
                        int at = (number - 1) * PAIR;
                        Optional<B> first = decoder.read(area, at, node);
                        Optional<B> second = decoder.read(area, at + BlockSeal.BLOCK, node);
                        if (first.isPresent() && second.isPresent()) {
                            boolean secondNewer = newer.test(second.get(), first.get());
                            blocks.put(node, secondNewer ? second.get() : first.get());
                        } else if (first.isPresent() || second.isPresent()) {
                            blocks.put(node, first.or(() -> second).orElseThrow());
                        } else if (!BlockSeal.isBlank(area, at) || !BlockSeal.isBlank(area, at + BlockSeal.BLOCK)) {
                            torn = torn.with(node);
                        }
                    }
                    return asInput.apply(blocks, torn);
                },
                outcome -> report(operation, outcome, input -> input));
    }

    private <T> void report(
            long operation, DiskThread.Outcome<T> outcome, java.util.function.Function<T, Input> asInput) {
        inbox.accept(
                switch (outcome) {
                    case DiskThread.Outcome.Done<T> done -> asInput.apply(done.value());
                    case DiskThread.Outcome.Failed<T> failed ->
                        new Input.DiskFailed(
                                index, operation, String.valueOf(failed.cause().getMessage()));
                    case DiskThread.Outcome.Abandoned<T> _ -> new Input.DiskFailed(index, operation, "abandoned");
                });
    }

    /**
     * A write that a killed cssd had begun may land at any time while its thread is stuck, also on top of newer blocks of
     * ours (model mutation blate): so nothing is written here before that thread is gone.
     */
    private void refuseWhileStuck(DiskMark mark, Path path) throws IOException {
        mark.bear();
        DiskMark.Bearer known = stuck;
        DiskMark.Bearer found =
                known != null && known.exists() ? known : mark.otherBearer().orElse(null);
        stuck = found;
        if (found != null) {
            throw new IOException(found + ", an earlier cssd of this node, is still stuck in " + path
                    + "; the disk is used again when that thread is gone");
        }
    }

    /** A descriptor is good only for the disk that its header names (rule R7). */
    private void verify(BlockDevice device) throws IOException {
        if (device == verified) {
            return;
        }
        byte[] both = device.read(0, PAIR);
        BlockCodec.Header found = codec.readHeader(both, 0)
                .or(() -> codec.readHeader(both, BlockSeal.BLOCK))
                .orElseThrow(() -> new IOException(whatItIs(both, device.path())));
        BlockCodec.Header before = header;
        if (before != null && !before.disk().equals(found.disk())) {
            throw new IOException(device.path() + " was exchanged while in use: it was " + before.disk()
                    + " and is now " + found.disk());
        }
        if (found.maxNodes() < nodes) {
            throw new IOException(device.path() + " was formatted for " + found.maxNodes() + " nodes only");
        }
        refuseWhileStuck(DiskMark.of(MARK, self.number(), found.disk()), device.path());
        header = found;
        verified = device;
    }

    private String whatItIs(byte[] start, Path path) {
        if (BlockSeal.isBlank(start, 0) && BlockSeal.isBlank(start, BlockSeal.BLOCK)) {
            return path
                    + " is blank; a new disk is formatted by 'crsctl add css votedisk', those of a new cluster by FormatDisks";
        }
        return path
                + (BlockSeal.claimsToBe("HFHDR", start, 0)
                        ? " is a voting disk of another cluster, or of another cluster key or version"
                        : " holds something that is no voting disk");
    }
}
