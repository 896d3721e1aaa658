package dev.holdfast.policy;

import dev.holdfast.model.NodeId;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * How much of each server is taken by what runs there or shall: WORKLOAD_CPU in hundredths of a processor, and
 * WORKLOAD_MEMORY_TARGET in megabytes. A server of which it is not known what it has takes everything. What runs is never
 * stopped for want of room.
 */
final class Capacity {
    private final Board board;
    // By node number.
    private final long[] cpu = new long[NodeId.ON_PAPER + 1];
    private final long[] memory = new long[NodeId.ON_PAPER + 1];

    Capacity(Board board) {
        this.board = board;
    }

    void take(ResourceEntry entry, NodeId node) {
        cpu[node.number()] += entry.definition.workloadCpu();
        memory[node.number()] += entry.definition.workloadMemory();
    }

    /**
     * Why there is no room on a node; null if there is.
     *
     * @param together resources that come there with it, and must find room too
     */
    @Nullable
    Obstacle obstacle(Slot slot, NodeId node, Collection<ResourceEntry> together) {
        long needsCpu = need(slot, node, slot.entry.definition.workloadCpu());
        long needsMemory = need(slot, node, slot.entry.definition.workloadMemory());
        for (ResourceEntry other : together) {
            Slot beside = other == slot.entry ? null : slot.partnerIn(other);
            if (beside != null) {
                needsCpu += need(beside, node, other.definition.workloadCpu());
                needsMemory += need(beside, node, other.definition.workloadMemory());
            }
        }
        if (needsCpu == 0 && needsMemory == 0) {
            return null;
        }
        Server server = board.situation.servers().get(node);
        if (server == null) {
            return null;
        }
        if (needsCpu > 0 && server.cpu() > 0 && cpu[node.number()] + needsCpu > server.cpu()) {
            return new Obstacle(
                    "WORKLOAD_CPU",
                    "it needs " + needsCpu + " hundredths of a processor, and " + cpu[node.number()] + " of "
                            + server.cpu() + " are taken");
        }
        if (needsMemory > 0 && server.memory() > 0 && memory[node.number()] + needsMemory > server.memory()) {
            return new Obstacle(
                    "WORKLOAD_MEMORY_TARGET",
                    "it needs " + needsMemory + " MB of memory, and " + memory[node.number()] + " of " + server.memory()
                            + " are taken");
        }
        return null;
    }

    /** What is there already has its room, and so has what was given its place in this plan. */
    private static long need(Slot slot, NodeId node, long amount) {
        return node.equals(slot.at) || node.equals(slot.goal) ? 0 : amount;
    }
}
