package dev.holdfast.cssd;

import static dev.holdfast.cssd.BlockCodecTest.N2;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cssd.LinkStatistics.Change;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Two private networks to node 2; a network is down after a second of silence. */
class LinkStatisticsTest {
    private static final Incarnation FIRST_LIFE = new Incarnation(1);
    private static final Incarnation SECOND_LIFE = new Incarnation(2);

    private final LinkStatistics statistics =
            new LinkStatistics(NodeSet.of(N2), 2, Duration.ofSeconds(1), new Moment(0));

    private static Moment at(long millis) {
        return new Moment(millis * 1_000_000);
    }

    private void heard(long millis, int link, long sequence) {
        statistics.heard(at(millis), link, N2, FIRST_LIFE, sequence);
    }

    private LinkStatistics.Figures figures(long millis, int link) {
        return statistics.figures(at(millis)).get(link);
    }

    @Test
    void what_one_network_lacks_of_what_came_over_any_is_lost_on_that_one() {
        for (int sequence = 1; sequence <= 100; sequence++) {
            heard(sequence * 10L, 0, sequence);
            if (sequence % 4 != 0) {
                heard(sequence * 10L, 1, sequence);
            }
        }
        assertThat(figures(1000, 0).lostPerMille()).isZero();
        assertThat(figures(1000, 1).lostPerMille()).isBetween(240, 255);
    }

    @Test
    void a_network_that_is_cut_loses_all_in_the_end_and_what_is_late_is_not_lost() {
        for (int sequence = 1; sequence <= 10; sequence++) {
            heard(10, 0, sequence);
            heard(10, 1, 11 - sequence); // In the wrong order.
        }
        assertThat(figures(10, 1).lostPerMille()).isZero();
        for (int sequence = 11; sequence <= 10 + 2 * LinkStatistics.WINDOW; sequence++) {
            heard(20, 0, sequence);
        }
        assertThat(figures(20, 0).lostPerMille()).isZero();
        assertThat(figures(20, 1).lostPerMille()).isEqualTo(1000);
    }

    @Test
    void a_new_life_counts_anew_and_an_old_one_says_nothing() {
        heard(10, 0, 5000);
        statistics.heard(at(20), 0, N2, SECOND_LIFE, 1);
        statistics.heard(at(30), 0, N2, FIRST_LIFE, 6000);
        assertThat(figures(40, 0).lostPerMille()).isZero();
        assertThat(figures(40, 0).silentMillis()).isEqualTo(20);
    }

    @Test
    void going_down_and_coming_up_is_told_once() {
        assertThat(statistics.changes(at(10))).isEmpty();
        heard(20, 0, 1);
        assertThat(statistics.changes(at(400))).containsExactly(new Change(N2, 0, true));
        assertThat(statistics.changes(at(800))).isEmpty();
        assertThat(statistics.changes(at(1200))).containsExactly(new Change(N2, 0, false));
        assertThat(statistics.changes(at(1600))).isEmpty();
        heard(1700, 0, 2);
        assertThat(statistics.changes(at(1800))).containsExactly(new Change(N2, 0, true));
        assertThat(figures(1800, 0).state()).isEqualTo("UP");
        assertThat(figures(1800, 1).state()).isEqualTo("NEVER");
        assertThat(figures(9000, 0).state()).isEqualTo("DOWN");
    }

    @Test
    void who_was_away_itself_does_not_blame_the_networks() {
        heard(20, 0, 1);
        assertThat(statistics.changes(at(30))).containsExactly(new Change(N2, 0, true));
        assertThat(statistics.changes(at(60_000))).isEmpty();
        for (int millis = 60_000; millis < 61_000; millis += 100) {
            assertThat(statistics.changes(at(millis))).isEmpty();
        }
        assertThat(statistics.changes(at(61_000))).containsExactly(new Change(N2, 0, false));
    }

    @Test
    void the_round_trip_is_smoothed() {
        assertThat(figures(1, 0).roundTripMicros()).isEqualTo(-1);
        statistics.echoed(0, N2, Duration.ofNanos(800_000));
        assertThat(figures(1, 0).roundTripMicros()).isEqualTo(800);
        statistics.echoed(0, N2, Duration.ofNanos(1_600_000));
        assertThat(figures(1, 0).roundTripMicros()).isEqualTo(900);
        assertThat(figures(1, 1).roundTripMicros()).isEqualTo(-1);
    }

    @Test
    void strangers_and_networks_that_do_not_exist_are_not_listened_to() {
        statistics.heard(at(1), 0, new NodeId(9), FIRST_LIFE, 1);
        statistics.heard(at(1), 2, N2, FIRST_LIFE, 1);
        statistics.echoed(-1, N2, Duration.ofMillis(1));
        assertThat(statistics.figures(at(2)))
                .hasSize(2)
                .allMatch(each -> each.state().equals("NEVER"));
    }
}
