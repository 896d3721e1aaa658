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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs action scripts, each in a control group of its own and within a deadline. The output goes to a file and is read
 * when the script has ended: what it left behind may hold the file open for ever.
 */
final class ActionRunner {
    private static final Logger LOG = LoggerFactory.getLogger(ActionRunner.class);
    private static final int OUTPUT_READ = 64 << 10;
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

    /** @param exit of the script; -1 if it did not run or did not end in time */
    record Result(int exit, boolean timedOut, List<String> output, Duration took) {}

    /** A session, as crsd's is scheduled before others. */
    private static final List<String> OF_ITS_OWN = List.of("setsid");

    private final ResourceGroups groups;
    private final Path outputs;
    private final Path logs;
    private final AtomicLong numbers = new AtomicLong();
    private final ExecutorService threads = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("action-", 0).factory());
    /** As crsd itself may have a lower one. */
    private static final int ORDINARY = 0;

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
        long begun = System.nanoTime();
        threads.execute(() -> {
            Result result;
            try {
                result = perform(action, begun);
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

    private Result perform(Action action, long begun) throws IOException {
        Path output = outputs.resolve(
                ResourceGroups.directoryName(action.resource) + "." + action.word + "." + numbers.incrementAndGet());
        Cgroup group = groups.begin(action.resource);
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
        Process process = builder.start();
        boolean ended = waitFor(process, action.deadline.minus(since(begun)));
        boolean stuck = false;
        if (!ended) {
            group.kill();
            process.destroyForcibly();
            stuck = !group.awaitEmpty(KILL_PATIENCE);
        }
        int exit = ended ? process.exitValue() : -1;
        List<String> lines = read(output);
        Optional<String> left = afterwards(action, group, exit == 0, stuck);
        if (left.isPresent()) {
            lines.add("CRS_ERROR:" + left.get());
            exit = exit == 0 ? 1 : exit;
        }
        Result result = new Result(exit, !ended, lines, since(begun));
        keepOutput(action, result);
        Files.deleteIfExists(output);
        return result;
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
