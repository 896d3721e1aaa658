package dev.holdfast.crsd;

/** What came of an action that somebody asked for, in a word. */
final class ActionOutcome {
    static final String SUCCEEDED = "succeeded";
    static final String NOT_RUN = "not-run";
    static final String UNKNOWN = "unknown";

    private ActionOutcome() {}

    static String of(ActionRunner.Result result) {
        if (result.exit() == ActionRunner.CALLED_OFF) {
            return "called-off";
        }
        return result.timedOut() ? "timed-out" : result.exit() == 0 ? SUCCEEDED : "failed";
    }
}
