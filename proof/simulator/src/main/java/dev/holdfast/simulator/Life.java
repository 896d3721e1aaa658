package dev.holdfast.simulator;

import static dev.holdfast.simulator.Scenario.MILLISECOND;

import dev.holdfast.membership.Effect;
import dev.holdfast.membership.Events;
import dev.holdfast.membership.Input;
import dev.holdfast.membership.MembershipSettings;
import dev.holdfast.membership.Resume;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.View;
import dev.holdfast.testkit.Alarm;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * One life of cssd on a machine: the real membership, and a model of what cssd does with its effects. A pause stops it
 * between any two effects, and between arming the kill timer and petting the watchdog; timers in the kernel go on.
 */
final class Life {
    private static final Input TICK = new Input.Tick();

    final Machine machine;
    final Crsd crsd;
    final Audit.Dossier dossier = new Audit.Dossier();
    private final World world;
    private final int number;
    private World.Mind mind;
    private final ArrayDeque<Input> inbox = new ArrayDeque<>();
    private final ArrayDeque<Effect> deeds = new ArrayDeque<>();
    private Effect.@Nullable RenewLease toPet;
    /** What cssd keeps for the one after it: the last renewal that was guarded in full. */
    private Effect.@Nullable RenewLease remembered;

    private Duration rememberedLease = Duration.ZERO;

    private boolean alive = true;
    private boolean working;
    private int pauses;
    /** In the kernel: ends this life when its lease is over. */
    private final Alarm killTimer;

    final LifeDisks disks;
    /** What its leases are taken by at present. */
    private Duration lease;

    private @Nullable View view;

    private final Runnable ticking = this::tick;
    private long restlessUntil;
    private @Nullable Moment killAt;
    private long crashIn;
    private boolean crashPower;
    private @Nullable Runnable beforePet;
    private @Nullable Runnable afterPet;
    private boolean lettingGo;
    private boolean harmless;

    @Nullable
    Incarnation incarnation;

    Life(Machine machine, int number, MembershipSettings settings) {
        this.machine = machine;
        this.world = machine.world;
        this.number = number;
        crsd = world.engine == null ? new Crsd(this) : new EngineCrsd(this, world.engine);
        killTimer = new Alarm(world.time, this::killed);
        lease = settings.timing().lease();
        disks = new LifeDisks(this);
        mind = world.birth.mind(settings, null, machine.now());
    }

    void begin() {
        if (world.isTold()) {
            world.tell(this + " begins");
        }
        disks.search();
        tick();
        crsd.begin();
    }

    /** The newest view that it has installed. */
    @Nullable
    View view() {
        return view;
    }

    /** The length of the leases that it takes at present. */
    Duration lease() {
        return lease;
    }

    boolean isAlive() {
        return alive;
    }

    boolean isPaused() {
        return pauses > 0;
    }

    /** True once it knows that it has let go of everything, verified; it never holds anything again. */
    boolean isHarmless() {
        return harmless;
    }

    private void tick() {
        if (alive) {
            if (pauses == 0) {
                deliver(TICK);
            }
            boolean calm = world.time.now() > restlessUntil;
            world.time.after(calm ? world.scenario.calmTickNanos() : world.scenario.tickNanos(), ticking);
        }
    }

    /** Something goes on in this mind: it is given the time of day as often as the real one. */
    private void restless() {
        restlessUntil =
                world.time.now() + world.scenario.timing().takeoverAfter().toNanos();
    }

    private void killed() {
        if (alive) {
            world.count(Tally.WORLD, "kill timer");
            die("kill timer", true);
        }
    }

    // --- trouble

    /** The machine's clocks stand still, and so do the timers in its kernel. */
    void freeze() {
        killTimer.cancel();
        crsd.freeze();
        pause();
        crsd.pause();
    }

    void thaw() {
        Moment until = killAt;
        if (until != null) {
            killTimer.set(machine.clock.when(until));
        }
        crsd.thaw();
        crsd.unpause();
        unpause();
    }

    /** After so many more effects cssd and crsd end, or the whole machine. */
    void crashAfter(long effects, boolean power) {
        crashIn = effects;
        crashPower = power;
    }

    void pause() {
        pauses++;
    }

    void unpause() {
        if (--pauses == 0 && alive) {
            goOn();
            for (DiskPath path : machine.paths) {
                path.goOn();
            }
        }
    }

    /**
     * At the next renewal {@code before} is carried out between arming the kill timer and petting the watchdog, and
     * {@code after} right after petting it.
     */
    void atNextPet(Runnable before, Runnable after) {
        beforePet = before;
        afterPet = after;
    }

    private static void carryOut(@Nullable Runnable plan) {
        if (plan != null) {
            plan.run();
        }
    }

    /** Killed, or ended by its own will; the kernel closes what it had open. */
    void die(String why, boolean restart) {
        if (alive) {
            if (world.isTold()) {
                world.tell(this + " ends: " + why);
            }
            cease();
            machine.ended(this, restart);
        }
    }

    /** The power is gone. */
    void cease() {
        alive = false;
        world.mix(number);
        crsd.orphaned();
        if (!machine.isOn()) {
            crsd.kill();
        }
    }

    /** When the lease began that a restarted cssd may take up: it is not half over, and nothing was let go of. */
    @Nullable
    Resume toBeTakenUp() {
        Effect.RenewLease last = remembered;
        Incarnation own = incarnation;
        if (alive || lettingGo || harmless || last == null || own == null) {
            return null;
        }
        Moment began = last.until().minus(rememberedLease);
        boolean inTime =
                machine.now().since(began).compareTo(world.scenario.timing().letGoAfter()) < 0;
        return inTime && last.until().isAfter(machine.now()) ? new Resume(own, began) : null;
    }

    /** cssd runs again, and goes on as this life. First its kill timer, then the watchdog. */
    void takeUp(MembershipSettings settings, Resume resume) {
        if (world.isTold()) {
            world.tell(this + " is taken up by a new cssd");
        }
        alive = true;
        inbox.clear();
        deeds.clear();
        toPet = null;
        Moment end = resume.leaseBegan().plus(rememberedLease);
        killTimer.set(machine.clock.when(end));
        killAt = end;
        lease = settings.timing().lease();
        view = null;
        disks.closeAll();
        for (DiskPath path : machine.paths) {
            path.reopen();
        }
        machine.pet();
        dossier.takenUp();
        mind = world.birth.mind(settings, resume, machine.now());
        crsd.adopted();
        world.mix(number);
        disks.search();
        tick();
    }

    // --- inputs and effects

    void deliver(Input input) {
        if (alive) {
            inbox.add(input);
            goOn();
        }
    }

    private void goOn() {
        if (working) {
            return;
        }
        working = true;
        try {
            while (alive && pauses == 0) {
                Effect.RenewLease armed = toPet;
                if (armed != null) {
                    toPet = null;
                    machine.pet();
                    remembered = armed;
                    rememberedLease = lease;
                    crsd.renewed(armed);
                    carryOut(afterPet);
                    afterPet = null;
                } else if (!deeds.isEmpty()) {
                    perform(deeds.removeFirst());
                } else if (!inbox.isEmpty()) {
                    take(inbox.removeFirst());
                } else {
                    break;
                }
            }
        } finally {
            working = false;
        }
    }

    private void take(Input input) {
        if (world.isTold() && !(input instanceof Input.Tick) && !(input instanceof Input.HeartbeatReceived)) {
            world.tell(this + " <- " + input);
        }
        if (input instanceof Input.HeartbeatsRead) {
            world.audit.reads(this);
        }
        if (input instanceof Input.LeaveRequested) {
            harmless = true;
        }
        try {
            deeds.addAll(mind.step(machine.now(), input));
        } catch (RuntimeException e) {
            throw new Violation(this + " failed at " + input + ": " + e, e);
        }
    }

    private void perform(Effect effect) {
        if (world.isTold() && !(effect instanceof Effect.SendHeartbeat)) {
            world.tell(this + " -> " + effect);
        }
        // The number of its kind goes into the hash of the run; hashCode of a class differs from run to run.
        int kind = switch (effect) {
            case Effect.SendHeartbeat send -> {
                broadcast(link -> new Input.HeartbeatReceived(link, send.heartbeat()));
                yield 1;
            }
            case Effect.AskPeers ask -> {
                world.audit.asks(this, ask.ask());
                broadcast(_ -> new Input.LeaseAsked(ask.ask()));
                yield 17;
            }
            case Effect.AnswerPeer answer -> {
                world.audit.answers(this, answer.answer());
                broadcast(_ -> new Input.LeaseAnswered(answer.answer()));
                yield 18;
            }
            case Effect.SetWatchdog set -> {
                machine.setWatchdog(set.timeout());
                deliver(new Input.WatchdogSet(set.timeout()));
                yield 19;
            }
            case Effect.WriteHeartbeat write -> {
                world.audit.writes(this, write.block());
                order(write.disk(), write);
                yield 2;
            }
            case Effect.ReadHeartbeats read -> {
                order(read.disk(), read);
                yield 3;
            }
            case Effect.WriteBallot write -> {
                restless();
                world.audit.writes(this, write.block());
                order(write.disk(), write);
                yield 4;
            }
            case Effect.ReadBallots read -> {
                order(read.disk(), read);
                yield 5;
            }
            case Effect.RenewLease renewal -> {
                renew(renewal);
                yield 6;
            }
            case Effect.InstallView install -> {
                view = install.view();
                world.audit.installs(this, install.view());
                disks.onView(install.view());
                ChangeInEviction trap = world.trap;
                if (trap != null) {
                    trap.installs(this, install.view());
                }
                crsd.installed(install.view());
                yield 7;
            }
            case Effect.VotingSetShown(View shown) -> {
                disks.onSetShown(shown);
                yield 22;
            }
            case Effect.Settled settled -> {
                world.audit.settled(this, settled);
                crsd.settled(settled.victim(), settled.incarnation());
                yield 8;
            }
            case Effect.LetGo order -> {
                world.audit.letsGo(this, order);
                letGo();
                yield 9;
            }
            case Effect.Disarm _ -> {
                world.audit.disarms(this);
                killAt = null;
                killTimer.cancel();
                machine.disarmWatchdog();
                yield 10;
            }
            case Effect.ResetMachine reset -> {
                machine.reset(reset.reason());
                yield 11;
            }
            case Effect.Fence order -> {
                world.fence.request(this, order);
                yield 12;
            }
            case Effect.CallOffFence order -> {
                world.fence.callOff(this, order);
                yield 21;
            }
            case Effect.ChangeAnswered answer -> {
                if (answer.request() >= Faults.ADMINISTRATORS) {
                    world.audit.answered(this, answer);
                } else {
                    crsd.rootAnswered(answer);
                }
                yield 13;
            }
            case Effect.ConfirmAnswered answer -> {
                crsd.confirmAnswered(answer);
                yield 14;
            }
            case Effect.Exit exit -> {
                die(exit.reason(), exit.restart());
                yield 15;
            }
            case Effect.Note note -> {
                world.count(Tally.NOTE, note.event());
                if (note.event().equals(Events.TIMING)) {
                    lease = Duration.parse(note.details().getOrDefault("lease", ""));
                }
                restless();
                ChangeInEviction trap = world.trap;
                if (trap != null) {
                    trap.notes(this, note);
                }
                yield 16;
            }
            case Effect.SeekDisk seek -> {
                disks.seek(Storage.disk(seek.id()));
                yield 20;
            }
            case Effect.VotedOut _ -> 17;
        };
        world.mix(kind);
        machine.didSomething();
        if (crashIn > 0 && --crashIn == 0 && alive) {
            machine.crash(crashPower);
        }
    }

    /** A disk that was closed meanwhile has told so; nothing waits for it. */
    private void order(int number, Effect what) {
        if (disks.isOpen(number)) {
            disks.path(number).order(this, what);
        }
    }

    private void broadcast(IntFunction<Input> message) {
        int self = machine.node.number();
        for (int link = 0; link < world.network.links(); link++) {
            Input arrival = message.apply(link);
            for (int peer = 1; peer <= world.scenario.nodes(); peer++) {
                if (peer != self) {
                    send(link, peer, arrival);
                    if (world.network.arrivesTwice()) {
                        send(link, peer, arrival);
                    }
                }
            }
        }
    }

    private void send(int link, int peer, Input arrival) {
        long travel = world.network.travel(link, machine.node.number(), peer);
        if (travel >= 0) {
            Machine receiver = world.machines[peer];
            world.time.after(travel, () -> {
                Life listener = receiver.life();
                if (listener != null) {
                    listener.deliver(arrival);
                }
            });
        }
    }

    /** Arm, then pet: a pause may come between the two, but then the timer ends this life in time. */
    private void renew(Effect.RenewLease renewal) {
        world.audit.renews(this, renewal);
        if (world.scenario.mutation() != Mutation.KILL_TIMER_NOT_ARMED) {
            killAt = renewal.until();
            killTimer.set(machine.clock.when(renewal.until()));
        }
        toPet = renewal;
        carryOut(beforePet);
        beforePet = null;
    }

    private void letGo() {
        if (world.scenario.mutation() != Mutation.LET_GO_SPARES_CRSD) {
            crsd.kill();
        }
        if (lettingGo) {
            return;
        }
        lettingGo = true;
        world.time.after(machine.letGoNanos(), this::letGoDone);
    }

    private void letGoDone() {
        if (!alive) {
            return;
        }
        if (pauses > 0) {
            // The work stands still as well; look again when a little time has passed.
            world.time.after(MILLISECOND, this::letGoDone);
            return;
        }
        lettingGo = false;
        if (world.scenario.mutation() == Mutation.LET_GO_LIES) {
            deliver(new Input.LetGoDone(true, "nothing was stopped"));
        } else if (machine.runsAnything() && machine.isStuck()) {
            deliver(new Input.LetGoDone(false, "a process is stuck in the kernel"));
        } else {
            machine.stopAll();
            harmless = true;
            deliver(new Input.LetGoDone(true, "nothing runs"));
        }
    }

    /**
     * Sent by crsd when it has stopped everything because the administrator wants this node to leave. cssd may stand
     * still or be busy then, and renew its lease once more before it takes this: nothing runs under that lease, and
     * crsd starts nothing any more.
     */
    void leave() {
        deliver(new Input.LeaveRequested("the administrator stops this node", true));
    }

    Moment now() {
        return machine.now();
    }

    @Override
    public String toString() {
        return machine.node + (incarnation == null ? "" : incarnation.toString()) + "/" + number;
    }
}
