package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.RegistryReply;
import dev.holdfast.control.RegistryText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BackupFilesTest {
    private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");

    @TempDir
    Path directory;

    @Test
    void the_last_few_are_kept_and_those_of_the_days_and_weeks() throws IOException {
        var files = new BackupFiles(directory.resolve("backup"));
        for (int hour = 0; hour <= 24 * 15; hour += 4) {
            files.automatic(text(hour), 3);
        }
        Map<String, Long> versions = new TreeMap<>();
        for (RegistryReply.Backup backup : files.list("node1")) {
            assertThat(backup.trouble()).isEmpty();
            versions.put(Path.of(backup.path()).getFileName().toString(), backup.version());
        }
        assertThat(versions)
                .isEqualTo(new TreeMap<>(Map.of(
                        "backup00.ocr", 360L,
                        "backup01.ocr", 356L,
                        "backup02.ocr", 352L,
                        "day.ocr", 360L,
                        "day_.ocr", 336L,
                        "week.ocr", 336L,
                        "week_.ocr", 168L)));
        assertThat(files.newestAutomatic()).contains(START.plus(Duration.ofDays(15)));

        files.automatic(text(364), 1);
        assertThat(files.list("node1")).noneMatch(backup -> backup.path().contains("backup01"));
    }

    @Test
    void five_of_those_that_were_asked_for_are_kept() throws IOException {
        var files = new BackupFiles(directory);
        for (int hour = 0; hour < 8; hour++) {
            files.manual(text(hour));
        }
        assertThat(files.list("n").stream().map(RegistryReply.Backup::version).toList())
                .isEqualTo(List.of(7L, 6L, 5L, 4L, 3L));
        assertThat(files.newestAutomatic()).isEmpty();
    }

    @Test
    void a_damaged_one_is_told() throws IOException {
        var files = new BackupFiles(directory);
        Path file = files.automatic(text(1), 3);
        Files.writeString(file, Files.readString(file).replace("value", "valve"));

        assertThat(files.list("n").getLast().trouble()
                        + files.list("n").getFirst().trouble())
                .contains("checksum does not fit");
    }

    private static byte[] text(int hour) {
        return RegistryText.write(
                "demo",
                "id",
                hour,
                START.plus(Duration.ofHours(hour)),
                "node1",
                new TreeMap<>(Map.of("key", "value")),
                d -> d);
    }
}
