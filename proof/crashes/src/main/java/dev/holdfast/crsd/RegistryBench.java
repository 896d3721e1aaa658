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
import dev.holdfast.registry.RegistryFormat;
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

    /** The last segment of a location, which no master of this bench ever comes to. */
    private static final long UNUSED =
            RegistryFiles.AREA_START + RegistryFormat.position(RegistryFormat.SEGMENTS - 1, 0);

    private static final String LOAD = "--load";
    private static final int REHEARSALS = 10;

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
    /** Of the last change: when the confirm was asked for, and when it was answered. */
    private long askedAt;

    private long confirmedAt;

    private RegistryBench(Path directory) {
        this.directory = directory;
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 8 && arguments[0].equals(LOAD)) {
            loadOnly(List.of(arguments).subList(1, 8));
        }
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
        List<String> locations = List.of(place("registry1"), place("registry2"), place("registry3"));
        for (int number = 1; number <= 3; number++) {
            RegistryFiles.make(Path.of(locations.get(number - 1)));
            Files.write(Path.of(place("heartbeat" + number)), new byte[16 * BLOCK]);
        }
        openHeartbeats();
        open(locations);
        latency();

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
        row("  content", Objects.requireNonNull(store).contentBytes() / 1024.0, "KiB");
        row(
                "  log that a new master reads: it, and changes since",
                Objects.requireNonNull(store).segmentBytes() / 1024.0,
                "KiB");
        // Its threads bear the marks of the locations, which others then keep away from.
        Objects.requireNonNull(store).notMaster(now(), "the bench goes on in processes of their own");
        Objects.requireNonNull(store).close();
        loadInFreshProcess("cold");
        loadInFreshProcess("rehearsed");
    }

    private String place(String name) {
        return directory.resolve(name).toString();
    }

    private void openHeartbeats() {
        for (int number = 1; number <= 3; number++) {
            heartbeats.add(DiskThread.start(
                    "heartbeat" + number, Path.of(place("heartbeat" + number)), 1, () -> {}, () -> {}));
        }
    }

    /**
     * One change after the other; after each of them, what it cannot do without, and nothing else: a durable write of a block that was never
     * written, and then one of a block that was, on one location and one heartbeat file of those that the changes use.
     */
    private void latency() throws Exception {
        long[] changes = new long[SINGLE];
        long[] writes = new long[SINGLE];
        long[] onLocations = new long[SINGLE];
        long[] confirmed = new long[SINGLE];
        try (var location = BlockDevice.open(Path.of(place("registry1")));
                var heartbeat = BlockDevice.open(Path.of(place("heartbeat1")))) {
            for (int i = 0; i < SINGLE; i++) {
                long began = System.nanoTime();
                change();
                until(() -> acknowledged == nextId - 1);
                changes[i] = System.nanoTime() - began;
                onLocations[i] = askedAt - began;
                confirmed[i] = confirmedAt - askedAt;
                began = System.nanoTime();
                location.write(UNUSED + (long) i * BLOCK, new byte[BLOCK]);
                heartbeat.write(0, new byte[BLOCK]);
                writes[i] = System.nanoTime() - began;
            }
        }
        row("one acknowledged change, median", medianMillis(changes), "ms");
        row("  of that: until it is on two of three locations", medianMillis(onLocations), "ms");
        row("  and until the epoch is confirmed on two of three voting disks", medianMillis(confirmed), "ms");
        row("two raw durable writes on the same files, one after the other, median", medianMillis(writes), "ms");
        row("  one is as long as the other", medianMillis(changes) / medianMillis(writes), "x");
        row("one acknowledged change, 99 of 100 within", changes[SINGLE * 99 / 100] / 1e6, "ms");
        row("two raw durable writes, 99 of 100 within", writes[SINGLE * 99 / 100] / 1e6, "ms");
    }

    /** Sorts them. */
    private static double medianMillis(long[] each) {
        Arrays.sort(each);
        return each[each.length / 2] / 1e6;
    }

    /** As crsd is started: with its class path, ours behind it, so that its start-up cache fits, if there is one. */
    private void loadInFreshProcess(String how) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xms24m", "-Xmx384m", "-Xss512k"));
        command.addAll(List.of("-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED", "-Dfile.encoding=UTF-8"));
        String classPath = System.getenv().getOrDefault("HOLDFAST_CRSD_CLASS_PATH", "");
        Path cache = Path.of(System.getenv().getOrDefault("HOLDFAST_CACHES", "."), "crsd.aot");
        if (!classPath.isEmpty() && Files.isRegularFile(cache)) {
            command.addAll(List.of("-XX:AOTCache=" + cache, "-Xlog:aot=off", "-Xlog:cds=off"));
        } else {
            System.out.println("(without the start-up cache of crsd)");
        }
        String ours = System.getProperty("java.class.path");
        String both = classPath.isEmpty() ? ours : classPath + ":" + ours;
        command.addAll(List.of("-cp", both, RegistryBench.class.getName(), LOAD));
        command.addAll(List.of(directory.toString(), how, Long.toString(epoch), Long.toString(root.ownerEpoch())));
        command.addAll(List.of(
                Long.toString(root.ownerIncarnation()),
                Integer.toString(root.segment()),
                Long.toString(root.generation())));
        int exit = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (exit != 0) {
            throw new IllegalStateException("loading in a process of its own ended with " + exit);
        }
    }

    private static void loadOnly(List<String> given) throws Exception {
        var bench = new RegistryBench(Path.of(given.get(0)));
        boolean rehearsed = given.get(1).equals("rehearsed");
        bench.epoch = Long.parseLong(given.get(2));
        bench.root = new RegistryRoot(
                Long.parseLong(given.get(3)),
                Long.parseLong(given.get(4)),
                Integer.parseInt(given.get(5)),
                Long.parseLong(given.get(6)));
        bench.openHeartbeats();
        if (rehearsed) {
            Rehearsal.warmUp(REHEARSALS);
        }
        List<String> locations = List.of(bench.place("registry1"), bench.place("registry2"), bench.place("registry3"));
        bench.load(
                locations,
                rehearsed
                        ? "in a process that has rehearsed a failover, as every crsd does"
                        : "in a process that has done nothing before");
        bench.load(locations, "the same process once more");
        System.exit(0);
    }

    /** What a new master does before it can decide. Cold code is slow. */
    private void load(List<String> locations, String when) throws InterruptedException {
        if (store != null) {
            store.notMaster(now(), "the bench goes on");
            store.close();
        }
        System.out.println(when + ":");
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
        row("  a new master has read, verified and rewritten " + RESOURCES + " resources", read, "ms");
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
        askedAt = System.nanoTime();
        round(() -> {
            confirmedAt = System.nanoTime();
            Objects.requireNonNull(store).confirmed(now(), request, asked.number() == epoch);
        });
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
