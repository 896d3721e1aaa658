package dev.holdfast.policy;

import dev.holdfast.model.NodeId;

/**
 * An administrator named a node. Forgotten as soon as the instance is ONLINE there, or could not be started there. It
 * does not bring what must run with the instance back to a node where that failed since.
 *
 * @param node where the instance shall run
 * @param only true: if it cannot be started there, it is not started elsewhere ({@code start -n})
 */
public record Wish(NodeId node, boolean only) {}
