package dev.holdfast.policy;

import dev.holdfast.model.Message;
import dev.holdfast.model.ResourceName;
import java.util.List;
import java.util.SortedMap;

/** The answer to a {@link Command}. */
public sealed interface Decision {
    /** Nothing is changed. {@code reasons} are all the reasons, never empty. */
    record Refused(List<Message> reasons) implements Decision {}

    /**
     * To be done.
     *
     * @param changes to be written before anything else; {@code plan.changes()} are not in them
     * @param plan what {@link Policy#plan} says after these changes, with the actions that this command asks for
     *     beyond that ({@code check})
     * @param awaits what the command waits for, see {@link Policy#progress}; empty: done when written
     * @param notes worth saying although nothing is wrong
     */
    record Accepted(Changes changes, Plan plan, SortedMap<ResourceName, Awaited> awaits, List<Message> notes)
            implements Decision {}
}
