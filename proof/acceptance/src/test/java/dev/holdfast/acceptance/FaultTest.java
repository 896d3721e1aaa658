package dev.holdfast.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.bench.LabConsole.ResourceStatus;
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

    /** Its successor is stopped by the freezer the moment it begins, until the lifetime that addresses are given (a lease and two seconds) is over. */
    @Test
    void the_resource_engine_is_away_for_longer_than_the_lifetime_of_its_addresses() throws Exception {
        String node = cluster.resource("haproxy").node();
        long began = System.nanoTime();
        cluster.keepCrsdAway(node, "ip -4 -o address show label '*:hf'");

        cluster.awaitCrsd(node, began);
        cluster.await(
                "everything is online",
                () -> cluster.resources().values().stream()
                        .filter(resource -> Cluster.EVERYTHING.contains(resource.name()))
                        .allMatch(ResourceStatus::online));
        cluster.nothingWasStartedOrStoppedSince(began);
    }

    /** Its program is gone from the node. The one that runs goes on until it is killed. */
    @Test
    void the_resource_engine_cannot_be_started_any_more() throws Exception {
        String node = cluster.resource("haproxy").node();
        String other = node.equals(Cluster.NODE1) ? Cluster.NODE2 : Cluster.NODE1;
        long began = System.nanoTime();
        cluster.on(node, "sh", "-c", """
                        for jar in "$HOLDFAST_LIB"/holdfast-crsd-*.jar; do mount --bind /dev/null "$jar"; done
                        kill -9 $(pgrep -of dev.holdfast.crsd.Crsd)""").orFail("taking crsd away");

        cluster.await("everything is online on " + other, () -> {
            var seen = cluster.lab.resources(other);
            return Cluster.EVERYTHING.stream()
                    .allMatch(name -> seen.containsKey(name) && seen.get(name).onlineOn(other));
        });
        assertThat(cluster.eventsSince(began))
                .filteredOn(event -> event.name().equals("crsd-given-up"))
                .hasSize(1)
                .allMatch(event -> event.node().equals(node));
        assertThat(cluster.request().exit()).isZero();

        cluster.on(node, "sh", "-c", "umount \"$HOLDFAST_LIB\"/holdfast-crsd-*.jar")
                .orFail("giving crsd back");
        long mended = System.nanoTime();
        cluster.awaitCrsd(node, mended);
        cluster.home();
        cluster.mustNeverHaveHeldTwice();
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
