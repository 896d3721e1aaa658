package dev.holdfast.crsctl;

import dev.holdfast.control.Codec;
import dev.holdfast.control.Filter;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Unreachable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The command {@code crsctl}: manages resources and looks at the cluster. */
public final class Crsctl {
    private final Surroundings surroundings;
    private final Cluster cluster;

    Crsctl(Surroundings surroundings, Cluster cluster) {
        this.surroundings = surroundings;
        this.cluster = cluster;
    }

    Surroundings surroundings() {
        return surroundings;
    }

    Cluster cluster() {
        return cluster;
    }

    public static void main(String[] args) {
        Surroundings.leave(run(Surroundings.ofThisProcess(), args));
    }

    /** Returns the exit status. */
    static int run(Surroundings surroundings, String... args) {
        try (var cluster = new Cluster(surroundings, "crsctl")) {
            return new Crsctl(surroundings, cluster).run(List.of(args));
        }
    }

    private int run(List<String> line) {
        for (String word : line) {
            if (isHelp(word)) {
                return help(line.subList(0, line.indexOf(word)));
            }
        }
        if (!line.isEmpty() && line.getFirst().equals("help")) {
            return help(line.subList(1, line.size()));
        }
        Commands.Found found;
        try {
            found = Commands.find(line);
        } catch (UsageProblem problem) {
            cluster.tell(problem);
            return Cluster.NOT_UNDERSTOOD;
        }
        Command command = found.command();
        try {
            return run(command, Arguments.parse(command, found.rest()));
        } catch (UsageProblem problem) {
            cluster.tell(
                    problem,
                    "Usage:    crsctl " + (command.words() + " " + command.usage()).strip(),
                    "Example:  " + command.example());
            return Cluster.NOT_UNDERSTOOD;
        } catch (Unreachable unreachable) {
            cluster.tell(unreachable);
            failed(command);
            return Cluster.UNREACHABLE;
        }
    }

    private static boolean isHelp(String word) {
        return word.equals("-h") || word.equals("-help") || word.equals("--help") || word.equals("-?");
    }

    private int help(List<String> words) {
        if (words.isEmpty()) {
            return print(Commands.overview());
        }
        List<Command> commands = Commands.beginningWith(words);
        if (commands.isEmpty()) {
            try { // "crsctl start resource web -h": the words of the command and then some.
                commands = List.of(Commands.find(words).command());
            } catch (UsageProblem problem) {
                cluster.tell(problem);
                return Cluster.NOT_UNDERSTOOD;
            }
        }
        var texts = new ArrayList<String>();
        commands.forEach(command -> texts.add(Commands.help("crsctl ", command)));
        return print(String.join("\n", texts));
    }

    private int run(Command command, Arguments arguments) throws UsageProblem, Unreachable {
        boolean json = arguments.json();
        String words = command.words();
        return switch (words) {
            case "add resource",
                    "modify resource",
                    "delete resource",
                    "start resource",
                    "stop resource",
                    "relocate resource" -> change(command, change(words, arguments), arguments);
            case "eval add resource",
                    "eval modify resource",
                    "eval delete resource",
                    "eval start resource",
                    "eval stop resource",
                    "eval relocate resource" ->
                evaluate(command, change(words.substring("eval ".length()), arguments), json);
            case "check resource" ->
                show(command, new Request.CheckResource(arguments.selection(), arguments.node("-n")), false, _ -> "");
            case "status resource" -> statusResource(command, arguments, json);
            case "status type" -> {
                arguments.atMostOneOf("-p", "-v", "-f", "-g");
                yield show(
                        command,
                        new Request.StatusType(arguments.names("type")),
                        json,
                        answer -> answer instanceof Reply.Types types
                                ? AnswerText.types(types, arguments.has("-g"))
                                : unexpected(answer));
            }
            case "status server" -> statusServer(command, arguments, json);
            case "why" -> why(command, arguments, json);
            case "check crs" -> {
                arguments.none();
                yield health(command, new Request.CheckStack(false, List.of()), json, true);
            }
            case "check cluster" -> checkCluster(command, arguments, json);
            case "stop crs" -> {
                arguments.none();
                yield StackCommands.stopped(this, command, asRoot(command, new Request.StopCrs(arguments.has("-f"))));
            }
            case "confirm fenced" ->
                asRoot(command, new Request.ConfirmFenced(arguments.only("node"), arguments.has("-f")));
            case "fence" ->
                asRoot(
                        command,
                        new Request.FenceNode(
                                arguments.only("node"), arguments.value("-r").orElse(""), arguments.has("-f")));
            case "why-fenced" -> {
                Optional<String> node = arguments.maybe("node");
                yield show(
                        command,
                        new Request.WhyFenced(node),
                        json,
                        answer -> answer instanceof Reply.Fencing fencing
                                ? FencingText.why(node, fencing.records(), surroundings.zone())
                                : unexpected(answer));
            }
            case "query css links" -> {
                arguments.none();
                yield show(
                        command,
                        new Request.QueryLinks(),
                        json,
                        answer -> answer instanceof Reply.Links links ? FencingText.links(links) : unexpected(answer));
            }
            case "add css votedisk" ->
                asRoot(
                        command,
                        new Request.ChangeVotingDisks(arguments.disks(1), List.of(), false, arguments.has("-f")));
            case "delete css votedisk" ->
                asRoot(command, new Request.ChangeVotingDisks(List.of(), arguments.disks(1), false, false));
            case "replace css votedisk" -> {
                List<String> two = arguments.disks(2);
                if (two.size() > 2) {
                    throw new UsageProblem("one disk is replaced by one: name the old one and the new one");
                }
                yield asRoot(
                        command,
                        new Request.ChangeVotingDisks(
                                List.of(two.get(1)), List.of(two.get(0)), false, arguments.has("-f")));
            }
            case "replace votedisk" ->
                asRoot(
                        command,
                        new Request.ChangeVotingDisks(arguments.disks(1), List.of(), true, arguments.has("-f")));
            case "query css votedisk" -> {
                arguments.none();
                yield show(
                        command,
                        new Request.QueryVotingDisks(),
                        json,
                        answer -> answer instanceof Reply.VotingDisks disks
                                ? AnswerText.votingDisks(disks)
                                : unexpected(answer));
            }
            case "query css fencing" -> {
                arguments.none();
                yield show(
                        command,
                        new Request.QueryFencing(),
                        json,
                        answer -> answer instanceof Reply.Fencing fencing
                                ? FencingText.fencing(fencing, surroundings.zone())
                                : unexpected(answer));
            }
            case "query css timing" -> {
                arguments.none();
                yield show(
                        command,
                        new Request.QueryTiming(),
                        json,
                        answer -> answer instanceof Reply.CssTiming timing
                                ? AnswerText.timing(timing)
                                : unexpected(answer));
            }
            case "set css" -> {
                List<String> given = arguments.names("parameter");
                if (given.size() != 2) {
                    throw new UsageProblem("give the name of the parameter and its value in seconds");
                }
                yield asRoot(command, new Request.SetCss(given.getFirst(), Optional.of(given.getLast())));
            }
            case "unset css" -> asRoot(command, new Request.SetCss(arguments.only("parameter"), Optional.empty()));
            case "set server css_critical" -> {
                String given = arguments.only("yes or no");
                if (!given.equals("yes") && !given.equals("no")) {
                    throw new UsageProblem("css_critical is yes or no, got '" + given + "'");
                }
                yield asRoot(command, new Request.SetCritical(given.equals("yes")));
            }
            case "get server css_critical" -> {
                arguments.none();
                yield show(command, new Request.GetCritical(), json, _ -> "");
            }
            case "get css misscount", "get css disktimeout", "get css reboottime" -> {
                arguments.none();
                yield show(
                        command,
                        new Request.QueryTiming(),
                        json,
                        answer -> answer instanceof Reply.CssTiming timing
                                ? parameter(words, timing)
                                : unexpected(answer));
            }
            default -> {
                for (CommandArea area : Commands.AREAS) {
                    if (area.commands().contains(command)) {
                        yield area.run(this, command, arguments);
                    }
                }
                throw new IllegalStateException("a command without a body: " + words);
            }
        };
    }

    /** Does it, or with --plan only tells what would be done. */
    int change(Command command, Request.Change given, Arguments arguments) throws UsageProblem, Unreachable {
        Request.Change change = ofVersion(command, given, arguments);
        if (arguments.has("--plan")) {
            return evaluate(command, change, arguments.json());
        }
        if (arguments.has("-o")) {
            throw new UsageProblem("-o goes with --plan");
        }
        return show(command, change, false, _ -> "");
    }

    /** With {@code -if-version}, only if it is still of that version. */
    static Request.Change ofVersion(Command command, Request.Change given, Arguments arguments) throws UsageProblem {
        Optional<String> version = arguments.value("-if-version");
        if (version.isPresent() && !version.get().matches("[0-9a-f]{16}")) {
            String kind = command.words().split(" ")[1];
            throw new UsageProblem(
                    "'" + version.get() + "' is no version: it has 16 letters and digits",
                    "It stands in:  crsctl status " + kind + (kind.equals("policyset") ? "" : " NAME") + " -o json");
        }
        return version.isPresent() ? new Request.IfVersion(version.get(), given) : given;
    }

    int evaluate(Command command, Request.Change change, boolean json) throws Unreachable {
        return show(
                command,
                new Request.Evaluate(change),
                json,
                answer -> answer instanceof Reply.Plan plan ? PlanText.of(plan) : unexpected(answer));
    }

    private int why(Command command, Arguments arguments, boolean json) throws UsageProblem, Unreachable {
        Optional<Long> at = arguments.has("-at")
                ? Optional.of(PointInTime.read(
                                arguments.value("-at").orElseThrow(),
                                Instant.now(),
                                surroundings.zone().get())
                        .toEpochMilli())
                : Optional.empty();
        return show(
                command,
                new Request.Why(arguments.only("resource"), arguments.node("-n"), at),
                json,
                answer -> answer instanceof Reply.Explanation why
                        ? AnswerText.explanation(why, at.isPresent(), surroundings.zone())
                        : unexpected(answer));
    }

    private static Request.Change change(String words, Arguments arguments) throws UsageProblem {
        boolean force = arguments.has("-f");
        boolean failIfBusy = arguments.has("-i");
        return switch (words) {
            case "add resource" -> {
                String name = arguments.only("resource");
                if (!arguments.has("-type")) {
                    throw new UsageProblem(
                            "-type is missing: what kind of resource is " + name + "?",
                            "See the types:  crsctl status type");
                }
                String type = arguments.value("-type").orElseThrow();
                Arguments.checkName("type", type);
                yield new Request.AddResource(name, type, arguments.attributes(), force, failIfBusy);
            }
            case "modify resource" -> modify(arguments, force, failIfBusy);
            case "delete resource" -> new Request.DeleteResource(arguments.selection(), force, failIfBusy);
            case "start resource" ->
                new Request.StartResource(
                        arguments.selection(),
                        arguments.node("-n"),
                        arguments.pools(),
                        arguments.instance(),
                        arguments.environment(),
                        force,
                        failIfBusy,
                        arguments.has("-l"));
            case "stop resource" ->
                new Request.StopResource(
                        arguments.selection(),
                        arguments.node("-n"),
                        arguments.pools(),
                        arguments.instance(),
                        arguments.environment(),
                        force,
                        failIfBusy,
                        arguments.has("-l"));
            case "relocate resource" -> {
                if (arguments.has("-s") && arguments.value("-s").equals(arguments.value("-n"))) {
                    throw new UsageProblem("-s and -n name the same node: there is nothing to move");
                }
                yield new Request.RelocateResource(
                        arguments.selection(),
                        arguments.node("-s"),
                        arguments.node("-n"),
                        arguments.instanceOfOne(),
                        arguments.environment(),
                        force,
                        failIfBusy);
            }
            default -> throw new IllegalStateException("not a change: " + words);
        };
    }

    private static Request.Change modify(Arguments arguments, boolean force, boolean failIfBusy) throws UsageProblem {
        String name = arguments.only("resource");
        if (!arguments.has("-attr") && !arguments.has("-file")) {
            throw new UsageProblem("nothing is said of what to change: give -attr or -file");
        }
        if (!arguments.has("-delete")) {
            return new Request.ModifyResource(name, arguments.attributes(), List.of(), force, failIfBusy);
        }
        var removed = new ArrayList<String>();
        if (arguments.has("-file")) {
            throw new UsageProblem("-delete goes with -attr, not with -file");
        }
        for (String attribute : arguments.value("-attr").orElseThrow().split(",")) {
            String override = attribute.strip();
            if (override.indexOf('=') >= 0) {
                override = override.substring(0, override.indexOf('=')).strip();
            }
            if (!override.contains("@")) {
                throw new UsageProblem(
                        "-delete drops overrides, and '" + override
                                + "' is none: an override has a scope, as in CHECK_INTERVAL@SERVERNAME(node1)",
                        "To get the default back, look it up in crsctl status type and set it.");
            }
            AttributeList.parse("-attr", override + "="); // Only to check its name.
            removed.add(override);
        }
        return new Request.ModifyResource(name, Map.of(), removed, force, failIfBusy);
    }

    private int statusResource(Command command, Arguments arguments, boolean json) throws UsageProblem, Unreachable {
        arguments.atMostOneOf("-t", "-v", "-p", "-f", "-l", "-g");
        boolean attributes = arguments.has("-attr") || arguments.has("-noname");
        if (attributes && !arguments.has("-v") && !arguments.has("-p") && !arguments.has("-f")) {
            throw new UsageProblem("-attr and -noname go with -v, -p or -f: give one of these, too");
        }
        if (arguments.has("-k") && !arguments.value("-k").orElse("").matches("[1-9]\\d{0,3}")) {
            throw new UsageProblem("-k is the cardinality id of an instance, a number from 1 on");
        }
        if (arguments.has("-o") && json && arguments.has("-t")) {
            throw new UsageProblem("-t and -o json exclude each other: give one of them");
        }
        var node = arguments.node("-n");
        boolean definitions = json || arguments.has("-p") || arguments.has("-f");
        return show(command, new Request.StatusResource(arguments.selectionOrAll(), definitions), json, answer -> {
            if (!(answer instanceof Reply.Resources all)) {
                return unexpected(answer);
            }
            List<Reply.Resource> there = node.isPresent() ? onlyOn(node.get(), all.resources()) : all.resources();
            List<Reply.Resource> resources =
                    arguments.has("-k") ? onlyWithId(arguments.value("-k").orElse(""), there) : there;
            if (arguments.has("-l") || arguments.has("-g")) {
                return arguments.has("-l") ? ResourceText.names(resources) : ResourceText.registered(resources);
            }
            String shown = shown(arguments, resources);
            return attributes
                    ? ResourceText.onlyAttributes(shown, arguments.value("-attr"), !arguments.has("-noname"))
                    : shown;
        });
    }

    private String shown(Arguments arguments, List<Reply.Resource> resources) {
        if (arguments.has("-t")) {
            return ResourceText.table(resources);
        } else if (arguments.has("-p")) {
            return ResourceText.definition(resources);
        } else if (arguments.has("-v")) {
            return new ResourceText(surroundings.zone().get()).runtime(resources);
        } else if (arguments.has("-f")) {
            return new ResourceText(surroundings.zone().get()).full(resources);
        }
        return ResourceText.plain(resources);
    }

    private static List<Reply.Resource> onlyOn(String node, List<Reply.Resource> resources) {
        var there = new ArrayList<Reply.Resource>();
        for (Reply.Resource resource : resources) {
            List<Reply.Instance> instances = resource.instances().stream()
                    .filter(instance -> instance.server().filter(node::equals).isPresent())
                    .toList();
            if (!instances.isEmpty()) {
                there.add(resource.with(instances));
            }
        }
        return there;
    }

    private static List<Reply.Resource> onlyWithId(String id, List<Reply.Resource> resources) {
        return resources.stream()
                .map(resource -> resource.with(resource.instances().stream()
                        .filter(instance ->
                                String.valueOf(instance.cardinalityId()).equals(id))
                        .toList()))
                .filter(resource -> !resource.instances().isEmpty())
                .toList();
    }

    private int statusServer(Command command, Arguments arguments, boolean json) throws UsageProblem, Unreachable {
        arguments.atMostOneOf("-f", "-v", "-p", "-g");
        List<String> names = arguments.names("server");
        if (arguments.has("-w") && !names.isEmpty()) {
            throw new UsageProblem("names and -w exclude each other: give one of them");
        }
        if (arguments.has("-category") && (arguments.has("-w") || !names.isEmpty())) {
            throw new UsageProblem("names, -w and -category exclude each other: give one of them");
        }
        if (arguments.has("-category")) {
            String category = arguments.value("-category").orElseThrow();
            Reply.Answer found = cluster.ask(new Request.StatusCategory(List.of(category), Optional.empty()));
            if (!(found instanceof Reply.Categories(List<Reply.Category> categories))) {
                return print(command, found, json, Crsctl::unexpected);
            }
            names = categories.getFirst().servers();
            if (names.isEmpty()) {
                return print(command, new Reply.Servers(List.of()), json, _ -> "");
            }
        }
        Reply.Answer answer = cluster.ask(new Request.StatusServer(names));
        if (arguments.has("-w") && answer instanceof Reply.Servers(List<Reply.Server> all)) {
            Filter filter = filter(arguments.value("-w").orElseThrow());
            answer = new Reply.Servers(all.stream()
                    .filter(server -> filter.matches(name -> switch (name) {
                        case "NAME" -> List.of(server.name());
                        case "STATE" -> List.of(server.state());
                        default ->
                            Optional.ofNullable(server.details().get(name)).stream()
                                    .toList();
                    }))
                    .toList());
        }
        boolean details = arguments.has("-f") || arguments.has("-v") || arguments.has("-p");
        return print(command, answer, json, told -> {
            if (!(told instanceof Reply.Servers servers)) {
                return unexpected(told);
            }
            return arguments.has("-g")
                    ? String.join(
                            "",
                            servers.servers().stream()
                                    .map(server -> "Server '" + server.name() + "' is registered.\n")
                                    .toList())
                    : AnswerText.servers(servers, details);
        });
    }

    private static Filter filter(String text) throws UsageProblem {
        try {
            return Filter.parse(text);
        } catch (IllegalArgumentException bad) {
            throw new UsageProblem(
                    "the filter was not understood: " + bad.getMessage(), "An example: -w \"STATE = ONLINE\"");
        }
    }

    private int checkCluster(Command command, Arguments arguments, boolean json) throws UsageProblem, Unreachable {
        arguments.none();
        arguments.atMostOneOf("-all", "-n");
        for (String node : arguments.values("-n")) {
            Arguments.checkName("node", node);
        }
        return health(command, new Request.CheckStack(arguments.has("-all"), arguments.values("-n")), json, false);
    }

    private int health(Command command, Request.CheckStack request, boolean json, boolean stack) throws Unreachable {
        boolean banner = request.allNodes() || !request.nodes().isEmpty();
        Reply.Answer answer = cluster.ask(request);
        int status = print(command, answer, json, a -> {
            if (!(a instanceof Reply.Health health)) {
                return unexpected(a);
            }
            if (banner) {
                return AnswerText.health(health);
            }
            var text = new StringBuilder();
            health.nodes().forEach(node -> text.append(AnswerText.health(node, stack)));
            return text.toString();
        });
        boolean sick = answer instanceof Reply.Health health
                && health.nodes().stream().anyMatch(node -> !node.crs() || !node.css() || !node.events());
        return sick ? Cluster.REFUSED : status;
    }

    private static String parameter(String words, Reply.CssTiming timing) {
        return switch (words) {
            case "get css misscount" -> AnswerText.parameter("misscount", timing.misscountSeconds());
            case "get css disktimeout" -> AnswerText.parameter("disktimeout", timing.disktimeoutSeconds());
            default -> AnswerText.parameter("reboottime", timing.reboottimeSeconds());
        };
    }

    /** The cluster looks at who asks, too; this only says so without a detour. */
    int asRoot(Command command, Request request) throws Unreachable {
        if (!surroundings.isRoot()) {
            cluster.tell(Reply.Refused.because(
                    "CRS-4563",
                    "Insufficient user privileges: 'crsctl " + command.words() + "' is for root, and you are "
                            + surroundings.user() + ".",
                    "Nothing was changed. Try again as root."));
            failed(command);
            return Cluster.REFUSED;
        }
        return show(command, request, false, _ -> "");
    }

    /** Turns an answer into the text to print. */
    interface Printer {
        String text(Reply.Answer answer);
    }

    int show(Command command, Request request, boolean json, Printer printer) throws Unreachable {
        return print(command, cluster.ask(request), json, printer);
    }

    int print(Command command, Reply.Answer answer, boolean json, Printer printer) {
        boolean refused = answer instanceof Reply.Refused;
        if (json) {
            print(Codec.pretty(answer) + "\n");
        } else if (answer instanceof Reply.Refused(var problems)) {
            cluster.tell(new Reply.Refused(problems));
            failed(command);
        } else if (answer instanceof Reply.Done(List<String> lines)) {
            lines.forEach(surroundings.out()::println);
        } else {
            print(printer.text(answer));
        }
        return refused ? Cluster.REFUSED : Cluster.DONE;
    }

    /** A cluster that answers what nobody asked is broken; there is nothing sensible to go on with. */
    @SuppressWarnings("DoNotCallSuggester") // It stands where a text is expected.
    static String unexpected(Reply.Answer answer) {
        throw new IllegalStateException("the cluster answered " + answer);
    }

    void failed(Command command) {
        String verb = command.words().split(" ")[0];
        surroundings
                .err()
                .println("CRS-4000: Command " + Character.toUpperCase(verb.charAt(0)) + verb.substring(1)
                        + " failed, or completed with errors.");
    }

    int print(String text) {
        surroundings.out().print(text);
        surroundings.out().flush();
        return Cluster.DONE;
    }
}
