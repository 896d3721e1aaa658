package dev.holdfast.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DiskMarkTest {
    private static final UUID DISK = new UUID(0xfe574bb84db148b7L, 0x84df80fe42260bf9L);

    @Test
    void a_mark_tells_the_kind_of_writer_the_node_and_the_disk() {
        assertEquals("v0afe574bb84db1", DiskMark.of('v', 10, DISK).name());
        assertNotEquals(DiskMark.of('v', 10, DISK), DiskMark.of('v', 11, DISK));
        assertNotEquals(DiskMark.of('v', 10, DISK), DiskMark.of('r', 10, DISK));
        assertThrows(IllegalArgumentException.class, () -> new DiskMark("too short"));
    }

    @Test
    void our_own_threads_are_not_others() throws Exception {
        DiskMark mark = DiskMark.of('t', 1, UUID.randomUUID());
        FutureTask<Optional<DiskMark.Bearer>> look = new FutureTask<>(() -> {
            mark.bear();
            assertEquals(
                    mark.name(),
                    Files.readString(Path.of("/proc/thread-self/comm")).strip());
            return mark.otherBearer();
        });
        Thread.ofPlatform().start(look);

        assertEquals(Optional.empty(), look.get());
    }

    @Test
    void a_thread_of_another_process_is_found_until_it_is_gone() throws Exception {
        DiskMark mark = DiskMark.of('t', 1, UUID.randomUUID());
        // A shell that takes the name, and says so.
        Process other = new ProcessBuilder(
                        "sh", "-c", "printf " + mark.name() + " > /proc/self/comm; echo named; read -r _")
                .start();
        try {
            assertEquals("named", other.inputReader().readLine());
            // The redirection's writer is the shell itself: printf is built in.
            DiskMark.Bearer bearer = mark.otherBearer().orElseThrow();
            assertEquals(other.pid(), bearer.process());
            assertEquals(other.pid(), bearer.thread());
            assertTrue(bearer.exists());
            assertFalse(new DiskMark.Bearer(bearer.process(), bearer.thread(), "1").exists(), "another start time");
            assertEquals(Optional.empty(), DiskMark.of('u', 1, DISK).otherBearer());
            assertFalse(DiskMark.onlyBearersAreLeft(other.pid(), 't', "disk"), "it lives");

            other.destroyForcibly();
            assertTrue(other.waitFor(10, TimeUnit.SECONDS));
            assertFalse(bearer.exists());
            assertEquals(Optional.empty(), mark.otherBearer());
            assertTrue(DiskMark.onlyBearersAreLeft(other.pid(), 't', "disk"), "nothing is left at all");
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void a_disk_s_thread_holds_no_descriptors_but_the_standard_streams_and_the_archives() throws Exception {
        Path held = Files.createTempFile(Path.of("target"), "held", ".img");
        Path disk = Files.createTempFile(Path.of("target"), "disk", ".img");
        try (var open = Files.newByteChannel(held);
                DiskThread thread = DiskThread.start("disk", disk, 0, () -> {}, () -> {})) {
            assertTrue(open.isOpen());
            FutureTask<Boolean> look = new FutureTask<>(() -> holds(held));
            FutureTask<Boolean> ownDisk = new FutureTask<>(() -> holds(disk));
            thread.<Boolean>submit(
                    device -> {
                        look.run();
                        ownDisk.run();
                        return true;
                    },
                    _ -> {});

            assertTrue(holds(held));
            assertFalse(look.get(10, TimeUnit.SECONDS), "a stuck thread would keep it open");
            assertTrue(ownDisk.get());
            assertFalse(holds(disk), "nobody else holds the disk");
        } finally {
            Files.delete(held);
            Files.delete(disk);
        }
    }

    private static boolean holds(Path file) throws IOException {
        Path real = file.toRealPath();
        try (var entries = Files.list(Path.of("/proc/thread-self/fd"))) {
            return entries.anyMatch(entry -> real.equals(target(entry)));
        }
    }

    private static @Nullable Path target(Path entry) {
        try {
            return Files.readSymbolicLink(entry);
        } catch (IOException e) {
            return null; // The descriptor of the list itself.
        }
    }
}
