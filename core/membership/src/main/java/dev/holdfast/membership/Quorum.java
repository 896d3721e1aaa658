package dev.holdfast.membership;

import dev.holdfast.model.VotingSet;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
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
    /**
     * One set.
     *
     * @param disks its disks by identity; empty where disks have none
     * @param open those of them that are open here, as bits
     * @param size how many disks it has in all
     */
    record Votes(SortedSet<UUID> disks, long open, int size) {
        boolean areMajority(long disks) {
            return 2 * Long.bitCount(disks & open) > size;
        }

        boolean isSameSet(Votes other) {
            return size == other.size && disks.equals(other.disks);
        }

        /** The same set, now that number {@code disk} is the disk {@code id} and no other any more. */
        Votes opened(int disk, UUID id) {
            long bit = 1L << disk;
            return new Votes(disks, disks.contains(id) ? open | bit : open & ~bit, size);
        }
    }

    Quorum {
        sets = List.copyOf(new LinkedHashSet<>(sets));
    }

    /** Before any voting set is known: nothing can be decided. */
    static final Quorum NONE = new Quorum(List.of());

    /** More than half of the first {@code disks} disks, whatever they are. */
    static Quorum ofFirst(int disks) {
        return new Quorum(List.of(new Votes(new TreeSet<>(), (1L << disks) - 1, disks)));
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
        return new Votes(disks, bits, disks.size());
    }

    /** Enough for this and for {@code other}. */
    Quorum and(Quorum other) {
        List<Votes> both = new ArrayList<>(sets);
        both.addAll(other.sets);
        return new Quorum(both);
    }

    /** Enough for this is enough for {@code other}: it asks every set that the other asks, whatever was open when they were made. */
    boolean covers(Quorum other) {
        return other.sets.stream().allMatch(wanted -> sets.stream().anyMatch(wanted::isSameSet));
    }

    /**
     * The same sets, now that number {@code disk} is the disk {@code id}. Only for a number under which nothing was counted yet.
     */
    Quorum opened(int disk, UUID id) {
        return new Quorum(sets.stream().map(set -> set.opened(disk, id)).toList());
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
