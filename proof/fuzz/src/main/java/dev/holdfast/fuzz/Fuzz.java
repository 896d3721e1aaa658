package dev.holdfast.fuzz;

import dev.holdfast.control.ControlTargets;
import dev.holdfast.crsd.CrsdTargets;
import dev.holdfast.cssd.CssdTargets;
import dev.holdfast.registry.RegistryTargets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Gives every decoder of what comes from disks, from the network and from users any bytes, and looks that it refuses them
 * cleanly, or accepts them rightly. Each input follows from its number, so that one that failed can be tried again.
 */
public final class Fuzz {
    private static final int CHUNK = 20_000;

    private Fuzz() {}

    /** What came of some inputs of one target. */
    public record Tally(String target, long inputs, long accepted, List<String> failures) {
        Tally plus(Tally other) {
            List<String> all = new ArrayList<>(failures);
            all.addAll(other.failures);
            return new Tally(target, inputs + other.inputs, accepted + other.accepted, all);
        }
    }

    /** Every decoder there is. */
    public static List<Target> targets() {
        return Stream.of(CssdTargets.all(), RegistryTargets.all(), ControlTargets.all(), CrsdTargets.all())
                .flatMap(List::stream)
                .toList();
    }

    /** Tries the inputs number {@code from} to {@code from + count - 1}; ends with the first that fails. */
    public static Tally run(Target target, long from, long count) {
        long accepted = 0;
        for (long number = from; number < from + count; number++) {
            var chance = new SplittableRandom(
                    number * 0x9E3779B97F4A7C15L + target.name().hashCode());
            byte[] valid = target.valid(chance);
            byte[] other = target.valid(chance);
            byte[] input = Mutation.of(valid, other, chance);
            try {
                boolean taken = target.decode(input.clone(), List.of(valid, other));
                if (!taken && Arrays.equals(input, valid)) {
                    throw new WrongAccept("a valid input was refused");
                }
                accepted += taken ? 1 : 0;
            } catch (WrongAccept | RuntimeException | StackOverflowError | OutOfMemoryError e) {
                String failure =
                        "%s, input %d: %s%n  bytes %s%n  valid %s%n  again: holdfast fuzz --target %s --from %d --inputs 1"
                                .formatted(
                                        target.name(),
                                        number,
                                        e,
                                        HexFormat.of().formatHex(input),
                                        HexFormat.of().formatHex(valid),
                                        target.name(),
                                        number);
                return new Tally(target.name(), number - from + 1, accepted, List.of(failure));
            }
        }
        return new Tally(target.name(), count, accepted, List.of());
    }

    /** Exit codes: 0 nothing was found, 1 something was, 2 wrong usage. */
    public static void main(String[] arguments) throws InterruptedException, ExecutionException {
        long inputs = 1_000_000;
        long from = 0;
        Optional<String> only = Optional.empty();
        try {
            for (int i = 0; i < arguments.length; i += 2) {
                String value = arguments[i + 1];
                switch (arguments[i]) {
                    case "--inputs" -> inputs = Long.parseLong(value);
                    case "--from" -> from = Long.parseLong(value);
                    case "--target" -> only = Optional.of(value);
                    default -> throw new IllegalArgumentException(arguments[i]);
                }
            }
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            System.err.println("usage: holdfast fuzz [--inputs N] [--from NUMBER] [--target NAME]; targets: "
                    + targets().stream().map(Target::name).toList());
            System.exit(2);
        }
        String wanted = only.orElse("");
        List<Target> targets = targets().stream()
                .filter(target -> wanted.isEmpty() || target.name().equals(wanted))
                .toList();
        if (targets.isEmpty()) {
            System.err.println("holdfast: there is no target " + wanted);
            System.exit(2);
        }
        System.exit(tryAll(targets, from, Math.max(1, inputs / targets.size())) ? 0 : 1);
    }

    private static boolean tryAll(List<Target> targets, long from, long each)
            throws InterruptedException, ExecutionException {
        long began = System.nanoTime();
        long total = 0;
        int failures = 0;
        System.out.printf("%-24s %12s %12s %9s%n", "decoder", "inputs", "accepted", "seconds");
        try (ExecutorService workers =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
            for (Target target : targets) {
                long start = System.nanoTime();
                List<Callable<Tally>> chunks = new ArrayList<>();
                for (long done = 0; done < each; done += CHUNK) {
                    long first = from + done;
                    long count = Math.min(CHUNK, each - done);
                    chunks.add(() -> run(target, first, count));
                }
                Tally tally = new Tally(target.name(), 0, 0, List.of());
                for (Future<Tally> chunk : workers.invokeAll(chunks)) {
                    tally = tally.plus(chunk.get());
                }
                System.out.printf(
                        "%-24s %12d %12d %9.1f%n",
                        tally.target(), tally.inputs(), tally.accepted(), (System.nanoTime() - start) / 1e9);
                tally.failures().stream().limit(3).forEach(System.out::println);
                total += tally.inputs();
                failures += tally.failures().size();
            }
        }
        System.out.printf("%d inputs in %.0f s; %d failed%n", total, (System.nanoTime() - began) / 1e9, failures);
        return failures == 0;
    }
}
