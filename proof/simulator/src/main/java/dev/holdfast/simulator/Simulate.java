package dev.holdfast.simulator;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * {@code ./holdfast simulate}: runs many seeds on all cores, or one seed with its whole story, or the gate that shows that
 * mistakes in the membership would be found.
 *
 * <p>Exit code 0: no violation. 1: at least one seed found a violation; it is printed with the command that shows it
 * again. 2: the arguments make no sense.
 */
public final class Simulate {
    private static final long REPORT_EVERY_NANOS = 2_000_000_000L;
    private static final long REPORT_TO_LOG_EVERY_NANOS = 30_000_000_000L;

    private long seeds = 1000;
    private long from = 1;
    private long single = -1;
    private int jobs = Runtime.getRuntime().availableProcessors();
    private Scenario.Bounds bounds = Scenario.Bounds.USUAL;
    private boolean trace;
    private boolean keepGoing;
    private boolean coreMutations;
    private boolean quick;
    private boolean engine;
    private @Nullable String only;
    private @Nullable Path log;
    private PrintStream out;
    private final Object lock = new Object();

    Simulate(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) throws InterruptedException, IOException {
        System.exit(run(System.out, arguments));
    }

    /** The same without ending the process: what the gate of planted mistakes calls in a class loader of its own. */
    public static int run(PrintStream out, String... arguments) throws InterruptedException, IOException {
        return new Simulate(out).run(arguments);
    }

    int run(String... arguments) throws InterruptedException, IOException {
        try {
            parse(arguments);
        } catch (IllegalArgumentException e) {
            out.println("holdfast simulate: " + e.getMessage());
            usage();
            return 2;
        }
        Path file = log;
        if (file == null) {
            return work();
        }
        PrintStream terminal = out;
        try (OutputStream appended = new FileOutputStream(file.toFile(), true);
                PrintStream both = new PrintStream(new Both(terminal, appended), true, StandardCharsets.UTF_8)) {
            out = both;
            return work();
        } finally {
            out = terminal;
        }
    }

    private void usage() {
        out.print("""
                usage: holdfast simulate [--seeds N] [--from S] [--jobs J] [--log FILE] [--keep-going] [scenario]
                       holdfast simulate --seed X [--trace] [scenario]
                       holdfast simulate --mutations [NAME] [--quick]
                  --seeds N       how many seeds to run (default 1000)
                  --from S        the first of them (default 1); every report says where to go on after a break
                  --jobs J        how many at a time (default: one per processor)
                  --log FILE      append all that is said to FILE, and the story of each violation to FILE.seed-X
                  --keep-going    do not stop at the first violation; count them
                  --seed X        run this one seed and say how it went
                  --trace         with --seed: tell everything that happened
                  --engine        with the resource engine that ships (core/node, policy, life cycle) in place of its model:
                                      crsd is killed in the middle of plans, actions fail, an administrator types at random
                  --mutations     plant each known mistake in a copy of core/membership: every one must be found within its
                                      number of seeds; with a NAME only that one, with --quick only the quick ones
                scenario, drawn from the seed, can be narrowed:
                  --nodes A..B    cluster sizes (default: mostly 2 to 5, some up to 16; at most 64)
                  --faults F,G    kinds of trouble, of
                %s
                  --mutation M    break a promise of the world on purpose, one of
                %s
                """.formatted(names(Fault.values()), names(Mutation.values())));
    }

    private int work() throws InterruptedException, IOException {
        if (coreMutations) {
            return new CoreMutations(out, jobs).run(only, quick);
        }
        return single >= 0 ? runOne() : runMany();
    }

    private static final class Both extends OutputStream {
        private final OutputStream one;
        private final OutputStream other;

        Both(OutputStream one, OutputStream other) {
            this.one = one;
            this.other = other;
        }

        @Override
        public void write(int octet) throws IOException {
            one.write(octet);
            other.write(octet);
        }

        @Override
        public void write(byte[] octets, int offset, int length) throws IOException {
            one.write(octets, offset, length);
            other.write(octets, offset, length);
        }

        @Override
        public void flush() throws IOException {
            one.flush();
            other.flush();
        }
    }

    private static String names(Enum<?>[] values) {
        StringBuilder text = new StringBuilder();
        int column = 0;
        for (Enum<?> value : values) {
            if (column == 0) {
                text.append("                 ");
            }
            text.append(' ').append(value.name());
            column += 1 + value.name().length();
            if (column > 80) {
                text.append('\n');
                column = 0;
            }
        }
        return text.toString().stripTrailing();
    }

    private void parse(String... arguments) {
        for (int i = 0; i < arguments.length; i++) {
            String option = arguments[i];
            switch (option) {
                case "--trace" -> trace = true;
                case "--keep-going" -> keepGoing = true;
                case "--engine" -> engine = true;
                case "--quick" -> quick = true;
                case "--mutations" -> {
                    coreMutations = true;
                    if (i + 1 < arguments.length && !arguments[i + 1].startsWith("--")) {
                        only = arguments[++i];
                    }
                }
                case "--seeds" -> seeds = number(option, arguments, ++i);
                case "--from" -> from = number(option, arguments, ++i);
                case "--seed" -> single = number(option, arguments, ++i);
                case "--jobs" -> jobs = Math.clamp(number(option, arguments, ++i), 1, 256);
                case "--log" -> log = Path.of(value(option, arguments, ++i));
                case "--nodes" -> nodes(value(option, arguments, ++i));
                case "--faults" ->
                    bounds = bounds.withFaults(
                            Arrays.stream(value(option, arguments, ++i).split(","))
                                    .map(Fault::valueOf)
                                    .toList());
                case "--mutation" -> bounds = bounds.withMutation(Mutation.valueOf(value(option, arguments, ++i)));
                default -> throw new IllegalArgumentException("unknown option '" + option + "'");
            }
        }
    }

    private Simulation.Outcome simulate(Scenario scenario, @Nullable StringBuilder story) {
        return engine ? Simulation.runEngine(scenario, story) : Simulation.run(scenario, story);
    }

    private static String value(String option, String[] arguments, int index) {
        if (index >= arguments.length) {
            throw new IllegalArgumentException(option + " needs a value");
        }
        return arguments[index];
    }

    private static long number(String option, String[] arguments, int index) {
        String text = value(option, arguments, index);
        try {
            long number = Long.parseLong(text);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below, together with a negative number.
        }
        throw new IllegalArgumentException(option + " must be a whole number from 0, got '" + text + "'");
    }

    private void nodes(String text) {
        String[] ends = text.split("\\.\\.", -1);
        int fewest;
        int most;
        try {
            fewest = Integer.parseInt(ends[0]);
            most = Integer.parseInt(ends[ends.length - 1]);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--nodes must be like 2..5, got '" + text + "'", e);
        }
        if (ends.length > 2 || fewest < 2 || most < fewest || most > 64) {
            throw new IllegalArgumentException("--nodes must lie in 2..64, got '" + text + "'");
        }
        bounds = bounds.withNodes(fewest, most);
    }

    private Scenario scenario(long seed) {
        return Scenario.draw(seed, bounds);
    }

    private int runOne() {
        Scenario scenario = scenario(single);
        StringBuilder story = new StringBuilder();
        Simulation.Outcome outcome = simulate(scenario, trace ? story : null);
        out.print(story);
        out.println("seed " + single + ": " + scenario);
        Violation violation = outcome.violation();
        if (violation == null) {
            out.printf(
                    "no violation in %d steps, %.1f virtual seconds; all was well %.1f s after the trouble (bound %.1f s); trace hash %016x%n",
                    outcome.steps(),
                    outcome.virtualNanos() / 1e9,
                    outcome.recoveryNanos() / 1e9,
                    scenario.recoveryNanos() / 1e9,
                    outcome.hash());
            return 0;
        }
        tell(outcome, violation);
        if (violation.getCause() != null) {
            violation.getCause().printStackTrace(out);
        }
        return 1;
    }

    private void tell(Simulation.Outcome outcome, Violation violation) {
        Scenario scenario = outcome.scenario();
        out.println(violation.getMessage());
        out.printf(
                "  at step %d of seed %d, %.6f s (%s). Run it again:%n",
                outcome.steps(), scenario.seed(), outcome.virtualNanos() / 1e9, scenario);
        out.println("  ./holdfast simulate --seed " + scenario.seed() + (engine ? " --engine" : "") + bounds.options()
                + " --trace");
        out.flush();
    }

    /** The story of a violation, beside the log: a run of days must not leave only a number behind. */
    private void keepStory(Scenario scenario) {
        Path file = log;
        if (file == null) {
            return;
        }
        StringBuilder story = new StringBuilder();
        simulate(scenario, story);
        try {
            Files.writeString(Path.of(file + ".seed-" + scenario.seed()), story);
        } catch (IOException e) {
            out.println("  the story could not be kept: " + e.getMessage());
        }
    }

    private int runMany() throws InterruptedException {
        AtomicLong next = new AtomicLong(from);
        AtomicLongArray atWork = new AtomicLongArray(jobs);
        for (int worker = 0; worker < jobs; worker++) {
            atWork.set(worker, from);
        }
        LongAdder done = new LongAdder();
        LongAdder steps = new LongAdder();
        LongAdder virtual = new LongAdder();
        LongAdder violations = new LongAdder();
        Tally tally = new Tally();
        long began = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (int job = 0; job < jobs; job++) {
            int worker = job;
            threads.add(Thread.ofPlatform().name("seeds-" + worker).start(() -> {
                while (keepGoing || violations.sum() == 0) {
                    long seed = next.getAndIncrement();
                    atWork.set(worker, seed);
                    if (seed >= from + seeds) {
                        return;
                    }
                    Simulation.Outcome outcome = simulate(scenario(seed), null);
                    done.increment();
                    steps.add(outcome.steps());
                    virtual.add(outcome.virtualNanos());
                    tally.add(outcome.exercised());
                    Violation violation = outcome.violation();
                    if (violation != null) {
                        violations.increment();
                        synchronized (lock) {
                            tell(outcome, violation);
                            keepStory(outcome.scenario());
                        }
                    }
                }
            }));
        }
        long every = log == null ? REPORT_EVERY_NANOS : REPORT_TO_LOG_EVERY_NANOS;
        long lastReport = began;
        for (Thread thread : threads) {
            while (!thread.join(Duration.ofMillis(200))) {
                if (System.nanoTime() - lastReport > every) {
                    lastReport = System.nanoTime();
                    report(began, done.sum(), steps.sum(), virtual.sum(), lowest(atWork));
                }
            }
        }
        report(began, done.sum(), steps.sum(), virtual.sum(), from + seeds);
        out.print(tally.text());
        if (violations.sum() == 0 && done.sum() < seeds) {
            out.println("a worker failed, see above");
            return 1;
        }
        out.println(violations.sum() == 0 ? "no violation" : violations.sum() + " seeds with a violation");
        return violations.sum() == 0 ? 0 : 1;
    }

    private static long lowest(AtomicLongArray atWork) {
        long lowest = Long.MAX_VALUE;
        for (int worker = 0; worker < atWork.length(); worker++) {
            lowest = Math.min(lowest, atWork.get(worker));
        }
        return lowest;
    }

    private void report(long began, long done, long steps, long virtual, long goOn) {
        double seconds = (System.nanoTime() - began) / 1e9;
        synchronized (lock) {
            out.printf(
                    "%d of %d seeds, %.0f seeds/s, %.1f million steps, %.1f virtual hours; all below %d are done%n",
                    done, seeds, done / seconds, steps / 1e6, virtual / 3.6e12, goOn);
        }
    }
}
