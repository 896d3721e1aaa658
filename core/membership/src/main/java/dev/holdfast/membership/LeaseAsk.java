package dev.holdfast.membership;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;

/**
 * "I can't reach the voting disks: do you acknowledge me as a member of {@code epoch}?", to every member of the view.
 *
 * @param request grows with every new question of this incarnation; the same one may be sent again
 */
public record LeaseAsk(NodeId from, Incarnation incarnation, Epoch epoch, long request) {}
