package dev.holdfast.resource;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.ResourceDefinition;
import java.util.List;

/** Everything that can happen to an instance on a node. */
public sealed interface Input {
    /**
     * The policy, or an administrator, wants something done. An order that contradicts what is under way waits for its
     * turn; one that asks for what is already so is answered at once.
     *
     * @param epoch the view in which it was ordered: the fencing token of every action that follows from it
     * @param leave what does not stop is not cleaned: it is left as a check finds it
     */
    record Order(ActionKind kind, Epoch epoch, boolean leave) implements Input {
        public Order(ActionKind kind, Epoch epoch) {
            this(kind, epoch, false);
        }
    }

    /**
     * The action that {@link Effect.RunAction} began has ended, and nothing of it runs any more.
     *
     * @param run as in RunAction; the end of another run is ignored
     * @param exit the exit code; not looked at if {@code timedOut}
     * @param timedOut it was killed at its deadline
     * @param output what it printed, line by line
     */
    record ActionFinished(long run, int exit, boolean timedOut, List<String> output) implements Input {}

    /**
     * The kernel says that a process of the resource has ended.
     *
     * @param all it was the last one that a start of ours left running; false: one of those that are watched
     */
    record ProcessesGone(boolean all) implements Input {}

    /** The administrator changed the attributes: they hold from the next action on. */
    record Redefined(ResourceDefinition definition) implements Input {}

    /** Whether nothing is to be done to it by itself: it is checked and shown, and neither cleaned nor given up. */
    record Frozen(boolean frozen) implements Input {}

    /** The view changed: actions that the instance begins by itself carry this epoch. */
    record EpochChanged(Epoch epoch) implements Input {}

    /** Look at the time. An extra one is harmless. */
    record Tick() implements Input {}
}
