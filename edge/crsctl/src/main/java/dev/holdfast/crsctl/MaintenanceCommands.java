package dev.holdfast.crsctl;

import static dev.holdfast.crsctl.Command.flag;
import static dev.holdfast.crsctl.Command.valued;
import static dev.holdfast.crsctl.Commands.ALL;
import static dev.holdfast.crsctl.Commands.ENV;
import static dev.holdfast.crsctl.Commands.FILTER;
import static dev.holdfast.crsctl.Commands.JSON;
import static dev.holdfast.crsctl.Commands.PLAN;
import static dev.holdfast.crsctl.Commands.WHICH;

import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Selection;
import dev.holdfast.control.Unreachable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Taking nodes and resources out of the hands of the cluster, and what would happen if something happened. */
final class MaintenanceCommands implements CommandArea {
    private static final List<Command> COMMANDS = List.of(
            new Command(
                    "drain node",
                    "NODE [-f] [-cancel] [--plan] [-o json]",
                    "move everything away from a node, in order, and give it nothing more, also after a restart",
                    List.of(
                            flag("-f", "stop what can run nowhere else"),
                            flag("-cancel", "the same as undrain node"),
                            PLAN,
                            JSON),
                    "crsctl drain node node2"),
            new Command(
                    "undrain node",
                    "NODE [--plan] [-o json]",
                    "give a drained node resources again",
                    List.of(PLAN, JSON),
                    "crsctl undrain node node2"),
            new Command(
                    "set resource use",
                    "{0|1} [-n NODE] [--plan] [-o json]",
                    "whether this server may be given cluster resources; what runs there goes on",
                    List.of(valued("-n", "NODE", "another server than this one"), PLAN, JSON),
                    "crsctl set resource use 0"),
            new Command(
                    "get resource use",
                    "[-n NODE] [-o json]",
                    "whether this server may be given cluster resources",
                    List.of(valued("-n", "NODE", "another server than this one"), JSON),
                    "crsctl get resource use"),
            set("label", "SERVER_LABEL", "LABEL", "front"),
            get("label", "SERVER_LABEL"),
            set("location", "LOCATION", "PLACE", "rack1"),
            get("location", "LOCATION"),
            new Command(
                    "request action",
                    "ACTION... {-r NAME... | -w FILTER} [-n NODE] [-env \"NAME=value,...\"] [-i] [-o json]",
                    "run actions of a script that the attribute ACTIONS names, wherever the resource runs",
                    List.of(
                            new Command.Option("-r", "NAME...", true, "of these resources"),
                            FILTER,
                            valued("-n", "NODE", "only there"),
                            ENV,
                            flag("-i", "understood, and what is always so: nothing is waited for"),
                            JSON),
                    "crsctl request action reload -r web"),
            new Command(
                    "freeze resource",
                    WHICH + " [--plan] [-o json]",
                    "neither start, stop nor move resources, whatever happens; they are still checked and shown",
                    List.of(FILTER, ALL, PLAN, JSON),
                    "crsctl freeze resource web"),
            new Command(
                    "unfreeze resource",
                    WHICH + " [--plan] [-o json]",
                    "put resources back into the hands of the cluster",
                    List.of(FILTER, ALL, PLAN, JSON),
                    "crsctl unfreeze resource web"),
            new Command(
                    "freeze cluster",
                    "[--plan] [-o json]",
                    "neither start, stop nor move anything, whatever happens",
                    List.of(PLAN, JSON),
                    "crsctl freeze cluster"),
            new Command(
                    "unfreeze cluster",
                    "[--plan] [-o json]",
                    "put everything back into the hands of the cluster, but for what was frozen by name",
                    List.of(PLAN, JSON),
                    "crsctl unfreeze cluster"),
            new Command(
                    "lint",
                    "[-o json]",
                    "find what is allowed in the definitions and bites at the next failure",
                    List.of(JSON),
                    "crsctl lint"),
            new Command(
                    "eval delete server",
                    "NODE [-o json]",
                    "tell what would be done if a server were lost",
                    List.of(JSON),
                    "crsctl eval delete server node2"),
            new Command(
                    "eval add server",
                    "NODE [-o json]",
                    "tell what would be done if a server came back",
                    List.of(JSON),
                    "crsctl eval add server node2"),
            new Command(
                    "eval fail resource",
                    "NAME [-n NODE] [-o json]",
                    "tell what would be done if a resource failed",
                    List.of(valued("-n", "NODE", "only there"), JSON),
                    "crsctl eval fail resource web"),
            new Command(
                    "eval drain node",
                    "NODE [-f] [-o json]",
                    "tell what draining would do",
                    List.of(flag("-f", "stop what can run nowhere else"), JSON),
                    "crsctl eval drain node node2"));

    @Override
    public List<Command> commands() {
        return COMMANDS;
    }

    private static int request(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        boolean json = arguments.json();
        List<String> actions = arguments.names("action");
        if (actions.isEmpty()) {
            throw new UsageProblem("it is not said which action");
        }
        List<String> names = arguments.values("-r");
        for (String name : names) {
            Arguments.checkName("resource", name);
        }
        if (names.isEmpty() == !arguments.has("-w")) {
            throw new UsageProblem(
                    names.isEmpty()
                            ? "it is not said of which resources: give -r NAME or -w FILTER"
                            : "-r and -w exclude each other: give one of them");
        }
        Reply.Answer answer = crsctl.cluster()
                .ask(new Request.RequestAction(
                        actions,
                        names.isEmpty() ? arguments.filter() : Selection.named(names.toArray(String[]::new)),
                        arguments.node("-n"),
                        arguments.environment()));
        int status = crsctl.print(
                command,
                answer,
                json,
                told -> told instanceof Reply.Acted(List<Reply.Act> acts) ? text(acts) : Crsctl.unexpected(told));
        boolean failed = answer instanceof Reply.Acted(List<Reply.Act> acts)
                && !acts.stream().allMatch(act -> act.outcome().equals("succeeded"));
        if (failed && !json) {
            crsctl.failed(command);
        }
        return failed ? Cluster.REFUSED : status;
    }

    private static String text(List<Reply.Act> acts) {
        StringBuilder text = new StringBuilder();
        for (Reply.Act act : acts) {
            String outcome = switch (act.outcome()) {
                case "succeeded" -> "succeeded";
                case "failed" -> act.exit() < 0 ? "could not be run" : "failed with exit code " + act.exit();
                case "timed-out" -> "did not end in time, and was killed";
                case "called-off" -> "was called off";
                case "not-run" -> "was not run";
                default -> "may or may not have been run";
            };
            text.append("%s of '%s' on '%s' %s%n".formatted(act.action(), act.resource(), act.node(), outcome));
            act.output().forEach(line -> text.append("  ").append(line).append('\n'));
        }
        return text.toString();
    }

    @Override
    public int run(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        boolean freeze = command.words().startsWith("freeze");
        return switch (command.words()) {
            case "request action" -> request(crsctl, command, arguments);
            case "drain node" -> {
                String node = arguments.only("node");
                arguments.atMostOneOf("-f", "-cancel");
                yield crsctl.change(
                        command,
                        arguments.has("-cancel")
                                ? new Request.UndrainNode(node)
                                : new Request.DrainNode(node, arguments.has("-f")),
                        arguments);
            }
            case "undrain node" -> crsctl.change(command, new Request.UndrainNode(arguments.only("node")), arguments);
            case "set server label" -> say(crsctl, command, arguments, "SERVER_LABEL", "label");
            case "set server location" -> say(crsctl, command, arguments, "LOCATION", "location");
            case "get server label" -> said(crsctl, command, arguments, "SERVER_LABEL");
            case "get server location" -> said(crsctl, command, arguments, "LOCATION");
            case "set resource use" -> {
                String use = arguments.only("0 or 1");
                if (!use.equals("0") && !use.equals("1")) {
                    throw new UsageProblem("resource use is 0 or 1, got '" + use + "'");
                }
                yield crsctl.change(command, new Request.UseNode(arguments.node("-n"), use.equals("1")), arguments);
            }
            case "get resource use" -> {
                arguments.none();
                yield use(crsctl, command, arguments);
            }
            case "freeze resource", "unfreeze resource" ->
                crsctl.change(command, new Request.FreezeResource(arguments.selection(), freeze), arguments);
            case "freeze cluster", "unfreeze cluster" -> {
                arguments.none();
                yield crsctl.change(command, new Request.FreezeCluster(freeze), arguments);
            }
            case "lint" -> {
                arguments.none();
                yield lint(crsctl, command, arguments);
            }
            case "eval delete server" -> suppose(crsctl, command, "serverLost", arguments);
            case "eval add server" -> suppose(crsctl, command, "serverBack", arguments);
            case "eval fail resource" -> suppose(crsctl, command, "failure", arguments);
            case "eval drain node" ->
                crsctl.evaluate(
                        command, new Request.DrainNode(arguments.only("node"), arguments.has("-f")), arguments.json());
            default -> throw new IllegalStateException("a command without a body: " + command.words());
        };
    }

    private static Command set(String word, String attribute, String value, String example) {
        return new Command(
                "set server " + word,
                value + " [-n NODE] [-f] [--plan] [-o json]",
                attribute + " of this server, for which server categories can ask; \"\" takes it away",
                List.of(
                        valued("-n", "NODE", "of another server than this one"),
                        flag("-f", "although something that runs is stopped or moved by it"),
                        PLAN,
                        JSON),
                "crsctl set server " + word + " " + example);
    }

    private static Command get(String word, String attribute) {
        return new Command(
                "get server " + word,
                "[-n NODE] [-o json]",
                attribute + " of this server",
                List.of(valued("-n", "NODE", "of another server than this one"), JSON),
                "crsctl get server " + word);
    }

    private static int say(Crsctl crsctl, Command command, Arguments arguments, String attribute, String what)
            throws UsageProblem, Unreachable {
        String value = arguments.onlyText(what);
        return crsctl.change(
                command,
                new Request.SetServer(arguments.node("-n"), Map.of(attribute, value), arguments.has("-f")),
                arguments);
    }

    private static int said(Crsctl crsctl, Command command, Arguments arguments, String attribute)
            throws UsageProblem, Unreachable {
        arguments.none();
        return detail(
                crsctl,
                command,
                arguments,
                details -> "CRS-5092: Current value of the server attribute " + attribute + " is "
                        + details.getOrDefault(attribute, "") + ".");
    }

    private static int suppose(Crsctl crsctl, Command command, String what, Arguments arguments)
            throws UsageProblem, Unreachable {
        boolean failure = what.equals("failure");
        return crsctl.show(
                command,
                new Request.Suppose(
                        what,
                        arguments.only(failure ? "resource" : "server"),
                        failure ? arguments.node("-n") : Optional.empty()),
                arguments.json(),
                answer -> answer instanceof Reply.Plan plan ? PlanText.of(plan) : Crsctl.unexpected(answer));
    }

    /** The setting is shown with the server; this is what administrators know it by. */
    private static int use(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        return detail(
                crsctl,
                command,
                arguments,
                details -> "CRS-4966: Current resource use parameter value is "
                        + details.getOrDefault("RESOURCE_USE_ENABLED", "1"));
    }

    private static int detail(
            Crsctl crsctl, Command command, Arguments arguments, Function<Map<String, String>, String> text)
            throws UsageProblem, Unreachable {
        Optional<String> node = arguments.node("-n");
        Reply.Answer answer =
                crsctl.cluster().ask(new Request.StatusServer(node.map(List::of).orElse(List.of())));
        String name = node.isPresent() ? node.get() : crsctl.cluster().localNode();
        if (answer instanceof Reply.Servers(List<Reply.Server> servers)) {
            for (Reply.Server server : servers) {
                if (server.name().equals(name)) {
                    return crsctl.print(
                            command, new Reply.Done(List.of(text.apply(server.details()))), arguments.json(), _ -> "");
                }
            }
        }
        return crsctl.print(command, answer, false, Crsctl::unexpected);
    }

    /** Findings are no failure of the command, but a script can tell by the exit status that there are some. */
    private static int lint(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        Reply.Answer answer = crsctl.cluster().ask(new Request.Lint());
        int status = crsctl.print(
                command,
                answer,
                arguments.json(),
                given -> given instanceof Reply.Findings(List<Reply.Problem> findings)
                        ? AnswerText.findings(findings)
                        : Crsctl.unexpected(given));
        return answer instanceof Reply.Findings(List<Reply.Problem> findings) && !findings.isEmpty()
                ? Cluster.REFUSED
                : status;
    }
}
