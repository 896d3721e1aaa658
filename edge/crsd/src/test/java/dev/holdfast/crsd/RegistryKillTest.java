package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.registry.Batch;
import dev.holdfast.registry.LocationReport;
import dev.holdfast.registry.Mastership;
import dev.holdfast.registry.RegistryContent;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A process that writes changes to real files is killed in the middle, again and again; the next one has all it acknowledged. */
final class RegistryKillTest {
    private static final int ROUNDS = 10;
    private static final long SEED = 20_261_122L;

    // The view register, which outlives every writer.
    private RegistryRoot root = RegistryRoot.NONE;
    private final Set<Long> acknowledged = new TreeSet<>();

    @Test
    void after_kill_9_at_any_moment_everything_acknowledged_is_there() throws Exception {
        Path directory = Files.createTempDirectory(Path.of("target"), "registry-kill");
        var random = new SplittableRandom(SEED);
        try {
            List<Path> locations = new ArrayList<>();
            for (String name : List.of("a", "b", "c")) {
                Path location = directory.resolve(name);
                RegistryStoreTest.sparse(location);
                RegistryStoreTest.format(location);
                locations.add(location);
            }
            for (int round = 1; round <= ROUNDS; round++) {
                // Some die while they recover, most while they write.
                int killAfterLines = 1 + (random.nextInt(4) == 0 ? random.nextInt(6) : random.nextInt(400));
                writeUntilKilled(round, locations, killAfterLines);
            }
            writeUntilKilled(ROUNDS + 1, locations, 40);
        } finally {
            RegistryStoreTest.deleteAll(directory);
        }
        assertThat(acknowledged).hasSizeGreaterThan(ROUNDS * 10);
    }

    private void writeUntilKilled(int epoch, List<Path> locations, int killAfterLines) throws Exception {
        Process writer = start(epoch, locations);
        try (var answers = new PrintStream(writer.getOutputStream(), true, StandardCharsets.UTF_8);
                var lines =
                        new BufferedReader(new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
            int seen = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                hear(epoch, line, answers);
                if (++seen == killAfterLines) {
                    writer.toHandle().destroyForcibly(); // Unlike Process.destroyForcibly, leaves us what it has said.
                }
            }
        } catch (IOException e) {
            assertThat(writer.isAlive())
                    .as("only a killed writer breaks its pipe: %s", e)
                    .isFalse();
        } finally {
            writer.destroyForcibly();
        }
        assertThat(writer.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(writer.exitValue()).as("killed, not failed").isEqualTo(128 + 9);
    }

    private void hear(int epoch, String line, PrintStream answers) {
        String[] words = line.split(" ");
        switch (words[0]) {
            case "root" -> {
                var wanted = new RegistryRoot(
                        Long.parseLong(words[2]),
                        Long.parseLong(words[3]),
                        Integer.parseInt(words[4]),
                        Long.parseLong(words[5]));
                boolean accepted = wanted.generation() == root.generation() + 1;
                root = accepted ? wanted : root;
                answers.println("root " + words[1] + " " + accepted);
            }
            case "confirm" -> answers.println("confirm " + words[1] + " true");
            case "serving" -> {
                Set<Long> found = words.length < 3
                        ? new HashSet<>()
                        : Arrays.stream(words[2].split(","))
                                .map(Long::parseLong)
                                .collect(Collectors.toSet());
                assertThat(found).as("epoch %s, seed %s", epoch, SEED).containsAll(acknowledged);
                assertThat(Long.parseLong(words[1])).isEqualTo(found.size());
            }
            case "waiting" -> {} // A slow machine.
            case "acknowledged" ->
                assertThat(acknowledged.add(Long.parseLong(words[1]))).isTrue();
            default -> throw new AssertionError("the writer says: " + line);
        }
    }

    private Process start(int epoch, List<Path> locations) throws IOException {
        String classPath = String.join(
                File.pathSeparator,
                "target/classes",
                "target/test-classes",
                System.getProperty("jdk.module.path", ""),
                System.getProperty("java.class.path", ""));
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                Writer.class.getName(),
                Integer.toString(epoch),
                Long.toString(root.ownerEpoch()),
                Long.toString(root.ownerIncarnation()),
                Integer.toString(root.segment()),
                Long.toString(root.generation())));
        locations.forEach(location -> command.add(location.toString()));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** The process to be killed: recovers, then writes one change after the other, four at a time, until it dies. */
    static final class Writer implements RegistryStore.Listener {
        private final BlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
        private final SplittableRandom random;
        private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        private @Nullable RegistryStore store;
        private long nextId;

        Writer(long epoch) {
            nextId = epoch * 1_000_000;
            random = new SplittableRandom(epoch);
        }

        public static void main(String[] arguments) throws InterruptedException {
            long epoch = Long.parseLong(arguments[0]);
            var root = new RegistryRoot(
                    Long.parseLong(arguments[1]),
                    Long.parseLong(arguments[2]),
                    Integer.parseInt(arguments[3]),
                    Long.parseLong(arguments[4]));
            List<Path> locations =
                    Arrays.stream(arguments).skip(5).map(Path::of).toList();
            new Writer(epoch)
                    .run(
                            new Mastership(new Epoch(epoch), new NodeId(1), new Incarnation(epoch), root, List.of()),
                            locations);
        }

        private void run(Mastership mastership, List<Path> locations) throws InterruptedException {
            var opened = new RegistryStore(
                    RegistryStoreTest.CLUSTER, locations, RegistryStoreTest.AREA_START, inbox::add, this);
            store = opened;
            Thread.ofPlatform().daemon().start(() -> listen(opened));
            opened.master(now(), mastership);
            while (true) {
                Runnable task = inbox.poll(20, TimeUnit.MILLISECONDS);
                if (task != null) {
                    task.run();
                }
                opened.tick(now());
            }
        }

        private void listen(RegistryStore opened) {
            try (var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    String[] words = line.split(" ");
                    long request = Long.parseLong(words[1]);
                    boolean yes = Boolean.parseBoolean(words[2]);
                    inbox.add(() -> {
                        if (words[0].equals("root")) {
                            opened.rootAnswered(now(), request, yes);
                        } else {
                            opened.confirmed(now(), request, yes);
                        }
                    });
                }
            } catch (IOException e) {
                throw new IllegalStateException("the test is gone", e);
            }
            Runtime.getRuntime().halt(2); // The test is gone: nobody would kill this process.
        }

        private void submitNext() {
            long id = nextId++;
            var puts = new TreeMap<>(Map.of("b" + id, "1", "lump" + id % 3, "z".repeat(random.nextInt(60_000))));
            Objects.requireNonNull(store).submit(now(), id, new Batch(puts, new TreeSet<>()));
        }

        @Override
        public void casRoot(long request, Epoch epoch, RegistryRoot root) {
            out.println("root " + request + " " + root.ownerEpoch() + " " + root.ownerIncarnation() + " "
                    + root.segment() + " " + root.generation());
        }

        @Override
        public void confirm(long request, Epoch epoch) {
            out.println("confirm " + request);
        }

        @Override
        public void serving(RegistryContent content) {
            out.println("serving " + content.version() + " "
                    + content.entries().keySet().stream()
                            .filter(key -> key.startsWith("b"))
                            .map(key -> key.substring(1))
                            .collect(Collectors.joining(",")));
            for (int outstanding = 0; outstanding < 4; outstanding++) {
                submitNext();
            }
        }

        @Override
        public void acknowledged(long id, long version) {
            out.println("acknowledged " + id);
            submitNext();
        }

        @Override
        public void refused(long id, String reason) {
            out.println("refused " + id + " " + reason);
        }

        @Override
        public void lost(String reason, List<Long> unresolved, List<Long> unwritten) {
            out.println("lost " + reason);
        }

        @Override
        public void waiting(String reason) {
            out.println("waiting " + reason);
        }

        @Override
        public void locationChanged(LocationReport report) {}

        private static Moment now() {
            return new Moment(System.nanoTime());
        }
    }
}
