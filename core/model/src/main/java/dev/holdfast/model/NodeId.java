package dev.holdfast.model;

/** A machine's numbered place in the cluster, 1 to 64. */
public record NodeId(int number) implements Comparable<NodeId> {
    /** The highest node number: a {@link NodeSet} is one 64-bit word. */
    public static final int MAX = 64;

    public NodeId {
        if (number < 1 || number > MAX) {
            throw new IllegalArgumentException("node number must be 1.." + MAX + ", got " + number);
        }
    }

    @Override
    public int compareTo(NodeId other) {
        return Integer.compare(number, other.number);
    }

    @Override
    public String toString() {
        return "n" + number;
    }
}
