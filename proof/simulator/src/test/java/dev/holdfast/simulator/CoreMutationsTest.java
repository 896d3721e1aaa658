package dev.holdfast.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The quick part of {@code ./holdfast simulate --mutations}, and that the list is in order. */
class CoreMutationsTest {
    private final CoreMutations gate =
            new CoreMutations(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8), 2);

    static List<CoreMutations.Planted> quick() throws IOException {
        return CoreMutations.list().stream()
                .filter(CoreMutations.Planted::quick)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("quick")
    void a_mistake_in_the_membership_is_found(CoreMutations.Planted planted) throws IOException, InterruptedException {
        CoreMutations.Result result = gate.tryOne(planted);
        assertThat(result.isFound())
                .as("%s: %s", planted.name(), result.detail())
                .isTrue();
    }

    @Test
    void the_list_names_at_least_ten_different_mistakes() throws IOException {
        List<CoreMutations.Planted> list = CoreMutations.list();
        assertThat(list).hasSizeGreaterThanOrEqualTo(10);
        assertThat(list).extracting(CoreMutations.Planted::name).doesNotHaveDuplicates();
    }

    /** Also of those that are too long for every test run. */
    @Test
    void every_mistake_of_the_list_can_be_planted() throws IOException {
        for (CoreMutations.Planted planted : CoreMutations.list()) {
            assertThat(CoreMutations.fits(planted)).as(planted.name()).isTrue();
        }
    }

    @Test
    void a_mistake_whose_text_is_gone_is_not_taken_for_found() throws IOException, InterruptedException {
        CoreMutations.Result result = gate.tryOne(new CoreMutations.Planted(
                "outdated", "Membership.java", 10, true, List.of(), "a text that is nowhere", "another"));
        assertThat(result.isFound()).isFalse();
        assertThat(result.detail()).contains("not found exactly once");
    }

    @Test
    void what_changes_nothing_is_not_found() throws IOException, InterruptedException {
        CoreMutations.Result result = gate.tryOne(new CoreMutations.Planted(
                "harmless",
                "Membership.java",
                5,
                true,
                List.of("--nodes", "2..2"),
                "Moment began = pollBegan;",
                "Moment began = pollBegan; // as before"));
        assertThat(result.isFound()).isFalse();
        assertThat(result.detail()).contains("not found in 5 seeds").contains("no violation");
    }
}
