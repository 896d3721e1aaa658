package dev.holdfast.crsctl;

import dev.holdfast.control.Reply;
import dev.holdfast.control.Texts;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Something that happened to the cluster, from its first sign until it was quiet again, told from the event logs of the nodes. Events belong
 * to one story as long as they follow each other within {@link #QUIET}.
 *
 * @param id names it: the time of its beginning
 * @param title what it was, in a sentence
 */
record Story(String id, String title, boolean isFailover, List<Reply.Entry> entries) {
    private static final Duration QUIET = Duration.ofSeconds(10);

    /** What begins a story or goes on with one; other events are only told within it. */
    private static final Set<String> NOTEWORTHY = Set.of(
            "suspect",
            "vote",
            "view-committed",
            "evicted",
            "lease-lost",
            "letting-go",
            "let-go",
            "fence-requested",
            "fence-failed",
            "settled",
            "master",
            "plan",
            "action-begin",
            "action-end",
            "vip-up",
            "vip-down",
            "state",
            "policy",
            "resumed",
            "crsd-started",
            "storage-outage",
            "storage-back");

    private static final Map<String, String> PROOFS = Map.of(
            "FENCED", "F1, the fence device says: off",
            "STOPPED", "F2, it wrote itself that all is stopped",
            "REBOOTED", "F3, its machine has booted anew",
            "TIMER", "F4, its lease and its watchdog have run out",
            "OPERATOR", "F5, an operator vouches");

    private static final Pattern NODE = Pattern.compile("\\bn(\\d{1,4})\\b(?!\\.)");

    Story {
        entries = List.copyOf(entries);
    }

    /**
     * All stories of these entries, which are in the order of time; the oldest first.
     *
     * @param names of nodes by number: the daemons write n1 for node number 1
     */
    static List<Story> all(List<Reply.Entry> recorded, Map<Integer, String> names) {
        List<Reply.Entry> entries =
                recorded.stream().map(entry -> named(entry, names)).toList();
        List<Story> stories = new ArrayList<>();
        List<Reply.Entry> current = new ArrayList<>();
        Instant last = Instant.EPOCH;
        for (Reply.Entry entry : entries) {
            if (!NOTEWORTHY.contains(entry.event())) {
                continue;
            }
            Instant when = Instant.parse(entry.wall());
            if (!current.isEmpty() && Duration.between(last, when).compareTo(QUIET) > 0) {
                stories.add(of(current));
                current = new ArrayList<>();
            }
            current.add(entry);
            last = when;
        }
        if (!current.isEmpty()) {
            stories.add(of(current));
        }
        return stories;
    }

    private static Reply.Entry named(Reply.Entry entry, Map<Integer, String> names) {
        Map<String, String> details = new LinkedHashMap<>();
        entry.details().forEach((name, value) -> details.put(name, named(value, names)));
        return new Reply.Entry(entry.wall(), entry.node(), entry.event(), named(entry.text(), names), details);
    }

    private static String named(String text, Map<Integer, String> names) {
        return NODE.matcher(text)
                .replaceAll(found ->
                        Matcher.quoteReplacement(names.getOrDefault(Integer.parseInt(found.group(1)), found.group())));
    }

    private static Story of(List<Reply.Entry> entries) {
        List<Reply.Entry> told = entries;
        Optional<Reply.Entry> eviction = first(entries, "view-committed", entry -> votedOut(entry));
        Optional<Reply.Entry> lost = first(
                entries,
                "let-go",
                entry -> entry.details().getOrDefault("daemon", "").equals("cssd"));
        Optional<Reply.Entry> failed = first(
                entries,
                "policy",
                entry -> !entry.details().getOrDefault("code", "").isEmpty());
        Optional<Reply.Entry> failedState = first(
                entries,
                "state",
                entry -> !List.of("ONLINE", "OFFLINE").contains(entry.details().getOrDefault("state", "ONLINE")));
        String title = eviction.map(entry -> entry.details().getOrDefault("reason", entry.text()))
                .or(() -> lost.map(entry -> entry.node() + " let go of everything"))
                .or(() -> failed.map(Reply.Entry::text))
                .or(() -> failedState.map(Reply.Entry::text))
                .orElseGet(() -> planned(entries));
        boolean failover = eviction.isPresent() || lost.isPresent() || failed.isPresent() || failedState.isPresent();
        if (eviction.isPresent()) {
            // Whatever went on before is not why: the first sign is.
            int begin = firstSign(entries, eviction.get());
            told = entries.subList(begin, entries.size());
        }
        String id = told.getFirst().wall().replaceAll("[-:]", "").replaceAll("\\..*|Z", "");
        return new Story(id, title, failover, told);
    }

    private static boolean votedOut(Reply.Entry entry) {
        String reason = entry.details().getOrDefault("reason", entry.text());
        return reason.contains("voted out") || reason.contains("silent") || reason.contains("evict");
    }

    private static int firstSign(List<Reply.Entry> entries, Reply.Entry eviction) {
        int end = entries.indexOf(eviction);
        for (int at = 0; at < end; at++) {
            if (Set.of("suspect", "lease-lost", "letting-go", "vote")
                    .contains(entries.get(at).event())) {
                return at;
            }
        }
        return end;
    }

    private interface Wanted {
        boolean is(Reply.Entry entry);
    }

    private static Optional<Reply.Entry> first(List<Reply.Entry> entries, String event, Wanted wanted) {
        return entries.stream()
                .filter(entry -> entry.event().equals(event) && wanted.is(entry))
                .findFirst();
    }

    private static String planned(List<Reply.Entry> entries) {
        return first(entries, "plan", _ -> true)
                .map(plan -> "planned: " + plan.text())
                .or(() -> first(entries, "crsd-started", _ -> true).map(Reply.Entry::text))
                .orElseGet(() -> entries.getFirst().text());
    }

    // ---- text

    private record Row(long millis, String node, String what) {}

    private List<Row> rows() {
        long zero = millis(entries.getFirst());
        List<Row> rows = new ArrayList<>();
        for (Reply.Entry entry : entries) {
            told(entry).ifPresent(what -> rows.add(new Row(millis(entry) - zero, entry.node(), what)));
        }
        return rows;
    }

    private static long millis(Reply.Entry entry) {
        return Instant.parse(entry.wall()).toEpochMilli();
    }

    /** One event in words; empty if it is a detail that only its log needs. */
    private static Optional<String> told(Reply.Entry entry) {
        Map<String, String> details = entry.details();
        String resource = details.getOrDefault("resource", "");
        boolean crsd = details.getOrDefault("daemon", "").equals("crsd");
        return switch (entry.event()) {
            case "suspect" -> Optional.of("detected: " + entry.text());
            case "vote" -> Optional.of("asked who else hears whom: " + entry.text());
            case "view-committed" ->
                Optional.of("voted: epoch " + details.getOrDefault("epoch", "?") + " has the members "
                        + details.getOrDefault("members", "?") + ", because " + details.getOrDefault("reason", "?"));
            case "evicted" -> Optional.of("learns that it was voted out: " + entry.text());
            case "letting-go" -> crsd ? Optional.empty() : Optional.of(entry.text());
            case "let-go" -> crsd ? Optional.empty() : Optional.of("has let go: " + entry.text());
            case "settled" ->
                Optional.of("proved harmless: " + details.getOrDefault("victim", "?") + " ("
                        + PROOFS.getOrDefault(details.getOrDefault("proof", ""), details.getOrDefault("proof", "?"))
                        + ")");
            case "plan" -> Optional.of("decided: " + entry.text());
            case "action-begin" -> Optional.of(details.getOrDefault("action", "") + " of " + resource + " begins");
            case "action-end" ->
                Optional.of(details.getOrDefault("action", "") + " of " + resource + " "
                        + details.getOrDefault("outcome", "ended") + ", it took " + details.getOrDefault("millis", "?")
                        + " ms");
            case "vip-up" -> Optional.of("address up: " + resource + " " + details.getOrDefault("address", ""));
            case "vip-down" -> Optional.of("address down: " + resource + " " + details.getOrDefault("address", ""));
            case "state" -> Optional.of(resource + " is " + details.getOrDefault("state", "?"));
            default -> Optional.of(entry.text());
        };
    }

    String text() {
        var text = new StringBuilder("Story " + id + ": " + title + "\n");
        long before = 0;
        int width =
                entries.stream().mapToInt(entry -> entry.node().length()).max().orElse(0);
        for (Row row : rows()) {
            String since = "+" + row.millis + " ms";
            String step = "(+" + (row.millis - before) + ")";
            text.append(" ".repeat(Math.max(0, 10 - since.length())))
                    .append(since)
                    .append(" ".repeat(Math.max(1, 10 - step.length())))
                    .append(step)
                    .append("  ")
                    .append(Text.pad(row.node, width + 2))
                    .append(row.what)
                    .append('\n');
            before = row.millis;
        }
        Map<String, String> back = back();
        if (!back.isEmpty()) {
            text.append("Back in service, counted from the first line:\n");
            back.forEach((resource, when) ->
                    text.append("  ").append(resource).append("  ").append(when).append('\n'));
        }
        text.append("Every time is by the clock of the node that says it.\n");
        return text.toString();
    }

    /** When each resource was last ONLINE, and where. */
    private Map<String, String> back() {
        long zero = millis(entries.getFirst());
        Map<String, String> back = new LinkedHashMap<>();
        for (Reply.Entry entry : entries) {
            String state = entry.details().getOrDefault("state", "");
            String resource = entry.details().getOrDefault("resource", "");
            if (entry.event().equals("state") && state.equals("ONLINE")) {
                back.put(resource, "+" + (millis(entry) - zero) + " ms on " + entry.node());
            }
        }
        return back;
    }

    static String list(List<Story> stories) {
        if (stories.isEmpty()) {
            return "Nothing happened in that time.\n";
        }
        var rows = new ArrayList<List<String>>();
        stories.forEach(story -> rows.add(List.of(story.id, story.isFailover ? "failover" : "", story.title)));
        return Text.columns(rows);
    }

    static String json(List<Story> stories) {
        List<Object> all = new ArrayList<>();
        for (Story story : stories) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("id", story.id);
            one.put("title", story.title);
            one.put("failover", story.isFailover);
            one.put("begin", story.entries.getFirst().wall());
            List<Object> steps = new ArrayList<>();
            for (Row row : story.rows()) {
                Map<String, Object> step = new LinkedHashMap<>();
                step.put("millis", row.millis);
                step.put("node", row.node);
                step.put("text", row.what);
                steps.add(step);
            }
            one.put("steps", steps);
            all.add(one);
        }
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("t", "stories");
        root.put("stories", all);
        return Texts.pretty(root);
    }
}
