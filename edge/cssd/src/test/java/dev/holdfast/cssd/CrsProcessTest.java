package dev.holdfast.cssd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrsProcessTest {
    @TempDir
    Path lib;

    @Test
    void a_start_up_cache_is_used_if_there_is_one() throws Exception {
        Path cache = lib.resolve("crsd.aot");
        List<String> without = CrsProcess.command(Path.of("/jdk"), cache, "a.jar:b.jar");
        assertThat(without).startsWith("/jdk/bin/java", "-XX:+UseSerialGC");
        assertThat(without).endsWith("-cp", "a.jar:b.jar", "dev.holdfast.crsd.Crsd");

        Files.createFile(cache);

        List<String> with = CrsProcess.command(Path.of("/jdk"), cache, "a.jar:b.jar");
        assertThat(with).startsWith("/jdk/bin/java", "-XX:AOTCache=" + cache);
        assertThat(with).containsAll(without);
        assertThat(CrsProcess.command(Path.of("/jdk"), null, "a.jar:b.jar")).isEqualTo(without);
    }
}
