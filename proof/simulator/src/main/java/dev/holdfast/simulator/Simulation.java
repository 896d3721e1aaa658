package dev.holdfast.simulator;

import static dev.holdfast.simulator.Scenario.MILLISECOND;
import static dev.holdfast.simulator.Scenario.SECOND;

import dev.holdfast.membership.Input;
import dev.holdfast.membership.Membership;
import dev.holdfast.membership.MembershipSettings;
import dev.holdfast.membership.Resume;
import dev.holdfast.model.Moment;
import dev.holdfast.testkit.Chance;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * One run of one seed. First a time of trouble, in which only the invariants must hold; then the trouble ends, but for
 * what lasts, and within a time that follows from the settings everything must run again, and stay so.
 */
final class Simulation {
    /** How often it is looked whether all is well again. */
    private static final long LOOK = 200 * MILLISECOND;

    /**
     * How a run ended.
     *
     * @param violation what went wrong; null if nothing did
     * @param recoveryNanos how long after the trouble all was well; -1 if it did not come to that
     * @param hash of everything that happened: two runs of a seed have the same
     * @param exercised what happened how often, by the names in {@link Tally}
     */
    record Outcome(
            Scenario scenario,
            long steps,
            long virtualNanos,
            long recoveryNanos,
            long hash,
            SortedMap<String, Long> exercised,
            @Nullable Violation violation) {}

    private final Scenario scenario;
    private final World world;
    private final Faults faults;
    private final long over;
    private final long deadline;
    private long wellSince = -1;
    private boolean done;

    private Simulation(Scenario scenario, World.Birth birth, boolean engine, @Nullable StringBuilder story) {
        this.scenario = scenario;
        world = new World(scenario, birth, engine, story);
        over = scenario.troubleNanos();
        deadline = over + scenario.recoveryNanos() + (engine ? EngineRoom.SLOWEST_RECOVERY : 0);
        faults = new Faults(world, new Chance(scenario.seed() * 31 + 7), over);
    }

    static Outcome run(Scenario scenario, @Nullable StringBuilder story) {
        return run(scenario, Simulation::membership, story);
    }

    /** Runs a scenario with minds of another make; how tests show that a wrong membership would be found. */
    static Outcome run(Scenario scenario, World.Birth birth, @Nullable StringBuilder story) {
        return new Simulation(scenario, birth, false, story).run();
    }

    /** Runs a scenario with the engine that ships in place of the model of crsd: {@code core/node}, policy and life cycle. */
    static Outcome runEngine(Scenario scenario, @Nullable StringBuilder story) {
        return new Simulation(scenario, Simulation::membership, true, story).run();
    }

    private static World.Mind membership(MembershipSettings settings, @Nullable Resume resume, Moment now) {
        return new Membership(settings, resume, now)::step;
    }

    private Outcome run() {
        long steps = 0;
        Violation violation = null;
        try {
            begin();
            while (!done && world.time.step()) {
                steps++;
            }
        } catch (Violation e) {
            world.tell("VIOLATION " + e.getMessage());
            violation = e;
        }
        long recovery = wellSince < 0 ? -1 : wellSince - over;
        return new Outcome(scenario, steps, world.time.now(), recovery, world.hash(), world.exercised(), violation);
    }

    private void begin() {
        if (scenario.mild()) {
            world.count(Tally.WORLD, "mild, nobody may be lost");
        }
        for (int node = 1; node <= scenario.nodes(); node++) {
            Machine machine = world.machines[node];
            long late = world.chance.happens(0.8)
                    ? world.chance.between(0, 2 * SECOND)
                    : world.chance.between(0, 2 * scenario.bootWait().toNanos());
            machine.powerOnLater(late);
        }
        faults.schedule();
        world.time.at(over, this::end);
    }

    /** The trouble is over, but for what lasts. */
    private void end() {
        world.tell("the trouble is over");
        world.audit.calm();
        if (scenario.lastingDisk() >= 0) {
            // With errors, not hanging: a cssd with a thread stuck in the kernel cannot be followed by a new one.
            faults.diskAway(scenario.lastingDisk(), false, true);
        }
        for (int node = 1; node <= scenario.nodes(); node++) {
            Machine machine = world.machines[node];
            boolean touched = (scenario.lastingNodes() >>> (node - 1) & 1) != 0;
            machine.keptOff = false;
            if (touched && scenario.lasting() == Scenario.Lasting.NODES_OFF) {
                machine.keptOff = true;
                machine.powerOff("power cut for good");
            } else if (touched && scenario.lasting() == Scenario.Lasting.NODES_WITHOUT_DISKS) {
                boolean hangs = world.chance.happens(0.5);
                int lost = scenario.spareDisks() > 0 ? world.storage.count() : scenario.disks() / 2 + 1;
                for (int disk = 0; disk < lost; disk++) {
                    if (hangs) {
                        machine.paths[disk].hang();
                    } else {
                        machine.paths[disk].lose();
                    }
                }
            }
            if (!machine.isOn()) {
                machine.powerOnLater(world.rebootNanos());
            }
            machine.startAgain();
        }
        if (scenario.lasting() == Scenario.Lasting.PARTITION) {
            faults.cutAll(scenario.lastingNodes(), true);
        }
        if (!scenario.timerTakeover()) {
            vouch();
        }
        look();
    }

    /**
     * Where no timer may be trusted and no fence device helps, a person goes there, pulls the plug, and then vouches
     * for the machines that cannot say themselves that they are harmless.
     */
    private void vouch() {
        boolean silent = scenario.lasting() == Scenario.Lasting.NODES_OFF
                || scenario.lasting() == Scenario.Lasting.NODES_WITHOUT_DISKS;
        for (int node = 1; silent && node <= scenario.nodes(); node++) {
            if ((scenario.lastingNodes() >>> (node - 1) & 1) != 0) {
                world.machines[node].keptOff = true;
                world.machines[node].powerOff("the plug is pulled by a person");
                for (Machine machine : world.machines) {
                    Life life = machine == null ? null : machine.life();
                    if (life != null) {
                        life.deliver(new Input.OperatorConfirmed(world.ids[node], "alice"));
                    }
                }
            }
        }
        world.time.after(2 * SECOND, this::vouch);
    }

    private void look() {
        String complaint = world.audit.complaint();
        long now = world.time.now();
        // Whoever was lost in the meantime is noticed within that time.
        long steady = scenario.slowestTiming().misscount().toNanos()
                + scenario.slowestTiming().lease().toNanos();
        if (complaint == null) {
            if (wellSince < 0) {
                world.tell("all is well");
                wellSince = now;
            }
            if (now - wellSince > steady) {
                done = true;
                return;
            }
        } else {
            // What was under way when the trouble ended may still cost a node; but not for long.
            wellSince = -1;
            if (now > deadline) {
                throw new Violation("I10: " + scenario.recoveryNanos() / SECOND + " s after the trouble: " + complaint);
            }
        }
        world.time.after(LOOK, this::look);
    }
}
