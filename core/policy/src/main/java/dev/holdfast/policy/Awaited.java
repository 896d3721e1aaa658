package dev.holdfast.policy;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.Target;
import java.util.Optional;

/**
 * What a command waits for.
 *
 * @param target ONLINE: all instances that are wanted run; OFFLINE: none runs
 * @param node the instance on this node only (stop, start of a local resource), or the node to move to (relocate)
 */
public record Awaited(Target target, Optional<NodeId> node) {}
