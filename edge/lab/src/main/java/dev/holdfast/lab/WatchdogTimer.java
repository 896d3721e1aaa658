package dev.holdfast.lab;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A hardware watchdog as the kernel's watchdog interface shows it: each write pets it; the byte 'V' in the last write before the
 * close disarms it, any other close pets it once more and leaves it running. It is armed by the first write. When it has not been
 * petted for its timeout it resets the node, whatever state the node is in.
 */
final class WatchdogTimer implements AutoCloseable {
    private static final byte MAGIC = 'V';

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Duration timeout;
    private final Listener listener;
    private final Thread thread;
    private boolean armed;
    private boolean mayDisarm;
    private boolean closed;
    private long deadlineNanos;

    /** Told from the timer's own thread or from the one that wrote. Must not block. */
    interface Listener {
        void armed();

        void disarmed();

        void expired();
    }

    WatchdogTimer(String node, Duration timeout, Listener listener) {
        this.timeout = timeout;
        this.listener = listener;
        thread = Thread.ofPlatform().daemon().name("watchdog " + node).start(this::run);
    }

    void write(ByteBuffer bytes) {
        boolean news;
        lock.lock();
        try {
            mayDisarm = false;
            while (bytes.hasRemaining()) {
                mayDisarm |= bytes.get() == MAGIC;
            }
            news = !armed;
            armed = true;
            deadlineNanos = System.nanoTime() + timeout.toNanos();
            if (news) {
                changed.signalAll(); // A later deadline needs no signal: the thread finds it when it wakes.
            }
        } finally {
            lock.unlock();
        }
        if (news) {
            listener.armed();
        }
    }

    void released() {
        boolean news = false;
        lock.lock();
        try {
            if (armed && mayDisarm) {
                armed = false;
                news = true;
            } else if (armed) {
                deadlineNanos = System.nanoTime() + timeout.toNanos();
            }
            mayDisarm = false;
        } finally {
            lock.unlock();
        }
        if (news) {
            listener.disarmed();
        }
    }

    /** As after a power-on. */
    void reset() {
        lock.lock();
        try {
            armed = false;
            mayDisarm = false;
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (true) {
            lock.lock();
            try {
                while (!closed && !armed) {
                    changed.awaitUninterruptibly();
                }
                if (closed) {
                    return;
                }
                long left = deadlineNanos - System.nanoTime();
                if (left > 0) {
                    long _ = changed.awaitNanos(left);
                    continue;
                }
                armed = false;
            } catch (InterruptedException e) {
                return;
            } finally {
                lock.unlock();
            }
            listener.expired();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.interrupt();
    }
}
