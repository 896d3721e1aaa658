package dev.holdfast.crsctl;

import dev.holdfast.control.Codec;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Selection;
import dev.holdfast.control.Unreachable;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The command {@code appvipcfg}: creates and deletes virtual addresses for applications. */
public final class AppVipCfg {
    private static final Command CREATE = new Command(
            "create",
            "-network=NUMBER -ip=ADDRESS -vipname=NAME -user=USER [-group=GROUP] [-failback=0|1]",
            "create a virtual address; it stays down until crsctl start resource NAME",
            List.of(
                    Command.valued("-network", "NUMBER", "of the public network; 1 if not given"),
                    Command.valued("-ip", "ADDRESS", "IPv4 or IPv6 address, or a host name that has exactly one"),
                    Command.valued("-vipname", "NAME", "of the resource"),
                    Command.valued("-user", "USER", "who may see, start and stop it"),
                    Command.valued("-group", "GROUP", "which may see, start and stop it"),
                    Command.valued("-failback", "0|1", "1: return to its first node as soon as that is back")),
            "appvipcfg create -network=1 -ip=192.0.2.10 -vipname=webvip -user=root");
    private static final Command DELETE = new Command(
            "delete",
            "-vipname=NAME [-f]",
            "delete a virtual address",
            List.of(
                    Command.valued("-vipname", "NAME", "of the resource"),
                    Command.flag("-f", "also while it is up or needed")),
            "appvipcfg delete -vipname=webvip");
    private static final Command MODIFY = new Command(
            "modify",
            "-vipname=NAME [-ip=ADDRESS] [-failback=0|1]",
            "change the address of a virtual address that is down, or whether it returns to its first node",
            List.of(
                    Command.valued("-vipname", "NAME", "of the resource"),
                    Command.valued("-ip", "ADDRESS", "IPv4 or IPv6 address, or a host name that has exactly one"),
                    Command.valued("-failback", "0|1", "1: return to its first node as soon as that is back")),
            "appvipcfg modify -vipname=webvip -failback=1");
    private static final Command STATUS = new Command(
            "status",
            "[-vipname=NAME] [-o=json]",
            "show virtual addresses: address, network, where they are, where they belong",
            List.of(Command.valued("-vipname", "NAME", "only this one"), Commands.JSON),
            "appvipcfg status");
    static final List<Command> COMMANDS = List.of(CREATE, MODIFY, DELETE, STATUS);

    private AppVipCfg() {}

    public static void main(String[] args) {
        Surroundings.leave(run(Surroundings.ofThisProcess(), args));
    }

    /** Returns the exit status. */
    static int run(Surroundings surroundings, String... args) {
        try (var cluster = new Cluster(surroundings, "appvipcfg")) {
            List<String> line = List.of(args);
            if (line.stream()
                    .anyMatch(word ->
                            List.of("-h", "-help", "--help", "-?", "help").contains(word))) {
                List<Command> wanted = COMMANDS.stream()
                        .filter(command -> command.words().equals(line.getFirst()))
                        .toList();
                var texts = new ArrayList<String>();
                (wanted.isEmpty() ? COMMANDS : wanted)
                        .forEach(command -> texts.add(Commands.help("appvipcfg ", command)));
                surroundings.out().print(String.join("\n", texts));
                return Cluster.DONE;
            }
            Optional<Command> command = line.isEmpty()
                    ? Optional.empty()
                    : COMMANDS.stream()
                            .filter(candidate -> candidate.words().equals(line.getFirst()))
                            .findFirst();
            if (command.isEmpty()) {
                cluster.tell(
                        unknown(line),
                        "Usage:    appvipcfg create " + CREATE.usage(),
                        "          appvipcfg modify " + MODIFY.usage(),
                        "          appvipcfg delete " + DELETE.usage(),
                        "          appvipcfg status " + STATUS.usage(),
                        "Example:  " + CREATE.example());
                return Cluster.NOT_UNDERSTOOD;
            }
            try {
                return run(surroundings, cluster, command.get(), line.subList(1, line.size()));
            } catch (UsageProblem problem) {
                cluster.tell(
                        problem,
                        "Usage:    appvipcfg " + command.get().words() + " "
                                + command.get().usage(),
                        "Example:  " + command.get().example());
                return Cluster.NOT_UNDERSTOOD;
            } catch (Unreachable unreachable) {
                cluster.tell(unreachable);
                return Cluster.UNREACHABLE;
            }
        }
    }

    private static UsageProblem unknown(List<String> line) {
        if (line.isEmpty()) {
            return new UsageProblem("it is not said what to do: create, modify, delete or status");
        }
        return new UsageProblem("appvipcfg has no command '" + line.getFirst() + "'."
                + Nearest.hint(line.getFirst(), List.of("create", "modify", "delete", "status")));
    }

    private static int run(Surroundings surroundings, Cluster cluster, Command command, List<String> words)
            throws UsageProblem, Unreachable {
        Arguments arguments = Arguments.parse(command, splitAtEquals(words));
        arguments.none();
        if (command.equals(STATUS)) {
            return status(surroundings, cluster, arguments);
        }
        String name = required(arguments, "-vipname", "the name of the VIP");
        Arguments.checkName("VIP", name);
        Request request = command.equals(DELETE)
                ? new Request.DeleteAppVip(name, arguments.has("-f"))
                : command.equals(MODIFY) ? modify(arguments, name) : create(arguments, name);
        if (!surroundings.isRoot()) {
            cluster.tell(Reply.Refused.because(
                    "CRS-4563",
                    "Insufficient user privileges: appvipcfg is for root, and you are " + surroundings.user() + ".",
                    "Nothing was changed. Try again as root."));
            return Cluster.REFUSED;
        }
        return switch (cluster.ask(request)) {
            case Reply.Done(List<String> lines) -> {
                lines.forEach(surroundings.out()::println);
                yield Cluster.DONE;
            }
            case Reply.Refused refused -> {
                cluster.tell(refused);
                yield Cluster.REFUSED;
            }
            case Reply.Answer other -> throw new IllegalStateException("the cluster answered " + other);
        };
    }

    /** {@code -ip=192.0.2.10} is the same as {@code -ip 192.0.2.10}. */
    private static List<String> splitAtEquals(List<String> words) {
        var split = new ArrayList<String>();
        for (String word : words) {
            int equals = word.indexOf('=');
            if (word.startsWith("-") && equals > 0) {
                split.add(word.substring(0, equals));
                split.add(word.substring(equals + 1));
            } else {
                split.add(word);
            }
        }
        return split;
    }

    private static Request modify(Arguments arguments, String name) throws UsageProblem {
        Map<String, String> changed = new LinkedHashMap<>();
        if (arguments.has("-ip")) {
            changed.put("USR_ORA_VIP", address(arguments.value("-ip").orElseThrow()));
        }
        if (arguments.has("-failback")) {
            changed.put("APPSVIP_FAILBACK", failback(arguments));
        }
        if (changed.isEmpty()) {
            throw new UsageProblem("nothing is said of what to change: give -ip or -failback");
        }
        return new Request.ModifyResource(name, changed, List.of(), false, false);
    }

    private static String failback(Arguments arguments) throws UsageProblem {
        String failback = arguments.value("-failback").orElse("0");
        if (!failback.equals("0") && !failback.equals("1")) {
            throw new UsageProblem("-failback is 0 or 1, not '" + failback + "'");
        }
        return failback;
    }

    private static int status(Surroundings surroundings, Cluster cluster, Arguments arguments)
            throws UsageProblem, Unreachable {
        boolean json = arguments.json();
        Optional<String> name = arguments.value("-vipname");
        if (name.isPresent()) {
            Arguments.checkName("VIP", name.get());
        }
        Reply.Answer answer = cluster.ask(
                new Request.StatusResource(name.isPresent() ? Selection.named(name.get()) : new Selection.All(), true));
        if (!(answer instanceof Reply.Resources(long epoch, List<Reply.Resource> all))) {
            if (answer instanceof Reply.Refused refused) {
                cluster.tell(refused);
                return Cluster.REFUSED;
            }
            throw new IllegalStateException("the cluster answered " + answer);
        }
        List<Reply.Resource> vips = all.stream()
                .filter(resource -> resource.attributes().containsKey("USR_ORA_VIP"))
                .toList();
        if (name.isPresent() && vips.isEmpty()) {
            cluster.tell(Reply.Refused.because(
                    "HF-2257", "'" + name.get() + "' is not a virtual address.", "All there are:  appvipcfg status"));
            return Cluster.REFUSED;
        }
        if (json) {
            surroundings.out().println(Codec.pretty(new Reply.Resources(epoch, vips)));
            return Cluster.DONE;
        }
        for (Reply.Resource vip : vips) {
            Map<String, String> attributes = vip.attributes();
            surroundings.out().println("VIP name:  " + vip.name());
            surroundings.out().println("Address:   " + attributes.get("USR_ORA_VIP"));
            surroundings.out().println("Type:      " + vip.type());
            surroundings.out().println("Home:      " + attributes.getOrDefault("HOSTING_MEMBERS", ""));
            surroundings.out().println("Failback:  " + attributes.getOrDefault("APPSVIP_FAILBACK", "0"));
            for (Reply.Instance instance : vip.instances()) {
                surroundings
                        .out()
                        .println("State:     " + instance.state()
                                + instance.server()
                                        .map(server -> " on " + server)
                                        .orElse(""));
            }
            surroundings.out().println();
        }
        return Cluster.DONE;
    }

    private static Request create(Arguments arguments, String name) throws UsageProblem {
        String address = address(required(arguments, "-ip", "the address"));
        String user = required(arguments, "-user", "the user who may start and stop it");
        Arguments.checkName("user", user);
        Optional<String> group = arguments.value("-group");
        if (group.isPresent()) {
            Arguments.checkName("group", group.get());
        }
        String failback = failback(arguments);
        return new Request.CreateAppVip(
                network(arguments.value("-network").orElse("1")), address, name, user, group, failback.equals("1"));
    }

    private static String required(Arguments arguments, String option, String what) throws UsageProblem {
        Optional<String> value = arguments.value(option);
        if (value.isEmpty()) {
            throw new UsageProblem(option + " is missing: " + what);
        }
        return value.get();
    }

    private static int network(String text) throws UsageProblem {
        try {
            int number = Integer.parseInt(text);
            if (number >= 1) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Said below.
        }
        throw new UsageProblem(
                "-network is the number of a public network, 1 or more, not '" + text + "'",
                "See the networks:  crsctl status resource -w \"NAME en .network\"");
    }

    private static String address(String text) throws UsageProblem {
        if (text.indexOf('/') >= 0) {
            throw new UsageProblem(
                    "-ip is an address without a prefix length; the network knows it",
                    "Write:  -ip=" + text.substring(0, text.indexOf('/')));
        }
        if (text.indexOf(':') >= 0) {
            return ipv6(text);
        }
        return text.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'))
                ? checked(InetAddress.ofLiteral(dotted(text)), text)
                : resolved(text);
    }

    private static String ipv6(String text) throws UsageProblem {
        if (text.indexOf('%') >= 0 || text.startsWith("[")) {
            throw new UsageProblem(
                    "-ip is an address alone, without brackets or the name of an interface: '" + text + "'",
                    "Write:  -ip=" + text.replaceAll("^\\[|%.*|\\].*", ""));
        }
        InetAddress address;
        try {
            address = InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException _) {
            throw new UsageProblem("-ip is not an IPv6 address: '" + text
                    + "' (eight groups of up to four hexadecimal digits, or fewer and one '::', as 2001:db8::10)");
        }
        if (address instanceof Inet4Address) {
            throw new UsageProblem(
                    "-ip cannot be " + text + ": it is an IPv4 address in IPv6 clothes",
                    "Write:  -ip=" + address.getHostAddress());
        }
        return checked(address, text);
    }

    /** The text of an address that a machine can have beside its own. */
    private static String checked(InetAddress address, String text) throws UsageProblem {
        int first = address.getAddress()[0] & 0xFF;
        boolean ipv4 = address instanceof Inet4Address;
        String reason = address.isLoopbackAddress()
                ? "a loopback address"
                : address.isAnyLocalAddress() || (ipv4 && first == 0)
                        ? "no host's address"
                        : ipv4 && first >= 224
                                ? "a multicast or reserved address"
                                : address.isMulticastAddress()
                                        ? "a multicast address"
                                        : !ipv4 && address.isLinkLocalAddress()
                                                ? "a link-local address, which is not routed and needs the name of an"
                                                        + " interface"
                                                : "";
        if (!reason.isEmpty()) {
            throw new UsageProblem("-ip cannot be " + text + ": it is " + reason);
        }
        return text;
    }

    private static String dotted(String text) throws UsageProblem {
        String[] parts = text.split("\\.", -1);
        boolean good = parts.length == 4;
        for (String part : parts) {
            // A leading zero means octal to some programs and decimal to others.
            good &= !part.isEmpty()
                    && part.length() <= 3
                    && Integer.parseInt(part) <= 255
                    && (part.length() == 1 || part.charAt(0) != '0');
        }
        if (!good) {
            throw new UsageProblem(
                    "-ip is not an IPv4 address: '" + text + "' (four numbers from 0 to 255, without leading zeros)");
        }
        return text;
    }

    private static String resolved(String host) throws UsageProblem {
        Arguments.checkName("host", host);
        List<InetAddress> found;
        try {
            List<InetAddress> all = List.of(InetAddress.getAllByName(host));
            List<InetAddress> ipv4 =
                    all.stream().filter(Inet4Address.class::isInstance).toList();
            found = ipv4.isEmpty() ? all : ipv4; // A name of both kinds means IPv4, as ever.
        } catch (UnknownHostException _) {
            throw new UsageProblem("-ip is neither an address nor a host name that can be resolved: '" + host + "'");
        }
        if (found.size() != 1) {
            throw new UsageProblem(
                    "the host name '" + host + "' has " + found.size() + " addresses, and a VIP is exactly one: "
                            + found.stream().map(InetAddress::getHostAddress).collect(Collectors.joining(", ")));
        }
        return checked(found.getFirst(), found.getFirst().getHostAddress());
    }
}
