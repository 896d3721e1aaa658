package dev.holdfast.registry;

import dev.holdfast.model.Moment;
import dev.holdfast.model.RegistryRoot;
import org.jspecify.annotations.Nullable;

/**
 * The attempt to recognise a location of which both copies of the header are damaged. It is ours if nothing at the start of the disk or in place of the
 * header shows another use, and it still holds, whole and sealed, the base of the very segment that it was last known to hold: only a
 * location of this cluster was ever given that. One that missed that base, as it was away when it was written, is searched for an older one
 * that names it: {@link Registry} says when that is enough. Plain state: {@link Registry} acts.
 */
final class Recognition {
    /** What stands in place of the header. */
    final byte[] found;

    /** Names the base that is being read, or was found; null while there is none. */
    @Nullable
    RegistryRoot held;

    /** What it holds of that. */
    @Nullable
    Chain chain;

    /** What a search of the location finds; null while it is not searched. */
    @Nullable
    FoundBases bases;

    /** When it began, or when the location last answered. */
    Moment since;

    /** The start of the disk was looked at, and shows no other use. */
    boolean startSeen;

    /** The number of the first operation or request that was begun after all of this was seen; 0: it is not yet. */
    long recognisedAt;

    /** The epoch was confirmed after {@link #recognisedAt}. */
    boolean confirmed;

    Recognition(byte[] found, Moment since) {
        this.found = found;
        this.since = since;
    }

    /** Goes on with what the location holds of the segment that begins with the base {@code named}; what was found by another one does not count. */
    void read(@Nullable RegistryRoot named, @Nullable Chain of) {
        held = named;
        chain = of;
        recognisedAt = 0;
        confirmed = false;
    }
}
