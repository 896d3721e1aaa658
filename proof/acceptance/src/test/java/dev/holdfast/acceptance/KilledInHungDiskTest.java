package dev.holdfast.acceptance;

import static dev.holdfast.acceptance.Cluster.NODE1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.bench.LabConsole;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What is left of a killed cssd when one of its threads is stuck in a disk can't be waited for. The next one joins beside it, leaves
 * that disk alone, and uses it again when the disk is mended and the corpse is gone. Long times and no power switch: however slow this
 * machine is, the node is not switched off for being late.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KilledInHungDiskTest {
    /** As the lab tells the end of cssd: its process, and the first thread that is left. */
    private static final Pattern CORPSE = Pattern.compile("process (\\d+) stays as long as its threads (\\d+)");

    private Cluster cluster;

    @BeforeAll
    void up() throws Exception {
        cluster = Cluster.up("hungdisk", "conservative", "watchdog");
    }

    @AfterAll
    void down() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void a_new_cssd_joins_beside_one_that_is_stuck_in_a_disk_and_uses_the_disk_again_later() throws Exception {
        String node = NODE1;
        String disk = cluster.votingDisk(node, "/dev/hf/disk1");
        long hung = System.nanoTime();
        cluster.lab.fault("hang", node, "disk1");
        cluster.await("a thread is stuck in disk 1", () -> isTold(hung, node, "voting-disk-lost", "disk", disk));
        long killed = System.nanoTime();
        cluster.lab.fault("kill", node, "cssd");
        List<String> corpse = new ArrayList<>();
        cluster.await("the end of cssd is noticed, and what is left of it", () -> {
            corpse.clear();
            cluster.eventsSince(killed).stream()
                    .filter(event -> event.node().equals(node) && event.name().equals("cssd-exit"))
                    .map(event -> CORPSE.matcher(event.text()))
                    .filter(Matcher::find)
                    .forEach(found -> corpse.addAll(List.of(found.group(1), found.group(2))));
            return !corpse.isEmpty();
        });
        String stuck = "/proc/" + corpse.getFirst() + "/task/" + corpse.getLast();

        // It goes on with its old life or begins a new one, as fast as this machine is.
        cluster.await(
                "a new cssd is in the view while the disk hangs",
                () -> cluster.eventsSince(killed).stream()
                                .anyMatch(event -> event.node().equals(node)
                                        && (event.name().equals("resumed")
                                                || event.name().equals("joining")))
                        && cluster.lab.nodes().values().stream().allMatch(LabConsole.NodeStatus::inView));
        assertThat(cluster.on(node, "test", "-d", stuck).ok())
                .as("the thread of the killed cssd is still stuck")
                .isTrue();
        cluster.await("disk 1 is said not to answer", () -> disks(node).contains("OFFLINE"));

        cluster.lab.fault("mend", node, "disk1");
        cluster.await("disk 1 is used again", () -> !disks(node).contains("OFFLINE"));
        assertThat(cluster.votingDisk(node, "/dev/hf/disk1")).isEqualTo(disk);
        assertThat(cluster.on(node, "test", "-d", stuck).ok())
                .as("the corpse is gone")
                .isFalse();
        cluster.lab.awaitFullView(Cluster.PATIENCE);
    }

    private String disks(String node) throws Exception {
        return cluster.on(node, "crsctl", "query", "css", "votedisk").orFail("crsctl query css votedisk");
    }

    private boolean isTold(long since, String node, String event, String key, String value) throws Exception {
        return cluster.eventsSince(since).stream()
                .anyMatch(each -> each.node().equals(node)
                        && each.name().equals(event)
                        && each.detail(key).equals(value));
    }
}
