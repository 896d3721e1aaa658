package dev.holdfast.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A master dies at every step it can die at, in three ways; whoever comes next reads whichever majority is there. */
final class RegistryCrashTest {
    private static final int BATCHES = 4;
    private static final List<int[]> ABSENT = List.of(new int[] {}, new int[] {0}, new int[] {1}, new int[] {2});

    @Test
    void whatever_the_step_at_which_a_master_dies_what_it_acknowledged_is_there() {
        int steps = stepsOfALife();
        assertThat(steps).as("reads, writes and questions of one life").isGreaterThan(20);
        for (int dieAt = 0; dieAt <= steps; dieAt++) {
            for (DirectRun.LastStep lastStep : DirectRun.LastStep.values()) {
                for (int[] absent : ABSENT) {
                    afterDeathAt(dieAt, lastStep, absent);
                }
            }
        }
    }

    /** A first master that lives; a second one that dies; a third one that must know. */
    private static void afterDeathAt(int dieAt, DirectRun.LastStep lastStep, int[] absent) {
        var run = new DirectRun(3).newMaster();
        run.submit(1, batch(1));
        run.newMaster(dieAt, lastStep);
        submitTheRest(run);
        Set<Long> acknowledged = Set.copyOf(run.acknowledged.keySet());

        run.away(absent).newMaster().pass(Duration.ofSeconds(6));

        String where = "death at step " + dieAt + ", " + lastStep + ", absent " + Arrays.toString(absent);
        assertThat(run.served).as(where).isNotNull();
        RegistryContent served = run.served();
        Set<Long> found =
                served.entries().keySet().stream().map(Long::parseLong).collect(Collectors.toSet());
        assertThat(found).as(where).containsAll(acknowledged);
        assertThat(served.version()).as(where).isEqualTo(found.size());
        // Batches are applied in order: what survives is a beginning of what was submitted.
        for (long id : found) {
            assertThat(id).as(where).isBetween(1L, (long) found.size());
        }
    }

    private static int stepsOfALife() {
        var run = new DirectRun(3).newMaster();
        run.submit(1, batch(1)).newMaster();
        submitTheRest(run);
        assertThat(run.acknowledged).hasSize(BATCHES);
        return run.steps;
    }

    private static void submitTheRest(DirectRun run) {
        for (long id = 2; id <= BATCHES; id++) {
            run.submit(id, batch(id));
        }
    }

    private static Batch batch(long id) {
        return Batch.put(Long.toString(id), "v".repeat(6000)); // More than one block, so that a record can be torn.
    }
}
