package dev.holdfast.simulator;

import static dev.holdfast.simulator.Scenario.MILLISECOND;
import static dev.holdfast.simulator.Scenario.SECOND;

import dev.holdfast.membership.Effect;
import dev.holdfast.model.ActionKind;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.View;
import dev.holdfast.node.ClusterView;
import dev.holdfast.node.Crs;
import dev.holdfast.node.CrsEffect;
import dev.holdfast.node.CrsInput;
import dev.holdfast.node.CrsSettings;
import dev.holdfast.node.PeerMessage;
import dev.holdfast.policy.Command;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The engine that ships, in a process of its own on a simulated machine: it is killed and started anew in the middle of
 * whatever it does, its actions fail, and its administrator types at random while the trouble lasts.
 */
final class EngineCrsd extends Crsd {
    private static final long TICK = 50 * MILLISECOND;
    private static final long SLOWEST_ACTION = 300 * MILLISECOND;

    private final EngineRoom room;
    private Object process = new Object();
    private @Nullable Crs crs;
    private int processNumber;
    private Epoch servedIn = Epoch.NONE;

    /** Its right to write: that of one opening, which ends when the registry is opened anew, also by itself. */
    private Object right = new Object();

    private boolean opening;
    private boolean leavingOrdered;
    private long commands;
    private long commandAt;

    EngineCrsd(Life life, EngineRoom room) {
        super(life);
        this.room = room;
    }

    /** Which of its processes this is. */
    Object process() {
        return process;
    }

    private Moment now() {
        return life.machine.now();
    }

    private Crs engine() {
        Crs present = crs;
        if (present == null) {
            processNumber++;
            long number = (world.time.now() / 1000 + 1) * 1000 + processNumber;
            present = new Crs(
                    new CrsSettings(
                            room.settings,
                            life.machine.node,
                            number,
                            Instant.EPOCH.plusNanos(world.time.now()),
                            new TreeMap<>(room.marksOf(life.machine))),
                    now());
            crs = present;
        }
        return present;
    }

    private void anew() {
        process = new Object();
        crs = null;
        servedIn = Epoch.NONE;
        opening = false;
        leavingOrdered = false;
    }

    @Override
    void restart() {
        super.restart();
        anew();
        showView();
    }

    @Override
    void round() {
        if (!isAlive() || !life.machine.isOn()) {
            return;
        }
        world.time.after(world.chance.between(TICK / 2, TICK), this::round);
        whenRunning(() -> {
            room.lookAfter(this);
            open();
            administrator();
            step(new CrsInput.Tick());
        });
    }

    @Override
    void installed(View view) {
        super.installed(view);
        whenRunning(this::showView);
    }

    @Override
    void settled(NodeId node, Incarnation incarnation) {
        super.settled(node, incarnation);
        whenRunning(this::showView);
    }

    @Override
    void renewed(Effect.RenewLease renewal) {
        super.renewed(renewal);
        whenRunning(this::showView);
    }

    @Override
    void leave() {
        whenRunning(() -> {
            leavingOrdered = true;
            step(new CrsInput.Leave(false));
        });
    }

    private void showView() {
        View view = newest();
        Incarnation own = view == null ? null : view.members().get(life.machine.node);
        if (view == null || own == null) {
            return;
        }
        List<ClusterView.Unsettled> unsettled = view.unsettled().stream()
                .map(lost -> new ClusterView.Unsettled(
                        lost.node(),
                        lost.incarnation(),
                        lost.evictedIn(),
                        isSettled(lost.node(), lost.incarnation()),
                        isSettled(lost.node(), lost.incarnation()) ? "F1" : "",
                        ""))
                .toList();
        Effect.RenewLease held = lease();
        Optional<CrsInput.HeldLease> lease = held != null && held.view().epoch().equals(view.epoch())
                ? Optional.of(new CrsInput.HeldLease(
                        held.until(), held.until().minus(life.lease().dividedBy(2))))
                : Optional.empty();
        step(new CrsInput.ViewReceived(
                new ClusterView(
                        life.machine.node,
                        own,
                        view.epoch(),
                        view.sub(),
                        view.master(),
                        view.members(),
                        unsettled,
                        view.registryRoot()),
                lease));
    }

    // ---------------------------------------------------------------- connections

    void connected(NodeId peer, Object meant) {
        whenRunning(() -> {
            if (process.equals(meant)) {
                step(new CrsInput.PeerUp(peer));
            }
        });
    }

    void disconnected(NodeId peer) {
        Object meant = process;
        whenRunning(() -> {
            if (process.equals(meant)) {
                step(new CrsInput.PeerDown(peer));
            }
        });
    }

    void heard(NodeId peer, Incarnation incarnation, Epoch epoch, PeerMessage message, Object meant) {
        whenRunning(() -> {
            if (process.equals(meant)) {
                step(new CrsInput.PeerSaid(peer, incarnation, epoch, message));
            }
        });
    }

    // ---------------------------------------------------------------- the registry

    /** The master of a view takes the registry over; from then on nobody else writes. */
    private void open() {
        View view = newest();
        if (view == null || opening || view.epoch().equals(servedIn)) {
            return;
        }
        boolean master = view.master().equals(life.machine.node)
                && view.members().containsKey(life.machine.node)
                && holdsLease(view.epoch())
                && engine().view()
                        .filter(seen -> seen.epoch().equals(view.epoch()))
                        .isPresent();
        if (!master) {
            return;
        }
        opening = true;
        Object meant = process;
        Epoch epoch = view.epoch();
        world.time.after(
                world.chance.magnitude(MILLISECOND, 100 * MILLISECOND),
                () -> whenRunning(() -> {
                    if (!process.equals(meant)) {
                        return;
                    }
                    opening = false;
                    View present = newest();
                    if (present != null && present.epoch().equals(epoch) && holdsLease(epoch)) {
                        if (!servedIn.equals(Epoch.NONE)) {
                            step(new CrsInput.RegistryLost("it is opened anew in epoch " + epoch));
                        }
                        servedIn = epoch;
                        right = new Object();
                        room.writer = right;
                        step(new CrsInput.RegistryServing(
                                room.version, room.definitions, room.wanted, room.greeted, room.maintenance));
                    }
                }));
    }

    private void write(CrsEffect.Write write) {
        Object meant = process;
        Epoch epoch = servedIn;
        Object own = right;
        long half = world.chance.magnitude(MILLISECOND / 2, 30 * MILLISECOND);
        int boot = life.machine.boots();
        world.time.after(half, () -> {
            // On the disks, whatever becomes of the process; unless it has been opened anew.
            boolean mine = own.equals(room.writer) && boot == life.machine.boots();
            if (mine) {
                room.apply(write.changes());
            }
            long version = room.version;
            world.time.after(
                    half,
                    () -> whenRunning(() -> {
                        if (!process.equals(meant) || !servedIn.equals(epoch)) {
                            return;
                        }
                        if (mine && own.equals(room.writer)) {
                            step(new CrsInput.RegistryWritten(write.id(), version));
                        } else {
                            servedIn = Epoch.NONE;
                            step(new CrsInput.RegistryLost("somebody else has it"));
                        }
                    }));
        });
    }

    // ---------------------------------------------------------------- the administrator

    private void administrator() {
        Crs present = engine();
        boolean calm = world.audit.isCalm();
        if (calm && leavingOrdered) {
            leavingOrdered = false;
            left(); // By force: something could not be stopped in order.
        }
        if (!present.decides() || world.time.now() < commandAt) {
            return;
        }
        commandAt = world.time.now() + (calm ? 2 * SECOND : world.chance.magnitude(SECOND / 5, 20 * SECOND));
        String any = "n" + (1 + world.chance.below(world.scenario.nodes()));
        Command.Selection one = new Command.Selection.Named(List.of(
                room.nameable.get(world.chance.below(room.nameable.size())).text()));
        Command command;
        if (calm) {
            int undrained = room.maintenance.drained().isEmpty()
                    ? 0
                    : room.maintenance.drained().lowest().number();
            command = undrained > 0
                    ? new Command.Undrain("n" + undrained)
                    : new Command.Start(new Command.Selection.All(), Optional.empty(), true);
        } else {
            command = switch (world.chance.below(6)) {
                case 0 -> new Command.Start(new Command.Selection.All(), Optional.empty(), true);
                case 1 -> new Command.Start(one, Optional.of(any), true);
                case 2 -> new Command.Stop(one, Optional.empty(), true);
                case 3 -> new Command.Drain(any, true);
                case 4 -> new Command.Undrain(any);
                default -> new Command.Relocate(one, Optional.empty(), Optional.of(any), true);
            };
        }
        world.count(Tally.WORLD, "engine, command " + command.getClass().getSimpleName());
        step(new CrsInput.CommandGiven(++commands, command));
    }

    // ---------------------------------------------------------------- the engine

    private void step(CrsInput input) {
        if (!isAlive() || !life.machine.isOn()) {
            return;
        }
        List<CrsEffect> effects;
        try {
            effects = engine().step(now(), input);
        } catch (RuntimeException e) {
            throw new Violation("the engine of " + life + " failed at " + input + ": " + e, e);
        }
        if (world.isTold() && !(input instanceof CrsInput.Tick) && !(input instanceof CrsInput.ViewReceived)) {
            world.tell(life + " crsd <- " + input);
        }
        effects.forEach(this::perform);
    }

    private void perform(CrsEffect effect) {
        switch (effect) {
            case CrsEffect.Send(NodeId to, Epoch epoch, PeerMessage message) ->
                engine().view().ifPresent(view -> room.send(this, to.number(), view.incarnation(), epoch, message));
            case CrsEffect.Run run -> begin(run);
            case CrsEffect.Write write -> write(write);
            case CrsEffect.LetGo(String reason, boolean exit) -> letGo(reason, exit);
            case CrsEffect.Left _ -> left();
            case CrsEffect.Stays _ -> {
                world.count(Tally.WORLD, "engine, stop given up");
                leavingOrdered = false; // Like an administrator who reads why.
            }
            case CrsEffect.Event(String name, String text, var details) -> {
                if (world.isTold()) {
                    world.tell(life + " crsd " + name + ": " + text);
                }
            }
            case CrsEffect.UseDefinitions _,
                    CrsEffect.StateNoted _,
                    CrsEffect.CommandProgress _,
                    CrsEffect.LeavingProgress _,
                    CrsEffect.CommandDone _,
                    CrsEffect.CommandFailed _,
                    CrsEffect.Decided _,
                    CrsEffect.Fence _ -> {
                // Nobody looks.
            }
        }
    }

    private void begin(CrsEffect.Run run) {
        ResourceName name = run.resource().name();
        int resource = room.names.indexOf(name);
        Object meant = process;
        int boot = life.machine.boots();
        int endings = life.machine.endings();
        boolean calm = world.audit.isCalm();
        boolean good = calm || !world.chance.happens(run.kind() == ActionKind.CHECK ? 0.01 : 0.08);
        boolean acts = good || world.chance.happens(0.5);
        long duration = world.chance.magnitude(MILLISECOND, SLOWEST_ACTION);
        if (run.kind() == ActionKind.START && !holdsLease(run.epoch())) {
            world.time.after(MILLISECOND, () -> finished(run, meant, 1, false));
            return;
        }
        if (resource < 0) {
            world.time.after(MILLISECOND, () -> ofGroup(run, meant));
            return;
        }
        if (run.kind() == ActionKind.START) {
            engine().view()
                    .ifPresent(
                            view -> room.marksOf(life.machine).put(name, new CrsSettings.Evidence(view.incarnation())));
        }
        world.count(Tally.WORLD, "engine, action " + run.kind() + (good ? "" : " fails"));
        // A process that is killed takes the action with it, at whatever point that has come to.
        world.time.after(
                world.chance.between(0, duration),
                () -> whenRunning(() -> {
                    boolean goesOn = process.equals(meant)
                            && boot == life.machine.boots()
                            && endings == life.machine.endings()
                            && life.machine.isOn();
                    if (!goesOn || !acts) {
                        return;
                    }
                    switch (run.kind()) {
                        case START -> {
                            if (!life.machine.runs(resource)) {
                                life.machine.run(resource, life);
                            }
                        }
                        case STOP, CLEAN -> life.machine.stop(resource);
                        case CHECK -> {}
                    }
                }));
        world.time.after(duration + 1, () -> {
            int exit = good ? 0 : 1;
            if (run.kind() == ActionKind.CHECK) {
                exit = good ? life.machine.runs(resource) ? 0 : 1 : 3;
            }
            finished(run, meant, exit, false);
        });
    }

    /** A group has nothing that runs: that it was started here is all there is to know of it. */
    private void ofGroup(CrsEffect.Run run, Object meant) {
        whenRunning(() -> {
            if (!process.equals(meant)) {
                return;
            }
            world.count(Tally.WORLD, "engine, " + run.kind() + " of a group of " + room.copies(0));
            var marks = room.marksOf(life.machine);
            ResourceName group = run.resource().name();
            if (run.kind() == ActionKind.START) {
                engine().view().ifPresent(view -> marks.put(group, new CrsSettings.Evidence(view.incarnation())));
            }
            int exit = run.kind() == ActionKind.CHECK && !marks.containsKey(group) ? 1 : 0;
            finished(run, meant, exit, false);
        });
    }

    private void finished(CrsEffect.Run run, Object meant, int exit, boolean timedOut) {
        whenRunning(() -> {
            if (!process.equals(meant)) {
                return;
            }
            boolean ended = run.kind() == ActionKind.STOP || run.kind() == ActionKind.CLEAN;
            if (ended && exit == 0) {
                room.marksOf(life.machine).remove(run.resource().name());
            }
            step(new CrsInput.ActionFinished(run.resource().name(), run.run(), exit, timedOut, List.of()));
        });
    }

    private void letGo(String reason, boolean exit) {
        world.tell(life + " crsd lets go: " + reason);
        Object meant = process;
        world.time.after(
                life.machine.letGoNanos(),
                () -> whenRunning(() -> {
                    if (!process.equals(meant)) {
                        return;
                    }
                    if (life.machine.runsAnything() && life.machine.isStuck()) {
                        life.machine.reset("crsd could not stop everything");
                        return;
                    }
                    life.machine.stopAll();
                    if (exit) {
                        anew();
                        world.time.after(Duration.ofMillis(200).toNanos(), () -> whenRunning(this::showView));
                    }
                }));
    }

    private void left() {
        Object meant = process;
        world.time.after(
                life.machine.letGoNanos(),
                () -> whenRunning(() -> {
                    if (process.equals(meant)) {
                        goodbye();
                    }
                }));
    }
}
