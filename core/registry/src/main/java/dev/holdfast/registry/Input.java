package dev.holdfast.registry;

import java.util.List;
import java.util.SortedMap;

/** Everything that can happen to a {@link Registry}. */
public sealed interface Input {
    /** Look at the time. An extra one is harmless. */
    record Tick() implements Input {}

    /**
     * This node is the master. The first one starts the recovery; later ones (a newer epoch with the same master, a
     * changed list of unsettled lives) let it go on, unless somebody else has changed the root.
     */
    record Opened(Mastership mastership) implements Input {}

    /** This node is not the master any more, or stops. Answered by {@link Effect.Lost}. */
    record Closed(String reason) implements Input {}

    /** {@link Effect.ReadHeader} is done; {@code block} is whatever stood there. */
    @SuppressWarnings("ArrayRecordComponent") // Bytes that nobody changes; compared by nobody.
    record HeaderRead(int location, long operation, byte[] block) implements Input {}

    /** {@link Effect.ReadStart} is done; {@code start} is whatever stood there. */
    @SuppressWarnings("ArrayRecordComponent")
    record StartRead(int location, long operation, byte[] start) implements Input {}

    /** {@link Effect.ReadBlocks} is done; {@code blocks} is whatever stood there, all of the length asked for. */
    @SuppressWarnings("ArrayRecordComponent")
    record BlocksRead(int location, long operation, byte[] blocks) implements Input {}

    /** {@link Effect.WriteBlocks} is done: all of it is durable. */
    record BlocksWritten(int location, long operation) implements Input {}

    /** The operation ended with an error. A write may or may not have reached the location, in part or as a whole. */
    record LocationFailed(int location, long operation, String reason) implements Input {}

    /** Answer to {@link Effect.CasRoot}. */
    record RootAnswered(long request, boolean accepted) implements Input {}

    /** Answer to {@link Effect.Confirm}. */
    record Confirmed(long request, boolean confirmed) implements Input {}

    /** Change the content. {@code id} is the caller's, and unique while this registry lives. */
    record Submit(long id, Batch batch) implements Input {}

    /**
     * Make {@code entries} the whole content, in one step: for a restore. Answered by Acknowledged, followed by {@link Effect.Replaced}, or by
     * Refused; refused also while changes are under way.
     */
    record Replace(long id, SortedMap<String, String> entries) implements Input {}

    /**
     * Make {@code places} the registry locations, in this order; those that are new must be formatted. Answered by Acknowledged, followed by
     * {@link Effect.LocationsSet}, or by Refused.
     */
    record SetLocations(long id, List<String> places) implements Input {
        public SetLocations {
            places = List.copyOf(places);
        }
    }

    /** See whether the locations are there and are what they were: for every few seconds, as nothing is asked of them while nothing changes. */
    record Look() implements Input {}

    /** Read again what the locations hold, compare, and repair what differs; for each a {@link Effect.Scrubbed}. Meant for once an hour. */
    record Scrub() implements Input {}
}
