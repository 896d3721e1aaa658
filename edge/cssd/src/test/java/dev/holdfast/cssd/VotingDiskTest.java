package dev.holdfast.cssd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.linux.BlockDevice;
import dev.holdfast.membership.HeartbeatBlock;
import dev.holdfast.membership.Input;
import dev.holdfast.model.NodeSet;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** On real files with O_DIRECT; the directory is below target/, as tmpfs is no disk. */
class VotingDiskTest {
    @TempDir(factory = TargetDirectory.class, cleanup = CleanupMode.ALWAYS)
    private Path directory = Path.of(".");

    private final BlockCodec codec = new BlockCodec(new BlockSeal(new UUID(1, 2), ClusterKey.of(new byte[32])));
    private final LinkedBlockingQueue<Input> inbox = new LinkedBlockingQueue<>();
    private Path file = Path.of("unset");

    @BeforeEach
    void format() throws IOException {
        file = directory.resolve("disk");
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(VotingDisk.END);
        }
        writeHeader(UUID.randomUUID());
    }

    private void writeHeader(UUID id) throws IOException {
        try (BlockDevice device = BlockDevice.open(file)) {
            device.write(0, codec.header(new BlockCodec.Header(id, BlockCodec.DiskState.ACTIVE, 64, new TreeSet<>())));
        }
    }

    private VotingDisk disk(int index) {
        return new VotingDisk(index, file, BlockCodecTest.N1, 2, codec, () -> {}, inbox::add);
    }

    private Input answer() throws InterruptedException {
        Input input = inbox.poll(30, TimeUnit.SECONDS);
        if (input == null) {
            throw new AssertionError("the disk did not answer");
        }
        return input;
    }

    private Input write(VotingDisk disk, HeartbeatBlock block) throws InterruptedException {
        disk.writeHeartbeat(1, block);
        return answer();
    }

    private Input.HeartbeatsRead read(VotingDisk disk) throws InterruptedException {
        disk.readHeartbeats(2);
        return (Input.HeartbeatsRead) answer();
    }

    private void damage(int copy) throws IOException {
        try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
            raw.seek(VotingDisk.HEARTBEAT_AREA + copy * 4096L + 100);
            raw.write(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
        }
    }

    @Test
    void the_newest_block_is_read_back() throws InterruptedException {
        VotingDisk disk = disk(0);
        for (int sequence = 1; sequence <= 5; sequence++) {
            assertThat(write(disk, BlockCodecTest.aBlock(1, sequence))).isEqualTo(new Input.DiskWritten(0, 1));
        }
        assertThat(read(disk).blocks())
                .containsOnly(java.util.Map.entry(BlockCodecTest.N1, BlockCodecTest.aBlock(1, 5)));
        assertThat(read(disk).torn()).isEqualTo(NodeSet.EMPTY);
    }

    @Test
    void a_torn_write_leaves_the_value_before_it() throws InterruptedException, IOException {
        VotingDisk disk = disk(0);
        write(disk, BlockCodecTest.aBlock(1, 1)); // Copy 0.
        write(disk, BlockCodecTest.aBlock(1, 2)); // Copy 1.
        damage(1);

        assertThat(read(disk).blocks().get(BlockCodecTest.N1)).isEqualTo(BlockCodecTest.aBlock(1, 1));
    }

    @Test
    void a_new_life_overwrites_the_older_copy_whatever_its_sequence() throws InterruptedException, IOException {
        VotingDisk first = disk(0);
        write(first, BlockCodecTest.aBlock(1, 1)); // Copy 0.
        write(first, BlockCodecTest.aBlock(1, 2)); // Copy 1.
        write(first, BlockCodecTest.aBlock(1, 3)); // Copy 0.
        VotingDisk second = disk(0);
        write(second, BlockCodecTest.aBlock(2, 1)); // Must be copy 1, or a tear would lose sequence 3.
        damage(1);

        assertThat(read(second).blocks().get(BlockCodecTest.N1)).isEqualTo(BlockCodecTest.aBlock(1, 3));
    }

    @Test
    void two_damaged_copies_are_told_apart_from_a_blank_pair() throws InterruptedException, IOException {
        VotingDisk disk = disk(0);
        write(disk, BlockCodecTest.aBlock(1, 1));
        write(disk, BlockCodecTest.aBlock(1, 2));
        damage(0);
        damage(1);

        assertThat(read(disk).torn()).isEqualTo(NodeSet.of(BlockCodecTest.N1));
    }

    @Test
    void a_disk_of_another_cluster_is_refused() throws InterruptedException, IOException {
        BlockCodec other = new BlockCodec(new BlockSeal(new UUID(9, 9), ClusterKey.of(new byte[32])));
        try (BlockDevice device = BlockDevice.open(file)) {
            device.write(
                    0,
                    other.header(new BlockCodec.Header(
                            UUID.randomUUID(), BlockCodec.DiskState.ACTIVE, 64, new TreeSet<>())));
        }

        assertThat(write(disk(0), BlockCodecTest.aBlock(1, 1)))
                .isInstanceOfSatisfying(
                        Input.DiskFailed.class,
                        failed -> assertThat(failed.error()).contains("is a voting disk of another cluster"));
    }

    @Test
    void a_blank_disk_says_what_to_do() throws InterruptedException, IOException {
        try (BlockDevice device = BlockDevice.open(file)) {
            device.write(0, new byte[2 * BlockSeal.BLOCK]);
        }
        LinkedBlockingQueue<Optional<String>> probed = new LinkedBlockingQueue<>();
        disk(0).probe(probed::add);

        Optional<String> problem = probed.poll(30, TimeUnit.SECONDS);
        assertThat(problem == null ? "" : problem.orElse("")).contains("is blank", "crsctl add css votedisk");
    }

    /** A retired disk is given away while a node that was away during the exchange has it open: it must not look like one that nobody wrote. */
    @Test
    void a_disk_that_is_blanked_while_it_is_open_answers_no_more() throws InterruptedException, IOException {
        write(disk(0), BlockCodecTest.aBlock(1, 1));
        LinkedBlockingQueue<Optional<String>> probed = new LinkedBlockingQueue<>();
        VotingDisk late = disk(1);
        late.probe(probed::add);
        assertThat(probed.poll(30, TimeUnit.SECONDS)).isEqualTo(Optional.empty());
        try (BlockDevice device = BlockDevice.open(file)) {
            device.write(0, new byte[(int) VotingDisk.END]);
        }

        late.readHeartbeats(2);
        assertThat(answer()).isInstanceOfSatisfying(Input.DiskFailed.class, this::saysBlank);
        late.readBallots(3);
        assertThat(answer()).isInstanceOfSatisfying(Input.DiskFailed.class, this::saysBlank);
        late.writeHeartbeat(4, BlockCodecTest.aBlock(2, 1));
        assertThat(answer()).isInstanceOfSatisfying(Input.DiskFailed.class, this::saysBlank);
        try (BlockDevice device = BlockDevice.open(file)) {
            assertThat(device.read(0, (int) VotingDisk.END)).containsOnly(0);
        }
    }

    private void saysBlank(Input.DiskFailed failed) {
        assertThat(failed.error()).contains("is blank");
    }

    @Test
    void a_disk_that_becomes_another_while_it_is_open_answers_no_more() throws InterruptedException, IOException {
        VotingDisk disk = disk(0);
        write(disk, BlockCodecTest.aBlock(1, 1));
        writeHeader(UUID.randomUUID());

        disk.readBallots(3);
        assertThat(answer())
                .isInstanceOfSatisfying(
                        Input.DiskFailed.class,
                        failed -> assertThat(failed.error()).contains("was exchanged while in use"));
    }

    @Test
    void a_new_disk_has_the_blocks_of_the_old_ones_and_is_a_candidate() throws InterruptedException, IOException {
        write(disk(0), BlockCodecTest.aBlock(3, 7));
        Path fresh = directory.resolve("fresh");
        try (RandomAccessFile made = new RandomAccessFile(fresh.toFile(), "rw")) {
            made.setLength(VotingDisk.END);
        }
        UUID id = NewVotingDisk.format(fresh, file, codec, false);

        VotingDisk disk = new VotingDisk(1, fresh, BlockCodecTest.N2, 2, codec, () -> {}, inbox::add);
        assertThat(read(disk).blocks()).containsEntry(BlockCodecTest.N1, BlockCodecTest.aBlock(3, 7));
        assertThat(disk.header()).hasValueSatisfying(header -> {
            assertThat(header.disk()).isEqualTo(id);
            assertThat(header.state()).isEqualTo(BlockCodec.DiskState.CANDIDATE);
        });
        disk.close();
    }

    @Test
    void a_disk_that_is_in_use_or_holds_something_is_not_formatted() throws IOException {
        Path other = directory.resolve("other");
        try (RandomAccessFile made = new RandomAccessFile(other.toFile(), "rw")) {
            made.setLength(VotingDisk.END);
            made.write(1);
        }
        assertThatThrownBy(() -> NewVotingDisk.format(file, file, codec, true))
                .hasMessageContaining("is a voting disk of this cluster");
        assertThatThrownBy(() -> NewVotingDisk.format(other, file, codec, false))
                .hasMessageContaining("is not blank");
        assertThat(NewVotingDisk.format(other, file, codec, true)).isNotNull();
    }
}
