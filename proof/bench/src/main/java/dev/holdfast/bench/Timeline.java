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
    /**
     * @param since the fault
     * @param milestone whether it belongs into the short version
     */
    record Row(Duration since, String who, String what, Tone tone, boolean milestone) {}

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

    static boolean isFault(Event event) {
        return event.daemon().equals("lab")
                && (event.name().equals("power-off-begin") || event.name().equals("cut"));
    }

    /** The milestones of a drill, by time, with what the client saw. */
    static List<Row> of(Drill drill) {
        long zero = zero(drill);
        List<Row> rows = new ArrayList<>();
        drill.events().forEach(event -> row(event, zero).filter(Row::milestone).ifPresent(rows::add));
        drill.outages().stream()
                .filter(outage -> outage.failed() > 0)
                .max(Comparator.comparing(Outage::length))
                .ifPresent(longest -> {
                    rows.add(client(longest.fromNanos() - zero, "last good answer before", Tone.PLAIN));
                    if (longest.over()) {
                        String whose = servedBy(drill, longest.toNanos());
                        rows.add(client(longest.toNanos() - zero, "first good answer" + whose, Tone.GOOD));
                    }
                });
        rows.sort(Comparator.comparing(Row::since));
        return rows;
    }

    private static Row client(long nanos, String what, Tone tone) {
        return new Row(Duration.ofNanos(nanos), "client", what, tone, true);
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
        String address = resource + " " + event.detail("address");
        Row row = switch (event.name()) {
            case "power-off-begin" -> fault(event, zero, "power of " + event.node() + " cut");
            case "power-off" -> fault(event, zero, event.node() + " is off: no process of it is left");
            case "cut" -> fault(event, zero, "cables of " + event.node() + " pulled: " + event.text());
            case "watchdog-expired" -> fault(event, zero, "watchdog of " + event.node() + " fired");
            case "suspect" -> milestone(event, zero, "detected: " + event.text(), Tone.DECISION);
            case "view-committed" ->
                milestone(
                        event,
                        zero,
                        "voted: epoch " + event.detail("epoch") + " has the members " + event.detail("members") + ", "
                                + event.detail("reason"),
                        Tone.DECISION);
            case "evicted" -> detail(event, zero, "learns it: " + event.text(), Tone.FAULT);
            case "letting-go" -> detail(event, zero, event.text(), Tone.FAULT);
            case "let-go" -> milestone(event, zero, "has let go: " + event.text(), Tone.DECISION);
            case "fence-requested" -> detail(event, zero, event.text(), Tone.PLAIN);
            case "fence-failed" -> milestone(event, zero, event.text(), Tone.FAULT);
            case "settled" -> milestone(event, zero, settled(event), Tone.DECISION);
            case "vip-up" -> milestone(event, zero, "address up: " + address, Tone.PLAIN);
            case "vip-down" -> milestone(event, zero, "address down: " + address, Tone.PLAIN);
            case "state" ->
                isApplication(resource) && event.detail("state").equals("ONLINE")
                        ? milestone(event, zero, resource + " is ONLINE", Tone.GOOD)
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

    private static Row fault(Event event, long zero, String what) {
        return new Row(Duration.ofNanos(event.nanos() - zero), "lab", what, Tone.FAULT, true);
    }

    private static Row milestone(Event event, long zero, String what, Tone tone) {
        return new Row(Duration.ofNanos(event.nanos() - zero), event.node(), named(what), tone, true);
    }

    private static Row detail(Event event, long zero, String what, Tone tone) {
        return new Row(Duration.ofNanos(event.nanos() - zero), event.node(), named(what), tone, false);
    }

    /** The daemons write n1 for node 1, whose name in a lab is node1. */
    static String named(String text) {
        return text.replaceAll("\\bn([0-9]+)\\b", "node$1");
    }
}
