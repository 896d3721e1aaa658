package dev.holdfast.testkit;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The time of a false world, in nanoseconds from its beginning, and everything that is going to happen in it. What is
 * due at the same nanosecond happens in an order drawn from the seed, so that no test leans on the order of insertion.
 */
public final class VirtualTime {
    /** Bits of a key that are drawn from the seed; the others are the time. */
    private static final int TIE_BITS = 20;

    /** The end of time: almost two and a half hours, in nanoseconds. */
    private static final long LAST = Long.MAX_VALUE >>> TIE_BITS;

    private final Chance ties;
    // A heap in which every slot has four children: half as deep as with two, and the children lie side by side.
    private long[] keys = new long[256];
    private @Nullable Runnable[] what = new Runnable[256];
    private int size;
    private long now;

    public VirtualTime(Chance ties) {
        this.ties = ties;
    }

    /** Nanoseconds since the world began. */
    public long now() {
        return now;
    }

    /**
     * Lets {@code happening} happen at {@code nanos}, or now if that is past. It cannot be taken back: let it look, or
     * use an {@link Alarm}.
     */
    public void at(long nanos, Runnable happening) {
        long due = Math.max(nanos, now);
        if (due > LAST) {
            throw new IllegalArgumentException("time ends at " + LAST + " ns, and something is to happen at " + due);
        }
        if (size == keys.length) {
            keys = Arrays.copyOf(keys, 2 * size);
            what = Arrays.copyOf(what, 2 * size);
        }
        siftUp(size++, (due << TIE_BITS) | (ties.next() >>> (Long.SIZE - TIE_BITS)), happening);
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
        now = keys[0] >>> TIE_BITS;
        size--;
        Runnable last = what[size];
        what[size] = null;
        if (size > 0) {
            siftDown(keys[size], last);
        }
        if (first != null) {
            first.run();
        }
        return true;
    }

    private void siftUp(int from, long key, Runnable happening) {
        int slot = from;
        while (slot > 0) {
            int parent = (slot - 1) >>> 2;
            if (key >= keys[parent]) {
                break;
            }
            keys[slot] = keys[parent];
            what[slot] = what[parent];
            slot = parent;
        }
        keys[slot] = key;
        what[slot] = happening;
    }

    private void siftDown(long key, @Nullable Runnable happening) {
        int slot = 0;
        while (true) {
            int child = (slot << 2) + 1;
            if (child >= size) {
                break;
            }
            int end = Math.min(child + 4, size);
            for (int other = child + 1; other < end; other++) {
                if (keys[other] < keys[child]) {
                    child = other;
                }
            }
            if (key <= keys[child]) {
                break;
            }
            keys[slot] = keys[child];
            what[slot] = what[child];
            slot = child;
        }
        keys[slot] = key;
        what[slot] = happening;
    }
}
