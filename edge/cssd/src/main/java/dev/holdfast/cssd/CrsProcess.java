package dev.holdfast.cssd;

import dev.holdfast.linux.Cgroup;
import dev.holdfast.linux.DiskMark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts crsd in a control group of its own and starts it again when it ends; resources keep running meanwhile. */
final class CrsProcess {
    private static final Logger LOG = LoggerFactory.getLogger(CrsProcess.class);
    private static final long BACKOFF_MIN_MILLIS = 100;
    private static final long BACKOFF_MAX_MILLIS = 5_000;
    private static final long LIVED_WELL_NANOS = 10_000_000_000L;
    private static final Duration ADOPTED_LOOK = Duration.ofSeconds(5);

    /** How often a crsd is looked at for being over but for threads that are stuck in a disk, which the kernel does not tell. */
    private static final Duration CORPSE_LOOK = Duration.ofMillis(500);

    /**
     * crsd goes before ordinary processes: on a machine whose load is ten to a processor, one that is started again must be there before
     * the kernel takes the addresses that it no longer renews. Where sessions are scheduled as groups (sched(7), autogroup), niceness
     * counts within the session only; therefore one of its own, which is given the same. Where this is not allowed, all goes on without.
     */
    private static final List<String> BEFORE_OTHERS = List.of(
            "setsid",
            "nice",
            "-n",
            "-10",
            "/bin/sh",
            "-c",
            "{ echo -10 > /proc/self/autogroup; } 2> /dev/null; exec \"$@\"",
            "sh");

    private final Cgroup group;
    private final Path log;
    private final Runnable ended;
    private volatile boolean wanted = true;
    private volatile boolean adopted;
    private volatile int failures;
    private volatile boolean reachedUs;
    private volatile @Nullable Process process;

    /**
     * @param adopt a crsd of the cssd before us may be running; it goes on, and is followed by one of ours when it ends
     * @param ended told when a crsd has ended, and none of its threads will do anything again but finish a write to a disk
     */
    CrsProcess(Cgroup group, Path log, boolean adopt, Runnable ended) {
        this.group = group;
        this.log = log;
        this.ended = ended;
        adopted = adopt;
    }

    void start() {
        Thread thread = new Thread(this::supervise, "crsd supervisor");
        thread.setDaemon(true);
        thread.start();
    }

    /** How many crsds in a row could not be started, or ended before they had reached us ({@link #reached}). From any thread. */
    int failures() {
        return failures;
    }

    /** The present crsd has connected. From any thread. */
    void reached() {
        reachedUs = true;
        failures = 0;
    }

    /** Ends the present crsd, which is then started anew. */
    void restart() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
        } else if (adopted) {
            try {
                group.kill();
            } catch (IOException e) {
                LOG.error("the crsd of the cssd before us cannot be ended: {}", e.getMessage());
            }
        }
    }

    /** No crsd from now on. */
    void stop() {
        wanted = false;
        restart();
    }

    private void supervise() {
        long backoff = BACKOFF_MIN_MILLIS;
        boolean livedWell = true;
        if (adopted) {
            outlive();
        }
        while (wanted) {
            long began = System.nanoTime();
            try {
                group.create();
                List<String> command = new ArrayList<>(BEFORE_OTHERS);
                command.addAll(group.commandPrefix());
                command.addAll(command(livedWell));
                Process started = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start();
                process = started;
                String how = awaitEnd(started);
                ended.run();
                if (wanted) {
                    LOG.warn("crsd {}; it is started again, resources keep running", how);
                }
            } catch (IOException e) {
                LOG.error("crsd could not be started: {}", e.getMessage());
            } catch (InterruptedException e) {
                return;
            }
            livedWell = System.nanoTime() - began > LIVED_WELL_NANOS;
            failures = reachedUs ? 0 : failures + 1;
            reachedUs = false;
            backoff = livedWell ? BACKOFF_MIN_MILLIS : Math.min(backoff * 2, BACKOFF_MAX_MILLIS);
            try {
                TimeUnit.MILLISECONDS.sleep(backoff); // Back-off: a crsd that dies at once must not eat the CPU.
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /**
     * A killed crsd with a thread that is stuck in a disk of the registry does not end for as long as the disk hangs. It does nothing more,
     * and the next one does not use that disk before ({@link LettingGo}).
     */
    private static String awaitEnd(Process crsd) throws InterruptedException {
        while (!crsd.waitFor(CORPSE_LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
            if (DiskMark.onlyBearersAreLeft(crsd.pid(), 'r', "registry")) {
                return "was killed and is still stuck in a disk";
            }
        }
        return "ended with " + crsd.exitValue();
    }

    /** Waits for the end of the crsd that was there before us; it is no child of ours, but all of its control group. */
    private void outlive() {
        try {
            boolean over = false;
            while (wanted && !over) {
                over = !group.exists()
                        || group.awaitEmpty(ADOPTED_LOOK)
                        || group.processes().stream()
                                .allMatch(process -> DiskMark.onlyBearersAreLeft(process, 'r', "registry"));
            }
            if (over) {
                ended.run();
            }
        } catch (IOException e) {
            LOG.error("the crsd of the cssd before us cannot be watched, and is replaced: {}", e.getMessage());
            restart();
        }
        adopted = false;
    }

    private static List<String> command(boolean livedWell) {
        String caches = System.getenv("HOLDFAST_CACHES");
        return command(
                Path.of(System.getProperty("java.home")),
                livedWell && caches != null ? Path.of(caches, "crsd.aot") : null,
                System.getProperty("java.class.path"));
    }

    /**
     * @param cache the start-up cache (see bin/.holdfast-daemons); null after a crsd that ended soon: should the cache be broken in a
     *     way that Java does not see, it must not be in the way for longer than one start
     */
    static List<String> command(Path javaHome, @Nullable Path cache, String classPath) {
        List<String> command = new ArrayList<>();
        command.add(javaHome.resolve("bin/java").toString());
        if (cache != null && Files.isRegularFile(cache)) {
            // One that does not fit is passed over, and that is nothing to be told about.
            command.addAll(List.of("-XX:AOTCache=" + cache, "-Xlog:aot=off", "-Xlog:cds=off"));
        }
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xms24m",
                "-Xmx384m",
                "-Xss512k",
                "-XX:-UsePerfData",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "-Dfile.encoding=UTF-8",
                "-cp",
                classPath,
                "dev.holdfast.crsd.Crsd"));
        return command;
    }
}
