package dev.holdfast.crsctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The shell scripts in bin/, with a Java that only says how it was called. */
@Timeout(60) // Only against hanging for ever.
class WrapperTest {
    private static final Path BIN = Path.of("../../bin").toAbsolutePath().normalize();
    private static final String FLAGS =
            "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=3 -XX:-UsePerfData -Xms16m -Xmn12m -Xmx128m -Xlog:disable -Xlog:all=error:stderr";

    @TempDir
    Path directory;

    private Path lib;
    private Path javaHome;

    @BeforeEach
    void install() throws IOException {
        lib = Files.createDirectories(directory.resolve("lib"));
        for (String jar : List.of(
                "holdfast-control-1.0.jar",
                "holdfast-crsctl-1.0.jar",
                "holdfast-crsctl-extra.jar",
                "avaje-json-core-3.11.jar",
                "logback-1.jar")) {
            Files.createFile(lib.resolve(jar));
        }
        javaHome = java("jdk", "25.0.3");
    }

    private Path java(String name, String version) throws IOException {
        Path home = directory.resolve(name);
        Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nfor word; do printf '%s ' \"$word\"; done\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private record Outcome(int status, String output) {}

    private Outcome run(String... command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true).directory(directory.toFile());
        builder.environment().put("HOLDFAST_LIB", lib.toString());
        builder.environment().put("JAVA_HOME", javaHome.toString());
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.waitFor(), output.strip());
    }

    private String classPath() {
        return lib + "/holdfast-crsctl-1.0.jar:" + lib + "/holdfast-control-1.0.jar:" + lib
                + "/avaje-json-core-3.11.jar";
    }

    @Test
    void each_command_starts_its_class_with_the_jars_it_needs_and_no_others() throws Exception {
        for (var command : List.of(
                List.of("crsctl", "Crsctl"),
                List.of("appvipcfg", "AppVipCfg"),
                List.of("olsnodes", "OlsNodes"),
                List.of("oifcfg", "OifCfg"))) {
            assertThat(run(BIN.resolve(command.get(0)).toString(), "a b", "-w", "$x"))
                    .isEqualTo(new Outcome(
                            0,
                            FLAGS + " -cp " + classPath() + " dev.holdfast.crsctl." + command.get(1) + " a b -w $x"));
        }
    }

    @Test
    void a_start_up_cache_beside_the_jars_is_used() throws Exception {
        Files.createFile(directory.resolve("cli.aot"));

        assertThat(run(BIN.resolve("crsctl").toString(), "-h").output())
                .startsWith("-XX:AOTCache=" + directory.resolve("cli.aot") + " -XX:+UseSerialGC");
    }

    @Test
    void a_symbolic_link_leads_to_the_same_command() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("crsctl"), BIN.resolve("crsctl"));

        assertThat(run(link.toString(), "-h").output()).endsWith("dev.holdfast.crsctl.Crsctl -h");
        assertThat(run("./crsctl", "-h").output()).endsWith("dev.holdfast.crsctl.Crsctl -h");
    }

    @Test
    void jars_that_are_missing_are_named() throws Exception {
        Files.delete(lib.resolve("holdfast-control-1.0.jar"));

        Outcome outcome = run(BIN.resolve("crsctl").toString(), "-h");

        assertThat(outcome.status()).isEqualTo(3);
        assertThat(outcome.output())
                .startsWith(
                        "HF-4009: Holdfast is not built or not installed whole: there is no holdfast-control.jar in "
                                + lib + ".");
    }

    @Test
    void another_java_in_java_home_is_passed_over() throws Exception {
        Path old = java("jdk17", "17.0.9");
        javaHome = old;

        // What else this machine has decides whether there is a Java at all, but it is not this one.
        assertThat(run(BIN.resolve("crsctl").toString(), "-h").output()).doesNotContain("-cp " + classPath());
    }

    @Test
    void the_cache_is_made_in_full_or_not_at_all() throws Exception {
        Outcome outcome = run(BIN.resolve(".holdfast-java").toString(), "--build-cache"); // This Java writes none.

        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.output())
                .startsWith("HF-4010: The start-up cache was not made.")
                .contains("dev.holdfast.crsctl.Rehearsal");
        try (var files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .doesNotContain("cli.aot")
                    .containsExactlyInAnyOrder("jdk", "lib");
        }
    }
}
