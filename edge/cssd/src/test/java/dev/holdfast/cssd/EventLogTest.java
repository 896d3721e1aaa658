package dev.holdfast.cssd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.linux.RolledLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventLogTest {
    @TempDir
    Path directory;

    @Test
    void the_log_does_not_grow_without_end_and_no_line_is_cut_in_two() throws Exception {
        Path file = directory.resolve("events.jsonl");
        var log = new EventLog(file, "node1", 2_000);
        for (int number = 0; number < 200; number++) {
            log.add(number, "tick", Collections.emptySortedMap(), "number " + number);
        }
        log.flush(60_000);

        List<Path> files = new ArrayList<>(RolledLog.files(file));
        assertThat(files).hasSize(5).allMatch(Files::exists);
        Collections.reverse(files);
        List<String> lines = new ArrayList<>();
        for (Path each : files) {
            assertThat(Files.size(each)).isLessThan(2_500);
            lines.addAll(Files.readAllLines(each));
        }
        assertThat(lines).hasSizeBetween(40, 199).allMatch(line -> line.startsWith("{") && line.endsWith("}"));
        assertThat(lines.getLast()).contains("number 199");
    }
}
