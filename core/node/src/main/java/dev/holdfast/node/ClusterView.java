package dev.holdfast.node;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What cssd tells crsd about the membership.
 *
 * @param self this node, and {@code incarnation} the life of its cssd
 * @param unsettled the lives that were voted out; of those not {@link Unsettled#settled} nothing may be started elsewhere
 */
public record ClusterView(
        NodeId self,
        Incarnation incarnation,
        Epoch epoch,
        long sub,
        NodeId master,
        SortedMap<NodeId, Incarnation> members,
        List<Unsettled> unsettled,
        RegistryRoot root) {

    /**
     * A life of a node that was voted out.
     *
     * @param settled whether it is proved that nothing of it can run any more
     * @param proof F1 to F5, empty as long as it is not settled
     */
    public record Unsettled(
            NodeId node, Incarnation incarnation, Epoch evictedIn, boolean settled, String proof, String detail) {}

    public ClusterView {
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
        unsettled = List.copyOf(unsettled);
    }

    public boolean isMember(NodeId node) {
        return members.containsKey(node);
    }

    public boolean selfIsMaster() {
        return master.equals(self);
    }

    /** Whether a life of {@code node} may still run something. */
    public boolean mayStillRun(NodeId node) {
        return unsettled.stream().anyMatch(life -> life.node().equals(node) && !life.settled());
    }
}
