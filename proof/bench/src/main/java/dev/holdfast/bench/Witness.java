package dev.holdfast.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A resource that writes a line every 10 ms into a file that the nodes share, and the reading of that file. The order of the lines is the
 * order in which they were written, whoever wrote them: a life that writes after another one began ran at the same time as it.
 */
public final class Witness {
    static final String RESOURCE = "witness";

    private static final Duration INTERVAL = Duration.ofMillis(10);

    private final Path log;
    private long position;
    private Optional<Life> present = Optional.empty();
    private final Set<Life> past = new HashSet<>();
    private long lateLines;
    private final List<String> problems = new ArrayList<>();

    /** One start of the writer; a process number may come again after a boot, an epoch may not. */
    private record Life(String node, long epoch, long process) {
        @Override
        public String toString() {
            return "process " + process + " of " + node + " started in epoch " + epoch;
        }
    }

    /** @param log the file, as the reader sees it */
    Witness(Path log) {
        this.log = log;
    }

    /** Writes its action script to the shared file system of {@code lab}, and begins a new file. */
    static Witness prepare(LabConsole lab) throws IOException {
        Path log = Files.createDirectories(lab.shared().resolve(RESOURCE)).resolve("log");
        Files.writeString(log, "");
        Path script = lab.shared().resolve("scripts").resolve(RESOURCE + ".scr");
        try (InputStream text = Objects.requireNonNull(Witness.class.getResourceAsStream("witness.scr"))) {
            Files.write(script, text.readAllBytes());
        }
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new Witness(log);
    }

    /** The commands that register and start it: it is wherever the address of HAProxy is. */
    static List<List<String>> createCommands(WalkThrough walk) {
        return List.of(
                List.of(
                        "crsctl",
                        "add",
                        "resource",
                        RESOURCE,
                        "-type",
                        "cluster_resource",
                        "-attr",
                        ("ACTION_SCRIPT=%s/scripts/%s.scr,CHECK_INTERVAL=30,RESTART_ATTEMPTS=2,"
                                        + "START_DEPENDENCIES='hard(haproxyvip) pullup(haproxyvip)',STOP_DEPENDENCIES='hard(haproxyvip)'")
                                .formatted(walk.shared(), RESOURCE)),
                List.of("crsctl", "start", "resource", RESOURCE));
    }

    /** Reads on to the present end of the file. */
    void read() throws IOException {
        try (var file = new RandomAccessFile(log.toFile(), "r")) {
            byte[] bytes = new byte[(int) (file.length() - position)];
            file.seek(position);
            file.readFully(bytes);
            int complete = bytes.length;
            while (complete > 0 && bytes[complete - 1] != '\n') {
                complete--;
            }
            position += complete;
            new String(bytes, 0, complete, StandardCharsets.UTF_8).lines().forEach(this::line);
        }
    }

    private void line(String line) {
        String[] words = line.split(" ");
        if (words.length != 4) {
            problems.add("the witness wrote '" + line + "'");
            return;
        }
        Life life = new Life(words[0], Long.parseLong(words[1]), Long.parseLong(words[2]));
        if (present.isPresent() && present.get().equals(life)) {
            return;
        }
        if (past.contains(life)) {
            lateLines++;
            problems.add("the witness ran twice: " + life + " wrote line " + words[3] + " after "
                    + present.map(Life::toString).orElse("nobody") + " had begun");
            return;
        }
        present.ifPresent(before -> {
            past.add(before);
            if (life.epoch < before.epoch) {
                problems.add("the witness went back: " + life + " began after " + before);
            }
        });
        present = Optional.of(life);
    }

    /** For how long it is known to have run twice since the last {@link #forget}: each late line stands for its 10 ms. */
    Duration twice() {
        return INTERVAL.multipliedBy(lateLines);
    }

    /** What was wrong since the last {@link #forget}, in words. */
    List<String> problems() {
        return List.copyOf(problems);
    }

    /** What was read so far has been judged. Which life writes is not forgotten. */
    void forget() {
        lateLines = 0;
        problems.clear();
    }
}
