package dev.holdfast.policy;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.BrokenInvariant;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.policy.ResourceEntry.Rivalry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Turns goals into actions, and puts them into order: dependents stop before what they depend on, and start after it;
 * an instance starts only after the one it replaces has stopped. What has no such tie does not wait.
 */
final class Sequence {
    private final Board board;
    private final Map<ResourceEntry, List<Step>> drafts = new LinkedHashMap<>();

    /** An action whose predecessors are still being collected. */
    private static final class Step {
        final String id;
        final ActionKind kind;
        final ResourceEntry entry;
        final int instance;
        final NodeId node;
        final boolean inFlight;
        final String reason;
        final Set<Step> after = new LinkedHashSet<>();
        boolean neededHard;
        boolean neededWeak;

        Step(
                ActionKind kind,
                ResourceEntry entry,
                int instance,
                NodeId node,
                String on,
                boolean inFlight,
                String reason) {
            this.id = kind.argument() + " " + entry + " " + on;
            this.kind = kind;
            this.entry = entry;
            this.instance = instance;
            this.node = node;
            this.inFlight = inFlight;
            this.reason = reason;
        }
    }

    /** Of what moves with RELOCATE_KIND=online: the stop where it is, and the start where it goes. */
    private final Map<Step, Step> movingOnline = new LinkedHashMap<>();

    Sequence(Board board) {
        this.board = board;
    }

    Plan plan() {
        for (ResourceEntry entry : board.entries.values()) {
            for (Slot slot : entry.slots) {
                draft(slot);
            }
            for (NodeId node : entry.surplus) {
                draftSurplus(entry, node);
            }
        }
        drafts.values().forEach(list -> list.forEach(this::order));
        movingOnline.forEach(Sequence::orderMovingOnline);
        // Last, because best-effort ties must not close a circle with the binding ones.
        drafts.values().forEach(list -> list.forEach(this::orderWeak));
        drafts.values().forEach(list -> list.forEach(this::orderGivingWay));
        board.entries.values().forEach(this::orderSomeAtATime);
        SortedMap<ResourceName, List<Message>> stuck = new TreeMap<>();
        for (ResourceEntry entry : board.entries.values()) {
            Set<Message> messages = new LinkedHashSet<>();
            for (Slot slot : entry.slots) {
                if (slot.stuck != null) {
                    messages.add(slot.stuck);
                }
            }
            if (!messages.isEmpty()) {
                stuck.put(entry.name(), List.copyOf(messages));
            }
        }
        return new Plan(
                inOrder(), board.changes(), board.messages, stuck, board.fences, Optional.ofNullable(board.again));
    }

    private Step add(ActionKind kind, ResourceEntry entry, int instance, NodeId node, boolean inFlight, String reason) {
        Step draft = new Step(kind, entry, instance, node, board.nameOf(node), inFlight, reason);
        drafts.computeIfAbsent(entry, _ -> new ArrayList<>()).add(draft);
        return draft;
    }

    private void draft(Slot slot) {
        Step leaving = slot.at == null ? null : draftWhereItIs(slot, slot.at);
        NodeId goal = slot.goal;
        if (goal == null || slot.leaveAlone || slot.isStaying()) {
            return;
        }
        boolean pinnedThere = slot.isPinned() && goal.equals(slot.at);
        if (slot.at != null && leaving == null && !pinnedThere) {
            return; // It is somewhere where nothing can be done now.
        }
        Step start = add(ActionKind.START, slot.entry, slot.number, goal, false, slot.reason);
        if (leaving != null && movesOnline(slot, leaving)) {
            movingOnline.put(leaving, start);
        } else if (leaving != null) {
            start.after.add(leaving);
        }
        // While one too many of it runs, which of them is meant depends on where it is noted.
        boolean moves = slot.entry.isSingle() && slot.entry.surplus.isEmpty();
        boolean underWay = leaving != null && leaving.inFlight && leaving.kind == ActionKind.START;
        if (!goal.equals(slot.node) && (slot.at == null || (moves && !underWay))) {
            slot.node = goal; // Also while it is still elsewhere: a new master must not bring it back halfway.
            slot.restarts = 0;
        }
    }

    /**
     * RELOCATE_KIND=online: what is well where it is goes on there until it is up where it goes. Its definition says that
     * two of it do no harm for so long. Only for what moves alone: others might need it where they are.
     */
    private static boolean movesOnline(Slot slot, Step leaving) {
        Observed seen = slot.present();
        return slot.entry.definition.relocatesOnline()
                && slot.entry.isSingle()
                && slot.entry.doubtful.isEmpty()
                && slot.entry.surplus.isEmpty()
                && (slot.unit == null || slot.unit.entries.size() == 1)
                && !slot.mustStop
                && !leaving.inFlight
                && leaving.kind == ActionKind.STOP
                && seen != null
                && seen.state() == ResourceState.ONLINE;
    }

    /**
     * First up where it goes, then stopped where it is; but if what it needs there cannot come before it has left, because that has to
     * move itself and not online, it moves as everything else.
     */
    private static void orderMovingOnline(Step leaving, Step start) {
        if (reaches(start, leaving, new HashSet<>())) {
            start.after.add(leaving);
        } else {
            leaving.after.add(start);
        }
    }

    /** What must be done or is being done to an active instance; null if nothing. */
    private @Nullable Step draftWhereItIs(Slot slot, NodeId at) {
        Observed seen = slot.entry.seenOn(at);
        if (seen == null) {
            return null;
        }
        return switch (seen.internal()) {
            case STARTING -> add(ActionKind.START, slot.entry, slot.number, at, true, "ordered before");
            case STOPPING -> add(ActionKind.STOP, slot.entry, slot.number, at, true, "ordered before");
            case CLEANING -> add(ActionKind.CLEAN, slot.entry, slot.number, at, true, "it failed");
            case STABLE ->
                slot.cleanAgain
                        ? add(ActionKind.CLEAN, slot.entry, slot.number, at, !board.isReady(at), slot.reason)
                        : draftStop(slot, at);
        };
    }

    private @Nullable Step draftStop(Slot slot, NodeId at) {
        boolean goes = slot.mustStop || (!slot.isStaying() && !at.equals(slot.goal));
        String why = slot.leaveReason.isEmpty() ? slot.reason : slot.leaveReason;
        boolean known = slot.goal != null || !why.isEmpty();
        if (slot.leaveAlone || !goes || !known) {
            return null;
        }
        boolean waits = !board.isReady(at);
        return add(ActionKind.STOP, slot.entry, slot.number, at, waits, waits ? "its server is joining" : why);
    }

    private void draftSurplus(ResourceEntry entry, NodeId node) {
        Observed seen = entry.seenOn(node);
        if (seen == null) {
            return;
        }
        String reason = entry.poolSized
                ? board.hasLeft(Board.anchor(entry), node)
                        ? "'" + board.nameOf(node) + "' is " + board.restriction(entry, node) + " any more"
                        : "there are more of it than servers in its pools"
                : entry.definition.relocatesOnline()
                        ? "it is up where it was moved to"
                        : "it runs more often than CARDINALITY=" + entry.cardinality + " allows";
        switch (seen.internal()) {
            case STARTING -> add(ActionKind.START, entry, 0, node, true, "ordered before");
            case STOPPING -> add(ActionKind.STOP, entry, 0, node, true, "ordered before");
            case CLEANING -> add(ActionKind.CLEAN, entry, 0, node, true, "it failed");
            case STABLE -> {
                // An online move is ended also when it was disabled in the middle.
                boolean managed = entry.definition.enabled() || entry.definition.relocatesOnline();
                if (seen.state() != ResourceState.UNKNOWN && managed && !board.isFrozen(entry)) {
                    Step stop = add(ActionKind.STOP, entry, 0, node, !board.isReady(node), reason);
                    if (entry.definition.relocatesOnline() && !stop.inFlight) {
                        of(entry).stream()
                                .filter(step -> step.kind == ActionKind.START && step.inFlight)
                                .forEach(stop.after::add); // Not before the other one is up.
                    }
                }
            }
        }
    }

    private List<Step> of(ResourceEntry entry) {
        return drafts.getOrDefault(entry, List.of());
    }

    private void order(Step draft) {
        if (draft.inFlight) {
            return;
        }
        for (ResourceEntry dependent : draft.entry.dependents) {
            for (Step other : of(dependent)) {
                boolean goes = other.kind != ActionKind.START || other.inFlight;
                if (goes && (other.node.equals(draft.node) || looksEverywhere(dependent, draft.entry))) {
                    draft.after.add(other);
                }
            }
        }
        if (draft.kind == ActionKind.START) {
            for (Step own : of(draft.entry)) {
                if (own.instance == 0 && !own.after.contains(draft)) {
                    draft.after.add(own); // First there must be room.
                }
            }
            for (Reference reference : draft.entry.hard) {
                awaitOne(draft, reference);
            }
            for (Reference reference : draft.entry.stop) {
                awaitOne(draft, reference);
            }
            awaitRivals(draft);
        }
    }

    /** With whom it shares no node, that has left first; unless it is one that leaves afterwards. */
    private void awaitRivals(Step start) {
        start.entry.rivals.forEach((rival, how) -> {
            for (Step other : of(rival)) {
                boolean leaves = other.kind != ActionKind.START || other.inFlight;
                boolean afterwards = how == Rivalry.DISPLACES_AFTER && other.kind == ActionKind.STOP && !other.inFlight;
                if (leaves && !afterwards && other.node.equals(start.node)) {
                    start.after.add(other);
                }
            }
        });
    }

    /** exclusion(preempt_post:): the other is stopped when this one is up. */
    private void orderGivingWay(Step start) {
        if (start.kind != ActionKind.START) {
            return;
        }
        start.entry.rivals.forEach((rival, how) -> {
            for (Step other : how == Rivalry.DISPLACES_AFTER ? of(rival) : List.<Step>of()) {
                boolean leaves = other.kind == ActionKind.STOP && !other.inFlight && other.node.equals(start.node);
                if (leaves && !reaches(start, other, new HashSet<>())) {
                    other.after.add(start);
                }
            }
        });
    }

    /** START_CONCURRENCY and STOP_CONCURRENCY. */
    private void orderSomeAtATime(ResourceEntry entry) {
        int starts = entry.definition.startConcurrency();
        int stops = entry.definition.stopConcurrency();
        if (starts > 0) {
            someAtATime(entry, ActionKind.START, starts);
        }
        if (stops > 0) {
            someAtATime(entry, ActionKind.STOP, stops);
        }
    }

    private void someAtATime(ResourceEntry entry, ActionKind kind, int most) {
        List<Step> steps = new ArrayList<>();
        of(entry).stream().filter(step -> step.kind == kind && step.inFlight).forEach(steps::add);
        of(entry).stream().filter(step -> step.kind == kind && !step.inFlight).forEach(steps::add);
        for (int i = most; i < steps.size(); i++) {
            Step later = steps.get(i);
            Step earlier = steps.get(i - most);
            if (!later.inFlight && !reaches(earlier, later, new HashSet<>())) {
                later.after.add(earlier);
            }
        }
    }

    private static boolean looksEverywhere(ResourceEntry dependent, ResourceEntry target) {
        for (List<Reference> references : List.of(dependent.hard, dependent.stop)) {
            for (Reference reference : references) {
                if (reference.global() && reference.resources().contains(target)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** One of the resources that are meant must be up: if none is, the first that is about to be. */
    private void awaitOne(Step start, Reference reference) {
        if (reference.target().uniform()) {
            awaitAll(start, reference);
        }
        Step coming = null;
        for (ResourceEntry target : reference.resources()) {
            for (Slot slot : target.slots) {
                boolean here = reference.global() || start.node.equals(slot.goal);
                boolean up = slot.isStaying() && !slot.isStarting() && Placement.isGoodEnough(reference, slot);
                if (slot.goal != null && here && up) {
                    return;
                }
            }
            for (Step draft : of(target)) {
                boolean here = reference.global() || start.node.equals(draft.node);
                coming = coming == null && here && draft.kind == ActionKind.START ? draft : coming;
            }
        }
        if (coming != null) {
            coming.neededHard = true;
            start.after.add(coming);
        }
    }

    /** uniform: all instances are tried first; one of them must be up. */
    private void awaitAll(Step start, Reference reference) {
        for (ResourceEntry target : reference.resources()) {
            for (Step attempt : of(target)) {
                if (attempt.kind == ActionKind.START && attempt != start) {
                    attempt.neededWeak = true;
                    start.after.add(attempt);
                }
            }
        }
    }

    private void orderWeak(Step start) {
        if (start.kind != ActionKind.START || start.inFlight) {
            return;
        }
        for (Reference reference : start.entry.weak) {
            for (ResourceEntry target : reference.resources()) {
                for (Step attempt : of(target)) {
                    boolean here = reference.global()
                            || reference.target().uniform()
                            || !target.isLocal()
                            || attempt.node.equals(start.node);
                    if (attempt.kind == ActionKind.START && here && attempt != start) {
                        attempt.neededWeak = true;
                        if (!reference.target().concurrent() && !reaches(attempt, start, new HashSet<>())) {
                            start.after.add(attempt);
                        }
                    }
                }
            }
        }
    }

    private static boolean reaches(Step from, Step to, Set<Step> seen) {
        if (from == to) {
            return true;
        }
        for (Step before : from.after) {
            if (seen.add(before) && reaches(before, to, seen)) {
                return true;
            }
        }
        return false;
    }

    /** Predecessors first; else in the order of names. */
    private List<PlannedAction> inOrder() {
        List<PlannedAction> actions = new ArrayList<>();
        Map<Step, Boolean> state = new HashMap<>();
        drafts.values().forEach(list -> list.forEach(draft -> visit(draft, state, actions)));
        return actions;
    }

    private static void visit(Step draft, Map<Step, Boolean> done, List<PlannedAction> actions) {
        Boolean state = done.putIfAbsent(draft, false);
        if (state != null) {
            if (!state) {
                throw new BrokenInvariant("a plan waits for itself: " + draft.id);
            }
            return;
        }
        TreeSet<String> after = new TreeSet<>();
        for (Step before : draft.after) {
            visit(before, done, actions);
            after.add(before.id);
        }
        done.put(draft, true);
        actions.add(new PlannedAction(
                draft.id,
                draft.kind,
                draft.entry.name(),
                draft.instance,
                draft.node,
                after,
                !draft.neededWeak || draft.neededHard,
                draft.inFlight,
                draft.reason));
    }
}
