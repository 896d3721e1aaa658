package dev.holdfast.crsd;

import dev.holdfast.linux.BlockDevice;
import dev.holdfast.linux.DiskThread;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.TypeDefinition;
import dev.holdfast.node.CrsInput;
import dev.holdfast.registry.Batch;
import dev.holdfast.registry.LocationReport;
import dev.holdfast.registry.Mastership;
import dev.holdfast.registry.RegistryContent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code ./holdfast bench registry}: the registry that crsd uses, on three real files, written past the page cache and durably. In the place of
 * cssd stands a register that does what cssd does for a confirm: its own block on three disks, then a look at all of them, a majority each.
 */
public final class RegistryBench implements RegistryStore.Listener {
    private static final int SINGLE = 300;
    private static final int OUTSTANDING = 128;
    private static final long BATCHES_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final int RESOURCES = 10_000;
    private static final int BLOCK = 4096;

    private final BlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
    private final List<DiskThread> heartbeats = new ArrayList<>();
    private final Path directory;
    private RegistryRoot root = RegistryRoot.NONE;
    private long epoch;
    private @Nullable RegistryStore store;
    private @Nullable RegistryContent served;
    private long acknowledged;
    private long nextId = 1;
    private @Nullable String trouble;

    private RegistryBench(Path directory) {
        this.directory = directory;
    }

    public static void main(String[] arguments) throws Exception {
        Path parent = Path.of(arguments.length == 2 && arguments[0].equals("--directory") ? arguments[1] : ".");
        Path directory = Files.createTempDirectory(parent, "registry-bench");
        try {
            new RegistryBench(directory).run();
        } finally {
            RegistryFiles.deleteAll(directory);
        }
        System.exit(0);
    }

    private void run() throws Exception {
        List<String> locations = new ArrayList<>();
        for (int number = 1; number <= 3; number++) {
            Path location = directory.resolve("registry" + number);
            RegistryFiles.make(location);
            locations.add(location.toString());
            Path heartbeat = directory.resolve("heartbeat" + number);
            Files.write(heartbeat, new byte[16 * BLOCK]);
            heartbeats.add(DiskThread.start("heartbeat" + number, heartbeat, 1, () -> {}, () -> {}));
        }
        double disk = durableWrite();
        row("one durable write of 4 KiB, median", disk, "ms");

        open(locations);
        long[] each = new long[SINGLE];
        for (int i = 0; i < SINGLE; i++) {
            long began = System.nanoTime();
            change();
            until(() -> acknowledged == nextId - 1);
            each[i] = System.nanoTime() - began;
        }
        Arrays.sort(each);
        row("one change after the other, median", each[SINGLE / 2] / 1e6, "ms");
        row("  99 of 100 within", each[SINGLE * 99 / 100] / 1e6, "ms");
        row("  in durable writes", each[SINGLE / 2] / 1e6 / disk, "x");

        long before = acknowledged;
        long began = System.nanoTime();
        while (System.nanoTime() - began < BATCHES_NANOS) {
            while (nextId - 1 - acknowledged < OUTSTANDING) {
                change();
            }
            long seen = acknowledged;
            until(() -> acknowledged > seen);
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        row(OUTSTANDING + " changes at a time", (acknowledged - before) / seconds, "changes/s");
        until(() -> acknowledged == nextId - 1);

        began = System.nanoTime();
        register();
        row(RESOURCES + " resources written", (System.nanoTime() - began) / 1e6, "ms");
        long bytes = Objects.requireNonNull(store).contentBytes();

        row("  content", bytes / 1024.0, "KiB");
        for (String when : List.of("first in this process", "second", "third", "fourth")) {
            load(locations, when);
        }
    }

    /** What a new master does before it can decide. Cold code is slow: a crsd that stands by rehearses this. */
    private void load(List<String> locations, String when) throws InterruptedException {
        Objects.requireNonNull(store).notMaster(now(), "the bench goes on");
        long began = System.nanoTime();
        long busy = processorNanos();
        open(locations);
        double read = (System.nanoTime() - began) / 1e6;
        CrsInput.RegistryServing decoded = ContentCodec.decode(
                Objects.requireNonNull(served), TypeDefinition.builtIns(), (key, why) -> trouble = key + ": " + why);
        double loaded = (System.nanoTime() - began) / 1e6;
        if (trouble != null || decoded.definitions().size() != RESOURCES) {
            throw new IllegalStateException(
                    "not all was read: " + decoded.definitions().size() + ", " + trouble);
        }
        row("a new master has read, verified and rewritten them, " + when, read, "ms");
        row("  and decoded them", loaded, "ms");
        row("  of processor time, on all threads", (processorNanos() - busy) / 1e6, "ms");
    }

    /** On a loaded machine time passes in which we do nothing. */
    private static long processorNanos() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(java.time.Duration::toNanos)
                .orElse(0L);
    }

    private static void row(String what, double value, String unit) {
        System.out.println(String.format(Locale.ROOT, "%-72s %10.2f %s", what, value, unit));
    }

    private double durableWrite() throws IOException {
        long[] each = new long[SINGLE];
        try (var device = BlockDevice.open(directory.resolve("heartbeat1"))) {
            for (int i = 0; i < SINGLE; i++) {
                long began = System.nanoTime();
                device.write(0, new byte[BLOCK]);
                each[i] = System.nanoTime() - began;
            }
        }
        Arrays.sort(each);
        return each[SINGLE / 2] / 1e6;
    }

    private void open(List<String> locations) throws InterruptedException {
        epoch++;
        served = null;
        var opened = new RegistryStore(
                RegistryFiles.CLUSTER, RegistryFiles.SEAL, locations, RegistryFiles.AREA_START, inbox::add, this);
        store = opened;
        opened.master(now(), new Mastership(new Epoch(epoch), new NodeId(1), new Incarnation(epoch), root, List.of()));
        until(() -> served != null);
    }

    private void change() {
        long id = nextId++;
        submit(id, Batch.put("wanted/r" + id % 500, wanted(id)));
    }

    private void submit(long id, Batch batch) {
        Objects.requireNonNull(store).submit(now(), id, batch);
    }

    private static String wanted(long incident) {
        return "{\"deleting\":false,\"instances\":{\"1\":{\"target\":\"ONLINE\",\"stopping\":false,\"node\":1,\"lastServer\":1,"
                + "\"restarts\":0,\"failedOn\":[],\"answered\":{\"1\":\"" + incident
                + "\"},\"held\":false,\"failures\":[],\"armed\":[]}}}";
    }

    private void register() throws InterruptedException {
        var deletes = new TreeSet<String>();
        Objects.requireNonNull(served);
        for (int number = 0; number < 500; number++) {
            deletes.add("wanted/r" + number);
        }
        submit(nextId++, new Batch(new TreeMap<>(), deletes));
        for (int from = 0; from < RESOURCES; from += 100) {
            var puts = new TreeMap<String, String>();
            for (int number = from; number < from + 100; number++) {
                String name = "app" + number;
                puts.put(
                        "resource/" + name,
                        "{\"type\":\"cluster_resource\",\"given\":{\"ACTION_SCRIPT\":\"/shared/scripts/" + name
                                + ".scr\",\"CHECK_INTERVAL\":\"30\",\"PLACEMENT\":\"favored\",\"HOSTING_MEMBERS\":\"node1 node2\","
                                + "\"ACL\":\"owner:root:rwx,pgrp:root:r-x,other::r--\"}}");
                puts.put("wanted/" + name, wanted(number));
            }
            submit(nextId++, new Batch(puts, new TreeSet<>()));
        }
        until(() -> acknowledged == nextId - 1);
    }

    private void until(BooleanSupplier reached) throws InterruptedException {
        while (!reached.getAsBoolean()) {
            Runnable task = inbox.poll(20, TimeUnit.MILLISECONDS);
            if (task != null) {
                task.run();
            } else {
                Objects.requireNonNull(store).tick(now());
            }
        }
    }

    private static Moment now() {
        return new Moment(System.nanoTime());
    }

    // ---------------------------------------------------------------- in the place of cssd

    @Override
    public void casRoot(long request, Epoch asked, RegistryRoot wanted) {
        // A ballot is two rounds of a write and a look.
        round(() -> round(() -> {
            boolean accepted = asked.number() == epoch && wanted.generation() == root.generation() + 1;
            root = accepted ? wanted : root;
            Objects.requireNonNull(store).rootAnswered(now(), request, accepted);
        }));
    }

    @Override
    public void confirm(long request, Epoch asked) {
        round(() -> Objects.requireNonNull(store).confirmed(now(), request, asked.number() == epoch));
    }

    private void round(Runnable whenMajority) {
        var done = new AtomicInteger();
        for (DiskThread disk : heartbeats) {
            disk.submit(
                    device -> {
                        device.write(0, new byte[BLOCK]);
                        return device.read(0, 16 * BLOCK);
                    },
                    _ -> {
                        if (done.incrementAndGet() == 2) {
                            inbox.add(whenMajority);
                        }
                    });
        }
    }

    @Override
    public void serving(RegistryContent content) {
        served = content;
    }

    @Override
    public void acknowledged(long id, long version) {
        acknowledged++;
    }

    @Override
    public void refused(long id, String reason) {
        throw new IllegalStateException("refused: " + reason);
    }

    @Override
    public void lost(String reason, List<Long> unresolved, List<Long> unwritten) {}

    @Override
    public void waiting(String reason) {
        System.out.println("waits: " + reason);
    }

    @Override
    public void locationChanged(String place, LocationReport report) {}

    @Override
    public void replaced(RegistryContent content) {}

    @Override
    public void locationsSet(List<String> places) {}

    @Override
    public void scrubbed(String place, String finding) {}
}
