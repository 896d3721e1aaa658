package dev.holdfast.policy;

import dev.holdfast.model.NodeId;
import java.time.Instant;

/**
 * What is done about an instance whose clean has failed (UNKNOWN_POLICY), and what was done before.
 *
 * @param node where it is UNKNOWN
 * @param cleans how often clean has been tried again there
 * @param when the next clean is due; for the other steps, when that was decided
 */
public record Escalation(NodeId node, int cleans, Instant when, Step step) {
    /** What comes next. */
    public enum Step {
        CLEAN,
        FENCE,
        /** Nothing more is done by itself. */
        WAIT
    }
}
