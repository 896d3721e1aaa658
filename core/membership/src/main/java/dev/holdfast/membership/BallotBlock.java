package dev.holdfast.membership;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.View;
import org.jspecify.annotations.Nullable;

/**
 * A node's own block in the view area of a voting disk: its state in Disk Paxos (Gafni and Lamport, 2003).
 *
 * @param sequence grows with every ballot write of this node, also across incarnations
 * @param promised {@code mbal}: the highest ballot this node has begun
 * @param accepted {@code bal}: the ballot in which it last accepted a value, 0 for none
 * @param value that value
 */
public record BallotBlock(
        NodeId writer,
        Incarnation incarnation,
        long sequence,
        long promised,
        long accepted,
        @Nullable View value) {}
