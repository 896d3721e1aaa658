package dev.holdfast.cssd;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.View;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What is remembered of one life that was voted out: for people, and for the node itself when it is back. No decision
 * depends on it.
 *
 * @param by who proposed the view that left it out
 * @param wallMillis when that view became known to the writer; wall clock, milliseconds since 1970
 * @param byItsOwnWord true if the life had ended or left by its own word before it was voted out: nobody was surprised
 * @param reason of the view, as its proposer put it
 * @param story what was done about it, oldest first
 */
record FencingRecord(
        NodeId victim,
        Incarnation incarnation,
        Epoch evictedIn,
        NodeId by,
        long wallMillis,
        boolean byItsOwnWord,
        String reason,
        List<Entry> story) {

    /** Kinds of {@link Entry}. The codes are on disk: never change one, never use one again. */
    enum Kind {
        REQUESTED(1),
        FAILED(2),
        FENCED(3),
        STOPPED(4),
        REBOOTED(5),
        TIMER(6),
        OPERATOR(7);

        final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }

        /** True for the proofs, each of which settles the life. */
        boolean isProof() {
            return this != REQUESTED && this != FAILED;
        }

        static Kind of(byte code) {
            for (Kind kind : values()) {
                if (kind.code == code) {
                    return kind;
                }
            }
            throw new IllegalArgumentException("no kind of entry has the code " + code);
        }
    }

    /**
     * Something that was done or found out.
     *
     * @param witness the node that did it or saw it
     * @param wallMillis by its wall clock, milliseconds since 1970
     */
    record Entry(Kind kind, NodeId witness, long wallMillis, String text) {}

    FencingRecord {
        story = List.copyOf(story);
    }

    boolean isOf(View.Unsettled life) {
        return victim.equals(life.node())
                && incarnation.equals(life.incarnation())
                && evictedIn.equals(life.evictedIn());
    }

    FencingRecord with(Entry entry) {
        List<Entry> longer = new ArrayList<>(story);
        longer.add(entry);
        return new FencingRecord(victim, incarnation, evictedIn, by, wallMillis, byItsOwnWord, reason, longer);
    }

    /** The first proof that the life is harmless, if there is one yet. */
    Optional<Entry> proof() {
        return story.stream().filter(entry -> entry.kind().isProof()).findFirst();
    }

    private record Key(NodeId victim, Incarnation incarnation, Epoch evictedIn) {}

    /**
     * One record for each life, out of what several nodes and disks remember of it, by time. The order of the arguments
     * makes no difference.
     */
    static List<FencingRecord> merge(Collection<List<FencingRecord>> memories) {
        Map<Key, List<FencingRecord>> byLife = new LinkedHashMap<>();
        for (List<FencingRecord> memory : memories) {
            for (FencingRecord each : memory) {
                byLife.computeIfAbsent(new Key(each.victim, each.incarnation, each.evictedIn), _ -> new ArrayList<>())
                        .add(each);
            }
        }
        List<FencingRecord> merged = new ArrayList<>();
        byLife.values().forEach(same -> merged.add(merge(same)));
        merged.sort(Comparator.comparing(FencingRecord::evictedIn).thenComparing(FencingRecord::victim));
        return merged;
    }

    private static FencingRecord merge(List<FencingRecord> same) {
        // The proposer knows best; the others' clocks and words are as good as any.
        FencingRecord first = same.stream()
                .min(Comparator.comparingLong(FencingRecord::wallMillis).thenComparing(FencingRecord::reason))
                .orElseThrow();
        Set<Entry> entries = new LinkedHashSet<>();
        same.forEach(each -> entries.addAll(each.story));
        List<Entry> story = new ArrayList<>(entries);
        story.sort(Comparator.comparingLong(Entry::wallMillis)
                .thenComparing(Entry::witness)
                .thenComparing(Entry::kind)
                .thenComparing(Entry::text));
        boolean ownWord = same.stream().allMatch(FencingRecord::byItsOwnWord);
        return new FencingRecord(
                first.victim,
                first.incarnation,
                first.evictedIn,
                first.by,
                first.wallMillis,
                ownWord,
                first.reason,
                story);
    }
}
