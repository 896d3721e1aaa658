package dev.holdfast.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class SchedulingTest {
    /** Asks for real time and for locked memory in a JVM of its own and prints what came of it. */
    static final class Asker {
        private Asker() {}

        @SuppressWarnings("SystemOut") // Its only way to speak to the test.
        public static void main(String[] arguments) throws IOException {
            try {
                if (arguments[0].equals("memory")) {
                    Scheduling.lockMemory();
                    System.out.println(Files.readString(Path.of("/proc/self/status"))
                            .lines()
                            .filter(line -> line.startsWith("VmLck"))
                            .findFirst()
                            .orElseThrow());
                } else if (arguments[0].equals("score")) {
                    System.out.println(Scheduling.adjustOutOfMemoryScore(500)
                            + " "
                            + Files.readString(Path.of("/proc/self/oom_score_adj"))
                                    .strip());
                } else {
                    Scheduling.realTime(10);
                    System.out.println("granted");
                }
            } catch (SystemCallFailed e) {
                System.out.println(e.errno() + " " + e.getMessage());
            }
        }
    }

    @Test
    void a_platform_thread_becomes_real_time_and_neither_its_threads_nor_its_processes_do() throws Exception {
        assumeRealTimeIsAllowed();
        FutureTask<String> task = new FutureTask<>(() -> {
            boolean before = Scheduling.isRealTime();
            Scheduling.realTime(10);
            boolean after = Scheduling.isRealTime();
            FutureTask<Boolean> child = new FutureTask<>(Scheduling::isRealTime);
            Thread.ofPlatform().start(child);
            // Fields 40 and 41 of stat: priority and policy (2 is round robin, 0 is normal).
            String self = Files.readString(Path.of("/proc/thread-self/stat"));
            String process = Sandbox.output(List.of("cat", "/proc/self/stat"));
            return "%s %s %s, %s, %s".formatted(before, after, child.get(), field40and41(self), field40and41(process));
        });
        Thread.ofPlatform().start(task);

        assertEquals("false true false, 10 2, 0 0", task.get());
        assertFalse(Scheduling.isRealTime());
    }

    private static String field40and41(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return fields[37] + " " + fields[38];
    }

    @Test
    void a_virtual_thread_is_refused_or_its_carrier_would_be_promoted() throws Exception {
        FutureTask<String> task =
                new FutureTask<>(() -> assertThrows(IllegalStateException.class, () -> Scheduling.realTime(10))
                        .getMessage());
        Thread.ofVirtual().start(task);

        assertEquals("scheduling belongs to platform threads; this one is virtual", task.get());
    }

    @Test
    void priorities_out_of_range_are_refused() {
        assertThrows(IllegalArgumentException.class, () -> Scheduling.realTime(0));
        assertThrows(IllegalArgumentException.class, () -> Scheduling.realTime(100));
        assertThrows(IllegalArgumentException.class, () -> Scheduling.adjustOutOfMemoryScore(-1001));
    }

    @Test
    void without_the_capability_the_refusal_says_what_to_do() throws Exception {
        Sandbox.demandRoot();

        assertEquals(
                "1 real-time scheduling (SCHED_RR 10): EPERM (not permitted). Give the service CAP_SYS_NICE or"
                        + " LimitRTPRIO=10, and a cpu control group with real-time budget",
                ask(List.of("setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"), "real time"));
    }

    @Test
    void locked_memory_shows_in_the_process_status() throws Exception {
        Sandbox.demandRoot();
        String locked = ask(List.of(), "memory");

        assertTrue(locked.matches("VmLck:\\s+[1-9][0-9]+ kB"), locked);
    }

    @Test
    void memory_that_may_not_be_locked_is_refused_with_words() throws Exception {
        Sandbox.demandRoot();
        String refused = ask(
                List.of("prlimit", "--memlock=65536", "setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock"),
                "memory");

        assertEquals(
                "12 lock memory: ENOMEM (out of memory). Give the service CAP_IPC_LOCK or LimitMEMLOCK=infinity",
                refused);
    }

    @Test
    void the_out_of_memory_score_is_set() throws Exception {
        assertEquals("true 500", ask(List.of(), "score"));
    }

    private static String ask(List<String> wrapper, String what) throws Exception {
        Process process = ChildJvm.start(wrapper, Asker.class, what);
        try (BufferedReader said = process.inputReader()) {
            return said.readAllAsString().strip();
        } finally {
            process.destroyForcibly();
        }
    }

    private static void assumeRealTimeIsAllowed() throws Exception {
        String answer = ask(List.of(), "real time");
        assumeTrue(answer.equals("granted"), answer);
    }
}
