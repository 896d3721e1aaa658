package dev.holdfast.cssd;

import dev.holdfast.model.NodeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Fences a node by all its devices: those of one level together, for a machine with two power supplies is off only when
 * both are; levels one after the other, the lowest number first, for when a device fails.
 *
 * <p>The next level is not kept waiting until a slow one has given up: it starts when the one before has failed or has
 * used up half of its timeout. That is safe because only off is ever asked for: it does no harm twice, or too much. The
 * first level that is verified is the proof; what is under way elsewhere is ended.
 */
final class FenceLevels {
    static final String CALLED_OFF = "it was called off, as the node is harmless already";

    private final List<Device> devices;
    private final ExecutorService threads = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("fence ", 1).factory());

    /** A way to switch nodes off. */
    interface Device {
        String name();

        int level();

        /** How long one call may take. */
        Duration timeout();

        boolean knows(NodeId node);

        /**
         * Returns, with words for the record, only once the victim is off and that was verified.
         *
         * @param calledOff asked before every attempt; if so, none is made any more
         */
        String off(NodeId victim, BooleanSupplier calledOff) throws FenceFailed, InterruptedException;
    }

    FenceLevels(List<? extends Device> devices) {
        this.devices = List.copyOf(devices);
    }

    /** Whether any device can switch the node off. */
    boolean knows(NodeId node) {
        return devices.stream().anyMatch(device -> device.knows(node));
    }

    private record Level(int number, List<Device> devices) {
        Duration headStart() {
            return devices.stream()
                    .map(Device::timeout)
                    .max(Duration::compareTo)
                    .orElse(Duration.ZERO)
                    .dividedBy(2);
        }
    }

    private record Result(@Nullable String proof, String failure) {}

    /**
     * Returns, with words for the record, only once all devices of some level are verified off.
     *
     * @param calledOff whether the victim is proved harmless by now: then nothing more is asked of any device
     */
    String off(NodeId victim, BooleanSupplier calledOff) throws FenceFailed, InterruptedException {
        TreeMap<Integer, List<Device>> byLevel = new TreeMap<>();
        devices.stream()
                .filter(device -> device.knows(victim))
                .forEach(device -> byLevel.computeIfAbsent(device.level(), _ -> new ArrayList<>())
                        .add(device));
        if (byLevel.isEmpty()) {
            throw new FenceFailed("no fence device has a plug for " + victim + " in cluster.conf");
        }
        Iterator<Level> waiting = byLevel.entrySet().stream()
                .map(entry -> new Level(entry.getKey(), entry.getValue()))
                .iterator();
        BlockingQueue<Result> results = new LinkedBlockingQueue<>();
        List<Future<?>> underWay = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        try {
            int running = 0;
            Duration headStart = Duration.ZERO;
            while (running > 0 || waiting.hasNext()) {
                Result result = null;
                if (running == 0 || !waiting.hasNext()) {
                    if (running > 0) {
                        result = results.take();
                    }
                } else {
                    result = results.poll(headStart.toNanos(), TimeUnit.NANOSECONDS);
                }
                if (result != null) {
                    running--;
                    String proof = result.proof();
                    if (proof != null) {
                        return proof;
                    }
                    failures.add(result.failure());
                }
                if (waiting.hasNext() && calledOff.getAsBoolean()) {
                    failures.add(CALLED_OFF);
                    waiting = Collections.emptyIterator();
                } else if (waiting.hasNext()) {
                    Level next = waiting.next();
                    headStart = next.headStart();
                    running++;
                    begin(victim, calledOff, next, results, underWay);
                }
            }
            throw new FenceFailed(String.join("; ", failures));
        } finally {
            underWay.forEach(each -> each.cancel(true));
        }
    }

    /** All devices of a level at once; the level's one result comes when the last has succeeded, or the first failed. */
    private void begin(
            NodeId victim,
            BooleanSupplier calledOff,
            Level level,
            BlockingQueue<Result> results,
            List<Future<?>> underWay) {
        AtomicInteger missing = new AtomicInteger(level.devices().size());
        List<String> proofs = Collections.synchronizedList(new ArrayList<>());
        for (Device device : level.devices()) {
            underWay.add(threads.submit(() -> {
                try {
                    proofs.add(device.off(victim, calledOff));
                    if (missing.decrementAndGet() == 0) {
                        results.add(new Result(String.join(", and ", proofs), ""));
                    }
                } catch (FenceFailed | RuntimeException e) { // Or the level would never have a result.
                    if (missing.getAndSet(Integer.MIN_VALUE) > 0) {
                        results.add(new Result(null, "level " + level.number() + ", " + e.getMessage()));
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
        }
    }
}
