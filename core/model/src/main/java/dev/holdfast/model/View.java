package dev.holdfast.model;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The membership that a cohort agreed on: the value of the view register.
 *
 * @param epoch grows by one with every change of members or master
 * @param sub grows by one with every change that leaves the members as they are (registry root, settled nodes)
 * @param members who is in, each with the one incarnation that is meant
 * @param master the member that decides about resources and writes the registry; there is no other election
 * @param unsettled the lives that were voted out and may still run something; none of theirs may be started
 *     elsewhere before a proof (F1-F5) is there
 * @param registryRoot where the registry log begins
 * @param proposer who wrote this view
 * @param reason why, for people
 */
public record View(
        Epoch epoch,
        long sub,
        SortedMap<NodeId, Incarnation> members,
        NodeId master,
        List<Unsettled> unsettled,
        RegistryRoot registryRoot,
        NodeId proposer,
        String reason) {

    /** A life of a node that was voted out in {@code evictedIn} and is not known to be harmless yet. */
    public record Unsettled(NodeId node, Incarnation incarnation, Epoch evictedIn) {}

    public View {
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
        unsettled = List.copyOf(unsettled);
        if (members.isEmpty()) {
            throw new IllegalArgumentException("a view has at least one member");
        }
        if (!members.containsKey(master)) {
            throw new IllegalArgumentException("the master " + master + " is not a member of " + members.keySet());
        }
    }

    public NodeSet memberSet() {
        return NodeSet.of(members.keySet());
    }

    public boolean hasMember(NodeId node, Incarnation incarnation) {
        return incarnation.equals(members.get(node));
    }

    public Optional<Unsettled> unsettled(NodeId node) {
        return unsettled.stream().filter(u -> u.node().equals(node)).findFirst();
    }

    /** True if this view comes later than {@code other} in the chain of committed views. */
    public boolean isAfter(View other) {
        int byEpoch = epoch.compareTo(other.epoch);
        return byEpoch != 0 ? byEpoch > 0 : sub > other.sub;
    }

    @Override
    public String toString() {
        return "view " + epoch + "." + sub + " members " + members + " master " + master
                + (unsettled.isEmpty() ? "" : " unsettled " + unsettled);
    }
}
