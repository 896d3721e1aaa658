package dev.holdfast.crsctl;

import java.util.List;

/** A command line that makes no sense. Nothing was sent. */
final class UsageProblem extends Exception {
    private static final long serialVersionUID = 1;

    private final transient List<String> advice;

    /** @param advice one line each, shown below the message */
    UsageProblem(String message, String... advice) {
        super(message);
        this.advice = List.of(advice);
    }

    String text() {
        return String.valueOf(getMessage());
    }

    List<String> advice() {
        return advice;
    }
}
