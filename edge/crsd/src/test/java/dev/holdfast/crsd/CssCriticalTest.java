package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CssCriticalTest {
    @TempDir
    private Path directory = Path.of(".");

    @Test
    void a_server_is_not_critical_until_somebody_says_so_and_then_across_restarts() throws IOException {
        assertThat(new CssCritical(directory).read()).isFalse();

        new CssCritical(directory).write(true);
        assertThat(new CssCritical(directory).read()).isTrue();
        new CssCritical(directory).write(false);
        assertThat(new CssCritical(directory).read()).isFalse();
    }

    @Test
    void what_is_neither_yes_nor_no_is_refused_with_the_remedy() throws IOException {
        Files.writeString(directory.resolve("css_critical"), "perhaps");

        assertThatThrownBy(() -> new CssCritical(directory).read())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("echo no >");
    }
}
