package dev.holdfast.lab;

import dev.holdfast.lab.LabSettings.Network;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The networks: one bridge each, in the lab's own network namespace, so that nothing of them is to be seen on the host. A node's
 * cable is a veth pair; its port is named after the node's number.
 */
final class Cabling {
    private final LabSettings settings;

    Cabling(LabSettings settings) {
        this.settings = settings;
    }

    private static String bridge(Network network) {
        return "br-" + network.port;
    }

    private static String port(int node, Network network) {
        return "n" + node + "-" + network.port;
    }

    void layNetworks() throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>(List.of("link set lo up"));
        for (Network network : Network.values()) {
            lines.add("link add " + bridge(network) + " type bridge stp_state 0 forward_delay 0 mcast_snooping 0");
            lines.add("link set " + bridge(network) + " up");
        }
        Shell.ip(lines);
    }

    /** A kernel may have been started without IPv6. */
    static boolean ipv6IsThere() {
        return Files.exists(Path.of("/proc/net/if_inet6"));
    }

    /** Puts an address on the public interface; usable at once, as nobody else in the lab can have it. */
    static String ipv6(String address) {
        return "addr add " + address + "/64 dev " + Network.PUBLIC.interfaceName + " nodad";
    }

    /** Gives a node that has just been switched on its interfaces. */
    void plug(int node, long pid, Map<Network, LinkFault> faults) throws IOException, InterruptedException {
        unplug(node);
        List<String> lines = new ArrayList<>();
        for (Network network : Network.values()) {
            boolean isCut = faults.get(network) == LinkFault.CUT;
            lines.addAll(add(port(node, network), pid, network, settings.hardwareAddress(node, network), isCut));
        }
        Shell.ip(lines);
        for (Map.Entry<Network, LinkFault> fault : faults.entrySet()) {
            if (fault.getValue() != LinkFault.CUT) {
                lose(port(node, fault.getKey()), fault.getValue());
            }
        }
    }

    void plugClient(long pid) throws IOException, InterruptedException {
        Shell.ip(add("client", pid, Network.PUBLIC, settings.clientHardwareAddress(), false));
    }

    private static List<String> add(String port, long pid, Network network, String hardwareAddress, boolean isCut) {
        List<String> lines = new ArrayList<>();
        lines.add("link add " + port + " type veth peer name " + network.interfaceName + " address " + hardwareAddress
                + " netns " + pid);
        lines.addAll(isCut ? cut(port, network) : mend(port, network));
        return lines;
    }

    /** Removes what a node's last power-on left; the kernel is slow to do it by itself. */
    void unplug(int node) throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        for (Network network : Network.values()) {
            lines.add("link del " + port(node, network));
        }
        Shell.ipForce(lines);
    }

    /** All cables of a node at once, before its power goes: nothing must be told by sockets that the kernel closes. */
    void darken(int node) throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        for (Network network : Network.values()) {
            lines.add("link set " + port(node, network) + " down");
        }
        Shell.ipForce(lines);
    }

    /** Makes the cable faulty; whatever else was wrong with it must have been mended. */
    void cut(int node, Network network, LinkFault fault) throws IOException, InterruptedException {
        switch (fault) {
            case CUT -> Shell.ip(cut(port(node, network), network));
            case INBOUND, OUTBOUND -> lose(port(node, network), fault);
        }
    }

    /** Undoes {@code fault}. */
    void mend(int node, Network network, LinkFault fault) throws IOException, InterruptedException {
        switch (fault) {
            case CUT -> Shell.ip(mend(port(node, network), network));
            case INBOUND, OUTBOUND -> {
                String table = table(port(node, network));
                nft(List.of(
                        "add table netdev " + table, "delete table netdev " + table)); // It may be gone with its port.
            }
        }
    }

    private static String table(String port) {
        return "loss-" + port;
    }

    /** What a node sends comes into the lab through its port, and what it gets goes out of it. */
    private static void lose(String port, LinkFault fault) throws IOException, InterruptedException {
        String hook = fault == LinkFault.OUTBOUND ? "ingress" : "egress";
        String table = table(port);
        nft(List.of(
                // Of the port that was there before the node's last power-off, and that took its hook with it.
                "add table netdev " + table,
                "delete table netdev " + table,
                "add table netdev " + table,
                "add chain netdev " + table + " loss { type filter hook " + hook + " device \"" + port
                        + "\" priority 0; policy drop; }"));
    }

    private static void nft(List<String> lines) throws IOException, InterruptedException {
        String _ = Shell.check(List.of("nft", "-f", "-"), String.join("\n", lines) + "\n");
    }

    /**
     * On the public network the cable is pulled: the node sees its carrier go. On a private network the switch fails: the carrier
     * stays, and nothing arrives.
     */
    private static List<String> cut(String port, Network network) {
        return switch (network) {
            case PUBLIC -> List.of("link set " + port + " down");
            case PRIVATE1, PRIVATE2 -> List.of("link set " + port + " nomaster", "link set " + port + " up");
        };
    }

    private static List<String> mend(String port, Network network) {
        return List.of("link set " + port + " master " + bridge(network), "link set " + port + " up");
    }
}
