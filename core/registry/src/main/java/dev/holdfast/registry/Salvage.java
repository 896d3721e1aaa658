package dev.holdfast.registry;

import dev.holdfast.model.RegistryRoot;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What one location still holds, read without a cluster, a view register or a header: for when the registry cannot be opened any more. The caller reads
 * each {@link Piece} that is {@link #wanted} and gives it to {@link #accept}; then {@link #found} is the newest state that is there.
 *
 * <p>This is no recovery: whether it is the state that was last acknowledged, one location alone cannot tell. It is, if a majority of the locations is
 * read so and none of them has lost what it acknowledged: the one with the highest ticket, and of these the one with the highest record number. A
 * change that was never acknowledged may be among it.
 */
public final class Salvage {
    /** To be read: {@code length} bytes at {@link RegistryFormat#position} of these. */
    public record Piece(int segment, int offset, int length) {}

    /**
     * A state of the registry.
     *
     * @param ticket the higher, the newer: of the base
     * @param lastRecord the number of the last record, which is also an order among those of one ticket
     * @param writtenBy number of the node that has written it
     * @param places where the registry was then
     * @param damage why the log ends there, if it is not simply the end of what was written; else empty
     */
    public record Found(
            long ticket,
            long lastRecord,
            long epoch,
            int writtenBy,
            List<String> places,
            RegistryContent content,
            String damage) {
        public Found {
            places = List.copyOf(places);
        }

        /** The newest is the greatest. */
        public static Comparator<Found> byAge() {
            return Comparator.comparingLong(Found::ticket).thenComparingLong(Found::lastRecord);
        }
    }

    private final UUID cluster;
    private final RegistrySeal seal;
    private final FoundBases bases;
    private @Nullable RegistryRoot reading;
    private @Nullable Chain chain;
    private @Nullable Found found;

    public Salvage(UUID cluster, RegistrySeal seal) {
        this.cluster = cluster;
        this.seal = seal;
        bases = new FoundBases(cluster, Long.MAX_VALUE);
    }

    /** What to read next; empty if nothing more is needed. */
    public Optional<Piece> wanted() {
        if (!bases.isSearched()) {
            return Optional.of(new Piece(bases.segment(), 0, RegistryFormat.BLOCK));
        }
        while (found == null) {
            Chain present = chain;
            RegistryRoot named = reading;
            if (present != null && named != null && !present.finished()) {
                return Optional.of(new Piece(Owner.segmentOf(named.segment()), present.offset(), present.wanted()));
            }
            if (present != null && present.base().isPresent()) {
                found = whatIn(present);
            }
            if (found == null) {
                reading = bases.take();
                if (reading == null) {
                    return Optional.empty();
                }
                chain = new Chain(cluster, seal, reading);
            }
        }
        return Optional.empty();
    }

    /** What stood where {@link #wanted} said; any bytes. */
    public void accept(byte[] blocks) {
        if (!bases.isSearched()) {
            bases.accept(blocks);
        } else if (chain != null) {
            chain.accept(blocks);
        }
    }

    /** The newest whole state; empty if there is none, or not all was read. */
    public Optional<Found> found() {
        return Optional.ofNullable(found);
    }

    private static @Nullable Found whatIn(Chain chain) {
        try {
            Snapshot base = chain.snapshot();
            var draft = new Draft(base.content());
            for (Chain.Link link : chain.links().subList(1, chain.links().size())) {
                Batches.apply(chain.payload(link), draft);
            }
            Owner owner = chain.links().getFirst().header().owner();
            String damage = chain.goesOnLater() ? "it goes on in a format of a later release" : chain.damage();
            return new Found(
                    owner.ticket(),
                    chain.lastLsn(),
                    owner.epoch(),
                    owner.node(),
                    base.places(),
                    draft.content(),
                    damage);
        } catch (Malformed e) {
            return null; // Sealed, but of a version that is not known here: an older one may be.
        }
    }
}
