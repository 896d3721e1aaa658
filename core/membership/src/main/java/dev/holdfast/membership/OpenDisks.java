package dev.holdfast.membership;

import dev.holdfast.model.Moment;
import dev.holdfast.model.View;
import dev.holdfast.model.VotingSet;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The voting disks that this node has open, what they are, and how they answer. Knows which of them make a majority for which view. */
final class OpenDisks {
    /** The worst latency is that of the last one to two of these. */
    static final Duration WINDOW = Duration.ofMinutes(1);

    /** One open disk. */
    static final class One {
        private final @Nullable UUID id;
        private Moment good;
        private boolean everGood;
        private Duration latency = Duration.ZERO;
        private Duration worstBefore = Duration.ZERO;
        private Duration worst = Duration.ZERO;
        private Moment windowBegan;
        private String detail = "";
        private boolean reportedLost;

        private One(@Nullable UUID id, Moment now, boolean everGood) {
            this.id = id;
            this.everGood = everGood;
            good = now;
            windowBegan = now;
        }

        @Nullable
        UUID id() {
            return id;
        }

        /** When the last round that it took part in was complete on it; before the first, when it was opened. */
        Moment good() {
            return good;
        }

        Duration latency() {
            return latency;
        }

        Duration worst() {
            return worst.compareTo(worstBefore) > 0 ? worst : worstBefore;
        }

        String detail() {
            return detail;
        }

        void complain(String why) {
            detail = why;
        }

        /** A write and a read on it succeeded, the whole of which took {@code took}. */
        void praise(Moment now, Duration took) {
            good = now;
            everGood = true;
            latency = took;
            detail = "";
            if (now.since(windowBegan).compareTo(WINDOW) > 0) {
                windowBegan = now;
                worstBefore = worst;
                worst = Duration.ZERO;
            }
            worst = worst.compareTo(took) > 0 ? worst : took;
        }

        boolean isUsable(Moment now, Duration patience) {
            return everGood && now.since(good).compareTo(patience) <= 0;
        }

        /** True once for each change from usable to lost and back. */
        boolean isNews(boolean lost) {
            boolean news = lost != reportedLost;
            reportedLost = lost;
            return news;
        }
    }

    private final int unnamed;
    private final SortedMap<Integer, One> open = new TreeMap<>();
    private final SortedMap<UUID, Integer> numbers = new TreeMap<>();
    private SortedSet<UUID> first = new TreeSet<>();

    /**
     * @param unnamed how many disks without identities there are, which then all have a vote; 0 if disks have identities
     */
    OpenDisks(int unnamed, Moment now) {
        this.unnamed = unnamed;
        for (int disk = 0; disk < unnamed; disk++) {
            open.put(disk, new One(null, now, true));
        }
    }

    /** False if it is open already, or its number is taken, or it tells another first set than the disks before it. */
    boolean attach(Moment now, Input.DiskAttached attached) {
        boolean fits = attached.disk() >= 0
                && attached.disk() < MembershipSettings.DISKS_MAX
                && !open.containsKey(attached.disk())
                && !numbers.containsKey(attached.id())
                && (attached.first().isEmpty() || first.isEmpty() || first.equals(attached.first()));
        if (fits) {
            open.put(attached.disk(), new One(attached.id(), now, false));
            numbers.put(attached.id(), attached.disk());
            first = attached.first().isEmpty()
                    ? first
                    : Collections.unmodifiableSortedSet(new TreeSet<>(attached.first()));
        }
        return fits;
    }

    void detach(int disk) {
        One gone = open.remove(disk);
        if (gone != null && gone.id != null) {
            numbers.remove(gone.id);
        }
    }

    boolean isOpen(int disk) {
        return open.containsKey(disk);
    }

    @Nullable
    Integer number(UUID id) {
        return numbers.get(id);
    }

    SortedMap<Integer, One> all() {
        return open;
    }

    /** Every open disk as a bit. */
    long bits() {
        long bits = 0;
        for (int disk : open.keySet()) {
            bits |= 1L << disk;
        }
        return bits;
    }

    /** Those of {@code ids} that are open here, as bits. */
    long bits(Iterable<UUID> ids) {
        long bits = 0;
        for (UUID id : ids) {
            Integer number = numbers.get(id);
            bits |= number == null ? 0 : 1L << number;
        }
        return bits;
    }

    /** Which disks have a vote under {@code view}, null standing for none yet; the identities are empty where disks have none. */
    VotingSet setOf(@Nullable View view) {
        VotingSet set = view == null ? VotingSet.CONFIGURED : view.votingSet();
        return set.generation() == 0 ? new VotingSet(0, first, new TreeSet<>()) : set;
    }

    Quorum quorum(@Nullable View view) {
        VotingSet set = setOf(view);
        if (set.generation() == 0 && unnamed > 0) {
            return Quorum.ofFirst(unnamed);
        }
        return set.disks().isEmpty() ? Quorum.NONE : Quorum.of(set, numbers);
    }

    /** The identities of the disks that are usable at present. */
    SortedSet<UUID> usable(Moment now, Duration patience) {
        SortedSet<UUID> usable = new TreeSet<>();
        for (One one : open.values()) {
            if (one.id != null && one.isUsable(now, patience)) {
                usable.add(one.id);
            }
        }
        return usable;
    }
}
