package dev.holdfast.membership;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.util.Map;

/**
 * Chooses who goes on after a partition: the largest clique of nodes that hear each other both ways; among equals the
 * one that weighs most (that runs most), then the one with the present master, then the one with the lowest number.
 *
 * <p>The choice is deterministic, but safety never depends on two nodes computing the same: only the view register
 * decides.
 */
final class Cohort {
    /** Beyond this many steps the graph is so odd that a good clique will do instead of the best one. */
    private static final int STEP_BUDGET = 200_000;

    private final long[] neighbours = new long[NodeId.MAX];
    private final Map<NodeId, Integer> weights;
    private final NodeId master;
    private long best;
    private int steps;

    private Cohort(Map<NodeId, Integer> weights, NodeId master) {
        this.weights = weights;
        this.master = master;
    }

    /**
     * @param reach whom each vertex hears; vertices are the keys. An edge needs both directions
     * @param weights weight per node, 0 if absent
     */
    static NodeSet choose(Map<NodeId, NodeSet> reach, Map<NodeId, Integer> weights, NodeId master) {
        Cohort cohort = new Cohort(weights, master);
        long vertices = NodeSet.of(reach.keySet()).bits();
        reach.forEach((node, heard) -> {
            long mutual = 0;
            for (var other : reach.entrySet()) {
                boolean both =
                        heard.contains(other.getKey()) && other.getValue().contains(node);
                if (both && !other.getKey().equals(node)) {
                    mutual |= 1L << (other.getKey().number() - 1);
                }
            }
            cohort.neighbours[node.number() - 1] = mutual;
        });
        cohort.search(0, vertices, 0);
        return new NodeSet(cohort.best);
    }

    /** Bron and Kerbosch (1973) with a pivot: every maximal clique once. */
    private void search(long clique, long candidates, long excluded) {
        if (++steps > STEP_BUDGET && best != 0) {
            return;
        }
        if (candidates == 0 && excluded == 0) {
            if (isBetter(clique, best)) {
                best = clique;
            }
            return;
        }
        long pivotNeighbours = 0;
        for (long rest = candidates | excluded; rest != 0; rest &= rest - 1) {
            long mutual = neighbours[Long.numberOfTrailingZeros(rest)] & candidates;
            if (Long.bitCount(mutual) >= Long.bitCount(pivotNeighbours)) {
                pivotNeighbours = mutual;
            }
        }
        long open = candidates;
        long closed = excluded;
        for (long rest = candidates & ~pivotNeighbours; rest != 0; rest &= rest - 1) {
            int index = Long.numberOfTrailingZeros(rest);
            long bit = 1L << index;
            search(clique | bit, open & neighbours[index], closed & neighbours[index]);
            open &= ~bit;
            closed |= bit;
        }
    }

    private boolean isBetter(long clique, long than) {
        if (than == 0) {
            return true;
        }
        int bySize = Integer.compare(Long.bitCount(clique), Long.bitCount(than));
        if (bySize != 0) {
            return bySize > 0;
        }
        long byWeight = weightOf(clique) - weightOf(than);
        if (byWeight != 0) {
            return byWeight > 0;
        }
        long masterBit = 1L << (master.number() - 1);
        boolean hasMaster = (clique & masterBit) != 0;
        if (hasMaster != ((than & masterBit) != 0)) {
            return hasMaster;
        }
        // The one that holds the lowest number in which the two differ.
        long differ = clique ^ than;
        return (clique & Long.lowestOneBit(differ)) != 0;
    }

    private long weightOf(long clique) {
        long sum = 0;
        for (NodeId node : new NodeSet(clique).nodes()) {
            sum += weights.getOrDefault(node, 0);
        }
        return sum;
    }
}
