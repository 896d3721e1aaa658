package dev.holdfast.bench;

import io.avaje.json.mapper.JsonMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * {@code ./holdfast bench failover}: the same fault again and again on one lab, each at a random phase of the daemons' timers, and what the
 * client and the observer saw. Measured as the peers were: see {@link Outage} and {@link AddressObserver}. Exit code 1 if an address was ever
 * held twice, or the service once did not come back.
 */
public final class Bench {
    /** More than detection, vote, proof and starts take in profile default; what happened is told then. */
    private static final Duration LONG = Duration.ofSeconds(10);

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Longer than any period of a timer of the daemons, so that every phase is equally likely. */
    private static final long PHASE_NANOS = TimeUnit.MILLISECONDS.toNanos(1000);

    private final Options options;
    /** Progress goes where it does not disturb JSON on the standard output. */
    private final PrintStream progress = System.err;

    private record Options(
            int runs, List<String> profiles, List<Fault> faults, String lab, String fencing, boolean json) {}

    /** All runs of one fault under one profile. */
    private record Series(String profile, String fencing, Fault fault, List<Drill> drills, List<String> troubles) {
        long[] outagesMillis() {
            return drills.stream()
                    .filter(Drill::back)
                    .mapToLong(drill -> drill.outage().toMillis())
                    .sorted()
                    .toArray();
        }

        long heldTwiceMillis() {
            return drills.stream()
                    .mapToLong(drill -> drill.doubleTime().toMillis())
                    .sum();
        }

        long back() {
            return drills.stream().filter(Drill::back).count();
        }

        boolean good() {
            return troubles.isEmpty() && heldTwiceMillis() == 0 && back() == drills.size();
        }

        List<String> row() {
            long[] outages = outagesMillis();
            return List.of(
                    profile,
                    fault.text(),
                    Integer.toString(drills.size()),
                    median(outages),
                    outages.length == 0 ? "-" : Long.toString(outages[0]),
                    outages.length == 0 ? "-" : Long.toString(outages[outages.length - 1]),
                    Long.toString(heldTwiceMillis()),
                    back() + " of " + (drills.size() + troubles.size()));
        }
    }

    private static final List<String> HEADER =
            List.of("profile", "fault", "runs", "median", "min", "max", "held twice, ms", "service back");

    static String median(long[] sorted) {
        if (sorted.length == 0) {
            return "-";
        }
        int middle = sorted.length / 2;
        return Long.toString(sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
    }

    private Bench(Options options) {
        this.options = options;
    }

    public static void main(String[] args) throws InterruptedException {
        List<String> rest = List.of(args).subList(Math.min(1, args.length), args.length);
        System.exit(
                switch (args.length == 0 ? "" : args[0]) {
                    case "faults" -> FaultMatrix.main(rest);
                    case "evictions" -> Evictions.main(rest);
                    case "resume" -> Restarts.main(rest);
                    default -> new Bench(parse(args)).run();
                });
    }

    private static Options parse(String[] args) {
        int runs = 20;
        String lab = "bench";
        String fencing = "power";
        boolean all = false;
        boolean json = false;
        List<String> profiles = new ArrayList<>();
        List<Fault> faults = new ArrayList<>();
        int begin = args.length > 0 && args[0].equals("failover") ? 1 : 0;
        if (begin == 0) {
            usage("what is to be measured? failover, faults, evictions or resume");
        }
        for (int i = begin; i < args.length; i++) {
            String value = i + 1 < args.length ? args[i + 1] : "";
            switch (args[i]) {
                case "--all" -> all = true;
                case "--runs" -> {
                    if (!value.matches("[1-9][0-9]{0,3}")) {
                        usage("--runs must be a number 1..9999, got '" + value + "'");
                    }
                    runs = Integer.parseInt(value);
                    i++;
                }
                case "--profile" -> {
                    if (!List.of("default", "fast", "conservative").contains(value)) {
                        usage("--profile must be default, fast or conservative, got '" + value + "'");
                    }
                    profiles.add(value);
                    i++;
                }
                case "--fault" -> {
                    faults.add(Fault.of(value)
                            .orElseGet(() -> usage("--fault must be " + Fault.options() + ", got '" + value + "'")));
                    i++;
                }
                case "--name" -> {
                    lab = value;
                    i++;
                }
                case "--fencing" -> {
                    if (!value.equals("power") && !value.equals("watchdog")) {
                        usage("--fencing must be power or watchdog, got '" + value + "'");
                    }
                    fencing = value;
                    i++;
                }
                case "-o" -> {
                    if (!value.equals("json")) {
                        usage("-o must be json, got '" + value + "'");
                    }
                    json = true;
                    i++;
                }
                default -> usage("unknown option " + args[i]);
            }
        }
        if (profiles.isEmpty()) {
            profiles.addAll(all ? List.of("default", "fast") : List.of("default"));
        }
        if (faults.isEmpty()) {
            faults.addAll(all ? Fault.all() : List.of(Fault.POWER_OFF));
        }
        return new Options(runs, List.copyOf(profiles), List.copyOf(faults), lab, fencing, json);
    }

    private static Fault usage(String problem) {
        System.err.println(problem);
        System.err.println(
                "usage: ./holdfast bench failover [--runs N] [--profile default|fast|conservative]... [--fault "
                        + Fault.options() + "]... [--fencing power|watchdog] [--all] [--name LAB] [-o json]");
        System.exit(2);
        throw new IllegalStateException("unreachable");
    }

    private int run() throws InterruptedException {
        List<Series> all = new ArrayList<>();
        for (String profile : options.profiles()) {
            all.addAll(onOneLab(profile));
        }
        if (options.json()) {
            System.out.println(JSON.toJson(all.stream().map(Bench::json).toList()));
        } else {
            markdown(all).forEach(System.out::println);
        }
        return !all.isEmpty() && all.stream().allMatch(Series::good) ? 0 : 1;
    }

    private List<Series> onOneLab(String profile) throws InterruptedException {
        LabConsole lab = LabConsole.named(options.lab());
        List<Series> all = new ArrayList<>();
        options.faults()
                .forEach(fault ->
                        all.add(new Series(profile, options.fencing(), fault, new ArrayList<>(), new ArrayList<>())));
        var teardown = new Thread(() -> lab.takeDown(progress), "teardown");
        Runtime.getRuntime().addShutdownHook(teardown);
        Series now = all.getFirst();
        try {
            progress.println("profile " + profile + ": bringing up the lab " + lab.name());
            lab.up(2, profile, options.fencing());
            lab.awaitFullView(Stage.TO_HEAL);
            WalkThrough walk = Stage.prepare(lab);
            Stage.create(lab, walk, new Screen(progress, false));
            try (Stage stage = Stage.open(lab, walk)) {
                for (Series series : all) {
                    now = series;
                    for (int run = 1; run <= options.runs(); run++) {
                        series.drills().add(once(stage, series.fault(), run));
                    }
                }
            }
        } catch (IOException | Await.NotReached e) {
            now.troubles().add(String.valueOf(e.getMessage()));
            progress.println("gave up: " + e.getMessage());
        }
        lab.takeDown(progress);
        Runtime.getRuntime().removeShutdownHook(teardown);
        return all;
    }

    private Drill once(Stage stage, Fault fault, int run) throws IOException, InterruptedException, Await.NotReached {
        if (fault == Fault.PARTITION) {
            stage.spread();
        }
        TimeUnit.NANOSECONDS.sleep(
                ThreadLocalRandom.current().nextLong(PHASE_NANOS)); // The phase is what is random here.
        Drill drill = Drill.run(stage, fault, _ -> {});
        progress.println("%-12s %2d/%d on %s: %5d ms without an answer, %d requests failed, held twice %d ms%s"
                .formatted(
                        fault.option(),
                        run,
                        options.runs(),
                        drill.node(),
                        drill.outage().toMillis(),
                        drill.failedRequests(),
                        drill.doubleTime().toMillis(),
                        drill.back() ? "" : "; THE SERVICE DID NOT COME BACK"));
        if (!drill.back() || !drill.heldTwice().isEmpty() || drill.outage().compareTo(LONG) > 0) {
            Timeline.of(drill)
                    .forEach(row -> progress.println(
                            "    %+9.1f ms %-7s %s".formatted(Screen.millis(row.since()), row.who(), row.what())));
            drill.heldTwice().forEach(each -> progress.println("    held twice: " + each));
        }
        stage.heal(drill);
        return drill;
    }

    private static String markdownLine(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |";
    }

    private static List<String> markdown(List<Series> all) {
        List<String> lines = new ArrayList<>(List.of(markdownLine(HEADER)));
        lines.add("|---|---|---:|---:|---:|---:|---:|---:|");
        all.forEach(series -> lines.add(markdownLine(series.row())));
        all.forEach(series -> series.troubles().forEach(trouble -> lines.add("trouble: " + trouble)));
        return lines;
    }

    private static Map<String, Object> json(Series series) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("profile", series.profile());
        object.put("fencing", series.fencing());
        object.put("fault", series.fault().option());
        object.put("heldTwiceMillis", series.heldTwiceMillis());
        object.put("back", series.back());
        object.put("troubles", series.troubles());
        List<Map<String, Object>> runs = new ArrayList<>();
        for (Drill drill : series.drills()) {
            Map<String, Object> run = new LinkedHashMap<>();
            run.put("node", drill.node());
            run.put("outageMillis", drill.outage().toMillis());
            run.put(
                    "longestMillis",
                    drill.outages().stream()
                            .map(Outage::length)
                            .max(Duration::compareTo)
                            .orElse(Duration.ZERO)
                            .toMillis());
            run.put("requests", drill.samples().size());
            run.put("failed", drill.failedRequests());
            run.put("heldTwiceMillis", drill.doubleTime().toMillis());
            run.put("back", drill.back());
            runs.add(run);
        }
        object.put("runs", runs);
        return object;
    }
}
