package dev.holdfast.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FileTableTest {
    private static final int DISK_BYTES = 64 << 20;

    /** A number of a descriptor that is free gets used again; so many disks take all that were given up. */
    private static final int DISKS = 8;

    @Test
    void a_heap_that_grows_in_a_thread_with_its_own_table_does_not_grow_into_a_disk() throws Exception {
        Path directory = Files.createTempDirectory(Path.of("target"), "disks");
        Process grown = ChildJvm.start(
                List.of(), List.of("-XX:+UseZGC", "-Xms8m", "-Xmx64m"), Growing.class, directory.toString());
        try {
            assertTrue(grown.waitFor(60, TimeUnit.SECONDS));
            assertEquals("grown, disks in memory: []", grown.inputReader().readLine());
            for (Path disk : disksIn(directory)) {
                try (var content = Files.newInputStream(disk)) {
                    assertEquals(-1, firstNonZero(content.readAllBytes()), "first byte written to " + disk);
                }
            }
        } finally {
            grown.destroyForcibly();
            for (Path disk : disksIn(directory)) {
                Files.delete(disk);
            }
            Files.delete(directory);
        }
    }

    private static List<Path> disksIn(Path directory) throws IOException {
        try (Stream<Path> list = Files.list(directory)) {
            return list.toList();
        }
    }

    private static int firstNonZero(byte[] content) {
        for (int i = 0; i < content.length; i++) {
            if (content[i] != 0) {
                return i;
            }
        }
        return -1;
    }

    /** Leaves the shared table, opens disks, and needs more memory than there is at start. Arguments: where the disks are. */
    static final class Growing {
        private static final int OBJECT_BYTES = 10_000;
        private static final int OBJECTS = 3_000;

        private Growing() {}

        public static void main(String[] arguments) throws Exception {
            Path directory = Path.of(arguments[0]).toAbsolutePath();
            FutureTask<List<String>> growing = new FutureTask<>((Callable<List<String>>) () -> {
                FileTable.unshare();
                for (int i = 0; i < DISKS; i++) {
                    Path disk = directory.resolve("disk" + i);
                    Files.createFile(disk);
                    try (var whole = Files.newByteChannel(disk, StandardOpenOption.WRITE)) {
                        whole.position(DISK_BYTES - 1);
                        whole.write(ByteBuffer.allocate(1));
                    }
                    int _ = Libc.check("open " + disk, Libc.open(disk.toString(), Libc.O_RDWR));
                }
                List<byte[]> kept = new ArrayList<>();
                while (kept.size() < OBJECTS) {
                    byte[] object = new byte[OBJECT_BYTES];
                    Arrays.fill(object, (byte) 'x');
                    kept.add(object);
                }
                try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
                    return maps.filter(line -> line.contains(directory.toString()))
                            .toList();
                }
            });
            Thread.ofPlatform().start(growing);
            System.out.println("grown, disks in memory: " + growing.get());
        }
    }
}
