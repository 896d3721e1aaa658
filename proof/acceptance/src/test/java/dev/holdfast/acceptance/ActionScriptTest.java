package dev.holdfast.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.bench.Await;
import dev.holdfast.bench.WalkThrough;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The action scripts that we ship, with real HAProxy and httpd on loopback addresses. */
class ActionScriptTest {
    @TempDir
    private Path shared;

    @BeforeEach
    void write() throws IOException {
        assumeTrue(Files.isWritable(Path.of("/run")), "needs root: pid files are in /run, and port 80 is used");
        // Readable for the user as whom httpd serves.
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        new WalkThrough(List.of("node1", "node2"), "127.47.0.110", "127.47.0.111", "127.47.0.112", shared)
                .write(shared, Path.of(System.getProperty("holdfast.home"), "agents"));
    }

    @AfterEach
    void leaveNothing() throws Exception {
        for (String name : WalkThrough.APPLICATIONS) {
            if (Files.exists(script(name))) {
                run(name, "clean");
            }
            Files.deleteIfExists(Path.of("/run", name));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"httpd1", "haproxy"})
    void what_was_started_is_found_by_check_and_ended_by_stop(String name) throws Exception {
        assertEquals(1, run(name, "check"));
        assertEquals(0, run(name, "start"));
        assertEquals(0, run(name, "check"));
        assertEquals(0, run(name, "stop"));
        assertEquals(1, run(name, "check"));
        assertThat(pidFile(name)).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"httpd1", "haproxy"})
    void every_action_may_be_repeated(String name) throws Exception {
        assertEquals(0, run(name, "stop"));
        assertEquals(0, run(name, "clean"));
        assertEquals(0, run(name, "start"));
        String pid = Files.readString(pidFile(name));
        assertEquals(0, run(name, "start"));
        assertEquals(pid, Files.readString(pidFile(name)), "it was running: nothing was to be done");
        assertEquals(0, run(name, "clean"));
        assertEquals(0, run(name, "clean"));
        assertEquals(1, run(name, "check"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"httpd1", "haproxy"})
    void check_notices_that_the_main_process_was_killed(String name) throws Exception {
        run(name, "start");
        kill(name);

        assertEquals(1, run(name, "check"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"httpd1", "haproxy"})
    void start_works_although_the_last_life_was_killed_and_left_children_and_a_pid_file(String name) throws Exception {
        run(name, "start");
        kill(name);

        assertEquals(0, run(name, "start"));
        assertEquals(0, run(name, "check"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"httpd1", "haproxy"})
    void stop_ends_what_a_killed_main_process_left_behind(String name) throws Exception {
        run(name, "start");
        kill(name);

        assertEquals(0, run(name, "stop"));
        assertThat(processesOf(name)).isEmpty();
    }

    @Test
    void clean_does_not_touch_a_process_that_only_has_the_number_of_the_pid_file() throws Exception {
        Process bystander = new ProcessBuilder("sleep", "600").start();
        try {
            Files.writeString(pidFile("httpd1"), Long.toString(bystander.pid()));

            assertEquals(0, run("httpd1", "clean"));

            assertThat(bystander.isAlive()).isTrue();
        } finally {
            bystander.destroyForcibly();
        }
    }

    @Test
    void two_instances_of_httpd_know_nothing_of_each_other() throws Exception {
        run("httpd1", "start");
        run("httpd2", "start");

        assertEquals(0, run("httpd1", "clean"));

        assertEquals(0, run("httpd2", "check"));
    }

    @Test
    void an_instance_that_can_not_have_its_port_does_not_start() throws Exception {
        run("httpd1", "start");
        Path conf = shared.resolve("httpd2/conf/httpd.conf");
        Files.writeString(conf, Files.readString(conf).replace("127.47.0.112:80", "127.47.0.111:80"));

        assertEquals(1, run("httpd2", "start"));
        assertEquals(0, run("httpd1", "check"));
        assertEquals(1, run("httpd2", "check"));
    }

    @Test
    void an_unknown_action_is_refused() throws Exception {
        assertEquals(1, run("haproxy", "begin"));
    }

    private Path script(String name) {
        return shared.resolve("scripts").resolve(name + ".scr");
    }

    private int run(String name, String action) throws Exception {
        Process process = new ProcessBuilder(script(name).toString(), action)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS))
                .as(name + " " + action)
                .isTrue();
        return process.exitValue();
    }

    private static Path pidFile(String name) {
        return Path.of("/run", name + ".pid");
    }

    private void kill(String name) throws Exception {
        long pid = Long.parseLong(Files.readString(pidFile(name)).strip());
        ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
        process.destroyForcibly();
        Await.that(
                "process " + pid + " is gone",
                Duration.ofSeconds(20),
                () -> commandLine(pid).isEmpty());
    }

    private List<Long> processesOf(String name) {
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(pid -> commandLine(pid).contains(shared + "/" + name))
                .toList();
    }

    /** Empty when the process is gone, or a zombie. */
    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"));
        } catch (IOException e) {
            return "";
        }
    }
}
