package dev.holdfast.simulator;

import static dev.holdfast.simulator.Scenario.MILLISECOND;
import static dev.holdfast.simulator.Scenario.SECOND;

import dev.holdfast.membership.Input;
import dev.holdfast.membership.MembershipSettings;
import dev.holdfast.membership.Resume;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.testkit.Alarm;
import dev.holdfast.testkit.FakeClock;
import dev.holdfast.testkit.FakeWatchdog;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A machine, its kernel and its supervisor. What the kernel promises is kept here whatever the processes do: kill
 * timers, the watchdog, disk operations that outlive who asked for them, and resources that go on running.
 */
final class Machine {
    final World world;
    final NodeId node;
    final DiskPath[] paths;
    private final FakeWatchdog watchdog;
    private final Alarm watchdogAlarm;
    /** The life that started what runs here, by resource; null where nothing runs. */
    private final @Nullable Life[] running;

    private boolean on;
    private int boots;
    private boolean firing;
    FakeClock clock = new FakeClock(0, 0, 0);
    private @Nullable Life life;
    private int lives;
    private int endings;
    private boolean startDue;
    private boolean left;
    private int stalls;
    private boolean frozen;
    private Moment frozenAt = new Moment(0);
    private long effects;
    private long frozenSince;
    private long frozenNanos;
    private final Set<Integer> hints = new TreeSet<>();
    private final Set<Integer> remembered = new TreeSet<>();
    /** The administrator or the scenario wants this machine without power for now. */
    boolean keptOff;

    Machine(World world, NodeId node) {
        this.world = world;
        this.node = node;
        paths = new DiskPath[world.storage.count()];
        for (int disk = 0; disk < paths.length; disk++) {
            paths[disk] = new DiskPath(this, disk);
        }
        watchdog = new FakeWatchdog(world.scenario.timing().watchdog());
        watchdogAlarm = new Alarm(world.time, this::watchdogDue);
        running = new Life[world.scenario.resources()];
        for (int disk = 0; disk < world.scenario.disks(); disk++) {
            hints.add(disk);
        }
    }

    // --- where this machine looks for voting disks

    /** What the configuration names, what was in the voting set when this node last ran, and what the master asked for. */
    boolean looksFor(int disk) {
        boolean found = world.scenario.discovery() && !world.storage.disk(disk).isBlank();
        return found || hints.contains(disk) || remembered.contains(disk);
    }

    /** Until the next start of cssd. */
    void hint(int disk) {
        hints.add(disk);
    }

    /** On the machine's own disk. */
    void remember(List<Integer> disks) {
        remembered.clear();
        remembered.addAll(disks);
    }

    private void forgetHints() {
        hints.removeIf(disk -> disk >= world.scenario.disks());
    }

    boolean isOn() {
        return on;
    }

    Moment now() {
        return frozen ? frozenAt : clock.read(world.time.now());
    }

    /** The life of cssd that is alive here, if any. */
    @Nullable
    Life life() {
        Life present = life;
        return present != null && present.isAlive() ? present : null;
    }

    // --- power

    void powerOn() {
        if (on || keptOff) {
            return;
        }
        on = true;
        boots++;
        firing = false;
        left = false;
        double drift = (2 * world.chance.unit() - 1) * world.scenario.timing().rho();
        clock = new FakeClock(world.time.now(), world.chance.between(SECOND, 1_000_000 * SECOND), drift);
        if (world.isTold()) {
            world.tell(node + " boots, boot " + boots);
        }
        startLater(world.chance.between(0, SECOND));
    }

    /** Everything stops here and now: processes, resources, and what was on its way to a disk may be cut in two. */
    void powerOff(String why) {
        if (!on) {
            return;
        }
        world.tell(node + " is off: " + why);
        world.mix(node.number());
        on = false;
        Life dying = life;
        if (dying != null) {
            dying.cease();
        }
        life = null;
        startDue = false;
        watchdog.disarm();
        if (frozen) {
            frozen = false;
            stalls--;
        }
        for (DiskPath path : paths) {
            path.cutPower();
        }
        for (int resource = 0; resource < running.length; resource++) {
            running[resource] = null;
        }
    }

    void reset(String why) {
        if (on) {
            powerOff(why);
            powerOnLater(world.rebootNanos());
        }
    }

    void powerOnLater(long nanos) {
        world.time.after(nanos, this::powerOn);
    }

    // --- the supervisor

    /** No process of this machine gets anything done; the kernel's timers and the watchdog go on. */
    void stall() {
        stalls++;
    }

    void unstall() {
        stalls--;
    }

    /**
     * The hypervisor stops this machine for a time in which its clocks stand still, and the watchdog with them. What it
     * has given to its disks goes on.
     */
    void freeze(long nanos) {
        if (!on || frozen || stalls > 0) {
            return;
        }
        frozenAt = now();
        frozenSince = world.time.now();
        frozen = true;
        stalls++;
        watchdogAlarm.cancel();
        Life present = life();
        if (present != null) {
            present.freeze();
        }
        int boot = boots;
        world.time.after(nanos, () -> {
            if (frozen && boot == boots) {
                thaw();
            }
        });
    }

    /** For how long, at most, true time ran while this machine's clock stood still, in nanoseconds. */
    long frozenNanos() {
        return frozenNanos;
    }

    private void thaw() {
        frozen = false;
        frozenNanos += world.time.now() - frozenSince;
        stalls--;
        clock = new FakeClock(world.time.now(), frozenAt.nanos(), clock.drift());
        if (watchdog.isArmed() && !firing) {
            watch();
        }
        Life present = life();
        if (present != null) {
            present.thaw();
        }
    }

    /** A mind on this machine did one more thing; it may be the one after which everything is to end. */
    void didSomething() {
        effects++;
        Scenario.Crash crash = world.scenario.crash();
        if (crash != null && crash.effect() == effects && crash.node() == node.number()) {
            crash(crash.power());
        }
    }

    /** Ends cssd and crsd, or everything, here and now: between two effects of a step. */
    void crash(boolean power) {
        world.count(Tally.WORLD, "crash between two effects");
        Life present = life();
        if (power) {
            reset("power lost between two effects");
        } else if (present != null) {
            present.crsd.kill();
            present.die("killed between two effects, and crsd as well", true);
        }
    }

    private void startLater(long nanos) {
        startDue = true;
        int boot = boots;
        world.time.after(nanos, () -> {
            if (on && boot == boots && startDue) {
                if (stalls > 0) {
                    startLater(SECOND);
                } else {
                    start();
                }
            }
        });
    }

    /**
     * Called when a life ends, and when a disk operation that it left in the kernel is through: the next life does not
     * wait for that, but the disk it is stuck in is of no use until then.
     */
    void drained() {
        Life last = life;
        boolean keepsWatchdog = world.scenario.mutation() == Mutation.CORPSE_KEEPS_WATCHDOG;
        if (on && last != null && !last.isAlive() && !startDue && !left && !(keepsWatchdog && hasCorpse())) {
            if (keepsWatchdog) {
                closeWatchdog();
            }
            startLater(world.chance.magnitude(100 * MILLISECOND, Scenario.SLOWEST_RESTART));
        }
    }

    private boolean hasCorpse() {
        for (DiskPath path : paths) {
            if (path.isBusy()) {
                return true;
            }
        }
        return false;
    }

    /** cssd is gone, by kill or by its own will. */
    void ended(Life dead, boolean restart) {
        left = !restart && !world.audit.isCalm();
        if (!hasCorpse() || world.scenario.mutation() != Mutation.CORPSE_KEEPS_WATCHDOG) {
            closeWatchdog();
        }
        for (Machine peer : world.machines) {
            if (peer != null
                    && peer != this
                    && world.network.connects(node.number(), peer.node.number())
                    && world.chance.happens(0.9)) {
                world.time.after(world.chance.between(MILLISECOND / 5, 5 * MILLISECOND), () -> {
                    Life listener = peer.life();
                    if (listener != null) {
                        listener.deliver(new Input.PeerLost(node));
                    }
                });
            }
        }
        drained();
    }

    /** The administrator starts cssd after it has left. */
    void startAgain() {
        if (on && left) {
            left = false;
            drained();
        }
    }

    /** Removes what an old life left behind, then begins a new one. Until then the watchdog is not opened. */
    private void start() {
        Life old = life;
        int boot = boots;
        Resume resume = old == null || firing ? null : old.toBeTakenUp();
        if (old != null && resume != null) {
            startDue = false;
            forgetHints();
            watchdog.setTimeout(world.scenario.timing().watchdog(), now());
            old.takeUp(settings(), resume);
            return;
        }
        if (old != null) {
            old.crsd.kill();
        }
        world.time.after(letGoNanos(), () -> {
            if (!on || boot != boots || !startDue || firing) {
                return;
            }
            if (stalls > 0) {
                startLater(SECOND);
                return;
            }
            startDue = false;
            if (runsAnything() && isStuck()) {
                reset("the clean-up of the old life could not stop everything");
                return;
            }
            stopAll();
            watchdog.disarm();
            watchdog.setTimeout(world.scenario.timing().watchdog(), now());
            forgetHints();
            life = new Life(this, ++lives, settings());
            life.begin();
        });
    }

    private MembershipSettings settings() {
        return new MembershipSettings(
                node,
                new NodeSet(Scenario.everybody(world.scenario.nodes())),
                0, // Each disk is told when it is found.
                world.scenario.links(),
                world.scenario.timing(),
                boots * 1000L + node.number(),
                world.scenario.timerTakeover(),
                world.scenario.fenceDevices(),
                world.scenario.bootWait(),
                world.chance.next());
    }

    // --- the watchdog

    void pet() {
        if (!firing) {
            watchdog.pet(now());
            watch();
        }
    }

    void setWatchdog(Duration timeout) {
        if (!firing) {
            watchdog.setTimeout(timeout, now());
            if (watchdog.isArmed()) {
                watch();
            }
        }
    }

    void disarmWatchdog() {
        if (!firing) {
            watchdog.disarm();
        }
    }

    boolean isWatched() {
        return watchdog.isArmed();
    }

    private void closeWatchdog() {
        if (!firing && watchdog.isArmed()) {
            watchdog.closedByDeath(now());
            watch();
        }
    }

    private void watch() {
        if (world.scenario.mutation() == Mutation.WATCHDOG_DISABLED) {
            return;
        }
        watchdogAlarm.set(clock.when(watchdog.firesAt()));
    }

    private void watchdogDue() {
        if (!on || firing || !watchdog.fires(now())) {
            return;
        }
        firing = true;
        int boot = boots;
        long stopping =
                world.chance.between(0, world.scenario.timing().granularity().toNanos());
        world.time.after(stopping, () -> {
            if (boot == boots) {
                world.count(Tally.WORLD, "watchdog reset");
                reset("watchdog");
            }
        });
    }

    // --- resources

    /** How long killing and verifying takes this time, in nanoseconds. */
    long letGoNanos() {
        return world.chance.magnitude(2 * MILLISECOND, Scenario.SLOWEST_LET_GO);
    }

    /** True if this time something that runs here cannot be stopped. */
    boolean isStuck() {
        return world.scenario.stuckResources() && world.chance.happens(0.3);
    }

    boolean runsAnything() {
        return runningMask() != 0;
    }

    /** What runs here now, whoever knows of it: bit r for resource r. */
    long runningMask() {
        long mask = 0;
        for (int resource = 0; resource < running.length; resource++) {
            if (running[resource] != null) {
                mask |= 1L << resource;
            }
        }
        return mask;
    }

    boolean runsAnythingOf(Life starter) {
        for (Life holder : running) {
            if (holder == starter) {
                return true;
            }
        }
        return false;
    }

    void run(int resource, Life starter) {
        running[resource] = starter;
        world.audit.started(this, resource, starter);
        world.count(Tally.WORLD, "resource started");
        tellWeight();
    }

    /** One resource stops by its own script. */
    void stop(int resource) {
        if (running[resource] != null) {
            running[resource] = null;
            tellWeight();
        }
    }

    boolean runs(int resource) {
        return running[resource] != null;
    }

    /** How often this machine was started. */
    int boots() {
        return boots;
    }

    /** How often everything was ended here: what an action was about to do then, it does not do any more. */
    int endings() {
        return endings;
    }

    void stopAll() {
        endings++;
        if (runsAnything()) {
            if (world.isTold()) {
                world.tell(node + " stopped resources " + Long.toBinaryString(runningMask()));
            }
            for (int resource = 0; resource < running.length; resource++) {
                running[resource] = null;
            }
            tellWeight();
        }
    }

    private void tellWeight() {
        Life told = life();
        if (told != null) {
            told.deliver(new Input.WeightChanged(Long.bitCount(runningMask())));
        }
    }
}
