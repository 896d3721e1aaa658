package dev.holdfast.policy;

import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ResourceName;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The ordered actions that lead from what is to what is wanted.
 *
 * @param actions in an order in which every action comes behind those it waits for
 * @param changes to be written to the registry before any action is begun
 * @param messages what just became known and is worth a log line (CRS-2765, CRS-2771, ...): said once, not in every plan
 * @param stuck resources that are not as wanted although the plan does nothing about it, each with the reason and the
 *     next step. It says so in every plan for as long as it is true
 * @param fences nodes to be voted out and fenced, each with the reason
 * @param again when to plan anew although nothing happens until then: something waits for its time
 */
public record Plan(
        List<PlannedAction> actions,
        Changes changes,
        List<Message> messages,
        SortedMap<ResourceName, List<Message>> stuck,
        SortedMap<NodeId, String> fences,
        Optional<Instant> again) {
    public static final Plan NOTHING =
            new Plan(List.of(), Changes.NONE, List.of(), new TreeMap<>(), new TreeMap<>(), Optional.empty());

    public Plan {
        actions = List.copyOf(actions);
        messages = List.copyOf(messages);
        stuck = Collections.unmodifiableSortedMap(new TreeMap<>(stuck));
        fences = Collections.unmodifiableSortedMap(new TreeMap<>(fences));
    }

    /** The actions to order now: they wait for nothing and were not ordered before. */
    public List<PlannedAction> ready() {
        return actions.stream()
                .filter(action -> action.after().isEmpty() && !action.inFlight())
                .toList();
    }

    /** True if this plan orders or awaits any action of the resource. */
    public boolean touches(ResourceName resource) {
        return actions.stream().anyMatch(action -> action.resource().equals(resource));
    }
}
