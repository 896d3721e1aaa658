package dev.holdfast.bench;

import dev.holdfast.bench.Screen.Tone;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What of the events of a fault is worth a line, in words, counted from the moment of the fault. Every row stands for one recorded event or
 * one recorded request.
 */
final class Timeline {
    /** @param since the fault */
    record Row(Duration since, String who, String what, Tone tone) {}

    private static final Map<String, String> PROOFS = Map.of(
            "FENCED", "F1, the fence device says: off",
            "STOPPED", "F2, the loser itself wrote: all stopped",
            "REBOOTED", "F3, its machine has booted anew",
            "TIMER", "F4, its lease and its watchdog have run out",
            "OPERATOR", "F5, an operator said so");

    private Timeline() {}

    /** The moment of the fault: what the lab recorded; else when it was ordered. */
    static long zero(Drill drill) {
        return drill.events().stream()
                .filter(event -> isFault(event) && event.node().equals(drill.node()))
                .mapToLong(Event::nanos)
                .findFirst()
                .orElse(drill.beganNanos());
    }

    private static boolean isFault(Event event) {
        return event.daemon().equals("lab")
                && (event.name().equals("power-off-begin") || event.name().equals("cut"));
    }

    /** The rows of a whole drill, by time, with what the client saw. */
    static List<Row> of(Drill drill) {
        long zero = zero(drill);
        List<Row> rows = new ArrayList<>();
        drill.events().forEach(event -> row(event, zero).ifPresent(rows::add));
        drill.outages().stream()
                .filter(outage -> outage.failed() > 0)
                .max(Comparator.comparing(Outage::length))
                .ifPresent(longest -> {
                    rows.add(new Row(
                            Duration.ofNanos(longest.fromNanos() - zero),
                            "client",
                            "last good answer before",
                            Tone.PLAIN));
                    if (longest.over()) {
                        rows.add(new Row(
                                Duration.ofNanos(longest.toNanos() - zero),
                                "client",
                                "first good answer" + servedBy(drill, longest.toNanos()),
                                Tone.GOOD));
                    }
                });
        rows.sort(Comparator.comparing(Row::since));
        return rows;
    }

    private static String servedBy(Drill drill, long endedNanos) {
        return drill.samples().stream()
                .filter(sample -> sample.good() && sample.endedNanos() == endedNanos)
                .map(sample -> ", from HAProxy on " + sample.balancer() + " and " + sample.server())
                .findFirst()
                .orElse("");
    }

    /** One event as a row; empty if it is a detail that only its log needs. */
    static Optional<Row> row(Event event, long zero) {
        if (event.name().startsWith("let") && !event.daemon().equals("cssd")) {
            return Optional.empty(); // crsd lets go, too; cssd's word is the verified one.
        }
        String resource = event.detail("resource");
        Row row = switch (event.name()) {
            case "power-off-begin" -> lab(event, zero, "power of " + event.node() + " cut");
            case "power-off" -> lab(event, zero, event.node() + " is off: no process of it is left");
            case "cut", "watchdog-expired" -> lab(event, zero, event.text());
            case "suspect" -> node(event, zero, "detected: " + event.text(), Tone.DECISION);
            case "view-committed" -> node(event, zero, "voted: " + event.text(), Tone.DECISION);
            case "evicted" -> node(event, zero, "learns it: " + event.text(), Tone.FAULT);
            case "letting-go" -> node(event, zero, event.text(), Tone.FAULT);
            case "let-go" -> node(event, zero, "has let go: " + event.text(), Tone.DECISION);
            case "fence-requested" -> node(event, zero, event.text(), Tone.PLAIN);
            case "fence-failed" -> node(event, zero, event.text(), Tone.FAULT);
            case "settled" -> node(event, zero, settled(event), Tone.DECISION);
            case "vip-up" -> node(event, zero, "address up: " + resource + " " + event.detail("address"), Tone.PLAIN);
            case "vip-down" ->
                node(event, zero, "address down: " + resource + " " + event.detail("address"), Tone.PLAIN);
            case "state" ->
                isApplication(resource) && event.detail("state").equals("ONLINE")
                        ? node(event, zero, resource + " is ONLINE", Tone.GOOD)
                        : null;
            default -> null;
        };
        return Optional.ofNullable(row);
    }

    private static boolean isApplication(String resource) {
        return WalkThrough.APPLICATIONS.contains(resource);
    }

    private static String settled(Event event) {
        String proof = event.detail("proof");
        return "proved harmless: " + event.detail("victim") + " (" + PROOFS.getOrDefault(proof, proof) + ")";
    }

    private static Row lab(Event event, long zero, String what) {
        return new Row(Duration.ofNanos(event.nanos() - zero), "lab", what, Tone.FAULT);
    }

    private static Row node(Event event, long zero, String what, Tone tone) {
        return new Row(Duration.ofNanos(event.nanos() - zero), event.node(), what, tone);
    }
}
