package dev.holdfast.lab;

import dev.holdfast.model.NodeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * What {@code lab up} was asked for.
 *
 * @param name of the lab and of its cluster
 * @param index tells labs apart: second byte of all addresses, 1..{@value #MAX_INDEX}
 * @param profile of the timing constants: default, fast or conservative
 */
record LabSettings(String name, int index, List<String> nodeNames, int votingDisks, String profile, Fencing fencing) {

    static final int MAX_INDEX = 200;

    /** Node i has the address .10+i of each network; the addresses above .100 are for VIPs. */
    private static final int FIRST_HOST = 10;

    private static final int CLIENT_HOST = 250;

    /** What proves that a lost node is harmless. */
    enum Fencing {
        /** The lab's power switch, asked through a fence agent. */
        POWER,
        /** The node's watchdog alone: its time is waited for. */
        WATCHDOG
    }

    /** A network of the lab. */
    enum Network {
        PUBLIC(0, "pub", "pub0"),
        PRIVATE1(1, "p1", "priv1"),
        PRIVATE2(2, "p2", "priv2");

        /** Third byte of its addresses. */
        final int number;

        /** The end of the names of this network's ports on the bridge. */
        final String port;

        /** What a node calls its interface. */
        final String interfaceName;

        Network(int number, String port, String interfaceName) {
            this.number = number;
            this.port = port;
            this.interfaceName = interfaceName;
        }
    }

    /** The request was wrong in one or more ways; nothing was done. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final ArrayList<String> problems;

        Refused(List<String> problems) {
            super(String.join("\n", problems));
            this.problems = new ArrayList<>(problems);
        }

        List<String> problems() {
            return List.copyOf(problems);
        }
    }

    LabSettings {
        nodeNames = List.copyOf(nodeNames);
    }

    /** Reads the arguments of {@code lab up}; all problems are reported at once. */
    static LabSettings read(String name, int index, List<String> arguments) throws Refused {
        List<String> problems = new ArrayList<>();
        Map<String, String> given = options(arguments, problems);
        List<String> names = nodeNames(given, problems);
        int disks = number(given, "--voting-disks", 3, problems);
        if (disks != 1 && disks != 3 && disks != 5) {
            problems.add("--voting-disks must be 1, 3 or 5 (more than half must survive), got " + disks);
        }
        String profile = given.getOrDefault("--profile", "default");
        if (!List.of("default", "fast", "conservative").contains(profile)) {
            problems.add("--profile must be default, fast or conservative, got '" + profile + "'");
        }
        String fencing = given.getOrDefault("--fencing", "power");
        if (!List.of("power", "watchdog").contains(fencing)) {
            problems.add("--fencing must be power or watchdog, got '" + fencing + "'");
        }
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,30}")) {
            problems.add("--name: a lab's name has letters, digits, '-' and '_' (31 at most), got '" + name + "'");
        }
        if (!problems.isEmpty()) {
            throw new Refused(problems);
        }
        return new LabSettings(
                name, index, names, disks, profile, fencing.equals("power") ? Fencing.POWER : Fencing.WATCHDOG);
    }

    private static Map<String, String> options(List<String> arguments, List<String> problems) {
        List<String> known = List.of("--nodes", "--voting-disks", "--profile", "--fencing", "--node-names");
        Map<String, String> given = new TreeMap<>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            int equals = argument.indexOf('=');
            String option = equals > 0 ? argument.substring(0, equals) : argument;
            if (!known.contains(option)) {
                problems.add("lab up does not know '" + argument + "'; it knows " + String.join(", ", known));
            } else if (equals > 0) {
                given.put(option, argument.substring(equals + 1));
            } else if (i + 1 < arguments.size()) {
                given.put(option, arguments.get(++i));
            } else {
                problems.add(option + " needs a value");
            }
        }
        return given;
    }

    private static List<String> nodeNames(Map<String, String> given, List<String> problems) {
        String list = given.get("--node-names");
        if (list == null) {
            int count = number(given, "--nodes", 2, problems);
            if (count < 1 || count > NodeId.MAX) {
                problems.add("--nodes must be 1 to " + NodeId.MAX + ", got " + count);
                return List.of();
            }
            return IntStream.rangeClosed(1, count).mapToObj(i -> "node" + i).toList();
        }
        List<String> names = List.of(list.split(",", -1));
        Consumer<String> add = problem -> problems.add("--node-names: " + problem);
        for (String name : names) {
            if (!name.matches("[a-z0-9][a-z0-9-]{0,30}")
                    || List.of("client", "all").contains(name)) {
                add.accept("'" + name + "' can't be a node's name (small letters, digits, '-'; not client, not all)");
            }
        }
        if (names.stream().distinct().count() != names.size()) {
            add.accept("a name is used twice in '" + list + "'");
        }
        if (names.size() > NodeId.MAX) {
            add.accept("at most " + NodeId.MAX + " nodes");
        }
        if (given.containsKey("--nodes") && number(given, "--nodes", 2, problems) != names.size()) {
            add.accept(names.size() + " names, but --nodes says " + given.get("--nodes"));
        }
        return names;
    }

    private static int number(Map<String, String> given, String option, int ifAbsent, List<String> problems) {
        String text = given.get(option);
        if (text == null) {
            return ifAbsent;
        }
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            problems.add(option + " must be a number, got '" + text + "'");
            return ifAbsent;
        }
    }

    String subnet(Network network) {
        return "10." + index + "." + network.number + ".0/24";
    }

    /** The address of a node, 1 being the first, on a network. */
    String address(int node, Network network) {
        return "10." + index + "." + network.number + "." + (FIRST_HOST + node);
    }

    /** The public network has IPv6 as well; the last number of an address is written as in IPv4, so node 1 is {@code ::11}. */
    String ipv6Subnet() {
        return ipv6("") + "/64";
    }

    String ipv6Address(int node) {
        return ipv6(Integer.toString(FIRST_HOST + node));
    }

    String ipv6ClientAddress() {
        return ipv6(Integer.toString(CLIENT_HOST));
    }

    /** Of the addresses that anybody may use for what stays inside: fd00::/8. */
    private String ipv6(String host) {
        return "fd48:4600:0:" + index + "::" + host;
    }

    String clientAddress() {
        return "10." + index + "." + Network.PUBLIC.number + "." + CLIENT_HOST;
    }

    /** Hardware addresses stay the same when a node's power comes back, as they do on a machine. */
    String hardwareAddress(int node, Network network) {
        return "02:48:46:%02x:%02x:%02x".formatted(index, network.number, node);
    }

    String clientHardwareAddress() {
        return hardwareAddress(CLIENT_HOST, Network.PUBLIC);
    }

    List<String> disks() {
        return IntStream.rangeClosed(1, votingDisks).mapToObj(i -> "disk" + i).toList();
    }
}
