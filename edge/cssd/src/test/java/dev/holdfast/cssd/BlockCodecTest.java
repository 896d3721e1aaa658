package dev.holdfast.cssd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.membership.BallotBlock;
import dev.holdfast.membership.DiskReport;
import dev.holdfast.membership.Heartbeat;
import dev.holdfast.membership.HeartbeatBlock;
import dev.holdfast.membership.Input;
import dev.holdfast.membership.LeaseAnswer;
import dev.holdfast.membership.LeaseAsk;
import dev.holdfast.membership.NodeState;
import dev.holdfast.membership.SafetyData;
import dev.holdfast.membership.Timing;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import dev.holdfast.model.VotingSet;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class BlockCodecTest {
    static final NodeId N1 = new NodeId(1);
    static final NodeId N2 = new NodeId(2);
    private static final int FUZZ_INPUTS = 20_000;

    private final UUID cluster = new UUID(1, 2);
    private final ClusterKey key = ClusterKey.of(new byte[32]);
    private final BlockCodec codec = new BlockCodec(new BlockSeal(cluster, key));

    static View aView(int members) {
        SortedMap<NodeId, Incarnation> map = new TreeMap<>();
        List<View.Unsettled> unsettled = new ArrayList<>();
        for (int i = 1; i <= members; i++) {
            map.put(new NodeId(i), new Incarnation(i * 1000L));
            unsettled.add(new View.Unsettled(new NodeId(i), new Incarnation(i), new Epoch(7), i % 2 == 0));
        }
        return new View(
                new Epoch(8), 3, map, N1, unsettled, new RegistryRoot(5, 6, 7, 8), N1, "voted out: ümläut and all");
    }

    static HeartbeatBlock aBlock(long incarnation, long sequence) {
        return new HeartbeatBlock(
                N1,
                new Incarnation(incarnation),
                sequence % 2 == 0 ? null : new Incarnation(incarnation + 1),
                sequence,
                NodeState.MEMBER,
                aView(2),
                NodeSet.of(N1, N2),
                9,
                4,
                11,
                new DiskReport(
                        new TreeSet<>(Set.of(new UUID(1, 2), new UUID(3, 4))),
                        new TreeMap<>(Map.of(new UUID(5, 6), "/dev/mapper/vote4"))),
                12,
                new SafetyData(Duration.ofSeconds(10), Duration.ofSeconds(130), true));
    }

    @Test
    void a_probe_is_no_heartbeat_and_nothing_else_has_its_length() {
        HeartbeatSeal sender = new HeartbeatSeal(key);
        HeartbeatSeal receiver = new HeartbeatSeal(key);
        for (boolean echo : List.of(true, false)) {
            HeartbeatSeal.Probe probe = new HeartbeatSeal.Probe(echo, N1, N2, 1234567890123L);
            byte[] sealed = sender.seal(probe);
            assertThat(HeartbeatSeal.mayBeProbe(sealed.length)).isTrue();
            assertThat(receiver.openProbe(sealed, sealed.length)).contains(probe);
            assertThat(receiver.open(0, sealed, sealed.length)).isEmpty();
            sealed[30] ^= 1;
            assertThat(receiver.openProbe(sealed, sealed.length)).isEmpty();
        }
    }

    @Test
    void what_is_written_is_read() {
        HeartbeatBlock block = aBlock(3, 4);
        HeartbeatBlock another = aBlock(3, 5);
        BallotBlock ballot = new BallotBlock(N2, new Incarnation(3), 4, 130, 129, aView(2));

        assertThat(codec.readHeartbeat(codec.heartbeat(block), 0, N1)).contains(block);
        assertThat(codec.readHeartbeat(codec.heartbeat(another), 0, N1)).contains(another);
        assertThat(codec.readBallot(codec.ballot(ballot), 0, N2)).contains(ballot);
    }

    @Test
    void a_view_of_64_nodes_with_64_unsettled_lives_fits() {
        BallotBlock ballot = new BallotBlock(N2, new Incarnation(3), 4, 130, 129, aView(64));

        assertThat(codec.readBallot(codec.ballot(ballot), 0, N2)).contains(ballot);
    }

    /** 64 nodes, 64 unsettled lives, a change of five disks to five others with the longest paths, all settings changed. */
    @Test
    void the_fullest_heartbeat_block_fits() {
        SortedMap<UUID, String> sought = new TreeMap<>();
        SortedMap<UUID, String> others = new TreeMap<>();
        for (int disk = 0; disk < 5; disk++) {
            sought.put(new UUID(disk, 1), "/" + "x".repeat(99));
            others.put(new UUID(disk, 2), "/" + "y".repeat(99));
        }
        SortedMap<String, Integer> css = new TreeMap<>();
        Timing.NAMES.forEach(name -> css.put(name, 1));
        View plain = aView(64);
        View view = new View(
                plain.epoch(),
                plain.sub(),
                plain.members(),
                plain.master(),
                plain.unsettled(),
                plain.registryRoot(),
                new VotingSet(7, new TreeSet<>(sought.keySet()), new TreeSet<>(others.keySet())),
                css,
                plain.proposer(),
                "r".repeat(200));
        sought.putAll(others);
        HeartbeatBlock plainBlock = aBlock(3, 4);
        HeartbeatBlock block = new HeartbeatBlock(
                N1,
                new Incarnation(1L << 40),
                new Incarnation((1L << 40) - 1),
                5,
                NodeState.MEMBER,
                view,
                NodeSet.of(N1, N2),
                9,
                4,
                11,
                new DiskReport(new TreeSet<>(sought.keySet()), sought),
                12,
                plainBlock.safety());

        assertThat(codec.readHeartbeat(codec.heartbeat(block), 0, N1)).contains(block);
    }

    @Test
    void the_seal_of_the_very_same_block_is_computed_once_whichever_disk_shows_it() {
        BlockSeal reading = new BlockSeal(cluster, key);
        BlockCodec reader = new BlockCodec(reading);
        byte[] area = new byte[4 * BlockSeal.BLOCK];
        byte[] block = codec.heartbeat(aBlock(3, 4)).clone();
        System.arraycopy(block, 0, area, 2 * BlockSeal.BLOCK, BlockSeal.BLOCK);

        for (int look = 0; look < 3; look++) {
            assertThat(reader.readHeartbeat(block, 0, N1)).contains(aBlock(3, 4));
            assertThat(reader.readHeartbeat(area, 2 * BlockSeal.BLOCK, N1)).contains(aBlock(3, 4));
        }
        assertThat(reading.computed()).isEqualTo(1);

        block[BlockSeal.PAYLOAD] ^= 1; // With a checksum that fits: only the seal tells.
        CRC32C crc = new CRC32C();
        crc.update(block, 0, 4088);
        ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).putInt(4088, (int) crc.getValue());
        assertThat(reader.readHeartbeat(block, 0, N1)).isEmpty();
        assertThat(reader.readHeartbeat(block, 0, N1)).isEmpty();
        assertThat(reading.computed()).isEqualTo(3);
    }

    @Test
    void a_block_of_another_node_cluster_key_or_kind_is_not_read() {
        byte[] block = codec.heartbeat(aBlock(3, 4));
        BlockCodec otherCluster = new BlockCodec(new BlockSeal(new UUID(1, 3), key));
        byte[] otherSecret = new byte[32];
        otherSecret[31] = 1;
        BlockCodec otherKey = new BlockCodec(new BlockSeal(cluster, ClusterKey.of(otherSecret)));

        assertThat(codec.readHeartbeat(block, 0, N2)).isEmpty();
        assertThat(codec.readBallot(block, 0, N1)).isEmpty();
        assertThat(otherCluster.readHeartbeat(block, 0, N1)).isEmpty();
        assertThat(otherKey.readHeartbeat(block, 0, N1)).isEmpty();
    }

    @Test
    void one_wrong_bit_anywhere_is_noticed() {
        byte[] block = codec.heartbeat(aBlock(3, 4));
        for (int at = 0; at < 4092; at++) {
            block[at] ^= 1;
            assertThat(codec.readHeartbeat(block, 0, N1))
                    .as("bit in byte %d", at)
                    .isEmpty();
            block[at] ^= 1;
        }
        assertThat(codec.readHeartbeat(block, 0, N1)).isPresent();
    }

    /** Damage behind a good checksum: the payload itself is changed before it is sealed. */
    @Test
    void any_payload_gives_a_block_or_nothing_and_never_an_exception() {
        Random random = new Random(42);
        BlockSeal seal = new BlockSeal(cluster, key);
        int read = 0;
        for (int i = 0; i < FUZZ_INPUTS; i++) {
            byte[] payload = new byte[random.nextInt(200)];
            random.nextBytes(payload);
            if (payload.length > 25 && random.nextBoolean()) {
                payload[0] = 1; // Far enough to be interesting.
                payload[17] = (byte) (1 + random.nextInt(4));
            }
            byte[] block = seal.seal(BlockCodec.HEARTBEAT, payload, payload.length);
            read += codec.readHeartbeat(block, 0, N1).isPresent() ? 1 : 0;
            byte[] ballot = seal.seal(BlockCodec.BALLOT, payload, payload.length);
            read += codec.readBallot(ballot, 0, N1).isPresent() ? 1 : 0;
            byte[] header = seal.seal(BlockCodec.HEADER, payload, payload.length);
            read += codec.readHeader(header, 0).isPresent() ? 1 : 0;
        }
        assertThat(read).as("some random payloads are long enough for a header").isPositive();
    }

    @Test
    void any_datagram_gives_a_heartbeat_or_nothing() {
        HeartbeatSeal sender = new HeartbeatSeal(key);
        HeartbeatSeal receiver = new HeartbeatSeal(key);
        Heartbeat beat = new Heartbeat(
                N1, new Incarnation(2), 3, NodeState.MEMBER, new Epoch(4), 5, NodeSet.of(N1, N2), true, 6);
        byte[] sealed = sender.seal(beat);
        assertThat(receiver.open(1, sealed, sealed.length)).contains(new Input.HeartbeatReceived(1, beat));

        Random random = new Random(7);
        for (int i = 0; i < FUZZ_INPUTS; i++) {
            byte[] damaged = sealed.clone();
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            int length = random.nextInt(4) == 0 ? random.nextInt(damaged.length) : damaged.length;
            assertThat(receiver.open(1, damaged, length)).isEmpty();
        }
    }

    @Test
    void a_question_for_a_lease_and_its_answer_arrive_as_they_were_sent() {
        HeartbeatSeal sender = new HeartbeatSeal(key);
        HeartbeatSeal receiver = new HeartbeatSeal(key);
        LeaseAsk ask = new LeaseAsk(N1, new Incarnation(2), new Epoch(4), 77);
        LeaseAnswer answer = new LeaseAnswer(N2, new Incarnation(3), N1, new Incarnation(2), new Epoch(4), 77, true);

        byte[] question = sender.seal(ask);
        byte[] word = sender.seal(answer);

        assertThat(receiver.open(0, question, question.length)).contains(new Input.LeaseAsked(ask));
        assertThat(receiver.open(0, word, word.length)).contains(new Input.LeaseAnswered(answer));
    }

    @Test
    void the_same_heartbeat_never_looks_the_same_twice() {
        HeartbeatSeal sender = new HeartbeatSeal(key);
        Heartbeat beat =
                new Heartbeat(N1, new Incarnation(2), 3, NodeState.MEMBER, new Epoch(4), 0, NodeSet.of(N1), false, 6);

        assertThat(sender.seal(beat)).isNotEqualTo(sender.seal(beat));
    }
}
