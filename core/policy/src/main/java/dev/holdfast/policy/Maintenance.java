package dev.holdfast.policy;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.ResourceName;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What administrators took out of the hands of the policy for a while. Kept in the registry: it survives every restart.
 *
 * @param drained servers that everything that can move leaves, and that are given nothing ({@code drain node})
 * @param unused servers that keep what they run and are given nothing more ({@code set resource use 0})
 * @param frozenCluster nothing is started, stopped or moved
 * @param frozen resources that are not started, stopped or moved
 */
public record Maintenance(NodeSet drained, NodeSet unused, boolean frozenCluster, SortedSet<ResourceName> frozen) {
    public static final Maintenance NONE = new Maintenance(NodeSet.EMPTY, NodeSet.EMPTY, false, new TreeSet<>());

    public Maintenance {
        frozen = Collections.unmodifiableSortedSet(new TreeSet<>(frozen));
    }

    /** True if nothing is done to a resource by itself, nor on a command. */
    public boolean isFrozen(ResourceName name) {
        return frozenCluster || (!frozen.isEmpty() && frozen.contains(name));
    }

    /** True if a server is given no cluster resources. */
    public boolean refuses(NodeId node) {
        return drained.contains(node) || unused.contains(node);
    }

    Maintenance withDrained(NodeId node, boolean drain) {
        return new Maintenance(drain ? drained.with(node) : drained.without(node), unused, frozenCluster, frozen);
    }

    Maintenance withUse(NodeId node, boolean use) {
        return new Maintenance(drained, use ? unused.without(node) : unused.with(node), frozenCluster, frozen);
    }

    Maintenance withFrozenCluster(boolean freeze) {
        return new Maintenance(drained, unused, freeze, frozen);
    }

    Maintenance withFrozen(ResourceName name, boolean freeze) {
        SortedSet<ResourceName> names = new TreeSet<>(frozen);
        if (freeze) {
            names.add(name);
        } else {
            names.remove(name);
        }
        return new Maintenance(drained, unused, frozenCluster, names);
    }
}
