package dev.holdfast.membership;

/** What a life of a node says of itself in its heartbeats and on the voting disks. */
public enum NodeState {
    /** Wants in; holds no lease and runs nothing. */
    JOINING,
    /** In the view; may hold a lease and run resources. */
    MEMBER,
    /** Harmless for good: everything it ran is verified stopped. Terminal for that incarnation (proof F2). */
    STOPPED
}
