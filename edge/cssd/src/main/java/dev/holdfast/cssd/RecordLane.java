package dev.holdfast.cssd;

import dev.holdfast.linux.BlockDevice;
import dev.holdfast.linux.DiskThread;
import dev.holdfast.model.NodeId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * The fencing records on one voting disk: a pair of blocks per node, at 3 MiB. It has a thread and a descriptor of its own
 * beside those of {@link VotingDisk}: nothing that happens here delays membership.
 */
final class RecordLane implements AutoCloseable {
    static final long AREA = 3 << 20;
    private static final int PAIR = 2 * BlockSeal.BLOCK;

    private final NodeId self;
    private final int nodes;
    private final BlockCodec headers;
    private final RecordCodec codec;
    private final DiskThread thread;

    /** @param nodes the highest configured node number */
    RecordLane(Path path, NodeId self, int nodes, BlockCodec headers, RecordCodec codec) {
        this.self = self;
        this.nodes = nodes;
        this.headers = headers;
        this.codec = codec;
        thread = DiskThread.start("fencing records " + path, path, 0, () -> {}, () -> {});
    }

    /** What each node remembers on this disk. Fails if the disk does, or if it is busy with an earlier request. */
    CompletableFuture<Map<NodeId, RecordCodec.Memory>> read() {
        return submit(device -> {
            byte[] area = device.read(AREA, nodes * PAIR);
            Map<NodeId, RecordCodec.Memory> memories = new TreeMap<>();
            for (int number = 1; number <= nodes; number++) {
                NodeId node = new NodeId(number);
                newer(area, (number - 1) * PAIR, node).ifPresent(memory -> memories.put(node, memory));
            }
            return memories;
        });
    }

    /** Writes this node's memory over the older copy. Fails as {@link #read} does. */
    CompletableFuture<Boolean> write(RecordCodec.Memory memory) {
        return submit(device -> {
            long own = AREA + (long) (self.number() - 1) * PAIR;
            byte[] pair = device.read(own, PAIR);
            Optional<RecordCodec.Memory> first = codec.decode(pair, 0, self);
            Optional<RecordCodec.Memory> second = codec.decode(pair, BlockSeal.BLOCK, self);
            boolean overFirst = first.isEmpty()
                    || (second.isPresent()
                            && second.get().sequence() > first.get().sequence());
            device.write(overFirst ? own : own + BlockSeal.BLOCK, codec.encode(self, memory));
            return true;
        });
    }

    private Optional<RecordCodec.Memory> newer(byte[] area, int at, NodeId node) {
        Optional<RecordCodec.Memory> first = codec.decode(area, at, node);
        Optional<RecordCodec.Memory> second = codec.decode(area, at + BlockSeal.BLOCK, node);
        boolean useSecond = second.isPresent()
                && (first.isEmpty() || second.get().sequence() > first.get().sequence());
        return useSecond ? second : first;
    }

    private <T> CompletableFuture<T> submit(DiskThread.Operation<T> operation) {
        CompletableFuture<T> result = new CompletableFuture<>();
        if (thread.pending() > 0) {
            // A disk that hangs must not collect a queue that would be carried out when nobody wants it any more.
            result.completeExceptionally(new IOException(thread.path() + " has not answered the last request"));
            return result;
        }
        thread.submit(
                device -> {
                    checkHeader(device);
                    return operation.run(device);
                },
                outcome -> {
                    switch (outcome) {
                        case DiskThread.Outcome.Done<T> done -> result.complete(done.value());
                        case DiskThread.Outcome.Failed<T> failed -> result.completeExceptionally(failed.cause());
                        case DiskThread.Outcome.Abandoned<T> _ ->
                            result.completeExceptionally(new IOException(thread.path() + " is not used any more"));
                    }
                });
        return result;
    }

    /** Only on a voting disk of this cluster: a path may mean another disk by now. */
    private void checkHeader(BlockDevice device) throws IOException {
        byte[] both = device.read(0, PAIR);
        if (headers.readHeader(both, 0).isEmpty()
                && headers.readHeader(both, BlockSeal.BLOCK).isEmpty()) {
            throw new IOException(device.path() + " is not a voting disk of this cluster");
        }
    }

    @Override
    public void close() {
        thread.close();
    }
}
