package dev.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WitnessTest {
    @TempDir
    Path directory;

    private Path log;
    private Witness witness;

    @BeforeEach
    void begin() throws IOException {
        log = Files.createFile(directory.resolve("log"));
        witness = new Witness(log);
    }

    private void wrote(String text) throws IOException {
        Files.writeString(log, text, StandardOpenOption.APPEND);
        witness.read();
    }

    @Test
    void one_life_after_another_is_a_move() throws IOException {
        wrote("node1 3 100 1\nnode1 3 100 2\nnode2 4 100 1\n");
        wrote("node2 4 100 2\nnode2 4 207 1\nnode1 5 100 1\n");
        assertThat(witness.problems()).isEmpty();
        assertThat(witness.twice()).isEqualTo(Duration.ZERO);
    }

    @Test
    void a_life_that_writes_after_another_began_ran_twice() throws IOException {
        wrote("node1 3 100 1\nnode2 4 100 1\nnode1 3 100 2\nnode2 4 100 2\nnode1 3 100 3\n");
        assertThat(witness.problems())
                .containsExactly(
                        "the witness ran twice: process 100 of node1 started in epoch 3 wrote line 2 after "
                                + "process 100 of node2 started in epoch 4 had begun",
                        "the witness ran twice: process 100 of node1 started in epoch 3 wrote line 3 after "
                                + "process 100 of node2 started in epoch 4 had begun");
        assertThat(witness.twice()).isEqualTo(Duration.ofMillis(20));
    }

    @Test
    void what_was_judged_is_not_judged_again_but_who_wrote_is_remembered() throws IOException {
        wrote("node1 3 100 1\nnode2 4 100 1\nnode1 3 100 2\n");
        witness.forget();
        assertThat(witness.problems()).isEmpty();
        wrote("node2 4 100 2\n");
        assertThat(witness.problems()).isEmpty();
        wrote("node1 3 100 3\n");
        assertThat(witness.problems()).hasSize(1);
    }

    @Test
    void an_epoch_never_goes_back() throws IOException {
        wrote("node1 5 100 1\nnode2 4 100 1\n");
        assertThat(witness.problems())
                .containsExactly("the witness went back: process 100 of node2 started in epoch 4 began after "
                        + "process 100 of node1 started in epoch 5");
    }

    @Test
    void half_a_line_is_not_read_before_its_end_came() throws IOException {
        wrote("node1 3 100 1\nnode1 3 1");
        assertThat(witness.problems()).isEmpty();
        wrote("00 2\nnonsense\n");
        assertThat(witness.problems()).containsExactly("the witness wrote 'nonsense'");
    }
}
