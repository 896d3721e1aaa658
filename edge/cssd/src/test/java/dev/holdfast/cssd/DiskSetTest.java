package dev.holdfast.cssd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.linux.BlockDevice;
import dev.holdfast.membership.Input;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import dev.holdfast.model.VotingSet;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** On real files with O_DIRECT, as {@link VotingDiskTest}; the loop is the test itself. */
class DiskSetTest {
    private static final UUID A = new UUID(0, 0xA);
    private static final UUID B = new UUID(0, 0xB);

    @TempDir(factory = TargetDirectory.class, cleanup = CleanupMode.ALWAYS)
    private Path directory = Path.of(".");

    private final BlockCodec codec = new BlockCodec(new BlockSeal(new UUID(1, 2), ClusterKey.of(new byte[32])));
    private final LinkedBlockingQueue<Runnable> loop = new LinkedBlockingQueue<>();
    private final List<Input> told = new ArrayList<>();
    private Moment now = new Moment(System.nanoTime());
    private @Nullable DiskSet made;

    @BeforeEach
    void makeSet() {
        DiskSearch search = new DiskSearch(List.of(), directory.resolve("remembered"), _ -> {});
        made = new DiskSet(
                (number, path) -> new VotingDisk(number, path, BlockCodecTest.N1, 2, codec, () -> {}, _ -> {}),
                search,
                loop::add,
                told::add,
                now);
    }

    private DiskSet disks() {
        return java.util.Objects.requireNonNull(made);
    }

    private Path blank(String name) throws IOException {
        Path file = directory.resolve(name).toAbsolutePath();
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.setLength(VotingDisk.END);
        }
        return file.toRealPath();
    }

    private Path disk(String name, UUID id, BlockCodec.DiskState state) throws IOException {
        Path file = blank(name);
        format(file, id, state);
        return file;
    }

    private void format(Path file, UUID id, BlockCodec.DiskState state) throws IOException {
        try (BlockDevice device = BlockDevice.open(file)) {
            byte[] block = codec.header(new BlockCodec.Header(id, state, 64, ids(A)));
            device.write(0, block);
            device.write(BlockSeal.BLOCK, block);
        }
    }

    private BlockCodec.DiskState stateOn(Path file) throws IOException {
        try (BlockDevice device = BlockDevice.open(file)) {
            return codec.readHeader(device.read(0, BlockSeal.BLOCK), 0)
                    .orElseThrow()
                    .state();
        }
    }

    /** Lets so many disks answer. */
    private void answers(int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            Runnable task = loop.poll(30, TimeUnit.SECONDS);
            if (task == null) {
                throw new AssertionError("a disk did not answer");
            }
            task.run();
        }
    }

    private void tick(@Nullable View view) {
        now = now.plus(Duration.ofSeconds(2));
        disks().tick(now, view);
    }

    private static SortedSet<UUID> ids(UUID... ids) {
        return new TreeSet<>(List.of(ids));
    }

    private static View view(VotingSet set) {
        return new View(
                new Epoch(1),
                set.generation(),
                new TreeMap<>(Map.of(BlockCodecTest.N1, new Incarnation(1))),
                BlockCodecTest.N1,
                List.of(),
                RegistryRoot.NONE,
                set,
                new TreeMap<>(),
                BlockCodecTest.N1,
                "voting disks");
    }

    @Test
    void a_disk_is_used_as_soon_as_its_header_is_read() throws Exception {
        Path a = disk("a", A, BlockCodec.DiskState.ACTIVE);
        disks().onPaths(Set.of(a));
        assertThat(told).isEmpty();
        answers(1);
        tick(null);
        assertThat(told).containsExactly(new Input.DiskAttached(0, A, ids(A)));
        assertThat(disks().inUse()).containsExactly(a);
        assertThat(disks().find(a.toString())).isPresent();
        assertThat(disks().find(A.toString())).isPresent();
        tick(null);
        assertThat(told).hasSize(1);
    }

    @Test
    void what_is_no_voting_disk_is_not_used_until_it_is_one() throws Exception {
        Path a = blank("a");
        disks().onPaths(Set.of(a));
        answers(1);
        tick(null);
        assertThat(told).isEmpty();
        assertThat(disks().unused()).containsOnlyKeys(a);
        answers(1); // It was asked again with that tick.

        format(a, A, BlockCodec.DiskState.CANDIDATE);
        tick(null);
        answers(1);
        tick(null);
        assertThat(told).containsExactly(new Input.DiskAttached(0, A, ids(A)));
        assertThat(disks().unused()).isEmpty();
    }

    @Test
    void of_two_copies_that_are_there_at_the_start_neither_is_used() throws Exception {
        Path a = disk("a", A, BlockCodec.DiskState.ACTIVE);
        Path copy = disk("copy", A, BlockCodec.DiskState.ACTIVE);
        disks().onPaths(Set.of(a, copy));
        answers(2);
        tick(null);
        assertThat(told).isEmpty();
        assertThat(disks().unused()).containsOnlyKeys(a, copy);
        assertThat(disks().unused().get(a)).contains("neither is used");
    }

    @Test
    void a_copy_that_turns_up_beside_a_disk_in_use_is_left_alone() throws Exception {
        Path a = disk("a", A, BlockCodec.DiskState.ACTIVE);
        disks().onPaths(Set.of(a));
        answers(1);
        tick(null);
        Path copy = disk("copy", A, BlockCodec.DiskState.ACTIVE);
        disks().onPaths(Set.of(a, copy));
        answers(1);
        tick(null);
        assertThat(told).hasSize(1);
        assertThat(disks().inUse()).containsExactly(a);
        assertThat(disks().unused()).containsOnlyKeys(copy);
    }

    @Test
    void a_retired_disk_is_used_only_while_no_view_says_that_it_has_no_vote() throws Exception {
        View view = view(new VotingSet(1, ids(A), ids()));
        Path b = disk("b", B, BlockCodec.DiskState.RETIRED);
        disks().onPaths(Set.of(b));
        answers(1);
        tick(view);
        assertThat(told).isEmpty();
        assertThat(disks().get(0)).isEmpty();
        disks().onPaths(Set.of(b)); // Found again: it stays closed.
        assertThat(disks().get(0)).isEmpty();
    }

    @Test
    void a_disk_that_lost_its_vote_is_let_go_and_the_master_writes_that_it_is_retired() throws Exception {
        Path a = disk("a", A, BlockCodec.DiskState.ACTIVE);
        Path b = disk("b", B, BlockCodec.DiskState.CANDIDATE);
        disks().onPaths(Set.of(a));
        answers(1);
        tick(null);
        disks().seek(B, b.toString(), null);
        answers(1);
        tick(null);
        assertThat(told).hasSize(2);

        disks().onView(view(new VotingSet(1, ids(B), ids(A)))); // The joint phase: both vote.
        assertThat(disks().inUse()).containsExactly(a, b);

        disks().onView(view(new VotingSet(1, ids(B), ids())));
        assertThat(disks().inUse()).containsExactly(a, b);

        disks().onSetShown(view(new VotingSet(1, ids(B), ids())), true);
        answers(1);
        assertThat(told).last().isEqualTo(new Input.DiskDetached(0));
        assertThat(disks().inUse()).containsExactly(b);
        assertThat(stateOn(a)).isEqualTo(BlockCodec.DiskState.RETIRED);
        Path remembered = directory.resolve("remembered");
        for (int tries = 0; !Files.exists(remembered) && tries < 3_000; tries++) {
            assertThat(loop.poll(10, TimeUnit.MILLISECONDS)).isNull(); // Written by a thread of its own.
        }
        assertThat(remembered).hasContent(b.toString());
    }

    @Test
    void a_disk_that_was_formatted_anew_since_it_was_opened_is_opened_again_when_it_is_asked_for() throws Exception {
        Path b = disk("b", A, BlockCodec.DiskState.CANDIDATE);
        disks().onPaths(Set.of(b));
        answers(1);
        tick(null);
        format(b, B, BlockCodec.DiskState.CANDIDATE);
        disks().seek(B, b.toString(), view(new VotingSet(1, ids(new UUID(0, 1)), ids())));
        assertThat(told).last().isEqualTo(new Input.DiskDetached(0));
        answers(1);
        tick(null);
        assertThat(told).last().isEqualTo(new Input.DiskAttached(0, B, ids(A)));
    }
}
