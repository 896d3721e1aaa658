package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.module.ResolvedModule;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/** A lab that is driven through the launcher, as people do, with stand-in daemons. Its directory holds nothing else. */
final class LabUnderTest {
    private static final long LIMIT_SECONDS = 200;

    private final Path home;
    private final Path directory;
    private final String name;

    /** What a command said and how it ended. */
    record Answer(int exit, String out, String err) {}

    LabUnderTest(Path directory, String name) throws IOException {
        this.directory = directory;
        this.name = name;
        home = repository();
        Path lib = Files.createDirectories(directory.resolve("lib"));
        int number = 0;
        for (Path part : parts()) {
            if (Files.isDirectory(part)) {
                jar(part, lib.resolve("classes-" + ++number + ".jar"));
            } else if (part.toString().endsWith(".jar")) {
                Files.copy(part, lib.resolve(part.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static Path repository() {
        Path path = Path.of("").toAbsolutePath();
        while (!Files.exists(path.resolve("holdfast"))) {
            path = Objects.requireNonNull(path.getParent(), "this test runs in the source tree");
        }
        return path;
    }

    /** All that this test runs with. */
    private static Set<Path> parts() {
        Set<Path> parts = new LinkedHashSet<>();
        for (ResolvedModule module : ModuleLayer.boot().configuration().modules()) {
            module.reference()
                    .location()
                    .filter(location -> location.getScheme().equals("file"))
                    .ifPresent(location -> parts.add(Path.of(location)));
        }
        for (String element : System.getProperty("java.class.path", "").split(":")) {
            if (!element.isEmpty() && Files.exists(Path.of(element))) {
                parts.add(Path.of(element));
            }
        }
        Path module = Path.of("").toAbsolutePath();
        parts.add(module.resolve("target/classes"));
        parts.add(module.resolve("target/test-classes"));
        return parts;
    }

    private static void jar(Path classes, Path jar) throws IOException {
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file);
                var files = Files.walk(classes)) {
            for (Path path : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(path).toString()));
                Files.copy(path, out);
                out.closeEntry();
            }
        }
    }

    Path state() {
        return directory.resolve("lab").resolve(name);
    }

    Process begin(String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(home.resolve("holdfast").toString(), "lab", "--name", name));
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("HOLDFAST_LIB", directory.resolve("lib").toString());
        builder.environment().put("HOLDFAST_LAB_STATE", directory.resolve("lab").toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder.start();
    }

    Answer run(String... words) throws IOException, InterruptedException {
        Process process = begin(words);
        process.getOutputStream().close();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Thread reader = Thread.ofPlatform().start(() -> copy(process, err));
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        reader.join();
        return new Answer(
                process.exitValue(),
                out.strip(),
                err.toString(StandardCharsets.UTF_8).strip());
    }

    private static void copy(Process process, ByteArrayOutputStream err) {
        try {
            process.getErrorStream().transferTo(err);
        } catch (IOException e) {
            err.writeBytes(e.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    /** A command that must succeed; returns what it printed. */
    String done(String... words) throws IOException, InterruptedException {
        Answer answer = run(words);
        assertThat(answer.exit())
                .as("%s: %s%s", List.of(words), answer.out(), answer.err())
                .isZero();
        return answer.out();
    }

    /** A shell command in a node. */
    Answer in(String node, String script) throws IOException, InterruptedException {
        return run("exec", node, "--", "bash", "-c", script);
    }

    /** What a shell command in a node prints; it must succeed. */
    String said(String node, String script) throws IOException, InterruptedException {
        return done("exec", node, "--", "bash", "-c", script);
    }

    String events() throws IOException {
        return Files.readString(state().resolve("events.jsonl"));
    }

    /** How often the lab noted an event of a node. */
    long count(String node, String event) throws IOException {
        return events().lines()
                .filter(line ->
                        line.contains("\"node\":\"" + node + "\"") && line.contains("\"event\":\"" + event + "\""))
                .count();
    }

    /** Looks again and again until it is so. */
    interface Look {
        boolean isSo() throws IOException, InterruptedException;
    }

    static void await(String what, Look look) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!look.isSo()) {
            assertThat(System.nanoTime()).as("waiting for: " + what).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    /** Processes of this machine whose command line has to do with this lab. */
    List<String> processes() {
        Predicate<String> ours = line -> line.contains(state().toString());
        return ProcessHandle.allProcesses()
                .map(process -> process.info().commandLine().orElse(""))
                .filter(ours)
                .filter(line -> !line.contains("holdfast lab"))
                .toList();
    }

    void end() throws IOException, InterruptedException {
        done("down");
    }
}
