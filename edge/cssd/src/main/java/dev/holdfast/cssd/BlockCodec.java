package dev.holdfast.cssd;

import dev.holdfast.membership.BallotBlock;
import dev.holdfast.membership.DiskReport;
import dev.holdfast.membership.HeartbeatBlock;
import dev.holdfast.membership.NodeState;
import dev.holdfast.membership.SafetyData;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import dev.holdfast.model.VotingSet;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What the blocks of a voting disk say, as bytes; see docs/protocol/voting-disk.md. Decoding is total. */
final class BlockCodec {
    /** "HFHDR002", "HFBEAT02", "HFVIEW01" as little-endian words: kind and version of a block. */
    static final long HEADER = 0x3230305244484648L;

    static final long HEARTBEAT = 0x3230544145424648L;
    static final long BALLOT = 0x3130574549564648L;

    private final BlockSeal seal;

    /** The latest heartbeat block and its bytes. */
    @SuppressWarnings("ArrayRecordComponent") // Written and compared by nobody.
    private record Encoded(HeartbeatBlock block, byte[] bytes) {}

    private volatile @Nullable Encoded encoded;

    BlockCodec(BlockSeal seal) {
        this.seal = seal;
    }

    /** What a disk is in its life. The view decides which disks vote; this tells people, and programs that look before they format. */
    enum DiskState {
        /** Made with the cluster, or taken into the voting set. */
        ACTIVE(0),
        /** Made to be added, and not added yet. */
        CANDIDATE(1),
        /** Was in the voting set, and is not any more. */
        RETIRED(2);

        private final int code;

        DiskState(int code) {
            this.code = code;
        }

        private static Optional<DiskState> of(int code) {
            return Arrays.stream(values()).filter(state -> state.code == code).findFirst();
        }
    }

    /**
     * The header: what disk this is.
     *
     * @param maxNodes how many nodes its areas are made for
     * @param first all voting disks of the cluster when it was made; empty on a disk that was made later
     */
    record Header(UUID disk, DiskState state, int maxNodes, SortedSet<UUID> first) {
        Header {
            first = Collections.unmodifiableSortedSet(new TreeSet<>(first));
        }

        Header in(DiskState other) {
            return new Header(disk, other, maxNodes, first);
        }
    }

    byte[] header(Header header) {
        byte[] payload = new byte[BlockSeal.PAYLOAD_MAX];
        ByteBuffer out = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
        putDisk(out, header.disk());
        out.put((byte) header.state().code);
        out.putInt(header.maxNodes());
        putDisks(out, header.first());
        return seal.seal(HEADER, payload, out.position());
    }

    Optional<Header> readHeader(byte[] area, int offset) {
        return seal.open(HEADER, area, offset).flatMap(in -> {
            try {
                UUID disk = getDisk(in);
                int state = in.get();
                int maxNodes = in.getInt();
                SortedSet<UUID> first = getDisks(in);
                return DiskState.of(state).map(known -> new Header(disk, known, maxNodes, first));
            } catch (BufferUnderflowException e) {
                return Optional.empty();
            }
        });
    }

    /** Not to be changed: it is the same for all disks on which this block is written. */
    byte[] heartbeat(HeartbeatBlock block) {
        Encoded last = encoded;
        if (last != null && last.block.equals(block)) {
            return last.bytes;
        }
        byte[] bytes = encode(block);
        encoded = new Encoded(block, bytes);
        return bytes;
    }

    private byte[] encode(HeartbeatBlock block) {
        byte[] payload = new byte[BlockSeal.PAYLOAD_MAX];
        ByteBuffer out = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
        out.put((byte) block.node().number());
        out.putLong(block.incarnation().number());
        Incarnation earlier = block.earlier();
        out.putLong(earlier == null ? 0 : earlier.number());
        out.putLong(block.sequence());
        out.put(StateCode.of(block.state()));
        out.putLong(block.reach().bits());
        out.putLong(block.round());
        out.putInt(block.weight());
        out.putLong(block.ballotSequence());
        putDisks(out, block.disks().usable());
        out.put((byte) block.disks().sought().size());
        block.disks().sought().forEach((disk, path) -> {
            putDisk(out, disk);
            BlockText.put(out, path);
        });
        out.putLong(block.bootId());
        out.putLong(block.safety().takeoverAfter().toNanos());
        out.putLong(block.safety().coldTakeoverAfter().toNanos());
        out.put((byte) (block.safety().timerTakeover() ? 1 : 0));
        putView(out, block.announced());
        return seal.seal(HEARTBEAT, payload, out.position());
    }

    /** The heartbeat block of {@code node}, or nothing if these bytes are not one. */
    Optional<HeartbeatBlock> readHeartbeat(byte[] area, int offset, NodeId node) {
        return seal.open(HEARTBEAT, area, offset).flatMap(in -> {
            try {
                if (in.get() != node.number()) {
                    return Optional.empty();
                }
                Incarnation incarnation = new Incarnation(in.getLong());
                long before = in.getLong();
                Incarnation earlier = before == 0 ? null : new Incarnation(before);
                long sequence = in.getLong();
                NodeState state = StateCode.read(in.get());
                NodeSet reach = new NodeSet(in.getLong());
                long round = in.getLong();
                int weight = in.getInt();
                long ballotSequence = in.getLong();
                DiskReport disks = new DiskReport(getDisks(in), getSought(in));
                long bootId = in.getLong();
                SafetyData safety =
                        new SafetyData(Duration.ofNanos(in.getLong()), Duration.ofNanos(in.getLong()), in.get() == 1);
                View announced = getView(in);
                return Optional.of(new HeartbeatBlock(
                        node,
                        incarnation,
                        earlier,
                        sequence,
                        state,
                        announced,
                        reach,
                        round,
                        weight,
                        ballotSequence,
                        disks,
                        bootId,
                        safety));
            } catch (BufferUnderflowException | IllegalArgumentException e) {
                return Optional.empty();
            }
        });
    }

    byte[] ballot(BallotBlock block) {
        byte[] payload = new byte[BlockSeal.PAYLOAD_MAX];
        ByteBuffer out = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
        out.put((byte) block.writer().number());
        out.putLong(block.incarnation().number());
        out.putLong(block.sequence());
        out.putLong(block.promised());
        out.putLong(block.accepted());
        putView(out, block.value());
        return seal.seal(BALLOT, payload, out.position());
    }

    Optional<BallotBlock> readBallot(byte[] area, int offset, NodeId node) {
        return seal.open(BALLOT, area, offset).flatMap(in -> {
            try {
                if (in.get() != node.number()) {
                    return Optional.empty();
                }
                return Optional.of(new BallotBlock(
                        node, new Incarnation(in.getLong()), in.getLong(), in.getLong(), in.getLong(), getView(in)));
            } catch (BufferUnderflowException | IllegalArgumentException e) {
                return Optional.empty();
            }
        });
    }

    private static void putView(ByteBuffer out, @Nullable View view) {
        out.put((byte) (view == null ? 0 : 1));
        if (view == null) {
            return;
        }
        out.putLong(view.epoch().number());
        out.putLong(view.sub());
        out.put((byte) view.members().size());
        view.members().forEach((node, incarnation) -> {
            out.put((byte) node.number());
            out.putLong(incarnation.number());
        });
        out.put((byte) view.master().number());
        out.putShort((short) view.unsettled().size());
        for (View.Unsettled each : view.unsettled()) {
            out.put((byte) each.node().number());
            out.putLong(each.incarnation().number());
            out.putLong(each.evictedIn().number());
            out.put((byte) (each.cold() ? 1 : 0));
        }
        RegistryRoot root = view.registryRoot();
        out.putLong(root.ownerEpoch());
        out.putLong(root.ownerIncarnation());
        out.putInt(root.segment());
        out.putLong(root.generation());
        putVotingSet(out, view.votingSet());
        out.put((byte) view.css().size());
        view.css().forEach((name, millis) -> {
            BlockText.put(out, name);
            out.putInt(millis);
        });
        out.put((byte) view.proposer().number());
        BlockText.put(out, view.reason());
    }

    private static void putVotingSet(ByteBuffer out, VotingSet set) {
        out.putLong(set.generation());
        for (SortedSet<UUID> disks : List.of(set.disks(), set.outgoing())) {
            putDisks(out, disks);
        }
    }

    private static void putDisk(ByteBuffer out, UUID disk) {
        out.putLong(disk.getMostSignificantBits());
        out.putLong(disk.getLeastSignificantBits());
    }

    private static UUID getDisk(ByteBuffer in) {
        return new UUID(in.getLong(), in.getLong());
    }

    private static void putDisks(ByteBuffer out, SortedSet<UUID> disks) {
        out.put((byte) disks.size());
        disks.forEach(disk -> putDisk(out, disk));
    }

    private static SortedMap<UUID, String> getSought(ByteBuffer in) {
        SortedMap<UUID, String> sought = new TreeMap<>();
        for (int rest = in.get(); rest > 0; rest--) {
            sought.put(getDisk(in), BlockText.get(in));
        }
        return sought;
    }

    private static VotingSet getVotingSet(ByteBuffer in) {
        return new VotingSet(in.getLong(), getDisks(in), getDisks(in));
    }

    private static SortedSet<UUID> getDisks(ByteBuffer in) {
        SortedSet<UUID> disks = new TreeSet<>();
        for (int rest = in.get(); rest > 0; rest--) {
            disks.add(getDisk(in));
        }
        return disks;
    }

    private static @Nullable View getView(ByteBuffer in) {
        if (in.get() == 0) {
            return null;
        }
        Epoch epoch = new Epoch(in.getLong());
        long sub = in.getLong();
        int count = in.get();
        SortedMap<NodeId, Incarnation> members = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            members.put(new NodeId(in.get()), new Incarnation(in.getLong()));
        }
        NodeId master = new NodeId(in.get());
        int unsettledCount = in.getShort();
        List<View.Unsettled> unsettled = new ArrayList<>();
        for (int i = 0; i < unsettledCount; i++) {
            unsettled.add(new View.Unsettled(
                    new NodeId(in.get()), new Incarnation(in.getLong()), new Epoch(in.getLong()), in.get() == 1));
        }
        RegistryRoot root = new RegistryRoot(in.getLong(), in.getLong(), in.getInt(), in.getLong());
        VotingSet votingSet = getVotingSet(in);
        SortedMap<String, Integer> css = new TreeMap<>();
        for (int rest = in.get(); rest > 0; rest--) {
            css.put(BlockText.get(in), in.getInt());
        }
        NodeId proposer = new NodeId(in.get());
        return new View(epoch, sub, members, master, unsettled, root, votingSet, css, proposer, BlockText.get(in));
    }
}
