package dev.holdfast.simulator;

import static dev.holdfast.simulator.Scenario.SECOND;

import dev.holdfast.membership.Effect;
import dev.holdfast.membership.Input;
import dev.holdfast.membership.MembershipSettings;
import dev.holdfast.model.View;
import dev.holdfast.model.VotingSet;
import java.util.Arrays;

/**
 * The voting disks that a life has open: a model of what cssd does to find them, and to let go of those that have no vote any
 * more. Each has a number that is given again when it is closed.
 */
final class LifeDisks {
    private static final int NONE = -1;

    private int searches;

    private final Life life;
    private final World world;
    /** By index of the disk: its number, if it is told to the membership. */
    private final int[] numberOf;

    private final int[] diskOf = new int[MembershipSettings.DISKS_MAX];
    private final boolean[] opening;
    private final boolean[] closing;
    private final boolean[] voted;
    private final Storage.State[] found;

    LifeDisks(Life life) {
        this.life = life;
        world = life.machine.world;
        int disks = world.storage.count();
        numberOf = new int[disks];
        opening = new boolean[disks];
        closing = new boolean[disks];
        voted = new boolean[disks];
        found = new Storage.State[disks];
        closeAll();
    }

    /** The process that had them open is gone. */
    void closeAll() {
        Arrays.fill(numberOf, NONE);
        Arrays.fill(diskOf, NONE);
        Arrays.fill(opening, false);
        Arrays.fill(closing, false);
        Arrays.fill(voted, false);
        Arrays.fill(found, Storage.State.BLANK);
    }

    /** Looks where this machine looks for voting disks, now and from now on. */
    void search() {
        search(++searches);
    }

    private void search(int number) {
        if (!life.isAlive() || number != searches) {
            return;
        }
        if (world.scenario.discovery() && world.scenario.spareDisks() > 0) {
            world.time.after(SECOND, () -> search(number));
        }
        for (int disk = 0; disk < numberOf.length; disk++) {
            if (life.machine.looksFor(disk)) {
                seek(disk);
            }
        }
    }

    void seek(int disk) {
        life.machine.hint(disk);
        if (numberOf[disk] == NONE && !opening[disk]) {
            opening[disk] = true;
            life.machine.paths[disk].order(life, new Effect.SeekDisk(Storage.id(disk), ""));
        }
    }

    DiskPath path(int number) {
        return life.machine.paths[diskOf[number]];
    }

    boolean isOpen(int number) {
        return diskOf[number] != NONE;
    }

    /** The disk answered: what it is, or an error. */
    void probed(int disk, boolean good) {
        if (!life.isAlive()) {
            return;
        }
        if (closing[disk]) {
            close(disk);
        } else if (opening[disk]) {
            if (good) {
                attach(disk);
            } else {
                again(disk);
            }
        }
    }

    private void again(int disk) {
        opening[disk] = false;
        world.time.after(SECOND, () -> {
            if (life.isAlive()) {
                seek(disk);
            }
        });
    }

    private void attach(int disk) {
        opening[disk] = false;
        View view = life.view();
        found[disk] = world.storage.state(disk);
        if (view != null && found[disk] == Storage.State.RETIRED && !votes(view, disk)) {
            return;
        }
        int number = 0;
        while (diskOf[number] != NONE) {
            number++;
        }
        numberOf[disk] = number;
        diskOf[number] = disk;
        voted[disk] = view != null && votes(view, disk);
        life.deliver(new Input.DiskAttached(number, Storage.id(disk), world.storage.firstSetIn(disk)));
    }

    private boolean votes(View view, int disk) {
        VotingSet set = world.storage.setOf(view);
        return set.disks().contains(Storage.id(disk)) || set.outgoing().contains(Storage.id(disk));
    }

    /** A view was installed. */
    void onView(View view) {
        VotingSet set = world.storage.setOf(view);
        for (int disk = 0; disk < numberOf.length; disk++) {
            if (numberOf[disk] != NONE && !closing[disk]) {
                voted[disk] |= votes(view, disk);
            }
        }
        if (set.generation() > 0 && !set.isJoint()) {
            life.machine.remember(Storage.numbers(set.disks()));
        }
    }

    /** A voting set shows itself: disks that have lost their vote are closed, and the master writes what they are now. */
    void onSetShown(View view) {
        boolean master = view.master().equals(life.machine.node);
        for (int disk = 0; disk < numberOf.length; disk++) {
            if (numberOf[disk] == NONE || closing[disk]) {
                continue;
            }
            boolean votes = votes(view, disk);
            voted[disk] |= votes;
            if (votes && master) {
                write(disk, Storage.State.ACTIVE);
            } else if (!votes && (voted[disk] || found[disk] != Storage.State.CANDIDATE)) {
                if (master) {
                    write(disk, Storage.State.RETIRED);
                }
                closing[disk] = true;
                life.machine.paths[disk].order(life, new Effect.SeekDisk(Storage.id(disk), ""));
            }
        }
    }

    private void write(int disk, Storage.State state) {
        if (!life.machine.paths[disk].isBroken()) {
            world.storage.setState(disk, state);
            found[disk] = state;
        }
    }

    private void close(int disk) {
        int number = numberOf[disk];
        closing[disk] = false;
        voted[disk] = false;
        numberOf[disk] = NONE;
        diskOf[number] = NONE;
        life.deliver(new Input.DiskDetached(number));
    }
}
