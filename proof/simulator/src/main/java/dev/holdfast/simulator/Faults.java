package dev.holdfast.simulator;

import static dev.holdfast.simulator.Scenario.MILLISECOND;

import dev.holdfast.membership.Input;
import dev.holdfast.membership.ViewChange;
import dev.holdfast.model.View;
import dev.holdfast.model.VotingSet;
import dev.holdfast.testkit.Chance;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Brings the trouble of a scenario into the world, and ends all of it in time. */
final class Faults {
    /** Requests of the administrator are numbered from here. */
    static final long ADMINISTRATORS = 1L << 40;

    private final World world;
    private final Scenario scenario;
    private final Chance chance;
    private final long over;
    private long asked;

    /** @param over virtual time at which all trouble has ended */
    Faults(World world, Chance chance, long over) {
        this.world = world;
        this.scenario = world.scenario;
        this.chance = chance;
        this.over = over;
    }

    void schedule() {
        if (scenario.mild()) {
            world.time.at(chance.between(0, over), this::injectMildly);
            return;
        }
        for (int count = 0; count < scenario.faultCount(); count++) {
            Fault fault = chance.oneOf(scenario.faults());
            world.time.at(chance.between(0, over), () -> inject(fault));
        }
    }

    private long takeover() {
        return scenario.timing().takeoverAfter().toNanos();
    }

    /** Lets {@code end} happen after a time from {@code shortest} to {@code longest}, but not after the trouble is over. */
    private void later(long shortest, long longest, Runnable end) {
        world.time.at(Math.min(over, world.time.now() + chance.magnitude(shortest, longest)), end);
    }

    private void forAWhile(Runnable end) {
        later(20 * MILLISECOND, 3 * takeover(), end);
    }

    private int someNode() {
        return 1 + chance.below(scenario.nodes());
    }

    private Machine someMachine() {
        return world.machines[someNode()];
    }

    private int someDisk() {
        return chance.oneOf(world.storage.formatted());
    }

    private DiskPath somePath() {
        return someMachine().paths[someDisk()];
    }

    private void inject(Fault fault) {
        if (world.isTold()) {
            world.tell("trouble: " + fault);
        }
        world.mix(fault.name().hashCode());
        world.count(Tally.FAULT, fault.name());
        switch (fault) {
            case PARTITION -> split(chance.next(), this::forAWhile);
            case ISOLATION -> split(1L << (someNode() - 1), this::forAWhile);
            case ONE_WAY -> oneWay();
            case PARTIAL -> partial();
            case ONE_LINK -> oneLink();
            case FLAPPING -> flap();
            case LOSS -> loss();
            case SLOW_LINK -> slowLink();
            case CARRIER -> carrier();
            case CSSD_CRASH -> {
                Life life = someMachine().life();
                if (life != null) {
                    life.die("killed", true);
                }
            }
            case CSSD_AND_CRSD_CRASH -> {
                Life life = someMachine().life();
                if (life != null) {
                    life.crsd.kill();
                    life.die("killed, and crsd as well", true);
                }
            }
            case CRSD_CRASH -> {
                Life life = someMachine().life();
                if (life != null) {
                    life.crsd.restart();
                }
            }
            case CSSD_PAUSE -> pause(someMachine(), true, false, MILLISECOND, 3 * takeover());
            case CRSD_PAUSE -> pause(someMachine(), false, true, MILLISECOND, 3 * takeover());
            case NODE_PAUSE -> pause(someMachine(), true, true, MILLISECOND, 3 * takeover());
            case PAUSE_BEFORE_PET -> pauseBeforePet();
            case STALL -> stall(someMachine(), MILLISECOND, 3 * takeover());
            case STALL_WITH_STUCK_DISK -> stallWithStuckDisk();
            case POWER_OFF -> {
                Machine machine = someMachine();
                if (!machine.keptOff) {
                    machine.keptOff = true;
                    machine.powerOff("power cut");
                    forAWhile(() -> {
                        if (!world.audit.isCalm()) {
                            machine.keptOff = false;
                            machine.powerOn();
                        }
                    });
                }
            }
            case RESET -> someMachine().reset("reset");
            case CRASH_POINT -> {
                Life life = someMachine().life();
                if (life != null) {
                    life.crashAfter(chance.magnitude(1, 500), chance.happens(0.5));
                }
            }
            case VM_FREEZE -> {
                // Where others rely on the timer a freeze is not a fault but a broken promise.
                if (!scenario.timerTakeover() || scenario.mutation() == Mutation.VM_FREEZE_VOUCHED) {
                    long longest = Math.max(MILLISECOND + 1, Math.min(3 * takeover(), over - world.time.now()));
                    someMachine().freeze(chance.magnitude(MILLISECOND, longest));
                }
            }
            case DISK_SLOW -> {
                DiskPath path = somePath();
                path.slow(chance.magnitude(
                        10 * MILLISECOND, 4 * scenario.timing().poll().toNanos()));
                forAWhile(() -> path.slow(0));
            }
            case DISK_HANG -> hang(somePath());
            case DISK_ERRORS -> {
                DiskPath path = somePath();
                path.fail(chance.unit());
                forAWhile(() -> path.fail(0));
            }
            case DISK_PATH_LOST -> {
                DiskPath path = somePath();
                path.lose();
                forAWhile(path::mendLoss);
            }
            case DISK_AWAY -> diskAway();
            case DISK_STALE -> {
                DiskPath path = somePath();
                path.stale(chance.unit());
                forAWhile(() -> path.stale(0));
            }
            case DISK_TORN -> {
                DiskPath path = somePath();
                path.tear(chance.unit());
                forAWhile(() -> path.tear(0));
            }
            case DISK_BLANKED -> {
                // Only the disk that is not counted on when the trouble is over, as nobody replaces it.
                if (scenario.lastingDisk() >= 0) {
                    world.count(Tally.WORLD, "disk blanked");
                    world.storage.erase(scenario.lastingDisk());
                }
            }
            case STORAGE_OUTAGE -> storageOutage();
            case STORAGE_HANG -> {
                for (DiskPath path : someMachine().paths) {
                    hang(path);
                }
            }
            case LEAVE -> {
                Machine machine = someMachine();
                Life life = machine.life();
                if (life != null) {
                    life.crsd.leave();
                    forAWhile(machine::startAgain);
                }
            }
            case VOTING_SET -> changeVotingSet();
            case CHANGE_IN_EVICTION -> changeInEviction();
            case DISK_AREA -> {
                DiskPath path = somePath();
                if (chance.happens(0.5)) {
                    path.failHeartbeats(true);
                    forAWhile(() -> path.failHeartbeats(false));
                } else {
                    path.failBallots(true);
                    forAWhile(() -> path.failBallots(false));
                }
            }
            case SETTINGS -> changeSettings();
        }
    }

    private void changeInEviction() {
        ChangeInEviction before = world.trap;
        Life master = master();
        View view = master == null ? null : master.view();
        if (master == null || view == null || (before != null && !before.isOver())) {
            return;
        }
        Machine victim = someMachine();
        List<Integer> old = Storage.numbers(world.storage.setOf(view).disks());
        if (victim == master.machine
                || world.storage.setOf(view).isJoint()
                || old.size() > world.storage.blank().size()) {
            return;
        }
        ChangeInEviction trap = new ChangeInEviction(world, this, chance, victim, old);
        world.trap = trap;
        trap.begin(over);
    }

    /** All voting disks are exchanged for as many others. */
    void exchangeVotingSet() {
        Life master = master();
        View view = master == null ? null : master.view();
        if (master == null || view == null) {
            return;
        }
        List<Integer> present = Storage.numbers(world.storage.setOf(view).disks());
        List<Integer> spare = world.storage.blank();
        if (present.size() <= spare.size()) {
            change(master, present, spare.subList(0, present.size()), present);
        }
    }

    // --- the administrator

    /** A life that holds a lease as the master; whom crsctl would find. Null if nobody does. */
    private @Nullable Life master() {
        for (int node = 1; node <= scenario.nodes(); node++) {
            Life life = world.machines[node].life();
            View view = life == null ? null : life.crsd.heldView();
            if (life != null && view != null && view.master().equals(life.machine.node)) {
                return life;
            }
        }
        return null;
    }

    private void ask(Life master, ViewChange change) {
        long request = ADMINISTRATORS + ++asked;
        world.audit.wants(request, change);
        master.deliver(new Input.ChangeWanted(request, change));
    }

    /** Some settings are changed, or go back to what the configuration says. */
    private void changeSettings() {
        Life master = master();
        if (master == null || scenario.css().isEmpty()) {
            return;
        }
        SortedMap<String, Integer> changes = new TreeMap<>(chance.oneOf(scenario.css()));
        if (chance.happens(0.2)) {
            changes.replaceAll((_, _) -> -1);
        }
        ask(master, new ViewChange.SetCss(changes));
    }

    /** Disks are formatted, and added, deleted or replaced: one, some or all; also such as hang or are gone. */
    private void changeVotingSet() {
        Life master = master();
        View view = master == null ? null : master.view();
        if (master == null || view == null) {
            return;
        }
        List<Integer> present =
                new ArrayList<>(Storage.numbers(world.storage.setOf(view).disks()));
        List<Integer> spare = world.storage.blank();
        int size = chance.oneOf(List.of(1, 3, 3, 3, 5));
        int remove = chance.below(present.size() + 1);
        int add = size - present.size() + remove;
        if (add < 0 || add > spare.size() || add + remove == 0) {
            return;
        }
        List<Integer> gone = new ArrayList<>();
        List<Integer> rest = new ArrayList<>(present);
        for (int count = 0; count < remove; count++) {
            Integer one = chance.oneOf(rest);
            rest.remove(/* element */ one);
            gone.add(one);
        }
        if (add == 0 && rest.equals(List.of(scenario.lastingDisk()))) {
            return; // What goes away for good must not be the only one.
        }
        world.count(Tally.WORLD, "voting set of " + present.size() + " to be " + size);
        change(master, present, spare.subList(0, add), gone);
    }

    /** Makes the {@code added} disks from one that is {@code present}, then asks for the change. */
    private void change(Life master, List<Integer> present, List<Integer> spare, List<Integer> gone) {
        SortedSet<UUID> removed = new TreeSet<>(gone.stream().map(Storage::id).toList());
        format(master, chance.oneOf(present), spare, 0, () -> {
            SortedMap<UUID, String> added = new TreeMap<>();
            spare.forEach(disk -> {
                added.put(Storage.id(disk), "/dev/disk" + disk);
                master.disks.seek(disk);
            });
            ask(master, new ViewChange.ChangeDisks(added, removed));
        });
    }

    private void format(Life master, int source, List<Integer> disks, int next, Runnable done) {
        if (next == disks.size()) {
            done.run();
            return;
        }
        int disk = disks.get(next);
        world.storage.format(
                disk,
                source,
                () -> master.isAlive()
                        && !master.machine.paths[source].isBroken()
                        && !master.machine.paths[disk].isBroken()
                        && !world.storage.disk(source).isBlank(),
                () -> format(master, source, disks, next + 1, done));
    }

    // --- trouble of which nobody may take notice

    /**
     * One thing at a time, and each within what the settings must stand: a pause shorter than the patience of the peers
     * and half a lease, less than one datagram in twenty lost, one link of two, one disk of three, disks that are slow but
     * so that a round fits into half a lease.
     */
    private void injectMildly() {
        long pause = scenario.mildPauseNanos();
        long length = chance.magnitude(MILLISECOND, takeover());
        Fault fault = scenario.faults().getFirst();
        world.count(Tally.FAULT, fault.name());
        world.mix(fault.name().hashCode());
        if (world.isTold()) {
            world.tell("mild trouble: " + fault);
        }
        switch (fault) {
            case LOSS -> {
                int node = someNode();
                int link = chance.below(scenario.links());
                lose(link, node, chance.between(0, 50) / 1000.0);
                afterwards(length, () -> lose(link, node, 0));
            }
            case SLOW_LINK -> {
                int link = chance.below(scenario.links());
                int from = someNode();
                int to = someNode();
                world.network.slow(
                        link,
                        from,
                        to,
                        chance.between(0, scenario.timing().heartbeat().toNanos()));
                afterwards(length, () -> world.network.slow(link, from, to, 0));
            }
            case ONE_LINK -> {
                int link = chance.below(scenario.links());
                int node = someNode();
                turnAll(link, node, true);
                afterwards(length, () -> turnAll(link, node, false));
            }
            case CSSD_PAUSE, NODE_PAUSE, STALL -> {
                Machine machine = someMachine();
                Life life = machine.life();
                long away = chance.between(0, pause);
                if (life != null) {
                    life.pause();
                    if (fault != Fault.CSSD_PAUSE) {
                        life.crsd.pause();
                    }
                }
                afterwards(away, () -> {
                    if (life != null) {
                        if (fault != Fault.CSSD_PAUSE) {
                            life.crsd.unpause();
                        }
                        life.unpause();
                    }
                });
            }
            case CRSD_PAUSE -> {
                Life life = someMachine().life();
                if (life != null) {
                    life.crsd.pause();
                }
                afterwards(chance.between(0, pause), () -> {
                    if (life != null) {
                        life.crsd.unpause();
                    }
                });
            }
            case DISK_SLOW -> {
                // Write and read of a round, and what was in the path before them.
                long slowest = pause / 4;
                for (DiskPath path : someMachine().paths) {
                    path.slow(chance.between(0, slowest));
                    afterwardsOnly(length, () -> path.slow(0));
                }
                afterwards(length, () -> {});
            }
            case DISK_HANG -> {
                DiskPath path = somePath();
                path.hang();
                afterwards(length, path::mendHang);
            }
            case DISK_PATH_LOST -> {
                DiskPath path = somePath();
                path.lose();
                afterwards(length, path::mendLoss);
            }
            case DISK_ERRORS -> {
                DiskPath path = somePath();
                path.fail(chance.unit());
                afterwards(length, () -> path.fail(0));
            }
            case DISK_STALE -> {
                DiskPath path = somePath();
                path.stale(chance.unit());
                afterwards(length, () -> path.stale(0));
            }
            case DISK_TORN -> {
                DiskPath path = somePath();
                path.tear(chance.unit());
                afterwards(length, () -> path.tear(0));
            }
            case DISK_AWAY -> {
                int disk = someDisk();
                boolean hangs = chance.happens(0.5);
                diskAway(disk, hangs, true);
                afterwards(length, () -> diskAway(disk, hangs, false));
            }
            default -> {
                inject(fault);
                afterwards(length, () -> {});
            }
        }
    }

    private void turnAll(int link, int node, boolean cut) {
        for (int peer = 1; peer <= scenario.nodes(); peer++) {
            turn(link, node, peer, cut);
            turn(link, peer, node, cut);
        }
    }

    private void afterwardsOnly(long nanos, Runnable end) {
        world.time.at(Math.min(over, world.time.now() + nanos), end);
    }

    /** Ends what was done after that time, and does something else when all have had time to recover. */
    private void afterwards(long nanos, Runnable end) {
        afterwardsOnly(nanos, end);
        long rest = scenario.timing().misscount().toNanos()
                + 2 * scenario.timing().poll().toNanos();
        long next = world.time.now() + nanos + rest + chance.between(0, rest);
        if (next < over) {
            world.time.at(next, this::injectMildly);
        }
    }

    private interface Ending {
        void schedule(Runnable end);
    }

    /** Cuts all links between the nodes in {@code side} and the others. */
    private void split(long side, Ending ending) {
        cutAll(side, true);
        ending.schedule(() -> cutAll(side, false));
    }

    void cutAll(long side, boolean cut) {
        for (int one = 1; one <= scenario.nodes(); one++) {
            for (int other = 1; other <= scenario.nodes(); other++) {
                if ((side >>> (one - 1) & 1) != (side >>> (other - 1) & 1)) {
                    for (int link = 0; link < scenario.links(); link++) {
                        turn(link, one, other, cut);
                    }
                }
            }
        }
    }

    private void turn(int link, int from, int to, boolean cut) {
        if (cut) {
            world.network.cut(link, from, to);
        } else {
            world.network.mend(link, from, to);
        }
    }

    private void oneWay() {
        int from = someNode();
        int to = someNode();
        for (int link = 0; link < scenario.links(); link++) {
            world.network.cut(link, from, to);
        }
        forAWhile(() -> {
            for (int link = 0; link < scenario.links(); link++) {
                world.network.mend(link, from, to);
            }
        });
    }

    /** Some pairs of nodes do not hear each other, while others hear both. */
    private void partial() {
        double share = chance.unit();
        long[] cut = new long[scenario.nodes() + 1];
        for (int one = 1; one <= scenario.nodes(); one++) {
            for (int other = 1; other < one; other++) {
                if (chance.happens(share)) {
                    cut[one] |= 1L << (other - 1);
                }
            }
        }
        turnPairs(cut, true);
        forAWhile(() -> turnPairs(cut, false));
    }

    private void turnPairs(long[] pairs, boolean cut) {
        for (int one = 1; one <= scenario.nodes(); one++) {
            for (int other = 1; other < one; other++) {
                if ((pairs[one] >>> (other - 1) & 1) != 0) {
                    for (int link = 0; link < scenario.links(); link++) {
                        turn(link, one, other, cut);
                        turn(link, other, one, cut);
                    }
                }
            }
        }
    }

    /** The storage is gone for everybody: so many voting disks at once that nobody reaches a majority. */
    private void storageOutage() {
        boolean hangs = chance.happens(0.5);
        VotingSet set = world.storage.setOf(world.audit.newest());
        List<Integer> voting = Storage.numbers(set.disks());
        int gone = chance.happens(0.5) ? voting.size() : voting.size() / 2 + 1;
        for (int disk : voting.subList(0, gone)) {
            diskAway(disk, hangs, true);
        }
        long longest = takeover() + 2 * scenario.timing().diskTimeout().toNanos();
        later(scenario.timing().poll().toNanos(), longest, () -> {
            for (int disk : voting.subList(0, gone)) {
                diskAway(disk, hangs, false);
            }
        });
    }

    private void oneLink() {
        int link = chance.below(scenario.links());
        int node = someNode();
        for (int peer = 1; peer <= scenario.nodes(); peer++) {
            world.network.cut(link, node, peer);
            world.network.cut(link, peer, node);
        }
        forAWhile(() -> {
            for (int peer = 1; peer <= scenario.nodes(); peer++) {
                world.network.mend(link, node, peer);
                world.network.mend(link, peer, node);
            }
        });
    }

    private void flap() {
        long side = chance.happens(0.5) ? 1L << (someNode() - 1) : chance.next();
        int times = 2 + chance.below(8);
        long rhythm = chance.magnitude(20 * MILLISECOND, takeover());
        flap(side, times, rhythm);
    }

    private void flap(long side, int times, long rhythm) {
        if (times > 0 && world.time.now() < over) {
            split(
                    side,
                    end -> later(rhythm / 2, rhythm, () -> {
                        end.run();
                        later(rhythm / 2, rhythm, () -> flap(side, times - 1, rhythm));
                    }));
        }
    }

    private void loss() {
        double probability = chance.unit();
        int node = someNode();
        int link = chance.below(scenario.links());
        lose(link, node, probability);
        forAWhile(() -> lose(link, node, 0));
    }

    private void lose(int link, int node, double probability) {
        for (int peer = 1; peer <= scenario.nodes(); peer++) {
            world.network.lose(link, node, peer, probability);
            world.network.lose(link, peer, node, probability);
        }
    }

    private void slowLink() {
        int link = chance.below(scenario.links());
        int from = someNode();
        int to = someNode();
        world.network.slow(link, from, to, chance.magnitude(MILLISECOND, 2 * takeover()));
        forAWhile(() -> world.network.slow(link, from, to, 0));
    }

    /** A node's links lose their carrier, and both ends are told by the kernel. */
    private void carrier() {
        int node = someNode();
        split(1L << (node - 1), this::forAWhile);
        for (int peer = 1; peer <= scenario.nodes(); peer++) {
            if (peer != node) {
                tellLost(node, peer);
                tellLost(peer, node);
            }
        }
    }

    private void tellLost(int listener, int lost) {
        Life life = world.machines[listener].life();
        if (life != null && chance.happens(0.8)) {
            life.deliver(new Input.PeerLost(world.ids[lost]));
        }
    }

    private void pause(Machine machine, boolean cssd, boolean crsd, long shortest, long longest) {
        Life life = machine.life();
        if (life == null) {
            return;
        }
        if (cssd) {
            life.pause();
        }
        if (crsd) {
            life.crsd.pause();
        }
        later(shortest, longest, () -> {
            if (crsd) {
                life.crsd.unpause();
            }
            if (cssd) {
                life.unpause();
            }
        });
    }

    /** The worst moment: the kill timer is armed, the watchdog is not pet yet; and right after the pet, another pause. */
    private void pauseBeforePet() {
        Machine machine = someMachine();
        Life life = machine.life();
        if (life == null) {
            return;
        }
        long watchdog = scenario.timing().watchdog().toNanos();
        long longest = watchdog - scenario.timing().poll().toNanos();
        boolean crsdToo = chance.happens(0.8);
        life.atNextPet(
                () -> {
                    if (world.time.now() < over) {
                        // Long, and yet not so long that the pet before it lets the watchdog fire.
                        long pause = chance.between(longest - longest / 10, longest);
                        pause(machine, true, false, pause, pause + 1);
                        if (crsdToo) {
                            pause(machine, false, true, takeover(), 3 * takeover());
                        }
                    }
                },
                () -> {
                    if (world.time.now() < over) {
                        pause(machine, true, false, takeover(), 3 * takeover());
                    }
                });
    }

    /** Nothing in user space gets anything done: no memory, no processor, or the cgroup of everything is frozen. */
    private void stall(Machine machine, long shortest, long longest) {
        Life life = machine.life();
        machine.stall();
        if (life != null) {
            life.pause();
            life.crsd.pause();
        }
        later(shortest, longest, () -> {
            machine.unstall();
            if (life != null) {
                life.crsd.unpause();
                life.unpause();
            }
        });
    }

    /** A disk thread is stuck in the kernel when everything stalls, and comes back when the watchdog is about to fire. */
    private void stallWithStuckDisk() {
        Machine machine = someMachine();
        DiskPath path = machine.paths[someDisk()];
        path.hang();
        world.time.after(chance.between(0, 2 * scenario.timing().poll().toNanos()), () -> {
            if (world.time.now() < over) {
                stall(machine, takeover(), 3 * takeover());
            }
            later(
                    scenario.timing().lease().toNanos() / 2,
                    scenario.timing().watchdog().toNanos(),
                    path::mendHang);
        });
    }

    private void hang(DiskPath path) {
        path.hang();
        forAWhile(path::mendHang);
    }

    private void diskAway() {
        int disk = someDisk();
        boolean hangs = chance.happens(0.5);
        diskAway(disk, hangs, true);
        forAWhile(() -> diskAway(disk, hangs, false));
    }

    /** A voting disk goes away for everybody, or comes back. */
    void diskAway(int disk, boolean hangs, boolean away) {
        for (Machine machine : world.machines) {
            if (machine != null) {
                DiskPath path = machine.paths[disk];
                if (hangs && away) {
                    path.hang();
                } else if (hangs) {
                    path.mendHang();
                } else if (away) {
                    path.lose();
                } else {
                    path.mendLoss();
                }
            }
        }
    }
}
