package dev.holdfast.simulator;

import static dev.holdfast.simulator.Scenario.MILLISECOND;
import static dev.holdfast.simulator.Scenario.SECOND;

import dev.holdfast.membership.Effect;
import dev.holdfast.membership.Input;
import dev.holdfast.membership.ViewChange;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import dev.holdfast.testkit.Alarm;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model of crsd, as far as promise 1 needs it. The master of a view asks every member what runs there, under a lease
 * for that very epoch; what runs nowhere it may have started, once every life that was voted out is settled. A member
 * starts something only under its own lease for the same epoch. And crsd guards cssd: when renewals stop, it lets go.
 */
class Crsd {
    private static final long ROUND = 150 * MILLISECOND;

    record Victim(NodeId node, Incarnation incarnation) {}

    final Life life;
    final World world;
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private final Set<Victim> settled = new HashSet<>();
    private boolean alive = true;
    private boolean orphan;
    private int pauses;
    private Effect.@Nullable RenewLease lease;
    private @Nullable View newest;
    private long renewals;
    private final Alarm guardAlarm;
    private Moment guardAt = new Moment(0);
    private final Runnable rounds = this::round;
    private boolean lettingGo;
    private boolean leaving;
    /** Everything was stopped for good; whichever cssd is there has to hear it. */
    private boolean goodbye;
    /** How often crsd was started anew: what the one before was about to do is not done. */
    int processes;

    private long starting;
    /** Number of the last report to the master; an order that answers an older one is out of date. */
    private long told;

    // --- what the master knows, of one epoch
    private Epoch masterOf = Epoch.NONE;
    private final long[] reports;
    private final int[] placedOn;
    private final boolean[] reported;
    private final long[] reportOf;

    // --- questions to the register
    private long requests;
    private long requestedAt;
    private @Nullable RegistryRoot rootWanted;
    private @Nullable Epoch epochToConfirm;

    Crsd(Life life) {
        this.life = life;
        this.world = life.machine.world;
        guardAlarm = new Alarm(world.time, this::guardSoon);
        reports = new long[world.scenario.nodes() + 1];
        reported = new boolean[world.scenario.nodes() + 1];
        reportOf = new long[world.scenario.nodes() + 1];
        placedOn = new int[world.scenario.resources()];
    }

    void begin() {
        world.time.after(world.chance.between(0, ROUND), rounds);
    }

    boolean isAlive() {
        return alive;
    }

    void kill() {
        alive = false;
    }

    /** cssd is gone; this process goes on until somebody ends it, or its own guard duty is done. */
    void orphaned() {
        orphan = true;
    }

    /** A new cssd is there for the same life; what was asked of the old one is not answered any more. */
    void adopted() {
        orphan = false;
        rootWanted = null;
        epochToConfirm = null;
        if (alive && goodbye) {
            goodbye();
        }
        if (!alive) {
            // It died as well; cssd starts another, which knows nothing and finds what runs.
            alive = true;
            lettingGo = false;
            lease = null;
            settled.clear();
            restart();
            begin();
        }
    }

    /** crsd alone is killed and cssd starts it again: what runs goes on running, what it knew is forgotten. */
    void restart() {
        processes++;
        leaving = false;
        goodbye = false;
        starting = 0;
        masterOf = Epoch.NONE;
        held.clear();
        rootWanted = null;
        epochToConfirm = null;
    }

    void pause() {
        pauses++;
    }

    void unpause() {
        if (--pauses == 0) {
            while (pauses == 0 && alive && !held.isEmpty()) {
                held.removeFirst().run();
            }
        }
    }

    final void whenRunning(Runnable deed) {
        if (alive) {
            if (pauses > 0) {
                held.add(deed);
            } else {
                deed.run();
            }
        }
    }

    // --- told by cssd

    /** The machine's clocks stand still. */
    void freeze() {
        guardAlarm.cancel();
    }

    void thaw() {
        Effect.RenewLease held = lease;
        if (held != null) {
            guardAlarm.set(life.machine.clock.when(guardAt));
        }
    }

    void installed(View view) {
        newest = view;
    }

    void settled(NodeId node, Incarnation incarnation) {
        settled.add(new Victim(node, incarnation));
    }

    void renewed(Effect.RenewLease renewal) {
        lease = renewal;
        newest = renewal.view();
        renewals++;
        guardAt = renewal.until().minus(life.lease().dividedBy(2));
        guardAlarm.set(life.machine.clock.when(guardAt));
    }

    private void guardSoon() {
        long last = renewals;
        whenRunning(() -> guard(last));
    }

    /** Half of the lease is over and there was no renewal: let go, whatever cssd may be doing. */
    private void guard(long last) {
        if (renewals == last && !lettingGo) {
            lettingGo = true;
            starting = 0;
            world.time.after(life.machine.letGoNanos(), () -> whenRunning(this::guardDone));
        }
    }

    private void guardDone() {
        if (life.machine.isOn() && life.machine.runsAnythingOf(life)) {
            if (life.machine.isStuck()) {
                life.machine.reset("crsd could not stop everything");
                return;
            }
            life.machine.stopAll();
        }
        lettingGo = false;
        if (orphan) {
            alive = false;
        }
    }

    final boolean holdsLease(Epoch epoch) {
        Effect.RenewLease held = lease;
        return held != null
                && held.view().epoch().equals(epoch)
                && life.now().isBefore(held.until())
                && !lettingGo
                && !leaving;
    }

    // --- rounds

    void round() {
        if (!alive || !life.machine.isOn()) {
            return;
        }
        // Not in step with the others for ever: an order must find the report that it answers still the newest.
        world.time.after(world.chance.between(ROUND / 2, ROUND), rounds);
        Effect.RenewLease held = lease;
        View view = newest;
        if (pauses > 0 || held == null || view == null || !holdsLease(view.epoch())) {
            return;
        }
        int self = life.machine.node.number();
        Epoch epoch = view.epoch();
        long mask = life.machine.runningMask() | starting;
        int master = view.master().number();
        long number = ++told;
        if (master == self) {
            report(epoch, self, mask, number);
            direct(view);
        } else {
            world.carry(self, master, toCrsd(master, crsd -> crsd.report(epoch, self, mask, number)));
        }
    }

    private interface Message {
        void reach(Crsd receiver);
    }

    /**
     * The way of a message to the process that runs on {@code node} now. The daemons are connected, and a connection ends with either
     * of its processes: what is under way to one that is killed never reaches the next, which would take an old report for a new one.
     */
    private Runnable toCrsd(int node, Message message) {
        Life there = world.machines[node].life();
        int process = there == null ? 0 : there.crsd.processes;
        return () -> {
            if (there != null && there.equals(world.machines[node].life()) && there.crsd.processes == process) {
                there.crsd.whenRunning(() -> message.reach(there.crsd));
            }
        };
    }

    // --- the master

    private void report(Epoch epoch, int from, long mask, long number) {
        View view = newest;
        if (view == null || !view.epoch().equals(epoch) || view.master().number() != life.machine.node.number()) {
            return;
        }
        if (!masterOf.equals(epoch)) {
            masterOf = epoch;
            Arrays.fill(reported, false);
            Arrays.fill(reports, 0);
            Arrays.fill(placedOn, 0);
        }
        reported[from] = true;
        reports[from] = mask;
        reportOf[from] = number;
    }

    private void direct(View view) {
        if (!masterOf.equals(view.epoch())) {
            return;
        }
        for (NodeId member : view.members().keySet()) {
            if (!reported[member.number()]) {
                return;
            }
        }
        boolean allSettled = view.unsettled().stream()
                .allMatch(unsettled -> settled.contains(new Victim(unsettled.node(), unsettled.incarnation())));
        for (int resource = 0; resource < placedOn.length; resource++) {
            int holder = 0;
            for (NodeId member : view.members().keySet()) {
                if ((reports[member.number()] >>> resource & 1) != 0) {
                    holder = member.number();
                }
            }
            if (holder != 0) {
                placedOn[resource] = holder;
            } else if (placedOn[resource] != 0 || allSettled) {
                place(view, resource);
            }
        }
        ask(view);
    }

    private void place(View view, int resource) {
        if (placedOn[resource] == 0) {
            // Within an epoch the choice is kept: an order for it may be under way for any time.
            NodeId[] members = view.members().keySet().toArray(new NodeId[0]);
            placedOn[resource] = members[world.chance.below(members.length)].number();
        }
        int target = placedOn[resource];
        Epoch epoch = view.epoch();
        if (target == life.machine.node.number()) {
            start(epoch, resource, reportOf[target]);
        } else {
            long answered = reportOf[target];
            world.carry(
                    life.machine.node.number(), target, toCrsd(target, crsd -> crsd.start(epoch, resource, answered)));
        }
    }

    // --- a member

    /**
     * The master wants something started here. Only if its order answers our newest report: a master that was started
     * anew since then does not know of it, and by that report may have chosen somebody else.
     */
    private void start(Epoch epoch, int resource, long answered) {
        if (answered != told) {
            return;
        }
        long bit = 1L << resource;
        if (!holdsLease(epoch) || (starting & bit) != 0 || (life.machine.runningMask() & bit) != 0) {
            return;
        }
        starting |= bit;
        long gap = world.chance.happens(0.9)
                ? world.chance.between(1_000, MILLISECOND)
                : world.chance.magnitude(MILLISECOND, SECOND);
        // The lease was looked at; whatever happens until the start happens between two instructions.
        world.time.after(
                gap,
                () -> whenRunning(() -> {
                    if ((starting & bit) != 0 && life.machine.isOn()) {
                        starting &= ~bit;
                        life.machine.run(resource, life);
                    }
                }));
    }

    /** The administrator stops this node: everything is stopped, then cssd is asked to leave. */
    void leave() {
        whenRunning(() -> {
            int process = processes;
            leaving = true;
            starting = 0;
            world.time.after(
                    life.machine.letGoNanos(),
                    () -> whenRunning(() -> {
                        if (process == processes) {
                            goodbye();
                        }
                    }));
        });
    }

    /** Leaves, or does so as soon as there is a cssd again to hear it. */
    final void goodbye() {
        goodbye = true;
        if (life.isAlive()) {
            starting = 0;
            life.machine.stopAll();
            life.leave();
        }
    }

    // --- the register

    /** Now and then the master writes a new root, or wants to be sure that it still is the master. */
    private void ask(View view) {
        if (world.chance.happens(0.04)) {
            requestedAt = world.time.now();
            requests++;
            if (world.chance.happens(0.5)) {
                RegistryRoot before = view.registryRoot();
                Incarnation own = view.members().getOrDefault(life.machine.node, new Incarnation(1));
                RegistryRoot wanted = new RegistryRoot(
                        view.epoch().number(), own.number(), world.chance.below(64), before.generation() + 1);
                rootWanted = wanted;
                epochToConfirm = null;
                life.deliver(new Input.ChangeWanted(requests, new ViewChange.SetRoot(view.epoch(), wanted)));
            } else {
                rootWanted = null;
                epochToConfirm = view.epoch();
                life.deliver(new Input.ConfirmWanted(requests, view.epoch()));
            }
        }
    }

    void rootAnswered(Effect.ChangeAnswered answer) {
        if (answer.request() == requests && rootWanted != null && answer.accepted()) {
            world.audit.rootAccepted(life, rootWanted, answer.current());
        }
    }

    void confirmAnswered(Effect.ConfirmAnswered answer) {
        if (answer.request() == requests && epochToConfirm != null && answer.confirmed()) {
            world.audit.confirmed(life, epochToConfirm, requestedAt);
        }
    }

    /** The newest view that it was told of, or null. */
    final @Nullable View newest() {
        return newest;
    }

    /** The latest renewal that it was told of, or null. */
    final Effect.@Nullable RenewLease lease() {
        return lease;
    }

    final boolean isSettled(NodeId node, Incarnation incarnation) {
        return settled.contains(new Victim(node, incarnation));
    }

    /** The view under which this node holds a lease now, or null. */
    @Nullable
    View heldView() {
        Effect.RenewLease held = lease;
        return held != null && life.isAlive() && life.now().isBefore(held.until()) ? held.view() : null;
    }
}
