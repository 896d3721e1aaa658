package dev.holdfast.membership;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;

/**
 * What a node says over every private network, every heartbeat interval.
 *
 * @param sequence grows by one with every beat of this incarnation
 * @param epoch the newest view it knows
 * @param round the reconfiguration round it takes part in, 0 for none: who hears of a new one answers on disk at once
 * @param hears whom it heard lately, itself included: a link counts only if both directions work
 * @param disks whether it completed a round on a majority of the voting disks lately
 * @param bootId the boot of the kernel it runs on, hashed
 */
public record Heartbeat(
        NodeId from,
        Incarnation incarnation,
        long sequence,
        NodeState state,
        Epoch epoch,
        long round,
        NodeSet hears,
        boolean disks,
        long bootId) {}
