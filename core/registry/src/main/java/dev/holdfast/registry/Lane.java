package dev.holdfast.registry;

import dev.holdfast.model.Moment;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.registry.LocationReport.Condition;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What is known of one location, and the one operation that is under way on it. Plain state: {@link Registry} acts. */
final class Lane {
    /** What an operation is for. */
    enum Purpose {
        HEADER,
        HEADER_REPAIR,
        START,
        RECOGNISE,
        FORMAT_AGAIN,
        RECOVER,
        WRITE,
        SCRUB
    }

    /**
     * @param segment for a write, the segment that may be changed by it until it has ended; else -1
     * @param from for a write or a scrub, the part of the segment it is about
     */
    record Operation(long number, Purpose purpose, Moment began, int segment, long ticket, int from, int to) {}

    final int location;
    final String place;

    /** It is no registry location any more: nothing is asked of it. */
    boolean retired;

    @Nullable
    Operation operation;

    /** Its header was read and is good. */
    boolean opened;

    /** From the header last read; kept while the location is away, for it still holds what it held. */
    @Nullable
    UUID identity;

    /** When to try again; absent if there is no reason to wait. */
    @Nullable
    Moment retryAt;

    /** What it holds of the rooted segment, while we recover. */
    @Nullable
    Chain chain;

    /** The header was read again after the chain, and is that of the same location. */
    boolean sameAfterReading;

    /** Which segment {@link #durable} is about. */
    long ticket = -1;

    /** It holds the segment up to here. */
    int durable;

    /** It has caught up since it last failed, differed or was new. */
    boolean inStep;

    /** How far a scrub has come; -1 if none is under way. */
    int scrubbed = -1;

    /** What the scrub that is under way has found so far, and does not keep it from going on. */
    String scrubFinding = "";

    /** The header is to be read again, as part of a scrub. */
    boolean headerDue;

    /** The copy of the header that is to be written again; -1 for none. */
    int damagedHeader = -1;

    /** Names the base that this location was last given whole, as far as is known; null if none is known. */
    @Nullable
    RegistryRoot held;

    /** Both copies of its header are damaged, and it is not yet known whether it is ours. */
    boolean headerLost;

    /** It is being found out. One location at a time, so that one medium under two names is not taken for two. */
    @Nullable
    Recognition recognition;

    /** What stood in place of its header when it was not recognised, so that it is not tried again and again. */
    byte @Nullable [] unrecognised;

    /** The number of the read that last showed its header, whatever that was. */
    long headerSeen;

    /** Why the location is not open, or not in step. */
    String trouble = "";

    boolean foreign;

    LocationReport report;

    Lane(int location, String place) {
        this.location = location;
        this.place = place;
        report = new LocationReport(location, Condition.OPENING, "");
    }

    /** True if this is the location and holds what it held. */
    boolean is(UUID voter) {
        return voter.equals(identity);
    }

    boolean isOneOf(List<Voter> voters) {
        return identity != null && voters.stream().anyMatch(voter -> is(voter.identity()));
    }
}
