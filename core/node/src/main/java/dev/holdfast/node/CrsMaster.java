package dev.holdfast.node;

import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.model.ActionKind;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.Message;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.Target;
import dev.holdfast.model.TypeDefinition;
import dev.holdfast.policy.Awaited;
import dev.holdfast.policy.Changes;
import dev.holdfast.policy.Command;
import dev.holdfast.policy.Decision;
import dev.holdfast.policy.Maintenance;
import dev.holdfast.policy.Plan;
import dev.holdfast.policy.PlannedAction;
import dev.holdfast.policy.Policy;
import dev.holdfast.policy.Progress;
import dev.holdfast.policy.Server;
import dev.holdfast.policy.Setup;
import dev.holdfast.policy.Situation;
import dev.holdfast.policy.Wanted;
import dev.holdfast.policy.WantedInstance;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The role of the master: it knows what is wanted (registry) and what is (reports), has the policy plan, and orders.
 *
 * <p>Level-triggered: whatever happens, {@link #pump} plans anew and orders what is ready. Invariants:
 *
 * <ul>
 *   <li>Nothing is planned before the registry serves, and nothing is ordered without a lease of the present epoch.
 *   <li>A change is written to the registry and acknowledged before it is acted on. One write is under way at a time.
 *       A mere record of what was seen is written too, but nothing waits for it.
 *   <li>What a member has not reported, it may be running. A report that does not count an order says nothing about
 *       what that order did.
 * </ul>
 */
final class CrsMaster {
    /** How long members that do not report may hold up all planning after a change of master; they are planned around after. */
    private static final Duration GATHERING = Duration.ofSeconds(3);

    /** A fence that did not come about is asked for again. */
    private static final Duration FENCE_AGAIN = Duration.ofSeconds(30);

    private final CrsSettings settings;
    private final SortedMap<String, TypeDefinition> builtIns;
    private final Moment startedAt;

    // From the registry: acknowledged content.
    private long version;
    private long definedIn; // The version that last changed a definition.
    private SortedMap<ResourceName, ResourceDefinition> definitions = new TreeMap<>();
    private SortedMap<ResourceName, Wanted> wanted = new TreeMap<>();
    private SortedMap<NodeId, Incarnation> greeted = new TreeMap<>();
    private Maintenance maintenance = Maintenance.NONE;
    private Setup setup = Setup.NONE;
    private SortedMap<String, TypeDefinition> types; // The product's, and those of the setup.
    private boolean serving;
    private Moment servingSince;

    // From the nodes.
    private long mastership;
    private final Map<NodeId, Member> members = new HashMap<>();
    private final SortedMap<InstanceKey, Observed> observed = new TreeMap<>();
    private final Set<ResourceName> seenRunning = new HashSet<>();
    private final Set<NodeId> departed = new HashSet<>();
    private boolean
            opened; // Nodes were shown to the policy as ONLINE: from then on each is as soon as it has reported.

    // What is under way.
    private long numbers;
    private @Nullable Write writing;
    private final Deque<Asked> asked = new ArrayDeque<>();
    private Moment askedSince;
    private final SortedMap<Long, Active> active = new TreeMap<>();
    private Plan plan = Plan.NOTHING;
    private final Map<NodeId, Moment> fencedAt = new HashMap<>();
    private boolean dirty;

    /** A member's crsd, as far as this master has heard from it. */
    private static final class Member {
        private final Incarnation incarnation;
        private boolean reachable;
        private boolean complete;
        private boolean leaving;
        private long reportedVersion = -1;
        private PeerMessage.Room room = new PeerMessage.Room(0, 0, new TreeMap<>());
        private long ordersSent;
        /** Which instance of each resource this node knows to be its own. */
        private final Map<ResourceName, Integer> numbered = new HashMap<>();
        /** The newest order for each instance that no report has counted yet. */
        private final Map<ResourceName, Long> uncounted = new HashMap<>();

        Member(Incarnation incarnation) {
            this.incarnation = incarnation;
        }
    }

    /** A write under way and what follows from it. */
    private record Write(long id, Changes changes, @Nullable Active command) {}

    private record Asked(long id, Command command, SortedMap<String, String> environment) {}

    /** A command that was accepted. */
    private static final class Active {
        private final long id;
        private final SortedMap<ResourceName, Awaited> awaits;
        private final Set<ResourceName> concerns;
        private final List<Message> notes;
        private final SortedMap<String, String> environment;
        private final boolean leaves;
        /** What it is to delete. */
        private final List<String> deleted;
        /** Checks are not part of later plans: ordered once, awaited here. */
        private final List<PlannedAction> checks;

        private final Set<InstanceKey> checking = new HashSet<>();
        private final List<Message> failures = new ArrayList<>();

        Active(Asked asked, Decision.Accepted accepted) {
            id = asked.id;
            environment = asked.environment;
            leaves = asked.command instanceof Command.Stop stop && stop.leave();
            deleted = asked.command instanceof Command.Delete delete ? delete.names() : List.of();
            awaits = accepted.awaits();
            notes = accepted.notes();
            checks = accepted.plan().ready().stream()
                    .filter(action -> action.kind() == ActionKind.CHECK)
                    .toList();
            concerns = new TreeSet<>(awaits.keySet());
            accepted.plan().actions().forEach(action -> concerns.add(action.resource()));
        }
    }

    CrsMaster(CrsSettings settings, Moment now) {
        this.settings = settings;
        builtIns = settings.types();
        types = builtIns;
        startedAt = now;
        mastership = settings.firstIncident();
        servingSince = now;
        askedSince = now;
    }

    // ---------------------------------------------------------------- who is there

    void viewChanged(CrsNode.Surroundings around, boolean becameMaster) {
        ClusterView view = around.view();
        if (becameMaster) {
            mastership++;
            members.clear();
            observed.clear();
            seenRunning.clear();
            opened = false;
        }
        members.keySet().removeIf(node -> !view.isMember(node));
        view.members().forEach((node, incarnation) -> {
            Member known = members.get(node);
            if (known == null || !known.incarnation.equals(incarnation)) {
                Member member = new Member(incarnation);
                member.reachable = (known != null && known.reachable) || node.equals(view.self());
                members.put(node, member);
                if (!view.mayStillRun(node)) {
                    observed.keySet().removeIf(key -> key.node().equals(node));
                }
                tellDefinitions(around, node);
            }
        });
        observed.keySet().removeIf(key -> !view.isMember(key.node()) && !view.mayStillRun(key.node()));
        dirty = true;
    }

    void peerUp(CrsNode.Surroundings around, NodeId peer) {
        Member member = members.get(peer);
        if (member != null) {
            member.reachable = true;
            tellDefinitions(around, peer);
        }
    }

    void peerDown(NodeId peer) {
        Member member = members.get(peer);
        if (member != null) {
            member.reachable = false;
            member.complete = false;
            dirty = true;
        }
    }

    /** Members that were in the view before and are not any more. */
    void departed(Set<NodeId> nodes) {
        departed.addAll(nodes);
    }

    /** Peers that could be reached before this role began. */
    void reachable(Set<NodeId> peers) {
        members.forEach((node, member) -> member.reachable |= peers.contains(node));
    }

    private void tellDefinitions(CrsNode.Surroundings around, NodeId node) {
        Member member = members.get(node);
        if (!serving || member == null) {
            return;
        }
        List<PeerMessage.Definition> all = new ArrayList<>(definitions.size());
        for (ResourceDefinition resource : definitions.values()) {
            int instance = wanted.getOrDefault(resource.name(), Wanted.NEW)
                    .numberOn(node)
                    .orElse(0);
            if (instance > 0) {
                member.numbered.put(resource.name(), instance);
            }
            all.add(new PeerMessage.Definition(
                    resource.name().text(),
                    resource.type().name(),
                    resource.given(),
                    maintenance.isFrozen(resource.name()),
                    instance));
        }
        tell(around, node, new PeerMessage.Definitions(mastership, version, member.ordersSent, all, setup.types()));
    }

    private static void tell(CrsNode.Surroundings around, NodeId node, PeerMessage message) {
        around.effect(new CrsEffect.Send(node, around.epoch(), message));
    }

    void report(CrsNode.Surroundings around, NodeId node, PeerMessage.Report report) {
        Member member = members.get(node);
        if (member == null) {
            return;
        }
        // Orders of another mastership, which the node may still count, are not ours.
        long counted = report.mastership() == mastership ? report.orders() : 0;
        boolean news = member.uncounted.values().removeIf(order -> order <= counted);
        if (report.all()) {
            news |= observed.keySet()
                    .removeIf(key -> key.node().equals(node)
                            && !report.instances().containsKey(key.resource())
                            && !member.uncounted.containsKey(key.resource()));
        }
        for (Map.Entry<ResourceName, Observed> one : report.instances().entrySet()) {
            ResourceName name = one.getKey();
            Observed seen = one.getValue();
            if (!member.uncounted.containsKey(name)) {
                InstanceKey key = new InstanceKey(name, node);
                Observed before = observed.put(key, seen);
                if (before == null || before.state() != seen.state()) {
                    around.effect(new CrsEffect.StateNoted(key, seen.state()));
                }
                news |= !seen.equals(before);
                news |= noteService(name, seen);
            }
        }
        news |= member.complete != report.complete();
        member.complete = report.complete();
        member.reportedVersion = report.version();
        if (report.version() < 0) {
            tellDefinitions(around, node); // Its crsd has just started.
        }
        // With each change of one definition every node reports all that it has, which says nothing new: no reason to
        // plan once more.
        dirty |= news || report.version() < 0 || !opened || !asked.isEmpty() || !active.isEmpty();
    }

    /** An address that an administrator stopped is out of service: before it is taken again it is worth a probe. True if that is news. */
    private boolean noteService(ResourceName name, Observed seen) {
        if (seen.state() == ResourceState.ONLINE) {
            return seenRunning.add(name);
        } else if (seen.isDown()
                && wanted.getOrDefault(name, Wanted.NEW).instances().values().stream()
                        .allMatch(instance -> instance.target() == Target.OFFLINE)) {
            return seenRunning.remove(name);
        }
        return false;
    }

    void orderFinished(CrsNode.Surroundings around, NodeId node, PeerMessage.OrderFinished finished) {
        InstanceKey key = new InstanceKey(finished.resource(), node);
        if (finished.kind() == ActionKind.CHECK) {
            for (Active command : active.values()) {
                if (command.checking.remove(key) && !finished.succeeded()) {
                    command.failures.add(new Message(
                            "CRS-2680", "Check of '" + key.resource() + "' failed: " + finished.text(), ""));
                }
            }
        }
        dirty = true;
    }

    /** Its crsd stops what it runs by itself; the policy brings that up elsewhere as it goes down there. False: it stays after all. */
    void leaving(NodeId node, boolean leaves) {
        Member member = members.get(node);
        if (member != null) {
            member.leaving = leaves;
            dirty = true;
        }
    }

    boolean isLeaving(NodeId node) {
        Member member = members.get(node);
        return member != null && member.leaving;
    }

    void room(NodeId node, PeerMessage.Room room) {
        Member member = members.get(node);
        if (member != null && !member.room.equals(room)) {
            member.room = room;
            dirty = true;
        }
    }

    void progressed(CrsNode.Surroundings around, PeerMessage.Progressed progressed) {
        for (Active command : active.values()) {
            if (command.concerns.contains(progressed.resource())) {
                around.effect(new CrsEffect.CommandProgress(command.id, progressed.message()));
            }
        }
    }

    // ---------------------------------------------------------------- the registry

    void registryServing(CrsNode.Surroundings around, CrsInput.RegistryServing content) {
        version = content.version();
        definitions = new TreeMap<>(content.definitions());
        wanted = new TreeMap<>(content.wanted());
        greeted = new TreeMap<>(content.greeted());
        maintenance = content.maintenance();
        setup = content.setup();
        types = TypeDefinition.with(builtIns, setup.types());
        definedIn = version;
        observed.keySet().removeIf(key -> !definitions.containsKey(key.resource()));
        serving = true;
        servingSince = around.now();
        noteLostService();
        around.effect(new CrsEffect.Event(
                "master",
                "master in epoch " + around.epoch() + ": registry version " + version + ", " + definitions.size()
                        + " resources",
                Map.of("epoch", around.epoch().toString(), "version", Long.toString(version))));
        members.keySet().forEach(node -> tellDefinitions(around, node));
        Changes networks = missingNetworks();
        if (!networks.isEmpty()) {
            write(around, networks, null);
        }
        dirty = true;
    }

    /** What ran on a node that was lost was in service a moment ago, although this master never saw it run. */
    private void noteLostService() {
        wanted.forEach((name, all) -> {
            for (WantedInstance instance : all.instances().values()) {
                boolean lost = instance.lastServer().filter(departed::contains).isPresent();
                if (lost && instance.target() == Target.ONLINE) {
                    seenRunning.add(name);
                }
            }
        });
        departed.clear();
    }

    /** The resources of configured networks that the registry does not have yet: they are wanted on every node. */
    private Changes missingNetworks() {
        SortedMap<ResourceName, Optional<ResourceDefinition>> missing = new TreeMap<>();
        SortedMap<ResourceName, Wanted> online = new TreeMap<>();
        TypeDefinition type = types.get(TypeDefinition.NETWORK);
        for (ClusterSettings.Network network : settings.cluster().networks().values()) {
            ResourceName name = new ResourceName("ora.net" + network.number() + ".network");
            if (definitions.containsKey(name) || type == null) {
                continue;
            }
            missing.put(name, Optional.of(defined(name, type, CrsSettings.networkAttributes(network))));
            online.put(name, onlineEverywhere());
        }
        return missing.isEmpty() ? Changes.NONE : new Changes(missing, online, new TreeMap<>());
    }

    private static ResourceDefinition defined(ResourceName name, TypeDefinition type, Map<String, String> given) {
        try {
            return ResourceDefinition.read(name, type, given);
        } catch (InvalidAttributes e) {
            throw new IllegalStateException("settings that were read give a network that is none: " + name, e);
        }
    }

    private Wanted onlineEverywhere() {
        Wanted all = Wanted.NEW;
        for (NodeId node : settings.cluster().nodes().keySet()) {
            all = all.with(node.number(), WantedInstance.NEW.withTarget(Target.ONLINE));
        }
        return all;
    }

    private void write(CrsNode.Surroundings around, Changes changes, @Nullable Active command) {
        writing = new Write(++numbers, changes, command);
        around.effect(new CrsEffect.Write(writing.id, changes));
    }

    void registryWritten(CrsNode.Surroundings around, CrsInput.RegistryWritten written) {
        Write done = writing;
        if (done == null || done.id != written.id()) {
            return;
        }
        writing = null;
        version = written.version();
        Situation after = situation(around).with(done.changes);
        boolean redefined = !done.changes.definitions().isEmpty()
                || done.changes.maintenance().isPresent()
                || !done.changes.setup().types().isEmpty();
        definitions = new TreeMap<>(after.resources());
        wanted = new TreeMap<>(after.wanted());
        greeted = new TreeMap<>(after.greeted());
        maintenance = after.maintenance();
        setup = after.setup();
        types = after.types();
        if (redefined) {
            definedIn = version;
            observed.keySet().removeIf(key -> !definitions.containsKey(key.resource()));
            members.keySet().forEach(node -> tellDefinitions(around, node));
        }
        tellNumbers(around, done.changes.wanted().keySet());
        if (done.command != null) {
            accept(around, done.command);
        }
        dirty = true;
    }

    /** What runs somewhere without having been started there as that instance is given its number afterwards. */
    private void tellNumbers(CrsNode.Surroundings around, Set<ResourceName> changed) {
        Set<NodeId> wrong = new HashSet<>();
        for (ResourceName name : changed) {
            wanted.getOrDefault(name, Wanted.NEW)
                    .instances()
                    .forEach((number, instance) -> instance.node().ifPresent(node -> {
                        Member member = members.get(node);
                        Observed there = observed.get(new InstanceKey(name, node));
                        boolean runs = there != null && !there.isDown();
                        if (member != null && runs && !Objects.equals(number, member.numbered.get(name))) {
                            wrong.add(node);
                        }
                    }));
        }
        wrong.forEach(node -> tellDefinitions(around, node));
    }

    void registryRefused(CrsNode.Surroundings around, CrsInput.RegistryRefused refused) {
        Write failed = writing;
        if (failed == null || failed.id != refused.id()) {
            return;
        }
        writing = null;
        if (failed.command != null) {
            fail(
                    around,
                    failed.command.id,
                    new Message(
                            "HF-2201",
                            "The registry did not take the change: " + refused.reason() + ". Nothing was changed.",
                            "ocrcheck shows what the registry holds, and how it is."));
        }
        dirty = true;
    }

    void registryLost(CrsNode.Surroundings around, String reason) {
        serving = false;
        Write open = writing;
        writing = null;
        Message why = new Message(
                "HF-2202",
                "This node stopped being the registry's master while the command was under way: " + reason + ".",
                "Look at  crsctl status resource  and give the command again if it is still needed.");
        if (open != null && open.command != null) {
            fail(around, open.command.id, why);
        }
        dropCommands(around, why);
    }

    private void dropCommands(CrsNode.Surroundings around, Message why) {
        asked.forEach(command -> fail(around, command.id, why));
        asked.clear();
        List.copyOf(active.keySet()).forEach(id -> fail(around, id, why));
        active.clear();
    }

    private static void fail(CrsNode.Surroundings around, long id, Message why) {
        around.effect(new CrsEffect.CommandFailed(id, List.of(why)));
    }

    // ---------------------------------------------------------------- commands

    void command(CrsNode.Surroundings around, CrsInput.CommandGiven given) {
        if (asked.isEmpty()) {
            askedSince = around.now();
        }
        asked.add(new Asked(given.id(), given.command(), given.environment()));
        dirty = true;
    }

    private void decide(CrsNode.Surroundings around, Asked command) {
        switch (Policy.decide(situation(around), command.command)) {
            case Decision.Refused(List<Message> reasons) ->
                around.effect(new CrsEffect.CommandFailed(command.id, reasons));
            case Decision.Accepted accepted -> {
                Active begun = new Active(command, accepted);
                Changes changes = accepted.changes().then(accepted.plan().changes());
                if (changes.isEmpty()) {
                    accept(around, begun);
                } else {
                    write(around, changes, begun);
                }
            }
        }
    }

    private void accept(CrsNode.Surroundings around, Active command) {
        active.put(command.id, command);
        for (PlannedAction check : command.checks) {
            command.checking.add(check.key());
            order(around, check);
        }
    }

    private void finishCommands(CrsNode.Surroundings around, Situation situation) {
        for (Active command : List.copyOf(active.values())) {
            if (!command.checking.isEmpty()) {
                continue;
            }
            boolean acting = plan.actions().stream().anyMatch(action -> command.concerns.contains(action.resource()));
            if (!command.awaits.isEmpty() && acting) {
                continue; // What hangs on it, and was stopped or started with it, belongs to the command.
            }
            switch (Policy.progress(situation, plan, command.awaits)) {
                case Progress.Working _ -> {}
                case Progress.Done _ -> {
                    active.remove(command.id);
                    around.effect(
                            command.failures.isEmpty()
                                    ? new CrsEffect.CommandDone(command.id, command.notes)
                                    : new CrsEffect.CommandFailed(command.id, command.failures));
                }
                case Progress.Failed(List<Message> reasons) -> {
                    active.remove(command.id);
                    List<Message> all = new ArrayList<>(reasons);
                    command.deleted.stream()
                            .filter(name -> situation.resources().containsKey(new ResourceName(name)))
                            .map(CrsMaster::notDeleted)
                            .forEach(all::add);
                    around.effect(new CrsEffect.CommandFailed(command.id, all));
                }
            }
        }
    }

    private static Message notDeleted(String name) {
        return new Message(
                "HF-3189",
                "Resource '" + name
                        + "' is not deleted: it could not be stopped, and without its definition nobody would look after what runs",
                "When it is down: crsctl delete resource " + name
                        + ". To kill its processes and delete it in any case: crsctl delete resource " + name + " -f");
    }

    // ---------------------------------------------------------------- planning

    /** Plans and orders until there is nothing to do but wait. */
    void pump(CrsNode.Surroundings around) {
        while (serving && dirty && writing == null && around.hasLease()) {
            dirty = false;
            openWhenGathered(around);
            Asked next = opened && everyoneKnowsDefinitions(around) ? asked.poll() : null;
            if (next != null) {
                askedSince = around.now();
                dirty = true;
                decide(around, next);
                continue;
            }
            Situation situation = situation(around);
            plan = Policy.plan(situation);
            say(around, plan);
            List<PlannedAction> ready = plan.ready();
            boolean record = isRecord(plan.changes());
            boolean ordered = plan.changes().isEmpty() || record;
            around.effect(new CrsEffect.Decided(around.epoch(), situation, plan, ordered ? ready : List.of()));
            if (!plan.changes().isEmpty()) {
                write(around, plan.changes(), null);
                if (record) {
                    ready.forEach(action -> order(around, action));
                }
                return;
            }
            fence(around);
            ready.forEach(action -> order(around, action));
            finishCommands(around, ready.isEmpty() ? situation : situation(around));
        }
    }

    private void fence(CrsNode.Surroundings around) {
        plan.fences().forEach((node, reason) -> {
            Moment last = fencedAt.get(node);
            if (last == null || !around.now().isBefore(last.plus(FENCE_AGAIN))) {
                fencedAt.put(node, around.now());
                around.effect(new CrsEffect.Fence(node, reason));
            }
        });
        fencedAt.keySet().retainAll(plan.fences().keySet());
    }

    /**
     * True if {@code changes} only record what was seen: where something came up, and that its pullups have acted. The actions of
     * such a plan follow from what was acknowledged before, above all from where each is placed, so they need not wait for the
     * write. A master that comes after and never got it sees the same, and records the same.
     */
    private boolean isRecord(Changes changes) {
        return changes.definitions().isEmpty()
                && changes.maintenance().isEmpty()
                && changes.greeted().isEmpty()
                && changes.setup().isEmpty()
                && changes.wanted().entrySet().stream().allMatch(change -> {
                    Wanted before = wanted.get(change.getKey());
                    return before != null && change.getValue().differsInRecordsOnly(before);
                });
    }

    /**
     * A command that follows a change of definitions (start after add) is decided when the nodes have reported on them:
     * until then everything may be running everywhere. A node that does not report in time is planned around.
     */
    private boolean everyoneKnowsDefinitions(CrsNode.Surroundings around) {
        return members.values().stream()
                        .filter(member -> member.reachable && member.complete)
                        .allMatch(member -> member.reportedVersion >= definedIn)
                || !around.now().isBefore(askedSince.plus(GATHERING));
    }

    private static void say(CrsNode.Surroundings around, Plan plan) {
        for (Message message : plan.messages()) {
            around.effect(new CrsEffect.Event("policy", message.line(), Map.of("code", message.code())));
        }
        List<PlannedAction> ready = plan.ready();
        if (plan.changes().isEmpty() && !ready.isEmpty()) {
            String actions = ready.stream().map(PlannedAction::id).collect(Collectors.joining(", "));
            String reasons =
                    ready.stream().map(PlannedAction::reason).distinct().collect(Collectors.joining("; "));
            around.effect(new CrsEffect.Event(
                    "plan", actions + ": " + reasons, Map.of("actions", actions, "reasons", reasons)));
        }
    }

    private void order(CrsNode.Surroundings around, PlannedAction action) {
        Member member = members.get(action.node());
        if (member == null) {
            return;
        }
        if (!member.reachable) {
            return; // It is asked anew, and the plan made anew, when it can be reached.
        }
        boolean wasInService = wasInService(action);
        InternalState doing = switch (action.kind()) {
            case START -> InternalState.STARTING;
            case STOP -> InternalState.STOPPING;
            case CLEAN -> InternalState.CLEANING;
            case CHECK -> InternalState.STABLE;
        };
        long number = ++member.ordersSent;
        if (action.kind() != ActionKind.CHECK) {
            member.uncounted.put(action.resource(), number);
            observed.merge(action.key(), Observed.OFFLINE.withInternal(doing), (known, _) -> known.withInternal(doing));
        }
        if (action.kind() == ActionKind.START) {
            member.numbered.put(action.resource(), action.instance());
        }
        tell(
                around,
                action.node(),
                new PeerMessage.Order(
                        mastership,
                        number,
                        action.resource(),
                        action.instance(),
                        action.kind(),
                        wasInService,
                        environment(action),
                        action.kind() == ActionKind.STOP && isLeft(action.resource())));
    }

    /** True if a command wants it left as it is should it not stop, and no other wants it stopped in any case. */
    private boolean isLeft(ResourceName resource) {
        List<Active> stopping = active.values().stream()
                .filter(command -> command.concerns.contains(resource))
                .toList();
        return stopping.stream().anyMatch(command -> command.leaves)
                && stopping.stream()
                        .noneMatch(command -> !command.leaves
                                && Optional.ofNullable(command.awaits.get(resource))
                                        .filter(awaited -> awaited.target() == Target.OFFLINE)
                                        .isPresent());
    }

    /** What the latest command that names the resource gave for its actions; for a start also where it ran last. */
    private SortedMap<String, String> environment(PlannedAction action) {
        SortedMap<String, String> latest = new TreeMap<>();
        for (Active command : active.values()) {
            if (command.awaits.containsKey(action.resource()) && !command.environment.isEmpty()) {
                latest = command.environment;
            }
        }
        if (action.kind() != ActionKind.START || latest.containsKey(CrsNode.LAST_SERVER)) {
            return latest;
        }
        SortedMap<String, String> all = new TreeMap<>(latest);
        all.put(
                CrsNode.LAST_SERVER,
                wanted.getOrDefault(action.resource(), Wanted.NEW)
                        .instance(action.instance())
                        .lastServer()
                        .map(settings::nameOf)
                        .orElse(""));
        return all;
    }

    /** True if the resource was running a moment ago: this master saw it, or it ran on a node that was lost. */
    private boolean wasInService(PlannedAction action) {
        return action.kind() == ActionKind.START && seenRunning.contains(action.resource());
    }

    /**
     * Shows the nodes to the policy as ONLINE all at once, so that it places with all of them in sight: when every
     * member has reported, or has been waited for. In a cluster that was off, nodes that are not members yet are waited
     * for too. A cluster was off if no master has greeted this node's present life.
     */
    private void openWhenGathered(CrsNode.Surroundings around) {
        if (opened) {
            return;
        }
        ClusterView view = around.view();
        boolean cold = !view.incarnation().equals(greeted.get(view.self()));
        boolean membersReported = members.values().stream().allMatch(member -> member.complete);
        boolean everybodyHere =
                view.members().keySet().containsAll(settings.cluster().nodes().keySet());
        Moment patience =
                cold ? startedAt.plus(settings.cluster().bootWait()).max(servingSince) : servingSince.plus(GATHERING);
        opened = (membersReported && (everybodyHere || !cold)) || !around.now().isBefore(patience);
        dirty |= opened;
    }

    /** Time passed: what was waited for may have been waited for long enough. */
    void tick(CrsNode.Surroundings around) {
        boolean due =
                plan.again().filter(again -> !timeOfDay(around).isBefore(again)).isPresent();
        dirty |= !opened || !asked.isEmpty() || due;
    }

    void leaseHeld() {
        dirty = true;
    }

    Situation situation(CrsNode.Surroundings around) {
        SortedMap<NodeId, Server> servers = new TreeMap<>();
        ClusterView view = around.view();
        for (ClusterSettings.Node node : settings.cluster().nodes().values()) {
            Member member = members.get(node.id());
            servers.put(
                    node.id(),
                    new Server(
                            node.id(),
                            node.name(),
                            state(view, node.id()),
                            incarnation(view, node.id()),
                            member == null ? 0 : member.room.cpu(),
                            member == null ? 0 : member.room.memory(),
                            member == null ? new TreeMap<>() : member.room.machine()));
        }
        return new Situation(
                definitions, types, wanted, servers, greeted, observed, maintenance, timeOfDay(around), setup);
    }

    private Instant timeOfDay(CrsNode.Surroundings around) {
        return settings.startedAt().plus(around.now().since(startedAt));
    }

    private Server.State state(ClusterView view, NodeId node) {
        if (view.mayStillRun(node)) {
            return Server.State.UNSETTLED;
        }
        if (!view.isMember(node)) {
            return Server.State.OFFLINE;
        }
        Member member = members.get(node);
        boolean ready = opened && member != null && member.complete && member.reachable && !member.leaving;
        return ready ? Server.State.ONLINE : Server.State.JOINING;
    }

    private static Incarnation incarnation(ClusterView view, NodeId node) {
        Incarnation member = view.members().get(node);
        if (member != null) {
            return member;
        }
        return view.unsettled().stream()
                .filter(life -> life.node().equals(node))
                .map(ClusterView.Unsettled::incarnation)
                .max(Incarnation::compareTo)
                .orElse(new Incarnation(1));
    }

    Plan plan() {
        return plan;
    }

    boolean serving() {
        return serving;
    }

    long version() {
        return version;
    }
}
