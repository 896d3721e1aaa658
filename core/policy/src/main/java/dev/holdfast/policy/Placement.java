package dev.holdfast.policy;

import dev.holdfast.model.InternalState;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition.UnknownPolicy;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.Target;
import dev.holdfast.policy.ResourceEntry.Rivalry;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Gives every instance its goal: the node where it shall be.
 *
 * <p>Cluster resources with one instance that must run together (a hard dependency without {@code global:}) are placed
 * as one unit. What runs well stays where it is; a unit moves only when one of it must: it was told to, its node is no
 * good any more, or one of it used up its chances there while all of it can run elsewhere.
 */
final class Placement {
    // Where in a score what counts; the ranks of all candidates come in between.
    private static final int TROUBLES = 0;
    private static final int RESTART = 1;
    private static final int STICKINESS = 2;
    private static final int FIRST_RANK = 3;

    private static final Obstacle INSTANCE_THERE = new Obstacle("CARDINALITY", "an instance is there already");

    /** A fence that did not come about is asked for again. */
    private static final Duration FENCE_AGAIN = Duration.ofSeconds(30);

    private final Board board;
    // By node number.
    private final long[] load = new long[NodeId.ON_PAPER + 1];
    private final Capacity capacity;

    /** Where to go although all is well, who gains by it, and why. */
    private record Move(NodeId to, Slot who, String why) {}

    /** A resource of a unit that wants to run, with the nodes where it can. */
    private record Candidate(Slot slot, NodeSet feasible) {}

    Placement(Board board) {
        this.board = board;
        this.capacity = new Capacity(board);
    }

    void decide() {
        for (ResourceEntry entry : board.entries.values()) {
            entry.slots.forEach(this::settleTheSettled);
            entry.surplus.forEach(node -> capacity.take(entry, node));
            entry.doubtful.forEach(node -> capacity.take(entry, node));
            for (Reference reference : entry.weak) {
                if (!reference.global()) {
                    for (ResourceEntry target : reference.resources()) {
                        target.weakSources.add(entry);
                    }
                }
            }
        }
        makeUnits();
        for (ResourceEntry entry : board.entries.values()) {
            placeAll(entry);
        }
        board.entries.values().forEach(this::neverTwice);
        verify();
        board.entries.values().forEach(entry -> entry.slots.forEach(Placement::explain));
    }

    /** Where it may be running counts as running: no more may be started than that leaves. */
    private void neverTwice(ResourceEntry entry) {
        if (entry.isLocal() || entry.doubtful.isEmpty()) {
            return;
        }
        // One that moves counts where it is until it has left; its own start waits for that and takes nobody's place.
        long allowed = entry.slots.size()
                - entry.doubtful.size()
                - entry.slots.stream().filter(slot -> slot.at != null).count();
        for (Slot slot : entry.slots) {
            if (slot.goal == null || slot.isStaying()) {
                continue;
            }
            boolean may = slot.at == null ? allowed > 0 : allowed >= 0;
            if (may) {
                allowed -= slot.at == null ? 1 : 0;
            } else {
                slot.goal = slot.isUp() && !slot.mustStop ? slot.at : null;
                slot.stuck = doubtful(slot);
            }
        }
    }

    private static void explain(Slot slot) {
        if (slot.target == Target.OFFLINE || slot.at != null || slot.stuck != null || slot.goal != null) {
            return;
        }
        if (!slot.entry.definition.enabled()) {
            slot.stuck = new Message(
                    "CRS-2501",
                    "Resource '" + slot.entry + "' is disabled",
                    "crsctl modify resource " + slot.entry + " -attr ENABLED=1");
        } else if (slot.held) {
            slot.stuck = new Message(
                    "HF-3203",
                    "Resource '" + slot.entry + "' was stopped because something it depends on failed or was stopped,"
                            + " and no pullup dependency brings it back",
                    "crsctl start resource " + slot.entry
                            + "; to have it brought back, add pullup(...) to its START_DEPENDENCIES");
        }
    }

    /** What needs no choice. */
    private void settleTheSettled(Slot slot) {
        ResourceEntry entry = slot.entry;
        NodeId at = slot.at;
        if (board.isFrozen(entry)) {
            settleFrozen(slot);
            return;
        }
        if (at == null) {
            settleTime(slot);
            return;
        }
        addLoad(entry, at);
        if (slot.isPinned()) {
            settlePinned(slot, at);
        } else if (slot.isStoppingWanted()) {
            slot.reason = entry.deleting ? "it is being deleted" : "stop was asked for";
            slot.leaveAlone = !board.isMember(at);
        } else if (!isEnabled(entry, at)) {
            slot.goal = slot.isUp() ? at : null;
            slot.leaveAlone = true;
        } else if (slot.target == Target.OFFLINE && slot.isUp()) {
            slot.goal = at; // Started behind our back: not ours to stop.
        } else if (!board.isMember(at)) {
            slot.leaveAlone = true;
        }
    }

    /** Nothing is done to it, and what it needs is not lost for its sake. */
    private void settleFrozen(Slot slot) {
        NodeId at = slot.at;
        slot.waiting = true;
        if (at != null) {
            addLoad(slot.entry, at);
            slot.goal = slot.isUp() ? at : null; // What does not run serves nobody.
            slot.leaveAlone = true;
        }
        if (slot.isPinned() || (at == null && slot.wantsToRun())) {
            boolean cluster = board.situation.maintenance().frozenCluster();
            slot.stuck = new Message(
                    "HF-3211",
                    (cluster ? "The cluster is frozen, so nothing is done to resource '" : "Resource '")
                            + slot.entry
                            + (cluster ? "'" : "' is frozen: nothing is done to it"),
                    cluster ? "crsctl unfreeze cluster" : "crsctl unfreeze resource " + slot.entry);
        }
    }

    private boolean isEnabled(ResourceEntry entry, NodeId node) {
        return entry.definition.on(board.nameOf(node)).enabled();
    }

    private void settleTime(Slot slot) {
        Instant until = slot.notBefore;
        if (until == null || !slot.wantsToRun() || !board.situation.now().isBefore(until)) {
            return;
        }
        slot.waiting = true;
        again(until);
        slot.stuck = new Message(
                "HF-3209",
                "Resource '" + slot.entry + "' is restarted at " + seconds(until) + ", RESTART_DELAY after its failure",
                "To start it now: crsctl start resource " + slot.entry);
    }

    private void settlePinned(Slot slot, NodeId at) {
        boolean cleanAsked =
                slot.wish != null && slot.wish.isFor(at) && slot.target == Target.ONLINE && board.isReady(at);
        String banned = cleanAsked ? ban(slot.entry, at) : null;
        if (slot.isStoppingWanted()) {
            slot.reason = "stop was asked for";
        } else if (cleanAsked && banned != null) {
            slot.reason = "start was asked for, but not on " + board.nameOf(at) + ": " + banned;
            slot.stuck = new Message(
                    "CRS-2678",
                    "Nobody knows whether '" + slot.entry + "' runs on '" + board.nameOf(at)
                            + "', and it must not be started there: " + banned,
                    Aftermath.unpin(slot, board.nameOf(at)));
        } else if (cleanAsked) {
            slot.goal = at;
            slot.reason = "start was asked for";
        } else {
            settleUnknown(slot, at);
        }
    }

    /** Why a resource must not be started on a server, whatever else there is; null if it may be. */
    private @Nullable String ban(ResourceEntry entry, NodeId node) {
        Obstacle refusal = entry.isLocal() ? null : board.refusal(node);
        if (refusal != null) {
            return refusal.text();
        }
        if (!board.allows(entry, node)) {
            return "that is " + board.restriction(entry, node);
        }
        for (ResourceEntry rival : entry.rivals.keySet()) {
            if (rival.doubtful.contains(node)
                    || rival.surplus.contains(node)
                    || rival.slots.stream().anyMatch(slot -> node.equals(slot.at))) {
                return "'" + rival + "' is there, with which it shares no server";
            }
        }
        return isEnabled(entry, node) ? null : "it is disabled there";
    }

    /** Nobody knows whether it runs: what UNKNOWN_POLICY says. */
    private void settleUnknown(Slot slot, NodeId at) {
        String server = board.nameOf(at);
        String unknown = "'" + slot.entry + "' on '" + server
                + "' has experienced an unrecoverable failure: nobody knows" + " whether it runs, so ";
        Escalation known = slot.escalation;
        Escalation next = known != null && known.node().equals(at)
                ? known
                : new Escalation(at, 0, board.situation.now(), Escalation.Step.WAIT);
        if (next.step() == Escalation.Step.CLEAN && !board.situation.now().isBefore(next.when())) {
            slot.cleanAgain = true;
            slot.reason = "its clean failed, and is tried again (UNKNOWN_POLICY)";
            return;
        }
        slot.leaveAlone = true;
        if (next.step() == Escalation.Step.CLEAN) {
            again(next.when());
            slot.stuck = new Message(
                    "CRS-2678",
                    unknown + "clean is tried again at " + seconds(next.when()) + " (UNKNOWN_POLICY)",
                    Aftermath.unpin(slot, server));
        } else if (next.step() == Escalation.Step.FENCE && othersAreReady(at)) {
            again(board.situation.now().plus(FENCE_AGAIN));
            board.fences.putIfAbsent(at, "clean of '" + slot.entry + "' failed there, and its UNKNOWN_POLICY says so");
            slot.stuck = new Message(
                    "CRS-2678",
                    unknown + server + " is fenced (UNKNOWN_POLICY)",
                    "How that goes: crsctl query css fencing");
        } else {
            UnknownPolicy policy = slot.entry.definition.on(server).unknownPolicy();
            boolean fenced = next.equals(known)
                    && next.step() == Escalation.Step.WAIT
                    && (policy == UnknownPolicy.FENCE || policy == UnknownPolicy.ESCALATE);
            slot.stuck = new Message(
                    "CRS-2678",
                    unknown + "it is left alone"
                            + (fenced ? ": another server was fenced for its sake at " + seconds(next.when()) : ""),
                    Aftermath.unpin(slot, server));
        }
    }

    private static Instant seconds(Instant when) {
        return when.truncatedTo(ChronoUnit.SECONDS);
    }

    private boolean othersAreReady(NodeId node) {
        return board.ready.stream().anyMatch(other -> !other.equals(node));
    }

    private void again(Instant when) {
        board.again = board.again == null || when.isBefore(board.again) ? when : board.again;
    }

    private void addLoad(ResourceEntry entry, NodeId node) {
        load[node.number()] += entry.definition.load();
        capacity.take(entry, node);
    }

    private static Unit unitOf(Slot slot) {
        Unit unit = slot.unit;
        if (unit == null) {
            throw new IllegalStateException(slot + " belongs to no unit");
        }
        return unit;
    }

    private void makeUnits() {
        for (ResourceEntry entry : board.entries.values()) {
            if (entry.isPlacedTogether()) {
                entry.slots.forEach(Placement::makeUnit);
            } else {
                Unit unit = new Unit();
                entry.slots.forEach(unit::add);
            }
        }
    }

    private static void makeUnit(Slot first) {
        if (first.unit != null) {
            return;
        }
        Unit unit = new Unit();
        unit.add(first);
        if (isInPlay(first)) {
            for (int i = 0; i < unit.slots.size(); i++) {
                for (Slot partner : partners(unit.slots.get(i))) {
                    if (partner.unit == null) {
                        unit.add(partner);
                    }
                }
            }
        }
        unit.sortByName();
    }

    /** It has a place of its own that is shared by what is tied to it. */
    private static boolean isPlacedTogether(Slot slot) {
        return slot.entry.isPlacedTogether() && isInPlay(slot);
    }

    /** Its place is to be decided: it wants to run and is not stuck where it is. */
    private static boolean isInPlay(Slot slot) {
        return slot.wantsToRun() && !slot.leaveAlone && !slot.waiting && !slot.isPinned() && !slot.isStoppingWanted();
    }

    private static Collection<Slot> partners(Slot slot) {
        Set<Slot> partners = new LinkedHashSet<>();
        for (ResourceEntry target : tiedTo(slot.entry)) {
            Slot partner = slot.partnerIn(target);
            if (partner != null && isInPlay(partner)) {
                partners.add(partner);
            }
        }
        for (ResourceEntry dependent : slot.entry.dependents) {
            Slot partner = slot.partnerIn(dependent);
            if (partner != null && isInPlay(partner) && tiedTo(dependent).contains(slot.entry)) {
                partners.add(partner);
            }
        }
        return partners;
    }

    /**
     * The cluster resources that must be on the same node, instance by instance: single ones, and those of its own group. A
     * choice ({@code type:}) ties to none of them.
     */
    static Set<ResourceEntry> tiedTo(ResourceEntry entry) {
        Set<ResourceEntry> known = entry.tied;
        if (known == null) {
            known = findTied(entry);
            entry.tied = known;
        }
        return known;
    }

    /** All that must be on one server with it, whatever way that is said. */
    static Set<ResourceEntry> companions(ResourceEntry entry) {
        Set<ResourceEntry> found = new LinkedHashSet<>(Set.of(entry));
        Deque<ResourceEntry> open = new ArrayDeque<>(found);
        while (!open.isEmpty()) {
            ResourceEntry next = open.remove();
            Stream<ResourceEntry> dependents = next.dependents.stream()
                    .filter(other -> other.isPlacedTogether() && tiedTo(other).contains(next));
            Stream<ResourceEntry> ofGroup = next.group == null ? next.members.stream() : Stream.of(next.group);
            Stream.of(tiedTo(next).stream(), dependents, ofGroup)
                    .flatMap(each -> each)
                    .filter(found::add)
                    .forEach(open::add);
        }
        found.remove(entry);
        return found;
    }

    /** Those that must be on one server with it, and share no server with it: they never both run. */
    static List<ResourceEntry> irreconcilable(ResourceEntry entry) {
        if (entry.rivals.isEmpty()) {
            return List.of();
        }
        Set<ResourceEntry> companions = companions(entry);
        return entry.rivals.keySet().stream().filter(companions::contains).toList();
    }

    private static Set<ResourceEntry> findTied(ResourceEntry entry) {
        Set<ResourceEntry> tied = new LinkedHashSet<>();
        for (List<Reference> references : entry.needs) {
            for (Reference reference : references) {
                if (!reference.global() && reference.resources().size() == 1) {
                    ResourceEntry target = reference.resources().getFirst();
                    if (entry.bringsAlong(target)) {
                        tied.add(target);
                    }
                }
            }
        }
        return tied;
    }

    private void placeAll(ResourceEntry entry) {
        entry.slots.forEach(slot -> place(unitOf(slot)));
    }

    /** Places the units that this one looks at, then this one. */
    private void place(Unit unit) {
        if (unit.entered) {
            return; // Placed already, or a circle of soft dependencies: whoever came first is placed last.
        }
        unit.entered = true;
        for (ResourceEntry member : unit.entries) {
            for (List<Reference> references : List.of(member.hard, member.stop, member.attraction, member.dispersion)) {
                for (Reference reference : references) {
                    reference.resources().forEach(target -> placeBefore(member, target));
                }
            }
            member.weakSources.forEach(source -> placeBefore(member, source));
            member.rivals.forEach((rival, how) -> {
                if (how == Rivalry.GIVES_WAY) {
                    placeBefore(member, rival); // Who may take its place chooses first.
                }
            });
        }
        Slot first = unit.slots.getFirst();
        if (isPlacedTogether(first)) {
            placeTogether(unit);
        } else if (first.entry.isLocal()) {
            first.entry.slots.forEach(this::placeLocal);
        } else if (!first.entry.isPlural()) {
            placeSeparately(first.entry);
        }
        unit.placed = true;
    }

    /** The instances of a group are placed in the order of their numbers, and not one for the sake of another. */
    private void placeBefore(ResourceEntry entry, ResourceEntry other) {
        if (!entry.goesWith(other)) {
            placeAll(other);
        }
    }

    private void placeLocal(Slot slot) {
        if (!isInPlay(slot)) {
            return;
        }
        NodeId node = NodeId.onPaper(slot.number);
        if (slot.at != null) {
            keepOrLeave(slot);
        }
        if (slot.goal == null && board.isMember(node)) {
            Obstacle obstacle = obstacle(slot, node, Set.of());
            if (obstacle == null) {
                give(slot, node, reasonToStart(slot, node));
            } else if (slot.at == null && board.isReady(node)) {
                slot.stuck = unplaceable(slot, Map.of(node, obstacle));
            }
        }
    }

    /** An instance that is up keeps its place, unless what it needs there has gone. */
    private void keepOrLeave(Slot slot) {
        NodeId at = slot.at;
        if (at == null || !slot.isUp()) {
            return;
        }
        Reference broken = board.brokenStopDependency(slot);
        if (broken == null && board.isMember(at) && board.hasLeft(slot.entry, at)) {
            slot.leaveReason = board.nameOf(at) + " is " + board.restriction(slot.entry, at) + " any more";
            slot.mustStop = true;
            return;
        }
        ResourceEntry stronger = broken == null ? displacing(slot.entry, at) : null;
        if (broken != null) {
            leaveBecauseOf(slot, broken);
        } else if (stronger != null) {
            slot.preemptor = stronger;
            slot.leaveReason = "it gives way to '" + stronger + "' on " + board.nameOf(at);
            board.displaced.add(slot.entry.name());
        } else if (board.isDrained(at) && !slot.entry.isLocal() && !slot.isStarting()) {
            slot.draining = true;
            slot.leaveReason = board.nameOf(at) + " is drained";
        } else {
            slot.goal = at;
        }
    }

    /** Who takes this place; null if nobody does. */
    private @Nullable ResourceEntry displacing(ResourceEntry entry, NodeId at) {
        for (Map.Entry<ResourceEntry, Rivalry> rival : entry.rivals.entrySet()) {
            Rivalry theirs = rival.getKey().rivals.get(entry);
            boolean comes = theirs != null
                    && theirs.displaces()
                    && rival.getKey().slots.stream()
                            .anyMatch(slot -> unitOf(slot).placed && at.equals(slot.goal) && !slot.leaveAlone);
            if (comes) {
                return rival.getKey();
            }
        }
        return null;
    }

    /** The one that is on a node, or may be, and keeps this one away from it; null if nobody does. */
    private @Nullable ResourceEntry occupant(ResourceEntry entry, NodeId node) {
        for (Map.Entry<ResourceEntry, Rivalry> rival : entry.rivals.entrySet()) {
            ResourceEntry other = rival.getKey();
            if (other.doubtful.contains(node) || other.surplus.contains(node)) {
                return other;
            }
            for (Slot slot : other.slots) {
                boolean firm = !rival.getValue().displaces() || unitOf(slot).placed;
                boolean stuckThere = node.equals(slot.at) && slot.leaveAlone;
                if (stuckThere
                        || (firm && willBeOn(slot, node))
                        || (slot.target == Target.OFFLINE && willBeOn(slot, node))) {
                    return other;
                }
            }
        }
        return null;
    }

    /** How many would have to give way if these came to a node. */
    private long victims(List<Candidate> order, NodeId node) {
        long victims = 0;
        for (Candidate candidate : order) {
            for (Map.Entry<ResourceEntry, Rivalry> rival :
                    candidate.slot().entry.rivals.entrySet()) {
                if (rival.getValue().displaces()) {
                    victims += countOn(rival.getKey(), node);
                }
            }
        }
        return victims;
    }

    private void leaveBecauseOf(Slot slot, Reference broken) {
        slot.leaveReason = "'" + broken.target().name() + "' is no longer ONLINE "
                + (broken.global() ? "anywhere" : "on " + (slot.at == null ? "its node" : board.nameOf(slot.at)));
        boolean pulledUp = slot.entry.pullup.stream()
                .anyMatch(
                        pullup -> pullup.target().name().equals(broken.target().name()));
        // Without a pullup it stays down until somebody asks for it: reference, 2.2.
        slot.held = slot.held || !pulledUp;
        slot.mustStop = true;
        slot.failedOn = NodeSet.EMPTY; // It had been ONLINE: a new failover begins.
    }

    private String reasonToStart(Slot slot, NodeId node) {
        if (slot.draining) {
            return slot.leaveReason;
        }
        if (slot.restarts > 0 && node.equals(slot.node)) {
            return "it failed; restart " + slot.restarts + " of " + slot.entry.definition.restartAttempts();
        }
        return slot.failedOn.isEmpty()
                ? "its TARGET is ONLINE"
                : "it could not be kept running on " + board.names(slot.failedOn.nodes());
    }

    private void give(Slot slot, NodeId node, String why) {
        slot.goal = node;
        slot.reason = why;
        if (!node.equals(slot.at)) {
            addLoad(slot.entry, node);
        }
    }

    /** Several instances, each on a node of its own. */
    private void placeSeparately(ResourceEntry entry) {
        Set<NodeId> taken = new HashSet<>(entry.surplus);
        taken.addAll(entry.doubtful);
        for (Slot slot : entry.slots) {
            if (slot.at != null && isInPlay(slot)) {
                keepOrLeave(slot);
                if (slot.goal != null && slot.wish != null) {
                    moveAsWished(slot, taken);
                }
                if (slot.goal != null && slot.wish == null) {
                    wishForBetter(slot, taken);
                    moveAsWished(slot, taken);
                }
            }
            if (slot.at != null) {
                taken.add(slot.at); // Until it has left.
                taken.add(slot.goal == null ? slot.at : slot.goal);
            }
        }
        for (Slot slot : entry.slots) {
            if (slot.goal == null && isInPlay(slot)) {
                placeAlone(slot, taken);
            }
        }
    }

    /** One of several instances moves by itself for the same reasons as a single one. */
    private void wishForBetter(Slot slot, Set<NodeId> taken) {
        NodeId at = slot.at;
        if (isAnotherOnItsWay(slot)) {
            return;
        }
        NodeSet free = NodeSet.EMPTY;
        for (NodeId node : board.ready) {
            boolean good = !taken.contains(node)
                    && slot.entry.slotFor(node) == null
                    && !slot.failedOn.contains(node)
                    && obstacle(slot, node, Set.of()) == null;
            free = good ? free.with(node) : free;
        }
        if (at != null) {
            List<Candidate> alone = List.of(new Candidate(slot, free));
            Move move = mayGoBack(alone) ? better(alone, free, at) : null;
            if (move != null) {
                slot.wish = new Wish(move.to(), false);
                slot.reason = move.why();
            }
        }
    }

    private void moveAsWished(Slot slot, Set<NodeId> taken) {
        Wish wish = slot.wish;
        NodeId node = wish == null ? null : wish.node();
        Slot there = node == null ? null : slot.entry.slotFor(node);
        boolean free = there == null || there == slot; // It may be on its way out, and come back.
        if (node != null && free && !taken.contains(node) && obstacle(slot, node, Set.of()) == null) {
            give(slot, node, slot.reason.isEmpty() ? "it is wanted on " + board.nameOf(node) : slot.reason);
        } else if (wish != null && !wish.only() && !wish.isFor(slot.at)) {
            slot.wish = null;
        }
    }

    private void placeAlone(Slot slot, Set<NodeId> taken) {
        Map<NodeId, Obstacle> obstacles = new LinkedHashMap<>();
        NodeSet feasible = NodeSet.EMPTY;
        for (NodeId node : board.ready) {
            boolean mine = slot.isActiveOn(node);
            Obstacle obstacle = taken.contains(node) && !mine ? INSTANCE_THERE : obstacle(slot, node, Set.of());
            if (obstacle == null) {
                feasible = feasible.with(node);
            } else {
                obstacles.put(node, obstacle);
            }
        }
        if (feasible.isEmpty()) {
            slot.stuck = unplaceable(slot, obstacles);
            return;
        }
        Candidate candidate = new Candidate(slot, feasible);
        Wish wish = slot.wish;
        NodeId wished = wish == null ? null : wish.node();
        NodeId best = wished != null && feasible.contains(wished) ? wished : best(List.of(candidate), feasible, true);
        if (wish != null && !wish.allows(best) && !wish.only()) {
            slot.wish = null; // It cannot be fulfilled now, and later it would come as a surprise.
        }
        taken.add(best);
        give(slot, best, reasonToStart(slot, best));
    }

    private Message doubtful(Slot slot) {
        List<NodeId> where = slot.entry.doubtful;
        boolean unsettled = where.stream().anyMatch(node -> !board.isMember(node));
        return new Message(
                "HF-3202",
                "Resource '" + slot.entry + "' may still be running on " + board.names(where)
                        + ", so it is not started elsewhere",
                unsettled
                        ? "Waiting for proof that " + board.names(where)
                                + " is down. If it cannot be fenced and you have"
                                + " switched it off: crsctl confirm fenced " + board.names(where)
                        : "Waiting for " + board.names(where) + " to report.");
    }

    private void placeTogether(Unit unit) {
        List<Slot> members =
                dependenciesFirst(unit.entries).stream().map(unit::slotOf).toList();
        boolean atRest = true;
        for (Slot slot : members) {
            if (slot.at != null) {
                keepOrLeave(slot); // A goal says now: it is well where it is.
            }
            atRest = atRest && slot.goal != null && slot.wish == null && !isRestless(slot.entry);
        }
        if (atRest) {
            return;
        }
        List<Candidate> candidates = new ArrayList<>();
        Set<ResourceEntry> inPlay = new HashSet<>(unit.entries);
        for (Slot slot : members) {
            if (slot.held) {
                slot.goal = null;
                inPlay.remove(slot.entry);
                continue;
            }
            if (slot.at == null && isInDoubt(slot)) {
                slot.stuck = doubtful(slot);
                inPlay.remove(slot.entry);
                continue;
            }
            Candidate candidate = candidate(slot, inPlay);
            if (candidate == null) {
                inPlay.remove(slot.entry);
            } else {
                candidates.add(candidate);
            }
        }
        for (List<Candidate> component : components(candidates)) {
            placeComponent(component);
        }
    }

    /** It may be running where nobody can say. Of several, which one that is, is known by where each was last. */
    private static boolean isInDoubt(Slot slot) {
        List<NodeId> doubtful = slot.entry.doubtful;
        return slot.entry.isSingle() ? !doubtful.isEmpty() : slot.node != null && doubtful.contains(slot.node);
    }

    /** It may move although all is well. */
    private static boolean isRestless(ResourceEntry entry) {
        return entry.definition.activePlacement() || !entry.activeDispersion.isEmpty();
    }

    /** Null if it can run nowhere; then it is stuck. */
    private @Nullable Candidate candidate(Slot slot, Set<ResourceEntry> together) {
        Map<NodeId, Obstacle> obstacles = new LinkedHashMap<>();
        NodeSet feasible = NodeSet.EMPTY;
        for (NodeId node : board.ready) {
            Obstacle obstacle = obstacle(slot, node, together);
            if (obstacle == null) {
                feasible = feasible.with(node);
            } else {
                obstacles.put(node, obstacle);
            }
        }
        if (slot.goal != null) {
            return new Candidate(slot, feasible.with(slot.goal));
        }
        if (feasible.isEmpty()) {
            slot.stuck = unplaceable(slot, obstacles);
            return null;
        }
        return new Candidate(slot, feasible);
    }

    private static List<List<Candidate>> components(List<Candidate> candidates) {
        Map<Slot, Candidate> rest = new LinkedHashMap<>();
        candidates.forEach(candidate -> rest.put(candidate.slot(), candidate));
        List<List<Candidate>> components = new ArrayList<>();
        for (Candidate candidate : candidates) {
            if (rest.remove(candidate.slot()) == null) {
                continue;
            }
            List<Candidate> component = new ArrayList<>(List.of(candidate));
            for (int i = 0; i < component.size(); i++) {
                for (Slot partner : partners(component.get(i).slot())) {
                    Candidate found = rest.remove(partner);
                    if (found != null) {
                        component.add(found);
                    }
                }
            }
            components.add(component);
        }
        return components;
    }

    private void placeComponent(List<Candidate> component) {
        List<Candidate> order = dependentsFirst(component);
        NodeSet common = null;
        for (Candidate candidate : order) {
            // A group goes where what is critical in it can run, with or without the rest.
            if (!candidate.slot().entry.isDispensable()) {
                common = common == null ? candidate.feasible() : common.and(candidate.feasible());
            }
        }
        if (common == null) {
            common = order.getFirst().feasible();
            for (Candidate candidate : order) {
                common = common.and(candidate.feasible());
            }
        }
        Candidate anchor = null;
        for (Candidate candidate : order) {
            anchor = anchor == null && candidate.slot().goal != null ? candidate : anchor;
        }
        NodeId current = anchor == null ? null : anchor.slot().goal;
        NodeId wished = wished(order, common);
        if (wished != null
                && current != null
                && !wished.equals(current)
                && !mayAllMove(order, wishing(order, wished))) {
            wished = null;
        }
        NodeId chosen;
        String why = null;
        if (wished != null) {
            chosen = wished;
            why = "it is wanted on " + board.nameOf(wished);
        } else if (current == null) {
            chosen = common.isEmpty() ? mostOf(order) : best(order, common, true);
        } else {
            chosen = current;
            Candidate failed = failedHere(order, current);
            NodeSet elsewhere = common.without(current);
            if (failed != null && !elsewhere.isEmpty() && mayAllMove(order, failed.slot())) {
                chosen = best(order, elsewhere, true);
                // What runs here may go where it failed before, and does so when it is down, halfway. What is not
                // critical does not bring the others back.
                for (Candidate candidate : order) {
                    Slot slot = candidate.slot();
                    boolean follows = slot.goal != null && !slot.entry.isDispensable();
                    slot.failedOn = follows ? slot.failedOn.without(chosen) : slot.failedOn;
                }
                ResourceEntry preemptor = failed.slot().preemptor;
                why = preemptor == null
                        ? "'" + failed.slot().entry + "' cannot be kept running on " + board.nameOf(current)
                        : "'" + failed.slot().entry + "' gives way to '" + preemptor + "' on " + board.nameOf(current);
                if (preemptor != null) {
                    order.forEach(candidate ->
                            board.displaced.add(candidate.slot().entry.name()));
                }
            } else if (failed == null && mayGoBack(order)) {
                NodeSet untried = common;
                for (Candidate candidate : order) {
                    untried = untried.minus(candidate.slot().failedOn);
                }
                Move move = better(order, untried, current);
                if (move != null && mayAllMove(order, move.who())) {
                    chosen = move.to();
                    why = move.why();
                    move.who().wish = new Wish(chosen, false); // Lest half of the way look like the end of it.
                }
            }
        }
        for (Candidate candidate : order.reversed()) { // What the others need comes first.
            Slot slot = candidate.slot();
            boolean comes = slot.goal == null && candidate.feasible().contains(chosen);
            Reference unserved = comes ? firstUnserved(slot, slot.entry.needs, chosen, false) : null;
            if (unserved == null) {
                settle(candidate, chosen, why, current);
            } else { // It takes no room there that others could use.
                slot.stuck = unplaceable(slot, Map.of(chosen, unserved(unserved)));
            }
        }
    }

    private void settle(Candidate candidate, NodeId chosen, @Nullable String why, @Nullable NodeId current) {
        Slot slot = candidate.slot();
        boolean stays = slot.goal != null;
        if (candidate.feasible().contains(chosen)) {
            if (stays && why == null) {
                return; // Runs well where it is, even if that is apart from a partner that was tied to it later.
            }
            if (chosen.equals(slot.at) && stays) {
                return;
            }
            give(slot, chosen, why != null ? why : reasonToStart(slot, chosen));
        } else if (!stays && slot.entry.isDispensable()) {
            String server = board.nameOf(current == null ? chosen : current);
            slot.stuck = new Message(
                    "HF-3219",
                    "Resource '" + slot.entry + "' cannot run on " + server + ", where its group '"
                            + slot.entry.definition.group() + "' is; it is not critical there, so the group goes on",
                    "When the cause is gone: crsctl start resource " + slot.entry);
        } else if (!stays && slot.preemptor != null) {
            slot.stuck = gaveWay(slot, slot.preemptor);
        } else if (!stays) {
            slot.stuck = new Message(
                    "CRS-2529",
                    "Unable to act on '" + slot.entry
                            + "' because that would require stopping or relocating resources that it must run with on "
                            + board.nameOf(current == null ? chosen : current),
                    "crsctl start resource " + slot.entry + " -f");
        }
    }

    private static Message gaveWay(Slot slot, ResourceEntry preemptor) {
        return new Message(
                "HF-3210",
                "Resource '" + slot.entry + "' gave way to '" + preemptor
                        + "' (exclusion), and there is no other server for it",
                "It is started when '" + preemptor + "' has left, or when another server joins.");
    }

    private static Slot wishing(List<Candidate> order, NodeId node) {
        for (Candidate candidate : order) {
            Wish wish = candidate.slot().wish;
            if (wish != null && wish.isFor(node)) {
                return candidate.slot();
            }
        }
        throw new IllegalStateException("nobody wishes for " + node);
    }

    /** False if one that is well where it is may not be moved for another's sake. */
    private static boolean mayAllMove(List<Candidate> order, Slot cause) {
        for (Candidate candidate : order) {
            Slot slot = candidate.slot();
            if (slot != cause && slot.goal != null && !slot.entry.definition.relocateByDependency()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Where an administrator wants one of them. A wish that outlived its command does not bring the others back to where
     * one of them failed: there it would fail again, leave again, and be wished back for ever. What is asked for now has
     * been forgiven its failures.
     */
    private static @Nullable NodeId wished(List<Candidate> order, NodeSet common) {
        for (Candidate candidate : order) {
            Wish wish = candidate.slot().wish;
            NodeId node = wish == null ? null : wish.node();
            if (node != null && common.contains(node) && !hasFailed(order, candidate.slot(), node)) {
                return node;
            }
            if (wish != null && !wish.only()) {
                candidate.slot().wish = null; // It cannot be fulfilled now, and later it would come as a surprise.
            }
        }
        return null;
    }

    /** True if the one that wishes, or one that the others cannot do without, has failed on a node. */
    private static boolean hasFailed(List<Candidate> order, Slot wishing, NodeId node) {
        for (Candidate candidate : order) {
            Slot slot = candidate.slot();
            boolean matters = slot == wishing || !slot.entry.isDispensable();
            if (matters && slot.failedOn.contains(node)) {
                return true;
            }
        }
        return false;
    }

    /** One that does not run, and must not be tried again where the others are. */
    private static @Nullable Candidate failedHere(List<Candidate> order, NodeId current) {
        for (Candidate candidate : order) {
            Slot slot = candidate.slot();
            boolean mustGo = slot.failedOn.contains(current) || (slot.preemptor != null && current.equals(slot.at));
            if (slot.goal == null && mustGo && !slot.entry.isDispensable()) {
                return candidate;
            }
        }
        return null;
    }

    /** First everything runs, then it may move. */
    private static boolean mayGoBack(List<Candidate> order) {
        boolean any = false;
        for (Candidate candidate : order) {
            Observed seen = candidate.slot().present();
            boolean well =
                    seen != null && seen.state() == ResourceState.ONLINE && seen.internal() == InternalState.STABLE;
            ResourceEntry entry = candidate.slot().entry;
            if (candidate.slot().goal == null || !well || !entry.surplus.isEmpty()) {
                return false; // One too many goes first: it may run where this one would move to.
            }
            if (entry.isPlural() && isAnotherOnItsWay(candidate.slot())) {
                return false;
            }
            any = any || isRestless(entry);
        }
        return any;
    }

    /** One at a time, and only when all are up. */
    private static boolean isAnotherOnItsWay(Slot slot) {
        for (Slot other : slot.entry.slots) {
            boolean goes =
                    other != slot && (other.wish != null || (other.goal != null && !other.goal.equals(other.at)));
            if (goes || (other.wantsToRun() && !other.isUp())) {
                return true;
            }
        }
        return false;
    }

    private @Nullable Move better(List<Candidate> order, NodeSet others, NodeId current) {
        NodeId best = best(order, others.with(current), false);
        for (Candidate candidate : order) {
            ResourceEntry entry = candidate.slot().entry;
            if (entry.definition.activePlacement() && board.rank(entry, best) < board.rank(entry, current)) {
                return new Move(best, candidate.slot(), "ACTIVE_PLACEMENT: " + board.nameOf(best) + " suits it better");
            }
        }
        Set<ResourceEntry> along = followers(order, current);
        long crowd = crowd(order, current, along);
        for (Candidate candidate : order) {
            List<Reference> apart = candidate.slot().entry.activeDispersion;
            long here = apart.isEmpty() ? 0 : counted(apart, current, along);
            NodeSet fewer = NodeSet.EMPTY;
            for (NodeId node :
                    here == 0 ? List.<NodeId>of() : others.without(current).nodes()) {
                boolean gains = counted(apart, node, along) < here && crowd(order, node, along) < crowd;
                fewer = gains && !isWorsePlace(order, node, current) ? fewer.with(node) : fewer;
            }
            if (!fewer.isEmpty()) {
                NodeId to = best(order, fewer, false);
                return new Move(
                        to,
                        candidate.slot(),
                        "dispersion:active: fewer of those that it keeps away from are on " + board.nameOf(to));
            }
        }
        return null;
    }

    /**
     * How many pairs that keep away from each other, on either's word, would meet on a node. It falls with every move
     * for dispersion:active, so these moves come to an end, whatever a circle of such resources looks like.
     */
    private long crowd(List<Candidate> order, NodeId node, Set<ResourceEntry> along) {
        long pairs = 0;
        for (Candidate candidate : order) {
            ResourceEntry entry = candidate.slot().entry;
            pairs += counted(entry.dispersion, node, along);
            for (ResourceEntry.Disperser other : entry.dispersers) {
                for (Slot slot : along.contains(other.entry()) ? List.<Slot>of() : other.entry().slots) {
                    NodeId place = willBe(slot);
                    pairs += place != null && board.isNear(other.reference(), node, place) ? 1 : 0;
                }
            }
        }
        return pairs;
    }

    /**
     * What moves together: nothing of it gets away from another of it by a move, as members of a group that keep apart would.
     * With that, what runs there because of it, and comes after it.
     */
    private Set<ResourceEntry> followers(List<Candidate> order, NodeId current) {
        Set<ResourceEntry> entries = new LinkedHashSet<>();
        order.forEach(candidate -> entries.add(candidate.slot().entry));
        Deque<ResourceEntry> open = new ArrayDeque<>(entries);
        while (!open.isEmpty()) {
            ResourceEntry needed = open.remove();
            for (ResourceEntry dependent : needed.dependents) {
                boolean there = !dependent.isLocal()
                        && countOn(dependent, current) > 0
                        && dependent.needs.stream()
                                .flatMap(List::stream)
                                .anyMatch(each ->
                                        !each.global() && each.resources().contains(needed));
                if (there && entries.add(dependent)) {
                    open.add(dependent);
                }
            }
        }
        return entries;
    }

    /** True if ACTIVE_PLACEMENT would undo a move. */
    private boolean isWorsePlace(List<Candidate> order, NodeId node, NodeId current) {
        boolean active = false;
        boolean worse = false;
        for (Candidate candidate : order) {
            ResourceEntry entry = candidate.slot().entry;
            active = active || entry.definition.activePlacement();
            worse = worse || board.rank(entry, node) > board.rank(entry, current);
        }
        return active && worse;
    }

    /** No node suits all: the node that suits the most of them. */
    private NodeId mostOf(List<Candidate> order) {
        NodeSet any = NodeSet.EMPTY;
        int most = 0;
        NodeSet best = NodeSet.EMPTY;
        for (Candidate candidate : order) {
            any = any.or(candidate.feasible());
        }
        for (NodeId node : any.nodes()) {
            int count = (int) order.stream()
                    .filter(candidate -> candidate.feasible().contains(node))
                    .count();
            if (count > most) {
                most = count;
                best = NodeSet.EMPTY;
            }
            best = count == most ? best.with(node) : best;
        }
        return best(order, best, true);
    }

    /**
     * The node to choose: healthy dependencies, then the node of a local restart, then the last one if it is sticky, then
     * the placement of the dependents and of what they depend on, then where nobody must give way, then attraction and
     * dispersion, then load, then the lowest number.
     */
    private NodeId best(List<Candidate> order, NodeSet among, boolean restarting) {
        NodeId best = null;
        long[] bestScore = {};
        for (NodeId node : among.nodes()) {
            long[] score = score(order, node, restarting);
            if (best == null || Arrays.compare(score, bestScore) < 0) {
                best = node;
                bestScore = score;
            }
        }
        if (best == null) {
            throw new IllegalStateException("no node to choose from for " + order);
        }
        return best;
    }

    /** What speaks against a node, the weightiest first; the lower, the better. */
    private long[] score(List<Candidate> order, NodeId node, boolean restarting) {
        long[] score = new long[FIRST_RANK + order.size() + 4];
        score[TROUBLES] = troubles(order, node);
        score[RESTART] = restarting && isRestartingOn(order, node) ? 0 : 1;
        score[STICKINESS] = -stickiness(order, node);
        int at = FIRST_RANK;
        for (Candidate candidate : order) {
            score[at++] = board.rank(candidate.slot().entry, node);
        }
        score[at++] = victims(order, node);
        score[at++] = -attracted(order, node);
        score[at++] = dispersed(order, node);
        score[at] = load[node.number()];
        return score;
    }

    // ---------------------------------------------------------------- for those who ask why

    /** Why an instance, with all that must run with it, could not be on a node; null if it could. After the decision. */
    @Nullable
    Obstacle obstacleFor(Slot slot, NodeId node) {
        ResourceEntry entry = slot.entry;
        if (!entry.isPlacedTogether()) {
            boolean another = entry.slots.stream().anyMatch(other -> other != slot && willBeOn(other, node));
            return another ? INSTANCE_THERE : obstacle(slot, node, Set.of());
        }
        Unit unit = unitOf(slot);
        Set<ResourceEntry> together = new LinkedHashSet<>(unit.entries);
        Obstacle own = obstacle(slot, node, together);
        if (own != null) {
            return own;
        }
        for (Slot member : unit.slots) {
            Obstacle obstacle = member == slot ? null : obstacle(member, node, together);
            if (obstacle != null) {
                return new Obstacle(
                        obstacle.cause() + " of " + member.entry,
                        "'" + member.entry + "', with which it runs, cannot be there: " + obstacle.text());
            }
        }
        return null;
    }

    /** How a node on which an instance could be compares with the one where it is or goes. After the decision. */
    Obstacle comparison(Slot slot, NodeId here, NodeId there) {
        List<Candidate> all = new ArrayList<>();
        for (Slot of : slot.entry.isPlacedTogether() ? unitOf(slot).slots : List.of(slot)) {
            if (of.goal != null || of == slot) {
                all.add(new Candidate(of, NodeSet.of(here, there)));
            }
        }
        List<Candidate> order = dependentsFirst(all);
        boolean stays = slot.isStaying();
        long[] ours = score(order, here, !stays);
        long[] theirs = score(order, there, !stays);
        for (Candidate candidate : order) { // Its own weight is no reason to leave.
            ours[ours.length - 1] -= here.equals(candidate.slot().goal)
                    ? candidate.slot().entry.definition.load()
                    : 0;
        }
        int differs = Arrays.mismatch(ours, theirs);
        if (differs < 0) {
            return stays
                    ? new Obstacle("ACTIVE_PLACEMENT=0", "as good, but it runs where it is")
                    : new Obstacle("node number", "as good, but " + board.nameOf(here) + " comes first");
        }
        Obstacle criterion = criterion(order, differs, ours[differs], theirs[differs]);
        boolean better = theirs[differs] < ours[differs];
        return better
                ? new Obstacle(
                        "ACTIVE_PLACEMENT=0",
                        "it would be better there (" + criterion.text() + "), but it runs where it is")
                : criterion;
    }

    private static Obstacle criterion(List<Candidate> order, int index, long ours, long theirs) {
        int behindRanks = index - FIRST_RANK - order.size();
        if (index >= FIRST_RANK && behindRanks < 0) {
            ResourceEntry entry = order.get(index - FIRST_RANK).slot().entry;
            if (entry.definition.hostingMembers().isEmpty()) {
                boolean ofCategory = !entry.definition.serverCategory().isEmpty();
                String where = ofCategory
                        ? "SERVER_CATEGORY=" + entry.definition.serverCategory()
                        : "SERVER_POOLS='" + String.join(" ", entry.definition.serverPools()) + "'";
                return new Obstacle(where, (theirs > ours ? "not in " : "in ") + where + " of '" + entry + "'");
            }
            String members = "HOSTING_MEMBERS='" + String.join(" ", entry.definition.hostingMembers()) + "'";
            return new Obstacle(
                    members,
                    (theirs > ours ? "further back" : "further to the front") + " in " + members + " of '" + entry
                            + "'");
        }
        return switch (index < FIRST_RANK ? index : FIRST_RANK + behindRanks) {
            case TROUBLES -> new Obstacle("failure", "something that it needs has failed on one of the two");
            case RESTART -> new Obstacle("RESTART_ATTEMPTS", "it is restarted where it failed first");
            case STICKINESS -> new Obstacle("USE_STICKINESS=1", "it ran elsewhere last");
            case FIRST_RANK -> new Obstacle("exclusion", "what gives way: " + theirs + " there, " + ours + " here");
            case FIRST_RANK + 1 ->
                new Obstacle("attraction", "what attracts it: " + -theirs + " there, " + -ours + " here");
            case FIRST_RANK + 2 ->
                new Obstacle("dispersion", "what it keeps away from: " + theirs + " there, " + ours + " here");
            default -> new Obstacle("LOAD", "load of others " + theirs + " there, " + ours + " here");
        };
    }

    /** How many of the local resources that are needed have failed on the node and are only being tried again. */
    private static long troubles(List<Candidate> order, NodeId node) {
        long troubles = 0;
        for (Candidate candidate : order) {
            for (Reference reference : candidate.slot().entry.hard) {
                for (ResourceEntry target : reference.resources()) {
                    Observed seen = target.isLocal() && !reference.global() ? target.seenOn(node) : null;
                    boolean healthy = seen == null
                            || seen.state() == ResourceState.ONLINE
                            || (seen.incident().isEmpty() && seen.state() == ResourceState.OFFLINE);
                    troubles += healthy ? 0 : 1;
                }
            }
        }
        return troubles;
    }

    private static boolean isRestartingOn(List<Candidate> order, NodeId node) {
        for (Candidate candidate : order) {
            Slot slot = candidate.slot();
            if (node.equals(slot.node) && !slot.failedOn.contains(node)) {
                return true;
            }
        }
        return false;
    }

    private static long stickiness(List<Candidate> order, NodeId node) {
        long sticky = 0;
        for (Candidate candidate : order) {
            Slot slot = candidate.slot();
            sticky += slot.entry.definition.sticky() && node.equals(slot.lastServer) ? 1 : 0;
        }
        return sticky;
    }

    private long attracted(List<Candidate> order, NodeId node) {
        long count = 0;
        for (Candidate candidate : order) {
            ResourceEntry entry = candidate.slot().entry;
            count += counted(entry.attraction, node);
            for (ResourceEntry source : entry.weakSources) {
                count += countOn(source, node) > 0 ? 1 : 0;
            }
        }
        return count;
    }

    private long dispersed(List<Candidate> order, NodeId node) {
        long count = 0;
        for (Candidate candidate : order) {
            count += counted(candidate.slot().entry.dispersion, node);
        }
        return count;
    }

    /**
     * How many of the resources that are meant are on a node, or will be; for a dispersion with {@code pool:}, on a server
     * of its pools.
     */
    private long counted(List<Reference> references, NodeId node) {
        return counted(references, node, Set.of());
    }

    /** @param along those that are not counted, as they go where the one goes that asks */
    private long counted(List<Reference> references, NodeId node, Set<ResourceEntry> along) {
        long count = 0;
        for (Reference reference : references) {
            for (ResourceEntry target : reference.resources()) {
                for (Slot slot : along.contains(target) ? List.<Slot>of() : target.slots) {
                    Observed seen = slot.present();
                    boolean half = seen != null
                            && seen.internal() == InternalState.STABLE
                            && seen.state() == ResourceState.INTERMEDIATE;
                    NodeId place = willBe(slot);
                    boolean counts = place != null
                            && board.isNear(reference, node, place)
                            && (!half || reference.target().intermediate() || !place.equals(slot.at));
                    count += counts ? 1 : 0;
                }
            }
        }
        return count;
    }

    private long countOn(ResourceEntry entry, NodeId node) {
        long count = 0;
        for (Slot slot : entry.slots) {
            count += willBeOn(slot, node) ? 1 : 0;
        }
        return count;
    }

    private boolean willBeOn(Slot slot, NodeId node) {
        return node.equals(willBe(slot));
    }

    /** Its goal if it has been placed, and where it is if it has not. */
    private @Nullable NodeId willBe(Slot slot) {
        if (slot.goal != null || unitOf(slot).placed) {
            return slot.goal;
        }
        return slot.isUp() && !slot.mustStop && !slot.isStoppingWanted() ? slot.at : null;
    }

    /**
     * Why an instance cannot be started on a node; null if it can.
     *
     * @param together resources that go where this one goes, so that they are no obstacle
     */
    private @Nullable Obstacle obstacle(Slot slot, NodeId node, Set<ResourceEntry> together) {
        ResourceEntry entry = slot.entry;
        if (!board.isReady(node)) {
            return new Obstacle("server state", "not ONLINE");
        }
        if (!board.allows(entry, node)) {
            return new Obstacle(
                    !board.allowsPool(entry, node)
                            ? "SERVER_POOLS"
                            : board.allowsCategory(entry, node)
                                    ? "PLACEMENT=restricted"
                                    : "SERVER_CATEGORY=" + board.categoryOf(entry),
                    board.restriction(entry, node));
        }
        Obstacle refusal = entry.isLocal() ? null : board.refusal(node);
        if (refusal != null) {
            return refusal;
        }
        if (entry.isPlural() && slot.isForestalledOn(node)) {
            return INSTANCE_THERE;
        }
        if (!isEnabled(entry, node)) {
            return new Obstacle("ENABLED@SERVERNAME(" + board.nameOf(node) + ")=0", "it is disabled there");
        }
        if (slot.wish != null && slot.wish.only() && !slot.wish.allows(node)) {
            return new Obstacle(
                    slot.wish.node() == null ? "start -s" : "start -n",
                    "start was asked for on " + board.names(slot.wish.nodes().nodes()) + " only");
        }
        // What runs now is as good anywhere as it ever was.
        if (slot.failedOn.contains(node) && slot.goal == null) {
            return new Obstacle("failure", "it failed there");
        }
        if (entry.seenOn(node) == null) {
            return new Obstacle("server state", "not known yet whether it runs there");
        }
        if (isBoundElsewhere(slot, node)) {
            return new Obstacle("INSTANCE_FAILOVER=0", "it waits for its own server");
        }
        Obstacle full = capacity.obstacle(slot, node, together);
        if (full != null) {
            return full;
        }
        if (entry.surplus.contains(node)) {
            return new Obstacle("CARDINALITY", "one of it that is too many is there, and leaves first");
        }
        ResourceEntry occupant = occupant(entry, node);
        if (occupant != null) {
            return new Obstacle("exclusion", "'" + occupant + "' is there, with which it shares no server");
        }
        for (List<Reference> references : entry.needs) {
            for (Reference reference : references) {
                boolean served = false;
                for (ResourceEntry target : reference.resources()) {
                    boolean goesAlong = !reference.global()
                            && together.contains(target)
                            && tiedTo(entry).contains(target);
                    served = served || goesAlong || willServe(slot, reference, target, node);
                }
                if (!served) {
                    return unserved(reference);
                }
            }
        }
        return null;
    }

    /** Lost with its server, and not to run anywhere else before an administrator says so. */
    private boolean isBoundElsewhere(Slot slot, NodeId node) {
        Wish wish = slot.wish;
        return !slot.entry.definition.instanceFailover()
                && slot.at == null
                && !node.equals(slot.node) // It was told to go there, and may be on its way.
                && (wish == null || !wish.allows(node))
                && slot.lastServer != null
                && !board.isReady(slot.lastServer);
    }

    private static Obstacle unserved(Reference reference) {
        return new Obstacle("hard(" + reference.target() + ")", missing(reference));
    }

    private static String missing(Reference reference) {
        String name = (reference.target().ofType() ? "type:" : "")
                + reference.target().name();
        if (reference.resources().isEmpty()) {
            return "'" + name + "', which it depends on, is not registered";
        }
        boolean wanted = reference.resources().stream()
                .anyMatch(target -> target.slots.stream().anyMatch(slot -> slot.target == Target.ONLINE));
        return "'" + name + "', which it depends on, is "
                + (wanted ? "not ONLINE" : "OFFLINE")
                + (reference.global() ? "" : " there")
                + (wanted ? "" : ", and so is its TARGET");
    }

    /** Those that can serve an instance: of its own group, the one that goes with it. */
    private static List<Slot> providers(Slot of, ResourceEntry target) {
        if (!of.entry.goesWith(target)) {
            return target.slots;
        }
        Slot partner = of.partnerIn(target);
        return partner == null ? List.of() : List.of(partner);
    }

    private boolean willServe(Slot of, Reference reference, ResourceEntry target, NodeId node) {
        for (Slot slot : reference.global() ? target.slots : providers(of, target)) {
            boolean here = reference.global() || node.equals(slot.goal);
            if (slot.goal != null && here && isGoodEnough(reference, slot)) {
                return true;
            }
        }
        // Not placed yet, in a circle: taken on trust here, verified at the end.
        return reference.global() && target.slots.stream().anyMatch(slot -> !unitOf(slot).placed && isInPlay(slot));
    }

    /** False if an instance keeps its place, but is not what the dependency asks for: INTERMEDIATE, where that will not do. */
    static boolean isGoodEnough(Reference reference, Slot slot) {
        Observed seen = slot.present();
        if (seen == null || !slot.isStaying()) {
            return true; // It will be started there.
        }
        return slot.isStarting()
                || seen.state() == ResourceState.ONLINE
                || reference.target().intermediate();
    }

    /** Starts whose dependencies came to nothing are dropped; what would lose its stop dependencies is stopped first. */
    private void verify() {
        for (ResourceEntry entry : dependenciesFirst(board.entries.values())) {
            for (Slot slot : entry.slots) {
                NodeId goal = slot.goal;
                if (goal == null || slot.leaveAlone) {
                    continue;
                }
                boolean staying = slot.isStaying();
                List<List<Reference>> needed = staying ? List.of(entry.stop) : entry.needs;
                Reference unserved = firstUnserved(slot, needed, goal, staying);
                if (unserved != null && staying && !slot.isStarting()) {
                    slot.goal = null;
                    slot.leaveReason = "'" + unserved.target().name() + "', which it depends on, is leaving";
                    if (unserved.resources().stream().anyMatch(target -> board.displaced.contains(target.name()))) {
                        board.displaced.add(entry.name());
                    }
                } else if (unserved != null && !staying) {
                    slot.goal = null;
                    if (slot.stuck == null) {
                        slot.stuck = unplaceable(slot, Map.of(goal, unserved(unserved)));
                    }
                } else if (!staying) {
                    dropWhereRivalIs(slot, goal);
                }
            }
        }
    }

    /** Two that were placed at once and share no node: the first of them waits. */
    private void dropWhereRivalIs(Slot slot, NodeId goal) {
        for (ResourceEntry rival : slot.entry.rivals.keySet()) {
            if (rival.slots.stream().anyMatch(other -> goal.equals(other.goal))) {
                slot.goal = null;
                slot.stuck = unplaceable(
                        slot,
                        Map.of(
                                goal,
                                new Obstacle("exclusion", "'" + rival + "' is there, with which it shares no server")));
                return;
            }
        }
    }

    private static @Nullable Reference firstUnserved(
            Slot slot, List<List<Reference>> needed, NodeId goal, boolean staying) {
        for (List<Reference> references : needed) {
            for (Reference reference : references) {
                boolean served = false;
                for (ResourceEntry target : reference.resources()) {
                    for (Slot provider : reference.global() ? target.slots : providers(slot, target)) {
                        boolean there = reference.global() ? provider.goal != null : goal.equals(provider.goal);
                        // What is pinned or unknown is not leaving: no reason to stop what runs.
                        boolean untouched = staying && provider.leaveAlone && provider.at != null;
                        served = served || untouched || (there && (staying || isGoodEnough(reference, provider)));
                    }
                    served = served || (staying && target.seenOn(goal) == null);
                }
                if (!served && !(staying && reference.resources().isEmpty())) {
                    return reference;
                }
            }
        }
        return null;
    }

    private Message unplaceable(Slot slot, Map<NodeId, Obstacle> obstacles) {
        Set<String> kinds = new LinkedHashSet<>();
        obstacles.values().forEach(obstacle -> kinds.add(obstacle.text()));
        String first = kinds.isEmpty() ? "" : kinds.iterator().next();
        if (kinds.size() == 1 && first.contains("which it depends on")) {
            String where = obstacles.size() > 1
                    ? " on any server"
                    : " on " + board.nameOf(obstacles.keySet().iterator().next());
            return new Message(
                    "CRS-2527",
                    "Unable to start '" + slot.entry + "' because of a 'hard' dependency: "
                            + first.replace(" there", where),
                    "Look at what it depends on: crsctl status resource -t");
        }
        if (slot.entry.isLocal()) {
            String server = board.nameOf(NodeId.onPaper(slot.number));
            return new Message(
                    "HF-3206",
                    "Resource '" + slot.entry + "' is not started on '" + server + "': " + first,
                    "When the cause is gone: crsctl start resource " + slot.entry + " -n " + server);
        }
        Map<NodeId, Obstacle> sorted = new TreeMap<>(obstacles);
        List<String> texts = new ArrayList<>();
        sorted.forEach((node, obstacle) -> texts.add(board.nameOf(node) + ": " + obstacle.text()));
        return new Message(
                "CRS-2632",
                "There are no more servers to try to place resource '" + slot.entry
                        + "' on that would satisfy its placement policy",
                (texts.isEmpty() ? "No server is ONLINE." : String.join("; ", texts) + ".")
                        + " When the cause is gone: crsctl start resource " + slot.entry);
    }

    private static List<ResourceEntry> dependenciesFirst(Collection<ResourceEntry> entries) {
        Set<ResourceEntry> wanted = entries instanceof Set<ResourceEntry> set ? set : new LinkedHashSet<>(entries);
        Set<ResourceEntry> done = new LinkedHashSet<>();
        Set<ResourceEntry> entered = new HashSet<>();
        entries.forEach(entry -> visit(entry, wanted, entered, done));
        return new ArrayList<>(done);
    }

    private static void visit(
            ResourceEntry entry, Set<ResourceEntry> wanted, Set<ResourceEntry> entered, Set<ResourceEntry> done) {
        if (!wanted.contains(entry) || !entered.add(entry)) {
            return;
        }
        for (List<Reference> references : entry.needs) {
            for (Reference reference : references) {
                reference.resources().forEach(target -> visit(target, wanted, entered, done));
            }
        }
        done.add(entry);
    }

    private static List<Candidate> dependentsFirst(List<Candidate> component) {
        Map<ResourceEntry, Candidate> byEntry = new LinkedHashMap<>();
        component.stream()
                .sorted(Comparator.comparing(
                                (Candidate candidate) -> candidate.slot().entry.name())
                        .reversed())
                .forEach(candidate -> byEntry.put(candidate.slot().entry, candidate));
        List<Candidate> order = new ArrayList<>();
        for (ResourceEntry entry : dependenciesFirst(byEntry.keySet())) {
            Candidate candidate = byEntry.get(entry);
            if (candidate != null) {
                order.add(candidate);
            }
        }
        Collections.reverse(order);
        return order;
    }
}
