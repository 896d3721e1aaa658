package dev.holdfast.resource;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.AttributeText;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incident;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.Moment;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.TypeDefinition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InstanceLifeTest {
    private static final Epoch EPOCH = new Epoch(7);

    private InstanceLife life = aLife("CHECK_INTERVAL=30,SCRIPT_TIMEOUT=60");
    private long seconds = 1000;
    private List<Effect> last = List.of();

    private static InstanceLife aLife(String attributes) {
        return new InstanceLife(aDefinition(attributes), "n1", EPOCH, 500);
    }

    private static ResourceDefinition aDefinition(String attributes) {
        try {
            TypeDefinition type =
                    Objects.requireNonNull(TypeDefinition.builtIns().get(TypeDefinition.CLUSTER_RESOURCE));
            return ResourceDefinition.read(
                    new ResourceName("web"), type, AttributeText.parse("ACTION_SCRIPT=/web.scr," + attributes));
        } catch (InvalidAttributes e) {
            throw new IllegalArgumentException(e);
        }
    }

    private Moment now() {
        return new Moment(Duration.ofSeconds(seconds).toNanos());
    }

    private void give(Input input) {
        last = life.step(now(), input);
    }

    private void order(ActionKind kind) {
        give(new Input.Order(kind, EPOCH));
    }

    /** The action that was begun by the last input; fails if none was. */
    private Effect.RunAction begun() {
        return last.stream()
                .filter(Effect.RunAction.class::isInstance)
                .map(Effect.RunAction.class::cast)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no action begun: " + last));
    }

    /** The action under way, which must be of this kind, ends. */
    private void ends(ActionKind kind, int exit, String... output) {
        assertThat(begun().kind()).isEqualTo(kind);
        give(new Input.ActionFinished(begun().run(), exit, false, List.of(output)));
    }

    private void timesOut(ActionKind kind) {
        assertThat(begun().kind()).isEqualTo(kind);
        give(new Input.ActionFinished(begun().run(), 0, true, List.of()));
    }

    private void nothingBegun() {
        assertThat(last).noneMatch(Effect.RunAction.class::isInstance);
    }

    private Observed observed() {
        return life.observed().orElseThrow();
    }

    private ResourceState state() {
        return observed().state();
    }

    private Incident.Kind incident() {
        return observed().incident().orElseThrow().kind();
    }

    private List<String> said() {
        List<String> lines = new ArrayList<>();
        for (Effect effect : last) {
            if (effect instanceof Effect.Progress progress) {
                lines.add(progress.message().line());
            }
        }
        return lines;
    }

    private void answered(ActionKind kind, boolean succeeded) {
        assertThat(last)
                .anySatisfy(effect -> assertThat(effect)
                        .isInstanceOfSatisfying(Effect.OrderFinished.class, finished -> {
                            assertThat(finished.kind()).isEqualTo(kind);
                            assertThat(finished.succeeded()).isEqualTo(succeeded);
                        }));
    }

    private void probed(int exit) {
        give(new Input.Tick());
        ends(ActionKind.CHECK, exit);
    }

    private void online() {
        probed(1);
        order(ActionKind.START);
        ends(ActionKind.START, 0);
        ends(ActionKind.CHECK, 0);
    }

    @Test
    void nothing_is_known_until_the_first_check_has_ended() {
        assertThat(life.observed()).isEmpty();
        assertThat(life.nextTick()).isPresent();
        give(new Input.Tick());
        assertThat(life.observed()).isEmpty();
        ends(ActionKind.CHECK, 1);
        assertThat(observed()).isEqualTo(Observed.OFFLINE);
    }

    @Test
    void a_running_resource_is_found_after_a_restart_of_crsd_and_checked_again() {
        probed(0);
        assertThat(state()).isEqualTo(ResourceState.ONLINE);
        assertThat(life.nextTick()).contains(now().plus(Duration.ofSeconds(30)));
    }

    @Test
    void a_probe_that_finds_it_partly_there_cleans_it() {
        probed(5);
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 1);
        assertThat(observed()).isEqualTo(Observed.OFFLINE);
    }

    @Test
    void an_order_that_comes_before_the_probe_waits_for_it() {
        order(ActionKind.START);
        ends(ActionKind.CHECK, 1);
        assertThat(begun().kind()).isEqualTo(ActionKind.START);
    }

    @Test
    void a_start_is_confirmed_by_a_check() {
        probed(1);
        order(ActionKind.START);
        assertThat(said()).containsExactly("CRS-2672: Attempting to start 'web' on 'n1'");
        assertThat(observed().internal()).isEqualTo(InternalState.STARTING);
        assertThat(begun().deadline()).isEqualTo(now().plus(Duration.ofSeconds(60)));
        assertThat(begun().epoch()).isEqualTo(EPOCH);
        ends(ActionKind.START, 0);
        assertThat(state()).isEqualTo(ResourceState.OFFLINE);
        ends(ActionKind.CHECK, 0);
        assertThat(said()).containsExactly("CRS-2676: Start of 'web' on 'n1' succeeded");
        answered(ActionKind.START, true);
        assertThat(observed()).isEqualTo(Observed.ONLINE);
    }

    @Test
    void a_start_that_the_check_does_not_confirm_has_failed_and_is_cleaned() {
        probed(1);
        order(ActionKind.START);
        ends(ActionKind.START, 0);
        ends(ActionKind.CHECK, 1);
        assertThat(said())
                .containsExactly(
                        "CRS-2674: Start of 'web' on 'n1' failed", "CRS-2679: Attempting to clean 'web' on 'n1'");
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 1);
        answered(ActionKind.START, false);
        assertThat(state()).isEqualTo(ResourceState.OFFLINE);
        assertThat(incident()).isEqualTo(Incident.Kind.START_FAILED);
    }

    @Test
    void a_start_that_takes_too_long_has_failed_and_is_cleaned() {
        life = aLife("START_TIMEOUT=5");
        probed(1);
        order(ActionKind.START);
        assertThat(begun().deadline()).isEqualTo(now().plus(Duration.ofSeconds(5)));
        timesOut(ActionKind.START);
        assertThat(said()).anyMatch(line -> line.startsWith("CRS-5818: Aborted command 'start'"));
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 1);
        assertThat(incident()).isEqualTo(Incident.Kind.START_FAILED);
    }

    @Test
    void a_start_of_what_runs_is_answered_at_once() {
        online();
        order(ActionKind.START);
        nothingBegun();
        answered(ActionKind.START, true);
    }

    @Test
    void a_failure_is_cleaned_before_it_is_reported_with_its_uptime() {
        online();
        seconds += 90;
        give(new Input.Tick());
        ends(ActionKind.CHECK, 1);
        assertThat(observed().internal()).isEqualTo(InternalState.CLEANING);
        assertThat(observed().incident()).isEmpty();
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 1);
        assertThat(incident()).isEqualTo(Incident.Kind.FAILED);
        assertThat(observed().incident().orElseThrow().uptime()).isEqualTo(Duration.ofSeconds(90));
        assertThat(observed().incident().orElseThrow().number()).isEqualTo(500);
        assertThat(life.nextTick()).as("not checked while OFFLINE").isEmpty();
    }

    @Test
    void nothing_is_left_to_ask_after_a_clean_if_the_kernel_and_a_check_said_that_it_is_gone() {
        online();
        give(new Input.ProcessesGone(true));
        ends(ActionKind.CHECK, 1);
        ends(ActionKind.CLEAN, 0);
        nothingBegun();
        assertThat(incident()).isEqualTo(Incident.Kind.FAILED);
        assertThat(state()).isEqualTo(ResourceState.OFFLINE);
        assertThat(observed().internal()).isEqualTo(InternalState.STABLE);
    }

    @Test
    void the_kernels_word_may_come_after_the_check_began() {
        online();
        give(new Input.ProcessesGone(false));
        Effect.RunAction check = begun();
        give(new Input.ProcessesGone(true));
        give(new Input.ActionFinished(check.run(), 1, false, List.of()));
        ends(ActionKind.CLEAN, 0);
        nothingBegun();
        assertThat(incident()).isEqualTo(Incident.Kind.FAILED);
    }

    @Test
    void a_clean_is_confirmed_if_only_one_of_the_processes_ended() {
        online();
        give(new Input.ProcessesGone(false));
        ends(ActionKind.CHECK, 1);
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 0);
        assertThat(state()).isEqualTo(ResourceState.UNKNOWN);
    }

    @Test
    void a_clean_is_confirmed_if_the_check_said_failed() {
        online();
        give(new Input.ProcessesGone(true));
        ends(ActionKind.CHECK, 5);
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 1);
        assertThat(incident()).isEqualTo(Incident.Kind.FAILED);
    }

    @Test
    void a_clean_is_confirmed_if_a_check_once_said_that_it_runs_without_those_processes() {
        online();
        give(new Input.ProcessesGone(true));
        ends(ActionKind.CHECK, 0);
        seconds += 30;
        tickedCheck(1);
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 0);
        assertThat(state()).isEqualTo(ResourceState.UNKNOWN);
    }

    @Test
    void a_clean_is_confirmed_if_it_was_started_since_the_kernels_word() {
        online();
        give(new Input.ProcessesGone(true));
        ends(ActionKind.CHECK, 1);
        ends(ActionKind.CLEAN, 0);
        order(ActionKind.START);
        ends(ActionKind.START, 0);
        ends(ActionKind.CHECK, 0);
        seconds += 30;
        tickedCheck(1);
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 0);
        assertThat(state()).isEqualTo(ResourceState.UNKNOWN);
    }

    @Test
    void every_incident_has_a_number_of_its_own_and_a_start_ends_it() {
        online();
        give(new Input.ProcessesGone(false));
        ends(ActionKind.CHECK, 1);
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 1);
        order(ActionKind.START);
        ends(ActionKind.START, 1);
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 1);
        assertThat(observed().incident().orElseThrow().number()).isEqualTo(501);
        order(ActionKind.START);
        ends(ActionKind.START, 0);
        ends(ActionKind.CHECK, 0);
        assertThat(observed().incident()).isEmpty();
    }

    @Test
    void the_exit_codes_of_check_mean_what_they_say() {
        online();
        tickedCheck(4);
        assertThat(state()).isEqualTo(ResourceState.INTERMEDIATE);
        tickedCheck(0);
        assertThat(state()).isEqualTo(ResourceState.ONLINE);
        tickedCheck(3);
        assertThat(state()).isEqualTo(ResourceState.UNKNOWN);
        tickedCheck(0);
        assertThat(state()).isEqualTo(ResourceState.ONLINE);
        tickedCheck(2);
        nothingBegun();
        assertThat(state()).isEqualTo(ResourceState.OFFLINE);
        assertThat(incident()).isEqualTo(Incident.Kind.STOPPED_OUTSIDE);
    }

    @Test
    void any_other_exit_code_of_check_is_a_failure() {
        for (int exit : new int[] {1, 5, 6, 127, 255}) {
            life = aLife("CHECK_INTERVAL=30");
            online();
            tickedCheck(exit);
            assertThat(begun().kind()).as("after exit code " + exit).isEqualTo(ActionKind.CLEAN);
        }
    }

    private void tickedCheck(int exit) {
        seconds += 30;
        give(new Input.Tick());
        ends(ActionKind.CHECK, exit);
    }

    @Test
    void a_check_that_times_out_is_no_failure() {
        online();
        seconds += 30;
        give(new Input.Tick());
        timesOut(ActionKind.CHECK);
        nothingBegun();
        assertThat(state()).isEqualTo(ResourceState.INTERMEDIATE);
        assertThat(observed().details()).isEqualTo("CHECK TIMED OUT");
        tickedCheck(0);
        assertThat(observed()).isEqualTo(Observed.ONLINE);
    }

    @Test
    void what_is_intermediate_for_too_long_has_failed() {
        life = aLife("CHECK_INTERVAL=30,INTERMEDIATE_TIMEOUT=100");
        online();
        tickedCheck(4);
        assertThat(state()).isEqualTo(ResourceState.INTERMEDIATE);
        tickedCheck(4);
        tickedCheck(4);
        assertThat(state()).isEqualTo(ResourceState.INTERMEDIATE);

        seconds += 45; // 105 s after the first.
        give(new Input.Tick());

        assertThat(begun().kind()).isEqualTo(ActionKind.CLEAN);
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 1);
        assertThat(incident()).isEqualTo(Incident.Kind.FAILED);
        assertThat(state()).isEqualTo(ResourceState.OFFLINE);
    }

    @Test
    void what_leaves_intermediate_in_time_has_not_failed() {
        life = aLife("CHECK_INTERVAL=30,INTERMEDIATE_TIMEOUT=70");
        online();
        tickedCheck(4);
        tickedCheck(0);
        tickedCheck(4);
        tickedCheck(4);

        assertThat(state()).isEqualTo(ResourceState.INTERMEDIATE);
        nothingBegun();
    }

    @Test
    void checks_come_at_their_interval_and_not_before() {
        online();
        seconds += 29;
        give(new Input.Tick());
        nothingBegun();
        seconds += 1;
        give(new Input.Tick());
        assertThat(begun().kind()).isEqualTo(ActionKind.CHECK);
        give(new Input.Tick());
        nothingBegun();
    }

    @Test
    void the_death_of_the_processes_is_checked_at_once() {
        online();
        seconds += 1;
        give(new Input.ProcessesGone(false));
        assertThat(begun().kind()).isEqualTo(ActionKind.CHECK);
    }

    @Test
    void deaths_in_a_row_do_not_make_checks_in_a_row() {
        online();
        give(new Input.ProcessesGone(false));
        ends(ActionKind.CHECK, 0);
        give(new Input.ProcessesGone(false));
        nothingBegun();
        assertThat(life.nextTick()).contains(now().plus(Duration.ofSeconds(1)));
        seconds += 1;
        give(new Input.Tick());
        assertThat(begun().kind()).isEqualTo(ActionKind.CHECK);
    }

    @Test
    void the_death_of_processes_during_a_check_is_not_forgotten() {
        online();
        seconds += 30;
        give(new Input.Tick());
        Effect.RunAction check = begun();
        give(new Input.ProcessesGone(false));
        nothingBegun();
        give(new Input.ActionFinished(check.run(), 0, false, List.of()));
        assertThat(begun().kind()).isEqualTo(ActionKind.CHECK);
    }

    @Test
    void a_stop_is_confirmed_by_a_check() {
        online();
        order(ActionKind.STOP);
        assertThat(observed().internal()).isEqualTo(InternalState.STOPPING);
        ends(ActionKind.STOP, 0);
        ends(ActionKind.CHECK, 1);
        assertThat(said()).containsExactly("CRS-2677: Stop of 'web' on 'n1' succeeded");
        answered(ActionKind.STOP, true);
        assertThat(observed()).isEqualTo(Observed.OFFLINE);
    }

    @Test
    void a_stop_that_fails_or_is_not_confirmed_is_followed_by_clean() {
        online();
        order(ActionKind.STOP);
        ends(ActionKind.STOP, 0);
        ends(ActionKind.CHECK, 0);
        assertThat(said()).contains("CRS-2675: Stop of 'web' on 'n1' failed");
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 1);
        answered(ActionKind.STOP, true);
        assertThat(observed()).isEqualTo(Observed.OFFLINE);
    }

    private void orderStopLeaving() {
        give(new Input.Order(ActionKind.STOP, EPOCH, true));
    }

    @Test
    void what_does_not_stop_and_is_to_be_left_goes_on_and_is_told() {
        online();
        orderStopLeaving();
        ends(ActionKind.STOP, 1);
        assertThat(said()).contains("CRS-2675: Stop of 'web' on 'n1' failed");
        ends(ActionKind.CHECK, 0);
        nothingBegun();
        answered(ActionKind.STOP, false);
        assertThat(state()).isEqualTo(ResourceState.ONLINE);
        assertThat(incident()).isEqualTo(Incident.Kind.STOP_FAILED);
    }

    @Test
    void that_it_did_not_stop_is_told_until_it_is_stopped_again() {
        online();
        orderStopLeaving();
        timesOut(ActionKind.STOP);
        ends(ActionKind.CHECK, 0);
        order(ActionKind.CHECK);
        ends(ActionKind.CHECK, 0);
        assertThat(incident()).isEqualTo(Incident.Kind.STOP_FAILED);
        order(ActionKind.STOP);
        assertThat(observed().incident()).isEmpty();
        ends(ActionKind.STOP, 1);
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 1);
        assertThat(observed()).isEqualTo(Observed.OFFLINE);
    }

    @Test
    void a_stop_that_its_check_contradicts_is_a_failed_one_when_it_is_to_be_left() {
        online();
        orderStopLeaving();
        ends(ActionKind.STOP, 0);
        ends(ActionKind.CHECK, 0);
        ends(ActionKind.CHECK, 4);
        nothingBegun();
        assertThat(state()).isEqualTo(ResourceState.INTERMEDIATE);
        assertThat(incident()).isEqualTo(Incident.Kind.STOP_FAILED);
    }

    @Test
    void what_went_down_by_half_is_cleaned_although_it_was_to_be_left() {
        for (int exit : List.of(1, 5)) {
            life = aLife("CHECK_INTERVAL=10");
            online();
            orderStopLeaving();
            ends(ActionKind.STOP, 1);
            ends(ActionKind.CHECK, exit);
            ends(ActionKind.CLEAN, 0);
            ends(ActionKind.CHECK, 1);
            assertThat(observed()).isEqualTo(Observed.OFFLINE);
        }
    }

    @Test
    void somebody_who_wants_it_stopped_in_any_case_has_his_way() {
        online();
        orderStopLeaving();
        long run = begun().run();
        order(ActionKind.STOP);
        give(new Input.ActionFinished(run, 1, false, List.of()));
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 1);
        assertThat(observed()).isEqualTo(Observed.OFFLINE);
    }

    @Test
    void nobody_knows_how_what_was_left_is_if_its_check_does_not() {
        online();
        orderStopLeaving();
        ends(ActionKind.STOP, 1);
        ends(ActionKind.CHECK, 3);
        assertThat(state()).isEqualTo(ResourceState.UNKNOWN);
        assertThat(incident()).isEqualTo(Incident.Kind.STOP_FAILED);
        assertThat(life.nextTick()).isPresent();
    }

    @Test
    void a_clean_that_fails_makes_it_unknown_and_nothing_more_is_done() {
        online();
        order(ActionKind.STOP);
        ends(ActionKind.STOP, 1);
        ends(ActionKind.CLEAN, 1);
        answered(ActionKind.STOP, false);
        assertThat(said()).anyMatch(line -> line.startsWith("CRS-2678:"));
        assertThat(state()).isEqualTo(ResourceState.UNKNOWN);
        assertThat(incident()).isEqualTo(Incident.Kind.CLEAN_FAILED);
        assertThat(life.nextTick()).isEmpty();
        give(new Input.ProcessesGone(false));
        nothingBegun();
        order(ActionKind.STOP);
        ends(ActionKind.STOP, 0);
        ends(ActionKind.CHECK, 1);
        assertThat(state()).isEqualTo(ResourceState.OFFLINE);
    }

    @Test
    void a_start_out_of_unknown_cleans_first() {
        online();
        order(ActionKind.STOP);
        ends(ActionKind.STOP, 1);
        ends(ActionKind.CLEAN, 1);
        order(ActionKind.START);
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 1);
        ends(ActionKind.START, 0);
        ends(ActionKind.CHECK, 0);
        assertThat(observed()).isEqualTo(Observed.ONLINE);
        answered(ActionKind.START, true);
    }

    @Test
    void a_clean_after_which_it_still_runs_has_failed() {
        online();
        order(ActionKind.CLEAN);
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 0);
        assertThat(state()).isEqualTo(ResourceState.UNKNOWN);
    }

    @Test
    void orders_wait_for_the_action_under_way() {
        probed(1);
        order(ActionKind.START);
        Effect.RunAction start = begun();
        order(ActionKind.STOP);
        nothingBegun();
        order(ActionKind.STOP);
        nothingBegun();
        give(new Input.ActionFinished(start.run(), 0, false, List.of()));
        ends(ActionKind.CHECK, 0);
        ends(ActionKind.STOP, 0);
        ends(ActionKind.CHECK, 1);
        nothingBegun();
        assertThat(state()).isEqualTo(ResourceState.OFFLINE);
    }

    @Test
    void the_end_of_an_action_that_is_not_under_way_is_ignored() {
        online();
        give(new Input.ActionFinished(9999, 1, false, List.of()));
        assertThat(last).isEmpty();
        assertThat(observed()).isEqualTo(Observed.ONLINE);
    }

    @Test
    void what_the_agent_says_is_forwarded_and_its_details_are_kept() {
        online();
        seconds += 30;
        give(new Input.Tick());
        ends(ActionKind.CHECK, 0, "noise", "CRS_WARNING:disk nearly full", "CRS_STATE_DETAILS:Open,Readonly");
        assertThat(said()).containsExactly("disk nearly full");
        assertThat(observed().details()).isEqualTo("Open,Readonly");
        tickedCheck(0);
        assertThat(observed().details()).isEqualTo("Open,Readonly");
    }

    @Test
    void actions_begun_by_itself_carry_the_present_epoch() {
        online();
        give(new Input.EpochChanged(new Epoch(9)));
        give(new Input.EpochChanged(new Epoch(8)));
        seconds += 30;
        give(new Input.Tick());
        assertThat(begun().epoch()).isEqualTo(new Epoch(9));
    }

    @Test
    void with_an_offline_check_interval_it_is_found_when_it_comes_back() {
        life = aLife("OFFLINE_CHECK_INTERVAL=10");
        probed(1);
        seconds += 10;
        give(new Input.Tick());
        ends(ActionKind.CHECK, 0);
        assertThat(observed()).isEqualTo(Observed.ONLINE);
    }

    @Test
    void a_changed_interval_holds_at_once_and_a_disabled_resource_is_not_checked() {
        online();
        give(new Input.Redefined(aDefinition("CHECK_INTERVAL=5")));
        assertThat(life.nextTick()).contains(now().plus(Duration.ofSeconds(5)));
        give(new Input.Redefined(aDefinition("ENABLED=0")));
        assertThat(life.nextTick()).isEmpty();
    }

    @Test
    void an_action_that_cannot_even_be_killed_is_visible() {
        online();
        seconds += 30;
        give(new Input.Tick());
        Optional<Moment> due = life.nextTick();
        assertThat(due).contains(now().plus(Duration.ofSeconds(65)));
        seconds += 66;
        give(new Input.Tick());
        assertThat(state()).isEqualTo(ResourceState.INTERMEDIATE);
        assertThat(observed().details()).isEqualTo("CHECK HANGS");
        order(ActionKind.STOP);
        nothingBegun();
    }

    @Test
    void an_ordered_check_is_answered() {
        online();
        order(ActionKind.CHECK);
        ends(ActionKind.CHECK, 0);
        answered(ActionKind.CHECK, true);
    }

    @Test
    void what_is_frozen_is_checked_and_shown_and_neither_cleaned_nor_given_up() {
        online();
        give(new Input.Frozen(true));
        seconds += 30;
        give(new Input.Tick());
        ends(ActionKind.CHECK, 1);
        nothingBegun();
        assertThat(state()).isEqualTo(ResourceState.UNKNOWN);
        assertThat(observed().details()).isEqualTo("FROZEN, CHECK SAYS OFFLINE");
        assertThat(observed().incident()).isEmpty();

        seconds += 30;
        give(new Input.Tick());
        ends(ActionKind.CHECK, 0);
        assertThat(state()).isEqualTo(ResourceState.ONLINE);
    }

    @Test
    void what_was_found_down_while_it_was_frozen_is_a_failure_when_its_freeze_ends() {
        online();
        give(new Input.Frozen(true));
        seconds += 30;
        give(new Input.Tick());
        ends(ActionKind.CHECK, 1);

        give(new Input.Frozen(false));
        assertThat(life.nextTick()).contains(now());
        give(new Input.Tick());
        ends(ActionKind.CHECK, 1);
        ends(ActionKind.CLEAN, 0);
        ends(ActionKind.CHECK, 1);
        assertThat(state()).isEqualTo(ResourceState.OFFLINE);
        assertThat(incident()).isEqualTo(Incident.Kind.FAILED);
    }

    @Test
    void a_stop_on_purpose_while_it_is_frozen_is_not_the_end_of_its_target() {
        online();
        give(new Input.Frozen(true));
        seconds += 30;
        give(new Input.Tick());
        ends(ActionKind.CHECK, 2);
        assertThat(observed().incident()).isEmpty();
    }

    @Test
    void intermediate_timeout_does_not_run_while_it_is_frozen() {
        life = aLife("CHECK_INTERVAL=30,INTERMEDIATE_TIMEOUT=40");
        online();
        give(new Input.Frozen(true));
        for (int i = 0; i < 3; i++) {
            seconds += 30;
            give(new Input.Tick());
            ends(ActionKind.CHECK, 4);
            assertThat(state()).isEqualTo(ResourceState.INTERMEDIATE);
        }
    }
}
