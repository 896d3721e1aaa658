package dev.holdfast.spec;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code ./holdfast verify-model}: checks the TLA+ specification of the protocol, and that TLC notices when one of its
 * promises is broken.
 *
 * <p>Exit code 0: everything is as expected. 1: something is not; the report says what. 2: the arguments make no sense.
 */
public final class VerifyModel {
    private static final String USAGE = """
            usage: holdfast verify-model [--large] [--trace] [--workers N] [--limit MINUTES]
                   holdfast verify-model --model NAME [--trace] …
                   holdfast verify-model --list
              (nothing)         the small models, as in holdfast test
              --large           the large models too, and every broken promise
              --model NAME      this one; may be given several times
              --list            what there is
              --trace           show the states that lead to each violation
              --workers N       threads of the model checker (default: one for each core)
              --limit MINUTES   stop each model after that (default 60)
              --heap SIZE       memory of the model checker, as for -Xmx (default 4g)
            """;

    /** What takes longer than this tells how far it is. */
    private static final Duration QUIET = Duration.ofSeconds(50);

    private final PrintStream out;
    private final Path work;
    private final List<String> names = new ArrayList<>();
    private boolean large;
    private boolean list;
    private boolean trace;
    private int workers = Runtime.getRuntime().availableProcessors();
    private Duration limit = Duration.ofMinutes(60);
    private String heap = "4g";

    VerifyModel(PrintStream out, Path work) {
        this.out = out;
        this.work = work.toAbsolutePath(); // TLC runs in a directory below it.
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        String home = System.getenv().getOrDefault("HOLDFAST_HOME", ".");
        System.exit(new VerifyModel(System.out, Path.of(home, ".holdfast", "tlc")).run(arguments));
    }

    int run(String... arguments) throws IOException, InterruptedException {
        CheckList all = CheckList.read();
        List<Check> wanted;
        try {
            parse(arguments);
            wanted = wanted(all);
        } catch (IllegalArgumentException e) {
            out.println("holdfast verify-model: " + e.getMessage());
            out.print(USAGE);
            return 2;
        }
        if (list) {
            for (Check check : all.checks()) {
                out.printf(
                        "%-6s %-34s %s%n", check.size().name().toLowerCase(Locale.ROOT), check.name(), check.about());
            }
            return 0;
        }
        return verify(wanted) ? 0 : 1;
    }

    private List<Check> wanted(CheckList all) {
        if (names.isEmpty()) {
            return large ? all.checks() : all.of(Check.Size.SMALL);
        }
        List<Check> wanted = new ArrayList<>();
        for (String name : names) {
            wanted.add(all.named(name)
                    .orElseThrow(() -> new IllegalArgumentException("there is no model '" + name + "'; see --list")));
        }
        return wanted;
    }

    private void parse(String... arguments) {
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--large" -> large = true;
                case "--list" -> list = true;
                case "--trace" -> trace = true;
                case "--model" -> names.add(value(arguments, ++i));
                case "--workers" -> workers = number(arguments, ++i);
                case "--limit" -> limit = Duration.ofMinutes(number(arguments, ++i));
                case "--heap" -> {
                    heap = value(arguments, ++i);
                    if (!heap.matches("\\d+[kmgKMG]?")) {
                        throw new IllegalArgumentException("--heap must be like 4g, got '" + heap + "'");
                    }
                }
                default -> throw new IllegalArgumentException("unknown option '" + arguments[i] + "'");
            }
        }
    }

    private static String value(String[] arguments, int index) {
        if (index >= arguments.length) {
            throw new IllegalArgumentException(arguments[index - 1] + " needs a value");
        }
        return arguments[index];
    }

    private static int number(String[] arguments, int index) {
        String text = value(arguments, index);
        if (!text.matches("[1-9]\\d{0,5}")) {
            throw new IllegalArgumentException(
                    arguments[index - 1] + " must be a whole number from 1, got '" + text + "'");
        }
        return Integer.parseInt(text);
    }

    /** True if everything was as expected. */
    private boolean verify(List<Check> checks) throws IOException, InterruptedException {
        Tlc tlc = new Tlc(Tlc.find(), work, workers, heap);
        out.printf("%-34s %-42s %12s %9s%n", "model", "result", "states", "seconds");
        int wrong = 0;
        int open = 0;
        for (Check check : checks) {
            long began = System.nanoTime();
            Verdict verdict = tlc.run(check, limit, text -> {
                if (System.nanoTime() - began > QUIET.toNanos()) {
                    out.println("    … " + text);
                }
            });
            String complaint = check.complaint(verdict);
            out.println(line(check, verdict));
            if (trace && verdict.end() == Verdict.End.VIOLATED) {
                out.println(verdict.detail());
            }
            if (!complaint.isEmpty()) {
                wrong++;
                out.println("  WRONG: " + check.name() + ": " + complaint);
            } else if (verdict.end() == Verdict.End.STOPPED) {
                open++;
            }
        }
        out.printf(
                "%d models, %d as expected, %d wrong%s%n",
                checks.size(),
                checks.size() - wrong,
                wrong,
                open == 0 ? "" : ", %d of them not searched to the end".formatted(open));
        return wrong == 0;
    }

    static String line(Check check, Verdict verdict) {
        String result = switch (verdict.end()) {
            case HOLDS -> "holds, all states seen";
            case VIOLATED -> "violates " + verdict.violated() + (check.isMutation() ? " (must)" : "");
            case STOPPED -> "no violation so far, time is up";
            case FAILED -> "failed";
        };
        return "%-34s %-42s %,12d %9.1f".formatted(check.name(), result, verdict.distinct(), verdict.seconds());
    }
}
