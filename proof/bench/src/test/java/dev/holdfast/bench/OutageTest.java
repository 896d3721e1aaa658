package dev.holdfast.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutageTest {
    private final List<Sample> samples = new ArrayList<>();

    @Test
    void a_steady_service_has_no_outage() {
        good(0, 5, 10, 15);

        assertEquals(List.of(), Outage.in(samples, ms(17)));
    }

    @Test
    void an_outage_lasts_from_the_last_good_answer_to_the_next_one() {
        good(0, 5);
        failed(10, 15, 20, 25, 30);
        good(35, 40);

        assertEquals(List.of(new Outage(ms(6), ms(36), 5, true)), Outage.in(samples, ms(45)));
    }

    @Test
    void a_request_begun_in_the_outage_that_ends_after_it_does_not_prolong_it() {
        good(0);
        samples.add(new Sample(ms(5), ms(255), "", "", "timed out"));
        good(20, 25, 30, 250, 255, 260);
        good(35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 150, 200);

        assertEquals(
                Duration.ofMillis(20),
                Outage.total(Outage.in(samples, ms(265)).stream()
                        .filter(outage -> outage.failed() > 0)
                        .toList()));
    }

    @Test
    void a_lost_request_between_answers_that_keep_coming_is_below_the_floor() {
        good(0, 5);
        failed(10);
        good(15);

        assertEquals(List.of(), Outage.in(samples, ms(20)));
    }

    @Test
    void a_long_silence_counts_even_if_no_request_failed() {
        good(0);
        good(101);

        assertEquals(List.of(new Outage(ms(1), ms(102), 0, true)), Outage.in(samples, ms(103)));
    }

    @Test
    void a_service_that_does_not_come_back_is_out_until_the_end_of_the_observation() {
        good(0);
        failed(5, 10);

        assertEquals(List.of(new Outage(ms(1), ms(500), 2, false)), Outage.in(samples, ms(500)));
    }

    @Test
    void an_answer_that_came_after_the_end_of_the_observation_is_no_outage() {
        good(0, 5);

        assertEquals(List.of(), Outage.in(samples, ms(3)));
    }

    @Test
    void what_was_before_the_first_good_answer_is_not_an_outage() {
        failed(0, 5, 10, 200, 400);
        good(405);

        assertEquals(List.of(), Outage.in(samples, ms(407)));
    }

    @Test
    void a_sample_survives_the_way_through_a_pipe() {
        Sample sample = new Sample(12, 34, "node1", "httpd1 on node2", "");

        assertEquals(sample, Sample.parse(sample.line()));
    }

    private void good(long... begun) {
        for (long at : begun) {
            samples.add(new Sample(ms(at), ms(at + 1), "node1", "httpd1 on node1", ""));
        }
    }

    private void failed(long... begun) {
        for (long at : begun) {
            samples.add(new Sample(ms(at), ms(at + 250), "", "", "timed out"));
        }
    }

    private static long ms(long millis) {
        return millis * 1_000_000;
    }
}
