package dev.holdfast.policy;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import org.jspecify.annotations.Nullable;

/**
 * An administrator named a node, or several. Forgotten as soon as the instance is ONLINE there, or could not be started there. It
 * does not bring what must run with the instance back to a node where that failed since.
 *
 * @param nodes where the instance shall run; of several, where its placement says. Never empty
 * @param only true: if it cannot be started there, it is not started elsewhere ({@code start -n}, {@code start -s})
 */
public record Wish(NodeSet nodes, boolean only) {
    public Wish {
        if (nodes.isEmpty()) {
            throw new IllegalArgumentException("a wish for no node");
        }
    }

    public Wish(NodeId node, boolean only) {
        this(NodeSet.of(node), only);
    }

    /** The node, if it is for one. */
    @Nullable
    NodeId node() {
        return nodes.size() == 1 ? nodes.lowest() : null;
    }

    boolean isFor(@Nullable NodeId node) {
        return node != null && nodes.size() == 1 && nodes.contains(node);
    }

    /** True if it is fulfilled by this node. */
    boolean allows(NodeId node) {
        return nodes.contains(node);
    }
}
