package dev.holdfast.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BlockDeviceTest {
    private static final int BLOCK = BlockDevice.BLOCK;

    // Under target/, because the system's place for temporary files may be a memory file system.
    private Path file = Path.of("");

    @BeforeEach
    void createFile() throws IOException {
        file = Files.createTempFile(Path.of("target"), "disk", ".img");
        Files.write(file, new byte[4 * BLOCK]);
    }

    @AfterEach
    void deleteFile() throws IOException {
        Files.delete(file);
    }

    @Test
    void what_was_written_is_read_back_by_another_descriptor() throws IOException {
        try (BlockDevice writer = BlockDevice.open(file);
                BlockDevice reader = BlockDevice.open(file)) {
            writer.write(2 * BLOCK, filled('h', BLOCK));

            assertArrayEquals(filled('h', BLOCK), reader.read(2 * BLOCK, BLOCK));
            assertArrayEquals(new byte[BLOCK], reader.read(BLOCK, BLOCK));
            assertArrayEquals(new byte[BLOCK], reader.read(3 * BLOCK, BLOCK));
        }
    }

    @Test
    void a_write_is_in_the_file_without_any_sync() throws IOException {
        try (BlockDevice device = BlockDevice.open(file)) {
            device.write(0, filled('x', 2 * BLOCK));

            byte[] whole = Files.readAllBytes(file);
            assertArrayEquals(filled('x', 2 * BLOCK), Arrays.copyOf(whole, 2 * BLOCK));
        }
    }

    @Test
    void the_page_cache_is_passed_by_and_every_write_is_durable() throws IOException {
        try (BlockDevice device = BlockDevice.open(file);
                var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            Path real = file.toRealPath();
            Path ours = descriptors
                    .filter(descriptor -> real.equals(target(descriptor)))
                    .findFirst()
                    .orElseThrow();
            int flags = Files.readString(Path.of("/proc/self/fdinfo").resolve(ours.getFileName()))
                    .lines()
                    .filter(line -> line.startsWith("flags:"))
                    .mapToInt(line ->
                            Integer.parseInt(line.substring("flags:".length()).strip(), 8))
                    .findFirst()
                    .orElseThrow();

            assertEquals(device.size(), 4 * BLOCK);
            assertEquals(Libc.O_DIRECT, flags & Libc.O_DIRECT);
            assertEquals(Libc.O_DSYNC, flags & Libc.O_DSYNC);
            assertEquals(Libc.O_CLOEXEC, flags & Libc.O_CLOEXEC);
        }
    }

    private static Path target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor);
        } catch (IOException _) {
            return descriptor; // Closed meanwhile.
        }
    }

    @Test
    void buffers_of_the_caller_are_used_as_they_are() throws IOException {
        try (Arena arena = Arena.ofConfined();
                BlockDevice device = BlockDevice.open(file)) {
            MemorySegment out = BlockDevice.buffer(arena, 3 * BLOCK).fill((byte) 7);
            device.write(BLOCK, out);
            MemorySegment in = BlockDevice.buffer(arena, 3 * BLOCK);
            device.read(BLOCK, in);

            assertEquals(-1, in.mismatch(out));
        }
    }

    @Test
    void what_is_not_aligned_is_refused_before_the_kernel_sees_it() throws IOException {
        try (Arena arena = Arena.ofConfined();
                BlockDevice device = BlockDevice.open(file)) {
            MemorySegment buffer = BlockDevice.buffer(arena, 2 * BLOCK);

            assertThrows(IllegalArgumentException.class, () -> device.read(512, buffer));
            assertThrows(IllegalArgumentException.class, () -> device.read(0, buffer.asSlice(512, BLOCK)));
            assertThrows(IllegalArgumentException.class, () -> device.write(0, buffer.asSlice(0, 512)));
            assertThrows(IllegalArgumentException.class, () -> device.read(-BLOCK, buffer));
            assertThrows(IllegalArgumentException.class, () -> device.write(0, new byte[100]));
            assertThrows(IllegalArgumentException.class, () -> device.read(0, 0));
        }
    }

    @Test
    void a_read_over_the_end_says_where_the_device_ends() throws IOException {
        try (BlockDevice device = BlockDevice.open(file)) {
            EOFException end = assertThrows(EOFException.class, () -> device.read(3 * BLOCK, 2 * BLOCK));

            assertEquals(file + " ends at 16384, before 20480", end.getMessage());
        }
    }

    @Test
    void the_size_is_asked_anew() throws IOException {
        try (BlockDevice device = BlockDevice.open(file)) {
            assertEquals(4 * BLOCK, device.size());
            device.write(4 * BLOCK, new byte[BLOCK]);

            assertEquals(5 * BLOCK, device.size());
        }
    }

    @Test
    void what_cannot_be_opened_tells_the_errno() {
        Path missing = Path.of("target/no-such-disk");
        SystemCallFailed failure = assertThrows(SystemCallFailed.class, () -> BlockDevice.open(missing));

        assertEquals(SystemCallFailed.ENOENT, failure.errno());
        assertEquals("open target/no-such-disk for direct I/O: ENOENT (does not exist)", failure.getMessage());
    }

    @Test
    void a_retired_device_begins_nothing_more() throws IOException {
        try (BlockDevice device = BlockDevice.open(file)) {
            device.retire();

            assertThrows(IOException.class, () -> device.write(0, filled('z', BLOCK)));
            assertThrows(IOException.class, () -> device.read(0, BLOCK));
            assertArrayEquals(new byte[4 * BLOCK], Files.readAllBytes(file));
        }
    }

    @Test
    void a_closed_device_does_not_touch_the_next_file_with_its_number() throws IOException {
        BlockDevice device = BlockDevice.open(file);
        device.close();
        device.close();
        try (BlockDevice next = BlockDevice.open(file)) {
            assertThrows(IOException.class, () -> device.write(0, filled('z', BLOCK)));
            assertArrayEquals(new byte[BLOCK], next.read(0, BLOCK));
        }
    }

    static byte[] filled(char content, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) content);
        return bytes;
    }
}
