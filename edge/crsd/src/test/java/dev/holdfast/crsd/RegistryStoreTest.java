package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.linux.BlockDevice;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.registry.Batch;
import dev.holdfast.registry.LocationReport;
import dev.holdfast.registry.LocationReport.Condition;
import dev.holdfast.registry.Mastership;
import dev.holdfast.registry.RegistryContent;
import dev.holdfast.registry.RegistryFormat;
import dev.holdfast.registry.RegistrySeal;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The store on real files with O_DIRECT, with a view register that always agrees. */
final class RegistryStoreTest {
    static final RegistrySeal SEAL = RegistrySeal.of(new byte[] {1, 2, 3});
    static final UUID CLUSTER = new UUID(4, 2);
    static final long AREA_START = 1 << 20;
    private static final long PATIENCE_SECONDS = 60;

    private final BlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
    private final List<Long> acknowledged = new ArrayList<>();
    private final List<LocationReport> reports = new ArrayList<>();
    private final List<String> losses = new ArrayList<>();
    private final List<RegistryStore> opened = new ArrayList<>();
    private @Nullable RegistryContent served;
    private RegistryRoot root = RegistryRoot.NONE;
    private long epoch;
    private Path directory = Path.of("target");

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = Files.createTempDirectory(Path.of("target"), "registry");
    }

    @AfterEach
    void cleanUp() throws IOException {
        opened.forEach(RegistryStore::close);
        deleteAll(directory);
    }

    @Test
    void what_one_master_wrote_the_next_one_reads() throws Exception {
        List<Path> locations = List.of(location("a"), location("b"), location("c"));
        RegistryStore first = master(locations);
        for (long id = 1; id <= 50; id++) {
            first.submit(now(), id, Batch.put("key" + id, "value " + id));
        }
        until(() -> acknowledged.size() == 50);
        assertThat(acknowledged).isSorted();
        until(() -> first.locations().stream().allMatch(report -> report.condition() == Condition.ONLINE));
        first.notMaster(now(), "handed over");
        assertThat(losses).containsExactly("handed over");

        master(locations);
        assertThat(served).isNotNull();
        assertThat(served == null ? List.of() : served.entries().values())
                .hasSize(50)
                .contains("value 50");
    }

    @Test
    void a_location_that_is_missing_or_not_formatted_is_told_and_joins_once_it_is_there() throws Exception {
        Path missing = directory.resolve("b");
        Path blank = directory.resolve("c");
        sparse(blank);
        List<Path> locations = List.of(location("a"), missing, blank, location("d"), location("e"));
        RegistryStore store = master(locations);
        store.submit(now(), 1, Batch.put("key", "value"));
        until(() -> acknowledged.contains(1L));
        until(() -> store.locations().get(1).condition() == Condition.FAILED
                && store.locations().get(2).condition() == Condition.FOREIGN);
        assertThat(store.locations().get(1).detail()).contains(missing.toString());
        assertThat(store.locations().get(2).detail()).contains("not formatted");

        location("b");
        format(blank);
        until(() -> store.locations().stream().allMatch(report -> report.condition() == Condition.ONLINE));

        Files.delete(locations.get(0));
        Files.delete(locations.get(3));
        store.notMaster(now(), "the locations that were there from the start are lost");
        RegistryStore next = master(locations);
        assertThat(served == null ? List.of() : served.entries().keySet()).contains("key");
        assertThat(next.serving()).isTrue();
    }

    @Test
    void a_location_that_loses_both_copies_of_its_header_is_formatted_again_and_filled() throws Exception {
        List<Path> locations = List.of(location("a"), location("b"), location("c"));
        RegistryStore store = master(locations);
        store.submit(now(), 1, Batch.put("key", "value"));
        until(() -> acknowledged.contains(1L));
        until(() -> store.locations().stream().allMatch(report -> report.condition() == Condition.ONLINE));
        UUID before = identityOf(locations.get(1)).orElseThrow();
        loseHeader(locations.get(1));
        store.look(now());
        until(() -> store.locations().get(1).condition() == Condition.COPYING);
        until(() -> store.locations().stream().allMatch(report -> report.condition() == Condition.ONLINE));
        assertThat(identityOf(locations.get(1))).isPresent().get().isNotEqualTo(before);

        store.notMaster(now(), "one of those that were always good is lost");
        Files.delete(locations.get(0));
        master(locations);
        assertThat(served == null ? List.of() : served.entries().keySet()).contains("key");
    }

    @Test
    void a_file_that_took_the_place_of_a_location_without_a_header_is_not_written() throws Exception {
        List<Path> locations = List.of(location("a"), location("b"), location("c"));
        RegistryStore store = master(locations);
        until(() -> store.locations().stream().allMatch(report -> report.condition() == Condition.ONLINE));
        loseHeader(locations.get(1));
        Path other = directory.resolve("other");
        sparse(other);
        Files.move(other, locations.get(1), StandardCopyOption.REPLACE_EXISTING);
        store.look(now());
        until(() -> store.locations().get(1).condition() == Condition.FAILED);
        assertThat(store.locations().get(1).detail()).contains("another file or device now");
        until(() -> store.locations().get(1).condition() == Condition.FOREIGN);
        assertThat(store.locations().get(1).detail())
                .contains("ocrconfig -replace " + locations.get(1) + " -replacement " + locations.get(1) + " -f");
        assertThat(identityOf(locations.get(1))).isEmpty();
    }

    private static void loseHeader(Path path) throws IOException {
        try (var device = BlockDevice.open(path)) {
            device.write(AREA_START, new byte[RegistryFormat.HEADER_AREA]);
        }
    }

    private static Optional<UUID> identityOf(Path path) throws IOException {
        try (var device = BlockDevice.open(path)) {
            return RegistryFormat.readHeader(device.read(AREA_START, RegistryFormat.HEADER_AREA), SEAL)
                    .header()
                    .map(RegistryFormat.Header::location);
        }
    }

    @Test
    void a_location_without_enough_room_is_told() throws Exception {
        Path small = directory.resolve("small");
        format(small);
        RegistryStore store = open(List.of(location("a"), location("b"), small));
        until(() -> store.locations().get(2).condition() == Condition.FAILED);
        assertThat(store.locations().get(2).detail()).contains("a registry location needs");
    }

    private RegistryStore master(List<Path> locations) throws InterruptedException {
        RegistryStore store = open(locations);
        until(store::serving);
        return store;
    }

    private RegistryStore open(List<Path> locations) {
        served = null;
        epoch++;
        var register = new AgreeingRegister();
        var store = new RegistryStore(
                CLUSTER, SEAL, locations.stream().map(Path::toString).toList(), AREA_START, inbox::add, register);
        register.store = store;
        opened.add(store);
        var master = new Mastership(new Epoch(epoch), new NodeId(1), new Incarnation(epoch), root, List.of());
        store.master(now(), master);
        return store;
    }

    /** Runs the loop until {@code reached}; what it waits for comes through the inbox or with time. */
    private void until(BooleanSupplier reached) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!reached.getAsBoolean()) {
            assertThat(System.nanoTime() - end)
                    .as("waited %s s; reports %s", PATIENCE_SECONDS, reports)
                    .isNegative();
            Runnable task = inbox.poll(20, TimeUnit.MILLISECONDS);
            if (task != null) {
                task.run();
            }
            opened.forEach(store -> store.tick(now()));
        }
    }

    private Path location(String name) throws IOException {
        Path path = directory.resolve(name);
        sparse(path);
        format(path);
        return path;
    }

    static void sparse(Path path) throws IOException {
        try (var file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(AREA_START + RegistryFormat.AREA_BYTES);
        }
    }

    static void format(Path path) throws IOException {
        if (!Files.exists(path)) {
            Files.createFile(path);
        }
        try (var device = BlockDevice.open(path)) {
            device.write(AREA_START, RegistryFormat.header(CLUSTER, UUID.randomUUID(), SEAL));
        }
    }

    static void deleteAll(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private static Moment now() {
        return new Moment(System.nanoTime());
    }

    private final class AgreeingRegister implements RegistryStore.Listener {
        private @Nullable RegistryStore store;

        @Override
        public void casRoot(long request, Epoch asked, RegistryRoot wanted) {
            boolean accepted = asked.number() == epoch && wanted.generation() == root.generation() + 1;
            root = accepted ? wanted : root;
            answer(target -> target.rootAnswered(now(), request, accepted));
        }

        @Override
        public void confirm(long request, Epoch asked) {
            boolean newest = asked.number() == epoch;
            answer(target -> target.confirmed(now(), request, newest));
        }

        private void answer(Consumer<RegistryStore> answer) {
            inbox.add(() -> answer.accept(Objects.requireNonNull(store)));
        }

        @Override
        public void serving(RegistryContent content) {
            served = content;
        }

        @Override
        public void acknowledged(long id, long version) {
            acknowledged.add(id);
        }

        @Override
        public void refused(long id, String reason) {
            throw new AssertionError("refused " + id + ": " + reason);
        }

        @Override
        public void lost(String reason, List<Long> unresolved, List<Long> unwritten) {
            losses.add(reason);
        }

        @Override
        public void waiting(String reason) {}

        @Override
        public void locationChanged(String place, LocationReport report) {
            reports.add(report);
        }

        @Override
        public void replaced(RegistryContent content) {
            served = content;
        }

        @Override
        public void locationsSet(List<String> places) {}

        @Override
        public void scrubbed(String place, String finding) {}
    }
}
