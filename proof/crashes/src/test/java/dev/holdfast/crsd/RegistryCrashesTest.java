package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A few of the crashes of which {@code ./holdfast bench registry-crashes} has hundreds. */
final class RegistryCrashesTest {
    @Test
    void after_kill_9_at_any_moment_everything_acknowledged_is_there() throws Exception {
        Path directory = Files.createTempDirectory(Path.of("target"), "registry-crashes");
        try {
            assertThat(new RegistryCrashes().run(directory, 10, _ -> {}))
                    .contains("11 crashes", "none of them was lost");
        } finally {
            RegistryFiles.deleteAll(directory);
        }
    }
}
