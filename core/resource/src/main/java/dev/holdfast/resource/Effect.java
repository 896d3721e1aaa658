package dev.holdfast.resource;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Message;
import dev.holdfast.model.Moment;
import dev.holdfast.model.Observed;

/** Everything an instance may ask for, to be done in the order given. */
public sealed interface Effect {
    /**
     * Begin an action; answer with {@link Input.ActionFinished}. There is never more than one under way.
     *
     * @param run the number to answer with
     * @param deadline when the action and all of its processes must be killed
     * @param epoch the fencing token, {@code _CRS_EPOCH} in the environment of the action
     */
    record RunAction(long run, ActionKind kind, Moment deadline, Epoch epoch) implements Effect {}

    /** The instance is seen differently than before: tell the master. */
    record ReportState(Observed observed) implements Effect {}

    /** Worth telling to whoever waits for this resource: CRS-2672, CRS-2676, ..., and the agent's own lines. */
    record Progress(Message message) implements Effect {}

    /**
     * An order has been carried out, or has failed.
     *
     * @param succeeded start: ONLINE or INTERMEDIATE, confirmed by check; stop and clean: OFFLINE; check: it ran
     * @param text why it failed; empty on success
     */
    record OrderFinished(ActionKind kind, boolean succeeded, String text) implements Effect {}
}
