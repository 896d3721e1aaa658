package dev.holdfast.linux;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CgroupTest {
    private static final Duration PATIENCE = Duration.ofSeconds(Sandbox.PATIENCE_SECONDS);
    /** Three processes that leave their session and their parent, and ignore what can be ignored. */
    private static final String ESCAPE_ARTISTS =
            "trap '' TERM HUP INT; setsid sh -c 'sleep 3600 & sleep 3600 &' & (setsid sleep 3600 &) & exit 0";

    private Cgroup top;
    private Cgroup web;

    @BeforeEach
    void createGroups() throws Exception {
        Sandbox.demandRoot();
        top = Cgroup.root().child("holdfast-test-" + UUID.randomUUID());
        web = top.child("res").child("web").create();
    }

    @AfterEach
    void removeGroups() throws Exception {
        if (top != null) {
            top.kill();
            assertTrue(top.awaitEmpty(PATIENCE));
            top.remove();
            assertFalse(top.exists());
        }
    }

    @Test
    void the_cgroup2_file_system_is_found_among_the_mounts() {
        assertEquals(
                Optional.of("/sys/fs/cgroup/uni fied"),
                Cgroup.root(List.of(
                                "proc /proc proc rw 0 0",
                                "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0",
                                "cgroup2 /sys/fs/cgroup/uni\\040fied cgroup2 rw,relatime 0 0"))
                        .map(group -> group.path().toString()));
        assertEquals(Optional.empty(), Cgroup.root(List.of("cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0")));
    }

    @Test
    void a_name_cannot_lead_out_of_the_tree() throws Exception {
        for (String name : List.of("", ".", "..", "a/b", "../x", "a\nb")) {
            assertThrows(IllegalArgumentException.class, () -> top.child(name));
        }
        assertEquals("web", web.name());
        assertEquals(List.of(web), top.child("res").children());
    }

    @Test
    void a_command_runs_inside_the_group_from_its_first_instruction_on() throws Exception {
        String group = Sandbox.output(command(web.commandPrefix(), "grep", "^0::", "/proc/self/cgroup"));

        assertTrue(group.endsWith("/" + top.name() + "/res/web"), group);
    }

    @Test
    void words_with_blanks_and_quotes_reach_the_command_unchanged() throws Exception {
        assertEquals(
                "<two words><$HOME 'quoted' \"twice\"><>",
                Sandbox.output(
                        command(web.commandPrefix(), "printf", "<%s>", "two words", "$HOME 'quoted' \"twice\"", "")));
    }

    @Test
    void a_command_becomes_the_account_with_its_groups_but_only_once_inside() throws Exception {
        Account nobody = Account.named("nobody").orElseThrow();
        String who = Sandbox.output(
                command(web.commandPrefix(nobody), "sh", "-c", "id -u; id -g; id -G; grep ^0:: /proc/self/cgroup"));

        List<String> lines = who.lines().toList();
        assertEquals(List.of("" + nobody.uid(), "" + nobody.gid(), "" + nobody.gid()), lines.subList(0, 3));
        assertTrue(lines.get(3).endsWith("/res/web"), who);
        assertEquals(
                web.commandPrefix(), web.commandPrefix(Account.named("root").orElseThrow()));
    }

    @Test
    void a_command_that_cannot_enter_its_group_is_not_run() throws Exception {
        Process process = new ProcessBuilder(command(top.child("gone").commandPrefix(), "echo", "ran"))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();

        assertEquals("", new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
        assertEquals(Cgroup.NOT_ENTERED, process.waitFor());
    }

    @Test
    void no_process_escapes_the_kill_by_leaving_its_session_or_its_parent() throws Exception {
        spawnEscapeArtists(web);
        awaitProcesses(web, 3);
        assertTrue(web.populated());
        assertTrue(top.populated());

        top.child("res").kill(); // The group above: it takes those below along.

        assertTrue(web.awaitEmpty(PATIENCE));
        assertFalse(top.populated());
        assertEquals(List.of(), web.processes());
    }

    @Test
    void waiting_for_the_end_of_what_lives_is_in_vain() throws Exception {
        spawnEscapeArtists(web);
        awaitProcesses(web, 3);

        assertFalse(web.awaitEmpty(Duration.ofMillis(50)));
        assertFalse(web.awaitEmpty(Duration.ZERO));
    }

    @Test
    void a_group_with_processes_is_not_removed() throws Exception {
        spawnEscapeArtists(web);
        awaitProcesses(web, 3);

        SystemCallFailed busy = assertThrows(SystemCallFailed.class, () -> top.remove());

        assertEquals(SystemCallFailed.EBUSY, busy.errno());
        assertTrue(web.exists());
    }

    @Test
    void a_group_that_does_not_exist_is_empty_and_needs_no_killing() throws Exception {
        Cgroup missing = top.child("missing");

        missing.kill();
        missing.remove();

        assertFalse(missing.populated());
        assertTrue(missing.awaitEmpty(Duration.ZERO));
        assertEquals(List.of(), missing.processes());
        assertEquals(List.of(), missing.children());
    }

    @Test
    void a_process_is_moved_into_a_group_or_reported_gone() throws Exception {
        Process process = new ProcessBuilder("sleep", "3600").start();
        web.add(process.pid());
        assertEquals(List.of(process.pid()), web.processes());
        web.kill();
        assertEquals(137, process.waitFor());

        SystemCallFailed gone = assertThrows(SystemCallFailed.class, () -> web.add(process.pid()));
        assertEquals(SystemCallFailed.ESRCH, gone.errno());
    }

    @Test
    void a_watch_tells_of_each_group_that_becomes_empty_and_of_no_other() throws Exception {
        Cgroup db = top.child("res").child("db").create();
        Semaphore webEmpty = new Semaphore(0);
        Semaphore dbEmpty = new Semaphore(0);
        try (EmptinessWatch watch = EmptinessWatch.start()) {
            watch.watch(web, webEmpty::release);
            watch.watch(db, dbEmpty::release);
            Process first = sleep(web);
            Process other = sleep(db);
            Process second = sleep(web);
            awaitProcesses(web, 2);
            awaitProcesses(db, 1);

            first.destroyForcibly().waitFor();
            second.destroyForcibly();
            assertTrue(webEmpty.tryAcquire(PATIENCE.toSeconds(), SECONDS));
            assertEquals(0, dbEmpty.availablePermits());
            other.destroyForcibly();
            assertTrue(dbEmpty.tryAcquire(PATIENCE.toSeconds(), SECONDS));
        }
    }

    @Test
    void a_watch_tells_again_when_a_group_was_filled_again_however_briefly() throws Exception {
        Semaphore empty = new Semaphore(0);
        try (EmptinessWatch watch = EmptinessWatch.start()) {
            watch.watch(web, empty::release);
            for (int life = 0; life < 20; life++) {
                Sandbox.output(command(web.commandPrefix(), "true"));
                assertTrue(empty.tryAcquire(PATIENCE.toSeconds(), SECONDS), "life " + life);
                empty.drainPermits();
            }
        }
    }

    @Test
    void a_forgotten_group_is_not_told_of_and_the_watch_goes_on() throws Exception {
        Cgroup forgotten = top.child("res").child("forgotten").create();
        Semaphore wrong = new Semaphore(0);
        Semaphore right = new Semaphore(0);
        try (EmptinessWatch watch = EmptinessWatch.start()) {
            watch.watch(forgotten, wrong::release);
            watch.watch(web, right::release);
            watch.forget(forgotten);
            watch.forget(forgotten);
            Sandbox.output(command(forgotten.commandPrefix(), "true"));
            Sandbox.output(command(web.commandPrefix(), "true"));

            assertTrue(right.tryAcquire(PATIENCE.toSeconds(), SECONDS));
            assertEquals(0, wrong.availablePermits());
        }
    }

    @Test
    void a_group_that_was_removed_before_its_news_was_read_is_dropped_or_it_would_report_itself_for_ever()
            throws Exception {
        Cgroup removed = top.child("res").child("removed").create();
        Semaphore wrong = new Semaphore(0);
        Semaphore busy = new Semaphore(0);
        Semaphore goOn = new Semaphore(0);
        try (EmptinessWatch watch = EmptinessWatch.start()) {
            watch.watch(removed, wrong::release);
            watch.watch(web, () -> {
                busy.release();
                goOn.acquireUninterruptibly();
            });
            Sandbox.output(command(web.commandPrefix(), "true"));
            assertTrue(busy.tryAcquire(PATIENCE.toSeconds(), SECONDS));
            Sandbox.output(command(removed.commandPrefix(), "true"));
            assertTrue(removed.awaitEmpty(PATIENCE));
            removed.remove();
            goOn.release(100);

            awaitClosed("removed/cgroup.events");
            assertEquals(0, wrong.availablePermits());
            SystemCallFailed missing = assertThrows(SystemCallFailed.class, () -> watch.watch(removed, wrong::release));
            assertEquals(SystemCallFailed.ENOENT, missing.errno());
        }
    }

    @Test
    void groups_are_equal_by_their_path() {
        assertEquals(top.child("res").child("web"), web);
        assertNotEquals(top, web);
        assertEquals(Path.of(top.path().toString(), "res", "web").toString(), web.toString());
    }

    private static void spawnEscapeArtists(Cgroup group) throws Exception {
        new ProcessBuilder(command(group.commandPrefix(), "sh", "-c", ESCAPE_ARTISTS))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    private static Process sleep(Cgroup group) throws Exception {
        return new ProcessBuilder(command(group.commandPrefix(), "sleep", "3600")).start();
    }

    private static void awaitProcesses(Cgroup group, int count) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (group.processes().size() != count) {
            assertTrue(System.nanoTime() < deadline, () -> "not " + count + " processes in " + group);
            Thread.onSpinWait();
        }
    }

    private static void awaitClosed(String file) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        // The kernel adds "(deleted)" to the name.
        while (Sandbox.output(
                        List.of("ls", "-l", "/proc/" + ProcessHandle.current().pid() + "/fd"))
                .contains(file)) {
            assertTrue(System.nanoTime() < deadline, () -> file + " is still open");
        }
    }

    private static List<String> command(List<String> prefix, String... words) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(words));
        return command;
    }
}
