package dev.holdfast.registry;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.RegistryRoot;
import java.util.List;
import java.util.UUID;

/** Everything a {@link Registry} may ask for, to be done in the order given. */
public sealed interface Effect {
    /** Operations with this number of a location, from now on, mean the file or device at {@code place}. */
    record UseLocation(int location, String place) implements Effect {}

    /** No more operations of this location follow; one that is under way may still happen. */
    record DropLocation(int location) implements Effect {}

    /** Open the location if it is not open, and read its {@link RegistryFormat#HEADER_AREA}; answer HeaderRead or LocationFailed, or never. */
    record ReadHeader(int location, long operation) implements Effect {}

    /** Write one block of the header, at {@code offset} of the area, as it was before it was damaged; answer BlocksWritten or LocationFailed, or never. */
    @SuppressWarnings("ArrayRecordComponent") // Made for this write alone; nobody changes or compares it.
    record WriteHeader(int location, long operation, int offset, byte[] block) implements Effect {}

    /**
     * Read the first {@link OtherUse#BYTES} of the file or device, which are no part of the registry area; answer StartRead or LocationFailed, or
     * never.
     */
    record ReadStart(int location, long operation) implements Effect {}

    /**
     * Make {@code header} the {@link RegistryFormat#HEADER_AREA} of a location that lost its own, on condition that {@code found} still stands there, that the place
     * still names what is open, and that nothing of this machine may still write to the location as it was. Answer BlocksWritten or LocationFailed, or never.
     *
     * @param former the identity of the location before it lost its header
     */
    @SuppressWarnings("ArrayRecordComponent") // Made for this write alone; nobody changes or compares it.
    record FormatAgain(int location, long operation, byte[] found, byte[] header, UUID former) implements Effect {}

    /**
     * Read {@code length} bytes of a segment, both multiples of 4 KiB, at {@link RegistryFormat#position}; answer
     * BlocksRead or LocationFailed, or never.
     */
    record ReadBlocks(int location, long operation, int segment, int offset, int length) implements Effect {}

    /**
     * Write to a segment at {@link RegistryFormat#position}; answer BlocksWritten once all of it is durable, or
     * LocationFailed, or never. A location has at most one operation under way.
     */
    @SuppressWarnings("ArrayRecordComponent") // Made for this write alone; nobody changes or compares it.
    record WriteBlocks(int location, long operation, int segment, int offset, byte[] blocks) implements Effect {}

    /**
     * Set the root in the view register, on condition that {@code epoch} is still the newest and that the present
     * root's generation is exactly one lower; answer RootAnswered.
     */
    record CasRoot(long request, Epoch epoch, RegistryRoot root) implements Effect {}

    /** Ask for a majority read of the heartbeat area that starts after now and shows no epoch above; Confirmed. */
    record Confirm(long request, Epoch epoch) implements Effect {}

    /** Recovered, rooted and ready: this is what the registry holds. Batches are taken from now on. */
    record Serving(RegistryContent content) implements Effect {}

    /** The batch survives the loss of any minority of locations and of any node; it made {@code version}. */
    record Acknowledged(long id, long version) implements Effect {}

    /** The batch was not taken and will never appear. */
    record Refused(long id, String reason) implements Effect {}

    /** The content was replaced as a whole: this is what the registry holds now. */
    record Replaced(RegistryContent content) implements Effect {}

    /** The locations are these from now on; every node should know, for when it becomes master. */
    record LocationsSet(List<String> places) implements Effect {
        public LocationsSet {
            places = List.copyOf(places);
        }
    }

    /**
     * A location was compared with what it should hold.
     *
     * @param finding empty if it held just that; otherwise what was found, and is being repaired
     */
    record Scrubbed(int location, String finding) implements Effect {}

    /**
     * Nothing more will be acknowledged by this registry object; make a new one when master again.
     *
     * @param unresolved batches that may or may not survive: whoever is master next will know
     * @param unwritten batches that were not written anywhere and will never appear
     */
    record Lost(String reason, List<Long> unresolved, List<Long> unwritten) implements Effect {}

    /** The registry can not go on at present, and will by itself once it can; for the log and ocrcheck. */
    record Waiting(String reason) implements Effect {}

    /** A location changed its condition. */
    record LocationChanged(LocationReport report) implements Effect {}
}
