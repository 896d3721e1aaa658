package dev.holdfast.cssd;

import static dev.holdfast.cssd.BlockCodecTest.N1;
import static dev.holdfast.cssd.BlockCodecTest.N2;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.linux.BlockDevice;
import dev.holdfast.membership.Effect;
import dev.holdfast.membership.Proof;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** On real files with O_DIRECT, as two nodes with three voting disks. */
class FencingHistoryTest {
    private static final Incarnation THIRD_LIFE = new Incarnation(3);

    @TempDir(factory = TargetDirectory.class, cleanup = CleanupMode.ALWAYS)
    private Path directory = Path.of(".");

    private final BlockSeal seal = new BlockSeal(new UUID(1, 2), ClusterKey.of(new byte[32]));
    private final BlockCodec headers = new BlockCodec(seal);
    private final List<Path> disks = new ArrayList<>();
    private final List<FencingHistory> open = new ArrayList<>();

    @BeforeEach
    void format() throws IOException {
        for (int i = 0; i < 3; i++) {
            Path disk = directory.resolve("disk" + i);
            try (RandomAccessFile made = new RandomAccessFile(disk.toFile(), "rw")) {
                made.setLength(VotingDisk.END);
            }
            try (BlockDevice device = BlockDevice.open(disk)) {
                device.write(
                        0,
                        headers.header(new BlockCodec.Header(
                                UUID.randomUUID(), BlockCodec.DiskState.ACTIVE, 64, new java.util.TreeSet<>())));
            }
            disks.add(disk);
        }
    }

    @AfterEach
    void close() {
        open.forEach(FencingHistory::close);
    }

    private FencingHistory history(NodeId self) {
        FencingHistory made = new FencingHistory(
                self, () -> disks, path -> new RecordLane(path, self, 2, headers, new RecordCodec(seal)), () -> 1000);
        open.add(made);
        return made;
    }

    private static List<FencingRecord> told(FencingHistory history) throws Exception {
        CompletableFuture<List<FencingRecord>> records = new CompletableFuture<>();
        history.tell(records::complete);
        return records.get(60, TimeUnit.SECONDS);
    }

    private static Effect.VotedOut votedOut(int epoch) {
        return new Effect.VotedOut(N2, THIRD_LIFE, new Epoch(epoch), N1, "voted out: n2 #3: silent", false);
    }

    @Test
    void a_node_that_is_back_reads_why_it_was_voted_out_and_what_proved_it_harmless() throws Exception {
        FencingHistory survivor = history(N1);
        survivor.votedOut(votedOut(4));
        survivor.happened(N2, THIRD_LIFE, FencingRecord.Kind.FAILED, "no answer");
        survivor.happened(N2, THIRD_LIFE, FencingRecord.Kind.FENCED, "off, verified");
        survivor.proved(new Effect.Settled(N2, THIRD_LIFE, Proof.FENCED, "off, verified"));
        survivor.happened(N2, new Incarnation(9), FencingRecord.Kind.FAILED, "of a life that nobody voted out");
        FencingRecord expected = new FencingRecord(
                N2,
                THIRD_LIFE,
                new Epoch(4),
                N1,
                1000,
                false,
                "voted out: n2 #3: silent",
                List.of(
                        new FencingRecord.Entry(FencingRecord.Kind.FAILED, N1, 1000, "no answer"),
                        new FencingRecord.Entry(FencingRecord.Kind.FENCED, N1, 1000, "off, verified")));
        assertThat(told(survivor)).containsExactly(expected);
        assertThat(told(history(N2))).containsExactly(expected);
    }

    @Test
    void a_new_life_adds_to_what_the_old_one_remembered() throws Exception {
        FencingHistory first = history(N1);
        first.votedOut(votedOut(4));
        assertThat(told(first)).hasSize(1);
        first.close();

        FencingHistory second = history(N1);
        second.votedOut(votedOut(7));
        assertThat(told(second))
                .extracting(record -> record.evictedIn().number())
                .containsExactly(4L, 7L);
        assertThat(told(history(N2))).hasSize(2);
    }

    @Test
    void what_is_not_a_voting_disk_is_never_written_to_and_one_disk_is_enough() throws Exception {
        byte[] foreign = new byte[(int) VotingDisk.END];
        foreign[5] = 42;
        Files.write(disks.get(0), foreign);
        Files.delete(disks.get(1));
        FencingHistory survivor = history(N1);
        survivor.votedOut(votedOut(4));
        assertThat(told(survivor)).hasSize(1);
        assertThat(told(history(N2))).hasSize(1);
        assertThat(Files.readAllBytes(disks.get(0))).isEqualTo(foreign);
        assertThat(disks.get(1)).doesNotExist();
    }

    @Test
    void a_torn_write_leaves_the_memory_before_it() throws Exception {
        FencingHistory survivor = history(N1);
        survivor.votedOut(votedOut(4));
        survivor.votedOut(votedOut(5));
        assertThat(told(survivor)).hasSize(2);
        for (Path disk : disks) {
            try (RandomAccessFile raw = new RandomAccessFile(disk.toFile(), "rw")) {
                raw.seek(RecordLane.AREA + BlockSeal.BLOCK + 100); // The second copy holds the second write.
                raw.write(new byte[] {1, 2, 3});
            }
        }
        assertThat(told(history(N2)))
                .extracting(record -> record.evictedIn().number())
                .containsExactly(4L);
    }
}
