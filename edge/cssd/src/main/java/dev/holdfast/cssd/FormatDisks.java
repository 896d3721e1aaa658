package dev.holdfast.cssd;

import dev.holdfast.linux.BlockDevice;
import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.membership.InvalidSettings;
import dev.holdfast.model.NodeId;
import dev.holdfast.registry.RegistryFormat;
import dev.holdfast.registry.RegistrySeal;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Writes the headers of the voting disks and registry locations of a new cluster and blanks the areas behind them.
 * Refuses to touch anything that is not blank, unless {@code --force} is given: a voting disk that is formatted while its
 * cluster runs loses the cluster's memory of who was voted out.
 */
public final class FormatDisks {
    private static final int CHUNK = 256 << 10;

    private FormatDisks() {}

    /** Exit codes: 0 formatted, 1 refused or failed, 2 wrong usage. */
    public static void main(String[] arguments) {
        PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        boolean force = arguments.length > 1 && arguments[1].equals("--force");
        if (arguments.length == 0 || arguments.length > 2 || (arguments.length == 2 && !force)) {
            err.println("usage: FormatDisks CLUSTER.CONF [--force]");
            System.exit(2);
        }
        try {
            Path conf = Path.of(arguments[0]);
            ClusterSettings cluster = ClusterSettings.read(NodeConf.load(conf));
            Path keyFile = conf.resolveSibling("cluster.key");
            ClusterKey key = ClusterKey.read(keyFile);
            BlockCodec codec = new BlockCodec(new BlockSeal(cluster.id(), key));
            int problems = 0;
            for (String path : cluster.votingDisks()) {
                problems += force || isBlank(path, 0, err) ? 0 : 1;
            }
            for (String path : cluster.registryLocations()) {
                problems += force || isBlank(path, ClusterSettings.REGISTRY_OFFSET, err) ? 0 : 1;
            }
            if (problems > 0) {
                err.println(
                        "HF-1102: nothing was formatted. If these disks really hold nothing that is needed, stop every"
                                + " node and add --force.");
                System.exit(1);
            }
            // Each disk knows all of them, so that a node that has found one knows what a majority is.
            SortedSet<UUID> first = new TreeSet<>();
            while (first.size() < cluster.votingDisks().size()) {
                first.add(UUID.randomUUID());
            }
            Iterator<UUID> identities = first.iterator();
            for (String path : cluster.votingDisks()) {
                BlockCodec.Header header =
                        new BlockCodec.Header(identities.next(), BlockCodec.DiskState.ACTIVE, NodeId.MAX, first);
                formatVotingDisk(path, header, codec);
                System.out.println("voting disk " + header.disk() + " formatted: " + path);
            }
            for (String path : cluster.registryLocations()) {
                formatRegistry(path, cluster.id(), key.registrySeal());
                System.out.println("registry location formatted: " + path);
            }
        } catch (InvalidSettings e) {
            e.problems().forEach(problem -> err.println("HF-1101: " + arguments[0] + ": " + problem));
            System.exit(1);
        } catch (IOException e) {
            err.println("HF-1103: " + e.getMessage());
            System.exit(1);
        }
    }

    private static boolean isBlank(String path, long offset, PrintStream err) throws IOException {
        try (BlockDevice device = BlockDevice.open(Path.of(path))) {
            if (device.size() < offset + BlockSeal.BLOCK) {
                throw new IOException(path + " is too small: " + device.size() + " bytes");
            }
            boolean blank = BlockSeal.isBlank(device.read(offset, BlockSeal.BLOCK), 0);
            if (!blank) {
                err.println("HF-1102: " + path + " is not blank at offset " + offset);
            }
            return blank;
        }
    }

    private static void formatVotingDisk(String path, BlockCodec.Header header, BlockCodec codec) throws IOException {
        try (BlockDevice device = BlockDevice.open(Path.of(path))) {
            byte[] blank = new byte[CHUNK];
            // The header comes last: a disk whose blanking was interrupted is no voting disk.
            device.write(0, new byte[2 * BlockSeal.BLOCK]);
            for (long at = VotingDisk.HEARTBEAT_AREA; at < VotingDisk.END; at += CHUNK) {
                device.write(at, at + CHUNK <= VotingDisk.END ? blank : new byte[(int) (VotingDisk.END - at)]);
            }
            device.write(0, codec.header(header));
            device.write(BlockSeal.BLOCK, codec.header(header));
        }
    }

    /** A former registry of a cluster of this id and key must not be found any more by who looks for the newest state: its bases are blanked. */
    private static void formatRegistry(String path, UUID cluster, RegistrySeal seal) throws IOException {
        try (BlockDevice device = BlockDevice.open(Path.of(path))) {
            for (int segment = 0; segment < RegistryFormat.SEGMENTS; segment++) {
                device.write(
                        ClusterSettings.REGISTRY_OFFSET + RegistryFormat.position(segment, 0),
                        new byte[RegistryFormat.BLOCK]);
            }
            device.write(ClusterSettings.REGISTRY_OFFSET, RegistryFormat.header(cluster, UUID.randomUUID(), seal));
        }
    }
}
