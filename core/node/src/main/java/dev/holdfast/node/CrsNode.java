package dev.holdfast.node;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.CustomType;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.Message;
import dev.holdfast.model.Moment;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.TypeDefinition;
import dev.holdfast.resource.Effect;
import dev.holdfast.resource.Input;
import dev.holdfast.resource.InstanceLife;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The role that every node has: carry out what the master orders, look after what runs here, and report.
 *
 * <p>Invariants: nothing is started without a lease of the present epoch, neither when the order comes nor when the
 * action begins; an order of another epoch or mastership is answered by a report and not carried out; every order is followed by a
 * report that counts it, so the master knows which of its orders a report already includes.
 */
final class CrsNode {
    /** The exit code by which a check says "not running, not on purpose": for a resource that was never started here. */
    private static final int CHECK_OFFLINE = 1;

    private static final int CHECK_PLANNED_OFFLINE = 2;
    private static final int CHECK_UNKNOWN = 3;
    /** Where an instance ran last, for its actions: what a start is told by the master. */
    static final String LAST_SERVER = "LAST_SERVER";

    private final CrsSettings settings;
    /** Those of the product; what administrators made comes with the definitions. */
    private final SortedMap<String, TypeDefinition> builtIns;

    private SortedMap<String, CustomType> ownTypes = new TreeMap<>();
    private SortedMap<String, TypeDefinition> types;

    /** The definitions as they were sent last, and what was read from them: with each change of one, all come again. */
    private Map<String, Understood> understood = new HashMap<>();

    private boolean critical;
    private final SortedMap<ResourceName, Life> lives = new TreeMap<>();
    /** Starts that came before the lease of their epoch did. */
    private final List<PeerMessage.Order> waiting = new ArrayList<>();

    private long version = -1;
    /** Under which the orders are counted; 0 before the master has said so. */
    private long mastership;

    private long ordersSeen;
    private boolean complete;
    private boolean leaving;
    private boolean left;
    /** What does not stop does not hold up the leaving. */
    private boolean leavingByForce;
    /** Stopped for the leaving, so far as it can be. */
    private final Set<ResourceName> stoppedToLeave = new HashSet<>();
    /** Of these nobody knows whether they run, and the node leaves all the same. */
    private final SortedSet<ResourceName> givenUp = new TreeSet<>();

    /** A definition that was read from a type and what was given; read with the present types. */
    private record Understood(String type, Map<String, String> given, ResourceDefinition definition) {
        boolean isOf(PeerMessage.Definition sent) {
            return type.equals(sent.type()) && given.equals(sent.given());
        }
    }

    /** One instance here, and what the machine itself need not know. */
    private static final class Life {
        private final InstanceLife machine;
        private ResourceDefinition definition;
        /** Its number, as the master last said: 1 unless it says otherwise. */
        private int instance = 1;

        private boolean probed;
        private boolean wasInService;
        /** For the actions of the order that is carried out. */
        private SortedMap<String, String> environment = new TreeMap<>();
        /** Ordered and not finished: it counts as being done from the moment of the order. */
        private @Nullable ActionKind pending;

        private long cleaningRun = -1;
        /** The first check of what an earlier crsd of this life started here. */
        private Effect.@Nullable RunAction probe;
        /** The clean that follows if that check finds it down. */
        private long cleaningProbe = -1;

        /** Nothing is to be done to it by itself. */
        private boolean frozen;

        private @Nullable Observed reported;
        /** An order came: the master waits for a report that counts it, changed or not. */
        private boolean due;

        Life(InstanceLife machine, ResourceDefinition definition) {
            this.machine = machine;
            this.definition = definition;
        }
    }

    /** What this role needs from its surroundings in one step. */
    interface Surroundings {
        Moment now();

        ClusterView view();

        boolean hasLease();

        void tellMaster(PeerMessage message);

        void effect(CrsEffect effect);

        default Epoch epoch() {
            return view().epoch();
        }
    }

    CrsNode(CrsSettings settings) {
        this.settings = settings;
        builtIns = settings.types();
        types = builtIns;
    }

    void definitions(Surroundings around, PeerMessage.Definitions message) {
        SortedMap<ResourceName, ResourceDefinition> wanted = new TreeMap<>();
        Set<ResourceName> frozen = new HashSet<>();
        Map<ResourceName, Integer> placed = new HashMap<>();
        if (!ownTypes.equals(message.types())) {
            ownTypes = message.types();
            types = TypeDefinition.with(builtIns, ownTypes);
            understood.clear();
        }
        Map<String, Understood> before = understood;
        understood = new HashMap<>();
        for (PeerMessage.Definition sent : message.resources()) {
            Understood known = before.get(sent.name());
            Optional<ResourceDefinition> read =
                    known != null && known.isOf(sent) ? Optional.of(known.definition) : read(around, sent);
            read.ifPresent(definition -> {
                understood.put(sent.name(), new Understood(sent.type(), sent.given(), definition));
                wanted.put(definition.name(), definition);
                if (sent.frozen()) {
                    frozen.add(definition.name());
                }
                if (sent.instance() > 0) {
                    placed.put(definition.name(), sent.instance());
                }
            });
        }
        version = message.version();
        mastership = message.mastership();
        ordersSeen = message.orders();
        Set<ResourceName> removed = new HashSet<>(lives.keySet());
        lives.keySet().retainAll(wanted.keySet());
        removed.removeAll(lives.keySet());
        message.resources()
                .forEach(sent -> removed.remove(new ResourceName(sent.name()))); // Not understood, but there.
        around.effect(new CrsEffect.UseDefinitions(wanted, removed));
        wanted.forEach((name, definition) ->
                define(around, name, definition, frozen.contains(name), placed.getOrDefault(name, 0)));
        complete =
                lives.values().stream().allMatch(life -> life.machine.observed().isPresent());
        if (settings.cpu() > 0 || settings.memory() > 0) {
            around.tellMaster(new PeerMessage.Room(settings.cpu(), settings.memory(), settings.machine()));
        }
        report(around, true);
    }

    private Optional<ResourceDefinition> read(Surroundings around, PeerMessage.Definition sent) {
        TypeDefinition type = types.get(sent.type());
        try {
            if (type != null) {
                return Optional.of(ResourceDefinition.read(new ResourceName(sent.name()), type, sent.given()));
            }
        } catch (InvalidAttributes e) {
            // Said below. The master runs a newer release, or its settings differ from ours.
        }
        around.effect(new CrsEffect.Event(
                "definition-refused",
                "resource '" + sent.name() + "' of type '" + sent.type() + "' is not understood here and is left alone",
                Map.of("resource", sent.name())));
        return Optional.empty();
    }

    private void define(
            Surroundings around, ResourceName name, ResourceDefinition general, boolean frozen, int instance) {
        ResourceDefinition definition = general.on(settings.nameOf(settings.self()));
        Life known = lives.get(name);
        if (known == null) {
            Life life = new Life(
                    new InstanceLife(
                            definition, settings.nameOf(settings.self()), around.epoch(), settings.firstIncident()),
                    definition);
            life.frozen = frozen;
            life.instance = Math.max(1, instance);
            lives.put(name, life);
            step(around, name, life, new Input.Frozen(frozen));
            step(around, name, life, new Input.Tick());
            return;
        }
        if (instance > 0) {
            known.instance = instance;
        }
        if (!known.definition.equals(definition)) {
            known.definition = definition;
            step(around, name, known, new Input.Redefined(definition));
        }
        if (known.frozen != frozen) {
            known.frozen = frozen;
            step(around, name, known, new Input.Frozen(frozen));
        }
    }

    /** A new epoch: what the instances begin by themselves carries it, and the master of it knows nothing yet. */
    void viewChanged(Surroundings around, boolean newMaster) {
        for (PeerMessage.Order dropped : waiting) {
            Life life = lives.get(dropped.resource());
            if (life != null) {
                life.pending = null;
            }
        }
        waiting.clear();
        if (newMaster) {
            mastership = 0;
            ordersSeen = 0; // The new master counts its own orders from 1.
        }
        lives.forEach((name, life) -> step(around, name, life, new Input.EpochChanged(around.epoch())));
        if (version >= 0) {
            report(around, true);
        }
        if (leaving) {
            around.tellMaster(new PeerMessage.Leaving());
        }
    }

    /** The master can be talked to again; it may have missed anything. */
    void masterBack(Surroundings around) {
        if (version >= 0) {
            report(around, true);
        }
    }

    void leaseHeld(Surroundings around) {
        List<PeerMessage.Order> held = List.copyOf(waiting);
        waiting.clear();
        held.forEach(order -> carryOut(around, order));
    }

    void order(Surroundings around, PeerMessage.Order order) {
        if (order.mastership() != mastership) {
            // Of a crsd that is gone: the one after it decides by what we report, and not with this.
            report(around, true);
            return;
        }
        ordersSeen = order.number();
        if (leaving && order.kind() == ActionKind.START) {
            report(around, true);
            return;
        }
        Life life = lives.get(order.resource());
        if (life != null && order.kind() != ActionKind.CHECK) {
            life.pending = order.kind();
        }
        if (order.kind() == ActionKind.START && !around.hasLease()) {
            waiting.add(order);
        } else {
            carryOut(around, order);
        }
    }

    private void carryOut(Surroundings around, PeerMessage.Order order) {
        Life life = lives.get(order.resource());
        if (life != null) {
            life.wasInService = order.wasInService();
            life.environment = order.environment();
            if (order.kind() == ActionKind.START) {
                life.instance =
                        order.instance(); // What is stopped or checked keeps the number that it was started with.
            }
            step(around, order.resource(), life, new Input.Order(order.kind(), around.epoch(), order.leave()));
            life.due = true;
        }
        report(around, life == null); // An unknown resource: the master sees by a full report that it is.
    }

    /** An order of an epoch that is over: not carried out, but the master must learn how things stand. */
    void orderRefused(Surroundings around, PeerMessage.Order order) {
        if (order.mastership() == mastership) {
            ordersSeen = order.number();
        }
        report(around, true);
    }

    void actionFinished(Surroundings around, CrsInput.ActionFinished finished) {
        Life life = lives.get(finished.resource());
        if (life == null) {
            return;
        }
        int exit = finished.exit();
        boolean timedOut = finished.timedOut();
        if (finished.run() == life.cleaningRun) {
            life.cleaningRun = -1;
            exit = CHECK_OFFLINE; // Everything of that life was killed; the clean was for what scripts keep elsewhere.
            timedOut = false;
        }
        Effect.RunAction probe = life.probe;
        if (probe != null && finished.run() == probe.run()) {
            life.probe = null;
            boolean down = !timedOut && (exit == CHECK_OFFLINE || exit == CHECK_PLANNED_OFFLINE);
            if (down && life.frozen) {
                exit = CHECK_UNKNOWN; // It is looked at, and cleaned up, when its freeze ends.
            } else if (down) {
                // A check may fail for what is missing beside it, such as its address, while its processes go on.
                life.cleaningProbe = probe.run();
                around.effect(new CrsEffect.Run(
                        life.definition,
                        life.instance,
                        probe.run(),
                        ActionKind.CLEAN,
                        probe.deadline(),
                        probe.epoch(),
                        life.wasInService,
                        life.environment));
                return;
            }
        } else if (finished.run() == life.cleaningProbe) {
            life.cleaningProbe = -1;
            exit = finished.exit() == 0 && !finished.timedOut() ? CHECK_OFFLINE : CHECK_UNKNOWN;
            timedOut = false;
        }
        step(
                around,
                finished.resource(),
                life,
                new Input.ActionFinished(finished.run(), exit, timedOut, finished.output()));
        report(around, false);
    }

    void processesGone(Surroundings around, ResourceName resource, boolean all) {
        Life life = lives.get(resource);
        if (life != null) {
            step(around, resource, life, new Input.ProcessesGone(all));
            report(around, false);
        }
    }

    void look(Surroundings around, ResourceName resource) {
        Life life = lives.get(resource);
        if (life != null && life.machine.observed().isPresent()) {
            step(around, resource, life, new Input.Order(ActionKind.CHECK, around.epoch()));
            report(around, false);
        }
    }

    void tick(Surroundings around) {
        for (Map.Entry<ResourceName, Life> entry : List.copyOf(lives.entrySet())) {
            Optional<Moment> due = entry.getValue().machine.nextTick();
            if (due.isPresent() && !around.now().isBefore(due.get())) {
                step(around, entry.getKey(), entry.getValue(), new Input.Tick());
            }
        }
        report(around, false);
        stopNext(around);
    }

    private void step(Surroundings around, ResourceName name, Life life, Input input) {
        for (Effect effect : life.machine.step(around.now(), input)) {
            switch (effect) {
                case Effect.RunAction run -> begin(around, name, life, run);
                case Effect.ReportState _ -> {
                    // What has changed since the last report is found by report(): several changes make one message.
                }
                case Effect.Progress(var message) -> {
                    around.tellMaster(new PeerMessage.Progressed(name, message));
                    if (leaving) {
                        around.effect(new CrsEffect.LeavingProgress(message));
                    }
                }
                case Effect.OrderFinished finished -> {
                    if (finished.kind() == life.pending) {
                        life.pending = null;
                        life.environment = new TreeMap<>();
                    }
                    around.tellMaster(new PeerMessage.OrderFinished(
                            name, finished.kind(), finished.succeeded(), finished.text()));
                }
            }
        }
    }

    private void begin(Surroundings around, ResourceName name, Life life, Effect.RunAction run) {
        ActionKind kind = run.kind();
        if (!life.probed) {
            life.probed = true;
            boolean script = !life.definition.type().isNative();
            CrsSettings.Evidence found = settings.evidence().get(name);
            if (script && kind == ActionKind.CHECK && found == null) {
                // Never started here. Its check may well succeed: many ask a service by an address that is elsewhere.
                answer(around, name, life, new Input.ActionFinished(run.run(), CHECK_OFFLINE, false, List.of()));
                return;
            }
            if (script && kind == ActionKind.CHECK && !stillOurs(around, found)) {
                kind = ActionKind.CLEAN;
                life.cleaningRun = run.run();
            } else if (script && kind == ActionKind.CHECK) {
                life.probe = run;
            }
        }
        if (kind == ActionKind.START && !(around.hasLease() && run.epoch().equals(around.epoch()))) {
            String why = "CRS_ERROR:not started: this node holds no lease in epoch " + run.epoch();
            answer(around, name, life, new Input.ActionFinished(run.run(), 1, false, List.of(why)));
            return;
        }
        around.effect(new CrsEffect.Run(
                life.definition,
                life.instance,
                run.run(),
                kind,
                run.deadline(),
                run.epoch(),
                life.wasInService,
                withLastServer(life)));
    }

    /** What runs here, or may, ran here last. Of what does not, only the master knows: a look at it is not told. */
    private SortedMap<String, String> withLastServer(Life life) {
        SortedMap<String, String> all = new TreeMap<>(life.environment);
        boolean down = life.machine.observed().filter(Observed::isDown).isPresent();
        all.putIfAbsent(LAST_SERVER, down ? "" : settings.nameOf(settings.self()));
        return all;
    }

    private void answer(Surroundings around, ResourceName name, Life life, Input.ActionFinished finished) {
        step(around, name, life, finished);
    }

    private static boolean stillOurs(Surroundings around, CrsSettings.@Nullable Evidence found) {
        return found != null && found.startedIn().equals(around.view().incarnation());
    }

    /** Tells the master what it does not know: everything, or what has changed. */
    private void report(Surroundings around, boolean all) {
        boolean known = true;
        SortedMap<ResourceName, Observed> news = new TreeMap<>();
        for (Map.Entry<ResourceName, Life> entry : lives.entrySet()) {
            Life life = entry.getValue();
            Optional<Observed> observed = life.machine.observed().map(seen -> withPending(life, seen));
            known &= observed.isPresent();
            if (observed.isPresent() && (all || life.due || !observed.get().equals(life.reported))) {
                news.put(entry.getKey(), observed.get());
                tellChange(around, entry.getKey(), life.reported, observed.get());
                life.reported = observed.get();
                life.due = false;
            }
        }
        boolean becameComplete = known && !complete;
        complete = known;
        if (all || becameComplete || !news.isEmpty()) {
            around.tellMaster(new PeerMessage.Report(mastership, version, ordersSeen, all, known, news));
        }
    }

    /** An order that waits for a check to end is under way all the same: or the master would order it again. */
    private static Observed withPending(Life life, Observed seen) {
        ActionKind pending = life.pending;
        if (pending == null || seen.internal() != InternalState.STABLE) {
            return seen;
        }
        return switch (pending) {
            case START -> seen.withInternal(InternalState.STARTING);
            case STOP -> seen.withInternal(InternalState.STOPPING);
            case CLEAN -> seen.withInternal(InternalState.CLEANING);
            case CHECK -> seen;
        };
    }

    private static void tellChange(Surroundings around, ResourceName name, @Nullable Observed before, Observed now) {
        if (before == null || before.state() != now.state()) {
            around.effect(new CrsEffect.Event(
                    "state",
                    "'" + name + "' is " + now.state() + (now.details().isEmpty() ? "" : " (" + now.details() + ")"),
                    Map.of(
                            "resource", name.text(),
                            "state", now.state().name(),
                            "details", now.details())));
        }
    }

    /**
     * Stops everything here in the order of the stop dependencies, each by its stop action and, where that fails, its clean. See {@link #stay} for
     * when that cannot be done.
     *
     * @param force what cannot be stopped so is left to be killed, and the node leaves in any case
     */
    void leave(Surroundings around, boolean force) {
        if (left) {
            around.effect(
                    new CrsEffect.Left(List.copyOf(givenUp))); // Killing what was left may have failed: once more.
            return;
        }
        leavingByForce |= force;
        if (!leaving) {
            leaving = true;
            around.tellMaster(new PeerMessage.Leaving());
            lives.forEach((name, life) -> sayWhatIsWaitedFor(around, name, life));
        }
        stopNext(around);
    }

    /** An action that is under way is not cut short: it has its own time, which may be long. */
    private void sayWhatIsWaitedFor(Surroundings around, ResourceName name, Life life) {
        ActionKind doing = life.machine
                .observed()
                .map(seen -> switch (withPending(life, seen).internal()) {
                    case STARTING -> ActionKind.START;
                    case STOPPING -> ActionKind.STOP;
                    case CLEANING -> ActionKind.CLEAN;
                    case STABLE -> ActionKind.CHECK;
                })
                .orElse(ActionKind.CHECK);
        if (doing != ActionKind.CHECK) {
            around.effect(new CrsEffect.LeavingProgress(Message.of(
                    "HF-3220",
                    "Waiting for the " + doing.argument() + " of '" + name + "' on '"
                            + settings.nameOf(settings.self()) + "', which is under way and may take "
                            + life.definition.timeout(doing).toSeconds() + " s")));
        }
    }

    private void stopNext(Surroundings around) {
        if (!leaving || left) {
            return;
        }
        List<ResourceName> stuck = lives.entrySet().stream()
                .filter(entry -> isUnmanageable(entry.getValue())
                        || entry.getValue().machine.hangs())
                .map(Map.Entry::getKey)
                .toList();
        if (!stuck.isEmpty() && leavingByForce) {
            giveUp(around, stuck);
        } else if (!stuck.isEmpty()) {
            boolean busy = lives.values().stream().anyMatch(CrsNode::isBeingActedOn);
            if (!busy) {
                stay(around, stuck); // What was being stopped has its outcome: all that is stuck can be named.
            }
            return;
        }
        List<ResourceName> up = lives.entrySet().stream()
                .filter(entry -> !entry.getValue().definition.type().isA(TypeDefinition.NETWORK))
                .filter(entry -> !givenUp.contains(entry.getKey()))
                .filter(entry -> entry.getValue()
                        .machine
                        .observed()
                        .filter(Observed::isDown)
                        .isEmpty())
                .map(Map.Entry::getKey)
                .toList();
        if (up.isEmpty()) {
            left = true;
            around.effect(new CrsEffect.Left(List.copyOf(givenUp)));
            return;
        }
        for (ResourceName name : up) {
            Life life = lives.get(name);
            boolean needed = up.stream().anyMatch(other -> !other.equals(name) && stopsBefore(other, name));
            boolean stoppable = life != null
                    && life.pending == null
                    && life.machine
                            .observed()
                            .filter(seen -> seen.internal() == InternalState.STABLE
                                    && (leavingByForce || seen.state() != ResourceState.UNKNOWN))
                            .isPresent();
            if (life != null && stoppable && !needed) {
                stoppedToLeave.add(name);
                life.pending = ActionKind.STOP;
                step(around, name, life, new Input.Order(ActionKind.STOP, around.epoch()));
            }
        }
        report(around, false);
    }

    /** By force: what was tried and is UNKNOWN, and what hangs in the kernel, is waited for no longer. */
    private void giveUp(Surroundings around, List<ResourceName> stuck) {
        for (ResourceName name : stuck) {
            Life life = lives.get(name);
            boolean hopeless = life != null && (life.machine.hangs() || stoppedToLeave.contains(name));
            if (hopeless && givenUp.add(name)) {
                around.effect(new CrsEffect.LeavingProgress(Message.of(
                        "CRS-2799",
                        "Failed to shut down resource '" + name + "' on '" + settings.nameOf(settings.self())
                                + "': its processes are killed. What its script keeps elsewhere may be left")));
            }
        }
    }

    /**
     * One that cannot be stopped would hold up the leaving for ever. So it ends here, and nothing that may be untrue is said: this node has
     * not written that it stopped, keeps its lease as before and is a member as before, so the others start nothing that may run here. To
     * kill the control group instead and call that a stop would be a guess: a clean has just failed, and what a script keeps outside of its
     * processes (a mount, a process of another service) is not in the group. That decision is a person's: {@code crsctl stop crs -f}.
     */
    private void stay(Surroundings around, List<ResourceName> stuck) {
        leaving = false;
        stoppedToLeave.clear();
        around.tellMaster(new PeerMessage.Staying());
        around.effect(new CrsEffect.Stays(stuck));
        report(around, true);
    }

    private boolean stopsBefore(ResourceName dependent, ResourceName target) {
        Life life = lives.get(dependent);
        Life wanted = lives.get(target);
        if (life == null || wanted == null) {
            return false;
        }
        return life.definition.stopDependencies().hard().stream()
                .anyMatch(dependency -> dependency.ofType()
                        ? wanted.definition.type().isA(dependency.name())
                        : dependency.name().equals(target.text()));
    }

    /** Whether an administrator said that this server should rather survive a partition than others. */
    void setCritical(boolean critical) {
        this.critical = critical;
    }

    /** What the voting disks weigh this node by: see {@link Crs#CRITICAL_WEIGHT}. */
    int weight() {
        int running = 0;
        boolean runsCritical = critical;
        for (Life life : lives.values()) {
            if (!life.definition.isLocal() && !life.definition.type().isGroup()) {
                long online = life.machine.observed().stream()
                        .filter(observed -> observed.state() == ResourceState.ONLINE)
                        .count();
                running += (int) online;
                runsCritical |= online > 0 && life.definition.cssCritical();
            }
        }
        return Math.min(running, Crs.CRITICAL_WEIGHT - 1) + (runsCritical ? Crs.CRITICAL_WEIGHT : 0);
    }

    /** The number of the instance that is here, or was last. */
    int instanceOf(ResourceName resource) {
        Life life = lives.get(resource);
        return life == null ? 1 : life.instance;
    }

    /** What neither stops nor starts here before somebody has looked at it: UNKNOWN, and nothing is being done about it. */
    List<ResourceName> unmanageable() {
        return lives.entrySet().stream()
                .filter(entry -> isUnmanageable(entry.getValue()))
                .map(Map.Entry::getKey)
                .toList();
    }

    private static boolean isBeingActedOn(Life life) {
        return !life.machine.hangs()
                && life.machine
                        .observed()
                        .filter(seen -> seen.internal() == InternalState.STABLE)
                        .isEmpty();
    }

    private static boolean isUnmanageable(Life life) {
        return life.machine
                .observed()
                .filter(seen -> seen.state() == ResourceState.UNKNOWN && seen.internal() == InternalState.STABLE)
                .isPresent();
    }

    /** Whether anything is known, or may be, to run here. */
    boolean mayRunSomething() {
        Set<ResourceName> quiet = new HashSet<>();
        Map<ResourceName, Life> scripts = new HashMap<>(lives);
        scripts.values().removeIf(life -> life.definition.type().isA(TypeDefinition.NETWORK));
        scripts.forEach((name, life) -> {
            if (life.machine.observed().filter(Observed::isDown).isPresent()) {
                quiet.add(name);
            }
        });
        return quiet.size() < scripts.size();
    }
}
