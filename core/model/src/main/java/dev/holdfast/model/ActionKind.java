package dev.holdfast.model;

import java.util.Locale;

/** One call of an agent. The lower-case name is the argument that an action script is given. */
public enum ActionKind {
    START,
    STOP,
    CHECK,
    CLEAN;

    /** The argument of the action script: {@code start}, {@code stop}, {@code check} or {@code clean}. */
    public String argument() {
        return name().toLowerCase(Locale.ROOT);
    }
}
