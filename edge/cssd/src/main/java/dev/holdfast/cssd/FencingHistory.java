package dev.holdfast.cssd;

import dev.holdfast.membership.Effect;
import dev.holdfast.membership.Proof;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers on the voting disks who was voted out, why, and what proved it harmless, so that a node that is back can be
 * told. Every node writes what it did or saw into its own block; readers put the blocks together.
 *
 * <p>Best effort and without any say in membership: all of it happens on a thread of its own, over descriptors of its own,
 * and every method returns at once. A disk that does not answer is left out until it does.
 */
final class FencingHistory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FencingHistory.class);
    /** How long one request waits for a disk. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    /** A disk that missed a write gets the newest one after so long. */
    private static final long RETRY_SECONDS = 20;

    private final NodeId self;
    private final Supplier<List<Path>> paths;
    private final java.util.function.Function<Path, RecordLane> opener;
    private final LongSupplier wallMillis;
    private final ScheduledThreadPoolExecutor thread;

    // All below: touched by the thread alone.
    private final Map<Path, RecordLane> lanes = new HashMap<>();
    private final Set<Path> behind = new HashSet<>();
    private final List<FencingRecord> own = new ArrayList<>();
    private long sequence;
    private boolean ownRead;
    private Map<NodeId, List<FencingRecord>> others = new TreeMap<>();

    /**
     * @param paths of the voting disks in use; asked anew for each request
     * @param opener makes the lane of a disk
     * @param wallMillis the wall clock, milliseconds since 1970
     */
    FencingHistory(
            NodeId self,
            Supplier<List<Path>> paths,
            java.util.function.Function<Path, RecordLane> opener,
            LongSupplier wallMillis) {
        this.self = self;
        this.paths = paths;
        this.opener = opener;
        this.wallMillis = wallMillis;
        thread = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("fencing records").factory());
        thread.scheduleWithFixedDelay(this::catchUp, RETRY_SECONDS, RETRY_SECONDS, TimeUnit.SECONDS);
    }

    /** A member was voted out, by us or under our eyes as the master. */
    void votedOut(Effect.VotedOut out) {
        long at = wallMillis.getAsLong();
        thread.execute(() -> {
            readOwn();
            boolean known = own.stream()
                    .anyMatch(each -> each.victim().equals(out.victim())
                            && each.incarnation().equals(out.incarnation())
                            && each.evictedIn().equals(out.epoch()));
            if (!known) {
                own.add(new FencingRecord(
                        out.victim(),
                        out.incarnation(),
                        out.epoch(),
                        out.by(),
                        at,
                        out.byItsOwnWord(),
                        out.reason(),
                        List.of()));
                write();
            }
        });
    }

    /**
     * Something was done about a life, or found out; forgotten if we keep no record of the life. What happens again and
     * again, as a device that fails whenever it is asked, is entered once.
     */
    void happened(NodeId victim, Incarnation incarnation, FencingRecord.Kind kind, String text) {
        long at = wallMillis.getAsLong();
        thread.execute(() -> {
            readOwn();
            for (int i = own.size() - 1; i >= 0; i--) {
                FencingRecord record = own.get(i);
                if (record.victim().equals(victim) && record.incarnation().equals(incarnation)) {
                    boolean known = record.story().stream()
                            .anyMatch(entry ->
                                    entry.kind() == kind && entry.text().equals(text));
                    if (known) {
                        return;
                    }
                    own.set(i, record.with(new FencingRecord.Entry(kind, self, at, text)));
                    write();
                    return;
                }
            }
        });
    }

    void proved(Effect.Settled settled) {
        FencingRecord.Kind kind = switch (settled.proof()) {
            case Proof.FENCED -> FencingRecord.Kind.FENCED;
            case Proof.STOPPED -> FencingRecord.Kind.STOPPED;
            case Proof.REBOOTED -> FencingRecord.Kind.REBOOTED;
            case Proof.TIMER -> FencingRecord.Kind.TIMER;
            case Proof.OPERATOR -> FencingRecord.Kind.OPERATOR;
        };
        happened(settled.victim(), settled.incarnation(), kind, settled.detail());
    }

    /** Reads all disks and hands over what all nodes remember, oldest first, on the history's thread. */
    void tell(Consumer<List<FencingRecord>> listener) {
        thread.execute(() -> {
            readAll();
            List<List<FencingRecord>> memories = new ArrayList<>(others.values());
            memories.add(own);
            listener.accept(FencingRecord.merge(memories));
        });
    }

    private Map<Path, RecordLane> lanes() {
        List<Path> wanted = paths.get();
        lanes.entrySet().removeIf(entry -> {
            boolean gone = !wanted.contains(entry.getKey());
            if (gone) {
                entry.getValue().close();
                behind.remove(entry.getKey());
            }
            return gone;
        });
        wanted.forEach(path -> lanes.computeIfAbsent(path, opener));
        return lanes;
    }

    /** Our own older records, of this and earlier lives: a write must not lose them. */
    private void readOwn() {
        if (!ownRead) {
            readAll();
        }
    }

    private void readAll() {
        Map<Path, CompletableFuture<Map<NodeId, RecordCodec.Memory>>> asked = new HashMap<>();
        lanes().forEach((path, lane) -> asked.put(path, lane.read()));
        Map<NodeId, List<List<FencingRecord>>> all = new TreeMap<>();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        int answered = 0;
        for (var each : asked.entrySet()) {
            try {
                Map<NodeId, RecordCodec.Memory> memories =
                        each.getValue().get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
                answered++;
                memories.forEach((node, memory) -> {
                    all.computeIfAbsent(node, _ -> new ArrayList<>()).add(memory.records());
                    if (node.equals(self)) {
                        sequence = Math.max(sequence, memory.sequence());
                    }
                });
            } catch (ExecutionException | TimeoutException e) {
                LOG.debug("fencing records of {} are not read: {}", each.getKey(), String.valueOf(e.getMessage()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        if (answered == 0) {
            return; // What was read before still holds.
        }
        List<List<FencingRecord>> mine = all.getOrDefault(self, new ArrayList<>());
        all.remove(self);
        if (!ownRead) {
            ownRead = true;
            mine.add(List.copyOf(own));
            own.clear();
            own.addAll(FencingRecord.merge(mine));
        }
        Map<NodeId, List<FencingRecord>> read = new TreeMap<>();
        all.forEach((node, memories) -> read.put(node, FencingRecord.merge(memories)));
        others = read;
    }

    private void write() {
        while (own.size() > RecordCodec.RECORDS_MAX) {
            own.removeFirst();
        }
        sequence++;
        writeTo(Map.copyOf(lanes()));
    }

    private void catchUp() {
        if (behind.isEmpty()) {
            return;
        }
        Map<Path, RecordLane> missing = new HashMap<>(lanes());
        missing.keySet().retainAll(behind);
        writeTo(missing);
    }

    private void writeTo(Map<Path, RecordLane> where) {
        RecordCodec.Memory memory = new RecordCodec.Memory(sequence, own);
        Map<Path, CompletableFuture<Boolean>> written = new HashMap<>();
        where.forEach((path, lane) -> written.put(path, lane.write(memory)));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (var each : written.entrySet()) {
            try {
                each.getValue().get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
                behind.remove(each.getKey());
            } catch (ExecutionException | TimeoutException e) {
                behind.add(each.getKey());
                LOG.debug("fencing record on {}: {}", each.getKey(), String.valueOf(e.getMessage()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    @Override
    public void close() {
        if (!thread.isShutdown()) {
            thread.execute(() -> lanes.values().forEach(RecordLane::close));
            thread.shutdown();
        }
    }
}
