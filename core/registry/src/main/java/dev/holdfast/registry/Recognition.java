package dev.holdfast.registry;

import dev.holdfast.model.Moment;
import dev.holdfast.model.RegistryRoot;

/**
 * The attempt to recognise a location of which both copies of the header are damaged. It is ours if nothing at the start of the disk or in place of the
 * header shows another use, and it still holds, whole and sealed, the base of the very segment that it was last known to hold: only a
 * location of this cluster was ever given that. Plain state: {@link Registry} acts.
 */
final class Recognition {
    /** What stands in place of the header. */
    final byte[] found;

    /** Names the base that the location is known by. */
    final RegistryRoot held;

    /** What it holds of that. */
    final Chain chain;

    final Moment since;

    /** The start of the disk was looked at, and shows no other use. */
    boolean startSeen;

    /** The number of the first operation or request that was begun after all of this was seen; 0: it is not yet. */
    long recognisedAt;

    /** The epoch was confirmed after {@link #recognisedAt}. */
    boolean confirmed;

    Recognition(byte[] found, RegistryRoot held, Chain chain, Moment since) {
        this.found = found;
        this.held = held;
        this.chain = chain;
        this.since = since;
    }
}
