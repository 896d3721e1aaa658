package dev.holdfast.cssd;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Where the time of a start goes that follows another cssd's end: what was reached when, on this machine's monotonic clock. */
final class Restart {
    /** Set by bin/holdfast-cssd: when it saw the end of the last cssd, in microseconds of the wall clock. */
    private static final String LAST_END = "HOLDFAST_LAST_END";

    private final Map<String, Long> reached = new LinkedHashMap<>();

    private Restart() {}

    static Restart begins(Map<String, String> environment) {
        Restart restart = new Restart();
        long now = System.nanoTime();
        String end = environment.getOrDefault(LAST_END, "");
        if (end.matches("[0-9]{1,17}")) {
            long nowMicros = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
            restart.reached.put("ended", now - (nowMicros - Long.parseLong(end)) * 1_000);
        }
        restart.reached.put("main", now);
        return restart;
    }

    void reached(String step) {
        reached.put(step, System.nanoTime());
    }

    /** Nanoseconds of the monotonic clock by step. */
    SortedMap<String, String> steps() {
        SortedMap<String, String> steps = new TreeMap<>();
        reached.forEach((step, nanos) -> steps.put(step, Long.toString(nanos)));
        return steps;
    }

    /** The steps in order, each with its milliseconds since the first. */
    String text() {
        List<String> steps = new ArrayList<>();
        long first = reached.values().iterator().next();
        reached.forEach((step, nanos) -> steps.add(step + " +" + (nanos - first) / 1_000_000 + " ms"));
        return "the life of the cssd before this one is being taken up: " + String.join(", ", steps);
    }
}
