package dev.holdfast.model;

import org.jspecify.annotations.Nullable;

/**
 * A machine's numbered place in the cluster, 1 to 64. The policy can also plan for clusters that exist on paper only, with
 * numbers to {@link #ON_PAPER}: such a number is made by {@link #onPaper} and nothing else, so that none gets in from a disk,
 * the network or a file.
 */
public final class NodeId implements Comparable<NodeId> {
    /** The highest node number: views, and blocks on voting disks, hold sets of nodes as one 64-bit word. */
    public static final int MAX = 64;

    /** The highest node number on paper. */
    public static final int ON_PAPER = 256;

    private static final NodeId[] ALL = all();

    private final int number;

    public NodeId(int number) {
        this(number, MAX);
    }

    private NodeId(int number, int max) {
        if (number < 1 || number > max) {
            throw new IllegalArgumentException("node number must be 1.." + max + ", got " + number);
        }
        this.number = number;
    }

    private static NodeId[] all() {
        NodeId[] all = new NodeId[ON_PAPER];
        for (int i = 0; i < ON_PAPER; i++) {
            all[i] = new NodeId(i + 1, ON_PAPER);
        }
        return all;
    }

    /** A node of a cluster that may exist on paper only: 1 to {@link #ON_PAPER}. */
    public static NodeId onPaper(int number) {
        if (number < 1 || number > ON_PAPER) {
            throw new IllegalArgumentException("node number must be 1.." + ON_PAPER + ", got " + number);
        }
        return ALL[number - 1];
    }

    public int number() {
        return number;
    }

    @Override
    public int compareTo(NodeId other) {
        return Integer.compare(number, other.number);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof NodeId node && node.number == number;
    }

    @Override
    public int hashCode() {
        return number;
    }

    @Override
    public String toString() {
        return "n" + number;
    }
}
