package dev.holdfast.linux;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProcessTest {
    private static final Duration PATIENCE = Duration.ofSeconds(Sandbox.PATIENCE_SECONDS);
    private static final int SIGTERM = 15;
    private static final int SIGKILL = 9;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void killWhatIsLeft() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void a_process_is_killed_through_its_descriptor() throws Exception {
        Process process = sleep();
        try (Pidfd pidfd = Pidfd.open(process.pid()).orElseThrow()) {
            assertFalse(pidfd.exited());
            assertFalse(pidfd.awaitExit(Duration.ofMillis(20)));

            assertTrue(pidfd.signal(SIGTERM));

            assertTrue(pidfd.awaitExit(PATIENCE));
            assertTrue(pidfd.exited());
            assertEquals(128 + SIGTERM, process.waitFor());
            assertFalse(pidfd.signal(SIGKILL));
        }
    }

    @Test
    void a_process_that_is_no_child_of_ours_is_followed_too() throws Exception {
        Process shell = new ProcessBuilder("sh", "-c", "sleep 3600 >/dev/null & echo $!").start();
        started.add(shell);
        long grandchild = Long.parseLong(
                new String(shell.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).strip());
        assertEquals(0, shell.waitFor());
        try (Pidfd pidfd = Pidfd.open(grandchild).orElseThrow()) {
            assertFalse(pidfd.exited());
            pidfd.signal(SIGKILL);

            assertTrue(pidfd.awaitExit(PATIENCE)); // Whether or not anybody reaps it.
        }
    }

    @Test
    void a_process_that_does_not_exist_cannot_be_held() throws Exception {
        Process process = sleep();
        process.destroyForcibly().waitFor();

        assertEquals(Optional.empty(), Pidfd.open(process.pid()));
    }

    @Test
    void a_signal_that_does_not_exist_is_refused() throws Exception {
        try (Pidfd pidfd = Pidfd.open(sleep().pid()).orElseThrow()) {
            assertEquals(
                    SystemCallFailed.EINVAL,
                    assertThrows(SystemCallFailed.class, () -> pidfd.signal(1000))
                            .errno());
        }
    }

    @Test
    void a_watch_tells_of_each_exit_once() throws Exception {
        BlockingQueue<Long> exited = new LinkedBlockingQueue<>();
        try (ExitWatch watch = ExitWatch.start()) {
            List<Process> processes = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                Process process = sleep();
                processes.add(process);
                watch.watch(Pidfd.open(process.pid()).orElseThrow(), () -> exited.add(process.pid()));
            }
            for (Process process : processes.reversed()) {
                assertTrue(exited.isEmpty());
                process.destroyForcibly();
                assertEquals(process.pid(), exited.poll(PATIENCE.toSeconds(), SECONDS));
            }
            assertTrue(exited.isEmpty());
        }
    }

    @Test
    void a_watch_tells_of_a_process_that_had_exited_before() throws Exception {
        Process process = sleep();
        Pidfd pidfd = Pidfd.open(process.pid()).orElseThrow();
        process.destroyForcibly().waitFor();
        Semaphore exited = new Semaphore(0);
        try (ExitWatch watch = ExitWatch.start()) {
            watch.watch(pidfd, exited::release);

            assertTrue(exited.tryAcquire(PATIENCE.toSeconds(), SECONDS));
        }
    }

    @Test
    void a_forgotten_process_is_not_told_of() throws Exception {
        Process forgotten = sleep();
        Process followed = sleep();
        BlockingQueue<String> exited = new LinkedBlockingQueue<>();
        try (ExitWatch watch = ExitWatch.start()) {
            Pidfd pidfd = Pidfd.open(forgotten.pid()).orElseThrow();
            watch.watch(pidfd, () -> exited.add("forgotten"));
            watch.watch(Pidfd.open(followed.pid()).orElseThrow(), () -> exited.add("followed"));
            assertTrue(isHeld(forgotten));
            watch.forget(pidfd);
            assertFalse(isHeld(forgotten));
            forgotten.destroyForcibly().waitFor();
            followed.destroyForcibly();

            assertEquals("followed", exited.poll(PATIENCE.toSeconds(), SECONDS));
            assertTrue(exited.isEmpty());
        }
    }

    @Test
    void what_was_given_to_a_watch_is_of_no_other_use() throws Exception {
        Process process = sleep();
        try (ExitWatch watch = ExitWatch.start()) {
            Pidfd pidfd = Pidfd.open(process.pid()).orElseThrow();
            watch.watch(pidfd, () -> {});

            assertThrows(IllegalStateException.class, () -> pidfd.signal(SIGKILL));
            assertThrows(IllegalStateException.class, pidfd::exited);
        }
    }

    @Test
    void an_account_is_known_by_name() throws Exception {
        assertEquals(
                Optional.of(new Account("root", 0, 0, "/root", "/bin/bash")).map(Account::uid),
                Account.named("root").map(Account::uid));
        Account nobody = Account.named("nobody").orElseThrow();
        assertEquals(Sandbox.output(List.of("id", "-u", "nobody")), "" + nobody.uid());
        assertEquals(Sandbox.output(List.of("id", "-g", "nobody")), "" + nobody.gid());
        assertEquals(
                Sandbox.output(List.of("sh", "-c", "getent passwd nobody | cut -d: -f6,7")),
                nobody.home() + ":" + nobody.shell());
        assertEquals(Optional.empty(), Account.named("no-such-user-here"));
        assertEquals(Sandbox.output(List.of("id", "-u")), "" + Account.ownUid());
    }

    /** Whether one of our descriptors is a pidfd of that live process. */
    private static boolean isHeld(Process process) throws Exception {
        try (var descriptors = Files.list(Path.of("/proc/self/fdinfo"))) {
            return descriptors.anyMatch(descriptor -> {
                try {
                    return Files.readString(descriptor).lines().anyMatch(("Pid:\t" + process.pid())::equals);
                } catch (IOException _) {
                    return false; // Closed meanwhile.
                }
            });
        }
    }

    private Process sleep() throws Exception {
        Process process = new ProcessBuilder("sleep", "3600").start();
        started.add(process);
        return process;
    }
}
