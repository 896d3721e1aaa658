package dev.holdfast.crsctl;

import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Unreachable;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The command {@code appvipcfg}: creates and deletes virtual addresses for applications. */
public final class AppVipCfg {
    private static final Command CREATE = new Command(
            "create",
            "-network=NUMBER -ip=ADDRESS -vipname=NAME -user=USER [-group=GROUP] [-failback=0|1]",
            "create a virtual address; it stays down until crsctl start resource NAME",
            List.of(
                    Command.valued("-network", "NUMBER", "of the public network; 1 if not given"),
                    Command.valued("-ip", "ADDRESS", "IPv4 address, or a host name that has exactly one"),
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
    private static final List<Command> COMMANDS = List.of(CREATE, DELETE);

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
                        "          appvipcfg delete " + DELETE.usage(),
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
            return new UsageProblem("it is not said what to do: create or delete");
        }
        if (line.getFirst().equals("modify")) {
            return new UsageProblem(
                    "the address of a VIP is changed with crsctl",
                    "crsctl stop resource NAME -f",
                    "crsctl modify resource NAME -attr \"USR_ORA_VIP=ADDRESS\"");
        }
        return new UsageProblem("appvipcfg has no command '" + line.getFirst() + "'."
                + Nearest.hint(line.getFirst(), List.of("create", "delete")));
    }

    private static int run(Surroundings surroundings, Cluster cluster, Command command, List<String> words)
            throws UsageProblem, Unreachable {
        Arguments arguments = Arguments.parse(command, splitAtEquals(words));
        arguments.none();
        String name = required(arguments, "-vipname", "the name of the VIP");
        Arguments.checkName("VIP", name);
        Request request =
                command.equals(DELETE) ? new Request.DeleteAppVip(name, arguments.has("-f")) : create(arguments, name);
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

    private static Request create(Arguments arguments, String name) throws UsageProblem {
        String address = address(required(arguments, "-ip", "the address"));
        String user = required(arguments, "-user", "the user who may start and stop it");
        Arguments.checkName("user", user);
        Optional<String> group = arguments.value("-group");
        if (group.isPresent()) {
            Arguments.checkName("group", group.get());
        }
        String failback = arguments.value("-failback").orElse("0");
        if (!failback.equals("0") && !failback.equals("1")) {
            throw new UsageProblem("-failback is 0 or 1, not '" + failback + "'");
        }
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
        if (text.indexOf(':') >= 0) {
            throw new UsageProblem(
                    "-ip is an IPv4 address, and '" + text + "' looks like IPv6, which is not offered yet");
        }
        if (text.indexOf('/') >= 0) {
            throw new UsageProblem(
                    "-ip is an address without a prefix length; the network knows it",
                    "Write:  -ip=" + text.substring(0, text.indexOf('/')));
        }
        String address = text.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9')) ? dotted(text) : resolved(text);
        int first = Integer.parseInt(address.substring(0, address.indexOf('.')));
        if (first == 0 || first == 127 || first >= 224) {
            throw new UsageProblem("-ip cannot be " + address + ": it is "
                    + (first == 127
                            ? "a loopback address"
                            : first == 0 ? "no host's address" : "a multicast or reserved address"));
        }
        return address;
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
        var found = new ArrayList<String>();
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                if (address instanceof Inet4Address) {
                    found.add(address.getHostAddress());
                }
            }
        } catch (UnknownHostException _) {
            throw new UsageProblem(
                    "-ip is neither an IPv4 address nor a host name that can be resolved: '" + host + "'");
        }
        if (found.size() != 1) {
            throw new UsageProblem(
                    "the host name '" + host + "' has " + found.size() + " IPv4 addresses, and a VIP is exactly one"
                            + (found.isEmpty() ? "" : ": " + String.join(", ", found)));
        }
        return found.getFirst();
    }
}
