package dev.holdfast.crsctl;

import dev.holdfast.control.Codec;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Unreachable;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** The command {@code oifcfg}: which network interfaces the cluster uses for what. */
public final class OifCfg {
    private static final Command GETIF = new Command(
            "getif",
            "[-if NAME] [-type public|cluster_interconnect] [-o json]",
            "show the interfaces that the cluster uses on this node",
            List.of(
                    Command.valued("-if", "NAME", "only this interface"),
                    Command.valued("-type", "TYPE", "only these: public or cluster_interconnect"),
                    Commands.JSON),
            "oifcfg getif");
    private static final Command IFLIST = new Command(
            "iflist",
            "[-p] [-n]",
            "show the interfaces of this machine, with their subnets",
            List.of(
                    Command.flag("-p", "with what kind of addresses it has: PUBLIC, PRIVATE or UNKNOWN"),
                    Command.flag("-n", "with the netmask; of IPv6 the length")),
            "oifcfg iflist -p -n");
    private static final Command SETIF = new Command(
            "setif",
            "-global INTERFACE/SUBNET:TYPE",
            "refused: networks stand in cluster.conf",
            List.of(Command.flag("-global", "for all nodes")),
            "oifcfg setif -global eth1/192.168.1.0:cluster_interconnect");
    private static final Command DELIF = new Command(
            "delif",
            "-global [INTERFACE[/SUBNET]]",
            "refused: networks stand in cluster.conf",
            List.of(Command.flag("-global", "for all nodes")),
            "oifcfg delif -global eth1");
    static final List<Command> COMMANDS = List.of(GETIF, IFLIST, SETIF, DELIF);

    private OifCfg() {}

    public static void main(String[] args) {
        Surroundings.leave(run(Surroundings.ofThisProcess(), args));
    }

    /** Returns the exit status. */
    static int run(Surroundings surroundings, String... args) {
        try (var cluster = new Cluster(surroundings, "oifcfg")) {
            List<String> line = List.of(args);
            Optional<Command> command = COMMANDS.stream()
                    .filter(candidate -> !line.isEmpty() && candidate.words().equals(line.getFirst()))
                    .findFirst();
            if (line.stream()
                    .anyMatch(word ->
                            List.of("-h", "-help", "--help", "-?", "help").contains(word))) {
                var texts = new ArrayList<String>();
                command.map(List::of).orElse(COMMANDS).forEach(each -> texts.add(Commands.help("oifcfg ", each)));
                surroundings.out().print(String.join("\n", texts));
                return Cluster.DONE;
            }
            if (command.isEmpty()) {
                List<String> words = COMMANDS.stream().map(Command::words).toList();
                cluster.tell(
                        line.isEmpty()
                                ? new UsageProblem("it is not said what to do: " + String.join(", ", words))
                                : new UsageProblem("oifcfg has no command '" + line.getFirst() + "'."
                                        + Nearest.hint(line.getFirst(), words)),
                        "Help:     oifcfg -h",
                        "Example:  " + GETIF.example());
                return Cluster.NOT_UNDERSTOOD;
            }
            try {
                return run(
                        surroundings,
                        cluster,
                        Arguments.parse(command.get(), line.subList(1, line.size())),
                        command.get());
            } catch (UsageProblem problem) {
                cluster.tell(
                        problem,
                        "Usage:    oifcfg " + command.get().words() + " "
                                + command.get().usage(),
                        "Example:  " + command.get().example());
                return Cluster.NOT_UNDERSTOOD;
            } catch (Unreachable unreachable) {
                cluster.tell(unreachable);
                return Cluster.UNREACHABLE;
            }
        }
    }

    private static int run(Surroundings surroundings, Cluster cluster, Arguments arguments, Command command)
            throws UsageProblem, Unreachable {
        if (command.equals(IFLIST)) {
            arguments.none();
            list(surroundings, arguments);
            return Cluster.DONE;
        }
        if (command.equals(GETIF)) {
            arguments.none();
            return get(surroundings, cluster, arguments);
        }
        cluster.tell(Reply.Refused.because(
                "HF-4037",
                "The networks of the cluster stand in cluster.conf and are fixed while it runs. Nothing was changed.",
                "Change network.N and node.N.private in cluster.conf on every node, then restart the stack, node by node.",
                "What is used now:  oifcfg getif"));
        return Cluster.REFUSED;
    }

    private record Used(String name, String subnet, String type) {}

    private static int get(Surroundings surroundings, Cluster cluster, Arguments arguments)
            throws UsageProblem, Unreachable {
        boolean json = arguments.json();
        String type = arguments.value("-type").orElse("");
        if (!List.of("", "public", "cluster_interconnect").contains(type)) {
            throw new UsageProblem("-type is public or cluster_interconnect, not '" + type + "'");
        }
        Reply.Answer answer = cluster.ask(new Request.QueryFacts(false, List.of()));
        if (json) {
            surroundings.out().println(Codec.pretty(answer));
            return answer instanceof Reply.Refused ? Cluster.REFUSED : Cluster.DONE;
        }
        if (answer instanceof Reply.Refused refused) {
            cluster.tell(refused);
            return Cluster.REFUSED;
        }
        List<Used> used = new ArrayList<>();
        if (answer instanceof Reply.Facts(List<Reply.NodeFacts> nodes) && !nodes.isEmpty()) {
            new TreeMap<>(nodes.getFirst().facts()).forEach((name, value) -> {
                String[] words = value.split(" ");
                if (name.startsWith("PRIVATE_") && words.length == 2) {
                    used.add(new Used(words[0], subnetOf(words[1]), "cluster_interconnect"));
                } else if (name.startsWith("NETWORK_") && words.length == 2) {
                    for (String subnet : words[1].split(",")) {
                        used.add(new Used(interfaceIn(subnet), subnet.replaceAll("/.*", ""), "public"));
                    }
                }
            });
        }
        used.stream()
                .filter(each -> type.isEmpty() || each.type.equals(type))
                .filter(each -> !arguments.has("-if")
                        || each.name.equals(arguments.value("-if").orElseThrow()))
                .forEach(each -> surroundings.out().println(each.name + "  " + each.subnet + "  global  " + each.type));
        return Cluster.DONE;
    }

    private record Address(String name, InetAddress address, int prefix) {
        String subnet() {
            byte[] bytes = address.getAddress();
            for (int bit = prefix; bit < bytes.length * 8; bit++) {
                bytes[bit / 8] &= (byte) ~(0x80 >> bit % 8);
            }
            return text(bytes);
        }

        String mask() {
            if (!(address instanceof Inet4Address)) {
                return Integer.toString(prefix);
            }
            byte[] bytes = new byte[4];
            for (int bit = 0; bit < prefix; bit++) {
                bytes[bit / 8] |= (byte) (0x80 >> bit % 8);
            }
            return text(bytes);
        }
    }

    /** The addresses of this machine, without those that only it or its links know; none if the machine does not say. */
    private static List<Address> addresses() {
        List<Address> all = new ArrayList<>();
        try {
            for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
                for (InterfaceAddress address : each.getInterfaceAddresses()) {
                    InetAddress known = address.getAddress();
                    boolean ofTheLink = known instanceof Inet6Address && known.isLinkLocalAddress();
                    if (!known.isLoopbackAddress() && !ofTheLink) {
                        all.add(new Address(each.getName(), known, address.getNetworkPrefixLength()));
                    }
                }
            }
        } catch (SocketException e) {
            return List.of();
        }
        return all;
    }

    private static void list(Surroundings surroundings, Arguments arguments) {
        addresses().stream()
                .map(address -> address.name + "  " + address.subnet()
                        + (arguments.has("-p") ? "  " + kind(address.address) : "")
                        + (arguments.has("-n") ? "  " + address.mask() : ""))
                .distinct()
                .sorted()
                .forEach(surroundings.out()::println);
    }

    private static String kind(InetAddress address) {
        boolean unique = address instanceof Inet6Address && (address.getAddress()[0] & 0xFE) == 0xFC; // fc00::/7
        return address.isLinkLocalAddress() ? "UNKNOWN" : address.isSiteLocalAddress() || unique ? "PRIVATE" : "PUBLIC";
    }

    private static String subnetOf(String address) {
        return addresses().stream()
                .filter(own -> own.address.getHostAddress().equals(address))
                .map(Address::subnet)
                .findFirst()
                .orElse(address);
    }

    /** {@code subnet}: 192.0.2.0/24. */
    private static String interfaceIn(String subnet) {
        return addresses().stream()
                .filter(own -> (own.subnet() + "/" + own.prefix).equals(subnet))
                .map(Address::name)
                .findFirst()
                .orElse("?");
    }

    /** In IPv6 with the longest run of zeros left out, the first of two. */
    private static String text(byte[] address) {
        String text;
        try {
            text = InetAddress.getByAddress(address).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of 4 or 16 bytes", e);
        }
        for (int zeros = 8; address.length == 16 && zeros > 1; zeros--) {
            String shorter = text.replaceFirst("(^|:)0(:0){" + (zeros - 1) + "}(:|$)", "::");
            if (!shorter.equals(text)) {
                return shorter;
            }
        }
        return text;
    }
}
