package dev.holdfast.linux;

import dev.holdfast.model.Moment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Does the I/O of one disk, one operation after the other, on a platform daemon thread of its own, so that a hung disk holds up nobody.
 *
 * <p>A thread that is stuck in the kernel cannot be freed. {@link #abandon} leaves it behind, never to be joined, interrupted or closed,
 * and a fresh thread with a fresh descriptor takes over. The deadline is the caller's: look at {@link #busySince}.
 *
 * <p><b>A write that was abandoned may still reach the disk, at any later time</b>, also after newer writes of the fresh thread. While
 * {@link #abandoned} is above zero the caller must count with that (a heartbeat block is simply written again), and learns of the end from
 * the listener given at {@link #start}.
 */
public final class DiskThread implements AutoCloseable {
    /** Reads and writes on the disk. Runs on the disk's thread; blocks as long as the disk does. */
    @FunctionalInterface
    public interface Operation<T> {
        T run(BlockDevice device) throws IOException;
    }

    /** How an operation ended. Each operation has exactly one outcome. */
    public sealed interface Outcome<T> {
        /** When the operation was started on the disk's thread (or given up, if it never was). */
        Moment began();

        Moment ended();

        record Done<T>(T value, Moment began, Moment ended) implements Outcome<T> {}

        /** The device could not be opened, or a read or write failed. The next operation opens the device anew. */
        record Failed<T>(IOException cause, Moment began, Moment ended) implements Outcome<T> {}

        /** Nobody waits for it any more ({@link DiskThread#abandon} or {@link DiskThread#close}). A write may yet happen, if {@code begun}. */
        record Abandoned<T>(boolean begun, Moment began, Moment ended) implements Outcome<T> {}
    }

    private DiskThread() {}

    /**
     * Starts the thread; the device is opened by the first operation.
     *
     * @param name of the thread, for a person who reads a thread dump
     * @param mostAbandoned how many stuck threads may be left behind at a time (each costs a stack and a descriptor)
     * @param prepare run first on each new thread: scheduling class, for example
     * @param whenReturned told on the abandoned thread when it came out of the kernel after all; by then its last write has happened or never will
     */
    public static DiskThread start(String name, Path path, int mostAbandoned, Runnable prepare, Runnable whenReturned) {
        return Linux.later();
    }

    public Path path() {
        return Linux.later();
    }

    /**
     * Queues an operation; never blocks.
     *
     * @param whenDone called once: on the disk's thread, or, if the operation is abandoned, on the thread that abandons. Must be quick
     */
    public <T> void submit(Operation<T> operation, Consumer<Outcome<T>> whenDone) {
        Linux.later();
    }

    /** Since when the present operation runs; empty if the thread is idle. */
    public Optional<Moment> busySince() {
        return Linux.later();
    }

    /** Operations that were submitted and have no outcome yet, the running one included. */
    public int pending() {
        return Linux.later();
    }

    /**
     * Gives up the thread if an operation is running on it: that and all queued operations end as {@code Abandoned}, no further I/O is begun on
     * the old thread, and a fresh one takes the next operations. Does nothing if the thread is idle. Never blocks.
     *
     * @return false if as many threads as allowed are stuck already; then nothing was changed, and operations stay queued behind the stuck one
     */
    public boolean abandon() {
        return Linux.later();
    }

    /** How many threads are stuck in the kernel, left behind by {@link #abandon}. */
    public int abandoned() {
        return Linux.later();
    }

    /** Ends the thread when it comes back from the kernel; does not wait for that. Queued operations end as {@code Abandoned}. */
    @Override
    public void close() {
        Linux.later();
    }
}
