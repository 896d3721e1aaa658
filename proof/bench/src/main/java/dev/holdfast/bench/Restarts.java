package dev.holdfast.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * {@code ./holdfast bench resume}: cssd is killed again and again, and has to take up its life before half of its lease is over; where the
 * time goes. With {@code --busy}, one busy process per processor, at normal priority, runs beside each kill. Exit code 1 if a life ended.
 */
final class Restarts {
    /** The supervisor restarts without a pause what lived for 5 s; and no phase of a timer is preferred. */
    private static final Duration LIVED_WELL = Duration.ofMillis(5_500);

    private static final long PHASE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Duration TO_BE_BUSY = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Any of these after a kill: the life, and with it what ran, has ended. */
    private static final List<String> LOSSES = List.of("letting-go", "evicted", "joining", "power-off");

    private final int kills;
    private final List<String> profiles;
    private final List<Boolean> loads;
    private final LabConsole lab;
    private final PrintStream progress = System.err;

    /** When each step was reached, CLOCK_MONOTONIC. */
    private record Restart(long killed, long ended, long main, long armed, long loop, long resumed) {}

    /** All kills of one profile under one load. {@code failed}: what became of those that were not taken up. */
    private record Series(String profile, boolean busy, List<Restart> restarts, List<String> failed) {
        String row() {
            return "| %s | %s | %d of %d | %s | %s | %s | %s | %s | %s | %s | %s |"
                    .formatted(
                            profile,
                            busy ? "busy" : "quiet",
                            restarts.size(),
                            restarts.size() + failed.size(),
                            median(each -> each.resumed() - each.killed()),
                            extreme(true),
                            extreme(false),
                            median(each -> each.ended() - each.killed()),
                            median(each -> each.main() - each.ended()),
                            median(each -> each.armed() - each.main()),
                            median(each -> each.loop() - each.armed()),
                            median(each -> each.resumed() - each.loop()));
        }

        private String median(ToLongFunction<Restart> span) {
            return Bench.median(restarts.stream()
                    .mapToLong(each -> span.applyAsLong(each) / 1_000_000)
                    .sorted()
                    .toArray());
        }

        private String extreme(boolean least) {
            var spans = restarts.stream().mapToLong(each -> (each.resumed() - each.killed()) / 1_000_000);
            var found = least ? spans.min() : spans.max();
            return found.isPresent() ? Long.toString(found.getAsLong()) : "-";
        }
    }

    private Restarts(int kills, List<String> profiles, List<Boolean> loads, LabConsole lab) {
        this.kills = kills;
        this.profiles = profiles;
        this.loads = loads;
        this.lab = lab;
    }

    static int main(List<String> arguments) throws InterruptedException {
        int kills = 10;
        List<String> profiles = new ArrayList<>();
        List<Boolean> loads = new ArrayList<>();
        String name = "resume";
        for (int i = 0; i < arguments.size(); i++) {
            String value = i + 1 < arguments.size() ? arguments.get(i + 1) : "";
            switch (arguments.get(i)) {
                case "--quiet" -> loads.add(false);
                case "--busy" -> loads.add(true);
                case "--kills" -> {
                    kills = value.matches("[1-9][0-9]{0,3}") ? Integer.parseInt(value) : usage();
                    i++;
                }
                case "--profile" -> {
                    if (!List.of("default", "fast", "conservative").contains(value)) {
                        usage();
                    }
                    profiles.add(value);
                    i++;
                }
                case "--name" -> {
                    name = value;
                    i++;
                }
                default -> usage();
            }
        }
        return new Restarts(
                        kills,
                        profiles.isEmpty() ? List.of("default", "fast") : profiles,
                        loads.isEmpty() ? List.of(false, true) : loads,
                        LabConsole.named(name))
                .run();
    }

    private static int usage() {
        System.err.println(
                "usage: ./holdfast bench resume [--kills 1..9999] [--profile default|fast|conservative]... [--quiet] [--busy] [--name LAB]");
        System.exit(2);
        throw new IllegalStateException("unreachable");
    }

    private int run() throws InterruptedException {
        List<Series> all = new ArrayList<>();
        boolean gaveUp = false;
        var teardown = new Thread(() -> lab.takeDown(progress), "teardown");
        Runtime.getRuntime().addShutdownHook(teardown);
        for (String profile : profiles) {
            try {
                lab.up(2, profile, "power");
                lab.awaitFullView(Stage.TO_HEAL);
                rest();
                for (boolean busy : loads) {
                    var series = new Series(profile, busy, new ArrayList<>(), new ArrayList<>());
                    all.add(series);
                    for (int i = 1; i <= kills; i++) {
                        once(series, i);
                    }
                }
            } catch (IOException | Await.NotReached e) {
                progress.println("gave up: " + e.getMessage());
                gaveUp = true;
            }
            lab.takeDown(progress);
        }
        Runtime.getRuntime().removeShutdownHook(teardown);
        System.out.println(
                "| profile | load | taken up | kill to resumed, ms: median | min | max | end seen | Java's start"
                        + " | to the kill timer | to the loop | to resumed |");
        System.out.println("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        all.forEach(series -> System.out.println(series.row()));
        all.forEach(series -> series.failed().forEach(System.out::println));
        return !gaveUp && all.stream().allMatch(series -> series.failed().isEmpty()) ? 0 : 1;
    }

    private void once(Series series, int number) throws IOException, InterruptedException, Await.NotReached {
        String node = "node" + (1 + number % 2);
        var events = new EventFeed(List.of(lab.labEvents(), lab.events(node)));
        List<Process> busy = new ArrayList<>();
        long from;
        try {
            if (series.busy()) {
                for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
                    busy.add(new ProcessBuilder("setsid", "sh", "-c", "while :; do :; done").start());
                }
                TimeUnit.NANOSECONDS.sleep(TO_BE_BUSY.toNanos());
            }
            from = System.nanoTime();
            lab.fault("kill", node, "cssd");
            Await.that("cssd of " + node + " is back, or the node is off", PATIENCE, () -> {
                events.next();
                return Stream.of("resumed", "joining", "power-off")
                        .anyMatch(name -> find(since(events, from), name).isPresent());
            });
        } finally {
            busy.forEach(Process::destroyForcibly);
        }
        rest(); // Long enough also for its peers to vote it out, should they have missed it for too long.
        events.next();
        List<Event> seen = since(events, from);
        Optional<Event> loss =
                LOSSES.stream().flatMap(name -> find(seen, name).stream()).findFirst();
        if (loss.isPresent()) {
            series.failed()
                    .add("%s, %s, kill %d: %s: %s"
                            .formatted(
                                    series.profile(),
                                    node,
                                    number,
                                    loss.get().name(),
                                    loss.get().text()));
        } else {
            series.restarts().add(restart(seen));
        }
        progress.println("%s %s %d/%d on %s: %s; %s"
                .formatted(
                        series.profile(),
                        series.busy() ? "busy" : "quiet",
                        number,
                        kills,
                        node,
                        find(seen, "taking-up").map(Event::text).orElse("not taken up"),
                        loss.map(Event::text)
                                .orElseGet(() ->
                                        (restart(seen).resumed() - restart(seen).killed()) / 1_000_000 + " ms")));
        if (find(seen, "power-off").isPresent()) {
            lab.fault("power-on", node);
        }
        if (loss.isPresent()) {
            lab.awaitFullView(Stage.TO_HEAL);
            rest();
        }
    }

    private static void rest() throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(
                LIVED_WELL.toNanos() + ThreadLocalRandom.current().nextLong(PHASE_NANOS));
    }

    private static Restart restart(List<Event> seen) {
        Event takingUp = find(seen, "taking-up").orElseThrow();
        return new Restart(
                find(seen, "kill").orElseThrow().nanos(),
                nanos(takingUp, "ended"),
                nanos(takingUp, "main"),
                nanos(takingUp, "armed"),
                nanos(takingUp, "loop"),
                find(seen, "resumed").orElseThrow().nanos());
    }

    private static long nanos(Event event, String step) {
        return Long.parseLong(event.detail(step));
    }

    private static List<Event> since(EventFeed events, long nanos) {
        return events.all().stream().filter(event -> event.nanos() >= nanos).toList();
    }

    private static Optional<Event> find(List<Event> events, String name) {
        return events.stream().filter(event -> event.name().equals(name)).findFirst();
    }
}
