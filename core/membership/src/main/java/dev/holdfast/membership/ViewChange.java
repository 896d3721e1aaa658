package dev.holdfast.membership;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import java.util.SortedMap;

/** A change of the view that the present master is asked to make; anybody else refuses it. */
public sealed interface ViewChange {
    /** crsd, as the master of {@code epoch}, sets the registry root. */
    record SetRoot(Epoch epoch, RegistryRoot root) implements ViewChange {}

    /**
     * The administrator sets timing for the whole cluster; refused when the result is not safe.
     *
     * @param changes milliseconds by name, see {@link Timing#NAMES}; -1 takes the profile's value again
     */
    record SetCss(SortedMap<String, Integer> changes) implements ViewChange {}

    /** The administrator wants {@code node} voted out and fenced. */
    record Evict(NodeId node, String by, String reason) implements ViewChange {}
}
