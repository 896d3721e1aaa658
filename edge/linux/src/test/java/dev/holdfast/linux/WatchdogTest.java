package dev.holdfast.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** With a regular file, as the lab's emulated watchdog is one. Real drivers are for tests on machines that may be reset. */
class WatchdogTest {
    private Path file = Path.of("");

    @BeforeEach
    void createFile() throws IOException {
        file = Files.createTempFile(Path.of("target"), "watchdog", "");
    }

    @AfterEach
    void deleteFile() throws IOException {
        Files.delete(file);
    }

    @Test
    void each_pet_is_one_byte_and_the_last_word_is_the_magic_one() throws IOException {
        Watchdog watchdog = Watchdog.open(file);
        watchdog.pet();
        watchdog.pet();
        assertArrayEquals(new byte[] {0, 0}, Files.readAllBytes(file));

        watchdog.disarm();
        assertArrayEquals(new byte[] {0, 0, 'V'}, Files.readAllBytes(file));
    }

    @Test
    void a_file_has_no_timeout_to_set_and_no_name() throws IOException {
        Watchdog watchdog = Watchdog.open(file);
        try {
            assertEquals(Optional.empty(), watchdog.setTimeout(Duration.ofSeconds(5)));
            assertEquals(Optional.empty(), watchdog.timeout());
            assertEquals(Optional.empty(), watchdog.identity());
            assertFalse(watchdog.isSoftware());
            assertThrows(IllegalArgumentException.class, () -> watchdog.setTimeout(Duration.ZERO));
        } finally {
            watchdog.disarm();
        }
    }

    @Test
    void a_disarmed_watchdog_is_of_no_more_use() throws IOException {
        Watchdog watchdog = Watchdog.open(file);
        watchdog.disarm();

        assertThrows(IllegalStateException.class, watchdog::pet);
        assertThrows(IllegalStateException.class, watchdog::disarm);
        assertArrayEquals(new byte[] {'V'}, Files.readAllBytes(file));
    }

    @Test
    void a_watchdog_that_is_not_there_is_an_error_with_words() {
        SystemCallFailed failure =
                assertThrows(SystemCallFailed.class, () -> Watchdog.open(Path.of("target/no-watchdog")));

        assertEquals("open watchdog target/no-watchdog: ENOENT (does not exist)", failure.getMessage());
    }

    @Test
    void a_pet_that_fails_is_an_error_and_not_silence() throws IOException {
        Watchdog watchdog = Watchdog.open(Path.of("/dev/full"));
        SystemCallFailed failure = assertThrows(SystemCallFailed.class, watchdog::pet);

        assertEquals(SystemCallFailed.ENOSPC, failure.errno());
        assertThrows(SystemCallFailed.class, watchdog::disarm);
    }

    @Test
    void a_thread_with_descriptors_of_its_own_keeps_the_watchdog_to_itself() throws Exception {
        BlockingQueue<Watchdog> opened = new LinkedBlockingQueue<>();
        CountDownLatch end = new CountDownLatch(1);
        FutureTask<Long> feeder = new FutureTask<>(() -> {
            FileTable.unshare();
            Watchdog watchdog = Watchdog.open(file);
            watchdog.pet();
            opened.add(watchdog);
            end.await();
            watchdog.pet();
            return holders("/proc/thread-self/fd");
        });
        Thread thread = Thread.ofPlatform().start(feeder);
        Watchdog watchdog = opened.take();
        try {
            // Another thread, also by the number, would reach nothing or another file.
            assertEquals(0, holders("/proc/self/fd"));
            assertThrows(IllegalStateException.class, watchdog::pet);
            assertThrows(IllegalStateException.class, () -> watchdog.setTimeout(Duration.ofSeconds(5)));
            assertThrows(IllegalStateException.class, watchdog::disarm);
            assertEquals(Optional.empty(), watchdog.identity()); // Was asked at the opening.
            assertFalse(watchdog.isSoftware());
        } finally {
            end.countDown();
        }
        assertEquals(1, feeder.get());
        thread.join();
        assertArrayEquals(new byte[] {0, 0}, Files.readAllBytes(file));
    }

    /** How many descriptors in that table are our file. */
    private long holders(String table) throws IOException {
        Path real = file.toRealPath();
        try (var descriptors = Files.list(Path.of(table))) {
            return descriptors
                    .filter(descriptor -> {
                        try {
                            return Files.readSymbolicLink(descriptor).equals(real);
                        } catch (IOException _) {
                            return false; // The one that lists them is closed meanwhile.
                        }
                    })
                    .count();
        }
    }
}
