package dev.holdfast.cssd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.membership.HeartbeatBlock;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * A power loss at every point of a write: a block is eight sectors of 512 bytes, of which any may have reached the disk, in
 * any order. With a single voting disk there is no other copy to fall back on.
 */
class BlockPairTest {
    private static final int SECTOR = 512;
    private static final int TEARS = 1 << (BlockSeal.BLOCK / SECTOR);

    private final BlockCodec codec = new BlockCodec(new BlockSeal(new UUID(1, 2), ClusterKey.of(new byte[32])));
    private final BlockPair<HeartbeatBlock> pair = new BlockPair<>(codec::readHeartbeat, HeartbeatBlock::isNewerThan);

    /** The pair after a write of which only the sectors in {@code landed} reached the disk. */
    private byte[] write(byte[] disk, HeartbeatBlock block, int landed) {
        byte[] sealed = codec.heartbeat(block);
        int at = pair.next(disk, 0, BlockCodecTest.N1) * BlockSeal.BLOCK;
        byte[] after = disk.clone();
        for (int sector = 0; sector < BlockSeal.BLOCK / SECTOR; sector++) {
            if ((landed >>> sector & 1) != 0) {
                System.arraycopy(sealed, sector * SECTOR, after, at + sector * SECTOR, SECTOR);
            }
        }
        return after;
    }

    private byte[] written(int blocks) {
        byte[] disk = new byte[BlockPair.BYTES];
        for (int sequence = 1; sequence <= blocks; sequence++) {
            disk = write(disk, BlockCodecTest.aBlock(1, sequence), TEARS - 1);
        }
        return disk;
    }

    private static Optional<HeartbeatBlock> block(long incarnation, long sequence) {
        return sequence == 0 ? Optional.empty() : Optional.of(BlockCodecTest.aBlock(incarnation, sequence));
    }

    @Test
    void whatever_is_torn_the_pair_holds_the_value_before_or_the_new_one_and_goes_on_from_there() {
        for (int before = 0; before <= 4; before++) {
            byte[] disk = written(before);
            for (int landed = 0; landed < TEARS; landed++) {
                byte[] torn = write(disk, BlockCodecTest.aBlock(1, before + 1L), landed);
                var found = pair.read(torn, 0, BlockCodecTest.N1);
                assertThat(found.torn()).isFalse();
                assertThat(found.value()).isIn(block(1, before), block(1, before + 1L));

                byte[] next = write(torn, BlockCodecTest.aBlock(2, 1), TEARS - 1);
                assertThat(pair.read(next, 0, BlockCodecTest.N1)).isEqualTo(new BlockPair.Found<>(block(2, 1), false));
            }
        }
    }

    @Test
    void power_that_fails_again_and_again_never_takes_the_last_value_that_was_whole() {
        Random random = new Random(7);
        for (int run = 0; run < 200; run++) {
            byte[] disk = new byte[BlockPair.BYTES];
            Optional<HeartbeatBlock> last = Optional.empty();
            for (int life = 1; life <= 20; life++) {
                HeartbeatBlock block = BlockCodecTest.aBlock(life, 1);
                disk = write(disk, block, random.nextInt(TEARS));
                var found = pair.read(disk, 0, BlockCodecTest.N1);
                assertThat(found.torn()).isFalse();
                assertThat(found.value()).isIn(last, Optional.of(block));
                last = found.value();
            }
        }
    }

    @Test
    void a_value_that_was_there_and_cannot_be_read_any_more_is_told_apart_from_none() {
        byte[] disk = written(2);
        disk[100] ^= 1;
        disk[BlockSeal.BLOCK + 100] ^= 1;

        assertThat(pair.read(disk, 0, BlockCodecTest.N1)).isEqualTo(new BlockPair.Found<>(Optional.empty(), true));
        assertThat(pair.read(new byte[BlockPair.BYTES], 0, BlockCodecTest.N1))
                .isEqualTo(new BlockPair.Found<>(Optional.empty(), false));
    }

    @Test
    void a_block_with_anything_behind_its_seal_was_not_written_by_us() {
        byte[] block = codec.heartbeat(BlockCodecTest.aBlock(1, 1));
        for (int at = 0; at < BlockSeal.BLOCK; at++) {
            byte[] damaged = block.clone();
            damaged[at] ^= 0x10;
            assertThat(codec.readHeartbeat(damaged, 0, BlockCodecTest.N1))
                    .as("byte " + at)
                    .isEmpty();
        }
    }

    @Test
    void a_text_that_is_too_long_is_cut_between_two_characters() {
        ByteBuffer bytes = ByteBuffer.allocate(300);
        BlockText.put(bytes, "x" + "ü".repeat(150));

        assertThat(BlockText.get(bytes.flip())).isEqualTo("x" + "ü".repeat(99));
    }
}
