package dev.holdfast.cssd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LifeFileTest {
    private static final UUID BOOT = new UUID(1, 2);
    private static final int PROCESS_OFFSET = 24;

    @TempDir
    private Path directory;

    private Path path;

    @BeforeEach
    void aFile() {
        path = directory.resolve("cssd.life");
    }

    @Test
    void the_life_of_a_process_that_is_over_can_be_taken_up() throws IOException {
        renewed();
        writtenByAProcessThatIsOver();

        LifeFile.Held held = new LifeFile(path, BOOT).read().orElseThrow();

        assertThat(held.incarnation()).isEqualTo(new Incarnation(7));
        assertThat(held.began()).isEqualTo(new Moment(1000));
        assertThat(held.until()).isEqualTo(new Moment(5000));
    }

    @Test
    void a_process_that_lives_is_nobody_s_to_succeed() throws IOException {
        renewed();

        assertThat(new LifeFile(path, BOOT).read()).isEmpty();
    }

    @Test
    void another_boot_has_nothing_to_take_up() throws IOException {
        renewed();
        writtenByAProcessThatIsOver();

        assertThat(new LifeFile(path, new UUID(1, 3)).read()).isEmpty();
    }

    @Test
    void what_was_taken_back_or_torn_says_nothing() throws IOException {
        assertThat(new LifeFile(path, BOOT).read()).isEmpty();

        LifeFile file = renewed();
        writtenByAProcessThatIsOver();
        byte[] whole = Files.readAllBytes(path);
        for (int length = 0; length < whole.length; length++) {
            Files.write(path, java.util.Arrays.copyOf(whole, length));
            assertThat(new LifeFile(path, BOOT).read()).isEmpty();
        }
        for (int at = 0; at < whole.length; at++) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 1;
            Files.write(path, damaged);
            assertThat(new LifeFile(path, BOOT).read()).isEmpty();
        }
        Files.write(path, whole);
        file.ended();
        assertThat(new LifeFile(path, BOOT).read()).isEmpty();
    }

    private LifeFile renewed() throws IOException {
        LifeFile file = new LifeFile(path, BOOT);
        file.renewed(new Incarnation(7), new Moment(1000), new Moment(5000));
        return file;
    }

    /** No process has a number beyond the kernel's greatest. */
    private void writtenByAProcessThatIsOver() throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) channel.size());
            channel.read(bytes, 0);
            bytes.putLong(PROCESS_OFFSET, 1L << 40);
            CRC32C crc = new CRC32C();
            crc.update(bytes.duplicate().clear().limit(64));
            bytes.putInt(64, (int) crc.getValue());
            channel.write(bytes.clear(), 0);
        }
    }
}
