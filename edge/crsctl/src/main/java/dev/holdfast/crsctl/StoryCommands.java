package dev.holdfast.crsctl;

import static dev.holdfast.crsctl.Command.flag;
import static dev.holdfast.crsctl.Command.valued;

import dev.holdfast.control.Codec;
import dev.holdfast.control.Filter;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Selection;
import dev.holdfast.control.Unreachable;
import dev.holdfast.crsctl.Command.Option;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What happened, and what is happening. */
final class StoryCommands implements CommandArea {
    private static final Duration LOOK = Duration.ofMillis(500);
    /** Entries of another node may come later than ours of the same time. */
    private static final long LATE_MILLIS = 3_000;

    private static final int MANY = 5_000;
    private static final Option NODES = new Option("-n", "NODE...", true, "only these nodes");
    private static final Option LAST = valued("-last", "NUMBER", "so many of the newest at most");

    private static final Command STATUS = new Command(
            "status",
            "--watch [-interval SECONDS] [-count NUMBER]",
            "show resources and nodes, live: one row a resource, one column a node, and the latest events",
            List.of(
                    flag("--watch", "until it is interrupted"),
                    valued("-interval", "SECONDS", "between two looks; 1 if not given"),
                    valued("-count", "NUMBER", "end after so many looks")),
            "crsctl status --watch");
    private static final Command EVENTS = new Command(
            "events",
            "[-n NODE...] [-since SPAN] [-filter FILTER] [-last NUMBER] [--follow] [-o json]",
            "show what happened on the nodes, from their event logs",
            List.of(
                    NODES,
                    valued("-since", "SPAN", "such as 30s, 10m, 2h, 1d; one hour if not given"),
                    valued(
                            "-filter",
                            "FILTER",
                            "\"(EVENT = state) AND (resource = web)\"; also NODE, TEXT and any detail"),
                    LAST,
                    flag("--follow", "and go on until it is interrupted"),
                    Commands.JSON),
            "crsctl events -since 10m -filter \"EVENT = state\"");
    private static final Command STORY = new Command(
            "story",
            "[LAST | ID | -list] [-since SPAN] [-o json]",
            "tell a failover in milliseconds, with what caused what: the last one, or another",
            List.of(
                    flag("-list", "name all there are"),
                    valued("-since", "SPAN", "how far back to look; one day if not given"),
                    Commands.JSON),
            "crsctl story LAST");
    private static final Command CALOG = new Command(
            "query calog",
            "[-aftertime TIME] [-beforetime TIME] [-days NUMBER | -duration SPAN] [-filter FILTER] [-node NODE...] [-last NUMBER] [-fullfmt] [-follow] [-o json]",
            "show who asked for what, and what came of it",
            List.of(
                    valued("-aftertime", "TIME", "\"2026-11-29 14:00:00\""),
                    valued("-beforetime", "TIME", "\"2026-11-29 15:00:00\""),
                    valued("-days", "NUMBER", "of the last days"),
                    valued("-duration", "SPAN", "of the last 30s, 10m, 2h, 1d; a day if not given"),
                    valued(
                            "-filter",
                            "FILTER",
                            "\"(USER = oracle) AND (OUTCOME st refused)\"; also NODE, TEXT, REQUEST"),
                    new Option("-node", "NODE...", true, "asked on these nodes"),
                    LAST,
                    flag("-fullfmt", "every field, one a line"),
                    flag("-follow", "and go on until it is interrupted"),
                    Commands.JSON),
            "crsctl query calog -duration 1h");
    private static final List<Command> COMMANDS = List.of(STATUS, EVENTS, STORY, CALOG);

    @Override
    public List<Command> commands() {
        return COMMANDS;
    }

    @Override
    public int run(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        return switch (command.words()) {
            case "status" -> watch(crsctl, arguments);
            case "events" -> events(crsctl, command, arguments);
            case "story" -> story(crsctl, command, arguments);
            default -> calog(crsctl, command, arguments);
        };
    }

    // ---- status --watch

    private static int watch(Crsctl crsctl, Arguments arguments) throws UsageProblem, Unreachable {
        List<String> more = arguments.names("word");
        if (!more.isEmpty() || !arguments.has("--watch")) {
            var words = new ArrayList<String>(List.of("status"));
            words.addAll(more);
            throw Commands.unknown(words);
        }
        long pause = arguments.has("-interval") ? 1_000L * number(arguments, "-interval", 1) : 1_000;
        int count = arguments.has("-count") ? number(arguments, "-count", 1) : Integer.MAX_VALUE;
        boolean terminal = isTerminal();
        for (int look = 1; ; look++) {
            Reply.Answer resources = crsctl.cluster().ask(new Request.StatusResource(new Selection.All(), false));
            Reply.Answer servers = crsctl.cluster().ask(new Request.StatusServer(List.of()));
            Reply.Answer latest = crsctl.cluster()
                    .ask(new Request.ReadLog("events", List.of(), now() - 3_600_000, now() + 3_600_000, 200));
            String frame = resources instanceof Reply.Resources all
                            && servers instanceof Reply.Servers nodes
                            && latest instanceof Reply.Log log
                    ? WatchText.frame(now(), crsctl.surroundings().zone().get(), all, nodes, log.entries())
                    : "The cluster has no master that answers at the moment.\n";
            crsctl.print((terminal ? "\033[H\033[2J" : "") + frame);
            if (look >= count) {
                return Cluster.DONE;
            }
            pause(pause);
        }
    }

    @SuppressWarnings("SystemConsoleNull") // From Java 25 on it is null again without a terminal.
    private static boolean isTerminal() {
        var console = System.console();
        return console != null && console.isTerminal() && System.getenv("TERM") != null;
    }

    // ---- events and calog

    private static int events(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        arguments.none();
        long after = now() - millis(arguments.value("-since").orElse("1h"), "-since");
        return list(
                crsctl,
                command,
                arguments,
                new Request.ReadLog("events", arguments.values("-n"), after, Long.MAX_VALUE >> 12, MANY),
                arguments.has("--follow"),
                entry -> eventLine(entry));
    }

    private static int calog(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        arguments.none();
        arguments.atMostOneOf("-aftertime", "-days", "-duration");
        long after = arguments.has("-aftertime")
                ? time(crsctl, arguments.value("-aftertime").orElseThrow())
                : now()
                        - millis(
                                arguments.has("-days")
                                        ? number(arguments, "-days", 1) + "d"
                                        : arguments.value("-duration").orElse("1d"),
                                "-duration");
        long before = arguments.has("-beforetime")
                ? time(crsctl, arguments.value("-beforetime").orElseThrow())
                : Long.MAX_VALUE >> 12;
        return list(
                crsctl,
                command,
                arguments,
                new Request.ReadLog("calog", arguments.values("-node"), after, before, MANY),
                arguments.has("-follow"),
                entry -> arguments.has("-fullfmt") ? fullFormat(entry) : actLine(entry));
    }

    private interface Line {
        String of(Reply.Entry entry);
    }

    private static int list(
            Crsctl crsctl, Command command, Arguments arguments, Request.ReadLog read, boolean follow, Line line)
            throws UsageProblem, Unreachable {
        boolean json = arguments.json();
        int most = arguments.has("-last") ? number(arguments, "-last", 1) : MANY;
        Optional<Filter> filter = filter(arguments);
        for (String node : read.nodes()) {
            Arguments.checkName("node", node);
        }
        Reply.Answer answer = crsctl.cluster().ask(read);
        if (!(answer instanceof Reply.Log(List<Reply.Entry> found, List<String> silent))) {
            return crsctl.print(command, answer, json, Crsctl::unexpected);
        }
        List<Reply.Entry> entries = kept(joined(found), filter);
        entries = entries.subList(Math.max(0, entries.size() - most), entries.size());
        if (json && !follow) {
            return crsctl.print(Codec.pretty(new Reply.Log(entries, silent)) + "\n");
        }
        tellSilent(crsctl, silent);
        print(crsctl, entries, json, line);
        if (!follow) {
            return Cluster.DONE;
        }
        Set<Reply.Entry> seen = new HashSet<>(found);
        long newest = newest(found, read.afterMillis());
        while (true) {
            pause(LOOK.toMillis());
            var next = new Request.ReadLog(
                    read.log(),
                    read.nodes(),
                    Math.max(read.afterMillis(), newest - LATE_MILLIS),
                    read.beforeMillis(),
                    MANY);
            if (crsctl.cluster().ask(next) instanceof Reply.Log(List<Reply.Entry> now, List<String> _)) {
                List<Reply.Entry> fresh =
                        now.stream().filter(entry -> !seen.contains(entry)).toList();
                seen.clear();
                seen.addAll(now);
                newest = newest(now, newest);
                print(crsctl, kept(fresh, filter), json, line);
            }
        }
    }

    private static void tellSilent(Crsctl crsctl, List<String> silent) {
        if (!silent.isEmpty()) {
            crsctl.surroundings()
                    .err()
                    .println("HF-4034: Without the logs of " + String.join(", ", silent)
                            + ", which cannot be reached now.");
        }
    }

    private static void print(Crsctl crsctl, List<Reply.Entry> entries, boolean json, Line line) {
        for (Reply.Entry entry : entries) {
            crsctl.print(json ? Codec.encode(new Reply.Log(List.of(entry), List.of())) + "\n" : line.of(entry) + "\n");
        }
    }

    private static long newest(List<Reply.Entry> entries, long least) {
        return entries.stream()
                .mapToLong(entry -> Instant.parse(entry.wall()).toEpochMilli())
                .reduce(least, Math::max);
    }

    /** The beginning of an act is left out where its end is there, too. */
    private static List<Reply.Entry> joined(List<Reply.Entry> entries) {
        Set<String> ended = new HashSet<>();
        for (Reply.Entry entry : entries) {
            if (entry.event().equals("act-ended")) {
                ended.add(entry.node() + entry.details().get("act"));
            }
        }
        return entries.stream()
                .filter(entry -> !entry.event().equals("act-begun")
                        || !ended.contains(entry.node() + entry.details().get("act")))
                .toList();
    }

    private static List<Reply.Entry> kept(List<Reply.Entry> entries, Optional<Filter> filter) {
        return filter.map(wanted -> entries.stream()
                        .filter(entry -> wanted.matches(name -> field(entry, name)))
                        .toList())
                .orElse(entries);
    }

    private static List<String> field(Reply.Entry entry, String name) {
        return switch (name) {
            case "EVENT" -> List.of(entry.event());
            case "NODE" -> List.of(entry.node());
            case "TEXT" -> List.of(entry.text());
            default -> {
                String value = entry.details()
                        .getOrDefault(name, entry.details().get(name.toLowerCase(java.util.Locale.ROOT)));
                yield value == null ? List.of() : List.of(value);
            }
        };
    }

    private static Optional<Filter> filter(Arguments arguments) throws UsageProblem {
        if (!arguments.has("-filter")) {
            return Optional.empty();
        }
        try {
            return Optional.of(Filter.parse(arguments.value("-filter").orElseThrow()));
        } catch (IllegalArgumentException bad) {
            throw new UsageProblem(
                    "the filter was not understood: " + bad.getMessage(), "An example: -filter \"EVENT = state\"");
        }
    }

    static String eventLine(Reply.Entry entry) {
        return shortTime(entry.wall()) + "  " + entry.node() + "  " + Text.pad(entry.event(), 16) + "  " + entry.text();
    }

    private static String actLine(Reply.Entry entry) {
        String outcome = entry.event().equals("act-begun") ? ": under way, or its end is not known" : "";
        return shortTime(entry.wall()) + "  " + entry.node() + "  " + entry.text() + outcome;
    }

    private static String fullFormat(Reply.Entry entry) {
        var text = new StringBuilder();
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("TIMESTAMP", entry.wall());
        fields.put("HOST", entry.node());
        fields.put("EVENT", entry.event());
        entry.details().forEach((name, value) -> fields.put(name.toUpperCase(java.util.Locale.ROOT), value));
        fields.forEach(
                (name, value) -> text.append(name).append('=').append(value).append('\n'));
        return text.toString();
    }

    /** As the log has it, in UTC, without the letters. */
    private static String shortTime(String wall) {
        String text = wall.replace('T', ' ').replace("Z", "");
        return (text + (text.indexOf('.') < 0 ? ".000" : "000")).substring(0, 23);
    }

    // ---- story

    private static int story(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        Optional<String> wanted = arguments.maybe("story").filter(name -> !name.equals("LAST"));
        if (wanted.isPresent() && arguments.has("-list")) {
            throw new UsageProblem("-list and a story exclude each other: give one of them");
        }
        boolean json = arguments.json();
        long after = now() - millis(arguments.value("-since").orElse("1d"), "-since");
        Reply.Answer answer =
                crsctl.cluster().ask(new Request.ReadLog("events", List.of(), after, Long.MAX_VALUE >> 12, MANY));
        if (!(answer instanceof Reply.Log(List<Reply.Entry> entries, List<String> silent))) {
            return crsctl.print(command, answer, json, Crsctl::unexpected);
        }
        Map<Integer, String> names = new LinkedHashMap<>();
        if (crsctl.cluster().ask(new Request.ListNodes()) instanceof Reply.Nodes nodes) {
            nodes.nodes().forEach(node -> names.put(node.number(), node.name()));
        }
        List<Story> stories = Story.all(entries, names);
        if (!json) {
            tellSilent(crsctl, silent);
        }
        if (arguments.has("-list")) {
            return crsctl.print(json ? Story.json(stories) + "\n" : Story.list(stories));
        }
        Optional<Story> found = wanted.isPresent()
                ? stories.stream()
                        .filter(story -> story.id().equals(wanted.get()))
                        .findFirst()
                : stories.stream().filter(Story::isFailover).reduce((_, later) -> later);
        if (found.isEmpty()) {
            return crsctl.print(
                    command,
                    wanted.isPresent()
                            ? Reply.Refused.because(
                                    "HF-4035",
                                    "There is no story '" + wanted.get() + "' in the logs that can be read.",
                                    "All there are:  crsctl story -list")
                            : Reply.Refused.because(
                                    "HF-4036",
                                    "No failover is in the logs that can be read.",
                                    "What else happened:  crsctl story -list",
                                    "Farther back:  crsctl story -since 30d"),
                    json,
                    _ -> "");
        }
        return crsctl.print(
                json ? Story.json(List.of(found.get())) + "\n" : found.get().text());
    }

    // ---- numbers

    private static long now() {
        return System.currentTimeMillis();
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int number(Arguments arguments, String option, int least) throws UsageProblem {
        String text = arguments.value(option).orElseThrow();
        if (text.matches("\\d{1,6}") && Integer.parseInt(text) >= least) {
            return Integer.parseInt(text);
        }
        throw new UsageProblem(option + " is a number from " + least + " on, not '" + text + "'");
    }

    private static long millis(String span, String option) throws UsageProblem {
        if (!span.matches("\\d{1,6}[smhd]")) {
            throw new UsageProblem(
                    option + " is a number and one of s, m, h, d, as in 30s, 10m, 2h, 1d; not '" + span + "'");
        }
        long number = Long.parseLong(span.substring(0, span.length() - 1));
        return switch (span.charAt(span.length() - 1)) {
            case 's' -> Duration.ofSeconds(number).toMillis();
            case 'm' -> Duration.ofMinutes(number).toMillis();
            case 'h' -> Duration.ofHours(number).toMillis();
            default -> Duration.ofDays(number).toMillis();
        };
    }

    private static long time(Crsctl crsctl, String text) throws UsageProblem {
        try {
            return LocalDateTime.parse(text.strip().replace(' ', 'T'))
                    .atZone(crsctl.surroundings().zone().get())
                    .toInstant()
                    .toEpochMilli();
        } catch (DateTimeException e) {
            throw new UsageProblem(
                    "'" + text + "' is no time: write it as \"2026-11-29 14:00:00\", in the time zone of this machine");
        }
    }
}
