package dev.holdfast.linux;

import dev.holdfast.model.Moment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Does the I/O of one disk, one operation after the other, on a platform daemon thread of its own, so that a hung disk holds up nobody.
 *
 * <p>A thread that is stuck in the kernel cannot be freed. {@link #abandon} leaves it behind, never to be joined, interrupted or closed,
 * and a fresh thread with a fresh descriptor takes over. The deadline is the caller's: look at {@link #busySince}.
 *
 * <p><b>A write that was abandoned may still reach the disk, at any later time</b>, also after newer writes of the fresh thread. While
 * {@link #abandoned} is above zero the caller must count with that (a heartbeat block is simply written again), and learns of the end from
 * the listener given at {@link #start}.
 *
 * <p>The thread has a table of descriptors of its own ({@link FileTable#unshare}): if the process is killed while the thread is stuck, its
 * disk is all that stays open, and a new process can bind the addresses of the old one at once. What the new process must know of the thread
 * that stays behind, {@link DiskMark} tells.
 */
public final class DiskThread implements AutoCloseable {
    /** Reads and writes on the disk. Runs on the disk's thread; blocks as long as the disk does. */
    @FunctionalInterface
    public interface Operation<T> {
        T run(BlockDevice device) throws IOException;
    }

    /** How an operation ended. Each operation has exactly one outcome. */
    public sealed interface Outcome<T> {
        /** When the operation was started on the disk's thread; for one that never was, when it was given up. */
        Moment began();

        Moment ended();

        record Done<T>(T value, Moment began, Moment ended) implements Outcome<T> {}

        /** The device could not be opened, or a read or write failed. The next operation opens the device anew. */
        record Failed<T>(IOException cause, Moment began, Moment ended) implements Outcome<T> {}

        /** Nobody waits for it any more ({@link DiskThread#abandon} or {@link DiskThread#close}). A write may yet happen, if {@code begun}. */
        record Abandoned<T>(boolean begun, Moment began, Moment ended) implements Outcome<T> {}
    }

    private final String name;
    private final Path path;
    private final int mostAbandoned;
    private final Runnable prepare;
    private final Runnable whenReturned;

    // Guards everything below. Held for moments only, never during I/O or a callback.
    private final Object lock = new Object();
    private Worker worker;
    private int abandoned;
    private boolean closed;

    private DiskThread(String name, Path path, int mostAbandoned, Runnable prepare, Runnable whenReturned) {
        this.name = name;
        this.path = path;
        this.mostAbandoned = mostAbandoned;
        this.prepare = prepare;
        this.whenReturned = whenReturned;
        this.worker = new Worker();
    }

    /**
     * Starts the thread; the device is opened by the first operation.
     *
     * @param name of the thread, for a person who reads a thread dump
     * @param mostAbandoned how many stuck threads may be left behind at a time (each costs a stack and a descriptor)
     * @param prepare run first on each new thread: scheduling class, for example
     * @param whenReturned told on the abandoned thread when it came out of the kernel after all: by then its write has happened or never will
     */
    public static DiskThread start(String name, Path path, int mostAbandoned, Runnable prepare, Runnable whenReturned) {
        if (mostAbandoned < 0) {
            throw new IllegalArgumentException("cannot abandon " + mostAbandoned + " threads");
        }
        DiskThread thread = new DiskThread(name, path, mostAbandoned, prepare, whenReturned);
        thread.worker.start();
        return thread;
    }

    public Path path() {
        return path;
    }

    /**
     * Queues an operation; never blocks.
     *
     * @param whenDone called once: on the disk's thread, or, if the operation is abandoned, on the thread that abandons. Must be quick
     */
    public <T> void submit(Operation<T> operation, Consumer<Outcome<T>> whenDone) {
        Task<T> task = new Task<>(operation, whenDone);
        synchronized (lock) {
            if (!closed) {
                worker.queue.add(task);
                lock.notifyAll();
                return;
            }
        }
        task.giveUp(Optional.empty());
    }

    /** Since when the present operation runs; empty if the thread is idle. */
    public Optional<Moment> busySince() {
        synchronized (lock) {
            return worker.busySince();
        }
    }

    /** Operations that were submitted and have no outcome yet, the running one included. */
    public int pending() {
        synchronized (lock) {
            return worker.queue.size() + (worker.running == null ? 0 : 1);
        }
    }

    /**
     * Gives up the thread if an operation is running on it: that and all queued operations end as {@code Abandoned}, no further I/O is begun on
     * the old thread, and a fresh one takes the next operations. Does nothing if the thread is idle. Never blocks.
     *
     * @return false if as many threads as allowed are stuck already; then nothing was changed, and operations stay queued behind the stuck one
     */
    public boolean abandon() {
        Worker old;
        Optional<Moment> began;
        List<Task<?>> given;
        synchronized (lock) {
            old = worker;
            began = old.busySince();
            if (closed || began.isEmpty()) {
                return true;
            }
            if (abandoned >= mostAbandoned) {
                return false;
            }
            abandoned++;
            given = old.leave();
            worker = new Worker();
            worker.start();
        }
        given.getFirst().giveUp(began); // The running one.
        given.subList(1, given.size()).forEach(task -> task.giveUp(Optional.empty()));
        return true;
    }

    /** How many threads are stuck in the kernel, left behind by {@link #abandon}. */
    public int abandoned() {
        synchronized (lock) {
            return abandoned;
        }
    }

    /** Ends the thread when it comes back from the kernel; does not wait for that. What has no outcome yet ends as {@code Abandoned}. */
    @Override
    public void close() {
        Optional<Moment> began;
        List<Task<?>> given;
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            began = worker.busySince();
            given = worker.leave();
            lock.notifyAll();
        }
        for (Task<?> task : given) {
            task.giveUp(began);
            began = Optional.empty(); // Only the first was running, if any.
        }
    }

    private static Moment now() {
        return new Moment(System.nanoTime());
    }

    private record Task<T>(Operation<T> operation, Consumer<Outcome<T>> whenDone) {
        /** Runs the operation; what is returned tells the caller of it. */
        Runnable run(Worker worker, Moment began) {
            Outcome<T> outcome;
            try {
                outcome = new Outcome.Done<>(operation.run(worker.device()), began, now());
            } catch (IOException e) {
                worker.closeDevice();
                outcome = new Outcome.Failed<>(e, began, now());
            }
            Outcome<T> told = outcome;
            return () -> whenDone.accept(told);
        }

        void giveUp(Optional<Moment> began) {
            Moment now = now();
            whenDone.accept(new Outcome.Abandoned<>(began.isPresent(), began.orElse(now), now));
        }
    }

    /** One thread with one descriptor: the present one, or one that was left behind. */
    private final class Worker implements Runnable {
        private final ArrayDeque<Task<?>> queue = new ArrayDeque<>();
        private @Nullable Task<?> running;
        private Moment began = now();
        private boolean left;
        // Written by this worker's thread alone, under the lock, so that leave() finds it.
        private @Nullable BlockDevice device;
        // Touched by this worker's thread alone: why it has no table of its own.
        private @Nullable IOException unfit;

        void start() {
            Thread.ofPlatform().daemon().name(name).start(this);
        }

        Optional<Moment> busySince() {
            return running == null ? Optional.empty() : Optional.of(began);
        }

        /** Called with the lock held: from here on this worker begins nothing and tells nobody. Returns what it leaves undone, the running first. */
        List<Task<?>> leave() {
            left = true;
            if (device != null) {
                device.retire();
            }
            List<Task<?>> undone = new ArrayList<>();
            if (running != null) {
                undone.add(running);
                running = null;
            }
            undone.addAll(queue);
            queue.clear();
            return undone;
        }

        @Override
        public void run() {
            prepare.run();
            leaveSharedTable();
            try {
                while (true) {
                    Task<?> task;
                    synchronized (lock) {
                        while (queue.isEmpty() && !left) {
                            lock.wait();
                        }
                        if (left) {
                            return; // Closed.
                        }
                        task = queue.remove();
                        running = task;
                        began = now();
                    }
                    Runnable tell = task.run(this, began);
                    synchronized (lock) {
                        if (left) {
                            break;
                        }
                        running = null;
                    }
                    tell.run();
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts a disk's thread", e);
            } finally {
                closeDevice();
            }
            synchronized (lock) {
                if (closed) {
                    return;
                }
                abandoned--;
            }
            whenReturned.run();
        }

        private void leaveSharedTable() {
            try {
                FileTable.unshare();
            } catch (IOException e) {
                unfit = e;
            }
        }

        BlockDevice device() throws IOException {
            BlockDevice open = device;
            if (open == null) {
                if (unfit != null) {
                    throw new IOException("no disk is opened on a thread that holds the process's sockets", unfit);
                }
                open = BlockDevice.open(path);
                synchronized (lock) {
                    device = open;
                    if (left) {
                        open.retire(); // Given up while the open hung.
                    }
                }
            }
            return open;
        }

        void closeDevice() {
            BlockDevice open = device;
            if (open != null) {
                synchronized (lock) {
                    device = null;
                }
                open.close();
            }
        }
    }
}
