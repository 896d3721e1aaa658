package dev.holdfast.model;

/** What an instance is, as its last check said: the STATE column. */
public enum ResourceState {
    ONLINE,
    OFFLINE,
    /** Was or is coming ONLINE and cannot be determined just now, or is partly up. Leaves by itself. */
    INTERMEDIATE,
    /** Stop and clean both failed: nobody knows. Pinned to its node until an administrator looks. */
    UNKNOWN
}
