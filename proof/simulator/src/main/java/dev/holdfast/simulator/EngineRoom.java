package dev.holdfast.simulator;

import static dev.holdfast.simulator.Scenario.MILLISECOND;
import static dev.holdfast.simulator.Scenario.SECOND;

import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.membership.InvalidSettings;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.Target;
import dev.holdfast.model.TypeDefinition;
import dev.holdfast.node.CrsSettings;
import dev.holdfast.node.PeerMessage;
import dev.holdfast.policy.Changes;
import dev.holdfast.policy.Maintenance;
import dev.holdfast.policy.Wanted;
import dev.holdfast.policy.WantedInstance;
import dev.holdfast.testkit.Chance;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is around the real engines: the registry, of which one writer at a time has the right (how that comes about is
 * simulated with the registry itself), the connections between them, and the marks that a node keeps of what it began.
 */
final class EngineRoom {
    /** What the engine takes longer than the model to have everything running again: actions, and the orders of an administrator. */
    static final long SLOWEST_RECOVERY = 40 * SECOND;

    /** From this seed on, half of the clusters have a group; half of these groups have two instances. */
    static final long GROUPS_FROM = 40_000_000;

    private static final ResourceName GROUP = new ResourceName("g");

    final World world;
    final ClusterSettings settings;
    final List<ResourceName> names = new ArrayList<>();

    /** What an administrator may name: the resources, and the group if there is one. */
    final List<ResourceName> nameable = new ArrayList<>();

    // Apart, lest seeds without groups live otherwise than they did.
    private final Chance grouping;
    private final int members;
    private final int groupInstances;

    // The registry.
    SortedMap<ResourceName, ResourceDefinition> definitions = new TreeMap<>();
    SortedMap<ResourceName, Wanted> wanted = new TreeMap<>();
    SortedMap<NodeId, Incarnation> greeted = new TreeMap<>();
    Maintenance maintenance = Maintenance.NONE;
    long version = 1;

    @Nullable
    Object writer;

    private final Wire[][] wires;
    private final List<SortedMap<ResourceName, CrsSettings.Evidence>> marks = new ArrayList<>();
    private final int[] markedIn;

    /** Between two processes, in both directions, until one of them ends or nothing gets through. */
    private static final class Wire {
        private boolean up;
        private long number;
        private @Nullable Object low;
        private @Nullable Object high;
        private final long[] lastArrival = new long[2];
    }

    EngineRoom(World world) {
        this.world = world;
        int nodes = world.scenario.nodes();
        SortedMap<String, String> text = new TreeMap<>();
        text.put("cluster.name", "sim");
        text.put("cluster.id", "00000000-0000-0000-0000-000000000001");
        text.put("profile", world.scenario.profile());
        text.put("boot.wait", Long.toString(1 + world.scenario.bootWait().toSeconds()));
        text.put("votingdisk.1", "/d1");
        text.put("registry.1", "/d1");
        for (int node = 1; node <= nodes; node++) {
            text.put("node." + node + ".name", "n" + node);
            text.put("node." + node + ".private", "127.0.1." + node);
        }
        wires = new Wire[nodes + 1][nodes + 1];
        markedIn = new int[nodes + 1];
        for (int one = 0; one <= nodes; one++) {
            marks.add(new TreeMap<>());
            for (int other = one + 1; other <= nodes; other++) {
                wires[one][other] = new Wire();
            }
        }
        grouping = new Chance(world.scenario.seed() ^ 0x6a09e667f3bcc908L);
        boolean grouped =
                world.scenario.seed() >= GROUPS_FROM && world.scenario.resources() > 1 && grouping.happens(0.5);
        members = grouped ? 2 + grouping.below(world.scenario.resources() - 1) : 0;
        groupInstances = grouping.happens(0.5) ? 2 : 1;
        try {
            settings = ClusterSettings.read(text);
            if (grouped) {
                defineGroup();
            }
            for (int i = 0; i < world.scenario.resources(); i++) {
                define(i);
            }
        } catch (InvalidSettings | InvalidAttributes e) {
            throw new IllegalStateException(e);
        }
    }

    private void define(int i) throws InvalidAttributes {
        ResourceName name = new ResourceName("r" + i);
        TypeDefinition type = Objects.requireNonNull(TypeDefinition.builtIns().get(TypeDefinition.CLUSTER_RESOURCE));
        SortedMap<String, String> given = new TreeMap<>();
        given.put("ACTION_SCRIPT", "/r.scr");
        given.put("CHECK_INTERVAL", "1");
        given.put("UNKNOWN_POLICY", world.chance.happens(0.5) ? "clean" : "wait");
        given.put("RESTART_ATTEMPTS", Integer.toString(world.chance.below(3)));
        if (i > 0 && world.chance.happens(0.6)) {
            given.put("START_DEPENDENCIES", "hard(r" + (i - 1) + ") pullup(r" + (i - 1) + ")");
            given.put("STOP_DEPENDENCIES", "hard(r" + (i - 1) + ")");
        }
        if (i < members) {
            given.put("RESOURCE_GROUP", GROUP.text());
        }
        names.add(name);
        nameable.add(name);
        definitions.put(name, ResourceDefinition.read(name, type, given));
        wanted.put(name, allWanted(copies(i)));
    }

    private void defineGroup() throws InvalidAttributes {
        TypeDefinition type = Objects.requireNonNull(TypeDefinition.builtIns().get(TypeDefinition.CLUSTER_GROUP));
        SortedMap<String, String> given = new TreeMap<>();
        given.put("CARDINALITY", Integer.toString(groupInstances));
        nameable.add(GROUP);
        definitions.put(GROUP, ResourceDefinition.read(GROUP, type, given));
        wanted.put(GROUP, allWanted(groupInstances));
    }

    private static Wanted allWanted(int instances) {
        Wanted all = Wanted.NEW;
        for (int number = 1; number <= instances; number++) {
            all = all.with(number, WantedInstance.NEW.withTarget(Target.ONLINE));
        }
        return all;
    }

    /** On how many nodes a resource runs at once, at most. */
    int copies(int resource) {
        return resource < members ? groupInstances : 1;
    }

    void apply(Changes changes) {
        wanted.putAll(changes.wanted());
        greeted.putAll(changes.greeted());
        changes.maintenance().ifPresent(now -> maintenance = now);
        version++;
    }

    // ---------------------------------------------------------------- marks, on a file system that ends with the boot

    SortedMap<ResourceName, CrsSettings.Evidence> marksOf(Machine machine) {
        int node = machine.node.number();
        if (markedIn[node] != machine.boots()) {
            markedIn[node] = machine.boots();
            marks.get(node).clear();
        }
        return marks.get(node);
    }

    // ---------------------------------------------------------------- connections

    private Wire wire(int one, int other) {
        return wires[Math.min(one, other)][Math.max(one, other)];
    }

    private @Nullable EngineCrsd at(int node) {
        Life life = world.machines[node].life();
        return life != null && world.machines[node].isOn() && life.crsd instanceof EngineCrsd engine && engine.isAlive()
                ? engine
                : null;
    }

    /** Each process looks after its connections now and then, as TCP and its time-outs do. */
    void lookAfter(EngineCrsd self) {
        int one = self.life.machine.node.number();
        for (int other = 1; other <= world.scenario.nodes(); other++) {
            if (other == one) {
                continue;
            }
            Wire wire = wire(one, other);
            EngineCrsd there = at(other);
            Object mine = self.process();
            Object theirs = there == null ? null : there.process();
            boolean same = wire.up
                    && mine.equals(one < other ? wire.low : wire.high)
                    && theirs != null
                    && theirs.equals(one < other ? wire.high : wire.low);
            boolean through = world.network.connects(one, other);
            if (wire.up && !(same && through)) {
                cut(wire, one, other);
            } else if (!wire.up && there != null && through) {
                wire.up = true;
                wire.number++;
                wire.low = one < other ? mine : theirs;
                wire.high = one < other ? theirs : mine;
                wire.lastArrival[0] = world.time.now();
                wire.lastArrival[1] = world.time.now();
                self.connected(world.ids[other], mine);
                there.connected(world.ids[one], Objects.requireNonNull(theirs));
            }
        }
    }

    private void cut(Wire wire, int one, int other) {
        wire.up = false;
        wire.number++;
        EngineCrsd here = at(one);
        EngineCrsd there = at(other);
        if (here != null) {
            here.disconnected(world.ids[other]);
        }
        if (there != null) {
            there.disconnected(world.ids[one]);
        }
    }

    /** In order, or not at all. */
    void send(EngineCrsd from, int to, Incarnation incarnation, dev.holdfast.model.Epoch epoch, PeerMessage message) {
        int one = from.life.machine.node.number();
        Wire wire = wire(one, to);
        boolean mine = from.process().equals(one < to ? wire.low : wire.high);
        Object target = one < to ? wire.high : wire.low;
        if (!wire.up || !mine || target == null) {
            return;
        }
        if (!world.network.connects(one, to)) {
            cut(wire, one, to);
            return;
        }
        int direction = one < to ? 0 : 1;
        long travel = world.chance.magnitude(MILLISECOND / 20, 5 * MILLISECOND);
        long arrival = Math.max(world.time.now() + travel, wire.lastArrival[direction] + 1);
        wire.lastArrival[direction] = arrival;
        long number = wire.number;
        world.time.after(arrival - world.time.now(), () -> {
            EngineCrsd there = at(to);
            if (!wire.up || wire.number != number) {
                return;
            }
            if (there != null && there.process().equals(target)) {
                there.heard(from.life.machine.node, incarnation, epoch, message, target);
            } else { // What does not arrive ends the connection: nothing that comes after it may.
                cut(wire, one, to);
            }
        });
    }
}
