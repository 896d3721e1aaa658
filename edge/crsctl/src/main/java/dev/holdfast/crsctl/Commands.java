package dev.holdfast.crsctl;

import static dev.holdfast.crsctl.Command.flag;
import static dev.holdfast.crsctl.Command.valued;

import dev.holdfast.crsctl.Command.Option;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** All commands of crsctl, and how words on a command line lead to them. */
final class Commands {
    private static final Option FORCE_ADD = flag("-f", "although resources named in dependencies are not registered");
    static final Option FORCE = flag("-f", "also stop, start or move what stands in the way or depends on it");
    static final Option IF_VERSION =
            valued("-if-version", "V", "only if it is still of this version, which its status with -o json tells");
    static final Option IF_BUSY = flag("-i", "fail at once if another operation is under way, rather than wait for it");
    static final Option ATTR =
            valued("-attr", "\"NAME=value,...\"", "attributes; a value with commas or blanks stands in single quotes");
    static final Option FILE = valued("-file", "FILE", "attributes from a file, one NAME=value a line, without quotes");
    static final Option FILTER = valued(
            "-w", "FILTER", "those for which the filter holds: \"(TYPE = cluster_resource) AND (STATE = ONLINE)\"");
    static final Option ALL = flag("-all", "every resource");
    static final Option ENV = valued("-env", "\"NAME=value,...\"", "handed to the actions, for this command only");
    static final Option JSON = valued("-o", "json", "as JSON, for programs");

    /** Of status type: Oracle Clusterware has these, and here the first three show the same. */
    static final List<Option> OF_TYPES = List.of(
            flag("-p", "with all attributes, as without it"),
            flag("-v", "the same"),
            flag("-f", "the same"),
            flag("-g", "only whether they are registered"),
            JSON);

    static final Option INSTANCE = valued(
            "-k", "ID", "only the instance with this number, CARDINALITY_ID; of a local resource: the node's number");
    static final Option START_POOLS =
            valued("-s", "POOLS", "on servers of these pools only, and there where the policy puts it: \"web batch\"");
    static final Option STOP_POOLS = valued("-s", "POOLS", "only what runs on servers of these pools: \"web batch\"");
    static final Option DEGREE = valued("-d", "ID", "with -k: the degree id, which is always 1");
    static final Option LEAVE_START =
            flag("-l", "if a start fails leave it at that: nothing of it is tried on another node");
    static final Option LEAVE_STOP = flag("-l", "what does not stop is left running, rather than cleaned");

    static final Option PLAN = flag("--plan", "only tell what would be done, like crsctl eval");

    static final String WHICH = "{NAME... | -w FILTER | -all}";

    /** Commands that belong together stand in a file of their own; a new one goes into its area, or into a new area. */
    static final List<CommandArea> AREAS = List.of(
            new SetupCommands(),
            new StackCommands(),
            new AccessCommands(),
            new ConfigurationCommands(),
            new StoryCommands(),
            new MaintenanceCommands());

    private static final List<Command> FIRST_COMMANDS = List.of(
            new Command(
                    "add resource",
                    "NAME -type TYPE [-group GROUP] [-attr \"NAME=value,...\" | -file FILE] [-f] [-i] [--plan]",
                    "register a resource",
                    List.of(
                            valued("-type", "TYPE", "cluster_resource, local_resource, ...: see crsctl status type"),
                            valued("-group", "GROUP", "as a member of this group"),
                            ATTR,
                            FILE,
                            FORCE_ADD,
                            IF_BUSY,
                            PLAN,
                            JSON),
                    "crsctl add resource web -type cluster_resource -attr \"ACTION_SCRIPT=/shared/web.scr,CHECK_INTERVAL=30\""),
            new Command(
                    "modify resource",
                    "NAME {-attr \"NAME=value,...\" | -file FILE} [-delete] [-f] [-i] [-if-version V] [--plan]",
                    "change attributes of a resource",
                    List.of(
                            ATTR,
                            FILE,
                            flag("-delete", "drop these overrides: -attr \"CHECK_INTERVAL@SERVERNAME(node1)\""),
                            flag("-f", "although running resources no longer fit"),
                            IF_BUSY,
                            IF_VERSION,
                            PLAN,
                            JSON),
                    "crsctl modify resource web -attr \"PLACEMENT=favored,HOSTING_MEMBERS='node1 node2'\""),
            new Command(
                    "delete resource",
                    "{NAME... | -w FILTER} [-f] [-i] [-if-version V] [--plan]",
                    "forget resources",
                    List.of(
                            FILTER,
                            flag("-f", "also if it runs (it is stopped) or others depend on it"),
                            IF_BUSY,
                            IF_VERSION,
                            PLAN,
                            JSON),
                    "crsctl delete resource web"),
            new Command(
                    "start resource",
                    WHICH + " [-n NODE | -s POOLS] [-k ID [-d ID]] [-env \"NAME=value,...\"] [-f] [-i] [-l] [--plan]",
                    "start resources and what they need",
                    List.of(
                            FILTER,
                            ALL,
                            valued("-n", "NODE", "there, and not where the policy would put it"),
                            START_POOLS,
                            INSTANCE,
                            DEGREE,
                            ENV,
                            FORCE,
                            IF_BUSY,
                            LEAVE_START,
                            PLAN,
                            JSON),
                    "crsctl start resource web"),
            new Command(
                    "stop resource",
                    WHICH + " [-n NODE | -s POOLS] [-k ID [-d ID]] [-env \"NAME=value,...\"] [-f] [-i] [-l] [--plan]",
                    "stop resources",
                    List.of(
                            FILTER,
                            ALL,
                            valued("-n", "NODE", "only what runs there"),
                            STOP_POOLS,
                            INSTANCE,
                            DEGREE,
                            ENV,
                            FORCE,
                            IF_BUSY,
                            LEAVE_STOP,
                            PLAN,
                            JSON),
                    "crsctl stop resource web -f"),
            new Command(
                    "relocate resource",
                    WHICH + " [-s NODE | -k ID] [-n NODE] [-env \"NAME=value,...\"] [-f] [-i] [--plan]",
                    "move running resources to another node",
                    List.of(
                            FILTER,
                            ALL,
                            valued("-s", "NODE", "only what runs there"),
                            INSTANCE,
                            valued("-n", "NODE", "to there, and not where the policy would put it"),
                            ENV,
                            flag("-f", "together with what has to be on the same node"),
                            IF_BUSY,
                            PLAN,
                            JSON),
                    "crsctl relocate resource web -n node2"),
            new Command(
                    "check resource",
                    WHICH + " [-n NODE]",
                    "run the check action now",
                    List.of(FILTER, ALL, valued("-n", "NODE", "only there")),
                    "crsctl check resource web"),
            new Command(
                    "status resource",
                    "[NAME... | -w FILTER] [-t | {-v | -p | -f} [-attr NAME,... [-noname]] | -l | -g] [-n NODE] [-k ID] [-o json]",
                    "show resources",
                    List.of(
                            FILTER,
                            flag("-t", "as a table"),
                            flag("-v", "with run-time values"),
                            flag("-p", "the definition"),
                            flag("-f", "the definition and run-time values"),
                            flag("-l", "names and types, without instances"),
                            flag("-g", "only whether they are registered"),
                            valued("-attr", "NAME,...", "of -v, -p or -f only these attributes"),
                            flag("-noname", "without the lines with NAME"),
                            valued("-n", "NODE", "only instances there"),
                            valued("-k", "ID", "only instances with this cardinality id"),
                            JSON),
                    "crsctl status resource -t"),
            new Command(
                    "status type",
                    "[NAME...] [-p | -v | -f | -g] [-o json]",
                    "show resource types and their attributes",
                    OF_TYPES,
                    "crsctl status type cluster_resource"),
            new Command(
                    "status server",
                    "[NAME... | -w FILTER | -category CATEGORY] [-f | -v | -p | -g] [-o json]",
                    "show the servers",
                    List.of(
                            valued("-category", "CATEGORY", "those that are in it"),
                            valued("-w", "FILTER", "\"STATE = ONLINE\"; also NAME and what -f shows"),
                            flag("-f", "with details"),
                            flag("-v", "the same"),
                            flag("-p", "the same"),
                            flag("-g", "only whether they are known"),
                            JSON),
                    "crsctl status server -f"),
            new Command(
                    "eval add resource",
                    "NAME -type TYPE [-attr \"NAME=value,...\" | -file FILE] [-f] [-o json]",
                    "tell what adding would do",
                    List.of(valued("-type", "TYPE", "see crsctl status type"), ATTR, FILE, FORCE_ADD, JSON),
                    "crsctl eval add resource web -type cluster_resource"),
            new Command(
                    "eval modify resource",
                    "NAME {-attr \"NAME=value,...\" | -file FILE} [-f] [-o json]",
                    "tell what changing attributes would do",
                    List.of(ATTR, FILE, flag("-f", "although running resources no longer fit"), JSON),
                    "crsctl eval modify resource web -attr \"HOSTING_MEMBERS=node2\""),
            new Command(
                    "eval delete resource",
                    "{NAME... | -w FILTER} [-f] [-o json]",
                    "tell what deleting would do",
                    List.of(FILTER, flag("-f", "also if it runs or others depend on it"), JSON),
                    "crsctl eval delete resource web -f"),
            new Command(
                    "eval start resource",
                    WHICH + " [-n NODE | -s POOLS] [-k ID [-d ID]] [-f] [-o json]",
                    "tell what starting would do",
                    List.of(FILTER, ALL, valued("-n", "NODE", "there"), START_POOLS, INSTANCE, DEGREE, FORCE, JSON),
                    "crsctl eval start resource web"),
            new Command(
                    "eval stop resource",
                    WHICH + " [-n NODE | -s POOLS] [-k ID [-d ID]] [-f] [-o json]",
                    "tell what stopping would do",
                    List.of(
                            FILTER,
                            ALL,
                            valued("-n", "NODE", "only what runs there"),
                            STOP_POOLS,
                            INSTANCE,
                            DEGREE,
                            FORCE,
                            JSON),
                    "crsctl eval stop resource vip1 -f"),
            new Command(
                    "eval relocate resource",
                    WHICH + " [-s NODE | -k ID] [-n NODE] [-f] [-o json]",
                    "tell what moving would do",
                    List.of(
                            FILTER,
                            ALL,
                            valued("-s", "NODE", "only what runs there"),
                            INSTANCE,
                            valued("-n", "NODE", "to there"),
                            FORCE,
                            JSON),
                    "crsctl eval relocate resource web -n node2"),
            new Command(
                    "why",
                    "NAME [-n NODE] [-at TIME] [-o json]",
                    "tell why a resource is where it is, or why it does not run",
                    List.of(
                            valued("-n", "NODE", "why there, or why not there"),
                            valued(
                                    "-at",
                                    "TIME",
                                    "as it was then: 10:05, \"2026-11-29 10:05:30\", or 10m for ten minutes ago"),
                            JSON),
                    "crsctl why web -n node2"),
            new Command(
                    "check crs", "[-o json]", "is the stack on this node online?", List.of(JSON), "crsctl check crs"),
            new Command(
                    "check cluster",
                    "[-all | -n NODE...] [-o json]",
                    "is the stack online here, on all nodes, or on some?",
                    List.of(flag("-all", "on all nodes"), new Option("-n", "NODE...", true, "on these nodes"), JSON),
                    "crsctl check cluster -all"),
            new Command(
                    "stop crs",
                    "[-f]",
                    "stop every resource on this node, after moving what can move, and leave the cluster",
                    List.of(flag("-f", "also with what does not stop: it is killed")),
                    "crsctl stop crs"),
            new Command(
                    "query css votedisk",
                    "[-o json]",
                    "show the voting disks",
                    List.of(JSON),
                    "crsctl query css votedisk"),
            new Command(
                    "add css votedisk",
                    "PATH... [-f]",
                    "format disks, which every node must be able to open, and add them to the voting disks; 1, 3 or 5 must result",
                    List.of(flag("-f", "also over what is not blank")),
                    "crsctl add css votedisk /dev/mapper/vote2 /dev/mapper/vote3"),
            new Command(
                    "delete css votedisk",
                    "FUID|PATH...",
                    "take the vote from disks, also from such as do not answer any more; 1, 3 or 5 must be left",
                    List.of(),
                    "crsctl delete css votedisk 4a1fd0a80c1c4f9fbf0d6d0f3b1c2d3e /dev/mapper/vote3"),
            new Command(
                    "replace css votedisk",
                    "FUID|OLDPATH NEWPATH [-f]",
                    "put a new disk in the place of a voting disk",
                    List.of(flag("-f", "also over what is not blank")),
                    "crsctl replace css votedisk /dev/mapper/vote3 /dev/mapper/vote4"),
            new Command(
                    "replace votedisk",
                    "PATH... [-f]",
                    "put new disks in the place of all voting disks",
                    List.of(flag("-f", "also over what is not blank")),
                    "crsctl replace votedisk /dev/mapper/new1 /dev/mapper/new2 /dev/mapper/new3"),
            new Command(
                    "query css fencing",
                    "[-o json]",
                    "show how nodes are fenced, and which were",
                    List.of(JSON),
                    "crsctl query css fencing"),
            new Command(
                    "query css links",
                    "[-o json]",
                    "show the private networks to each node: state, round trip, loss",
                    List.of(JSON),
                    "crsctl query css links"),
            new Command(
                    "query css timing",
                    "[-o json]",
                    "show the timing of the cluster and how it follows from the profile",
                    List.of(JSON),
                    "crsctl query css timing"),
            new Command(
                    "set css",
                    "NAME SECONDS",
                    "changes misscount, disktimeout, reboottime, lease, ... of the whole cluster while it runs",
                    List.of(),
                    "crsctl set css misscount 5"),
            new Command("unset css", "NAME", "back to what the profile has", List.of(), "crsctl unset css misscount"),
            new Command(
                    "set server css_critical",
                    "{yes|no}",
                    "whether this server should rather survive a partition than others",
                    List.of(),
                    "crsctl set server css_critical yes"),
            new Command(
                    "get server css_critical",
                    "[-o json]",
                    "whether this server should rather survive a partition than others",
                    List.of(JSON),
                    "crsctl get server css_critical"),
            new Command(
                    "get css misscount",
                    "[-o json]",
                    "seconds of silence before a node is voted out",
                    List.of(JSON),
                    "crsctl get css misscount"),
            new Command(
                    "get css disktimeout",
                    "[-o json]",
                    "seconds a voting disk may take",
                    List.of(JSON),
                    "crsctl get css disktimeout"),
            new Command(
                    "get css reboottime",
                    "[-o json]",
                    "seconds a node is given to stop",
                    List.of(JSON),
                    "crsctl get css reboottime"),
            new Command(
                    "confirm fenced",
                    "NODE -f",
                    "vouch, as the operator, that a node that was voted out is powered off: only if you have seen it, or data may be lost",
                    List.of(flag("-f", "I have seen that it is off")),
                    "crsctl confirm fenced node2 -f"),
            new Command(
                    "fence",
                    "NODE [-r REASON] [-f]",
                    "vote a node out and have it fenced",
                    List.of(
                            valued("-r", "REASON", "kept in the fencing record"),
                            flag("-f", "also the node on which the command is given")),
                    "crsctl fence node2 -r \"its disk controller corrupts data\""),
            new Command(
                    "why-fenced",
                    "[NODE] [-o json]",
                    "tell why a node, or this one, was voted out the last time, and what proved it harmless",
                    List.of(JSON),
                    "crsctl why-fenced node2"));

    static final List<Command> ALL_COMMANDS = all();

    private static List<Command> all() {
        var all = new ArrayList<Command>(FIRST_COMMANDS);
        AREAS.forEach(area -> all.addAll(area.commands()));
        return List.copyOf(all);
    }

    /** Commands of the clusterware that administrators may know this command from, and that we do not have. */
    private static final List<String> OTHERS =
            List.of("create", "debug", "discover", "lsmodules", "release", "request");

    private Commands() {}

    /** A command and what follows its words. */
    record Found(Command command, List<String> rest) {}

    /** Replaces the short forms of words by the long ones. */
    private static String longForm(int position, String word) {
        return switch (word) {
            case "stat" -> "status";
            case "res" -> "resource";
            default -> word;
        };
    }

    /** The command with the most words that begin the line. */
    static Found find(List<String> line) throws UsageProblem {
        var words = new ArrayList<String>();
        for (String word : line) {
            if (word.startsWith("-")) {
                break;
            }
            words.add(longForm(words.size(), word));
        }
        for (int count = Math.min(3, words.size()); count > 0; count--) {
            String candidate = String.join(" ", words.subList(0, count));
            for (Command command : ALL_COMMANDS) {
                // One that takes no names does not swallow a misspelt word of another.
                boolean other = command.usage().startsWith("--") && words.size() > count;
                if (command.words().equals(candidate) && !other) {
                    return new Found(command, line.subList(count, line.size()));
                }
            }
        }
        throw unknown(words);
    }

    /** Commands that begin with these words, for help. */
    static List<Command> beginningWith(List<String> line) {
        var words = new ArrayList<String>();
        line.forEach(word -> words.add(longForm(words.size(), word)));
        String beginning = String.join(" ", words) + " ";
        return ALL_COMMANDS.stream()
                .filter(command -> (command.words() + " ").startsWith(beginning))
                .toList();
    }

    /** Says which word is the wrong one, and what may stand in its place. */
    static UsageProblem unknown(List<String> words) {
        var good = new ArrayList<String>();
        for (String word : words) {
            Set<String> next = next(good);
            if (next.contains(longForm(good.size(), word))) {
                good.add(longForm(good.size(), word));
                continue;
            }
            if (good.isEmpty() && OTHERS.contains(word)) {
                return new UsageProblem(
                        "'crsctl " + word + "' is not offered in this version", "All commands:  crsctl -h");
            }
            if (good.isEmpty()) {
                return new UsageProblem(
                        "crsctl has no command '" + word + "'." + hint(word, next), "All commands:  crsctl -h");
            }
            String beginning = String.join(" ", good);
            return new UsageProblem(
                    "'" + beginning + "' is not followed by '" + word + "'." + hint(word, next),
                    next.size() == 1
                            ? "It is followed by '" + next.iterator().next() + "'."
                            : "It is followed by one of: " + String.join(", ", next),
                    "Help:  crsctl " + beginning + " -h");
        }
        if (good.isEmpty()) {
            return new UsageProblem(
                    "the command is missing", "All commands:  crsctl -h", "An example:    crsctl status resource -t");
        }
        String beginning = String.join(" ", good);
        Set<String> next = next(good);
        return new UsageProblem(
                "'" + beginning + "' is not whole: it is followed by " + (next.size() == 1 ? "" : "one of ")
                        + String.join(", ", next),
                "Help:  crsctl " + beginning + " -h");
    }

    private static String hint(String word, Set<String> next) {
        return Nearest.hint(word, next);
    }

    /** Words that may follow these. */
    private static Set<String> next(List<String> words) {
        var next = new LinkedHashSet<String>();
        for (Command command : ALL_COMMANDS) {
            List<String> all = List.of(command.words().split(" "));
            if (all.size() > words.size() && all.subList(0, words.size()).equals(words)) {
                next.add(all.get(words.size()));
            }
        }
        return next;
    }

    static String overview() {
        var text = new StringBuilder("""
                crsctl: manages the resources of the cluster and looks at its state.

                Usage:  crsctl COMMAND [NAME...] [OPTION...]
                        crsctl COMMAND -h          how to use one command, with an example

                """);
        for (Command command : ALL_COMMANDS) {
            text.append("  ")
                    .append(Text.pad(command.words(), 26))
                    .append(Text.indent(Text.wrap(command.summary(), 70), 28).strip())
                    .append('\n');
        }
        return text.append("""

                'stat' stands for 'status', 'res' for 'resource'.
                Exit status:  0 done   1 refused or failed   2 not understood, nothing was sent   3 the cluster cannot be reached
                """).toString();
    }

    /** {@code program}: what stands before the words of the command, with a blank. */
    static String help(String program, Command command) {
        var text = new StringBuilder();
        text.append(Text.indent(Text.wrap(program + command.words() + ": " + command.summary() + ".", 100), 0))
                .append("\n\n");
        text.append("Usage:    ")
                .append(program)
                .append((command.words() + " " + command.usage()).strip())
                .append('\n');
        int width = 0;
        for (Option option : command.options()) {
            width = Math.max(
                    width, (option.name() + " " + option.value()).strip().length());
        }
        for (Option option : command.options()) {
            text.append("  ")
                    .append(Text.pad((option.name() + " " + option.value()).strip(), width + 2))
                    .append(option.meaning())
                    .append('\n');
        }
        return text.append("Example:  ").append(command.example()).append('\n').toString();
    }
}
