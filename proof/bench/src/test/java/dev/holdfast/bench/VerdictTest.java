package dev.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class VerdictTest {
    @Test
    void what_is_kept_of_a_run_is_one_line_and_read_back_whole() {
        var verdict = new Verdict(
                "2026-11-22T19:00:00Z",
                "links",
                "fast",
                "watchdog",
                "faults-1",
                "node2",
                1250,
                0,
                20,
                true,
                List.of("n2 TIMER"),
                4021,
                12_370,
                17_200,
                true,
                List.of("\"quoted\"\nand of two lines", "another"));

        assertThat(verdict.line()).doesNotContain("\n");
        assertEquals(verdict, Verdict.parse(verdict.line()));
    }

    @Test
    void every_scenario_is_found_by_its_name() {
        assertThat(Scenario.all())
                .allSatisfy(scenario -> assertThat(Scenario.of(scenario.name())).contains(scenario));
    }
}
