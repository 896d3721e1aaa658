package dev.holdfast.policy;

import dev.holdfast.model.Incident;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceDefinition.AutoStart;
import dev.holdfast.model.ResourceDefinition.UnknownPolicy;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.Target;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** Takes note of what happened since the last plan: servers that came or went, starts that worked, failures. */
final class Aftermath {
    private static final SortedSet<String> NONE = Collections.unmodifiableSortedSet(new TreeSet<>());

    /** How often clean is tried again, and how long the first time is waited. */
    private static final int CLEANS = 3;

    private static final Duration CLEAN_PAUSE = Duration.ofSeconds(10);
    /** One resource that cannot be cleaned anywhere must not fence one node after the other. */
    private static final Duration FENCE_PAUSE = Duration.ofHours(1);

    private final Board board;

    Aftermath(Board board) {
        this.board = board;
    }

    void note() {
        noteArrivals();
        for (ResourceEntry entry : board.entries.values()) {
            for (Slot slot : entry.slots) {
                noteDepartures(slot);
                noteIncidents(slot);
                noteSuccess(slot);
                noteStopped(slot);
                notePullups(slot);
                forgiveWhereDependencyIsDown(slot);
            }
        }
        board.growWhatIsWantedNow();
    }

    private void noteArrivals() {
        List<NodeId> arrived = new ArrayList<>();
        for (NodeId node : board.ready) {
            Server server = board.situation.servers().get(node);
            if (server != null
                    && !server.incarnation().equals(board.situation.greeted().get(node))) {
                arrived.add(node);
                board.greeted.put(node, server.incarnation());
            }
        }
        if (arrived.isEmpty()) {
            return;
        }
        boolean coldStart = arrived.size() == board.ready.size();
        for (ResourceEntry entry : board.entries.values()) {
            if (entry.isLocal()) {
                entry.slots.forEach(slot -> arriveLocal(slot, arrived));
            } else {
                entry.slots.forEach(slot -> arriveCluster(slot, arrived, coldStart));
            }
        }
    }

    private void arriveLocal(Slot slot, List<NodeId> arrived) {
        NodeId node = NodeId.onPaper(slot.number);
        if (!arrived.contains(node)) {
            return;
        }
        boolean isNew = !slot.entry.wanted.instances().containsKey(slot.number);
        slot.failedOn = NodeSet.EMPTY;
        slot.restarts = 0;
        slot.notBefore = null;
        if (slot.at == null) {
            slot.held = false;
            switch (slot.entry.definition.autoStart()) {
                case ALWAYS -> slot.target = Target.ONLINE;
                case NEVER -> staysDown(slot);
                case RESTORE -> {
                    // A local resource grows to a server that never had it.
                    boolean wantedElsewhere = slot.entry.slots.stream().anyMatch(s -> s.target == Target.ONLINE);
                    slot.target = isNew && wantedElsewhere ? Target.ONLINE : slot.target;
                }
            }
        }
    }

    /** AUTO_START is about the server on which it ran last, or about all of them when the whole cluster starts. */
    private void arriveCluster(Slot slot, List<NodeId> arrived, boolean coldStart) {
        for (NodeId node : arrived) {
            slot.failedOn = slot.failedOn.without(node);
        }
        if (slot.at != null) {
            return;
        }
        if (slot.node != null && arrived.contains(slot.node)) {
            slot.node = null; // A new life of that server: nothing of the old one binds.
            slot.restarts = 0;
        }
        boolean itsServer = coldStart || slot.lastServer == null || arrived.contains(slot.lastServer);
        if (coldStart) {
            slot.held = false;
        }
        if (itsServer && slot.entry.definition.autoStart() == AutoStart.ALWAYS) {
            slot.target = Target.ONLINE;
            slot.held = false;
        } else if (itsServer && slot.entry.definition.autoStart() == AutoStart.NEVER) {
            staysDown(slot);
        }
    }

    private void staysDown(Slot slot) {
        slot.target = Target.OFFLINE;
        slot.noted = board.grows(slot.entry);
    }

    private void noteDepartures(Slot slot) {
        if (slot.wish != null && slot.wish.nodes().nodes().stream().noneMatch(board::isMember)) {
            slot.wish = null; // What was named is gone: running elsewhere is better than not at all.
        }
        if (!slot.entry.isLocal() && slot.node != null && slot.at == null && !board.isMember(slot.node)) {
            slot.node = null;
            slot.restarts = 0;
            slot.failedOn = NodeSet.EMPTY;
            slot.notBefore = null;
        }
    }

    private void noteIncidents(Slot slot) {
        if (slot.entry.isLocal()) {
            noteIncident(slot, NodeId.onPaper(slot.number), true);
            return;
        }
        for (NodeId node : board.ready) {
            boolean mine = slot.at != null ? node.equals(slot.at) : node.equals(slot.node);
            // One from a node that it has left is put aside, lest it be taken for a new one when it comes back there.
            if (mine || slot.entry.isSingle() || isNobodys(slot, node)) {
                noteIncident(slot, node, mine);
            }
        }
    }

    /** True for the first of several, if none of them is or was last on a node. */
    private static boolean isNobodys(Slot slot, NodeId node) {
        List<Slot> all = slot.entry.slots;
        return slot == all.getFirst() && all.stream().noneMatch(one -> node.equals(one.at) || node.equals(one.node));
    }

    private void noteIncident(Slot slot, NodeId node, boolean counts) {
        Observed seen = slot.entry.seenOn(node);
        if (seen == null || seen.incident().isEmpty() || !board.isMember(node)) {
            return;
        }
        Incident incident = seen.incident().get();
        boolean isNew = true; // Answered once for all of its instances: it happened to one of them.
        for (Slot other : slot.entry.slots) {
            Long answered = other.answered.get(node);
            isNew = isNew && (answered == null || answered != incident.number());
        }
        // Also for those that there are not at present, as a pool is smaller or CARDINALITY lower than it was.
        for (WantedInstance other : slot.entry.wanted.instances().values()) {
            Long answered = other.answered().get(node);
            isNew = isNew && (answered == null || answered != incident.number());
        }
        // What is being done about it now ends with news of its own.
        if (!isNew || seen.internal() != InternalState.STABLE) {
            return;
        }
        slot.answered.put(node, incident.number());
        if (!counts) {
            if (incident.kind() == Incident.Kind.START_FAILED && slot.wish != null && slot.wish.isFor(node)) {
                slot.wish = null; // It was to be moved there while it goes on here (RELOCATE_KIND=online): it stays.
            }
            return;
        }
        String server = board.nameOf(node);
        switch (incident.kind()) {
            case STOPPED_OUTSIDE -> {
                slot.target = Target.OFFLINE;
                say(
                        "HF-3201",
                        "Resource '" + slot.entry + "' was stopped on '" + server
                                + "' outside of the clusterware; its TARGET is now OFFLINE",
                        "crsctl start resource " + slot.entry);
            }
            case CLEAN_FAILED -> {
                slot.stopping = false;
                slot.wish = null;
                say(
                        "CRS-2678",
                        "'" + slot.entry + "' on '" + server + "' has experienced an unrecoverable failure: "
                                + incident.text(),
                        unpin(slot, server));
                slot.entry.deleting = false; // Nobody would look after what may still run.
                escalate(slot, node);
            }
            case STOP_FAILED -> onStopFailed(slot, node, incident);
            case FAILED -> onFailed(slot, node, incident);
            case START_FAILED -> onStartFailed(slot, node, incident);
        }
    }

    /** Each clean that is tried again waits twice as long as the one before. */
    private void escalate(Slot slot, NodeId node) {
        Escalation before = slot.escalation;
        Instant now = board.situation.now();
        UnknownPolicy policy = definition(slot, node).unknownPolicy();
        boolean cleans = policy == UnknownPolicy.CLEAN || policy == UnknownPolicy.ESCALATE;
        int tried = before != null && before.node().equals(node) && before.step() == Escalation.Step.CLEAN
                ? before.cleans() + 1
                : 0;
        if (cleans && tried < CLEANS) {
            slot.escalation =
                    new Escalation(node, tried, now.plus(CLEAN_PAUSE.multipliedBy(1L << tried)), Escalation.Step.CLEAN);
        } else if (policy == UnknownPolicy.FENCE || policy == UnknownPolicy.ESCALATE) {
            Instant fenced = before != null && before.step() == Escalation.Step.FENCE ? before.when() : null;
            slot.escalation = fenced != null && now.isBefore(fenced.plus(FENCE_PAUSE))
                    ? new Escalation(node, 0, fenced, Escalation.Step.WAIT)
                    : new Escalation(node, 0, now, Escalation.Step.FENCE);
        } else if (policy == UnknownPolicy.CLEAN) {
            slot.escalation = new Escalation(node, tried, now, Escalation.Step.WAIT);
        } else {
            slot.escalation = null;
        }
    }

    static String unpin(Slot slot, String server) {
        return "Make sure that it does not run on " + server + ", then: crsctl stop resource " + slot.entry + " -f";
    }

    private void onFailed(Slot slot, NodeId node, Incident incident) {
        say(
                "CRS-2765",
                "Resource '" + slot.entry + "' has failed on server '" + board.nameOf(node) + "': " + incident.text(),
                "");
        if (slot.target != Target.ONLINE) {
            return;
        }
        slot.failedOn = NodeSet.EMPTY; // It had been ONLINE: a new failover begins.
        if (incident.uptime().compareTo(definition(slot, node).uptimeThreshold()) >= 0) {
            slot.restarts = 0; // It had been stable.
        }
        if (lacksDependency(slot.entry, node)) {
            return; // Not its own fault: it does not use up its chances.
        }
        if (!isGivenUp(slot, node)) {
            countAgainst(slot, node);
        }
    }

    private ResourceDefinition definition(Slot slot, NodeId node) {
        ResourceDefinition definition = slot.entry.definition;
        return (slot.entry.isLocal() ? definition : definition.ofInstance(slot.number)).on(board.nameOf(node));
    }

    /** FAILURE_THRESHOLD failures within FAILURE_INTERVAL: nothing more is tried until somebody starts it. */
    private boolean isGivenUp(Slot slot, NodeId node) {
        ResourceDefinition definition = definition(slot, node);
        if (definition.failureInterval().isZero()) {
            slot.failures = List.of();
            return false;
        }
        Instant now = board.situation.now();
        Instant since = now.minus(definition.failureInterval());
        List<Instant> recent = new ArrayList<>();
        slot.failures.stream()
                .filter(at -> at.isAfter(since) && !at.isAfter(now))
                .forEach(recent::add);
        recent.add(now);
        slot.failures = recent;
        int threshold = definition.failureThreshold();
        if (threshold == 0 || recent.size() < threshold) {
            return false;
        }
        slot.target = Target.OFFLINE;
        slot.wish = null;
        say(
                "HF-3207",
                "Resource '" + slot.entry + "' has failed " + recent.size()
                        + (recent.size() == 1 ? " time" : " times") + " within "
                        + definition.failureInterval().toSeconds() + " s (FAILURE_THRESHOLD=" + threshold
                        + "): it is given up, and its TARGET is now OFFLINE",
                "When the cause is gone: crsctl start resource " + slot.entry);
        return true;
    }

    /** {@code stop -l}: it is wanted again, and so is what was to be stopped after it and would now take it down. */
    private void onStopFailed(Slot slot, NodeId node, Incident incident) {
        say(
                "HF-3212",
                "Stop of resource '" + slot.entry + "' on server '" + board.nameOf(node) + "' failed: "
                        + incident.text() + "; it is left as it is (-l), and its TARGET is ONLINE",
                "To have it cleaned where stop fails: crsctl stop resource " + slot.entry);
        stays(slot, node, new HashSet<>());
    }

    private void stays(Slot slot, NodeId node, Set<ResourceEntry> seen) {
        if (!seen.add(slot.entry)) {
            return;
        }
        if (slot.stopping) {
            slot.stopping = false;
            slot.target = Target.ONLINE;
        }
        List<ResourceEntry> below = new ArrayList<>();
        for (Reference reference : slot.entry.stop) {
            below.addAll(reference.resources());
        }
        if (slot.entry.group != null) {
            below.add(slot.entry.group);
        }
        for (ResourceEntry needed : below) {
            Slot under = needed.slotFor(node);
            if (under != null) {
                stays(under, node, seen);
            }
        }
    }

    private void onStartFailed(Slot slot, NodeId node, Incident incident) {
        if (slot.target != Target.ONLINE || lacksDependency(slot.entry, node)) {
            return;
        }
        boolean restarting = slot.restarts > 0;
        if (restarting) {
            countAgainst(slot, node);
        } else {
            slot.failedOn = slot.failedOn.with(node);
        }
        if (slot.wish != null && slot.wish.isFor(node) && !slot.wish.only()) {
            slot.wish = null;
        }
    }

    private void countAgainst(Slot slot, NodeId node) {
        ResourceDefinition definition = definition(slot, node);
        if (slot.restarts < definition.restartAttempts()) {
            slot.restarts++;
            slot.notBefore = definition.restartDelay().isZero()
                    ? null
                    : board.situation.now().plus(definition.restartDelay());
            return;
        }
        slot.failedOn = slot.failedOn.with(node);
        if (definition.restartAttempts() > 0 || slot.entry.isLocal()) {
            say(
                    "CRS-2771",
                    "Maximum restart attempts reached for resource '" + slot.entry + "' on server '"
                            + board.nameOf(node) + "'; it will not be restarted there",
                    slot.entry.isLocal() ? "crsctl start resource " + slot.entry + " -n " + board.nameOf(node) : "");
        }
    }

    /** True if something that it needs on its node is not up there, which is reason enough for a failure. */
    private boolean lacksDependency(ResourceEntry entry, NodeId node) {
        for (List<Reference> references : entry.needs) {
            for (Reference reference : references) {
                boolean up = reference.resources().isEmpty();
                for (ResourceEntry target : reference.resources()) {
                    if (reference.global()) {
                        for (NodeId other : board.ready) {
                            up = up || Board.isUpFor(reference, target, other);
                        }
                    } else {
                        up = up || Board.isUpFor(reference, target, node);
                    }
                }
                if (!up) {
                    return true;
                }
            }
        }
        return false;
    }

    /** ONLINE: the failover or the move, if it was one, is over. */
    private void noteSuccess(Slot slot) {
        Observed seen = slot.present();
        NodeId at = slot.at;
        boolean up = seen != null
                && seen.internal() == InternalState.STABLE
                && (seen.state() == ResourceState.ONLINE || seen.state() == ResourceState.INTERMEDIATE);
        if (!up || at == null) {
            return;
        }
        slot.lastServer = at;
        slot.notBefore = null;
        Escalation done = slot.escalation;
        if (done != null
                && (done.step() != Escalation.Step.FENCE
                        || !board.situation.now().isBefore(done.when().plus(FENCE_PAUSE)))) {
            slot.escalation = null;
        }
        // The others stay noted until it fails again: it must not go back by itself to where it just failed.
        slot.failedOn = slot.failedOn.without(at);
        slot.held = slot.held && slot.target == Target.OFFLINE;
        if (slot.wish != null && slot.wish.allows(at)) {
            slot.wish = null;
        }
    }

    private void noteStopped(Slot slot) {
        boolean mayRun = slot.node != null && slot.entry.doubtful.contains(slot.node);
        if (slot.stopping && slot.at == null && !mayRun) {
            slot.stopping = false;
            slot.node = slot.entry.isLocal() ? slot.node : null;
            slot.restarts = 0;
        }
    }

    /**
     * A pullup acts when what it waits for comes up, not while that is up: what was stopped on purpose meanwhile stays
     * down. So each is armed when its targets are seen down.
     */
    private void notePullups(Slot slot) {
        if (slot.entry.pulls.isEmpty() || (slot.armed.isEmpty() && slot.isNew() && !hasAlways(slot.entry))) {
            return;
        }
        NodeId here = slot.entry.isLocal() ? NodeId.onPaper(slot.number) : null;
        TreeSet<String> armed = new TreeSet<>();
        TreeSet<String> whileHeld = new TreeSet<>();
        for (ResourceEntry.Pulled pulled : slot.entry.pulls) {
            // Without always: it matters only for what a failure of something else took down.
            if (!pulled.pullup().always() && !slot.held) {
                continue;
            }
            String text = pulled.pullup().toString();
            boolean up = true;
            boolean down = false;
            for (Reference reference : pulled.references()) {
                NodeId place = reference.global() ? null : here;
                up = up && board.isFulfilled(reference, place);
                down = down || board.isUnfulfilled(reference, place);
            }
            if (up && slot.armed.contains(text) && !slot.stopping) {
                pull(slot, pulled);
            } else if (down || (!up && slot.armed.contains(text))) {
                (pulled.pullup().always() ? armed : whileHeld).add(text);
            }
        }
        if (slot.held) { // Another pullup may have ended that.
            armed.addAll(whileHeld);
        }
        slot.armed = armed.isEmpty() ? NONE : armed;
    }

    private static boolean hasAlways(ResourceEntry entry) {
        return entry.pulls.stream().anyMatch(pulled -> pulled.pullup().always());
    }

    private void pull(Slot slot, ResourceEntry.Pulled pulled) {
        slot.held = false;
        boolean done = slot.target == Target.ONLINE || !slot.entry.definition.enabled() || slot.entry.deleting;
        if (!pulled.pullup().always() || done) {
            return;
        }
        slot.target = Target.ONLINE;
        slot.failedOn = NodeSet.EMPTY;
        slot.restarts = 0;
        say("HF-3208", "Resource '" + slot.entry + "' is started: " + pulled.pullup(), "");
    }

    /**
     * Where something that it needs is down now, a failed start says nothing about the resource itself: as soon as
     * the other is back, it is tried there again.
     */
    private void forgiveWhereDependencyIsDown(Slot slot) {
        if (slot.failedOn.isEmpty() || (slot.wish != null && slot.wish.only())) {
            return;
        }
        for (NodeId node : slot.failedOn.nodes()) {
            if (board.isReady(node) && isDependencyDown(slot.entry, node)) {
                slot.failedOn = slot.failedOn.without(node);
            }
        }
    }

    /** Like {@link #lacksDependency}, for dependencies that the resource does not bring with it when it moves. */
    private boolean isDependencyDown(ResourceEntry entry, NodeId node) {
        for (Reference reference : entry.hard) {
            boolean carried = false;
            boolean up = reference.resources().isEmpty();
            for (ResourceEntry target : reference.resources()) {
                carried = carried || (!reference.global() && entry.bringsAlong(target));
                up = up
                        || (reference.global()
                                ? isUpSomewhere(reference, target)
                                : Board.isUpFor(reference, target, node));
            }
            if (!carried && !up) {
                return true;
            }
        }
        return false;
    }

    private boolean isUpSomewhere(Reference reference, ResourceEntry target) {
        return board.ready.stream().anyMatch(node -> Board.isUpFor(reference, target, node));
    }

    private void say(String code, String text, String nextStep) {
        board.messages.add(new Message(code, text, nextStep));
    }
}
