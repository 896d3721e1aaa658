package dev.holdfast.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.bench.Scenario;
import dev.holdfast.bench.Stage;
import dev.holdfast.bench.Trial;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The quick ones of the fault matrix ({@code ./holdfast bench faults}), once each: what must follow from the fault, everything back after
 * it, and an audit of processes, addresses, views and registry.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultTest {
    private Cluster cluster;
    private Stage stage;

    @BeforeAll
    void up() throws Exception {
        cluster = Cluster.up("faults", "default", "power");
        stage = Stage.withWitness(cluster.lab);
    }

    @AfterAll
    void down() throws Exception {
        if (stage != null) {
            stage.close();
        }
        if (cluster != null) {
            cluster.close();
        }
    }

    private void play(String scenario) throws Exception {
        Trial trial = Trial.run(stage, Scenario.of(scenario).orElseThrow());
        assertThat(trial.problems()).as(scenario).isEmpty();
        assertThat(trial.back()).as("everything is back").isTrue();
    }

    @Test
    void the_resource_engine_is_killed() throws Exception {
        play("kill-crsd");
    }

    @Test
    void both_daemons_are_killed() throws Exception {
        play("kill-both");
    }

    @Test
    void one_private_link_is_cut() throws Exception {
        play("link1");
    }

    @Test
    void the_private_links_lose_what_is_sent_to_one_node() throws Exception {
        play("inbound");
    }

    @Test
    void one_disk_hangs() throws Exception {
        play("disk1-hang");
    }

    @Test
    void one_node_loses_all_disks() throws Exception {
        play("disks-cut");
    }
}
