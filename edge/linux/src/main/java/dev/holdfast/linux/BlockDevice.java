package dev.holdfast.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

    private BlockDevice() {}

    /** Opens for reading and writing. */
    public static BlockDevice open(Path path) throws IOException {
        return Linux.later();
    }

    /** A zeroed buffer of {@code bytes}, aligned to {@link #BLOCK}. For buffers a stuck thread may still own, use {@link Arena#ofAuto}. */
    public static MemorySegment buffer(Arena arena, long bytes) {
        return arena.allocate(bytes, BLOCK);
    }

    public Path path() {
        return Linux.later();
    }

    /** Bytes, asked anew at each call; a growing file or a resized volume shows. */
    public long size() throws IOException {
        return Linux.later();
    }

    /** Fills {@code into} completely from {@code offset}, or throws: {@link java.io.EOFException} if the device ends before. */
    public void read(long offset, MemorySegment into) throws IOException {
        Linux.later();
    }

    /** Writes all of {@code from} at {@code offset}, or throws; after a failure any part may or may not be on the medium. */
    public void write(long offset, MemorySegment from) throws IOException {
        Linux.later();
    }

    /** As {@link #read(long, MemorySegment)} into a fresh array; {@code length} is a multiple of {@link #BLOCK}. */
    public byte[] read(long offset, int length) throws IOException {
        return Linux.later();
    }

    /** As {@link #write(long, MemorySegment)}; the array's length is a multiple of {@link #BLOCK}. */
    public void write(long offset, byte[] block) throws IOException {
        Linux.later();
    }

    /**
     * From now on every read and write is refused before it reaches the kernel; one that is in the kernel already is not affected. May be
     * called from any thread and never blocks.
     */
    public void retire() {
        Linux.later();
    }

    /** Closes the descriptor. May block if the device hangs: only for the thread that reads and writes. */
    @Override
    public void close() {
        Linux.later();
    }
}
