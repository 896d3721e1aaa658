package dev.holdfast.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A set of nodes as one word: bit {@code n-1} stands for node {@code n}. A set with nodes that exist on paper only has more words.
 * Iteration is in ascending node number.
 */
public final class NodeSet {
    public static final NodeSet EMPTY = new NodeSet(0);

    private static final int WORDS = NodeId.ON_PAPER / Long.SIZE;

    private final long bits;

    // The words after the first; null if all of them are zero, which is so in every cluster that exists.
    private final long @Nullable [] more;

    public NodeSet(long bits) {
        this(bits, null);
    }

    private NodeSet(long bits, long @Nullable [] more) {
        this.bits = bits;
        this.more = more;
    }

    /** {@code more} is taken over. */
    private static NodeSet ofWords(long bits, long[] more) {
        for (long word : more) {
            if (word != 0) {
                return new NodeSet(bits, more);
            }
        }
        return new NodeSet(bits);
    }

    public static NodeSet of(Collection<NodeId> nodes) {
        long bits = 0;
        long[] more = null;
        for (NodeId node : nodes) {
            if (isInFirst(node)) {
                bits |= bit(node);
            } else {
                more = more == null ? new long[WORDS - 1] : more;
                more[word(node)] |= bit(node);
            }
        }
        return new NodeSet(bits, more);
    }

    public static NodeSet of(NodeId... nodes) {
        return of(List.of(nodes));
    }

    private static boolean isInFirst(NodeId node) {
        return node.number() <= Long.SIZE;
    }

    private static int word(NodeId node) {
        return (node.number() - 1) / Long.SIZE - 1;
    }

    private static long bit(NodeId node) {
        return 1L << (node.number() - 1);
    }

    /** As one word. Fails if there is a node on paper in it: those have no place on disks and networks. */
    public long bits() {
        if (more != null) {
            throw new IllegalStateException("not a set of members of a cluster: " + this);
        }
        return bits;
    }

    private long[] moreWords() {
        return more == null ? new long[WORDS - 1] : more.clone();
    }

    public boolean contains(NodeId node) {
        if (isInFirst(node)) {
            return (bits & bit(node)) != 0;
        }
        return more != null && (more[word(node)] & bit(node)) != 0;
    }

    public boolean containsAll(NodeSet other) {
        if ((other.bits & ~bits) != 0) {
            return false;
        }
        return other.more == null || other.minus(this).more == null;
    }

    public NodeSet with(NodeId node) {
        if (isInFirst(node)) {
            return new NodeSet(bits | bit(node), more);
        }
        long[] words = moreWords();
        words[word(node)] |= bit(node);
        return new NodeSet(bits, words);
    }

    public NodeSet without(NodeId node) {
        if (isInFirst(node)) {
            return new NodeSet(bits & ~bit(node), more);
        }
        if (more == null) {
            return this;
        }
        long[] words = moreWords();
        words[word(node)] &= ~bit(node);
        return ofWords(bits, words);
    }

    public NodeSet minus(NodeSet other) {
        if (more == null || other.more == null) {
            return new NodeSet(bits & ~other.bits, more);
        }
        long[] words = more.clone();
        for (int i = 0; i < words.length; i++) {
            words[i] &= ~other.more[i];
        }
        return ofWords(bits & ~other.bits, words);
    }

    public NodeSet and(NodeSet other) {
        if (more == null || other.more == null) {
            return new NodeSet(bits & other.bits);
        }
        long[] words = more.clone();
        for (int i = 0; i < words.length; i++) {
            words[i] &= other.more[i];
        }
        return ofWords(bits & other.bits, words);
    }

    public NodeSet or(NodeSet other) {
        if (other.more == null) {
            return new NodeSet(bits | other.bits, more);
        }
        long[] words = moreWords();
        for (int i = 0; i < words.length; i++) {
            words[i] |= other.more[i];
        }
        return new NodeSet(bits | other.bits, words);
    }

    public boolean isEmpty() {
        return bits == 0 && more == null;
    }

    public int size() {
        int size = Long.bitCount(bits);
        if (more != null) {
            for (long word : more) {
                size += Long.bitCount(word);
            }
        }
        return size;
    }

    /** The member with the lowest number. Fails on an empty set. */
    public NodeId lowest() {
        if (isEmpty()) {
            throw new IllegalStateException("an empty node set has no lowest member");
        }
        return bits == 0 ? nodes().getFirst() : NodeId.onPaper(Long.numberOfTrailingZeros(bits) + 1);
    }

    /** The members in ascending order. */
    public List<NodeId> nodes() {
        List<NodeId> result = new ArrayList<>(size());
        add(result, bits, 1);
        if (more != null) {
            for (int i = 0; i < more.length; i++) {
                add(result, more[i], (i + 1) * Long.SIZE + 1);
            }
        }
        return result;
    }

    private static void add(List<NodeId> nodes, long word, int first) {
        for (long rest = word; rest != 0; rest &= rest - 1) {
            nodes.add(NodeId.onPaper(Long.numberOfTrailingZeros(rest) + first));
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof NodeSet set && set.bits == bits && Arrays.equals(set.more, more);
    }

    @Override
    public int hashCode() {
        return more == null ? Long.hashCode(bits) : 31 * Long.hashCode(bits) + Arrays.hashCode(more);
    }

    @Override
    public String toString() {
        return nodes().toString();
    }
}
