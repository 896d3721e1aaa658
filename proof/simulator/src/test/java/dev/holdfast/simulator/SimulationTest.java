package dev.holdfast.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.membership.Effect;
import dev.holdfast.membership.Membership;
import dev.holdfast.membership.Proof;
import dev.holdfast.model.View;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SimulationTest {
    private static final World.Birth REAL = (settings, resume, now) -> new Membership(settings, resume, now)::step;

    private static final Scenario.Bounds LARGEST =
            Scenario.Bounds.USUAL.withNodes(64, 64).withFaults(List.of(Fault.ISOLATION, Fault.CSSD_CRASH, Fault.RESET));
    private static final Scenario.Bounds ENGINE = Scenario.Bounds.USUAL
            .withNodes(2, 4)
            .withFaults(List.of(
                    Fault.CRSD_CRASH,
                    Fault.CRSD_PAUSE,
                    Fault.CSSD_CRASH,
                    Fault.CSSD_AND_CRSD_CRASH,
                    Fault.ISOLATION,
                    Fault.PARTIAL,
                    Fault.RESET,
                    Fault.LEAVE));
    private static final Scenario.Bounds THREE_NODES =
            Scenario.Bounds.USUAL.withNodes(3, 3).withFaults(List.of(Fault.CRSD_CRASH));

    @Test
    void no_trouble_makes_two_nodes_run_one_resource_or_leaves_the_cluster_stuck() {
        assertThat(Seeds.firstViolation(1000, Mutation.NONE, REAL)).isEmpty();
    }

    /** Thousands of seeds: {@code ./holdfast simulate --engine --seeds N}. */
    @Test
    void the_engine_runs_nothing_twice_and_comes_to_rest_wherever_it_is_killed() {
        long[] seeds = LongStream.concat(
                        LongStream.rangeClosed(1, 40),
                        LongStream.range(EngineRoom.GROUPS_FROM, EngineRoom.GROUPS_FROM + 40))
                .toArray();
        for (long seed : seeds) {
            assertThat(Simulation.runEngine(Scenario.draw(seed, ENGINE), null).violation())
                    .as("seed %d", seed)
                    .isNull();
        }
    }

    @Test
    void a_seed_always_tells_the_same_story() {
        for (long seed = 1; seed <= 25; seed++) {
            Scenario scenario = Scenario.draw(seed, Scenario.Bounds.USUAL);
            StringBuilder story = new StringBuilder();
            Simulation.Outcome told = Simulation.run(scenario, story);
            Simulation.Outcome again = Simulation.run(Scenario.draw(seed, Scenario.Bounds.USUAL), null);
            assertThat(again).isEqualTo(told);
            StringBuilder storyAgain = new StringBuilder();
            Simulation.run(scenario, storyAgain);
            assertThat(storyAgain.toString()).isEqualTo(story.toString()).isNotEmpty();
        }
    }

    /** Two seeds with 64 nodes, which is as many as a voting disk has slots for. */
    @Test
    void the_largest_cluster_forms_and_comes_back_after_trouble() {
        for (long seed = 1; seed <= 2; seed++) {
            Scenario scenario = Scenario.draw(seed, LARGEST);
            assertThat(scenario.nodes()).isEqualTo(64);
            assertThat(Simulation.run(scenario, null).violation()).isNull();
        }
    }

    /** Every place between two effects, one after the other, from the first on: cssd and crsd end, or the power goes. */
    @Test
    void a_crash_after_any_effect_harms_nobody() {
        Scenario scenario = Scenario.draw(7, THREE_NODES);
        for (long effect = 1; effect <= 90; effect++) {
            Scenario.Crash crash = new Scenario.Crash(1 + (int) (effect % 3), effect, effect % 2 == 0);
            Simulation.Outcome outcome = Simulation.run(scenario.withCrash(crash), null);
            assertThat(outcome.violation()).as("%s", crash).isNull();
            assertThat(outcome.exercised()).containsKey(Tally.WORLD + "crash between two effects");
        }
    }

    @Test
    void two_seeds_tell_two_stories() {
        Simulation.Outcome one = Simulation.run(Scenario.draw(1, Scenario.Bounds.USUAL), null);
        Simulation.Outcome other = Simulation.run(Scenario.draw(2, Scenario.Bounds.USUAL), null);
        assertThat(one.hash()).isNotEqualTo(other.hash());
    }

    /** Within 1000 seeds: most are found within 30, the watchdog kept open within 150, the kill timer in 1 of 100. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void a_world_that_breaks_its_promise_is_found_out(Mutation mutation) {
        assertThat(Seeds.firstViolation(1000, mutation, REAL)).isPresent();
    }

    @Test
    void a_lease_that_counts_from_the_end_of_the_round_is_found_out() {
        World.Birth wrong = (settings, resume, now) -> {
            Membership real = new Membership(settings, resume, now);
            return (moment, input) -> real.step(moment, input).stream()
                    .map(effect -> effect instanceof Effect.RenewLease renewal
                            ? new Effect.RenewLease(
                                    moment.plus(settings.timing().lease()), renewal.view())
                            : effect)
                    .toList();
        };
        assertThat(Seeds.firstViolation(400, Mutation.NONE, wrong)).isPresent();
    }

    @Test
    void a_takeover_without_proof_is_found_out() {
        World.Birth wrong = (settings, resume, now) -> {
            Membership real = new Membership(settings, resume, now);
            return (moment, input) -> {
                List<Effect> effects = new ArrayList<>(real.step(moment, input));
                for (Effect effect : List.copyOf(effects)) {
                    if (effect instanceof Effect.InstallView(View view)) {
                        view.unsettled()
                                .forEach(each -> effects.add(new Effect.Settled(
                                        each.node(), each.incarnation(), Proof.TIMER, "by nothing at all")));
                    }
                }
                return effects;
            };
        };
        assertThat(Seeds.firstViolation(400, Mutation.NONE, wrong)).isPresent();
    }

    @Test
    void a_membership_that_never_votes_anybody_out_is_found_to_be_stuck() {
        World.Birth deaf = (settings, resume, now) -> {
            Membership real = new Membership(settings, resume, now);
            return (moment, input) -> real.step(moment, input).stream()
                    .filter(effect -> !(effect instanceof Effect.WriteBallot write
                            && write.block().value() != null
                            && !write.block().value().unsettled().isEmpty()))
                    .toList();
        };
        assertThat(Seeds.firstViolation(400, Mutation.NONE, deaf)).isPresent();
    }

    @Test
    void the_bound_of_recovery_grows_with_the_cluster_and_with_the_profile() {
        Scenario fast = scenarioWith("fast");
        Scenario conservative = scenarioWith("conservative");
        assertThat(conservative.recoveryNanos() - fast.recoveryNanos())
                .isGreaterThan(Duration.ofSeconds(30).toNanos());
    }

    private static Scenario scenarioWith(String profile) {
        for (long seed = 1; ; seed++) {
            Scenario scenario = Scenario.draw(seed, Scenario.Bounds.USUAL.withNodes(2, 2));
            if (scenario.profile().equals(profile)) {
                return scenario;
            }
        }
    }
}
