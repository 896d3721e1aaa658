package dev.holdfast.crsctl;

import static dev.holdfast.crsctl.Command.flag;

import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Selection;
import dev.holdfast.control.Unreachable;
import dev.holdfast.crsctl.Command.Option;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The stack itself: its daemons, versions, and what nodes are called. */
final class StackCommands implements CommandArea {
    private static final Option FORCE_STOP = flag("-f", "also with what does not stop: it is killed");
    /** A node that has stopped everything waits for nothing more. */
    private static final Duration END = Duration.ofSeconds(30);

    private static final Duration LOOK = Duration.ofMillis(20);

    private static final List<Command> COMMANDS = List.of(
            reading("check has", "is what keeps the daemons running online?", "crsctl check has"),
            reading("check css", "is membership online on this node?", "crsctl check css"),
            reading("check evm", "is the event log online on this node?", "crsctl check evm"),
            reading("check ctss", "who keeps the clocks of the nodes together?", "crsctl check ctss"),
            command("start crs", "start the stack on this node and wait until it is online", "crsctl start crs"),
            command("start has", "the same as start crs", "crsctl start has"),
            new Command(
                    "start cluster",
                    "[-all | -n NODE...]",
                    "start the stack on this node, and tell which other nodes do not run",
                    List.of(flag("-all", "see to all nodes"), new Option("-n", "NODE...", true, "see to these nodes")),
                    "crsctl start cluster"),
            new Command("stop has", "[-f]", "the same as stop crs", List.of(FORCE_STOP), "crsctl stop has"),
            new Command(
                    "stop cluster",
                    "[-all | -n NODE...] [-f]",
                    "stop the stack on this node, on all nodes, or on some",
                    List.of(
                            flag("-all", "on all nodes"),
                            new Option("-n", "NODE...", true, "on these nodes"),
                            FORCE_STOP),
                    "crsctl stop cluster -all"),
            command("enable crs", "start the stack when this machine boots", "crsctl enable crs"),
            command("enable has", "the same as enable crs", "crsctl enable has"),
            command("disable crs", "do not start the stack when this machine boots", "crsctl disable crs"),
            command("disable has", "the same as disable crs", "crsctl disable has"),
            reading("config crs", "is the stack started when this machine boots?", "crsctl config crs"),
            reading("config has", "the same as config crs", "crsctl config has"),
            new Command(
                    "pin css",
                    "-n NODE...",
                    "fix the numbers of nodes; here they always are",
                    List.of(new Option("-n", "NODE...", true, "these nodes")),
                    "crsctl pin css -n node1"),
            new Command(
                    "unpin css",
                    "-n NODE...",
                    "let the numbers of nodes change; refused: here they never do",
                    List.of(new Option("-n", "NODE...", true, "these nodes")),
                    "crsctl unpin css -n node1"),
            new Command(
                    "query crs activeversion",
                    "[-f] [-o json]",
                    "the version that the whole cluster works with",
                    List.of(flag("-f", "with the state of an upgrade"), Commands.JSON),
                    "crsctl query crs activeversion -f"),
            new Command(
                    "query crs softwareversion",
                    "[NODE] [-o json]",
                    "the version that this node, or another, runs",
                    List.of(Commands.JSON),
                    "crsctl query crs softwareversion node2"),
            reading(
                    "query crs releaseversion",
                    "the version that is installed here",
                    "crsctl query crs releaseversion"),
            reading("query crs releasepatch", "the patches that are installed here", "crsctl query crs releasepatch"),
            new Command(
                    "query crs softwarepatch",
                    "[NODE] [-o json]",
                    "the patch level of this node, or another",
                    List.of(Commands.JSON),
                    "crsctl query crs softwarepatch"),
            reading(
                    "query crs administrator",
                    "who may register resources: everybody, for himself",
                    "crsctl query crs administrator"),
            reading("query crs autostart", "is the stack started at boot?", "crsctl query crs autostart"),
            reading("get hostname", "the name of this machine", "crsctl get hostname"),
            reading("get nodename", "the name of this node in the cluster", "crsctl get nodename"),
            reading("get cluster name", "the name of the cluster", "crsctl get cluster name"),
            reading("get cluster type", "the type of the cluster", "crsctl get cluster type"),
            reading("get cluster class", "the class of the cluster", "crsctl get cluster class"),
            new Command(
                    "get cluster mode",
                    "[config | status] [-o json]",
                    "how the nodes of the cluster differ",
                    List.of(Commands.JSON),
                    "crsctl get cluster mode status"),
            new Command(
                    "get node role",
                    "[config | status] [-o json]",
                    "the role of this node",
                    List.of(Commands.JSON),
                    "crsctl get node role status"),
            reading("get css clusterguid", "the identity of the cluster", "crsctl get css clusterguid"),
            new Command(
                    "query node facts",
                    "[-all | -n NODE...] [-o json]",
                    "what nodes say about themselves: release, machine, networks",
                    List.of(flag("-all", "all nodes"), new Option("-n", "NODE...", true, "these nodes"), Commands.JSON),
                    "crsctl query node facts -all"),
            new Command(
                    "restart resource",
                    "{NAME... | -w FILTER} [-n NODE] [-k ID [-d ID]] [-f] [-i]",
                    "stop resources, and start them again",
                    List.of(
                            Commands.FILTER,
                            Command.valued("-n", "NODE", "start them there"),
                            Commands.INSTANCE,
                            Commands.DEGREE,
                            Commands.FORCE,
                            Commands.IF_BUSY),
                    "crsctl restart resource web"));

    private static Command command(String words, String summary, String example) {
        return new Command(words, "", summary, List.of(), example);
    }

    private static Command reading(String words, String summary, String example) {
        return new Command(words, "[-o json]", summary, List.of(Commands.JSON), example);
    }

    @Override
    public List<Command> commands() {
        return COMMANDS;
    }

    @Override
    public int run(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        return switch (command.words()) {
            case "check has", "check css", "check evm" -> check(crsctl, command, arguments);
            case "check ctss" ->
                plain(
                        crsctl,
                        command,
                        arguments,
                        "CRS-4700: The Cluster Time Synchronization Service is in Observer mode.");
            case "start crs", "start has" -> {
                arguments.none();
                yield new Boot(crsctl, command).start();
            }
            case "start cluster" -> {
                arguments.none();
                arguments.atMostOneOf("-all", "-n");
                Boot boot = new Boot(crsctl, command);
                List<String> named = nodes(arguments);
                yield arguments.has("-all") || !named.isEmpty() ? boot.start(named) : boot.start();
            }
            case "stop has" -> {
                arguments.none();
                yield stopped(crsctl, command, crsctl.asRoot(command, new Request.StopCrs(arguments.has("-f"))));
            }
            case "stop cluster" -> {
                arguments.none();
                arguments.atMostOneOf("-all", "-n");
                List<String> named = nodes(arguments);
                boolean all = arguments.has("-all");
                boolean here = all
                        || named.isEmpty()
                        || named.contains(crsctl.cluster().localNode());
                int status = crsctl.asRoot(command, new Request.StopNodes(all, named, arguments.has("-f")));
                yield here ? stopped(crsctl, command, status) : status;
            }
            case "enable crs", "enable has", "disable crs", "disable has" -> {
                arguments.none();
                yield new Boot(crsctl, command).set(command.words().startsWith("enable"));
            }
            case "config crs", "config has", "query crs autostart" -> {
                arguments.none();
                yield new Boot(crsctl, command).show(arguments.json());
            }
            case "pin css" -> pin(crsctl, command, arguments, true);
            case "unpin css" -> pin(crsctl, command, arguments, false);
            case "query crs administrator" -> plain(crsctl, command, arguments, "CRS Administrator List: *");
            case "restart resource" -> restart(crsctl, command, arguments);
            case "query node facts" -> {
                arguments.none();
                arguments.atMostOneOf("-all", "-n");
                yield crsctl.show(
                        command,
                        new Request.QueryFacts(arguments.has("-all"), nodes(arguments)),
                        arguments.json(),
                        answer -> answer instanceof Reply.Facts facts ? text(facts) : Crsctl.unexpected(answer));
            }
            case "query crs activeversion" -> activeVersion(crsctl, command, arguments);
            case "query crs softwareversion", "query crs softwarepatch" -> {
                Optional<String> node = arguments.maybe("node");
                yield facts(crsctl, command, arguments, node, false, facts -> versionText(command, facts));
            }
            case "get cluster mode", "get node role" -> {
                String which = arguments.maybe("config or status").orElse("status");
                if (!which.equals("config") && !which.equals("status")) {
                    throw new UsageProblem("it is config or status, got '" + which + "'");
                }
                boolean configured = which.equals("config");
                yield facts(crsctl, command, arguments, Optional.empty(), false, facts -> {
                    if (command.words().equals("get cluster mode")) {
                        return configured
                                ? "Cluster is configured as type \"flex\"\n"
                                : "Cluster is running in \"flex\" mode\n";
                    }
                    return "Node '" + facts.nodes().getFirst().node() + "' " + (configured ? "configured" : "active")
                            + " role is 'hub'\n";
                });
            }
            default -> {
                arguments.none();
                yield facts(
                        crsctl,
                        command,
                        arguments,
                        Optional.empty(),
                        false,
                        facts -> ownText(command, facts.nodes().getFirst()));
            }
        };
    }

    /** After crsd has said that all is stopped here: waits until cssd is gone as well, and so the node has left the cluster. */
    static int stopped(Crsctl crsctl, Command command, int status) {
        if (status != Cluster.DONE) {
            return status;
        }
        long deadline = System.nanoTime() + END.toNanos();
        while (crsctl.cluster().runsHere()) {
            if (System.nanoTime() - deadline > 0) {
                return crsctl.print(
                        command,
                        Reply.Refused.because(
                                "HF-4038",
                                "Everything is stopped here, but cssd still runs after " + END.toSeconds() + " s.",
                                "See why:  tail "
                                        + crsctl.surroundings().logDirectory().resolve("cssd.log")),
                        false,
                        _ -> "");
            }
            try {
                Thread.sleep(LOOK);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Cluster.REFUSED;
            }
        }
        return crsctl.print("CRS-4133: High Availability Services has been stopped.\n");
    }

    private static int plain(Crsctl crsctl, Command command, Arguments arguments, String line) throws UsageProblem {
        arguments.none();
        return crsctl.print(command, new Reply.Done(List.of(line)), arguments.json(), _ -> "");
    }

    private static List<String> nodes(Arguments arguments) throws UsageProblem {
        for (String node : arguments.values("-n")) {
            Arguments.checkName("node", node);
        }
        return arguments.values("-n");
    }

    private static int check(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        arguments.none();
        Reply.Answer answer = crsctl.cluster().ask(new Request.CheckStack(false, List.of()));
        int status = crsctl.print(command, answer, arguments.json(), told -> {
            if (!(told instanceof Reply.Health(List<Reply.NodeHealth> nodes)) || nodes.isEmpty()) {
                return Crsctl.unexpected(told);
            }
            Reply.NodeHealth node = nodes.getFirst();
            return switch (command.words()) {
                case "check has" -> "CRS-4638: High Availability Services is online\n";
                case "check css" ->
                    node.css()
                            ? "CRS-4529: Cluster Synchronization Services is online\n"
                            : "CRS-4530: Communications failure contacting Cluster Synchronization Services daemon\n";
                default ->
                    node.events()
                            ? "CRS-4533: Event Manager is online\n"
                            : "CRS-4534: Cannot communicate with Event Manager\n";
            };
        });
        boolean sick = answer instanceof Reply.Health(List<Reply.NodeHealth> nodes)
                && nodes.stream().anyMatch(node -> switch (command.words()) {
                    case "check css" -> !node.css();
                    case "check evm" -> !node.events();
                    default -> false;
                });
        return sick ? Cluster.REFUSED : status;
    }

    static Reply.Problem unknown(String node, List<String> known) {
        return new Reply.Problem(
                "CRS-2579",
                "Server '" + node + "' does not exist." + Nearest.hint(node, known),
                List.of("All nodes:  olsnodes"));
    }

    /** Node numbers stand in cluster.conf: all nodes are pinned, always. */
    private static int pin(Crsctl crsctl, Command command, Arguments arguments, boolean pin)
            throws UsageProblem, Unreachable {
        arguments.none();
        List<String> wanted = nodes(arguments);
        if (wanted.isEmpty()) {
            throw new UsageProblem("-n is missing: which nodes?");
        }
        Reply.Answer answer = crsctl.cluster().ask(new Request.ListNodes());
        if (!(answer instanceof Reply.Nodes nodes)) {
            return crsctl.print(command, answer, false, _ -> "");
        }
        List<String> known = nodes.nodes().stream().map(Reply.Node::name).toList();
        var problems = new ArrayList<Reply.Problem>();
        for (String node : wanted) {
            if (!known.contains(node)) {
                problems.add(unknown(node, known));
            } else if (!pin) {
                problems.add(new Reply.Problem(
                        "HF-4031",
                        "Node " + node + " stays pinned: its number stands in cluster.conf. Nothing was changed.",
                        List.of("See the numbers:  olsnodes -n -t")));
            }
        }
        return crsctl.print(
                command,
                problems.isEmpty()
                        ? new Reply.Done(wanted.stream()
                                .map(node -> "CRS-4664: Node " + node + " successfully pinned.")
                                .toList())
                        : new Reply.Refused(problems),
                false,
                _ -> "");
    }

    private interface Shown {
        String text(Reply.Facts facts);
    }

    private static int facts(
            Crsctl crsctl, Command command, Arguments arguments, Optional<String> node, boolean all, Shown shown)
            throws UsageProblem, Unreachable {
        return crsctl.show(
                command,
                new Request.QueryFacts(all, node.stream().toList()),
                arguments.json(),
                answer -> answer instanceof Reply.Facts facts ? shown.text(facts) : Crsctl.unexpected(answer));
    }

    private static int activeVersion(Crsctl crsctl, Command command, Arguments arguments)
            throws UsageProblem, Unreachable {
        arguments.none();
        return facts(crsctl, command, arguments, Optional.empty(), true, facts -> {
            List<String> releases = facts.nodes().stream()
                    .filter(node -> !node.facts().isEmpty())
                    .map(node -> node.facts().getOrDefault("RELEASE", "0"))
                    .distinct()
                    .sorted(Comparator.comparing(StackCommands::comparable))
                    .toList();
            // The cluster does what the oldest of its nodes understands.
            String text = "Holdfast active version on the cluster is [" + releases.getFirst() + "].";
            String upgrade = releases.size() == 1 ? "NORMAL" : "ROLLING UPGRADE";
            return text
                    + (arguments.has("-f")
                            ? " The cluster upgrade state is [" + upgrade + "]. The cluster active patch level is [0]."
                            : "")
                    + "\n";
        });
    }

    /** Numbers of the same length, so that texts sort as versions do. */
    private static String comparable(String release) {
        var key = new StringBuilder();
        for (String part : release.split("[.-]")) {
            key.append(" ".repeat(Math.max(0, 8 - part.length()))).append(part).append('.');
        }
        return key.toString();
    }

    private static String versionText(Command command, Reply.Facts facts) {
        var text = new StringBuilder();
        for (Reply.NodeFacts node : facts.nodes()) {
            String of = command.words().endsWith("patch") ? "Holdfast patch level" : "Holdfast version";
            String value = node.facts().isEmpty()
                    ? "unknown: it does not answer"
                    : command.words().endsWith("patch") ? "0" : node.facts().getOrDefault("RELEASE", "?");
            text.append(of)
                    .append(" on node [")
                    .append(node.node())
                    .append("] is [")
                    .append(value)
                    .append("]\n");
        }
        return text.toString();
    }

    private static String ownText(Command command, Reply.NodeFacts node) {
        Map<String, String> facts = node.facts();
        String release = facts.getOrDefault("RELEASE", "?");
        return switch (command.words()) {
            case "query crs releaseversion" ->
                "High Availability Services release version on the local node is [" + release + "]\n";
            case "query crs releasepatch" ->
                "Holdfast release patch level is [0] and no patches have been applied on the local node. The release"
                        + " patch string is [" + release + "].\n";
            case "get hostname" -> facts.getOrDefault("HOSTNAME", "?") + "\n";
            case "get nodename" -> node.node() + "\n";
            case "get cluster name" ->
                "CRS-6724: Current cluster name is '" + facts.getOrDefault("CLUSTER", "?") + "'\n";
            case "get cluster type" -> "CRS-6539: The cluster type is 'flex'.\n";
            case "get cluster class" -> "CRS-41008: Cluster class is 'Standalone Cluster'\n";
            case "get css clusterguid" -> AnswerText.parameter("clusterguid", facts.getOrDefault("CLUSTER_ID", "?"));
            default -> throw new IllegalStateException("a command without a body: " + command.words());
        };
    }

    private static String text(Reply.Facts facts) {
        var text = new StringBuilder();
        for (Reply.NodeFacts node : facts.nodes()) {
            text.append("NAME=").append(node.node()).append('\n');
            if (node.facts().isEmpty()) {
                text.append("(it does not answer)\n");
            }
            node.facts()
                    .forEach((name, value) ->
                            text.append(name).append('=').append(value).append('\n'));
            text.append('\n');
        }
        return text.toString();
    }

    /** Two commands in a row: if the start fails, it is told like any other, and the target is ONLINE. */
    private static int restart(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        Selection selection = arguments.selection();
        Selection started = selection;
        Optional<String> node = arguments.node("-n");
        boolean one = selection instanceof Selection.Named(var names) && names.size() == 1;
        if (!one
                && crsctl.cluster().ask(new Request.StatusResource(selection, false)) instanceof Reply.Resources found
                && !found.resources().isEmpty()) {
            // Named from now on: once stopped, they might not match any more. What does not run is told by the stop,
            // and not started.
            selection = new Selection.Named(
                    found.resources().stream().map(Reply.Resource::name).toList());
            started = new Selection.Named(found.resources().stream()
                    .filter(resource -> resource.instances().stream()
                            .anyMatch(instance -> !instance.state().equals("OFFLINE")
                                    || instance.target().equals("ONLINE")))
                    .map(Reply.Resource::name)
                    .toList());
        }
        boolean force = arguments.has("-f");
        boolean busy = arguments.has("-i");
        Optional<Integer> number = arguments.instance();
        int status = crsctl.show(
                command,
                new Request.StopResource(selection, Optional.empty(), List.of(), number, Map.of(), force, busy, false),
                false,
                _ -> "");
        return status == Cluster.DONE
                ? crsctl.show(
                        command,
                        new Request.StartResource(started, node, List.of(), number, Map.of(), force, busy, false),
                        false,
                        _ -> "")
                : status;
    }
}
