package dev.holdfast.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SimulateTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private int simulate(String... arguments) throws Exception {
        return new Simulate(new PrintStream(bytes, true, StandardCharsets.UTF_8)).run(arguments);
    }

    private String said() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void seeds_without_a_violation_are_counted() throws Exception {
        assertThat(simulate("--seeds", "6", "--nodes", "2..3")).isZero();
        assertThat(said()).contains("6 of 6 seeds").endsWith("no violation\n");
    }

    @Test
    void a_seed_with_a_violation_is_told_with_the_command_that_shows_it_again() throws Exception {
        assertThat(simulate("--seeds", "400", "--mutation", "LET_GO_LIES")).isOne();
        assertThat(said())
                .containsPattern("I4: .* still runs something")
                .containsPattern("at step \\d+ of seed \\d+")
                .containsPattern("\\./holdfast simulate --seed \\d+ --mutation LET_GO_LIES --trace");
    }

    @Test
    void one_seed_is_told_from_beginning_to_end() throws Exception {
        assertThat(simulate("--seed", "1", "--trace")).isZero();
        assertThat(said()).contains("n1 boots, boot 1", "the trouble is over", "all is well", "trace hash");
    }

    @Test
    void arguments_that_make_no_sense_are_refused_with_the_usage() throws Exception {
        assertThat(simulate("--seeds", "many")).isEqualTo(2);
        assertThat(simulate("--nodes", "5..2")).isEqualTo(2);
        assertThat(simulate("--sed", "1")).isEqualTo(2);
        assertThat(simulate("--mutation", "NO_SUCH")).isEqualTo(2);
        assertThat(simulate("--seed")).isEqualTo(2);
        assertThat(said())
                .contains("--seeds must be a whole number from 0, got 'many'")
                .contains("--nodes must lie in 2..64, got '5..2'")
                .contains("unknown option '--sed'")
                .contains("--seed needs a value")
                .contains("usage: holdfast simulate");
    }
}
