package dev.holdfast.membership;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.UUID;

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

    /**
     * The administrator changes the voting set. Answered when the change is complete, which is two ballots later.
     *
     * @param add formatted disks that are in no set, with the path at which the master has them
     * @param remove disks of the present set
     */
    record ChangeDisks(SortedMap<UUID, String> add, SortedSet<UUID> remove) implements ViewChange {}

    /** The administrator wants {@code node} voted out and fenced. */
    record Evict(NodeId node, String by, String reason) implements ViewChange {}
}
