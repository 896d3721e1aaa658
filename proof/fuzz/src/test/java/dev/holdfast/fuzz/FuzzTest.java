package dev.holdfast.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The short run; the long one is {@code holdfast fuzz --inputs N}. */
class FuzzTest {
    private static final long INPUTS = 10_000;

    static List<String> names() {
        return Fuzz.targets().stream().map(Target::name).toList();
    }

    @ParameterizedTest
    @MethodSource("names")
    void any_bytes_are_refused_cleanly_or_accepted_rightly(String name) {
        Target target = Fuzz.targets().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();

        Fuzz.Tally tally = Fuzz.run(target, 1, INPUTS);

        assertThat(tally.failures()).isEmpty();
        assertThat(tally.accepted()).as("valid inputs are among them").isBetween(INPUTS / 100, INPUTS - 1);
    }
}
