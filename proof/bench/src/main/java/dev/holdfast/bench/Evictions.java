package dev.holdfast.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * {@code ./holdfast bench evictions}: a lab of two nodes under full CPU load, where nothing is wrong but that there is no time. Two busy
 * processes for each processor, at normal priority, each in a session of its own, so that no scheduler's fairness between sessions helps the
 * daemons. Every node that is voted out, every lease that is lost and every change of the view is false. Exit code 1 if there was any.
 */
final class Evictions {
    private static final List<String> FALSE_ALARMS =
            List.of("evicted", "view-committed", "lease-lost", "letting-go", "settled", "view-installed");

    private static final String BUSY = "while :; do :; done";

    private final Duration length;
    private final String profile;
    private final LabConsole lab;
    private final PrintStream progress = System.err;

    private Evictions(Duration length, String profile, LabConsole lab) {
        this.length = length;
        this.profile = profile;
        this.lab = lab;
    }

    static int main(List<String> arguments) throws InterruptedException {
        int minutes = 10;
        String profile = "default";
        String name = "evictions";
        for (int i = 0; i < arguments.size(); i += 2) {
            String value = i + 1 < arguments.size() ? arguments.get(i + 1) : "";
            switch (arguments.get(i)) {
                case "--minutes" -> minutes = value.matches("[1-9][0-9]{0,3}") ? Integer.parseInt(value) : usage();
                case "--profile" -> profile = value;
                case "--name" -> name = value;
                default -> usage();
            }
        }
        if (!List.of("default", "fast", "conservative").contains(profile)) {
            usage();
        }
        return new Evictions(Duration.ofMinutes(minutes), profile, LabConsole.named(name)).run();
    }

    private static int usage() {
        System.err.println(
                "usage: ./holdfast bench evictions [--minutes 1..9999] [--profile default|fast|conservative] [--name LAB]");
        System.exit(2);
        throw new IllegalStateException("unreachable");
    }

    private int run() throws InterruptedException {
        List<Process> busy = new ArrayList<>();
        var teardown = new Thread(() -> end(busy), "teardown");
        Runtime.getRuntime().addShutdownHook(teardown);
        try {
            lab.up(2, profile, "power");
            lab.awaitFullView(Stage.TO_HEAL);
            try (Stage stage = Stage.withWitness(lab)) {
                return underLoad(stage, busy);
            }
        } catch (IOException | Await.NotReached e) {
            System.out.println("gave up: " + e.getMessage());
            return 1;
        } finally {
            end(busy);
            Runtime.getRuntime().removeShutdownHook(teardown);
        }
    }

    private int underLoad(Stage stage, List<Process> busy) throws IOException, InterruptedException {
        int processors = Runtime.getRuntime().availableProcessors();
        stage.forget();
        long began = System.nanoTime();
        for (int i = 0; i < 2 * processors; i++) {
            busy.add(lab.startOnClient(List.of("setsid", "--wait", "sh", "-c", BUSY)));
        }
        progress.println("%d busy processes on %d processors for %d min, profile %s"
                .formatted(busy.size(), processors, length.toMinutes(), profile));
        long end = began + length.toNanos();
        long told = began;
        while (System.nanoTime() < end) {
            TimeUnit.NANOSECONDS.sleep(Math.min(TimeUnit.SECONDS.toNanos(1), Math.max(1, end - System.nanoTime())));
            stage.follow();
            stage.mustBeObserved();
            if (busy.stream().anyMatch(process -> !process.isAlive())) {
                throw new IOException("a busy process has ended: this was not full load");
            }
            if (System.nanoTime() - told >= TimeUnit.MINUTES.toNanos(1)) {
                told = System.nanoTime();
                progress.println("%3d min: %d false alarms"
                        .formatted(
                                (told - began) / TimeUnit.MINUTES.toNanos(1),
                                falseAlarms(stage, began).size()));
            }
        }
        List<Event> alarms = falseAlarms(stage, began);
        List<Event> suspicions = of(stage, began, List.of("suspect"));
        List<Sample> samples = stage.client().told(sample -> sample.beganNanos() >= began);
        int doubles = Sighting.doubles(stage.observer().told(_ -> true)).size();
        System.out.println("| profile | load | minutes | evictions | lease losses | view changes | suspicions | "
                + "requests | failed | held twice, ms |");
        System.out.println("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
        System.out.println("| %s | %d busy processes on %d processors | %d | %d | %d | %d | %d | %d | %d | %d |"
                .formatted(
                        profile,
                        2 * processors,
                        processors,
                        length.toMinutes(),
                        count(alarms, "evicted"),
                        count(alarms, "lease-lost"),
                        count(alarms, "view-committed"),
                        suspicions.size(),
                        samples.size(),
                        samples.stream().filter(sample -> !sample.good()).count(),
                        AddressObserver.INTERVAL.multipliedBy(doubles).toMillis()));
        alarms.forEach(alarm -> System.out.println(alarm.node() + " " + alarm.name() + ": " + alarm.text()));
        return alarms.isEmpty() && doubles == 0 ? 0 : 1;
    }

    private static long count(List<Event> events, String name) {
        return events.stream().filter(event -> event.name().equals(name)).count();
    }

    private static List<Event> falseAlarms(Stage stage, long since) {
        return of(stage, since, FALSE_ALARMS);
    }

    private static List<Event> of(Stage stage, long since, List<String> names) {
        return stage.events().all().stream()
                .filter(event -> event.nanos() >= since && names.contains(event.name()))
                .toList();
    }

    private void end(List<Process> busy) {
        busy.forEach(Process::destroy);
        try {
            LabConsole.Answer _ = lab.down(); // And with the client host everything that still runs on it.
        } catch (IOException e) {
            progress.println("the lab could not be taken down: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
