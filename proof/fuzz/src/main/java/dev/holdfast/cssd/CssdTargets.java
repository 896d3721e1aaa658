package dev.holdfast.cssd;

import dev.holdfast.fuzz.Target;
import dev.holdfast.fuzz.WrongAccept;
import dev.holdfast.membership.BallotBlock;
import dev.holdfast.membership.DiskReport;
import dev.holdfast.membership.Heartbeat;
import dev.holdfast.membership.HeartbeatBlock;
import dev.holdfast.membership.LeaseAnswer;
import dev.holdfast.membership.LeaseAsk;
import dev.holdfast.membership.NodeState;
import dev.holdfast.membership.SafetyData;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.BiPredicate;
import java.util.function.Function;

/**
 * What stands on the voting disks and travels between the cssds. Each twice: as a whole, where nothing is accepted but
 * what was sealed, byte for byte; and, for the case that a holder of the key goes wrong, with any payload under a good seal.
 */
public final class CssdTargets {
    private static final UUID CLUSTER = new UUID(1, 2);
    private static final ClusterKey KEY = ClusterKey.of(new byte[32]);
    private static final BlockSeal SEAL = new BlockSeal(CLUSTER, KEY);
    private static final BlockCodec CODEC = new BlockCodec(SEAL);
    private static final RecordCodec RECORDS = new RecordCodec(SEAL);
    private static final NodeId N1 = new NodeId(1);
    private static final List<FencingRecord.Kind> KINDS = List.of(FencingRecord.Kind.values());

    private CssdTargets() {}

    public static List<Target> all() {
        HeartbeatSeal sender = new HeartbeatSeal(KEY);
        HeartbeatSeal receiver = new HeartbeatSeal(KEY);
        BiPredicate<byte[], Integer> opens =
                (bytes, length) -> receiver.open(0, bytes, length).isPresent();
        return List.of(
                new Sealed("heartbeat", chance -> sender.seal(aHeartbeat(chance)), opens),
                new Sealed("lease-question", chance -> sender.seal(aQuestion(chance)), opens),
                new Sealed("lease-answer", chance -> sender.seal(anAnswer(chance)), opens),
                new Sealed(
                        "probe",
                        chance -> sender.seal(aProbe(chance)),
                        (bytes, length) -> receiver.openProbe(bytes, length).isPresent()),
                new Message(),
                new Sealed("disk-header", CssdTargets::aHeader, block(bytes -> CODEC.readHeader(bytes, 0))),
                new Sealed(
                        "disk-heartbeat",
                        chance -> CODEC.heartbeat(aBlock(chance)),
                        block(bytes -> CODEC.readHeartbeat(bytes, 0, N1))),
                new Sealed(
                        "disk-ballot",
                        chance -> CODEC.ballot(aBallot(chance)),
                        block(bytes -> CODEC.readBallot(bytes, 0, N1))),
                new Sealed(
                        "disk-fencing-record",
                        chance -> RECORDS.encode(N1, aMemory(chance)),
                        block(bytes -> RECORDS.decode(bytes, 0, N1))),
                new Payload<>(
                        "header-payload",
                        BlockCodec.HEADER,
                        CssdTargets::aHeader,
                        bytes -> CODEC.readHeader(bytes, 0),
                        CODEC::header),
                new Payload<>(
                        "heartbeat-payload",
                        BlockCodec.HEARTBEAT,
                        chance -> CODEC.heartbeat(aBlock(chance)),
                        bytes -> CODEC.readHeartbeat(bytes, 0, N1),
                        CODEC::heartbeat),
                new Payload<>(
                        "ballot-payload",
                        BlockCodec.BALLOT,
                        chance -> CODEC.ballot(aBallot(chance)),
                        bytes -> CODEC.readBallot(bytes, 0, N1),
                        CODEC::ballot),
                new Payload<>(
                        "fencing-payload",
                        RecordCodec.MAGIC,
                        chance -> RECORDS.encode(N1, aMemory(chance)),
                        bytes -> RECORDS.decode(bytes, 0, N1),
                        memory -> RECORDS.encode(N1, memory)));
    }

    private static <T> BiPredicate<byte[], Integer> block(Function<byte[], Optional<T>> read) {
        // The disk gives whole blocks; what an input lacks is zeros.
        return (bytes, length) ->
                read.apply(Arrays.copyOf(bytes, BlockSeal.BLOCK)).isPresent();
    }

    private static String text(SplittableRandom chance) {
        return "voted out: ümläut ☂ " + chance.nextInt(1000);
    }

    private static Incarnation life(SplittableRandom chance) {
        return new Incarnation(1 + chance.nextInt(1000));
    }

    private static View aView(SplittableRandom chance) {
        SortedMap<NodeId, Incarnation> members = new TreeMap<>();
        List<View.Unsettled> unsettled = new ArrayList<>();
        for (int i = 1 + chance.nextInt(8); i > 0; i--) {
            members.put(new NodeId(i), life(chance));
            if (chance.nextInt(3) == 0) {
                unsettled.add(new View.Unsettled(new NodeId(i), life(chance), new Epoch(7), chance.nextBoolean()));
            }
        }
        RegistryRoot root = new RegistryRoot(5, 6, chance.nextInt(64), 8);
        return new View(new Epoch(1 + chance.nextInt(99)), 3, members, N1, unsettled, root, N1, text(chance));
    }

    private static HeartbeatBlock aBlock(SplittableRandom chance) {
        return new HeartbeatBlock(
                N1,
                life(chance),
                chance.nextBoolean() ? life(chance) : null,
                chance.nextLong(1L << 40),
                NodeState.MEMBER,
                aView(chance),
                new NodeSet(chance.nextLong()),
                9,
                chance.nextInt(2000),
                11,
                new DiskReport(
                        new TreeSet<>(List.of(new UUID(1, chance.nextInt(9)), new UUID(3, 4))),
                        new TreeMap<>(Map.of(new UUID(5, 6), "/dev/mapper/vote" + chance.nextInt(9)))),
                chance.nextLong(),
                new SafetyData(Duration.ofSeconds(10), Duration.ofSeconds(130), chance.nextBoolean()));
    }

    private static BallotBlock aBallot(SplittableRandom chance) {
        return new BallotBlock(
                N1, life(chance), chance.nextLong(1L << 40), chance.nextInt(99), chance.nextInt(99), aView(chance));
    }

    private static byte[] aHeader(SplittableRandom chance) {
        return CODEC.header(new BlockCodec.Header(
                new UUID(chance.nextLong(), chance.nextLong()),
                BlockCodec.DiskState.ACTIVE,
                64,
                new TreeSet<>(List.of(new UUID(chance.nextLong(), 1)))));
    }

    private static RecordCodec.Memory aMemory(SplittableRandom chance) {
        List<FencingRecord> records = new ArrayList<>();
        for (int i = chance.nextInt(5); i > 0; i--) {
            List<FencingRecord.Entry> story = new ArrayList<>();
            for (int k = chance.nextInt(4); k > 0; k--) {
                FencingRecord.Kind kind = KINDS.get(chance.nextInt(KINDS.size()));
                story.add(new FencingRecord.Entry(kind, N1, chance.nextLong(1L << 40), text(chance)));
            }
            records.add(new FencingRecord(
                    new NodeId(2),
                    life(chance),
                    new Epoch(7),
                    N1,
                    chance.nextLong(1L << 40),
                    chance.nextBoolean(),
                    text(chance),
                    story));
        }
        return new RecordCodec.Memory(chance.nextInt(1000), records);
    }

    private static Heartbeat aHeartbeat(SplittableRandom chance) {
        return new Heartbeat(
                N1,
                life(chance),
                chance.nextLong(1L << 40),
                NodeState.MEMBER,
                new Epoch(4),
                5,
                new NodeSet(chance.nextLong()),
                chance.nextBoolean(),
                chance.nextLong());
    }

    private static LeaseAsk aQuestion(SplittableRandom chance) {
        return new LeaseAsk(N1, life(chance), new Epoch(4), chance.nextLong());
    }

    private static LeaseAnswer anAnswer(SplittableRandom chance) {
        return new LeaseAnswer(
                N1, life(chance), new NodeId(2), life(chance), new Epoch(4), chance.nextLong(), chance.nextBoolean());
    }

    private static HeartbeatSeal.Probe aProbe(SplittableRandom chance) {
        return new HeartbeatSeal.Probe(chance.nextBoolean(), N1, new NodeId(2), chance.nextLong());
    }

    /** Under a seal: only what was sealed may be accepted, byte for byte. */
    private record Sealed(String name, Function<SplittableRandom, byte[]> make, BiPredicate<byte[], Integer> opens)
            implements Target {
        @Override
        public byte[] valid(SplittableRandom chance) {
            return make.apply(chance);
        }

        @Override
        public boolean decode(byte[] input, List<byte[]> written) throws WrongAccept {
            boolean opened = opens.test(input, input.length);
            if (opened && written.stream().noneMatch(each -> same(each, input))) {
                throw new WrongAccept("accepted, and nobody sealed it");
            }
            return opened;
        }

        /** A block may lack its last zeros, and may be followed by another. */
        private static boolean same(byte[] sealed, byte[] input) {
            return Arrays.equals(sealed, input)
                    || (sealed.length == BlockSeal.BLOCK
                            && Arrays.equals(sealed, Arrays.copyOf(input, BlockSeal.BLOCK)));
        }
    }

    /** Any payload under a good seal: refused, or it means the same when it is written again. */
    private record Payload<T>(
            String name,
            long magic,
            Function<SplittableRandom, byte[]> make,
            Function<byte[], Optional<T>> read,
            Function<T, byte[]> write)
            implements Target {
        @Override
        public byte[] valid(SplittableRandom chance) {
            byte[] block = make.apply(chance);
            int length = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).getInt(BlockSeal.PAYLOAD - 4);
            return Arrays.copyOfRange(block, BlockSeal.PAYLOAD, BlockSeal.PAYLOAD + length);
        }

        @Override
        public boolean decode(byte[] input, List<byte[]> written) throws WrongAccept {
            int length = Math.min(input.length, BlockSeal.PAYLOAD_MAX);
            Optional<T> decoded = read.apply(SEAL.seal(magic, input, length));
            if (decoded.isPresent() && !read.apply(write.apply(decoded.get())).equals(decoded)) {
                throw new WrongAccept("it means something else when it is written again: " + decoded.get());
            }
            return decoded.isPresent();
        }
    }

    /** What is in a datagram once it is opened. */
    private record Message() implements Target {
        @Override
        public String name() {
            return "datagram-payload";
        }

        @Override
        public byte[] valid(SplittableRandom chance) {
            ByteBuffer out = ByteBuffer.allocate(53);
            out.put((byte) 1).put((byte) 1).putLong(1 + chance.nextInt(99)).putLong(chance.nextLong(1L << 40));
            out.put((byte) 2)
                    .putLong(4)
                    .putLong(5)
                    .putLong(chance.nextLong())
                    .put((byte) 1)
                    .putLong(7);
            return Arrays.copyOf(out.array(), out.position());
        }

        @Override
        public boolean decode(byte[] input, List<byte[]> written) {
            return HeartbeatSeal.understand(0, ByteBuffer.wrap(input)).isPresent();
        }
    }
}
