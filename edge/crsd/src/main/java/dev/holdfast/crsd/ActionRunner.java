package dev.holdfast.crsd;

import dev.holdfast.linux.Account;
import dev.holdfast.linux.Cgroup;
import dev.holdfast.linux.Scheduling;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs action scripts, each in a control group of its own and within a deadline. The output goes to a file and is read
 * when the script has ended: what it left behind may hold the file open for ever.
 *
 * <p>A custom action, one that somebody asked for by its name, gives way: before a start, stop or clean of its resource begins, it is killed and
 * its processes are gone. Checks go on beside it.
 */
final class ActionRunner {
    private static final Logger LOG = LoggerFactory.getLogger(ActionRunner.class);

    /** The exit code of a custom action that gave way. */
    static final int CALLED_OFF = -2;

    /** A session, as crsd's is scheduled before others. */
    private static final List<String> OF_ITS_OWN = List.of("setsid");
    /** The niceness of actions, as crsd itself may have a lower one. */
    private static final int ORDINARY = 0;

    private static final int OUTPUT_READ = 64 << 10;
    /** For so long, or until it ends, a script that was just started holds back others: most are over by then. */
    private static final Duration YOUNG = Duration.ofMillis(200);
    /**
     * So many may be young at once. A thousand scripts begun at the same moment leave no processor to crsd and cssd, and to no other script
     * either; begun one after the other they are done as soon. One that takes long holds nobody back.
     */
    static final int YOUNG_AT_ONCE = 16 * Math.max(2, Runtime.getRuntime().availableProcessors());
    /** How long after a successful stop its processes may still take to end before they are killed. */
    private static final Duration STOP_GRACE = Duration.ofSeconds(2);
    /** How long killed processes may take to end before they count as stuck. */
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(3);

    /** What becomes of processes that an action leaves behind. */
    enum Leftovers {
        /** They are the application (start). */
        KEEP,
        /** They end, and the application with them: after a grace (stop) or at once (clean). */
        END_APPLICATION_GENTLY,
        END_APPLICATION,
        /** They end; the application goes on (check). */
        END
    }

    /**
     * @param word what the script is called with
     * @param account whom it runs as
     */
    record Action(
            String resource,
            String word,
            String script,
            Account account,
            Map<String, String> environment,
            Duration deadline,
            Leftovers leftovers) {}

    /** An action under way. */
    private static final class UnderWay {
        // Guarded by this. Held while the script is started and while what it left behind is ended.
        boolean calledOff;
        Optional<Cgroup> group = Optional.empty();
        Optional<Process> process = Optional.empty();
    }

    /** @param exit of the script; -1 if it did not run or did not end in time */
    record Result(int exit, boolean timedOut, List<String> output, Duration took) {}

    private final ResourceGroups groups;
    private final Path outputs;
    private final Path logs;
    private final AtomicLong numbers = new AtomicLong();
    // Guarded by itself.
    private final Map<String, Set<UnderWay>> customs = new TreeMap<>();
    private final Semaphore young = new Semaphore(YOUNG_AT_ONCE, true);
    /** What is to end something waits for nothing that starts or looks. */
    private final Semaphore youngEnding = new Semaphore(YOUNG_AT_ONCE, true);

    private final ExecutorService threads = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("action-", 0).factory());

    ActionRunner(ResourceGroups groups, Directories directories) throws IOException {
        this.groups = groups;
        outputs = Files.createDirectories(directories.actions());
        logs = Files.createDirectories(directories.actionLogs());
    }

    /** The first process of a JVM takes 30 to 60 ms to start; this one is not missed in a failover. */
    void warmUp() {
        threads.execute(() -> {
            try {
                Process process = new ProcessBuilder("/bin/true").start();
                process.waitFor();
            } catch (IOException e) {
                LOG.warn("no process can be started: {}", e.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Returns at once; {@code whenDone} is called once, on another thread. */
    void run(Action action, Consumer<Result> whenDone) {
        threads.execute(() -> {
            Result result;
            boolean ends = action.leftovers == Leftovers.END_APPLICATION
                    || action.leftovers == Leftovers.END_APPLICATION_GENTLY;
            Semaphore turn = ends ? youngEnding : young;
            turn.acquireUninterruptibly();
            long begun = System.nanoTime(); // Its time begins when its turn comes.
            var held = new Turn(turn);
            try (held) {
                result = action.leftovers == Leftovers.END || callOff(action.resource)
                        ? perform(action, begun, new UnderWay(), held)
                        : new Result(
                                -1,
                                false,
                                List.of("CRS_ERROR:processes of an action that was asked for can't be killed"),
                                since(begun));
            } catch (IOException | RuntimeException e) {
                LOG.warn("action {} of {} could not be run: {}", action.word, action.resource, e.toString());
                result = new Result(
                        -1,
                        false,
                        List.of("CRS_ERROR:" + action.script + " could not be run: " + e.getMessage()),
                        since(begun));
            }
            whenDone.accept(result);
        });
    }

    /** A custom action; it counts as under way from this call on. Returns at once; {@code whenDone} is called once, on another thread. */
    void runCustom(Action action, Consumer<Result> whenDone) {
        long begun = System.nanoTime();
        UnderWay custom = new UnderWay();
        synchronized (customs) {
            customs.computeIfAbsent(action.resource, _ -> new HashSet<>()).add(custom);
        }
        threads.execute(() -> {
            Result result;
            var held = new Turn(new Semaphore(0)); // Somebody waits for it, and asks for few at once.
            try (held) {
                result = perform(action, begun, custom, held);
            } catch (IOException | RuntimeException e) {
                LOG.warn("action {} of {} could not be run: {}", action.word, action.resource, e.toString());
                result = new Result(
                        -1, false, List.of(action.script + " could not be run: " + e.getMessage()), since(begun));
            }
            forget(action.resource, custom);
            whenDone.accept(result);
        });
    }

    /** Unless a process of it could not be killed: whoever stops the resource must know of that. */
    private void forget(String resource, UnderWay custom) {
        synchronized (custom) {
            if (custom.group.isPresent()) {
                return;
            }
        }
        synchronized (customs) {
            Set<UnderWay> all = customs.getOrDefault(resource, Set.of());
            if (all.remove(custom) && all.isEmpty()) {
                customs.remove(resource);
            }
        }
    }

    /** Ends the resource's custom actions. False if a process of one can't be killed. */
    private boolean callOff(String resource) throws IOException {
        List<UnderWay> all;
        synchronized (customs) {
            all = List.copyOf(customs.getOrDefault(resource, Set.of()));
        }
        boolean gone = true;
        for (UnderWay custom : all) {
            synchronized (custom) {
                custom.calledOff = true;
                if (custom.process.isPresent()) {
                    // The process first, and waited for: it may be about to enter its group.
                    custom.process.get().destroyForcibly();
                    gone &= waitFor(custom.process.get(), KILL_PATIENCE);
                }
                if (custom.group.isPresent()) {
                    custom.group.get().kill();
                    gone &= custom.group.get().awaitEmpty(KILL_PATIENCE);
                }
            }
        }
        return gone;
    }

    /** A place among those that may begin at once; given back once. */
    private static final class Turn implements AutoCloseable {
        private final Semaphore of;
        private final AtomicBoolean over = new AtomicBoolean();

        Turn(Semaphore of) {
            this.of = of;
        }

        @Override
        public void close() {
            if (over.compareAndSet(false, true)) {
                of.release();
            }
        }
    }

    private Result perform(Action action, long begun, UnderWay underWay, Turn turn) throws IOException {
        Path output = outputs.resolve(
                ResourceGroups.directoryName(action.resource) + "." + action.word + "." + numbers.incrementAndGet());
        Cgroup group;
        Process process;
        synchronized (underWay) {
            if (underWay.calledOff) {
                return new Result(CALLED_OFF, false, List.of(), since(begun));
            }
            group = groups.begin(action.resource);
            underWay.group = Optional.of(group);
            process = start(action, group, output);
            underWay.process = Optional.of(process);
        }
        Duration left = action.deadline.minus(since(begun));
        boolean ended = waitFor(process, left.compareTo(YOUNG) < 0 ? left : YOUNG);
        turn.close();
        if (!ended) {
            ended = waitFor(process, action.deadline.minus(since(begun)));
        }
        boolean stuck = false;
        if (!ended) {
            group.kill();
            process.destroyForcibly();
            stuck = !group.awaitEmpty(KILL_PATIENCE);
        }
        int exit = ended ? process.exitValue() : -1;
        List<String> lines = read(output);
        Optional<String> remains;
        synchronized (underWay) {
            remains = afterwards(action, group, exit == 0, stuck);
            if (remains.isEmpty()) {
                underWay.group = Optional.empty();
            }
            if (underWay.calledOff) {
                exit = CALLED_OFF;
            }
        }
        if (remains.isPresent()) {
            lines.add("CRS_ERROR:" + remains.get());
            exit = exit == 0 ? 1 : exit;
        }
        Result result = new Result(exit, !ended, lines, since(begun));
        keepOutput(action, result);
        Files.deleteIfExists(output);
        return result;
    }

    private static Process start(Action action, Cgroup group, Path output) throws IOException {
        List<String> command = new ArrayList<>(OF_ITS_OWN);
        command.addAll(
                action.account.uid() == Account.ownUid() ? group.commandPrefix() : group.commandPrefix(action.account));
        command.add(action.script);
        command.add(action.word);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().clear();
        builder.environment().putAll(action.environment);
        Scheduling.nice(ORDINARY);
        return builder.start();
    }

    /** Deals with what the action left behind. A text if that did not succeed. */
    private Optional<String> afterwards(Action action, Cgroup group, boolean succeeded, boolean stuck)
            throws IOException {
        if (succeeded && action.leftovers == Leftovers.KEEP) {
            groups.keep(action.resource, group);
            return Optional.empty();
        }
        group.kill();
        if (stuck || !group.awaitEmpty(KILL_PATIENCE)) {
            return Optional.of("processes of the action can't be killed: " + group.processes());
        }
        group.remove();
        boolean endApplication = succeeded
                && (action.leftovers == Leftovers.END_APPLICATION
                        || action.leftovers == Leftovers.END_APPLICATION_GENTLY);
        if (endApplication) {
            Duration grace = action.leftovers == Leftovers.END_APPLICATION ? Duration.ZERO : STOP_GRACE;
            if (!groups.end(action.resource, grace, KILL_PATIENCE)) {
                return Optional.of("processes of the application can't be killed");
            }
        }
        return Optional.empty();
    }

    private static boolean waitFor(Process process, Duration patience) {
        try {
            return process.waitFor(Math.max(0, patience.toNanos()), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static List<String> read(Path output) throws IOException {
        byte[] bytes;
        try (var in = Files.newInputStream(output)) {
            bytes = in.readNBytes(OUTPUT_READ);
        }
        return new ArrayList<>(new String(bytes, StandardCharsets.UTF_8).lines().toList());
    }

    /** Every action that failed or said something is kept in the resource's log. */
    private void keepOutput(Action action, Result result) {
        if (result.exit == 0 && result.output.isEmpty()) {
            return;
        }
        StringBuilder text = new StringBuilder()
                .append("%s %s %s exit %d%s after %d ms%n"
                        .formatted(
                                Instant.now(),
                                action.resource,
                                action.word,
                                result.exit,
                                result.timedOut ? " (timed out)" : "",
                                result.took.toMillis()));
        result.output.forEach(line -> text.append("  ").append(line).append('\n'));
        try {
            Files.writeString(
                    logs.resolve(ResourceGroups.directoryName(action.resource) + ".log"),
                    text,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            LOG.warn("output of {} {} is lost: {}", action.resource, action.word, e.toString());
        }
    }

    private static Duration since(long begun) {
        return Duration.ofNanos(System.nanoTime() - begun);
    }
}
