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
 * A disk is what its header says: it is read and compared at every open, and a disk that was exchanged is refused. It is read again after each
 * read of an area: a retired disk is given away and blanked while a node that does not know that yet has it open, and zeros
 * would be taken for a disk on which nobody ever wrote.
 */
final class VotingDisk {
    static final long HEARTBEAT_AREA = 32 << 10;
    static final long VIEW_AREA = 2 << 20;
    static final long END = 4 << 20;
    private static final char MARK = 'v';

    private final int index;
    private final NodeId self;
    private final int nodes;
    private final BlockCodec codec;
    private final DiskThread thread;
    private final Consumer<Input> inbox;
    private final BlockPair<HeartbeatBlock> heartbeats;
    private final BlockPair<BallotBlock> ballots;

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
        heartbeats = new BlockPair<>(codec::readHeartbeat, HeartbeatBlock::isNewerThan);
        ballots = new BlockPair<>(codec::readBallot, (a, b) -> a.sequence() > b.sequence());
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
        write(operation, HEARTBEAT_AREA, heartbeats, codec.heartbeat(block));
    }

    void writeBallot(long operation, BallotBlock block) {
        write(operation, VIEW_AREA, ballots, codec.ballot(block));
    }

    void readHeartbeats(long operation) {
        read(
                operation,
                HEARTBEAT_AREA,
                heartbeats,
                (blocks, torn) -> new Input.HeartbeatsRead(index, operation, blocks, torn));
    }

    void readBallots(long operation) {
        read(operation, VIEW_AREA, ballots, (blocks, torn) -> new Input.BallotsRead(index, operation, blocks, torn));
    }

    private void write(long operation, long area, BlockPair<?> pair, byte[] block) {
        thread.<Boolean>submit(
                device -> {
                    verify(device);
                    long at = area + (long) (self.number() - 1) * BlockPair.BYTES;
                    // Taken out: a write that fails may have reached the disk or not, and then the disk is asked.
                    Integer known = nextCopy.remove(area);
                    int copy = known != null ? known : pair.next(device.read(at, BlockPair.BYTES), 0, self);
                    device.write(at + (long) copy * BlockSeal.BLOCK, block);
                    nextCopy.put(area, 1 - copy);
                    return true;
                },
                outcome -> report(operation, outcome, _ -> new Input.DiskWritten(index, operation)));
    }

    private <B> void read(
            long operation,
            long areaStart,
            BlockPair<B> pair,
            BiFunction<SortedMap<NodeId, B>, NodeSet, Input> asInput) {
        thread.submit(
                device -> {
                    verify(device);
                    byte[] area = device.read(areaStart, nodes * BlockPair.BYTES);
                    readHeader(device); // After the area: whoever blanks a disk begins with its header.
                    SortedMap<NodeId, B> blocks = new TreeMap<>();
                    NodeSet torn = NodeSet.EMPTY;
                    for (int number = 1; number <= nodes; number++) {
                        NodeId node = new NodeId(number);
                        BlockPair.Found<B> found = pair.read(area, (number - 1) * BlockPair.BYTES, node);
                        found.value().ifPresent(block -> blocks.put(node, block));
                        torn = found.torn() ? torn.with(node) : torn;
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
        BlockCodec.Header found = readHeader(device);
        if (found.maxNodes() < nodes) {
            throw new IOException(device.path() + " was formatted for " + found.maxNodes() + " nodes only");
        }
        refuseWhileStuck(DiskMark.of(MARK, self.number(), found.disk()), device.path());
        header = found;
        verified = device;
    }

    /** Fails unless the disk has a header of this cluster, and the one of the disk that was known so far, if any was. */
    private BlockCodec.Header readHeader(BlockDevice device) throws IOException {
        byte[] both = device.read(0, BlockPair.BYTES);
        BlockCodec.Header found = codec.readHeader(both, 0)
                .or(() -> codec.readHeader(both, BlockSeal.BLOCK))
                .orElseThrow(() -> new IOException(whatItIs(both, device.path())));
        BlockCodec.Header before = header;
        if (before != null && !before.disk().equals(found.disk())) {
            throw new IOException(device.path() + " was exchanged while in use: it was " + before.disk()
                    + " and is now " + found.disk());
        }
        return found;
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
