package dev.holdfast.lab;

import dev.holdfast.lab.LabSettings.Network;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

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

    /** Gives a node that has just been switched on its interfaces. */
    void plug(int node, long pid, List<Network> cut) throws IOException, InterruptedException {
        unplug(node);
        List<String> lines = new ArrayList<>();
        for (Network network : Network.values()) {
            lines.addAll(add(
                    port(node, network), pid, network, settings.hardwareAddress(node, network), cut.contains(network)));
        }
        Shell.ip(lines);
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

    void cut(int node, Network network) throws IOException, InterruptedException {
        Shell.ip(cut(port(node, network), network));
    }

    void mend(int node, Network network) throws IOException, InterruptedException {
        Shell.ip(mend(port(node, network), network));
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
