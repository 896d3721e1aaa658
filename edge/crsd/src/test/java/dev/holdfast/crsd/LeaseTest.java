package dev.holdfast.crsd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Moment;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LeaseTest {
    private static final Epoch TWELVE = new Epoch(12);
    private static final Moment NOW = new Moment(5_000_000_000L);
    private static final Moment UNTIL = new Moment(7_000_000_000L);

    private final Lease lease = new Lease();

    @Test
    void a_start_decided_just_before_a_new_view_came_may_go_on() {
        lease.renewed(TWELVE.next(), UNTIL);
        assertEquals(Optional.of(Duration.ofSeconds(2)), lease.remaining(TWELVE, NOW));
    }

    @Test
    void a_lease_of_an_earlier_view_is_none() {
        lease.renewed(TWELVE, UNTIL);
        assertEquals(Optional.empty(), lease.remaining(TWELVE.next(), NOW));
    }

    @Test
    void what_has_ended_or_was_taken_is_none() {
        lease.renewed(TWELVE, UNTIL);
        assertEquals(Optional.empty(), lease.remaining(TWELVE, UNTIL));
        lease.gone();
        assertEquals(Optional.empty(), lease.remaining(TWELVE, NOW));
    }
}
