package dev.holdfast.model;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Which voting disks decide. It is part of the view, so that it changes only by a ballot of its own.
 *
 * <p>A change goes through a joint phase, as in Raft (Ongaro and Ousterhout, 2014, section 6): while {@code outgoing} is
 * not empty, every majority is needed twice, in the new set and in the outgoing one.
 *
 * @param generation grows by one with every change; 0 means {@link #CONFIGURED}
 * @param disks identities of the disks that decide
 * @param outgoing identities of the disks that decided before, while the change is not complete; else empty
 */
public record VotingSet(long generation, SortedSet<UUID> disks, SortedSet<UUID> outgoing) {
    /** No change was ever made: the disks that the configuration lists decide. */
    public static final VotingSet CONFIGURED = new VotingSet(0, new TreeSet<>(), new TreeSet<>());

    public VotingSet {
        disks = Collections.unmodifiableSortedSet(new TreeSet<>(disks));
        outgoing = Collections.unmodifiableSortedSet(new TreeSet<>(outgoing));
    }

    /** True between the two ballots of a change. */
    public boolean isJoint() {
        return !outgoing.isEmpty();
    }
}
