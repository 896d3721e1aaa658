package dev.holdfast.cssd;

import dev.holdfast.linux.BlockDevice;
import dev.holdfast.model.NodeId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.UUID;

/**
 * Makes a disk ready to be added to the voting set of a running cluster: a copy of the blocks of all nodes, and a header that says
 * CANDIDATE. The copy is for the nodes that are away at present: when they come back after their old disks have left the set, they and
 * the others must find their blocks. What a node wrote is true wherever it stands; a disk with a copy is like one that was slow.
 */
final class NewVotingDisk {
    private static final int PAIR = 2 * BlockSeal.BLOCK;
    /** A pair that is just being written looks torn; it is whole when it is read again. */
    private static final int TRIES = 5;

    private NewVotingDisk() {}

    /**
     * @param from a voting disk that is in use
     * @param force whether something other than a blank or retired disk may be overwritten
     * @return the identity of the new disk
     * @throws IOException with words for the administrator, if the disk is not fit; then nothing was written, or it is no voting disk
     */
    static UUID format(Path path, Path from, BlockCodec codec, boolean force) throws IOException {
        try (BlockDevice device = BlockDevice.open(path);
                BlockDevice source = BlockDevice.open(from)) {
            long size = device.size();
            if (size < VotingDisk.END) {
                throw new IOException(path + " has " + size + " bytes; a voting disk needs " + VotingDisk.END);
            }
            refuseWhatIsNeeded(device, path, codec, force);
            device.write(0, new byte[PAIR]);
            // The heartbeat area first: a block in it tells how far the view area of its disk had got, which the copy
            // must not lack.
            copy(source, device, VotingDisk.HEARTBEAT_AREA, codec);
            copy(source, device, VotingDisk.VIEW_AREA, codec);
            copy(source, device, RecordLane.AREA, codec);
            BlockCodec.Header header = new BlockCodec.Header(
                    UUID.randomUUID(), BlockCodec.DiskState.CANDIDATE, NodeId.MAX, Collections.emptySortedSet());
            byte[] block = codec.header(header);
            device.write(0, block);
            device.write(BlockSeal.BLOCK, block);
            if (!Arrays.equals(device.read(0, BlockSeal.BLOCK), block)) {
                throw new IOException(path + " does not read back what was written to it");
            }
            return header.disk();
        }
    }

    private static void refuseWhatIsNeeded(BlockDevice device, Path path, BlockCodec codec, boolean force)
            throws IOException {
        byte[] start = device.read(0, PAIR);
        BlockCodec.Header header = codec.readHeader(start, 0)
                .or(() -> codec.readHeader(start, BlockSeal.BLOCK))
                .orElse(null);
        if (header != null && header.state() == BlockCodec.DiskState.ACTIVE) {
            throw new IOException(path + " is a voting disk of this cluster, "
                    + header.disk().toString().replace("-", "") + "; delete it first");
        }
        boolean blank = BlockSeal.isBlank(start, 0) && BlockSeal.isBlank(start, BlockSeal.BLOCK);
        if (header == null && !blank && !force) {
            throw new IOException(
                    path + " is not blank. If it really holds nothing that is needed, add -f, or blank it: dd"
                            + " if=/dev/zero of=" + path + " bs=8192 count=1 oflag=direct");
        }
    }

    private static void copy(BlockDevice from, BlockDevice to, long area, BlockCodec codec) throws IOException {
        for (int number = 1; number <= NodeId.MAX; number++) {
            NodeId node = new NodeId(number);
            long at = area + (long) (number - 1) * PAIR;
            byte[] pair = from.read(at, PAIR);
            for (int tries = 1; !isWhole(pair, area, node, codec); tries++) {
                if (tries == TRIES) {
                    throw new IOException("the blocks of " + node + " on " + from.path() + " cannot be read");
                }
                pair = from.read(at, PAIR);
            }
            to.write(at, pair);
            if (!Arrays.equals(to.read(at, PAIR), pair)) {
                throw new IOException(to.path() + " does not read back what was written to it");
            }
        }
    }

    private static boolean isWhole(byte[] pair, long area, NodeId node, BlockCodec codec) {
        if (BlockSeal.isBlank(pair, 0) && BlockSeal.isBlank(pair, BlockSeal.BLOCK)) {
            return true;
        }
        if (area == RecordLane.AREA) {
            return true; // What happened before is told as far as it is known; nothing is decided by it.
        }
        return area == VotingDisk.HEARTBEAT_AREA
                ? codec.readHeartbeat(pair, 0, node)
                        .or(() -> codec.readHeartbeat(pair, BlockSeal.BLOCK, node))
                        .isPresent()
                : codec.readBallot(pair, 0, node)
                        .or(() -> codec.readBallot(pair, BlockSeal.BLOCK, node))
                        .isPresent();
    }
}
