package dev.holdfast.membership;

import dev.holdfast.model.VotingSet;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.UUID;

/**
 * What counts as enough voting disks: more than half of every set in force.
 *
 * <p>Disks are bits of a word, by the number under which this node has them open. A disk that is in a set and not open here has no
 * bit, but is counted in the size of its set: a majority is of the disks that decide, not of those that answer.
 *
 * @param sets without one nothing is ever enough
 */
record Quorum(List<Votes> sets) {
    /** The open disks of one set, and how many disks that set has in all. */
    record Votes(long open, int size) {
        boolean areMajority(long disks) {
            return 2 * Long.bitCount(disks & open) > size;
        }
    }

    Quorum {
        sets = List.copyOf(new LinkedHashSet<>(sets));
    }

    /** Before any voting set is known: nothing can be decided. */
    static final Quorum NONE = new Quorum(List.of());

    /** More than half of the first {@code disks} disks, whatever they are. */
    static Quorum ofFirst(int disks) {
        return new Quorum(List.of(new Votes((1L << disks) - 1, disks)));
    }

    /**
     * @param open the disks that this node has open, by identity
     */
    static Quorum of(VotingSet set, Map<UUID, Integer> open) {
        List<Votes> sets = new ArrayList<>();
        sets.add(votes(set.disks(), open));
        if (set.isJoint()) {
            sets.add(votes(set.outgoing(), open));
        }
        return new Quorum(sets);
    }

    private static Votes votes(SortedSet<UUID> disks, Map<UUID, Integer> open) {
        long bits = 0;
        for (UUID disk : disks) {
            Integer number = open.get(disk);
            bits |= number == null ? 0 : 1L << number;
        }
        return new Votes(bits, disks.size());
    }

    /** Enough for this and for {@code other}. */
    Quorum and(Quorum other) {
        List<Votes> both = new ArrayList<>(sets);
        both.addAll(other.sets);
        return new Quorum(both);
    }

    boolean covers(Quorum other) {
        return sets.containsAll(other.sets);
    }

    boolean isEnough(long disks) {
        return !sets.isEmpty() && sets.stream().allMatch(set -> set.areMajority(disks));
    }

    /** Every disk that has a vote and is open here. */
    long open() {
        long bits = 0;
        for (Votes set : sets) {
            bits |= set.open();
        }
        return bits;
    }
}
