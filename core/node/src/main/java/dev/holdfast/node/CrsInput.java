package dev.holdfast.node;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.policy.Command;
import dev.holdfast.policy.Maintenance;
import dev.holdfast.policy.Setup;
import dev.holdfast.policy.Wanted;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Everything that can happen to a {@link Crs}. */
public sealed interface CrsInput {
    /**
     * cssd says how the membership stands.
     *
     * @param lease by which this node may act in exactly this view's epoch; empty: it may not (yet)
     */
    record ViewReceived(ClusterView view, Optional<HeldLease> lease) implements CrsInput {}

    /** {@code until}: when the lease ends; {@code letGoAt}: when everything is let go of unless it is renewed before. */
    record HeldLease(Moment until, Moment letGoAt) {}

    /** cssd is letting go of everything. */
    record LetGoOrdered(String reason) implements CrsInput {}

    /** A peer can be talked to; everything said before may be lost. */
    record PeerUp(NodeId peer) implements CrsInput {}

    /** A peer can't be talked to. */
    record PeerDown(NodeId peer) implements CrsInput {}

    /** A peer said something. {@code incarnation} and {@code epoch} as the peer sees itself. */
    record PeerSaid(NodeId peer, Incarnation incarnation, Epoch epoch, PeerMessage message) implements CrsInput {}

    /** {@link CrsEffect.Run} has ended, and nothing of the action runs any more. */
    record ActionFinished(ResourceName resource, long run, int exit, boolean timedOut, List<String> output)
            implements CrsInput {}

    /** A main process of a resource's application has ended. {@code all}: it was the last of its processes. */
    record ProcessesGone(ResourceName resource, boolean all) implements CrsInput {}

    /** Something happened that may have changed the state of a resource: check it now. */
    record Look(ResourceName resource) implements CrsInput {}

    /** This node is the master and the registry is recovered: this is what it holds. */
    record RegistryServing(
            long version,
            SortedMap<ResourceName, ResourceDefinition> definitions,
            SortedMap<ResourceName, Wanted> wanted,
            SortedMap<NodeId, Incarnation> greeted,
            Maintenance maintenance,
            Setup setup)
            implements CrsInput {
        /** Without anything beside the resources. */
        public RegistryServing(
                long version,
                SortedMap<ResourceName, ResourceDefinition> definitions,
                SortedMap<ResourceName, Wanted> wanted,
                SortedMap<NodeId, Incarnation> greeted,
                Maintenance maintenance) {
            this(version, definitions, wanted, greeted, maintenance, Setup.NONE);
        }

        /** Without any maintenance, too. */
        public RegistryServing(
                long version,
                SortedMap<ResourceName, ResourceDefinition> definitions,
                SortedMap<ResourceName, Wanted> wanted,
                SortedMap<NodeId, Incarnation> greeted) {
            this(version, definitions, wanted, greeted, Maintenance.NONE);
        }
    }

    /** {@link CrsEffect.Write} will survive; it made {@code version}. */
    record RegistryWritten(long id, long version) implements CrsInput {}

    /** {@link CrsEffect.Write} will never appear. */
    record RegistryRefused(long id, String reason) implements CrsInput {}

    /** This mastership is over for the registry; a write under way may or may not survive. */
    record RegistryLost(String reason) implements CrsInput {}

    /**
     * An administrator asks this master for something; answered by effects with the same number.
     *
     * @param environment handed to the actions on the resources that are named, for this command only
     */
    record CommandGiven(long id, Command command, SortedMap<String, String> environment) implements CrsInput {
        public CommandGiven {
            environment = Collections.unmodifiableSortedMap(new TreeMap<>(environment));
        }

        /** With nothing for the actions. */
        public CommandGiven(long id, Command command) {
            this(id, command, Collections.emptySortedMap());
        }
    }

    /**
     * An administrator wants this node to stop what it runs, in order, and to leave; answered by {@link CrsEffect.Left}, or without force perhaps by
     * {@link CrsEffect.Stays}.
     *
     * @param force what does not stop is given up. Also while the node is leaving without force
     */
    record Leave(boolean force) implements CrsInput {}

    /** Look at the time. An extra one is harmless. */
    record Tick() implements CrsInput {}
}
