package dev.holdfast.registry;

/**
 * How one registry location is, for ocrcheck and the log.
 *
 * @param location 0-based, in the order of the configuration
 * @param detail for people; says what was found and what is being done
 */
public record LocationReport(int location, Condition condition, String detail) {
    /** What a location is good for. Only {@link #ONLINE} ones carry the majority. */
    public enum Condition {
        /** Being opened or read. */
        OPENING,
        /** Holds everything that was written. */
        ONLINE,
        /** Was behind, corrupt or new, or has not all of a new base yet, and is being brought up to date by copying. */
        COPYING,
        /** Has not answered within its deadline. Nothing else is sent to it until it does. */
        HUNG,
        /** Answered with an error; tried again every few seconds. */
        FAILED,
        /** Both copies of its header are damaged: it is being found out whether it is ours, and then formatted again. */
        DAMAGED,
        /** Not formatted, or the location of another cluster or place; never written to. */
        FOREIGN
    }
}
