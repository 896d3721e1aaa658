package dev.holdfast.simulator;

import dev.holdfast.membership.Events;
import dev.holdfast.membership.Proof;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * What was exercised, over all seeds of a run: silence means something only about what did happen. What never happened
 * is listed, so that a kind of trouble that has stopped working is seen.
 */
final class Tally {
    static final String FAULT = "trouble ";
    static final String PROOF = "proof ";
    static final String NOTE = "note ";
    static final String VIEW = "view ";
    static final String WORLD = "world ";

    /** What the world counts by itself, besides kinds of trouble, proofs, notes and views. */
    private static final List<String> WORLD_COUNTS = List.of(
            "change accepted",
            "change refused",
            "cold start",
            "crash between two effects",
            "disk blanked",
            "disk blanked in use",
            "fenced",
            "fencing called off in time",
            "kill timer",
            "mild, nobody may be lost",
            "resource started",
            "retired disk given away",
            "stale read",
            "torn read",
            "voted out while the voting disks were exchanged",
            "watchdog reset");

    private static final List<String> VIEW_COUNTS = List.of(
            "founded",
            "joined",
            "left or voted out",
            "registry root",
            "settings",
            "settled",
            "voting disks change",
            "voting disks changed");

    private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();
    private final LongAdder runs = new LongAdder();

    /** Adds what one run counted. */
    void add(Map<String, Long> exercised) {
        runs.increment();
        exercised.forEach((what, times) ->
                counts.computeIfAbsent(what, _ -> new LongAdder()).add(times));
    }

    private static List<String> expected() {
        List<String> expected = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            expected.add(FAULT + fault);
        }
        for (Proof proof : Proof.values()) {
            expected.add(PROOF + proof);
        }
        VIEW_COUNTS.forEach(each -> expected.add(VIEW + each));
        WORLD_COUNTS.forEach(each -> expected.add(WORLD + each));
        for (Field field : Events.class.getFields()) {
            try {
                expected.add(NOTE + field.get(null));
            } catch (IllegalAccessException e) {
                throw new IllegalStateException("a public constant cannot be read: " + field, e);
            }
        }
        return expected;
    }

    /** What should have happened in a long run, and did not. */
    List<String> missing() {
        return expected().stream().filter(each -> !counts.containsKey(each)).toList();
    }

    String text() {
        SortedMap<String, LongAdder> sorted = new TreeMap<>(counts);
        StringBuilder text = new StringBuilder("exercised in " + runs.sum() + " seeds:\n");
        sorted.forEach((what, times) -> text.append("%12d  %s%n".formatted(times.sum(), what)));
        List<String> missing = missing();
        if (!missing.isEmpty()) {
            text.append("never exercised: ").append(String.join(", ", missing)).append('\n');
        }
        return text.toString();
    }
}
