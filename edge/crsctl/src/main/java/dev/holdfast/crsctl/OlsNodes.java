package dev.holdfast.crsctl;

import dev.holdfast.control.Codec;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Unreachable;
import java.util.ArrayList;
import java.util.List;

/** The command {@code olsnodes}: names the nodes of the cluster. */
public final class OlsNodes {
    static final Command COMMAND = new Command(
            "olsnodes",
            "[-n] [-p] [-i] [-s] [-t] [-a] [-v] [-l | -g | NODE] [-c] [-o json]",
            "name the nodes of the cluster, one a line, with more about each, between tabs",
            List.of(
                    Command.flag("-n", "with the number of the node"),
                    Command.flag("-p", "with its addresses on the private networks"),
                    Command.flag("-i", "with the virtual address of the node; ours have none"),
                    Command.flag("-s", "with Active or Inactive: is it in the cluster now?"),
                    Command.flag("-t", "with Pinned: node numbers are fixed by the configuration"),
                    Command.flag("-a", "with the role of the node: here all are Hub"),
                    Command.flag("-v", "with what is done, to the error output"),
                    Command.flag("-l", "only this node"),
                    Command.flag("-g", "all nodes of the cluster, as without it: ours has no others"),
                    Command.flag("-c", "the name of the cluster, and nothing else"),
                    Command.valued("-o", "json", "as JSON, for programs")),
            "olsnodes -n -s");

    private OlsNodes() {}

    public static void main(String[] args) {
        Surroundings.leave(run(Surroundings.ofThisProcess(), args));
    }

    /** Returns the exit status. */
    static int run(Surroundings surroundings, String... args) {
        try (var cluster = new Cluster(surroundings, "olsnodes")) {
            for (String word : args) {
                if (word.equals("-h") || word.equals("-help") || word.equals("--help") || word.equals("-?")) {
                    surroundings.out().print(Commands.help("", COMMAND));
                    return Cluster.DONE;
                }
            }
            try {
                return list(surroundings, cluster, Arguments.parse(COMMAND, List.of(args)));
            } catch (UsageProblem problem) {
                cluster.tell(problem, "Usage:    olsnodes " + COMMAND.usage(), "Example:  " + COMMAND.example());
                return Cluster.NOT_UNDERSTOOD;
            } catch (Unreachable unreachable) {
                cluster.tell(unreachable);
                return Cluster.UNREACHABLE;
            }
        }
    }

    private static int list(Surroundings surroundings, Cluster cluster, Arguments arguments)
            throws UsageProblem, Unreachable {
        boolean json = arguments.json();
        var wanted = new ArrayList<>(arguments.names("node"));
        if (wanted.size() > 1) {
            throw new UsageProblem(
                    "'" + wanted.get(1) + "' is one word too many: olsnodes takes one node, or none for all");
        }
        if (arguments.has("-l") && !wanted.isEmpty()) {
            throw new UsageProblem("-l and a node exclude each other: give one of them");
        }
        arguments.atMostOneOf("-l", "-g");
        if (arguments.has("-v")) {
            surroundings.err().println("olsnodes: asking crsd at " + surroundings.crsSocket());
        }
        Reply.Answer answer = cluster.ask(new Request.ListNodes());
        if (json) {
            surroundings.out().println(Codec.pretty(answer));
            return answer instanceof Reply.Refused ? Cluster.REFUSED : Cluster.DONE;
        }
        return switch (answer) {
            case Reply.Nodes nodes
            when arguments.has("-c") -> {
                surroundings.out().println(nodes.cluster());
                yield Cluster.DONE;
            }
            case Reply.Nodes nodes -> {
                if (arguments.has("-l")) {
                    wanted.add(cluster.localNode());
                }
                yield print(surroundings, cluster, nodes.nodes(), wanted, arguments);
            }
            case Reply.Refused refused -> {
                cluster.tell(refused);
                yield Cluster.REFUSED;
            }
            default -> throw new IllegalStateException("the cluster answered " + answer);
        };
    }

    private static int print(
            Surroundings surroundings,
            Cluster cluster,
            List<Reply.Node> nodes,
            List<String> wanted,
            Arguments arguments) {
        List<Reply.Node> shown = nodes.stream()
                .filter(node -> wanted.isEmpty() || wanted.contains(node.name()))
                .toList();
        if (shown.isEmpty() && !wanted.isEmpty()) {
            cluster.tell(Reply.Refused.because(
                    "HF-4007", "There is no node '" + wanted.getFirst() + "' in the cluster.", "All nodes:  olsnodes"));
            return Cluster.REFUSED;
        }
        shown.forEach(node -> surroundings.out().println(line(node, arguments)));
        return Cluster.DONE;
    }

    private static String line(Reply.Node node, Arguments arguments) {
        var line = new StringBuilder(node.name());
        if (arguments.has("-n")) {
            line.append('\t').append(node.number());
        }
        if (arguments.has("-p")) {
            line.append('\t').append(String.join(",", node.addresses()));
        }
        if (arguments.has("-i")) {
            line.append("\t<none>");
        }
        if (arguments.has("-s")) {
            line.append(node.active() ? "\tActive" : "\tInactive");
        }
        if (arguments.has("-t")) {
            line.append("\tPinned");
        }
        if (arguments.has("-a")) {
            line.append("\tHub");
        }
        return line.toString();
    }
}
