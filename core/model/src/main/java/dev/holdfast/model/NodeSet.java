package dev.holdfast.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** A set of nodes as one word: bit {@code n-1} stands for node {@code n}. Iteration is in ascending node number. */
public record NodeSet(long bits) {
    public static final NodeSet EMPTY = new NodeSet(0);

    public static NodeSet of(Collection<NodeId> nodes) {
        long bits = 0;
        for (NodeId node : nodes) {
            bits |= bit(node);
        }
        return new NodeSet(bits);
    }

    public static NodeSet of(NodeId... nodes) {
        return of(List.of(nodes));
    }

    private static long bit(NodeId node) {
        return 1L << (node.number() - 1);
    }

    public boolean contains(NodeId node) {
        return (bits & bit(node)) != 0;
    }

    public boolean containsAll(NodeSet other) {
        return (other.bits & ~bits) == 0;
    }

    public NodeSet with(NodeId node) {
        return new NodeSet(bits | bit(node));
    }

    public NodeSet without(NodeId node) {
        return new NodeSet(bits & ~bit(node));
    }

    public NodeSet minus(NodeSet other) {
        return new NodeSet(bits & ~other.bits);
    }

    public NodeSet and(NodeSet other) {
        return new NodeSet(bits & other.bits);
    }

    public boolean isEmpty() {
        return bits == 0;
    }

    public int size() {
        return Long.bitCount(bits);
    }

    /** The member with the lowest number. Fails on an empty set. */
    public NodeId lowest() {
        if (bits == 0) {
            throw new IllegalStateException("an empty node set has no lowest member");
        }
        return new NodeId(Long.numberOfTrailingZeros(bits) + 1);
    }

    /** The members in ascending order. */
    public List<NodeId> nodes() {
        List<NodeId> result = new ArrayList<>(size());
        for (long rest = bits; rest != 0; rest &= rest - 1) {
            result.add(new NodeId(Long.numberOfTrailingZeros(rest) + 1));
        }
        return result;
    }

    @Override
    public String toString() {
        return nodes().toString();
    }
}
