package dev.holdfast.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Somebody answered "I have this address" to one question of the observer.
 *
 * @param nanos when the answer came, CLOCK_MONOTONIC
 * @param address the virtual address asked for
 * @param question the number of the question; the answer carries it
 * @param mac who answered
 */
public record Sighting(long nanos, String address, long question, String mac) {
    String line() {
        return nanos + "\t" + address + "\t" + question + "\t" + mac;
    }

    static Sighting parse(String line) {
        String[] parts = line.split("\t", -1);
        if (parts.length != 4) {
            throw new IllegalArgumentException("not a sighting: " + line);
        }
        return new Sighting(Long.parseLong(parts[0]), parts[1], Long.parseLong(parts[2]), parts[3]);
    }

    /**
     * One question to which two machines answered: the address was held twice.
     *
     * @param nanos when the second answer came
     */
    public record HeldTwice(long nanos, String address, SortedSet<String> macs) {}

    /** All moments at which an address was held twice. A move between two questions is none: each has one answer. */
    public static List<HeldTwice> doubles(Collection<Sighting> sightings) {
        record Question(String address, long number) {}
        Map<Question, List<Sighting>> answers = new LinkedHashMap<>();
        for (Sighting sighting : sightings) {
            answers.computeIfAbsent(new Question(sighting.address(), sighting.question()), _ -> new ArrayList<>())
                    .add(sighting);
        }
        var doubles = new ArrayList<HeldTwice>();
        answers.forEach((question, all) -> {
            var first = new TreeMap<String, Long>();
            all.forEach(sighting -> first.merge(sighting.mac(), sighting.nanos(), Math::min));
            if (first.size() > 1) {
                long second =
                        first.values().stream().sorted().skip(1).findFirst().orElseThrow();
                doubles.add(new HeldTwice(second, question.address(), new TreeSet<>(first.keySet())));
            }
        });
        return List.copyOf(doubles);
    }
}
