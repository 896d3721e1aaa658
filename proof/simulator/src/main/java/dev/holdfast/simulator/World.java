package dev.holdfast.simulator;

import dev.holdfast.membership.Effect;
import dev.holdfast.membership.Input;
import dev.holdfast.membership.MembershipSettings;
import dev.holdfast.membership.Resume;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.testkit.Chance;
import dev.holdfast.testkit.FakeNetwork;
import dev.holdfast.testkit.VirtualTime;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A whole cluster in virtual time: machines, networks, voting disks, fence device, and who watches over them. */
final class World {
    /** The membership of one life, however it is made. */
    interface Mind {
        List<Effect> step(Moment now, Input input);
    }

    /** Makes the membership of a new life, or of one that is taken up again. */
    interface Birth {
        Mind mind(MembershipSettings settings, @Nullable Resume resume, Moment now);
    }

    final Scenario scenario;
    final Chance chance;
    final VirtualTime time;
    final FakeNetwork network;
    final Storage storage;
    final NodeId[] ids;
    final Machine[] machines;
    final Audit audit;
    final FenceDevice fence;
    final Birth birth;

    /** A trouble that waits for what the lives do; one at a time. */
    @Nullable
    ChangeInEviction trap;

    private final @Nullable StringBuilder story;
    private long hash;
    private final SortedMap<String, Long> exercised = new TreeMap<>();

    /** What the real engine needs besides the membership; null: crsd is a model. */
    final @Nullable EngineRoom engine;

    World(Scenario scenario, Birth birth, boolean realEngine, @Nullable StringBuilder story) {
        this.scenario = scenario;
        this.birth = birth;
        this.story = story;
        Chance root = new Chance(~scenario.seed());
        time = new VirtualTime(root.fork());
        chance = root.fork();
        network = new FakeNetwork(scenario.nodes(), scenario.links(), root.fork());
        if (scenario.duplicates()) {
            network.duplicate(0.05);
        }
        storage = new Storage(this, scenario);
        ids = new NodeId[scenario.nodes() + 1];
        machines = new Machine[scenario.nodes() + 1];
        audit = new Audit(this);
        fence = new FenceDevice(this);
        for (int node = 1; node <= scenario.nodes(); node++) {
            ids[node] = new NodeId(node);
        }
        engine = realEngine ? new EngineRoom(this) : null;
        for (int node = 1; node <= scenario.nodes(); node++) {
            machines[node] = new Machine(this, ids[node]);
        }
    }

    /** On how many nodes a resource runs at once, at most. */
    int copies(int resource) {
        return engine == null ? 1 : engine.copies(resource);
    }

    /** How long a machine takes this time from a reset until its supervisor runs, in nanoseconds. */
    long rebootNanos() {
        return chance.magnitude(scenario.quickestReboot(), scenario.slowestReboot());
    }

    /** Counts what happened, for the account of what a run of many seeds has exercised. */
    void count(String kind, String what) {
        exercised.merge(kind.concat(what), 1L, Long::sum);
    }

    SortedMap<String, Long> exercised() {
        return exercised;
    }

    boolean isTold() {
        return story != null;
    }

    /** Adds a line to the story of this run, if anybody wants it; ask {@link #isTold} before making a costly line. */
    void tell(String line) {
        if (story != null) {
            story.append("%12.6f  ".formatted(time.now() / 1e9)).append(line).append('\n');
        }
    }

    /** Makes {@code happening} part of what two runs of a seed must have in common. */
    void mix(long happening) {
        hash = (hash ^ happening ^ time.now()) * 0x9e3779b97f4a7c15L;
        hash ^= hash >>> 29;
    }

    long hash() {
        return hash;
    }

    /** Something that crsd sends to another crsd; carried over any link that is open. */
    void carry(int from, int to, Runnable arrival) {
        for (int link = 0; link < network.links(); link++) {
            long travel = network.travel(link, from, to);
            if (travel >= 0) {
                time.after(travel, arrival);
                return;
            }
        }
    }
}
