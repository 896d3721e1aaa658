package dev.holdfast.bench;

import dev.holdfast.bench.Sighting.HeldTwice;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * One fault, from the moment before it until the service is steady again, as the client, the observer and the nodes' logs recorded it.
 *
 * @param node on which HAProxy ran when it happened
 * @param beganNanos just before the fault was ordered
 * @param endedNanos when the service had been good for a second again, or was given up
 * @param outages what the client saw in between
 * @param heldTwice questions of the observer to which two nodes answered
 * @param back whether the service came back
 * @param events of all nodes and of the lab, in between, by time
 * @param samples all requests in between
 */
public record Drill(
        Fault fault,
        String node,
        long beganNanos,
        long endedNanos,
        List<Outage> outages,
        List<HeldTwice> heldTwice,
        boolean back,
        List<Event> events,
        List<Sample> samples) {

    /** Without one failed request for so long, the service is called steady. */
    private static final Duration STEADY = Duration.ofSeconds(1);

    /** Of the 200 requests of a second, so many must have been asked: a client that stalls has seen nothing. */
    private static final int STEADY_REQUESTS = 120;

    /** Much longer than any bound of the settings. */
    static final Duration PATIENCE = Duration.ofSeconds(90);

    public Drill {
        outages = List.copyOf(outages);
        heldTwice = List.copyOf(heldTwice);
        events = List.copyOf(events);
        samples = List.copyOf(samples);
    }

    public Duration outage() {
        return Outage.total(outages);
    }

    /** For how long an address was held twice: each question stands for its 20 ms. */
    public Duration doubleTime() {
        return AddressObserver.INTERVAL.multipliedBy(heldTwice.size());
    }

    public long failedRequests() {
        return samples.stream().filter(sample -> !sample.good()).count();
    }

    /** The nodes that were voted out because of the fault. */
    List<Event> settled() {
        return events.stream().filter(event -> event.name().equals("settled")).toList();
    }

    /**
     * Does it and waits until the service is steady. Does not undo it.
     *
     * @param live gets the events while they happen
     */
    static Drill run(Stage stage, Fault fault, Consumer<Event> live) throws IOException, InterruptedException {
        String node = stage.active();
        String other = stage.otherThan(node);
        LabConsole lab = stage.lab();
        stage.events().next();
        long began = System.nanoTime();
        switch (fault) {
            case POWER_OFF -> lab.fault("power-off", node);
            case PARTITION -> lab.fault("cut", node, "private");
            case KILL_HAPROXY ->
                lab.exec(node, "sh", "-c", "kill -9 $(cat /run/haproxy.pid)").orFail("killing HAProxy on " + node);
            case RELOCATE ->
                lab.exec(node, "crsctl", "relocate", "resource", "haproxyvip", "-n", other, "-f")
                        .orFail("moving HAProxy to " + other);
        }
        boolean back = true;
        try {
            Await.that("the service is steady after the " + fault.text(), PATIENCE, () -> {
                stage.events().next().forEach(live);
                stage.mustBeObserved();
                return decided(stage, fault, began) && steady(stage, began);
            });
        } catch (Await.NotReached e) {
            back = false;
        }
        long ended = System.nanoTime();
        List<Sample> samples = stage.client().told(sample -> sample.beganNanos() >= began - STEADY.toNanos());
        return new Drill(
                fault,
                node,
                began,
                ended,
                Outage.in(samples, ended),
                Sighting.doubles(stage.observer().told(sighting -> sighting.nanos() >= began)),
                back,
                stage.events().all().stream()
                        .filter(event -> event.nanos() >= began)
                        .toList(),
                samples.stream().filter(sample -> sample.beganNanos() >= began).toList());
    }

    /** Whether what follows from the fault has happened; before that, a good service says nothing. */
    private static boolean decided(Stage stage, Fault fault, long began) {
        List<Event> since = stage.events().all().stream()
                .filter(event -> event.nanos() >= began)
                .toList();
        return switch (fault) {
            case POWER_OFF -> since.stream().anyMatch(event -> event.name().equals("settled"));
            case PARTITION ->
                // Whichever side it is that goes on, it gets an address from the other.
                since.stream().anyMatch(event -> event.name().equals("settled"))
                        && since.stream().anyMatch(event -> event.name().equals("vip-up"));
            case KILL_HAPROXY ->
                since.stream()
                        .anyMatch(event -> event.is("state", "haproxy")
                                && event.detail("state").equals("ONLINE"));
            case RELOCATE -> true; // The command has answered: it is done.
        };
    }

    private static boolean steady(Stage stage, long began) {
        long from = Math.max(began, System.nanoTime() - STEADY.toNanos() - LoadClient.TIMEOUT.toNanos());
        List<Sample> recent = stage.client().told(sample -> sample.beganNanos() >= from);
        return recent.size() >= STEADY_REQUESTS
                && recent.getLast().endedNanos() - from >= STEADY.toNanos()
                && recent.stream().allMatch(Sample::good);
    }
}
