package dev.holdfast.bench;

import io.avaje.json.mapper.JsonMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * {@code ./holdfast bench faults}: every fault of the list, many times, on labs of two nodes; after each one an audit of what really runs.
 * Every run is written to a file as it ends, so that a bench that was interrupted can be resumed. Exit code 1 if anything was ever not as it
 * must be.
 */
final class FaultMatrix {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Longer than any period of a timer of the daemons, so that every phase is equally likely. */
    private static final long PHASE_NANOS = TimeUnit.MILLISECONDS.toNanos(1000);

    private static final int ATTEMPTS = 5;

    private final Options options;
    private final Path results;
    private final PrintStream progress = System.err;
    private final List<Verdict> verdicts = new ArrayList<>();
    private final Queue<Scenario> due = new ArrayDeque<>();
    private volatile boolean stopping;

    private record Options(
            int runs,
            List<Scenario> scenarios,
            String profile,
            String fencing,
            int parallel,
            String name,
            Optional<Path> file,
            boolean resume,
            boolean json) {}

    private FaultMatrix(Options options) throws IOException {
        this.options = options;
        Path directory = LabConsole.named(options.name()).results();
        results = options.file()
                .orElse(directory.resolve(
                        options.name() + "-" + options.profile() + "-" + options.fencing() + ".jsonl"));
        if (results.getParent() != null) {
            Files.createDirectories(results.getParent());
        }
        if (Files.exists(results)) {
            if (options.resume()) {
                Files.readAllLines(results).stream().map(Verdict::parse).forEach(verdicts::add);
            } else {
                Files.move(
                        results,
                        results.resolveSibling(results.getFileName() + ".old"),
                        StandardCopyOption.REPLACE_EXISTING);
            }
        }
        for (int run = 1; run <= options.runs(); run++) {
            for (Scenario scenario : options.scenarios()) {
                if (of(scenario).size() < run) {
                    due.add(scenario);
                }
            }
        }
    }

    static int main(List<String> arguments) throws InterruptedException {
        try {
            if (!arguments.isEmpty() && arguments.getFirst().equals("--table")) {
                return table(arguments.subList(1, arguments.size()));
            }
            return new FaultMatrix(parse(arguments)).run();
        } catch (IOException e) {
            System.err.println("the results can't be kept: " + e.getMessage());
            return 1;
        }
    }

    /** Puts the results of any number of benches together: {@code --table [--into PAGE] FILE...}. */
    private static int table(List<String> arguments) throws IOException {
        Optional<Path> page = arguments.size() > 1 && arguments.getFirst().equals("--into")
                ? Optional.of(Path.of(arguments.get(1)))
                : Optional.empty();
        List<String> files = arguments.subList(page.isPresent() ? 2 : 0, arguments.size());
        if (files.isEmpty()) {
            throw usage("--table needs the files with the results");
        }
        List<Verdict> all = new ArrayList<>();
        for (String file : files) {
            Files.readAllLines(Path.of(file)).stream().map(Verdict::parse).forEach(all::add);
        }
        List<String> table = FaultTable.of(all);
        if (page.isPresent()) {
            FaultTable.putInto(page.get(), table);
        } else {
            table.forEach(System.out::println);
        }
        return all.stream().allMatch(Verdict::good) ? 0 : 1;
    }

    private static Options parse(List<String> arguments) {
        int runs = 5;
        List<Scenario> scenarios = Scenario.all();
        String profile = "default";
        String fencing = "power";
        int parallel = 1;
        String name = "faults";
        Optional<Path> file = Optional.empty();
        boolean resume = false;
        boolean json = false;
        for (int i = 0; i < arguments.size(); i++) {
            String option = arguments.get(i);
            if (option.equals("--resume")) {
                resume = true;
                continue;
            }
            String value = i + 1 < arguments.size() ? arguments.get(++i) : "";
            switch (option) {
                case "--runs" -> runs = number(option, value, 9999);
                case "--parallel" -> parallel = number(option, value, 20);
                case "--scenario" -> scenarios = scenarios(value);
                case "--profile" -> profile = oneOf(option, value, "default", "fast", "conservative");
                case "--fencing" -> fencing = oneOf(option, value, "power", "watchdog");
                case "--name" -> name = value;
                case "--file" -> file = Optional.of(Path.of(value));
                case "-o" -> json = oneOf(option, value, "json").equals("json");
                default -> usage("unknown option " + option);
            }
        }
        return new Options(runs, scenarios, profile, fencing, parallel, name, file, resume, json);
    }

    private static int number(String option, String value, int max) {
        if (value.matches("[1-9][0-9]{0,3}") && Integer.parseInt(value) <= max) {
            return Integer.parseInt(value);
        }
        throw usage(option + " must be a number 1.." + max + ", got '" + value + "'");
    }

    private static String oneOf(String option, String value, String... known) {
        if (List.of(known).contains(value)) {
            return value;
        }
        throw usage(option + " must be " + String.join(" or ", known) + ", got '" + value + "'");
    }

    private static List<Scenario> scenarios(String names) {
        return switch (names) {
            case "all" -> Scenario.all();
            case "single" -> Scenario.single();
            case "pairs" -> Scenario.pairs();
            case "meetings" -> Scenario.meetings();
            default ->
                Arrays.stream(names.split(","))
                        .map(name -> Scenario.of(name).orElseThrow(() -> usage("there is no scenario '" + name + "'")))
                        .toList();
        };
    }

    private static IllegalArgumentException usage(String problem) {
        System.err.println(problem);
        System.err.println("""
                usage: ./holdfast bench faults [--runs N] [--scenario all|single|pairs|meetings|NAME[,NAME]...]
                         [--profile default|fast|conservative] [--fencing power|watchdog] [--parallel LABS]
                         [--name LAB] [--file FILE] [--resume] [-o json]
                       ./holdfast bench faults --table [--into PAGE] FILE...
                meetings: every two of the faults that a node can have, on one node (link1-cut+disk1-hang) and on both (link1-cut/disk1-hang)
                scenarios:""");
        Scenario.all()
                .forEach(scenario -> System.err.println("  %-24s %s".formatted(scenario.name(), scenario.text())));
        System.exit(2);
        return new IllegalArgumentException(problem);
    }

    private int run() throws InterruptedException {
        progress.println("%d runs of %d scenarios; profile %s, fencing %s; kept in %s"
                .formatted(due.size(), options.scenarios().size(), options.profile(), options.fencing(), results));
        List<Thread> workers = new ArrayList<>();
        for (int i = 1; i <= Math.min(options.parallel(), due.size()); i++) {
            LabConsole lab = LabConsole.named(options.name() + (options.parallel() == 1 ? "" : "-" + i));
            Thread worker = Thread.ofPlatform().name(lab.name()).start(() -> work(lab));
            workers.add(worker);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> end(worker, lab), "teardown " + lab.name()));
        }
        for (Thread worker : workers) {
            worker.join();
        }
        if (options.json()) {
            System.out.println(JSON.toJson(verdicts.stream().map(Verdict::json).toList()));
        } else {
            FaultTable.of(verdicts).forEach(System.out::println);
        }
        return verdicts.stream().allMatch(Verdict::good) ? 0 : 1;
    }

    /** On a signal: the worker goes on while the hooks run, and must not make a new lab in the place of the one that is taken from it. */
    private void end(Thread worker, LabConsole lab) {
        stopping = true;
        worker.interrupt();
        lab.takeDown(progress);
        try {
            worker.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        lab.takeDown(progress);
    }

    private Optional<Scenario> next() {
        synchronized (due) {
            return Optional.ofNullable(due.poll());
        }
    }

    /** Plays what is due on one lab, and makes a new lab when one did not come back. */
    private void work(LabConsole lab) {
        try {
            Optional<Scenario> scenario = next();
            while (scenario.isPresent()) {
                scenario = onFreshLab(lab, scenario.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lab.takeDown(progress);
        }
    }

    /** Begins with {@code first}; returns with what is due next if the lab can't be used any more, or with nothing at the end. */
    private Optional<Scenario> onFreshLab(LabConsole lab, Scenario first) throws InterruptedException {
        Scenario now = first;
        try {
            bringUp(lab);
            try (Stage stage = Stage.withWitness(lab)) {
                while (true) {
                    TimeUnit.NANOSECONDS.sleep(
                            ThreadLocalRandom.current().nextLong(PHASE_NANOS)); // The phase is what is random here.
                    Trial trial = Trial.run(stage, now);
                    note(Verdict.of(trial, options.profile(), options.fencing(), lab.name()), lab);
                    Optional<Scenario> next = next();
                    if (next.isEmpty() || !trial.back()) {
                        return next;
                    }
                    now = next.get();
                }
            }
        } catch (IOException | Await.NotReached e) {
            note(
                    Verdict.broken(
                            now.name(),
                            options.profile(),
                            options.fencing(),
                            lab.name(),
                            "the bench could not go on: " + e.getMessage()),
                    lab);
            return next();
        }
    }

    /** A machine with other work to do may be too slow for a new lab; that says nothing about any fault. */
    private void bringUp(LabConsole lab) throws IOException, InterruptedException, Await.NotReached {
        for (int attempt = 1; ; attempt++) {
            if (stopping) {
                throw new InterruptedException("the bench was told to end");
            }
            lab.takeDown(progress);
            try {
                lab.up(2, options.profile(), options.fencing());
                lab.awaitFullView(Stage.TO_HEAL);
                return;
            } catch (IOException | Await.NotReached e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
                progress.println(lab.name() + " did not come up, trying again: " + e.getMessage());
            }
        }
    }

    private synchronized void note(Verdict verdict, LabConsole lab) {
        verdicts.add(verdict);
        try {
            Files.writeString(results, verdict.line() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            progress.println("a result could not be kept: " + e.getMessage());
        }
        progress.println("%-9s %-22s %s: %5d ms without an answer%s%s%s"
                .formatted(
                        lab.name(),
                        verdict.scenario(),
                        verdict.node(),
                        verdict.outageMillis(),
                        verdict.moved() ? ", moved" : "",
                        verdict.votedOut().isEmpty()
                                ? ""
                                : ", voted out " + String.join(" ", verdict.votedOut()) + " after "
                                        + verdict.proofMillis() + " ms",
                        verdict.good() ? "" : "; NOT GOOD"));
        if (!verdict.good()) {
            verdict.problems().forEach(problem -> progress.println("    " + problem.replace("\n", "\n    ")));
            progress.println("    logs: " + keepLogs(lab, verdict));
        }
    }

    /** A lab's logs go with it; those of a run that was not good are worth more. */
    private String keepLogs(LabConsole lab, Verdict verdict) {
        Path kept = results.resolveSibling("logs")
                .resolve(verdict.scenario() + "-" + verdict.at().replace(":", "") + "-" + lab.name());
        try (var files = Files.walk(lab.state())) {
            for (Path file : files.filter(
                            path -> path.toString().matches(".*\\.(jsonl|log|out)") && !path.startsWith(lab.shared()))
                    .toList()) {
                Path copy = kept.resolve(lab.state().relativize(file));
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
            }
            return kept.toString();
        } catch (IOException e) {
            return "could not be kept: " + e;
        }
    }

    private List<Verdict> of(Scenario scenario) {
        return verdicts.stream()
                .filter(verdict -> verdict.scenario().equals(scenario.name())
                        && verdict.profile().equals(options.profile())
                        && verdict.fencing().equals(options.fencing()))
                .toList();
    }
}
