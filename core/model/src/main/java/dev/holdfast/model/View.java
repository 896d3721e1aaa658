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
 * @param votingSet which voting disks decide
 * @param css cluster-wide timing settings that differ from the profile's, in milliseconds, by name
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
        VotingSet votingSet,
        SortedMap<String, Integer> css,
        NodeId proposer,
        String reason) {

    /**
     * A life of a node that was voted out in {@code evictedIn} and is not known to be harmless yet.
     *
     * @param cold whoever voted it out was not a member of the view it changed, so that the life may have been kept
     *     alive by acknowledgements that nobody remembers: takeover by timer waits the longer time
     */
    public record Unsettled(NodeId node, Incarnation incarnation, Epoch evictedIn, boolean cold) {}

    public View {
        members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
        unsettled = List.copyOf(unsettled);
        css = Collections.unmodifiableSortedMap(new TreeMap<>(css));
        if (members.isEmpty()) {
            throw new IllegalArgumentException("a view has at least one member");
        }
        if (!members.containsKey(master)) {
            throw new IllegalArgumentException("the master " + master + " is not a member of " + members.keySet());
        }
    }

    /** A view over the configured voting disks and with the settings of the profile. */
    public View(
            Epoch epoch,
            long sub,
            SortedMap<NodeId, Incarnation> members,
            NodeId master,
            List<Unsettled> unsettled,
            RegistryRoot registryRoot,
            NodeId proposer,
            String reason) {
        this(
                epoch,
                sub,
                members,
                master,
                unsettled,
                registryRoot,
                VotingSet.CONFIGURED,
                new TreeMap<>(),
                proposer,
                reason);
    }

    /** The view that follows when members or master change: the next epoch; what the view carries else stays. */
    public View withMembers(
            SortedMap<NodeId, Incarnation> newMembers,
            NodeId newMaster,
            List<Unsettled> newUnsettled,
            NodeId by,
            String why) {
        return new View(epoch.next(), 0, newMembers, newMaster, newUnsettled, registryRoot, votingSet, css, by, why);
    }

    /** The view that follows when some voted-out lives need no more proof. */
    public View withUnsettled(List<Unsettled> rest, NodeId by, String why) {
        return new View(epoch, sub + 1, members, master, rest, registryRoot, votingSet, css, by, why);
    }

    /** The view that follows when the registry gets a new root. */
    public View withRoot(RegistryRoot root, NodeId by, String why) {
        return new View(epoch, sub + 1, members, master, unsettled, root, votingSet, css, by, why);
    }

    /** The view that follows when the timing settings change. */
    public View withCss(SortedMap<String, Integer> settings, NodeId by, String why) {
        return new View(epoch, sub + 1, members, master, unsettled, registryRoot, votingSet, settings, by, why);
    }

    /** The view that follows when the voting disks change. */
    public View withVotingSet(VotingSet set, NodeId by, String why) {
        return new View(epoch, sub + 1, members, master, unsettled, registryRoot, set, css, by, why);
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
