package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RehearsalTest {
    @Test
    void a_rehearsal_recovers_the_registry_and_starts_here_what_ran_on_the_lost_node() throws Exception {
        assertThat(Rehearsal.warmUp(2)).isEqualTo(4); // Two resources each time.
    }
}
