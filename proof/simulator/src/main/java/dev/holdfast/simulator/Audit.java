package dev.holdfast.simulator;

import dev.holdfast.membership.BallotBlock;
import dev.holdfast.membership.Effect;
import dev.holdfast.membership.HeartbeatBlock;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Sees everything at once, in true time, and knows what must always hold:
 *
 * <pre>
 *   I1   a resource is active on at most one node
 *   I2   all views with one number are the same view; a life never goes back to an older one; who is left out of a view
 *        is unsettled in it, or is harmless; a registry root only grows
 *   I3   nobody renews a lease by a round that began after somebody else held one in a view that leaves him out
 *   I4   a life that is settled, or was left out as harmless, runs nothing, starts nothing and renews nothing
 *   I8   the watchdog is armed whenever something is started, and is not disarmed while something runs
 *   I9   no two lives of a node have the same incarnation, and none writes with another's
 * </pre>
 */
final class Audit {
    private record Position(Epoch epoch, long sub) implements Comparable<Position> {
        @Override
        public int compareTo(Position other) {
            int byEpoch = epoch.compareTo(other.epoch);
            return byEpoch != 0 ? byEpoch : Long.compare(sub, other.sub);
        }
    }

    private record LifeKey(NodeId node, Incarnation incarnation) {}

    /** What a moment may lose on its way through a clock and back. */
    private static final long CLOCK_READING = 1_000;

    private final World world;
    private final TreeMap<Position, View> chain = new TreeMap<>();
    /** True time at which some node first held a lease in a view. */
    private final TreeMap<Position, Long> firstHeld = new TreeMap<>();

    private final Map<LifeKey, Life> lives = new HashMap<>();
    private final Set<Life> settled = new HashSet<>();
    /** True time at which a life last ordered its heartbeat to be written. */
    private final Map<Life, Long> wroteAt = new HashMap<>();
    /** The same, of the last round of which the life has read anything: no later round can be complete. */
    private final Map<Life, Long> roundBegan = new HashMap<>();

    private final Set<Life> everHeld = new HashSet<>();
    private final Map<Life, View> newestOf = new HashMap<>();
    private final Map<Life, View> announcedBy = new HashMap<>();
    private final @Nullable Machine[] holder;
    private boolean calm;

    Audit(World world) {
        this.world = world;
        holder = new Machine[world.scenario.resources()];
    }

    private static Position position(View view) {
        return new Position(view.epoch(), view.sub());
    }

    /** The trouble is over. */
    void calm() {
        calm = true;
    }

    boolean isCalm() {
        return calm;
    }

    // --- I1, I4, I8

    void started(Machine machine, int resource, Life starter) {
        Machine other = holder[resource];
        if (other != null && other != machine && (other.runningMask() >>> resource & 1) != 0) {
            throw new Violation("I1: two live nodes run resource " + (resource + 1) + ": " + other.node + ", and now "
                    + starter + " as well (" + describe(starter) + ")");
        }
        holder[resource] = machine;
        if (settled.contains(starter)) {
            throw new Violation("I4: " + starter + " is settled, and starts resource " + (resource + 1));
        }
        if (!machine.isWatched() && world.scenario.mutation() != Mutation.WATCHDOG_DISABLED) {
            throw new Violation("I8: " + starter + " starts resource " + (resource + 1) + " without a watchdog");
        }
        world.mix(resource);
        if (world.isTold()) {
            world.tell(starter + " started resource " + (resource + 1));
        }
    }

    private String describe(Life life) {
        View view = newestOf.get(life);
        return view == null ? "no view" : view.toString();
    }

    void disarms(Life life) {
        if (life.machine.runsAnything() && world.scenario.mutation() != Mutation.LET_GO_LIES) {
            throw new Violation("I8: " + life + " disarms its watchdog while something runs");
        }
    }

    void settled(Life by, Effect.Settled proof) {
        harmless(
                new LifeKey(proof.victim(), proof.incarnation()),
                "settled by " + by + " with proof " + proof.proof() + " (" + proof.detail() + ")");
    }

    private void harmless(LifeKey key, String why) {
        Life life = lives.get(key);
        if (life == null || !settled.add(life)) {
            return;
        }
        if (life.machine.runsAnythingOf(life)) {
            throw new Violation("I4: " + life + " still runs something, and is " + why);
        }
    }

    // --- I9

    void writes(Life life, HeartbeatBlock block) {
        // The first block only claims an incarnation; what never reached a majority, a next life may claim again.
        known(life, block.node(), block.incarnation(), block.sequence() == 1);
        wroteAt.put(life, world.time.now());
        View announced = block.announced();
        View before = announced == null ? announcedBy.get(life) : announcedBy.put(life, announced);
        if (before != null && (announced == null || before.isAfter(announced))) {
            throw new Violation("R9: " + life + " announced " + before + " and now announces " + announced);
        }
    }

    /** A life is about to learn what a disk holds. */
    void reads(Life life) {
        roundBegan.put(life, wroteAt.getOrDefault(life, 0L));
    }

    void writes(Life life, BallotBlock block) {
        known(life, block.writer(), block.incarnation(), false);
    }

    private void known(Life life, NodeId node, Incarnation incarnation, boolean claim) {
        Incarnation own = life.incarnation;
        if (!node.equals(life.machine.node) || (own != null && !own.equals(incarnation))) {
            throw new Violation("I9: " + life + " writes a block of " + node + incarnation);
        }
        life.incarnation = incarnation;
        if (!claim) {
            Life other = lives.putIfAbsent(new LifeKey(node, incarnation), life);
            if (other != null && !other.equals(life)) {
                throw new Violation("I9: " + life + " has the incarnation of " + other);
            }
        }
    }

    // --- I2

    void installs(Life life, View view) {
        View before = newestOf.put(life, view);
        if (before != null && before.isAfter(view)) {
            throw new Violation("I2: " + life + " goes back from " + before + " to " + view);
        }
        meet(life, view);
    }

    private void meet(Life life, View view) {
        View same = chain.putIfAbsent(position(view), view);
        if (same != null) {
            if (!same.equals(view)) {
                throw new Violation("I2: " + life + " has " + view + ", others had " + same);
            }
            return;
        }
        Map.Entry<Position, View> lower = chain.lowerEntry(position(view));
        if (lower != null) {
            follows(lower.getValue(), view);
        }
        Map.Entry<Position, View> higher = chain.higherEntry(position(view));
        if (higher != null) {
            follows(view, higher.getValue());
        }
    }

    /** Whoever may have run something in {@code before} is accounted for in {@code after}. */
    private void follows(View before, View after) {
        for (Map.Entry<NodeId, Incarnation> member : before.members().entrySet()) {
            accounted(member.getKey(), member.getValue(), after);
        }
        for (View.Unsettled unsettled : before.unsettled()) {
            accounted(unsettled.node(), unsettled.incarnation(), after);
        }
        RegistryRoot root = before.registryRoot();
        if (root.generation() > after.registryRoot().generation()) {
            throw new Violation("I5: the registry root goes back from " + before + " " + root + " to " + after + " "
                    + after.registryRoot());
        }
    }

    private void accounted(NodeId node, Incarnation incarnation, View after) {
        if (after.hasMember(node, incarnation)) {
            return;
        }
        for (View.Unsettled unsettled : after.unsettled()) {
            if (unsettled.node().equals(node) && unsettled.incarnation().equals(incarnation)) {
                return;
            }
        }
        harmless(new LifeKey(node, incarnation), "not mentioned in " + after);
    }

    void rootAccepted(Life life, RegistryRoot wanted, View current) {
        if (!current.registryRoot().equals(wanted)) {
            throw new Violation("I5: " + life + " was told that root " + wanted + " is accepted, but the view has "
                    + current.registryRoot());
        }
        meet(life, current);
    }

    void confirmed(Life life, Epoch epoch, long askedAt) {
        for (Map.Entry<Position, Long> held : firstHeld.entrySet()) {
            if (held.getKey().epoch().isAfter(epoch) && held.getValue() < askedAt) {
                throw new Violation("I5: " + life + " was told that epoch " + epoch + " is the newest, but epoch "
                        + held.getKey().epoch() + " was in force before it asked");
            }
        }
    }

    // --- I3

    void renews(Life life, Effect.RenewLease renewal) {
        View view = renewal.view();
        Incarnation own = life.incarnation;
        if (own == null || !view.hasMember(life.machine.node, own)) {
            throw new Violation("I3: " + life + " renews a lease in " + view + ", where it is not a member");
        }
        if (!everHeld.add(life)) {
            if (settled.contains(life)) {
                throw new Violation("I4: " + life + " is settled, and renews a lease in " + view);
            }
        } else {
            // Voted in and out again before it ever heard of it: it may come back as the same life.
            settled.remove(life);
        }
        if (life.isHarmless()) {
            throw new Violation("I3: " + life + " has let go of everything, and renews its lease");
        }
        View newest = newestOf.get(life);
        if (newest == null || newest.isAfter(view)) {
            throw new Violation("I3: " + life + " renews a lease in " + view + ", but has installed " + newest);
        }
        meet(life, view);
        long began = life.machine.clock.when(
                renewal.until().minus(world.scenario.timing().lease()));
        long round = roundBegan.getOrDefault(life, 0L);
        if (began > round + CLOCK_READING) {
            throw new Violation("I3: " + life + " counts its lease in " + view + " from " + (began - round) / 1e6
                    + " ms after the last round that can be complete had its block written");
        }
        for (Map.Entry<Position, Long> held :
                firstHeld.tailMap(position(view), false).entrySet()) {
            View newer = chain.get(held.getKey());
            if (held.getValue() < began && newer != null && !newer.hasMember(life.machine.node, own)) {
                throw new Violation("I3: " + life + " renews its lease in " + view + " by a round that began "
                        + (began - held.getValue()) / 1e6 + " ms after somebody held one in " + newer);
            }
        }
        firstHeld.putIfAbsent(position(view), world.time.now());
    }

    // --- liveness

    /** Why not everything is as it must be when no trouble is left; null if all is well. */
    @Nullable
    String complaint() {
        String complaint = null;
        for (long cohort : world.scenario.cohorts()) {
            complaint = complaint(cohort);
            if (complaint == null) {
                return null;
            }
        }
        return complaint;
    }

    private @Nullable String complaint(long cohort) {
        View common = null;
        long active = 0;
        for (int node = 1; node <= world.scenario.nodes(); node++) {
            if ((cohort >>> (node - 1) & 1) == 0) {
                continue;
            }
            Machine machine = world.machines[node];
            Life life = machine.life();
            if (life == null) {
                return machine.node + (machine.isOn() ? " is up, but without cssd" : " is off");
            }
            View view = life.crsd.heldView();
            if (view == null) {
                return life + " holds no lease; the newest view it knew is " + newestOf.get(life);
            }
            if (view.memberSet().bits() != cohort) {
                return life + " is in " + view;
            }
            if (common != null && !common.epoch().equals(view.epoch())) {
                return life + " is in " + view + ", others in " + common;
            }
            common = view;
            active |= machine.runningMask();
        }
        if (active != (1L << world.scenario.resources()) - 1) {
            return "resources " + Long.toBinaryString(active) + " of "
                    + Long.toBinaryString((1L << world.scenario.resources()) - 1) + " run in " + common;
        }
        return null;
    }

    /** For the end of a story. */
    List<View> views() {
        return List.copyOf(chain.values());
    }
}
