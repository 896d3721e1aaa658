package dev.holdfast.simulator;

import dev.holdfast.membership.Effect;
import dev.holdfast.membership.Events;
import dev.holdfast.model.View;
import dev.holdfast.testkit.Chance;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The worst that can come together while all voting disks are exchanged: a member is lost in the very steps of the change, and hears of them as
 * little as can be. By chance these moments never meet. Of what may go wrong each time something else does:
 *
 * <pre>
 * asked for     when the master suspects the victim, or before
 * the victim    is cut off from its peers, or stands still from the first ballot of the change on; does not reach the new disks;
 *               cannot propose, as its view area fails
 * the others    cannot write to the heartbeat area of the old disks, from the first ballot or from the eviction on
 * the end       the old disks are given away, and blank: they were retired, and nobody needs them
 * </pre>
 */
final class ChangeInEviction {
    private final World world;
    private final Faults faults;
    private final Chance chance;
    private final Machine victim;
    private final List<Integer> old;
    private final boolean whenSuspect;
    private final boolean cutOff;
    private final boolean standsStill;
    private final boolean withoutNewDisks;
    private final boolean mute;
    private final boolean fromEviction;
    private final boolean givenAway;
    private final long patience;
    private final List<Runnable> mends = new ArrayList<>();
    private boolean asked;
    private boolean joint;
    private boolean complete;
    private boolean evicted;
    private boolean over;
    private @Nullable Life still;

    ChangeInEviction(World world, Faults faults, Chance chance, Machine victim, List<Integer> old) {
        this.world = world;
        this.faults = faults;
        this.chance = chance;
        this.victim = victim;
        this.old = List.copyOf(old);
        whenSuspect = chance.happens(0.5);
        cutOff = whenSuspect || chance.happens(0.3);
        standsStill = !whenSuspect || chance.happens(0.2);
        withoutNewDisks = chance.happens(0.8);
        mute = chance.happens(0.7);
        fromEviction = chance.happens(0.7);
        givenAway = world.scenario.discovery() && chance.happens(0.3);
        patience = 2 * world.scenario.timing().takeoverAfter().toNanos();
    }

    void begin(long until) {
        if (cutOff) {
            long side = 1L << (victim.node.number() - 1);
            faults.cutAll(side, true);
            mends.add(() -> faults.cutAll(side, false));
        }
        if (mute) {
            old.forEach(disk -> {
                victim.paths[disk].failBallots(true);
                mends.add(() -> victim.paths[disk].failBallots(false));
            });
        }
        if (!whenSuspect) {
            ask();
        }
        world.time.at(Math.min(until, world.time.now() + patience), this::end);
    }

    private void ask() {
        asked = true;
        faults.exchangeVotingSet();
    }

    /** Called with every note of every life. */
    void notes(Life life, Effect.Note note) {
        boolean suspects = note.event().equals(Events.SUSPECT);
        if (suspects && whenSuspect && !asked && life.machine != victim) {
            ask();
        }
    }

    /** Called with every view that a life installs, before it acts on it. */
    void installs(Life life, View view) {
        if (over) {
            return;
        }
        boolean own = life.machine == victim;
        if (!joint && view.votingSet().isJoint() && !own) {
            joint = true;
            firstBallot(view);
        }
        boolean out = !view.memberSet().contains(victim.node);
        if (!evicted && out && asked && !own) {
            evicted = true;
            if (fromEviction) {
                hinderOthers();
            }
        }
        if (joint && !complete && !view.votingSet().isJoint()) {
            complete = true;
            if (givenAway) {
                world.time.after(world.scenario.timing().poll().toNanos(), this::giveAway);
            }
            long soon = chance.magnitude(
                    Scenario.MILLISECOND, world.scenario.timing().poll().toNanos());
            world.time.after(soon, this::goOn);
        }
    }

    private void firstBallot(View view) {
        if (withoutNewDisks) {
            for (int disk : Storage.numbers(view.votingSet().disks())) {
                if (!old.contains(disk)) {
                    victim.paths[disk].lose();
                    mends.add(victim.paths[disk]::mendLoss);
                }
            }
        }
        Life life = victim.life();
        if (standsStill && life != null) {
            life.pause();
            still = life;
        }
        if (!fromEviction) {
            hinderOthers();
        }
    }

    private void hinderOthers() {
        forOthers(path -> path.failHeartbeats(true));
        mends.add(() -> forOthers(path -> path.failHeartbeats(false)));
    }

    private void forOthers(Consumer<DiskPath> what) {
        for (Machine machine : world.machines) {
            if (machine != null && machine != victim) {
                old.forEach(disk -> what.accept(machine.paths[disk]));
            }
        }
    }

    /** The administrator looks once in a while: what the master has marked as retired by then is his. */
    private void giveAway() {
        if (over) {
            return;
        }
        for (int disk : old) {
            if (world.storage.state(disk) == Storage.State.RETIRED) {
                world.count(Tally.WORLD, "retired disk given away");
                world.storage.erase(disk);
            }
        }
        world.time.after(world.scenario.timing().poll().toNanos(), this::giveAway);
    }

    private void goOn() {
        Life life = still;
        still = null;
        if (life != null) {
            life.unpause();
        }
    }

    private void end() {
        over = true;
        goOn();
        mends.forEach(Runnable::run);
        mends.clear();
        if (evicted && complete) {
            world.count(Tally.WORLD, "voted out while the voting disks were exchanged");
        }
    }

    boolean isOver() {
        return over;
    }
}
