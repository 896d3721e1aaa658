package dev.holdfast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What many runs of the fault matrix come to: a table for each profile and way of fencing, a row for each scenario. */
final class FaultTable {
    private static final List<String> HEADER = List.of(
            "fault",
            "runs",
            "outage median ms",
            "max",
            "held twice, ms",
            "moved",
            "voted out",
            "proved after, median ms",
            "max",
            "allowed",
            "service back",
            "s per run",
            "runs with a finding");

    static final String BEGIN = "<!-- the table: written by ./holdfast bench faults --table --into -->";
    static final String END = "<!-- end of the table -->";

    private FaultTable() {}

    /** Lines of Markdown. Runs of scenarios that are no more are left out. */
    static List<String> of(Collection<Verdict> verdicts) {
        Map<String, List<Verdict>> groups = verdicts.stream()
                .collect(Collectors.groupingBy(
                        verdict -> "Profile `%s`, fencing by %s".formatted(verdict.profile(), verdict.fencing()),
                        TreeMap::new,
                        Collectors.toList()));
        Set<String> meetings = Scenario.meetings().stream().map(Scenario::name).collect(Collectors.toSet());
        List<String> lines = new ArrayList<>();
        groups.forEach((title, runs) -> {
            if (!lines.isEmpty()) {
                lines.add("");
            }
            lines.add(title + ", " + runs.size() + " runs:");
            lines.add("");
            lines.add("| " + String.join(" | ", HEADER) + " |");
            lines.add("|---|" + "---:|".repeat(HEADER.size() - 1));
            for (Scenario scenario : Scenario.all()) {
                List<Verdict> of = runs.stream()
                        .filter(verdict -> verdict.scenario().equals(scenario.name()))
                        .toList();
                if (!of.isEmpty()) {
                    lines.add("| " + String.join(" | ", row(scenario.text(), of)) + " |");
                }
            }
            List<Verdict> met = runs.stream()
                    .filter(verdict -> meetings.contains(verdict.scenario()))
                    .toList();
            if (!met.isEmpty()) {
                long different = met.stream().map(Verdict::scenario).distinct().count();
                lines.add("| "
                        + String.join(
                                " | ",
                                row("two faults at once: %d of %d pairs".formatted(different, meetings.size()), met))
                        + " |");
            }
            List<String> findings = findings(runs);
            if (!findings.isEmpty()) {
                lines.add("");
                lines.addAll(findings);
            }
        });
        return lines;
    }

    private static List<String> row(String fault, List<Verdict> runs) {
        long[] outages = sorted(runs.stream().filter(Verdict::back), Verdict::outageMillis);
        // Only those for which there is a bound, if there are any: a node's own word comes when it comes.
        boolean timed = runs.stream().anyMatch(verdict -> verdict.boundMillis() >= 0);
        long[] proofs = sorted(
                runs.stream().filter(verdict -> timed ? verdict.boundMillis() >= 0 : verdict.proofMillis() >= 0),
                Verdict::proofMillis);
        long[] bounds = sorted(runs.stream().filter(verdict -> verdict.boundMillis() >= 0), Verdict::boundMillis);
        long[] took = sorted(runs.stream().filter(verdict -> verdict.tookMillis() > 0), Verdict::tookMillis);
        return List.of(
                fault,
                Integer.toString(runs.size()),
                Bench.median(outages),
                last(outages),
                Long.toString(runs.stream().mapToLong(Verdict::twiceMillis).sum()),
                count(runs.stream().filter(Verdict::moved)),
                count(runs.stream().filter(verdict -> !verdict.votedOut().isEmpty())),
                Bench.median(proofs),
                last(proofs),
                bounds.length == 0 ? "" : Long.toString(bounds[0]),
                count(runs.stream().filter(Verdict::back)),
                took.length == 0 ? "-" : "%.0f".formatted(took[took.length / 2] / 1000.0),
                count(runs.stream().filter(verdict -> !verdict.good())));
    }

    private static long[] sorted(Stream<Verdict> runs, ToLongFunction<Verdict> value) {
        return runs.mapToLong(value).sorted().toArray();
    }

    private static String last(long[] sorted) {
        return sorted.length == 0 ? "-" : Long.toString(sorted[sorted.length - 1]);
    }

    private static String count(Stream<Verdict> verdicts) {
        return Long.toString(verdicts.count());
    }

    /** Each problem once, with how often it was found. */
    private static List<String> findings(List<Verdict> runs) {
        Map<String, Long> times = runs.stream()
                .flatMap(verdict -> verdict.problems().stream()
                        .map(problem -> verdict.scenario() + ": "
                                + problem.lines().findFirst().orElse("").replaceAll("[0-9]+", "N")))
                .collect(Collectors.groupingBy(problem -> problem, TreeMap::new, Collectors.counting()));
        return times.entrySet().stream()
                .map(entry -> "* " + entry.getValue() + " x " + entry.getKey())
                .toList();
    }

    /** Replaces what stands between the two marks of a page. */
    static void putInto(Path page, List<String> table) throws IOException {
        List<String> lines = Files.readAllLines(page);
        int begin = lines.indexOf(BEGIN);
        int end = lines.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IOException(page + " has no place for the table: the lines '" + BEGIN + "' and '" + END + "'");
        }
        List<String> fresh = new ArrayList<>(lines.subList(0, begin + 1));
        fresh.add("");
        fresh.addAll(table);
        fresh.add("");
        fresh.addAll(lines.subList(end, lines.size()));
        Files.write(page, fresh);
    }
}
