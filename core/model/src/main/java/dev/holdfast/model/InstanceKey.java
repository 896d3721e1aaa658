package dev.holdfast.model;

import java.util.Comparator;

/** A resource on a node: the place where at most one instance of it can run. */
public record InstanceKey(ResourceName resource, NodeId node) implements Comparable<InstanceKey> {
    private static final Comparator<InstanceKey> ORDER =
            Comparator.comparing(InstanceKey::resource).thenComparing(InstanceKey::node);

    @Override
    public int compareTo(InstanceKey other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return resource + " on " + node;
    }
}
