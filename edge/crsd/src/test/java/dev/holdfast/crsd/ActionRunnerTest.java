package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.linux.Account;
import dev.holdfast.linux.Scheduling;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real scripts in real control groups. */
class ActionRunnerTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    private Path directory;

    private final List<String> ran = new ArrayList<>();
    private final BlockingQueue<String> gone = new LinkedBlockingQueue<>();
    private final String node = "test" + ProcessHandle.current().pid();
    private ResourceGroups groups;
    private ActionRunner runner;
    private Account self;

    ActionRunnerTest() throws IOException {
        groups = open();
        runner = new ActionRunner(groups, new Directories(directory(), directory(), directory(), directory()));
        self = Account.named(System.getProperty("user.name")).orElseThrow();
    }

    private static Path directory() throws IOException {
        return Files.createTempDirectory("holdfast-actions");
    }

    @BeforeEach
    void nothingRuns() throws IOException {
        assertThat(groups.anythingRuns()).isFalse();
    }

    @AfterEach
    void endAll() throws IOException {
        assertThat(groups.killAll()).isTrue();
        dev.holdfast.linux.Cgroup.root().child("holdfast-actions-" + node).remove();
    }

    private ResourceGroups open() throws IOException {
        return new ResourceGroups("actions", node, new ResourceGroups.Listener() {
            @Override
            public void processesGone(String resource) {
                gone.add(resource + " gone");
            }

            @Override
            public void rootProcessEnded(String resource) {
                gone.add(resource + " root");
            }
        });
    }

    @Test
    void a_custom_action_leaves_nothing_running() throws Exception {
        ActionRunner.Result result = custom("sleep 600 & echo $1; exit 3").get(1, TimeUnit.MINUTES);

        assertThat(result.exit()).isEqualTo(3);
        assertThat(result.output()).containsExactly("reload");
        assertThat(groups.anythingRuns()).isFalse();
    }

    @Test
    void a_custom_action_is_gone_before_a_stop_begins_and_is_told_so() throws Exception {
        Path begun = directory.resolve("begun");
        CompletableFuture<ActionRunner.Result> custom = custom(
                "sleep 600 & echo $$ $! > " + begun + ".new; mv " + begun + ".new " + begun + "; exec sleep 600");
        long deadline = System.nanoTime() + LONG.toNanos();
        while (!Files.exists(begun)) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }

        ActionRunner.Result stop = run(
                "for p in $(cat " + begun + "); do [ ! -e /proc/$p/exe ] || echo $p runs; done; echo stopped",
                ActionRunner.Leftovers.END_APPLICATION,
                LONG);

        assertThat(stop.output()).containsExactly("stopped");
        assertThat(custom.get(1, TimeUnit.MINUTES).exit()).isEqualTo(ActionRunner.CALLED_OFF);
        assertThat(groups.anythingRuns()).isFalse();
    }

    @Test
    void a_custom_action_that_is_called_off_as_it_begins_does_not_run() throws Exception {
        for (int i = 0; i < 20; i++) {
            Path ran = directory.resolve("ran" + i);
            CompletableFuture<ActionRunner.Result> custom = custom("sleep 60; touch " + ran);
            assertThat(run("exit 0", ActionRunner.Leftovers.END_APPLICATION, LONG)
                            .exit())
                    .isZero();
            assertThat(custom.get(1, TimeUnit.MINUTES).exit()).isEqualTo(ActionRunner.CALLED_OFF);
            assertThat(ran).doesNotExist();
            assertThat(groups.anythingRuns()).isFalse();
        }
    }

    @Test
    void a_check_goes_on_beside_a_custom_action() throws Exception {
        CompletableFuture<ActionRunner.Result> custom =
                custom("until [ -e " + directory + "/checked ]; do sleep 0.05; done");
        run("touch " + directory + "/checked", ActionRunner.Leftovers.END, LONG);

        assertThat(custom.get(1, TimeUnit.MINUTES).exit()).isZero();
    }

    @Test
    void scripts_that_take_long_hold_no_other_back_however_many_they_are() throws Exception {
        List<CompletableFuture<ActionRunner.Result>> slow = new ArrayList<>();
        for (int i = 0; i < ActionRunner.YOUNG_AT_ONCE + 1; i++) {
            slow.add(begin("until [ -e $OUT/enough ]; do sleep 0.05; done", ActionRunner.Leftovers.END, LONG));
        }

        run("touch $OUT/enough", ActionRunner.Leftovers.END, LONG);

        for (CompletableFuture<ActionRunner.Result> each : slow) {
            assertThat(each.get(1, TimeUnit.MINUTES).exit()).isZero();
        }
    }

    private Path script(String body) throws IOException {
        Path script = directory.resolve("script" + System.nanoTime());
        Files.writeString(script, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return script;
    }

    private CompletableFuture<ActionRunner.Result> custom(String body) throws Exception {
        CompletableFuture<ActionRunner.Result> result = new CompletableFuture<>();
        runner.runCustom(
                new ActionRunner.Action(
                        "web",
                        "reload",
                        script(body).toString(),
                        self,
                        Map.of("PATH", "/usr/bin:/bin"),
                        LONG,
                        ActionRunner.Leftovers.END),
                result::complete);
        return result;
    }

    private ActionRunner.Result run(String body, ActionRunner.Leftovers leftovers, Duration deadline) throws Exception {
        return begin(body, leftovers, deadline).get(1, TimeUnit.MINUTES);
    }

    private CompletableFuture<ActionRunner.Result> begin(
            String body, ActionRunner.Leftovers leftovers, Duration deadline) throws Exception {
        Path script = script(body);
        CompletableFuture<ActionRunner.Result> result = new CompletableFuture<>();
        runner.run(
                new ActionRunner.Action(
                        "web",
                        "start",
                        script.toString(),
                        self,
                        Map.of("PATH", "/usr/bin:/bin", "_CRS_EPOCH", "12", "OUT", directory.toString()),
                        deadline,
                        leftovers),
                result::complete);
        return result;
    }

    @Test
    void an_action_is_told_its_word_and_its_epoch_and_its_output_is_kept() throws Exception {
        ActionRunner.Result result = run("echo $1 $_CRS_EPOCH; exit 3", ActionRunner.Leftovers.END, LONG);

        assertThat(result.output()).containsExactly("start 12");
        assertThat(result.exit()).isEqualTo(3);
        assertThat(result.timedOut()).isFalse();
    }

    @Test
    void an_action_has_an_ordinary_priority_and_a_session_of_its_own_also_if_crsd_goes_before_others()
            throws Exception {
        Thread crsd = Thread.ofPlatform().start(() -> {
            try {
                Scheduling.nice(-5);
                Process inherited = new ProcessBuilder("nice").start();
                assertThat(inherited.inputReader(StandardCharsets.US_ASCII).readLine())
                        .isEqualTo("-5");
                ActionRunner.Result result = run("nice; ps -o sid= -p $$; echo $$", ActionRunner.Leftovers.END, LONG);
                ran.addAll(result.output());
            } catch (Exception e) {
                ran.add(e.toString());
            }
        });
        crsd.join();

        assertThat(ran).hasSize(3);
        assertThat(ran.getFirst()).isEqualTo("0");
        assertThat(ran.get(1).strip()).isEqualTo(ran.get(2));
    }

    @Test
    void an_application_that_daemonises_outlives_its_start_and_its_death_is_told() throws Exception {
        ActionRunner.Result result = run("setsid sleep 1000 & echo $! > $OUT/pid", ActionRunner.Leftovers.KEEP, LONG);
        assertThat(result.exit()).isZero();
        assertThat(groups.runs("web")).isTrue();

        long pid = Long.parseLong(Files.readString(directory.resolve("pid")).strip());
        assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();

        String told = gone.poll(1, TimeUnit.MINUTES);
        while ("web root".equals(told)) {
            told = gone.poll(1, TimeUnit.MINUTES);
        }
        assertThat(told).isEqualTo("web gone");
        assertThat(groups.runs("web")).isFalse();
    }

    @Test
    void at_the_deadline_the_whole_tree_of_the_action_ends_and_the_application_stays() throws Exception {
        run("setsid sleep 1000 &", ActionRunner.Leftovers.KEEP, LONG);

        ActionRunner.Result result =
                run("setsid sleep 1001 & sleep 1002", ActionRunner.Leftovers.END, Duration.ofMillis(300));

        assertThat(result.timedOut()).isTrue();
        assertThat(groups.runs("web")).isTrue();
        assertThat(gone).isEmpty();
    }

    @Test
    void after_a_clean_nothing_of_the_application_is_left() throws Exception {
        run("setsid sleep 1000 &", ActionRunner.Leftovers.KEEP, LONG);

        assertThat(run("true", ActionRunner.Leftovers.END_APPLICATION, LONG).exit())
                .isZero();

        assertThat(groups.anythingRuns()).isFalse();
    }

    @Test
    void a_new_crsd_finds_the_application_and_ends_what_nobody_knows() throws Exception {
        run("setsid sleep 1000 &", ActionRunner.Leftovers.KEEP, LONG);

        ResourceGroups next = open();
        assertThat(next.recover(Map.of("web", "web"))).containsExactly("web");
        assertThat(next.runs("web")).isTrue();

        assertThat(open().recover(Map.of())).isEmpty();
        assertThat(groups.anythingRuns()).isFalse();
    }

    @Test
    void a_script_that_is_not_there_is_a_failure_that_names_it() throws Exception {
        CompletableFuture<ActionRunner.Result> result = new CompletableFuture<>();
        runner.run(
                new ActionRunner.Action(
                        "web", "start", "/no/such/script", self, Map.of(), LONG, ActionRunner.Leftovers.KEEP),
                result::complete);

        assertThat(result.get(1, TimeUnit.MINUTES).exit()).isNotZero();
        assertThat(String.join(" ", result.get().output())).contains("/no/such/script");
    }
}
