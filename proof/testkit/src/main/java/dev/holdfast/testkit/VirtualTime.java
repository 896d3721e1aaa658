package dev.holdfast.testkit;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The time of a false world, in nanoseconds from its beginning, and everything that is going to happen in it. What is
 * due at the same nanosecond happens in an order drawn from the seed, so that no test leans on the order of insertion.
 */
public final class VirtualTime {
    private final Chance ties;
    private long[] due = new long[1024];
    private long[] tie = new long[1024];
    private @Nullable Runnable[] what = new Runnable[1024];
    private int size;
    private long now;

    public VirtualTime(Chance ties) {
        this.ties = ties;
    }

    /** Nanoseconds since the world began. */
    public long now() {
        return now;
    }

    /** Lets {@code happening} happen at {@code nanos}, or now if that is past. It cannot be taken back: let it look. */
    public void at(long nanos, Runnable happening) {
        if (size == due.length) {
            due = Arrays.copyOf(due, 2 * size);
            tie = Arrays.copyOf(tie, 2 * size);
            what = Arrays.copyOf(what, 2 * size);
        }
        siftUp(size++, Math.max(nanos, now), ties.next(), happening);
    }

    /** Lets {@code happening} happen {@code nanos} from now. */
    public void after(long nanos, Runnable happening) {
        at(now + nanos, happening);
    }

    /** Goes on to the next happening and lets it happen; false if there is none. */
    public boolean step() {
        if (size == 0) {
            return false;
        }
        Runnable first = what[0];
        now = due[0];
        size--;
        Runnable last = what[size];
        what[size] = null;
        if (size > 0 && last != null) {
            siftDown(due[size], tie[size], last);
        }
        if (first != null) {
            first.run();
        }
        return true;
    }

    private void siftUp(int from, long nanos, long rank, Runnable happening) {
        int slot = from;
        while (slot > 0) {
            int parent = (slot - 1) >>> 1;
            if (!isBefore(nanos, rank, parent)) {
                break;
            }
            move(parent, slot);
            slot = parent;
        }
        put(slot, nanos, rank, happening);
    }

    private void siftDown(long nanos, long rank, Runnable happening) {
        int slot = 0;
        while (2 * slot + 1 < size) {
            int child = 2 * slot + 1;
            if (child + 1 < size && isBefore(due[child + 1], tie[child + 1], child)) {
                child++;
            }
            if (isBefore(nanos, rank, child)) {
                break;
            }
            move(child, slot);
            slot = child;
        }
        put(slot, nanos, rank, happening);
    }

    private boolean isBefore(long nanos, long rank, int slot) {
        return nanos != due[slot] ? nanos < due[slot] : rank < tie[slot];
    }

    private void move(int from, int to) {
        due[to] = due[from];
        tie[to] = tie[from];
        what[to] = what[from];
    }

    private void put(int slot, long nanos, long rank, Runnable happening) {
        due[slot] = nanos;
        tie[slot] = rank;
        what[slot] = happening;
    }
}
