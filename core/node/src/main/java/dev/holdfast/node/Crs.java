package dev.holdfast.node;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Message;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ResourceName;
import dev.holdfast.policy.Plan;
import dev.holdfast.policy.Situation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that crsd decides: the role that every node has, the role of the master, and the guard over cssd. One
 * thread steps it.
 *
 * <p>The guard: cssd renews the lease at least every third of it. When half of it has passed unrenewed, cssd lets go of
 * everything; should it be unable to, crsd does the same at the same moment.
 */
public final class Crs {
    /** What one critical node weighs more than any node that is not, whatever runs on it. */
    public static final int CRITICAL_WEIGHT = 1000;

    /** Messages of epochs that are not installed here yet; a flood of them is cut, and what is lost is asked for anew. */
    private static final int HELD_BACK = 10_000;

    private final CrsSettings settings;
    private final CrsNode node;
    private final CrsMaster master;
    private final Set<NodeId> reachable = new HashSet<>();
    private final Map<NodeId, Deque<CrsInput.PeerSaid>> heldBack = new HashMap<>();
    private final Deque<CrsInput.PeerSaid> toSelf = new ArrayDeque<>();

    private @Nullable ClusterView view;
    private @Nullable Moment leaseUntil; // Of exactly the view's epoch.
    private Moment guardAt; // When everything is let go of unless the lease is renewed before.
    private boolean everHeld;
    private boolean guarding = true;
    private boolean ended;

    // Only during a step.
    private Moment now;
    private List<CrsEffect> effects = new ArrayList<>();
    private final Around around = new Around();

    private final class Around implements CrsNode.Surroundings {
        @Override
        public Moment now() {
            return now;
        }

        @Override
        public ClusterView view() {
            return present();
        }

        @Override
        public boolean hasLease() {
            return leaseUntil != null && now.isBefore(leaseUntil);
        }

        @Override
        public void tellMaster(PeerMessage message) {
            effect(new CrsEffect.Send(present().master(), present().epoch(), message));
        }

        @Override
        public void effect(CrsEffect effect) {
            if (effect instanceof CrsEffect.Send(NodeId to, Epoch epoch, PeerMessage message)
                    && to.equals(settings.self())) {
                toSelf.add(new CrsInput.PeerSaid(to, present().incarnation(), epoch, message));
            } else {
                effects.add(effect);
            }
        }
    }

    public Crs(CrsSettings settings, Moment now) {
        this.settings = settings;
        this.now = now;
        node = new CrsNode(settings);
        master = new CrsMaster(settings, now);
        guardAt = now.plus(settings.lease().dividedBy(2));
    }

    private ClusterView present() {
        ClusterView known = view;
        if (known == null) {
            throw new IllegalStateException("there is no view yet");
        }
        return known;
    }

    /** Takes one input; returns what must now be done, in order. Never blocks, never reads a clock. */
    public List<CrsEffect> step(Moment at, CrsInput input) {
        if (ended) {
            return List.of();
        }
        now = at;
        effects = new ArrayList<>();
        guard();
        if (!ended) {
            take(input);
            settle();
        }
        return effects;
    }

    private void take(CrsInput input) {
        switch (input) {
            case CrsInput.ViewReceived(ClusterView newer, Optional<CrsInput.HeldLease> lease) -> onView(newer, lease);
            case CrsInput.LetGoOrdered(String reason) -> letGo("cssd is letting go: " + reason);
            case CrsInput.PeerUp(NodeId peer) -> onPeerUp(peer);
            case CrsInput.PeerDown(NodeId peer) -> onPeerDown(peer);
            case CrsInput.PeerSaid said -> onPeerSaid(said);
            case CrsInput.Tick _ -> {
                if (view != null) {
                    node.tick(around);
                    master.tick(around);
                }
            }
            case CrsInput.CommandGiven given -> {
                if (isMaster() && master.serving()) {
                    master.command(around, given);
                } else {
                    around.effect(new CrsEffect.CommandFailed(given.id(), List.of(noMaster())));
                }
            }
            case CrsInput.ActionFinished finished -> {
                if (view != null) {
                    node.actionFinished(around, finished);
                }
            }
            case CrsInput.ProcessesGone(var resource, boolean all) -> {
                if (view != null) {
                    node.processesGone(around, resource, all);
                }
            }
            case CrsInput.Look(var resource) -> {
                if (view != null) {
                    node.look(around, resource);
                }
            }
            case CrsInput.Leave(boolean force) -> {
                if (view != null) {
                    node.leave(around, force);
                } else {
                    around.effect(new CrsEffect.Left(List.of()));
                }
            }
            case CrsInput.RegistryServing content -> {
                if (isMaster()) {
                    master.registryServing(around, content);
                }
            }
            case CrsInput.RegistryWritten written -> {
                if (isMaster()) {
                    master.registryWritten(around, written);
                }
            }
            case CrsInput.RegistryRefused refused -> {
                if (isMaster()) {
                    master.registryRefused(around, refused);
                }
            }
            case CrsInput.RegistryLost(String reason) -> {
                if (view != null) {
                    master.registryLost(around, reason);
                }
            }
        }
    }

    /** What the roles say to each other on this node, until they have nothing more to say. */
    private void settle() {
        while (view != null && !ended) {
            CrsInput.PeerSaid said = toSelf.poll();
            if (said != null) {
                onPeerSaid(said);
            } else if (isMaster()) {
                master.pump(around);
                if (toSelf.isEmpty()) {
                    return;
                }
            } else {
                return;
            }
        }
    }

    private void onView(ClusterView newer, Optional<CrsInput.HeldLease> lease) {
        ClusterView older = view;
        if (older != null && newer.epoch().compareTo(older.epoch()) < 0) {
            return; // From a cssd that started anew and has not caught up; it gives no lease in that view.
        }
        if (older != null && !newer.incarnation().equals(older.incarnation())) {
            letGo("cssd began a new life (" + newer.incarnation() + " after " + older.incarnation()
                    + "): nothing of the old one may go on");
            return;
        }
        boolean newEpoch = older == null || !newer.epoch().equals(older.epoch());
        boolean newMaster = older == null || !newer.master().equals(older.master());
        boolean changed = !newer.equals(older);
        boolean had = around.hasLease();
        view = newer;
        leaseUntil = lease.map(CrsInput.HeldLease::until).orElse(null);
        lease.map(CrsInput.HeldLease::letGoAt).ifPresent(this::renewed);
        if (newEpoch) {
            toSelf.clear();
            node.viewChanged(around, newMaster);
        }
        if (older != null) {
            Set<NodeId> departed = new HashSet<>(older.members().keySet());
            departed.removeAll(newer.members().keySet());
            master.departed(departed);
        }
        if (newer.selfIsMaster()) {
            if (changed) {
                master.viewChanged(around, newMaster);
                master.reachable(reachable);
            }
        } else if (older != null && older.selfIsMaster()) {
            master.registryLost(around, "node " + newer.master() + " is master in epoch " + newer.epoch());
        }
        if (around.hasLease() && (!had || newEpoch)) {
            node.leaseHeld(around);
            master.leaseHeld();
        }
        if (newEpoch) {
            replayHeldBack();
        }
    }

    /**
     * Tells ahead of its turn that cssd has renewed the lease: the view that says so may wait behind a thousand reports, and
     * the guard is about a cssd that does not renew, not about a crsd that is busy. Only the guard hears of it; nothing is
     * done under that lease before its view is taken.
     *
     * @param life of this node that holds it; of another one it counts for nothing
     * @param epoch of the view that it belongs to; of an older one it counts for nothing
     * @param letGoAt when the guard acts unless it is renewed again
     */
    public void leaseRenewed(Incarnation life, Epoch epoch, Moment letGoAt) {
        ClusterView known = view;
        if (guarding && known != null && known.incarnation().equals(life) && epoch.compareTo(known.epoch()) >= 0) {
            guardAt = guardAt.max(letGoAt);
        }
    }

    private void renewed(Moment due) {
        guardAt = guarding ? guardAt.max(due) : due;
        guarding = true;
        everHeld = true;
    }

    private void guard() {
        if (!guarding || now.isBefore(guardAt)) {
            return;
        }
        guarding = false;
        if (everHeld) {
            letGo("half of the lease passed without a renewal by cssd");
        } else {
            // Just started: what an earlier crsd left running must not outlive a cssd that is away. Nothing was begun.
            around.effect(new CrsEffect.LetGo("no lease from cssd since the start of crsd", false));
        }
    }

    private void letGo(String reason) {
        around.effect(new CrsEffect.LetGo(reason, true));
        ended = true;
    }

    private void onPeerUp(NodeId peer) {
        reachable.add(peer);
        heldBack.remove(peer);
        if (view == null) {
            return;
        }
        if (isMaster()) {
            master.peerUp(around, peer);
        } else if (peer.equals(present().master())) {
            node.masterBack(around);
        }
    }

    private void onPeerDown(NodeId peer) {
        reachable.remove(peer);
        heldBack.remove(peer);
        if (view != null && isMaster()) {
            master.peerDown(peer);
        }
    }

    private void onPeerSaid(CrsInput.PeerSaid said) {
        ClusterView known = view;
        if (known == null || said.epoch().isAfter(known.epoch())) {
            Deque<CrsInput.PeerSaid> held = heldBack.computeIfAbsent(said.peer(), _ -> new ArrayDeque<>());
            if (held.size() < HELD_BACK) {
                held.add(said);
            }
            return;
        }
        if (!said.incarnation().equals(known.members().get(said.peer()))) {
            return; // Not the life that is meant by this view.
        }
        if (said.epoch().compareTo(known.epoch()) < 0) {
            if (said.message() instanceof PeerMessage.Order order && said.peer().equals(known.master())) {
                node.orderRefused(around, order);
            }
            return;
        }
        boolean fromMaster = said.peer().equals(known.master());
        switch (said.message()) {
            case PeerMessage.Definitions definitions when fromMaster -> node.definitions(around, definitions);
            case PeerMessage.Order order when fromMaster -> node.order(around, order);
            case PeerMessage.Report report when isMaster() -> master.report(around, said.peer(), report);
            case PeerMessage.OrderFinished finished
            when isMaster() -> master.orderFinished(around, said.peer(), finished);
            case PeerMessage.Leaving _ when isMaster() -> master.leaving(said.peer(), true);
            case PeerMessage.Staying _ when isMaster() -> master.leaving(said.peer(), false);
            case PeerMessage.Room room when isMaster() -> master.room(said.peer(), room);
            case PeerMessage.Progressed progressed when isMaster() -> master.progressed(around, progressed);
            case PeerMessage
                    _ -> {} // To the master by somebody who took us for it, or from one that is not: both will know.
        }
    }

    private void replayHeldBack() {
        List<CrsInput.PeerSaid> all = new ArrayList<>();
        heldBack.values().forEach(all::addAll);
        heldBack.clear();
        all.forEach(this::onPeerSaid);
    }

    private boolean isMaster() {
        return view != null && view.selfIsMaster();
    }

    /** Why a command can't be taken here and now, and what to do. */
    public Message noMaster() {
        ClusterView known = view;
        if (known == null) {
            return new Message(
                    "CRS-4535",
                    "Cannot communicate with Cluster Ready Services: this node is not a member of the cluster yet.",
                    "Look at  crsctl check crs  and at cssd.log; try again in a moment.");
        }
        String name = settings.nameOf(known.master());
        return new Message(
                "CRS-4535",
                known.selfIsMaster()
                        ? "Cannot communicate with Cluster Ready Services: " + name + " is the master of epoch "
                                + known.epoch() + " and is still reading the registry."
                        : "Cannot communicate with Cluster Ready Services: the master, " + name
                                + ", cannot be reached from here.",
                "Try again in a moment; nothing was changed.");
    }

    /** When the next Tick is due at the latest, for a lease that ends unrenewed. */
    public Moment guardAt() {
        return guardAt;
    }

    public Optional<ClusterView> view() {
        return Optional.ofNullable(view);
    }

    /** Whether this node decides at present: it is the master and the registry serves. */
    public boolean decides() {
        return isMaster() && master.serving();
    }

    public boolean canReach(NodeId peer) {
        return peer.equals(settings.self()) || reachable.contains(peer);
    }

    /** What the master knows. Empty unless {@link #decides}. */
    public Optional<Situation> situation() {
        return decides() ? Optional.of(master.situation(around)) : Optional.empty();
    }

    /** Whether a member has said that it is about to leave, as the master knows it. */
    public boolean isLeaving(NodeId node) {
        return decides() && master.isLeaving(node);
    }

    /** The master's latest plan: what it does and why some things can't be done. */
    public Plan plan() {
        return master.plan();
    }

    /**
     * What this node weighs when a partition is decided: the number of cluster resources that run here, and
     * {@link #CRITICAL_WEIGHT} more if it is critical or runs something that is.
     */
    public int weight() {
        return node.weight();
    }

    /** The number of the instance of a resource that is here, or was last: 1 to CARDINALITY, or the node's number. */
    public int instanceOf(ResourceName resource) {
        return node.instanceOf(resource);
    }

    /** The resources here of which nobody knows whether they run: they would not stop. */
    public List<ResourceName> unmanageable() {
        return node.unmanageable();
    }

    /** Whether an administrator said that this server should rather survive a partition than others. */
    public void setCritical(boolean critical) {
        node.setCritical(critical);
    }

    /** Whether anything of the cluster's runs here, or may. */
    public boolean mayRunSomething() {
        return node.mayRunSomething();
    }
}
