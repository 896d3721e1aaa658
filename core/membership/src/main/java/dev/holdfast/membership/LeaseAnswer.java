package dev.holdfast.membership;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;

/**
 * The answer to one {@link LeaseAsk}. Nothing else, no heartbeat in particular, counts as one.
 *
 * @param to who asked, in the life {@code asker}
 * @param request the question that is answered
 * @param granted false if {@code from} has its voting disks, so that the asker's trouble is its own
 */
public record LeaseAnswer(
        NodeId from,
        Incarnation incarnation,
        NodeId to,
        Incarnation asker,
        Epoch epoch,
        long request,
        boolean granted) {}
