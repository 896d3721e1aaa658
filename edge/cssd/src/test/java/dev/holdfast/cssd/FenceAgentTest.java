package dev.holdfast.cssd;

import static dev.holdfast.cssd.BlockCodecTest.N1;
import static dev.holdfast.cssd.BlockCodecTest.N2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.linux.Cgroup;
import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.model.NodeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With agents that are real programs: shell scripts that keep their power switch in a file. */
class FenceAgentTest {
    @TempDir
    private Path directory = Path.of(".");

    private Optional<Cgroup> group = Optional.empty();

    @BeforeEach
    void makeGroup() throws IOException {
        group = Optional.of(Cgroup.root()
                .child("holdfast-test-" + ProcessHandle.current().pid())
                .create());
    }

    @AfterEach
    void removeGroup() throws IOException {
        group.orElseThrow().remove(); // Fails if a process is left.
    }

    /** {@code body} sees the options as variables o_NAME, and the directory as DIR. */
    private FenceAgent agent(Duration timeout, int retries, Map<String, String> parameters, String... body)
            throws IOException {
        Path script = directory.resolve("fence_test");
        Files.writeString(script, """
                #!/bin/bash
                DIR=%s
                while IFS='=' read -r key value; do declare "o_$key=$value"; done
                echo "$o_action" >> $DIR/calls
                [ $# -eq 0 ] || exit 9
                %s
                """.formatted(directory, String.join("\n", body)));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return new FenceAgent(
                new ClusterSettings.FenceDevice(
                        1,
                        1,
                        script.toString(),
                        new TreeMap<>(parameters),
                        Optional.of(directory.resolve("secrets").toString()),
                        new TreeMap<>(Map.of(N1, "p1", N2, "p2")),
                        timeout,
                        retries),
                group.orElseThrow());
    }

    private void secrets(String permissions) throws IOException {
        Path file = directory.resolve("secrets");
        Files.writeString(file, "# of the PDU\npassword = geheim=1\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(directory.resolve("calls"));
    }

    @Test
    void off_is_verified_by_status_and_the_secrets_come_on_standard_input() throws Exception {
        secrets("rw-------");
        FenceAgent agent = agent(
                Duration.ofMinutes(1),
                0,
                Map.of("username", "admin"),
                "[ \"$o_password/$o_username/$o_plug/$o_port\" = geheim=1/admin/p2/p2 ] || exit 8",
                "[ $o_action = status ] && exit 2",
                "exit 0");
        assertThat(agent.off(N2, () -> false)).isEqualTo("fence agent fence_test: p2 is off, verified");
        assertThat(calls()).containsExactly("off", "status");
    }

    @Test
    void what_only_says_that_it_is_off_is_no_proof() throws Exception {
        secrets("rw-------");
        FenceAgent agent = agent(Duration.ofMinutes(1), 0, Map.of(), "exit 0");
        assertThatThrownBy(() -> agent.off(N2, () -> false))
                .isInstanceOf(FenceFailed.class)
                .hasMessageContaining("said off, but the status of p2 is exit 0");
        assertThat(calls()).startsWith("off", "status").doesNotContain("reboot", "cycle");
    }

    @Test
    void a_device_that_shows_the_off_late_is_asked_again() throws Exception {
        secrets("rw-------");
        FenceAgent agent = agent(
                Duration.ofMinutes(1),
                0,
                Map.of(),
                "[ $o_action = off ] && exit 0",
                "[ $(grep -c status $DIR/calls) -ge 3 ] && exit 2",
                "exit 0");
        assertThat(agent.off(N2, () -> false)).contains("verified");
    }

    @Test
    void a_failure_is_repeated_and_then_told_with_the_words_of_the_agent() throws Exception {
        secrets("rw-------");
        FenceAgent agent =
                agent(Duration.ofMinutes(1), 1, Map.of(), "echo first >&2", "echo 'session is taken' >&2", "exit 1");
        assertThatThrownBy(() -> agent.off(N2, () -> false))
                .hasMessage("device 1 (fence_test): action=off plug=p2 ended with exit 1: session is taken"
                        + " (after 2 attempts)");
        assertThat(calls()).containsExactly("off", "off");
    }

    @Test
    void what_takes_too_long_is_killed_with_all_it_started_also_in_sessions_of_their_own() throws Exception {
        secrets("rw-------");
        FenceAgent agent =
                agent(Duration.ofSeconds(1), 0, Map.of(), "setsid sleep 1000 & echo $! > $DIR/pid", "exec sleep 1000");
        assertThatThrownBy(() -> agent.off(N2, () -> false)).hasMessageContaining("did not end within 1 s");
        assertThat(group.orElseThrow().populated()).isFalse();
    }

    @Test
    void a_parameter_file_that_others_may_read_is_refused() throws Exception {
        secrets("rw-r-----");
        FenceAgent agent = agent(Duration.ofMinutes(1), 0, Map.of(), "exit 0");
        assertThatThrownBy(() -> agent.off(N2, () -> false)).hasMessageContaining("chmod 600");
        assertThat(directory.resolve("calls")).doesNotExist();
    }

    @Test
    void a_self_test_tells_what_works_and_what_does_not_and_notices_changes() throws Exception {
        secrets("rw-------");
        FenceAgent agent = agent(
                Duration.ofMinutes(1),
                0,
                Map.of(),
                "[ $o_action = monitor ] && exit 0",
                "[ $o_plug = p1 ] && exit 0",
                "[ -e $DIR/fixed ] && exit 2",
                "echo 'no such outlet'; exit 1");
        List<String> changes = new ArrayList<>();
        FenceSelfTest test = new FenceSelfTest(
                N1,
                List.of(agent),
                (_, node, good, detail) ->
                        changes.add(node.map(NodeId::toString).orElse("device") + " " + good + " " + detail),
                () -> 42);
        assertThat(test.findings()).extracting(FenceSelfTest.Finding::state).containsOnly("UNTESTED");

        test.runOnce();
        assertThat(test.findings())
                .extracting(finding -> finding.node().map(NodeId::toString).orElse("device") + " " + finding.state()
                        + " " + finding.testedMillis() + " " + finding.detail())
                .containsExactly(
                        "device GOOD 42 ", "n1 GOOD 42 on", "n2 BROKEN 42 status ended with exit 1: no such outlet");
        test.runOnce();
        Files.writeString(directory.resolve("fixed"), "");
        test.runOnce();
        assertThat(changes).containsExactly("n2 false status ended with exit 1: no such outlet", "n2 true off");
    }

    @Test
    void a_plug_that_is_off_while_its_node_runs_is_the_plug_of_another() throws Exception {
        secrets("rw-------");
        FenceAgent agent = agent(Duration.ofMinutes(1), 0, Map.of(), "[ $o_action = status ] && exit 2", "exit 0");
        FenceSelfTest test = new FenceSelfTest(N1, List.of(agent), (_, _, _, _) -> {}, () -> 42);
        test.runOnce();
        assertThat(test.findings())
                .filteredOn(finding -> finding.state().equals("BROKEN"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.node()).contains(N1));
    }

    @Test
    void a_self_test_gives_way_to_fencing() throws Exception {
        secrets("rw-------");
        FenceAgent agent = agent(
                Duration.ofMinutes(10),
                0,
                Map.of(),
                "[ $o_action = monitor ] && { touch $DIR/testing; exec sleep 1000; }",
                "[ $o_action = status ] && exit 2",
                "exit 0");
        FenceSelfTest test = new FenceSelfTest(N1, List.of(agent), (_, _, _, _) -> {}, () -> 42);
        Thread tester = Thread.ofPlatform().start(test::runOnce);
        while (!Files.exists(directory.resolve("testing"))) {
            Thread.onSpinWait();
        }
        assertThat(agent.off(N2, () -> false)).contains("verified");
        tester.join();
    }
}
