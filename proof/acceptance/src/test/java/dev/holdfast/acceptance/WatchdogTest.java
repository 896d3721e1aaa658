package dev.holdfast.acceptance;

import static dev.holdfast.acceptance.Cluster.NODE1;
import static dev.holdfast.acceptance.Cluster.NODE2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.bench.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A cluster that has nothing to fence with but the watchdog of each node. */
class WatchdogTest {
    @Test
    void without_a_power_switch_a_dead_node_is_taken_over_by_timer_and_the_lab_leaves_nothing_behind()
            throws Exception {
        Path state;
        try (Cluster cluster = Cluster.up("watchdog", "fast", "watchdog")) {
            state = cluster.lab.state();
            for (List<String> command : cluster.walk.createCommands()) {
                cluster.lab.exec(NODE1, command).orFail(command.toString());
            }
            cluster.crsctl("start", "resource", "httpd1", "httpd2", "haproxy").orFail("starting all");
            cluster.awaitOn(NODE1, "haproxy", "httpd1");

            long before = System.nanoTime();
            cluster.lab.fault("power-off", NODE1);
            cluster.awaitOn(NODE2, "haproxy", "haproxyvip", "httpd1", "httpd1vip");

            List<Event> events = cluster.eventsSince(before);
            Event proof = events.stream()
                    .filter(event -> event.name().equals("settled"))
                    .findFirst()
                    .orElseThrow();
            assertEquals("TIMER", proof.detail("proof"));
            assertThat(events.stream()
                            .filter(event -> event.is("vip-up", "haproxyvip"))
                            .findFirst()
                            .orElseThrow()
                            .nanos())
                    .isGreaterThan(proof.nanos());
            cluster.mustNeverHaveHeldTwice();
        }
        assertThat(state).doesNotExist();
        assertThat(mountsBelow(state)).isEmpty();
        assertThat(processesThatMention(state)).isEmpty();
    }

    private static List<String> mountsBelow(Path state) throws IOException {
        try (Stream<String> mounts = Files.lines(Path.of("/proc/self/mounts"))) {
            return mounts.filter(mount -> mount.contains(state.toString())).toList();
        }
    }

    private static List<String> processesThatMention(Path state) {
        return ProcessHandle.allProcesses()
                .map(process -> Path.of("/proc", Long.toString(process.pid()), "cmdline"))
                .map(WatchdogTest::textOf)
                .filter(line -> line.contains(state.toString()))
                .toList();
    }

    private static String textOf(Path file) {
        try {
            return Files.readString(file).replace('\0', ' ');
        } catch (IOException e) {
            return ""; // It is gone.
        }
    }
}
