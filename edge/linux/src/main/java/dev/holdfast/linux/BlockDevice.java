package dev.holdfast.linux;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A disk, a partition or a regular file, read and written past the page cache (O_DIRECT) and durably (O_DSYNC: a write that returned is
 * on the medium, as far as the device tells the truth).
 *
 * <p>A call may hang in the kernel for as long as the device does, and nothing can end it: no interrupt, no close, not even SIGKILL. Use
 * it only on a thread that nobody waits for, see {@link DiskThread}. Not for use by several threads at once, except {@link #retire}.
 */
public final class BlockDevice implements AutoCloseable {
    /** Offsets, lengths and the addresses of buffers are multiples of this many bytes. */
    public static final int BLOCK = 4096;

    private final Path path;
    private final int descriptor;
    private volatile boolean retired;
    private boolean closed;
    // Freed by the garbage collector alone: the kernel may be writing into it for as long as a call hangs.
    private MemorySegment scratch = buffer(Arena.ofAuto(), BLOCK);

    private BlockDevice(Path path, int descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    /**
     * Opens for reading and writing. May block as long as the device does.
     *
     * @throws SystemCallFailed EINVAL if the file system cannot do direct I/O
     */
    public static BlockDevice open(Path path) throws IOException {
        int flags = Libc.O_RDWR | Libc.O_DIRECT | Libc.O_DSYNC | Libc.O_CLOEXEC;
        return new BlockDevice(path, Libc.check("open " + path + " for direct I/O", Libc.open(path.toString(), flags)));
    }

    /** A zeroed buffer of {@code bytes}, aligned to {@link #BLOCK}. For buffers a stuck thread may still own, use {@link Arena#ofAuto}. */
    public static MemorySegment buffer(Arena arena, long bytes) {
        return arena.allocate(bytes, BLOCK);
    }

    public Path path() {
        return path;
    }

    /** Bytes, asked anew at each call; a growing file or a resized volume shows. */
    public long size() throws IOException {
        refuseIfRetired();
        return Libc.check("size of " + path, Libc.lseek(descriptor, 0, Libc.SEEK_END));
    }

    /**
     * Whether the path still leads to what is open. On the thread that opened it, as others may have other descriptors.
     *
     * @throws IOException if nothing is there any more
     */
    public boolean isStillAtItsPath() throws IOException {
        refuseIfRetired();
        return Files.isSameFile(Path.of("/proc/thread-self/fd/" + descriptor), path);
    }

    /** Fills {@code into} completely from {@code offset}, or throws: {@link EOFException} if the device ends before. */
    public void read(long offset, MemorySegment into) throws IOException {
        demandAligned(offset, into);
        for (long done = 0; done < into.byteSize(); ) {
            refuseIfRetired();
            long count = Libc.pread(descriptor, into.asSlice(done), offset + done);
            if (count == -SystemCallFailed.EINTR) {
                continue;
            }
            if (count < 0) { // Said only then: to put the words together costs as much as a small read.
                Libc.check("read %d bytes at %d of %s".formatted(into.byteSize(), offset, path), count);
            }
            if (count == 0) {
                throw new EOFException(
                        "%s ends at %d, before %d".formatted(path, offset + done, offset + into.byteSize()));
            }
            done += count;
        }
    }

    /** Writes all of {@code from} at {@code offset}, or throws; after a failure any part may or may not be on the medium. */
    public void write(long offset, MemorySegment from) throws IOException {
        demandAligned(offset, from);
        for (long done = 0; done < from.byteSize(); ) {
            refuseIfRetired();
            long count = Libc.pwrite(descriptor, from.asSlice(done), offset + done);
            if (count == -SystemCallFailed.EINTR) {
                continue;
            }
            if (count < 0) {
                Libc.check("write %d bytes at %d of %s".formatted(from.byteSize(), offset, path), count);
            }
            if (count == 0) {
                throw new SystemCallFailed(
                        "write %d bytes at %d of %s".formatted(from.byteSize(), offset, path), SystemCallFailed.ENOSPC);
            }
            done += count;
        }
    }

    /** As {@link #read(long, MemorySegment)} into a fresh array; {@code length} is a multiple of {@link #BLOCK}. */
    public byte[] read(long offset, int length) throws IOException {
        MemorySegment buffer = scratch(length);
        read(offset, buffer);
        return buffer.toArray(ValueLayout.JAVA_BYTE);
    }

    /** As {@link #write(long, MemorySegment)}; the array's length is a multiple of {@link #BLOCK}. */
    public void write(long offset, byte[] block) throws IOException {
        MemorySegment buffer = scratch(block.length);
        buffer.copyFrom(MemorySegment.ofArray(block));
        write(offset, buffer);
    }

    /**
     * From now on every read and write is refused before it reaches the kernel; one that is in the kernel already is not affected. May be
     * called from any thread and never blocks.
     */
    public void retire() {
        retired = true;
    }

    /** Closes the descriptor. May block if the device hangs: only for the thread that reads and writes. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            retired = true; // The number may soon mean another file.
            int _ = Libc.close(descriptor); // Every write that succeeded is durable; an error has nothing left to tell.
        }
    }

    private MemorySegment scratch(long bytes) {
        if (scratch.byteSize() < bytes) {
            scratch = buffer(Arena.ofAuto(), bytes);
        }
        return scratch.asSlice(0, bytes);
    }

    private void refuseIfRetired() throws IOException {
        if (retired) {
            throw new IOException(path + " was given up or closed; no further I/O is begun on this descriptor");
        }
    }

    private static void demandAligned(long offset, MemorySegment buffer) {
        if (offset < 0
                || offset % BLOCK != 0
                || buffer.byteSize() % BLOCK != 0
                || buffer.byteSize() == 0
                || buffer.address() % BLOCK != 0
                || !buffer.isNative()) {
            throw new IllegalArgumentException(
                    "direct I/O needs offset, length and address in multiples of %d, got offset %d, %s"
                            .formatted(BLOCK, offset, buffer));
        }
    }
}
