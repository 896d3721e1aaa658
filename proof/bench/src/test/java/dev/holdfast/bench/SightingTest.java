package dev.holdfast.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.bench.Sighting.HeldTwice;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SightingTest {
    private static final String VIP = "10.1.0.110";
    private static final String A = "02:48:46:01:00:01";
    private static final String B = "02:48:46:01:00:02";

    private final List<Sighting> sightings = new ArrayList<>();

    @Test
    void an_address_that_moves_between_two_questions_is_not_held_twice() {
        seen(1, VIP, 1, A);
        seen(21, VIP, 2, B);

        assertEquals(List.of(), Sighting.doubles(sightings));
    }

    @Test
    void two_answers_to_one_question_mean_held_twice_from_the_second() {
        seen(1, VIP, 1, A);
        seen(3, VIP, 1, B);

        assertEquals(List.of(new HeldTwice(3, VIP, new TreeSet<>(List.of(A, B)))), Sighting.doubles(sightings));
    }

    @Test
    void a_late_answer_counts_to_its_own_question() {
        seen(25, VIP, 2, B);
        seen(26, VIP, 1, A);

        assertEquals(List.of(), Sighting.doubles(sightings));
    }

    @Test
    void the_same_answer_twice_is_one_holder() {
        seen(1, VIP, 1, A);
        seen(2, VIP, 1, A);

        assertEquals(List.of(), Sighting.doubles(sightings));
    }

    @Test
    void different_addresses_may_have_different_holders() {
        seen(1, VIP, 1, A);
        seen(2, "10.1.0.111", 1, B);

        assertEquals(List.of(), Sighting.doubles(sightings));
    }

    private void seen(long nanos, String address, long question, String mac) {
        sightings.add(new Sighting(nanos, address, question, mac));
    }
}
