package dev.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultTableTest {
    private static Verdict run(
            String scenario, String fencing, long outage, long proof, long bound, String... problems) {
        return new Verdict(
                "2026-11-22T19:00:00Z",
                scenario,
                "default",
                fencing,
                "a",
                "node1",
                outage,
                0,
                0,
                proof >= 0,
                proof < 0 ? List.of() : List.of(bound < 0 ? "n1 STOPPED" : "n1 TIMER"),
                proof,
                bound,
                17_000,
                true,
                List.of(problems));
    }

    @Test
    void results_of_several_benches_become_a_row_for_each_fault_and_a_table_for_each_way_of_fencing() {
        assertThat(FaultTable.of(List.of(
                        run("power-off", "watchdog", 11_000, 10_500, 12_370),
                        run("link1", "power", 0, -1, -1),
                        run("power-off", "watchdog", 12_000, 10_900, 12_370),
                        run("link1", "power", 20, -1, -1, "voted out: n1 #3 is harmless"),
                        run("link1", "power", 40, -1, -1, "voted out: n1 #7 is harmless"))))
                .containsExactly(
                        "Profile `default`, fencing by power, 3 runs:",
                        "",
                        "| fault | runs | outage median ms | max | held twice, ms | moved | voted out | proved after, median ms | max |"
                                + " allowed | service back | s per run | runs with a finding |",
                        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
                        "| private link 1 cut | 3 | 20 | 40 | 0 | 0 | 0 | - | - |  | 3 | 17 | 2 |",
                        "",
                        "* 2 x link1: voted out: nN #N is harmless",
                        "",
                        "Profile `default`, fencing by watchdog, 2 runs:",
                        "",
                        "| fault | runs | outage median ms | max | held twice, ms | moved | voted out | proved after, median ms | max |"
                                + " allowed | service back | s per run | runs with a finding |",
                        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
                        "| power off | 2 | 11500 | 12000 | 0 | 2 | 2 | 10700 | 10900 | 12370 | 2 | 17 | 0 |");
    }

    @Test
    void all_pairs_of_faults_share_one_row_and_their_findings_keep_their_names() {
        assertThat(FaultTable.of(List.of(
                        run("link1-cut+disk1-hang", "power", 0, -1, -1),
                        run("frozen/disks-cut", "power", 900, 3_000, -1, "something"))))
                .contains(
                        "| two faults at once: 2 of 247 pairs | 2 | 450 | 900 | 0 | 1 | 1 | 3000 | 3000 |  | 2 | 17 | 1 |",
                        "* 1 x frozen/disks-cut: something");
    }

    @Test
    void a_page_gets_the_new_table_in_the_place_of_the_old_one(@TempDir Path directory) throws IOException {
        Path page = directory.resolve("page.md");
        Files.write(page, List.of("before", FaultTable.BEGIN, "old", FaultTable.END, "after"));
        FaultTable.putInto(page, List.of("new"));
        assertEquals(
                List.of("before", FaultTable.BEGIN, "", "new", "", FaultTable.END, "after"), Files.readAllLines(page));

        Files.write(page, List.of("no place"));
        assertThrows(IOException.class, () -> FaultTable.putInto(page, List.of("new")));
    }
}
