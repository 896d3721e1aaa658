package dev.holdfast.cssd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.membership.ClusterSettings;
import java.util.HashMap;
import org.junit.jupiter.api.Test;

class RehearsalTest {
    @Test
    void two_nodes_form_a_cluster_and_the_silent_one_is_voted_out() throws Exception {
        ClusterSettings cluster = ClusterSettings.read(new HashMap<>(Rehearsal.SETTINGS));

        Rehearsal.Outcome outcome = new Rehearsal(cluster, ClusterKey.of(new byte[32])).play();

        assertThat(outcome.renewals()).isGreaterThan(10);
        assertThat(outcome.votedOut()).isEqualTo(1);
    }
}
