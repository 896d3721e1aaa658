package dev.holdfast.acceptance;

import static dev.holdfast.acceptance.Cluster.NODE1;
import static dev.holdfast.acceptance.Cluster.NODE2;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.bench.LabConsole;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The voting disks are exchanged under a running cluster: nobody is voted out, nothing is stopped, and a node that was off meanwhile
 * finds the new ones.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VotingDisksTest {
    /** Enough for the voting disk of 64 nodes. */
    private static final String SIZE = "16M";

    private Cluster cluster;

    @BeforeAll
    void up() throws Exception {
        cluster = Cluster.up("votedisks", "conservative", "power"); // Long times: nobody is late on a slow machine.
    }

    @AfterAll
    void down() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void voting_disks_are_added_replaced_and_deleted_while_a_resource_runs() throws Exception {
        startApplication();
        String pid = cluster.pidOf("app", NODE1);
        long epoch = epoch();

        newDisks("/shared/d4", "/shared/d5", "/shared/d6");
        cluster.crsctl("add", "css", "votedisk", "/shared/d4", "/shared/d5").orFail("adding two");
        awaitUsedByBoth("/dev/hf/disk1", "/dev/hf/disk2", "/dev/hf/disk3", "/shared/d4", "/shared/d5");
        cluster.crsctl("replace", "css", "votedisk", "/dev/hf/disk1", "/shared/d6")
                .orFail("replacing one");
        awaitUsedByBoth("/dev/hf/disk2", "/dev/hf/disk3", "/shared/d4", "/shared/d5", "/shared/d6");
        cluster.crsctl("delete", "css", "votedisk", "/dev/hf/disk2", "/dev/hf/disk3")
                .orFail("deleting two");
        awaitUsedByBoth("/shared/d4", "/shared/d5", "/shared/d6");

        LabConsole.Answer even = cluster.crsctl("delete", "css", "votedisk", "/shared/d4");
        assertThat(even.ok()).as("two voting disks bear no loss").isFalse();
        assertThat(even.output()).contains("1, 3 or 5");

        assertThat(cluster.pidOf("app", NODE1))
                .as("the application was left alone")
                .isEqualTo(pid);
        assertThat(epoch()).as("the membership did not change").isEqualTo(epoch);

        cluster.lab.fault("power-off", NODE2);
        cluster.await("the loss of the node is noticed", () -> epoch() != epoch);
        cluster.lab.fault("power-on", NODE2); // Its configuration still lists disks of which none decides any more.
        cluster.lab.awaitFullView(Cluster.PATIENCE);
        awaitUsedByBoth("/shared/d4", "/shared/d5", "/shared/d6");
        assertThat(cluster.pidOf("app", NODE1)).isEqualTo(pid);
    }

    private void startApplication() throws Exception {
        Path script = cluster.lab.shared().resolve("app.scr");
        Files.writeString(script, """
                #!/bin/sh
                case $1 in
                start) setsid sleep infinity < /dev/null > /dev/null 2>&1 & echo $! > /run/app.pid ;;
                stop | clean) [ ! -f /run/app.pid ] || kill "$(cat /run/app.pid)"; rm -f /run/app.pid ;;
                check) kill -0 "$(cat /run/app.pid)" ;;
                esac
                """);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        cluster.crsctl(
                        "add",
                        "resource",
                        "app",
                        "-type",
                        "cluster_resource",
                        "-attr",
                        "ACTION_SCRIPT=/shared/app.scr,CHECK_INTERVAL=1")
                .orFail("adding the application");
        cluster.crsctl("start", "resource", "app", "-n", NODE1).orFail("starting it");
        cluster.awaitOn(NODE1, "app");
    }

    private void newDisks(String... paths) throws Exception {
        for (String path : paths) {
            cluster.on(NODE1, "truncate", "-s", SIZE, path).orFail("making " + path);
        }
    }

    /** These are the voting disks, and both nodes see all of them. */
    private void awaitUsedByBoth(String... paths) throws Exception {
        cluster.await("the voting disks are " + List.of(paths), () -> {
            for (String node : List.of(NODE1, NODE2)) {
                LabConsole.Answer answer = cluster.on(node, "crsctl", "query", "css", "votedisk");
                boolean all = answer.ok()
                        && answer.output().contains("Located " + paths.length + " voting disk(s).")
                        && answer.output()
                                        .lines()
                                        .filter(line -> line.contains("used by node1, node2"))
                                        .count()
                                == paths.length;
                for (String path : paths) {
                    all &= answer.output().contains("(" + path + ")");
                }
                if (!all) {
                    return false;
                }
            }
            return true;
        });
    }

    private long epoch() throws Exception {
        return cluster.lab.nodes().get(NODE1).epoch();
    }
}
