package dev.holdfast.crsd;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.registry.Batch;
import dev.holdfast.registry.LocationReport;
import dev.holdfast.registry.Mastership;
import dev.holdfast.registry.RegistryContent;
import dev.holdfast.registry.RegistryFormat;
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
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code ./holdfast bench registry-crashes}: a process that writes changes to real files is killed with -9 in the middle, again and again, while one
 * of three locations is damaged between two lives: random bytes somewhere, or all of it lost. Every next life must find all that was
 * acknowledged, and nothing that was not submitted.
 */
public final class RegistryCrashes {
    private static final long SEED = 20_261_122L;
    /** Some rounds are cut short before the first change, most in the middle of many. */
    private static final int MOST_LINES = 400;
    /** Most lives come far enough to format again what lost its header. */
    private static final int MOST_LIVES = 20;

    // The view register, which outlives every writer.
    private RegistryRoot root = RegistryRoot.NONE;
    private final Set<Long> acknowledged = new TreeSet<>();
    private final Set<Long> submitted = new TreeSet<>();
    private final SplittableRandom random = new SplittableRandom(SEED);
    private int kills;
    private int damages;
    private int beheadings;
    private int livesWithoutHeader;
    private int recognisedLate;
    private @Nullable Path headless;
    private int losses;
    private boolean whole;

    public static void main(String[] arguments) throws Exception {
        int runs = 200;
        Path directory = Path.of(".");
        for (int at = 0; at + 1 < arguments.length; at += 2) {
            switch (arguments[at]) {
                case "--runs" -> runs = Integer.parseInt(arguments[at + 1]);
                case "--directory" -> directory = Path.of(arguments[at + 1]);
                default -> {
                    System.err.println("usage: holdfast bench registry-crashes [--runs N] [--directory D]");
                    System.exit(2);
                }
            }
        }
        Path place = Files.createTempDirectory(directory, "registry-crashes");
        try {
            System.out.println(new RegistryCrashes().run(place, runs, System.out::println));
        } catch (AssertionError e) {
            System.out.println("VIOLATION: " + e.getMessage());
            System.exit(1);
        } finally {
            RegistryFiles.deleteAll(place);
        }
    }

    /** @return in words, what was found: an {@link AssertionError} if a promise was broken */
    String run(Path directory, int runs, Consumer<String> progress) throws Exception {
        List<Path> locations = new ArrayList<>();
        for (String name : List.of("a", "b", "c")) {
            Path location = directory.resolve(name);
            RegistryFiles.make(location);
            locations.add(location);
        }
        for (int round = 1; round <= runs; round++) {
            // Some die while they recover, most while they write.
            int lines = 1 + (random.nextInt(4) == 0 ? random.nextInt(6) : random.nextInt(MOST_LINES));
            writeUntilKilled(round, locations, lines);
            if (round % 20 == 0) {
                progress.accept(round + " of " + runs + " crashes, " + acknowledged.size() + " changes acknowledged");
            }
            lookForHeader();
            if (whole) { // The promise is about a minority at a time: what was damaged before must be repaired.
                damageOne(locations);
            }
        }
        writeUntilKilled(runs + 1, locations, 40);
        return kills + " crashes (kill -9), " + damages + " times random bytes in a location, " + losses
                + " times a location lost, " + beheadings + " times both copies of a header (" + recognisedLate
                + " of these recognised after a base was missed): " + acknowledged.size() + " of " + submitted.size()
                + " changes were acknowledged; none of them was lost, none was invented.";
    }

    /** At most one of three, and it has been repaired, as far as the life before got, when the next one is damaged. */
    private void damageOne(List<Path> locations) throws IOException {
        Path location = locations.get(random.nextInt(locations.size()));
        switch (random.nextInt(4)) {
            case 0 -> {
                damages++;
                RegistryFiles.damage(location, root.segment() % RegistryFormat.SEGMENTS, random);
            }
            case 1 -> {
                losses++;
                Files.delete(location);
                RegistryFiles.make(location);
            }
            case 2 -> {
                beheadings++;
                headless = location;
                RegistryFiles.behead(location, random);
            }
            default -> {}
        }
    }

    /** A master that died before it recognised the location left a base that it does not hold: a later one knows it by an older base. */
    private void lookForHeader() throws IOException {
        if (headless == null) {
            return;
        }
        if (RegistryFiles.hasHeader(headless)) {
            recognisedLate += livesWithoutHeader > 0 ? 1 : 0;
            livesWithoutHeader = 0;
            headless = null;
        } else {
            livesWithoutHeader++;
            require(livesWithoutHeader < MOST_LIVES, headless + " is not recognised by " + MOST_LIVES + " lives");
        }
    }

    private void writeUntilKilled(int epoch, List<Path> locations, int killAfterLines) throws Exception {
        whole = false;
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
            require(!writer.isAlive(), "only a killed writer breaks its pipe: " + e);
        } finally {
            writer.destroyForcibly();
        }
        require(writer.waitFor(60, TimeUnit.SECONDS), "a killed process does not end");
        require(writer.exitValue() == 128 + 9, "the writer was not killed, it failed with " + writer.exitValue());
        kills++;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
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
                for (long id : acknowledged) {
                    require(found.contains(id), "life " + epoch + ": change " + id + " was acknowledged and is gone");
                }
                for (long id : found) {
                    require(submitted.contains(id), "life " + epoch + ": change " + id + " was never submitted");
                }
                require(
                        Long.parseLong(words[1]) == found.size(),
                        "life " + epoch + ": version " + words[1] + " with " + found.size() + " changes");
            }
            case "waiting" -> {} // A slow machine.
            case "online" -> whole = words[1].equals("3");
            case "submitted" -> submitted.add(Long.parseLong(words[1]));
            case "acknowledged" ->
                require(acknowledged.add(Long.parseLong(words[1])), "acknowledged twice: " + words[1]);
            default -> throw new AssertionError("the writer says: " + line);
        }
    }

    private Process start(int epoch, List<Path> locations) throws IOException {
        String classPath = System.getProperty("java.class.path", "");
        String modules = System.getProperty("jdk.module.path", "");
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                modules.isEmpty() ? classPath : classPath + File.pathSeparator + modules,
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
                    RegistryFiles.CLUSTER,
                    RegistryFiles.SEAL,
                    locations.stream().map(Path::toString).toList(),
                    RegistryFiles.AREA_START,
                    inbox::add,
                    this);
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
            out.println("submitted " + id);
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
        public void locationChanged(String place, LocationReport report) {
            long online = Objects.requireNonNull(store).locations().stream()
                    .filter(each -> each.condition() == LocationReport.Condition.ONLINE)
                    .count();
            out.println("online " + online);
        }

        @Override
        public void replaced(RegistryContent content) {}

        @Override
        public void locationsSet(List<String> places) {}

        @Override
        public void scrubbed(String place, String finding) {}

        private static Moment now() {
            return new Moment(System.nanoTime());
        }
    }
}
