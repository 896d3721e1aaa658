package dev.holdfast.linux;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.model.Moment;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** The timer kills, so it runs in child JVMs; they share our monotonic clock. */
class KillTimerTest {
    private static final int KILLED = 128 + 9;

    /** The child. Says what it has done, one line each; argument: the scene to play. */
    static final class Victim {
        private Victim() {}

        public static void main(String[] arguments) throws IOException {
            KillTimer timer = KillTimer.create();
            Moment start = new Moment(System.nanoTime());
            switch (arguments[0]) {
                case "stopped" -> {
                    Moment deadline = start.plus(Duration.ofSeconds(2));
                    timer.arm(deadline);
                    say("armed " + deadline.nanos());
                    waitForEver();
                }
                case "past" -> {
                    timer.arm(start.minus(Duration.ofHours(1)));
                    waitForEver();
                }
                case "before the clock began" -> {
                    timer.arm(new Moment(-1));
                    waitForEver();
                }
                case "created" -> say("created");
                case "disarmed" -> {
                    Moment deadline = start.plus(Duration.ofMillis(200));
                    timer.arm(deadline);
                    say("armed " + timer.armed());
                    timer.disarm();
                    say("armed " + timer.armed());
                    waitUntil(deadline.plus(Duration.ofMillis(200)));
                    say("alive");
                }
                case "postponed" -> {
                    for (int i = 0; i < 20; i++) {
                        Moment now = new Moment(System.nanoTime());
                        timer.arm(now.plus(Duration.ofSeconds(10)));
                        waitUntil(now.plus(Duration.ofMillis(10)));
                    }
                    timer.arm(new Moment(System.nanoTime()).plus(Duration.ofMillis(1)));
                    waitForEver();
                }
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        }

        @SuppressWarnings("SystemOut") // Its only way to speak to the test.
        private static void say(String line) {
            System.out.println(line);
        }

        private static void waitUntil(Moment moment) {
            while (new Moment(System.nanoTime()).isBefore(moment)) {
                LockSupport.parkNanos(1_000_000);
            }
        }

        private static void waitForEver() {
            while (true) {
                LockSupport.park();
            }
        }
    }

    @Test
    void even_a_stopped_process_is_killed_and_not_before_its_deadline() throws Exception {
        Process victim = ChildJvm.start(List.of(), Victim.class, "stopped");
        try (BufferedReader said = victim.inputReader()) {
            long deadlineNanos = Long.parseLong(said.readLine().substring("armed ".length()));
            try (Pidfd pidfd = Pidfd.open(victim.pid()).orElseThrow()) {
                assertTrue(pidfd.signal(19)); // SIGSTOP
                awaitStopped(victim.pid());

                assertTrue(pidfd.awaitExit(Duration.ofSeconds(Sandbox.PATIENCE_SECONDS)));
                long lateNanos = System.nanoTime() - deadlineNanos;
                assertTrue(lateNanos >= 0, "killed " + -lateNanos + " ns early");
            }
            assertEquals(KILLED, exit(victim));
        } finally {
            victim.destroyForcibly();
        }
    }

    @Test
    void a_deadline_that_has_passed_kills_at_once() throws Exception {
        assertEquals(KILLED, exit(ChildJvm.start(List.of(), Victim.class, "past")));
        assertEquals(KILLED, exit(ChildJvm.start(List.of(), Victim.class, "before the clock began")));
    }

    @Test
    void a_disarmed_timer_does_not_kill() throws Exception {
        Process victim = ChildJvm.start(List.of(), Victim.class, "disarmed");
        try (BufferedReader said = victim.inputReader()) {
            assertEquals(
                    List.of("armed true", "armed false", "alive"), said.lines().toList());
        }
        assertEquals(0, exit(victim));
    }

    @Test
    void the_last_deadline_set_is_the_one_that_counts() throws Exception {
        assertEquals(KILLED, exit(ChildJvm.start(List.of(), Victim.class, "postponed")));
    }

    @Test
    void the_first_process_of_a_pid_namespace_is_refused_because_the_kernel_would_spare_it() throws Exception {
        Sandbox.demandRoot();
        Process init = ChildJvm.start(
                List.of("unshare", "--pid", "--fork", "--mount-proc", "sh", "-c", "exec \"$@\" 2>&1", "sh"),
                Victim.class,
                "created");
        try (BufferedReader said = init.inputReader()) {
            assertTrue(said.readAllAsString().contains("does not kill the first process of a PID namespace"));
        }
        assertEquals(1, exit(init));
    }

    @Test
    void a_timer_is_created_disarmed() throws Exception {
        assertFalse(KillTimer.create().armed());
    }

    private static void awaitStopped(long pid) throws IOException {
        String state = "";
        while (!state.equals("T")) {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            state = stat.substring(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
            assertFalse(state.equals("Z"), "killed before it could be stopped");
        }
    }

    private static int exit(Process process) throws InterruptedException {
        try {
            assertTrue(process.waitFor(Sandbox.PATIENCE_SECONDS, SECONDS), "still alive");
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }
}
