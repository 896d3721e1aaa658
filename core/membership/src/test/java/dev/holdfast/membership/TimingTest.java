package dev.holdfast.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
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
        Timing base = Timing.standard();
        Timing tooShort = new Timing(
                base.heartbeat(),
                base.misscount(),
                base.poll(),
                base.fastPoll(),
                Duration.ofMillis(1999),
                base.watchdog(),
                base.granularity(),
                base.rho());

        assertThat(tooShort.problems()).singleElement().asString().startsWith("C1: lease 1.999 s must be at least");
    }

    @Test
    void detection_later_than_the_timer_is_refused() {
        Timing base = Timing.standard();
        Timing late = new Timing(
                base.heartbeat(),
                Duration.ofSeconds(11),
                base.poll(),
                base.fastPoll(),
                base.lease(),
                base.watchdog(),
                base.granularity(),
                base.rho());

        assertThat(late.problems()).singleElement().asString().startsWith("C3: misscount 11.000 s must not exceed S");
    }
}
