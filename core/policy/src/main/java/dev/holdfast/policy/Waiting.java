package dev.holdfast.policy;

import dev.holdfast.model.Incident;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.Target;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Stream;

/** Tells whether what a command waits for is so, is coming, or will not come. */
final class Waiting {
    private Waiting() {}

    static Progress progress(Draft draft, Plan plan, SortedMap<ResourceName, Awaited> awaits) {
        boolean working = false;
        Set<Message> failures = new LinkedHashSet<>();
        for (Map.Entry<ResourceName, Awaited> awaited : awaits.entrySet()) {
            ResourceEntry entry = draft.board().entries.get(awaited.getKey());
            Awaited what = awaited.getValue();
            if (entry == null) {
                if (what.target() == Target.ONLINE) {
                    failures.add(Message.of("CRS-2613", "Could not find resource '" + awaited.getKey() + "'"));
                }
                continue;
            }
            boolean done =
                    what.target() == Target.ONLINE ? isOnline(draft.board(), entry, what) : isOffline(entry, what);
            if (!done && (plan.touches(entry.name()) || waitsForProof(entry))) {
                working = true;
            } else if (!done) {
                failures.addAll(reasons(draft.board(), entry, what));
            }
        }
        if (working) {
            return new Progress.Working();
        }
        return failures.isEmpty() ? new Progress.Done() : new Progress.Failed(List.copyOf(failures));
    }

    private static boolean isOnline(Board board, ResourceEntry entry, Awaited what) {
        boolean any = false;
        for (Slot slot : entry.slots) {
            boolean meant = !entry.isLocal()
                    ? slot.target == Target.ONLINE && isConcerned(slot, what)
                    : what.means(NodeId.onPaper(slot.number)) && board.isReady(NodeId.onPaper(slot.number));
            if (!meant || !what.means(slot)) {
                continue;
            }
            if (!isSettledOnline(slot)) {
                return entry.isLocal() && what.meansAnyPlace() && slot.target == Target.OFFLINE;
            }
            any = any || (slot.at != null && what.means(slot.at));
        }
        return any;
    }

    /** An instance that is where it was asked for, or is to go there; any if no place was named. */
    private static boolean isConcerned(Slot slot, Awaited what) {
        Wish wish = slot.wish;
        return what.meansAnyPlace()
                || Stream.of(Optional.ofNullable(slot.at), Optional.ofNullable(slot.goal))
                        .flatMap(Optional::stream)
                        .anyMatch(what::means)
                || (wish != null && wish.nodes().nodes().stream().anyMatch(what::means));
    }

    private static boolean isSettledOnline(Slot slot) {
        Observed seen = slot.present();
        return slot.isStaying()
                && seen != null
                && seen.internal() == InternalState.STABLE
                && (seen.state() == ResourceState.ONLINE || seen.state() == ResourceState.INTERMEDIATE);
    }

    private static boolean isOffline(ResourceEntry entry, Awaited what) {
        for (Slot slot : entry.slots) {
            if (slot.at != null && what.means(slot) && what.means(slot.at)) {
                return false;
            }
        }
        return true;
    }

    /** Not running, and not to be started before a lost node is proved harmless: that comes by itself. */
    private static boolean waitsForProof(ResourceEntry entry) {
        return entry.slots.stream()
                .anyMatch(slot -> slot.stuck != null && slot.stuck.code().equals("HF-3202"));
    }

    private static List<Message> reasons(Board board, ResourceEntry entry, Awaited what) {
        List<Message> reasons = new ArrayList<>();
        boolean some = !entry.isLocal() && entry.slots.stream().anyMatch(slot -> isConcerned(slot, what));
        for (Slot slot : entry.slots) {
            boolean concerned = !some || isConcerned(slot, what);
            if (concerned && slot.stuck != null && !reasons.contains(slot.stuck)) {
                reasons.add(slot.stuck);
            }
        }
        if (!reasons.isEmpty()) {
            return reasons;
        }
        for (Slot slot : entry.slots) {
            Observed seen = slot.present();
            boolean left = seen != null
                    && seen.incident()
                            .filter(incident -> incident.kind() == Incident.Kind.STOP_FAILED)
                            .isPresent();
            if (slot.at != null && what.target() == Target.OFFLINE && left) {
                return List.of(new Message(
                        "HF-3213",
                        "Resource '" + entry + "' could not be stopped on '" + board.nameOf(slot.at)
                                + "', and is left as it is (-l)",
                        "To have it cleaned where stop fails: the same command without -l."));
            }
        }
        List<String> places = entry.slots.stream()
                .filter(slot -> slot.at != null)
                .map(slot -> "'" + board.nameOf(Objects.requireNonNull(slot.at)) + "'")
                .toList();
        if (!places.isEmpty() && what.target() == Target.ONLINE && what.node().isPresent()) {
            return List.of(new Message(
                    "HF-3204",
                    "Resource '" + entry + "' runs on " + String.join(", ", places) + ", and not on '"
                            + board.nameOf(what.node().get()) + "'",
                    "It could not be started there, as the messages above and the log of its actions tell, or somebody else has"
                            + " moved it meanwhile."));
        }
        return List.of(new Message(
                "HF-3205",
                "Resource '" + entry + "' is not " + what.target() + ", and nothing more is being done about it",
                "Somebody else may have changed what is wanted of it: crsctl status resource " + entry + " -v"));
    }
}
