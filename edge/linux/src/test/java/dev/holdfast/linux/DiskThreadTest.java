package dev.holdfast.linux;

import static dev.holdfast.linux.BlockDevice.BLOCK;
import static dev.holdfast.linux.BlockDeviceTest.filled;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.linux.DiskThread.Outcome;
import dev.holdfast.linux.DiskThread.Outcome.Abandoned;
import dev.holdfast.linux.DiskThread.Outcome.Done;
import dev.holdfast.linux.DiskThread.Outcome.Failed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DiskThreadTest {
    private final BlockingQueue<Outcome<String>> outcomes = new LinkedBlockingQueue<>();
    private final Semaphore returned = new Semaphore(0);
    private final CountDownLatch hang = new CountDownLatch(1);
    private final CountDownLatch hanging = new CountDownLatch(1);
    private Path file = Path.of("");

    @BeforeEach
    void createFile() throws IOException {
        file = Files.createTempFile(Path.of("target"), "disk", ".img");
        Files.write(file, new byte[4 * BLOCK]);
    }

    @AfterEach
    void deleteFile() throws IOException {
        hang.countDown();
        Files.deleteIfExists(file);
    }

    @Test
    void operations_run_in_order_and_tell_their_outcome() throws Exception {
        try (DiskThread disk = start(file, 1)) {
            disk.submit(device -> written(device, 'a'), outcomes::add);
            disk.submit(device -> content(device), outcomes::add);

            assertEquals("wrote a", value(next()));
            assertEquals("a", value(next()));
        }
    }

    @Test
    void a_failure_is_an_outcome_and_the_device_is_opened_anew_afterwards() throws Exception {
        Path notYet = file.resolveSibling(file.getFileName() + ".later");
        try (DiskThread disk = start(notYet, 1)) {
            disk.submit(device -> content(device), outcomes::add);
            var failed = assertInstanceOf(Failed.class, next());
            assertEquals(
                    SystemCallFailed.ENOENT,
                    assertInstanceOf(SystemCallFailed.class, failed.cause()).errno());

            Files.move(file, notYet);
            disk.submit(device -> written(device, 'b'), outcomes::add);
            assertEquals("wrote b", value(next()));
        } finally {
            Files.deleteIfExists(notYet);
        }
    }

    @Test
    void after_a_failed_read_the_path_is_looked_at_again() throws Exception {
        Path exchanged = Files.createTempFile(Path.of("target"), "disk", ".img");
        try (DiskThread disk = start(file, 1)) {
            Files.write(exchanged, filled('e', BLOCK));
            disk.submit(device -> content(device), outcomes::add);
            assertEquals("empty", value(next()));
            Files.move(exchanged, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            disk.submit(device -> content(device), outcomes::add);
            assertEquals("empty", value(next())); // The descriptor stays, as long as all goes well.

            disk.submit(device -> "" + device.read(100 * BLOCK, BLOCK).length, outcomes::add);
            assertInstanceOf(Failed.class, next());
            disk.submit(device -> content(device), outcomes::add);
            assertEquals("e", value(next()));
        } finally {
            Files.deleteIfExists(exchanged);
        }
    }

    @Test
    void an_idle_thread_is_not_abandoned() throws Exception {
        try (DiskThread disk = start(file, 1)) {
            disk.submit(device -> written(device, 'a'), outcomes::add);
            next();

            assertTrue(disk.abandon());
            assertEquals(0, disk.abandoned());
            assertTrue(disk.busySince().isEmpty());
        }
    }

    @Test
    void a_hung_operation_and_those_behind_it_are_given_up_and_the_disk_goes_on_with_a_fresh_thread() throws Exception {
        try (DiskThread disk = start(file, 1)) {
            disk.submit(device -> hung(device), outcomes::add);
            disk.submit(device -> written(device, 'q'), outcomes::add);
            assertTrue(hanging.await(Sandbox.PATIENCE_SECONDS, SECONDS));
            assertTrue(disk.busySince().isPresent());
            assertEquals(2, disk.pending());

            assertTrue(disk.abandon());

            assertTrue(assertInstanceOf(Abandoned.class, next()).begun());
            assertFalse(assertInstanceOf(Abandoned.class, next()).begun());
            assertEquals(1, disk.abandoned());
            disk.submit(device -> written(device, 'n'), outcomes::add);
            assertEquals("wrote n", value(next()));

            hang.countDown();
            assertTrue(returned.tryAcquire(Sandbox.PATIENCE_SECONDS, SECONDS));
            assertEquals(0, disk.abandoned());
            // What the hung operation did after it came back did not reach the disk, and nobody was told of it.
            disk.submit(device -> content(device), outcomes::add);
            assertEquals("n", value(next()));
        }
    }

    @Test
    void no_more_threads_are_left_behind_than_allowed() throws Exception {
        try (DiskThread disk = start(file, 1)) {
            disk.submit(device -> hung(device), outcomes::add);
            assertTrue(hanging.await(Sandbox.PATIENCE_SECONDS, SECONDS));
            assertTrue(disk.abandon());
            next();
            var second = new CountDownLatch(1);
            disk.submit(
                    device -> {
                        second.countDown();
                        return hung(device);
                    },
                    outcomes::add);
            assertTrue(second.await(Sandbox.PATIENCE_SECONDS, SECONDS));

            assertFalse(disk.abandon());

            assertEquals(1, disk.abandoned());
            assertEquals(1, disk.pending());
            hang.countDown();
            assertEquals("came back too late", value(next()));
        }
    }

    @Test
    void each_thread_is_prepared() throws Exception {
        BlockingQueue<Thread> prepared = new LinkedBlockingQueue<>();
        try (DiskThread disk = DiskThread.start(
                "disk under test", file, 1, () -> prepared.add(Thread.currentThread()), returned::release)) {
            disk.submit(device -> hung(device), outcomes::add);
            assertTrue(hanging.await(Sandbox.PATIENCE_SECONDS, SECONDS));
            Thread first = prepared.take();
            disk.abandon();
            Thread second = prepared.take();

            assertNotEquals(first, second);
            assertEquals("disk under test", second.getName());
            assertTrue(second.isDaemon());
            assertFalse(second.isVirtual());
        }
    }

    @Test
    void a_closed_thread_takes_nothing_on_and_leaves_nothing_unanswered() throws Exception {
        DiskThread disk = start(file, 1);
        disk.submit(device -> hung(device), outcomes::add);
        disk.submit(device -> written(device, 'q'), outcomes::add);
        assertTrue(hanging.await(Sandbox.PATIENCE_SECONDS, SECONDS));
        disk.close();
        disk.submit(device -> written(device, 'q'), outcomes::add);

        assertEquals(List.of(true, false, false), List.of(begun(next()), begun(next()), begun(next())));
        assertEquals(0, disk.pending());
    }

    /** A frozen file system holds a writer in the kernel, deaf to interrupts and signals, as a hung disk does. */
    @Test
    void a_write_that_hangs_in_the_kernel_does_not_keep_the_disk_from_being_read() throws Exception {
        try (Sandbox sandbox = Sandbox.create("--mount")) {
            Path image = Files.createTempFile(Path.of("target").toAbsolutePath(), "frozen", ".ext4");
            Path directory = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "frozen");
            try {
                sandbox.run("truncate -s 16M " + image + " && mkfs.ext4 -q -F " + image + " 2>&1");
                sandbox.run("mount -o loop " + image + " " + directory);
                sandbox.run("dd if=/dev/zero of=" + directory + "/disk bs=4096 count=4 conv=fsync 2>/dev/null");
                Path disk = Path.of("/proc/" + sandbox.pid() + "/root" + directory + "/disk");
                sandbox.run("fsfreeze -f " + directory);
                try {
                    readBesideAHungWrite(disk, () -> sandbox.run("fsfreeze -u " + directory));
                } finally {
                    sandbox.run("fsfreeze -u " + directory + " 2>/dev/null; umount -l " + directory);
                }
            } finally {
                Files.delete(image);
                Files.delete(directory);
            }
        }
    }

    private interface Thaw {
        void run() throws IOException;
    }

    private void readBesideAHungWrite(Path path, Thaw thaw) throws Exception {
        BlockingQueue<Thread> prepared = new LinkedBlockingQueue<>();
        try (DiskThread disk =
                DiskThread.start("frozen", path, 1, () -> prepared.add(Thread.currentThread()), returned::release)) {
            disk.submit(device -> written(device, 'w'), outcomes::add);
            Thread stuck = prepared.take();
            while (!inNativeWrite(stuck)) {
                Thread.onSpinWait();
            }
            stuck.interrupt(); // Changes nothing: that is why it is abandoned.

            assertTrue(disk.abandon());
            assertTrue(begun(next()));
            disk.submit(device -> content(device), outcomes::add);
            assertEquals("empty", value(next()));
            assertEquals(1, disk.abandoned());

            thaw.run();
            assertTrue(returned.tryAcquire(Sandbox.PATIENCE_SECONDS, SECONDS));
            // The abandoned write did arrive, later: as the contract warns.
            disk.submit(device -> content(device), outcomes::add);
            assertEquals("w", value(next()));
        }
    }

    private static boolean inNativeWrite(Thread thread) {
        for (StackTraceElement frame : thread.getStackTrace()) {
            if (frame.getMethodName().equals("pwrite")) {
                return true;
            }
        }
        return false;
    }

    private DiskThread start(Path path, int mostAbandoned) {
        return DiskThread.start("disk", path, mostAbandoned, () -> {}, returned::release);
    }

    /** Stands in for a call that hangs: nothing ends it but the hang's own end. Then it tries to write. */
    private String hung(BlockDevice device) throws IOException {
        hanging.countDown();
        boolean over = false;
        while (!over) {
            try {
                hang.await();
                over = true;
            } catch (InterruptedException _) {
                // Deaf, as a system call in the kernel is.
            }
        }
        device.write(0, filled('h', BLOCK));
        return "came back too late";
    }

    private static String written(BlockDevice device, char content) throws IOException {
        device.write(0, filled(content, BLOCK));
        return "wrote " + content;
    }

    private static String content(BlockDevice device) throws IOException {
        byte[] block = device.read(0, BLOCK);
        assertArrayEquals(filled((char) block[0], BLOCK), block);
        return block[0] == 0 ? "empty" : Character.toString(block[0]);
    }

    private Outcome<String> next() throws InterruptedException {
        Outcome<String> outcome = outcomes.poll(Sandbox.PATIENCE_SECONDS, SECONDS);
        if (outcome == null) {
            throw new AssertionError("no outcome");
        }
        assertFalse(outcome.ended().isBefore(outcome.began()));
        return outcome;
    }

    private static String value(Outcome<String> outcome) {
        return switch (outcome) {
            case Done<String>(String value, var _, var _) -> value;
            case Failed<String>(IOException cause, var _, var _) -> throw new AssertionError(cause);
            case Abandoned<String> abandoned -> throw new AssertionError(abandoned);
        };
    }

    private static boolean begun(Outcome<String> outcome) {
        return assertInstanceOf(Abandoned.class, outcome).begun();
    }
}
