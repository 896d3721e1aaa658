package dev.holdfast.membership;

/** Why a life that was voted out is known to be harmless (membership protocol, section 6). */
public enum Proof {
    /** F1: a fence device said off, and verified it. */
    FENCED,
    /** F2: the victim itself said that all it ran is stopped. */
    STOPPED,
    /** F3: the victim's machine has booted anew. */
    REBOOTED,
    /** F4: its lease and its watchdog have run out, by the numbers it published. */
    TIMER,
    /** F5: a person said so, and is named. */
    OPERATOR
}
