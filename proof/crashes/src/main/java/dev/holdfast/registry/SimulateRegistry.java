package dev.holdfast.registry;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * {@code ./holdfast simulate --registry}: histories of the registry under virtual time, each from one seed: masters follow, depose and outlive
 * one another and die at any moment; a minority of the locations hangs, fails, forgets, rots, is replaced or loses its headers; the set of locations changes,
 * the content is restored. No acknowledged change may be lost, and none appear that was refused.
 *
 * <p>Exit code 0: no violation. 1: a seed found one; it is told, with its history. 2: the arguments make no sense.
 */
public final class SimulateRegistry {
    private static final long FIRST = 20_261_122_000_000L;
    private static final long REPORT_EVERY = 10_000;

    private long seeds = 10_000;
    private long from = FIRST;
    private long single = -1;
    private int jobs = Runtime.getRuntime().availableProcessors();

    private SimulateRegistry() {}

    public static void main(String[] arguments) throws InterruptedException {
        System.exit(new SimulateRegistry().run(arguments));
    }

    private int run(String... arguments) throws InterruptedException {
        try {
            parse(arguments);
        } catch (IllegalArgumentException e) {
            System.out.println("holdfast simulate --registry: " + e.getMessage());
            System.out.println("usage: holdfast simulate --registry [--seeds N] [--from S] [--jobs J] | --seed S");
            return 2;
        }
        if (single >= 0) {
            System.out.println(history(single, new EnumMap<>(RegistryWorld.Count.class)));
            return 0;
        }
        return many();
    }

    private void parse(String... arguments) {
        for (int at = 0; at < arguments.length; at += 2) {
            if (arguments[at].equals("--registry")) {
                at--;
                continue;
            }
            if (at + 1 == arguments.length) {
                throw new IllegalArgumentException(arguments[at] + " needs a value");
            }
            long value = Long.parseLong(arguments[at + 1]);
            switch (arguments[at]) {
                case "--seeds" -> seeds = value;
                case "--from" -> from = value;
                case "--seed" -> single = value;
                case "--jobs" -> jobs = (int) value;
                default -> throw new IllegalArgumentException("there is no option " + arguments[at]);
            }
        }
    }

    private int many() throws InterruptedException {
        var next = new AtomicLong(from);
        var done = new AtomicLong();
        var violation = new AtomicReference<@Nullable AssertionError>();
        Map<RegistryWorld.Count, Long> all = new EnumMap<>(RegistryWorld.Count.class);
        long began = System.nanoTime();
        List<Thread> workers = new ArrayList<>();
        for (int job = 0; job < jobs; job++) {
            workers.add(Thread.ofPlatform().start(() -> {
                Map<RegistryWorld.Count, Long> mine = new EnumMap<>(RegistryWorld.Count.class);
                for (long seed = next.getAndIncrement();
                        seed < from + seeds && violation.get() == null;
                        seed = next.getAndIncrement()) {
                    try {
                        history(seed, mine);
                    } catch (AssertionError e) {
                        violation.compareAndSet(null, e);
                    }
                    if (done.incrementAndGet() % REPORT_EVERY == 0) {
                        System.out.println(done.get() + " of " + seeds + " histories, "
                                + (System.nanoTime() - began) / 1_000_000_000 + " s");
                    }
                }
                synchronized (all) {
                    mine.forEach((what, count) -> all.merge(what, count, Long::sum));
                }
            }));
        }
        for (Thread worker : workers) {
            worker.join();
        }
        all.forEach((what, count) -> System.out.println(String.format(
                "%12d %s", count, what.name().toLowerCase(Locale.ROOT).replace('_', ' '))));
        AssertionError found = violation.get();
        if (found != null) {
            System.out.println(found.getMessage());
            return 1;
        }
        System.out.println("No acknowledged change was lost, none was invented: " + done.get() + " histories from seed "
                + from + ", " + (System.nanoTime() - began) / 1_000_000_000 + " s");
        return 0;
    }

    /** @return what happened; the counts are added to {@code counts} */
    static String history(long seed, Map<RegistryWorld.Count, Long> counts) {
        var world = new RegistryWorld(seed);
        try {
            world.run();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(
                    "seed " + seed + " (" + world.locations.size() + " locations, " + world.fault + " at "
                            + world.faulty + "): " + e + "\n  Run it again: holdfast simulate --registry --seed " + seed
                            + "\n" + world.trace,
                    e);
        }
        world.counts.forEach((what, count) -> counts.merge(what, count, Long::sum));
        return world.trace + "acknowledged " + world.acknowledged;
    }
}
