package dev.holdfast.lab;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Stands between a node and everything outside it that it could still change. Once {@link #shut} has returned, nothing that the node
 * asked for will happen any more: what had begun is done, what was waiting has failed.
 */
final class PowerGate {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean open;
    private long life;
    private int inside;

    /** Something done on behalf of the node. */
    interface Deed {
        int run();
    }

    void open() {
        lock.lock();
        try {
            open = true;
            life++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Refuses what comes, fails what waits, and waits for what is being done. */
    void shut() {
        lock.lock();
        try {
            open = false;
            changed.signalAll();
            while (inside > 0) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The number of the node's present power-on; a request must be answered in the life that it came from. */
    long life() {
        lock.lock();
        try {
            return life;
        } finally {
            lock.unlock();
        }
    }

    /** Lets the waiting look at their conditions again. */
    void stir() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until {@code blocked} is false, or {@code nanos} have passed.
     *
     * @param nanos 0 waits without limit
     * @return false if the power went off meanwhile
     */
    boolean await(long fromLife, long nanos, BooleanSupplier blocked) {
        lock.lock();
        try {
            long left = nanos == 0 ? Long.MAX_VALUE : nanos;
            while (open && life == fromLife && blocked.getAsBoolean() && left > 0) {
                left = changed.awaitNanos(left);
            }
            return open && life == fromLife;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // Nobody interrupts the threads of the file systems.
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Runs a deed unless the power is off; the power can't go off while it runs. */
    int pass(long fromLife, int refused, Deed deed) {
        lock.lock();
        try {
            if (!open || life != fromLife) {
                return refused;
            }
            inside++;
        } finally {
            lock.unlock();
        }
        try {
            return deed.run();
        } finally {
            lock.lock();
            try {
                inside--;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}
