package dev.holdfast.cssd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** bin/holdfast-cssd with a java of ours, which writes down how it was called and ends as it is told. */
@Timeout(60)
class SupervisorTest {
    private static final Path SUPERVISOR = Path.of("../../bin/holdfast-cssd").toAbsolutePath();

    @TempDir
    Path directory;

    private Path lib;

    @BeforeEach
    void layOut() throws Exception {
        lib = Files.createDirectory(directory.resolve("lib"));
        Files.createFile(lib.resolve("holdfast-cssd-1.jar"));
        Path bin = Files.createDirectories(directory.resolve("jdk/bin"));
        Files.writeString(directory.resolve("jdk/release"), "JAVA_VERSION=\"25\"");
        Path java = Files.createFile(
                bin.resolve("java"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        // A rehearsal fails, but not as long as there is a file "hold". The n-th start of cssd ends with the
        // n-th line of "exits".
        Files.writeString(java, """
                #!/usr/bin/env bash
                here=%s
                case "$*" in
                    *Rehearsal) echo "$*" >> $here/rehearsals; while [ -e $here/hold ]; do sleep 0.05; done; exit 1 ;;
                esac
                echo "$*" >> $here/calls
                exit "$(sed -n "$(wc -l < $here/calls)p" $here/exits)"
                """.formatted(directory));
    }

    /** They write into the directory, and are not waited for by the supervisor. */
    @AfterEach
    void awaitRehearsals() throws Exception {
        while (Files.notExists(lib.resolve("daemons.stamp"))) { // Until the timeout of the class.
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    @Test
    void it_ends_when_the_node_was_asked_to_leave_and_restarts_cssd_otherwise() throws Exception {
        assertThat(supervise("0", "137", "3")).containsExactly("cssd 0", "cssd 137", "cssd 3");
        assertThat(Files.readAllLines(directory.resolve("calls"))).hasSize(3);
    }

    @Test
    void a_start_after_one_that_ended_soon_is_without_the_cache() throws Exception {
        Files.createFile(lib.resolve("cssd.aot"));

        supervise("1", "3");

        List<String> calls = Files.readAllLines(directory.resolve("calls"));
        assertThat(calls.getFirst()).startsWith("-XX:AOTCache=" + lib.resolve("cssd.aot"));
        assertThat(calls.getLast()).doesNotContain("AOTCache").endsWith("dev.holdfast.cssd.Cssd");
    }

    @Test
    void the_rehearsal_for_a_missing_cache_holds_nobody_up() throws Exception {
        Path hold = Files.createFile(directory.resolve("hold"));

        assertThat(supervise("3")).containsExactly("cssd 3");

        // It is still under way, or not even begun. Now it fails, which leaves a mark but no cache.
        assertThat(lib.resolve("daemons.stamp")).doesNotExist();
        Files.delete(hold);
        awaitRehearsals();
        assertThat(lib.resolve("cssd.aot")).doesNotExist();
        assertThat(Files.readAllLines(directory.resolve("rehearsals"))).hasSize(2);
    }

    private List<String> supervise(String... exits) throws Exception {
        Files.write(directory.resolve("exits"), List.of(exits));
        Path said = directory.resolve("said");
        ProcessBuilder builder = new ProcessBuilder(SUPERVISOR.toString())
                .redirectOutput(said.toFile())
                .redirectError(directory.resolve("complaints").toFile());
        builder.environment().put("JAVA_HOME", directory.resolve("jdk").toString());
        builder.environment().put("HOLDFAST_LIB", lib.toString());
        builder.environment().put("HOLDFAST_RUN", directory.resolve("run").toString());
        Process supervisor = builder.start();
        assertThat(supervisor.waitFor()).isEqualTo(3);
        return Files.readAllLines(said);
    }
}
