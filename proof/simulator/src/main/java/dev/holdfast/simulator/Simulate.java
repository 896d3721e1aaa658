package dev.holdfast.simulator;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * {@code ./holdfast simulate}: runs many seeds on all cores, or one seed with its whole story.
 *
 * <p>Exit code 0: no violation. 1: at least one seed found a violation; it is printed with the command that shows it
 * again. 2: the arguments make no sense.
 */
public final class Simulate {
    private static final String USAGE = """
            usage: holdfast simulate [--seeds N] [--from S] [--nodes A..B] [--mutation M] [--keep-going]
                   holdfast simulate --seed X [--nodes A..B] [--mutation M] [--trace]
              --seeds N       how many seeds to run, on all cores (default 1000)
              --from S        the first of them (default 1)
              --seed X        run this one seed and say how it went
              --trace         with --seed: tell everything that happened
              --nodes A..B    cluster sizes to draw from (default 2..5)
              --mutation M    break a promise of the world on purpose: %s
              --keep-going    do not stop at the first violation; count them
            """;

    private static final long REPORT_EVERY_NANOS = 2_000_000_000L;

    private long seeds = 1000;
    private long from = 1;
    private long single = -1;
    private int fewest = 2;
    private int most = 5;
    private boolean trace;
    private boolean keepGoing;
    private Mutation mutation = Mutation.NONE;
    private final PrintStream out;

    Simulate(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) throws InterruptedException {
        System.exit(new Simulate(System.out).run(arguments));
    }

    int run(String... arguments) throws InterruptedException {
        try {
            parse(arguments);
        } catch (IllegalArgumentException e) {
            out.println("holdfast simulate: " + e.getMessage());
            usage();
            return 2;
        }
        return single >= 0 ? runOne() : runMany();
    }

    private void usage() {
        out.print("""
                usage: holdfast simulate [--seeds N] [--from S] [--nodes A..B] [--mutation M] [--keep-going]
                       holdfast simulate --seed X [--nodes A..B] [--mutation M] [--trace]
                  --seeds N       how many seeds to run, on all cores (default 1000)
                  --from S        the first of them (default 1)
                  --seed X        run this one seed and say how it went
                  --trace         with --seed: tell everything that happened
                  --nodes A..B    cluster sizes to draw from (default 2..5)
                  --keep-going    do not stop at the first violation; count them
                  --mutation M    break a promise of the world on purpose, one of
                """);
        for (Mutation each : Mutation.values()) {
            out.println("                  " + each);
        }
    }

    private void parse(String... arguments) {
        for (int i = 0; i < arguments.length; i++) {
            String option = arguments[i];
            switch (option) {
                case "--trace" -> trace = true;
                case "--keep-going" -> keepGoing = true;
                case "--seeds" -> seeds = number(option, arguments, ++i);
                case "--from" -> from = number(option, arguments, ++i);
                case "--seed" -> single = number(option, arguments, ++i);
                case "--nodes" -> nodes(value(option, arguments, ++i));
                case "--mutation" -> mutation = Mutation.valueOf(value(option, arguments, ++i));
                default -> throw new IllegalArgumentException("unknown option '" + option + "'");
            }
        }
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
        try {
            fewest = Integer.parseInt(ends[0]);
            most = Integer.parseInt(ends[ends.length - 1]);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--nodes must be like 2..5, got '" + text + "'", e);
        }
        if (ends.length > 2 || fewest < 2 || most < fewest || most > 16) {
            throw new IllegalArgumentException("--nodes must lie in 2..16, got '" + text + "'");
        }
    }

    private Scenario scenario(long seed) {
        return Scenario.draw(seed, mutation, fewest, most);
    }

    private int runOne() {
        Scenario scenario = scenario(single);
        StringBuilder story = new StringBuilder();
        Simulation.Outcome outcome = Simulation.run(scenario, trace ? story : null);
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
        out.println("  ./holdfast simulate --seed " + scenario.seed()
                + (fewest == 2 && most == 5 ? "" : " --nodes " + fewest + ".." + most)
                + (mutation == Mutation.NONE ? "" : " --mutation " + mutation) + " --trace");
        out.flush();
    }

    private int runMany() throws InterruptedException {
        int workers = Runtime.getRuntime().availableProcessors();
        AtomicLong next = new AtomicLong(from);
        LongAdder done = new LongAdder();
        LongAdder steps = new LongAdder();
        LongAdder virtual = new LongAdder();
        LongAdder violations = new LongAdder();
        long began = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (int worker = 0; worker < workers; worker++) {
            threads.add(Thread.ofPlatform().name("seeds-" + worker).start(() -> {
                while (keepGoing || violations.sum() == 0) {
                    long seed = next.getAndIncrement();
                    if (seed >= from + seeds) {
                        return;
                    }
                    Simulation.Outcome outcome = Simulation.run(scenario(seed), null);
                    done.increment();
                    steps.add(outcome.steps());
                    virtual.add(outcome.virtualNanos());
                    Violation violation = outcome.violation();
                    if (violation != null) {
                        violations.increment();
                        synchronized (out) {
                            tell(outcome, violation);
                        }
                    }
                }
            }));
        }
        long lastReport = began;
        for (Thread thread : threads) {
            while (!thread.join(java.time.Duration.ofMillis(200))) {
                if (System.nanoTime() - lastReport > REPORT_EVERY_NANOS) {
                    lastReport = System.nanoTime();
                    report(began, done.sum(), steps.sum(), virtual.sum());
                }
            }
        }
        report(began, done.sum(), steps.sum(), virtual.sum());
        if (violations.sum() == 0 && done.sum() < seeds) {
            out.println("a worker failed, see above");
            return 1;
        }
        out.println(violations.sum() == 0 ? "no violation" : violations.sum() + " seeds with a violation");
        return violations.sum() == 0 ? 0 : 1;
    }

    private void report(long began, long done, long steps, long virtual) {
        double seconds = (System.nanoTime() - began) / 1e9;
        synchronized (out) {
            out.printf(
                    "%d of %d seeds, %.0f seeds/s, %.1f million steps, %.1f virtual hours%n",
                    done, seeds, done / seconds, steps / 1e6, virtual / 3.6e12);
        }
    }
}
