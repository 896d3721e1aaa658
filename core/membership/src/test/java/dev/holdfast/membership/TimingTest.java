package dev.holdfast.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TimingTest {
    @Test
    void every_profile_passes_its_own_checks() {
        assertThat(Timing.conservative().problems()).isEmpty();
        assertThat(Timing.standard().problems()).isEmpty();
        assertThat(Timing.fast().problems()).isEmpty();
    }

    @Test
    void the_takeover_bound_covers_lease_watchdog_and_two_clocks_that_run_apart() {
        assertThat(Timing.standard().takeoverAfter()).isBetween(Duration.ofMillis(10_040), Duration.ofMillis(10_041));
        assertThat(Timing.fast().takeoverAfter()).isBetween(Duration.ofMillis(4_016), Duration.ofMillis(4_017));
    }

    @Test
    void letting_go_begins_well_before_the_lease_ends() {
        assertThat(Timing.standard().letGoAfter()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void a_lease_that_one_slow_poll_would_end_is_refused() {
        Timing tooShort = Timing.standard().with(Map.of("lease", 1999));

        assertThat(tooShort.problems()).first().asString().startsWith("C1: lease 1.999 s must be at least");
    }

    @Test
    void detection_later_than_the_timer_is_refused() {
        Timing late = Timing.standard().with(Map.of("misscount", 11_000));

        assertThat(late.problems()).singleElement().asString().startsWith("C3: misscount 11.000 s must not exceed S");
    }

    @Test
    void a_taker_that_was_not_there_waits_for_what_peers_may_have_acknowledged_too() {
        assertThat(Timing.standard().coldTakeoverAfter())
                .isBetween(Duration.ofMillis(130_521), Duration.ofMillis(130_522));
        assertThat(Timing.standard().with(Map.of("disktimeout", 0)).coldTakeoverAfter())
                .isEqualTo(Timing.standard().takeoverAfter());
    }

    @Test
    void a_disk_timeout_shorter_than_a_lease_is_refused_unless_it_is_off() {
        assertThat(Timing.standard().with(Map.of("disktimeout", 3000)).problems())
                .singleElement()
                .asString()
                .startsWith("C4: disktimeout 3.000 s must be at least one lease");
        assertThat(Timing.standard().with(Map.of("disktimeout", 0)).problems()).isEmpty();
    }

    @Test
    void every_setting_can_be_read_and_replaced_by_its_name() {
        for (String name : Timing.NAMES) {
            assertThat(Timing.standard().with(Map.of(name, 77)).get(name)).isEqualTo(Duration.ofMillis(77));
        }
    }

    @Test
    void a_heartbeat_shorter_than_two_looks_at_the_clock_is_refused() {
        assertThat(Timing.fast().with(java.util.Map.of("heartbeat", 49)).problems())
                .anyMatch(problem -> problem.startsWith("heartbeat ") && problem.contains("looks at its clock"));
        assertThat(Timing.fast().with(java.util.Map.of("heartbeat", 50)).problems())
                .isEmpty();
    }
}
