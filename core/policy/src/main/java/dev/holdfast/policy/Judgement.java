package dev.holdfast.policy;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.CustomType;
import dev.holdfast.model.DependencyTarget;
import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.IpAddress;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.Observed;
import dev.holdfast.model.PoolPolicy;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceDefinition.AutoStart;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.ServerCategory;
import dev.holdfast.model.ServerPool;
import dev.holdfast.model.Spelling;
import dev.holdfast.model.Target;
import dev.holdfast.model.TypeDefinition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Answers one command. It writes down what the administrator wants, plans for the situation as it would then be, and
 * refuses when that plan does not bring what was asked for, or would stop what was not named and {@code -f} is missing.
 */
final class Judgement {
    private final Situation situation;
    private final Draft now;
    private final Board board;
    private final List<Message> problems = new ArrayList<>();

    /** What is being added or modified: not registered yet, but circles may lead through it. */
    private @Nullable ResourceDefinition checking;

    /** The number of the instance that is meant ({@code -k}); 0: all of them. */
    private int instance;

    /** The numbers of the instances of a group of which members are meant; empty: all. */
    private Set<Integer> numbers = Set.of();

    /** The servers of the pools that are meant ({@code -s}); empty: all of them. */
    private NodeSet within = NodeSet.EMPTY;

    private Setup.Change setup = Setup.Change.NONE;
    private final List<Message> notes = new ArrayList<>();

    /** What is so already: told beside what is done for the others, and a refusal if there is nothing else to do. */
    private final List<Message> already = new ArrayList<>();

    private final SortedMap<ResourceName, Wanted> wanted = new TreeMap<>();
    private final TreeMap<ResourceName, Optional<ResourceDefinition>> definitions = new TreeMap<>();
    private final TreeMap<ResourceName, Awaited> awaits = new TreeMap<>();

    Judgement(Situation situation) {
        this.situation = situation;
        this.now = Draft.of(situation);
        this.board = now.board();
    }

    Decision decide(Command command) {
        return switch (command) {
            case Command.Add add -> add(add);
            case Command.Modify modify -> modify(modify);
            case Command.IfVersion(String version, Command versioned) -> ifVersion(version, versioned);
            case Command.Delete delete -> delete(delete);
            case Command.Start start -> start(start);
            case Command.Stop stop -> stop(stop);
            case Command.Relocate relocate -> relocate(relocate);
            case Command.Check check -> check(check);
            case Command.Drain _, Command.Undrain _, Command.Use _, Command.Freeze _, Command.FreezeCluster _ ->
                new Upkeep(situation, now).decide(command);
            case Command.Apply apply -> apply(apply);
            case Command.OfSetup ofSetup -> ofSetup(ofSetup);
        };
    }

    // --- types and server pools

    private Decision ofSetup(Command.OfSetup command) {
        setup = new SetupJudgement(situation, problems).decide(command);
        return problems.isEmpty() ? acceptSetup(command.force()) : refused();
    }

    private Decision acceptSetup(boolean force) {
        Draft then = draft();
        Set<ResourceName> stopped = stoppedBy(then, Set.of());
        if (!force && !stopped.isEmpty()) {
            return refuse(
                    "CRS-2529",
                    "Unable to do that because it would require stopping or relocating resource '"
                            + String.join(
                                    "', '",
                                    stopped.stream().map(ResourceName::text).toList())
                            + "', but the force option was not specified",
                    "Nothing was changed. To do it with all that hangs on it, add -f.");
        }
        return accept();
    }

    // --- add, modify, delete

    private Decision add(Command.Add add) {
        if (!ResourceName.isValid(add.name())) {
            return refuse(
                    "HF-3110",
                    "'" + add.name() + "' is not a resource name",
                    "Use letters, digits, dots, dashes and underscores; do not begin with a dot.");
        }
        ResourceName name = new ResourceName(add.name());
        if (situation.resources().containsKey(name)) {
            problem(
                    "HF-3111",
                    "Resource '" + name + "' is already registered",
                    "To change it: crsctl modify resource " + name + " -attr ...");
        }
        TypeDefinition type = typeNamed(add.type());
        if (type == null) {
            return refused();
        }
        if (add.name().startsWith("ora.") && !type.isNative()) {
            problem(
                    "HF-3110",
                    "The name '" + add.name() + "' begins with 'ora.', which is reserved",
                    "Choose another name.");
        }
        ResourceDefinition definition = read(name, type, add.attributes());
        if (definition == null) {
            return refused();
        }
        validate(definition, add.force());
        if (!problems.isEmpty()) {
            return refused();
        }
        definitions.put(name, Optional.of(definition));
        wanted.put(name, fresh(definition));
        refuseContradictions();
        return problems.isEmpty() ? accept() : refused();
    }

    private @Nullable TypeDefinition typeNamed(String name) {
        TypeDefinition type = situation.types().get(name);
        if (type != null && !type.name().equals("resource")) {
            return type;
        }
        String hint = Spelling.nearest(name, situation.types().keySet())
                .map(near -> "Did you mean " + near + "?")
                .orElse("crsctl status type lists the types.");
        problem("HF-3112", "Resource type '" + name + "' is not registered, or has no resources", hint);
        return null;
    }

    /** What is wanted of a new resource. */
    private Wanted fresh(ResourceDefinition definition) {
        Wanted fresh = Wanted.NEW;
        if (definition.isLocal() && definition.autoStart() == AutoStart.ALWAYS) {
            // A network is wanted everywhere from the start, not only after the next restart of each server.
            for (Server server : situation.servers().values()) {
                fresh = fresh.with(server.id().number(), WantedInstance.NEW.started(false, Optional.empty()));
            }
        }
        return fresh;
    }

    private @Nullable ResourceDefinition read(ResourceName name, TypeDefinition type, Map<String, String> attributes) {
        try {
            return ResourceDefinition.read(name, type, attributes);
        } catch (InvalidAttributes invalid) {
            problems.addAll(invalid.problems());
            return null;
        }
    }

    private Decision modify(Command.Modify modify) {
        ResourceEntry entry = find(modify.name());
        if (entry == null) {
            return refused();
        }
        TreeMap<String, String> merged = new TreeMap<>(entry.definition.given());
        for (Map.Entry<String, String> change : modify.attributes().entrySet()) {
            if (change.getKey().equals("NAME") || change.getKey().equals("TYPE")) {
                problem(
                        "HF-3113",
                        change.getKey() + " of resource '" + entry + "' cannot be changed",
                        "Delete the resource and add it again.");
            } else if (isReadOnly(entry.definition, change)) {
                problem(
                        "HF-3160",
                        change.getKey() + " of resource '" + entry + "' is READONLY in type '"
                                + entry.definition.type().name() + "'",
                        "To have another value, delete the resource and add it again.");
            } else if (change.getValue().isBlank()) {
                merged.remove(change.getKey());
                if (!entry.definition.type().attributes().containsKey(change.getKey())) {
                    merged.put(change.getKey(), ""); // Let the reader say that it is unknown.
                }
            } else {
                merged.put(change.getKey(), change.getValue());
            }
        }
        ResourceDefinition definition = read(entry.name(), entry.definition.type(), merged);
        if (definition == null || !problems.isEmpty()) {
            return refused();
        }
        validate(definition, modify.force());
        refuseToPullTheRug(entry, definition);
        if (!problems.isEmpty()) {
            return refused();
        }
        definitions.put(entry.name(), Optional.of(definition));
        refuseContradictions();
        if (!problems.isEmpty()) {
            return refused();
        }
        forgiveFailures(entry);
        return acceptUnlessItStops(Set.of(entry.name()), modify.force(), true);
    }

    /** Decided together with the command, so that nothing can come between. */
    private Decision ifVersion(String version, Command command) {
        List<String> names = switch (command) {
            case Command.Modify modify -> List.of(modify.name());
            case Command.Delete delete -> delete.names();
            case Command.ModifyType modify -> List.of(modify.name());
            case Command.SetTypeAccess set -> List.of(set.name());
            case Command.DeleteType(List<String> types) -> types;
            case Command.ModifyPool modify when modify.policies().isEmpty() -> List.of(modify.name());
            case Command.DeletePool delete -> delete.names();
            case Command.ModifyCategory modify -> List.of(modify.name());
            case Command.DeleteCategory(List<String> categories) -> categories;
            case Command.ModifyPolicy modify -> List.of(modify.name());
            case Command.DeletePolicy(List<String> policies) -> policies;
            case Command.ModifyPolicySet _ -> List.of(""); // There is one, and it has no name.
            default -> List.of();
        };
        if (names.size() != 1) {
            return refuse(
                    "HF-3172",
                    "A version is of one resource, type, server pool, category or policy, and this command "
                            + (names.isEmpty() ? "names none" : "names " + names.size()),
                    "Give one command for each.");
        }
        String name = names.getFirst();
        return switch (command) {
            case Command.ModifyType _, Command.SetTypeAccess _, Command.DeleteType _ -> {
                CustomType type = situation.setup().types().get(name);
                // What is not there, or is the product's, is refused as such.
                yield type == null
                        ? decide(command)
                        : ifVersion(version, Policy.version(type), "Type '" + name + "'", "type " + name, command);
            }
            case Command.ModifyPool _, Command.DeletePool _ -> {
                ServerPool pool = situation.setup().pools().get(name);
                yield pool == null
                        ? decide(command)
                        : ifVersion(
                                version,
                                Policy.version(pool),
                                "Server pool '" + name + "'",
                                "serverpool " + name,
                                command);
            }
            case Command.ModifyCategory _, Command.DeleteCategory _ -> {
                ServerCategory category = situation.setup().categories().get(name);
                yield category == null
                        ? decide(command)
                        : ifVersion(
                                version,
                                Policy.version(category),
                                "Server category '" + name + "'",
                                "category " + name,
                                command);
            }
            case Command.ModifyPolicy _, Command.DeletePolicy _ -> {
                PoolPolicy policy = situation.setup().policies().policies().get(name);
                yield policy == null
                        ? decide(command)
                        : ifVersion(
                                version, Policy.version(policy), "Policy '" + name + "'", "policy " + name, command);
            }
            case Command.ModifyPolicySet _ ->
                ifVersion(
                        version, Policy.version(situation.setup().policies()), "The policy set", "policyset", command);
            default -> {
                ResourceEntry entry = find(name);
                yield entry == null
                        ? refused()
                        : ifVersion(
                                version,
                                Policy.version(entry.definition),
                                "Resource '" + entry + "'",
                                "resource " + entry + " -p",
                                command);
            }
        };
    }

    private Decision ifVersion(String version, String now, String what, String look, Command command) {
        return now.equals(version)
                ? decide(command)
                : refuse(
                        "HF-3171",
                        what + " was changed meanwhile: it is not of version " + version + " any more, but " + now,
                        "Nothing was changed. Look at it as it is now, and give the command again with that version: crsctl status "
                                + look + " -o json");
    }

    private void forgiveFailures(ResourceEntry entry) {
        Wanted changed = entry.wanted;
        for (int number : entry.wanted.instances().keySet()) {
            changed = changed.with(number, changed.instance(number).withFailuresForgiven());
        }
        if (!changed.equals(entry.wanted)) {
            wanted.put(entry.name(), changed);
        }
    }

    private static boolean isReadOnly(ResourceDefinition definition, Map.Entry<String, String> change) {
        var attribute = definition.type().attributes().get(change.getKey());
        return attribute != null
                && attribute.readOnly()
                && !definition.value(change.getKey()).equals(change.getValue().strip());
    }

    /** What its own stop would no longer find must not change while it runs. */
    private void refuseToPullTheRug(ResourceEntry entry, ResourceDefinition changed) {
        for (String attribute :
                List.of("USR_ORA_VIP", "USR_ORA_SUBNET", "USR_ORA_NETMASK", "USR_ORA_SUBNET6", "USR_ORA_IF")) {
            boolean has = entry.definition.type().attributes().containsKey(attribute);
            String before = has ? entry.definition.value(attribute) : "";
            // A subnet that was not there has no addresses yet: IPv6 may be added to a network that serves.
            boolean added = attribute.equals("USR_ORA_SUBNET6") && before.isEmpty();
            if (has && !added && !before.equals(changed.value(attribute)) && isActive(entry)) {
                problem(
                        "HF-3114",
                        attribute + " of '" + entry + "' cannot be changed while it runs on " + places(entry),
                        "First: crsctl stop resource " + entry);
            }
        }
    }

    private void validate(ResourceDefinition definition, boolean force) {
        ResourceName name = definition.name();
        var start = definition.startDependencies();
        List<DependencyTarget> targets = new ArrayList<>(start.all());
        targets.addAll(definition.stopDependencies().hard());
        Set<String> said = new HashSet<>();
        for (DependencyTarget target : targets) {
            boolean known = target.ofType()
                    ? situation.types().containsKey(target.name())
                    : situation.resources().containsKey(new ResourceName(target.name()))
                            && !target.name().equals(name.text());
            boolean itsGroup = !target.ofType() && target.name().equals(definition.group()); // Said below.
            if (known || itsGroup || !said.add(target.toString())) {
                continue;
            }
            if (!target.ofType() && target.name().equals(name.text())) {
                problem("CRS-2515", "Circular dependency: '" + name + "' depends on itself", "Take it out.");
            } else if (!force) {
                Collection<String> candidates = target.ofType()
                        ? situation.types().keySet()
                        : situation.resources().keySet().stream()
                                .map(ResourceName::text)
                                .toList();
                String hint = Spelling.nearest(target.name(), candidates)
                        .map(near -> "Did you mean " + near + "? ")
                        .orElse("");
                problem(
                        "CRS-2510",
                        (target.ofType() ? "Resource type '" : "Resource '") + target.name()
                                + "' used in dependency of '" + name + "' does not exist or is not registered",
                        hint + "Add it first, or use -f.");
            }
        }
        circle(definition);
        refuseApartAndTogether(definition);
        for (String server : definition.serversWithValues()) {
            if (board.named(server) == null) {
                unknownServer("A value of resource '" + name + "' for one server", server);
            }
        }
        for (String member : definition.hostingMembers()) {
            if (board.named(member) == null) {
                unknownServer("HOSTING_MEMBERS of resource '" + name + "'", member);
            }
        }
        refuseAddressTwice(definition);
        refuseStrangeGroup(definition);
        refuseUnknownPools(definition);
        String category = definition.serverCategory();
        if (!category.isEmpty() && situation.setup().category(category).isEmpty()) {
            problem(
                    "HF-3173",
                    "SERVER_CATEGORY of resource '" + definition.name() + "': there is no server category '" + category
                            + "'",
                    SetupJudgement.categoryHint(situation.setup(), category));
        }
        hintAtPullup(definition);
    }

    private void refuseStrangeGroup(ResourceDefinition definition) {
        if (definition.type().isGroup()) {
            for (String critical : definition.criticalResources()) {
                ResourceDefinition member =
                        ResourceName.isValid(critical) ? situation.resources().get(new ResourceName(critical)) : null;
                if (member == null || !member.group().equals(definition.name().text())) {
                    problem(
                            "HF-3161",
                            "CRITICAL_RESOURCES of group '" + definition.name() + "': '" + critical
                                    + "' is not a member of it",
                            "Add the member first: crsctl add resource " + critical + " -group " + definition.name()
                                    + " ..., or take it out.");
                }
            }
            problems.addAll(Groups.inOnePlaceOnly(definition, Groups.members(situation, definition.name())));
        }
        if (definition.group().isEmpty()) {
            return;
        }
        ResourceDefinition group = situation.resources().get(new ResourceName(definition.group()));
        if (group == null || !group.type().isGroup()) {
            List<String> groups = situation.resources().values().stream()
                    .filter(each -> each.type().isGroup())
                    .map(each -> each.name().text())
                    .toList();
            problem(
                    "HF-3165",
                    "Resource '" + definition.name() + "': there is no group '" + definition.group() + "'",
                    Spelling.nearest(definition.group(), groups)
                            .map(near -> "Did you mean " + near + "?")
                            .orElse("Add it first: crsctl add resourcegroup " + definition.group()));
        } else if (group.isLocal() != definition.isLocal()) {
            problem(
                    "HF-3163",
                    "Resource '" + definition.name() + "' is a " + (definition.isLocal() ? "local" : "cluster")
                            + " resource, and group '" + group.name() + "' has "
                            + (group.isLocal() ? "local" : "cluster") + " resources only",
                    "Use a group of type "
                            + (definition.isLocal() ? TypeDefinition.LOCAL_GROUP : TypeDefinition.CLUSTER_GROUP) + ".");
        } else {
            problems.addAll(Groups.inOnePlaceOnly(group, List.of(definition)));
        }
    }

    private void refuseUnknownPools(ResourceDefinition definition) {
        for (String pool : definition.serverPools()) {
            boolean known = situation.setup().pools().containsKey(pool)
                    || pool.equals(ServerPool.FREE)
                    || pool.equals(ServerPool.GENERIC);
            if (!known) {
                problem(
                        "HF-3154",
                        "SERVER_POOLS of resource '" + definition.name() + "': there is no server pool '" + pool + "'",
                        Spelling.nearest(pool, situation.setup().pools().keySet())
                                .map(near -> "Did you mean " + near + "?")
                                .orElse("Add it first: crsctl add serverpool " + pool));
            }
        }
    }

    private void unknownServer(String where, String server) {
        List<String> servers =
                situation.servers().values().stream().map(Server::name).toList();
        problem(
                "HF-3115",
                where + ": there is no server '" + server + "'",
                Spelling.nearest(server, servers)
                        .map(near -> "Did you mean " + near + "?")
                        .orElse("The servers are " + String.join(", ", servers) + "."));
    }

    /** What must run on the same server must not be kept away from it. */
    private void refuseApartAndTogether(ResourceDefinition definition) {
        var start = definition.startDependencies();
        for (DependencyTarget apart : start.exclusion()) {
            boolean together = start.hard().stream()
                    .anyMatch(hard ->
                            !hard.global() && hard.name().equals(apart.name()) && hard.ofType() == apart.ofType());
            if (together) {
                problem(
                        "CRS-2514",
                        "Resource '" + definition.name() + "' has both hard(" + apart.name() + ") and exclusion("
                                + apart + "): it could run nowhere",
                        "Take out one of them, or write hard(global:" + apart.name() + ").");
            }
        }
    }

    /**
     * What must be together by way of others, and must not be together. What was so before, in a registry of an earlier
     * release, stops no other change; lint tells it.
     */
    private void refuseContradictions() {
        boolean any = board.entries.values().stream().anyMatch(entry -> !entry.rivals.isEmpty())
                || definitions.values().stream()
                        .flatMap(Optional::stream)
                        .anyMatch(one -> !one.startDependencies().exclusion().isEmpty());
        if (!any) {
            return;
        }
        for (ResourceEntry entry : new Board(situation.with(changes())).entries.values()) {
            ResourceEntry before = board.entries.get(entry.name());
            List<ResourceName> known = before == null
                    ? List.of()
                    : Placement.irreconcilable(before).stream()
                            .map(ResourceEntry::name)
                            .toList();
            for (ResourceEntry rival : Placement.irreconcilable(entry)) {
                boolean first = entry.name().compareTo(rival.name()) < 0;
                if (first && !known.contains(rival.name())) {
                    problem(
                            "HF-3167",
                            "Resource '" + entry + "' would have to be on one server with '" + rival
                                    + "' (hard dependencies, groups), and shares no server with it (exclusion): they would never both run",
                            "Take out one of the two, or write global: in a hard dependency between them.");
                }
            }
        }
    }

    private void refuseAddressTwice(ResourceDefinition definition) {
        if (!definition.type().isA(TypeDefinition.CLUSTER_VIP)) {
            return;
        }
        String address = definition.value("USR_ORA_VIP");
        Optional<IpAddress> parsed = IpAddress.parse(address); // One address of IPv6 has several spellings.
        for (ResourceDefinition other : situation.resources().values()) {
            if (!other.name().equals(definition.name())
                    && other.type().isA(TypeDefinition.CLUSTER_VIP)
                    && IpAddress.parse(other.value("USR_ORA_VIP")).equals(parsed)) {
                problem(
                        "HF-3116",
                        "The address " + address + " of '" + definition.name() + "' belongs to resource '"
                                + other.name() + "' already",
                        "Choose another address.");
            }
        }
    }

    private void hintAtPullup(ResourceDefinition definition) {
        var start = definition.startDependencies();
        for (DependencyTarget hard : start.hard()) {
            boolean pulled = hard.name().equals(definition.group())
                    || start.pullup().stream().anyMatch(pullup -> pullup.name().equals(hard.name()));
            if (!pulled) {
                notes.add(new Message(
                        "HF-3117",
                        "'" + definition.name() + "' has hard(" + hard + ") but no pullup(" + hard.name()
                                + "): after a failure of '" + hard.name() + "' it will stay down",
                        "To have it brought back, add pullup(" + hard + ") to its START_DEPENDENCIES."));
            }
        }
    }

    /** Hard dependencies must not lead back. */
    private void circle(ResourceDefinition definition) {
        List<String> path = new ArrayList<>(List.of(definition.name().text()));
        Set<String> seen = new HashSet<>();
        checking = definition;
        if (leadsTo(definition, definition.name(), path, seen)) {
            problem(
                    "CRS-2515",
                    "Circular dependency: " + String.join(" -> ", path),
                    "Hard dependencies must not lead back to the resource.");
        }
    }

    private boolean leadsTo(ResourceDefinition from, ResourceName goal, List<String> path, Set<String> seen) {
        List<DependencyTarget> targets =
                new ArrayList<>(from.startDependencies().hard());
        targets.addAll(from.stopDependencies().hard());
        for (DependencyTarget target : targets) {
            for (ResourceName name : meant(target, from.name())) {
                // A direct reference to itself is said elsewhere.
                if (name.equals(goal) && from.name().equals(goal)) {
                    continue;
                }
                path.add(name.text());
                if (name.equals(goal)) {
                    return true;
                }
                ResourceDefinition next = situation.resources().get(name);
                if (next != null && seen.add(name.text()) && leadsTo(next, goal, path, seen)) {
                    return true;
                }
                path.removeLast();
            }
        }
        return false;
    }

    private List<ResourceName> meant(DependencyTarget target, ResourceName from) {
        if (!target.ofType()) {
            return withCritical(new ResourceName(target.name()), from);
        }
        List<ResourceName> names = new ArrayList<>();
        for (ResourceDefinition each : situation.resources().values()) {
            if (each.type().isA(target.name()) && !each.name().equals(from)) {
                names.add(each.name());
            }
        }
        ResourceDefinition added = checking;
        boolean meansIt = added != null
                && added.type().isA(target.name())
                && !added.name().equals(from)
                && !names.contains(added.name());
        if (meansIt && added != null) {
            names.add(added.name());
        }
        return names;
    }

    /** From outside, a group stands for what is critical in it, too. */
    private List<ResourceName> withCritical(ResourceName target, ResourceName from) {
        ResourceDefinition added = checking;
        ResourceDefinition group = added != null && added.name().equals(target)
                ? added
                : situation.resources().get(target);
        ResourceDefinition asking = added != null && added.name().equals(from)
                ? added
                : situation.resources().get(from);
        List<ResourceName> names = new ArrayList<>(List.of(target));
        boolean inside = asking != null && asking.group().equals(target.text());
        if (group == null || !group.type().isGroup() || inside) {
            return names;
        }
        for (ResourceDefinition each : situation.resources().values()) {
            if (each.group().equals(target.text())
                    && (added == null || !each.name().equals(added.name()))
                    && Groups.isCritical(group, each)) {
                names.add(each.name());
            }
        }
        if (added != null && added.group().equals(target.text()) && Groups.isCritical(group, added)) {
            names.add(added.name());
        }
        return names;
    }

    private Decision delete(Command.Delete delete) {
        Set<ResourceEntry> entries = new LinkedHashSet<>();
        for (String name : new LinkedHashSet<>(delete.names())) {
            ResourceEntry entry = find(name);
            if (entry != null) {
                entries.add(entry);
            }
        }
        for (ResourceEntry entry : entries) {
            List<NodeId> places = board.whereItMayRun(entry);
            if (isFrozen(entry, false)) {
                continue;
            }
            if (!places.isEmpty() && !delete.force()) {
                problem(
                        "HF-3118",
                        "Resource '" + entry + "' is not deleted: " + whyNotDeleted(entry, places),
                        isUnknownEverywhere(entry)
                                ? "Make sure that it does not, then: crsctl stop resource " + entry
                                        + " -f. Or use -f to kill its processes and delete it."
                                : isActive(entry)
                                        ? "First: crsctl stop resource " + entry + ", or use -f to stop and delete it."
                                        : "Wait until that is known (crsctl status server), or use -f: it is deleted"
                                                + " then.");
            }
            for (ResourceEntry member : entry.members) {
                if (!entries.contains(member)) {
                    problem(
                            "HF-3164",
                            "Group '" + entry + "' has the member '" + member + "'",
                            "Delete '" + member
                                    + "' first, or in the same command, or take it out: crsctl modify resource "
                                    + member + " -attr RESOURCE_GROUP=''");
                }
            }
            for (ResourceEntry dependent : entry.dependents) {
                if (!entries.contains(dependent) && !delete.force() && dependent.group != entry) {
                    problem(
                            "CRS-2730",
                            "Resource '" + dependent + "' depends on resource '" + entry + "'",
                            "Delete '" + dependent + "' first, or in the same command, or use -f.");
                }
            }
        }
        if (!problems.isEmpty()) {
            return refused();
        }
        for (ResourceEntry entry : entries) {
            List<NodeId> places = board.whereItMayRun(entry);
            if (isUnknownEverywhere(entry)) {
                notes.add(new Message(
                        "HF-3190",
                        "Resource '" + entry + "' is deleted although nobody knows whether it runs on " + places(entry)
                                + ": its processes there are killed. What its script keeps elsewhere, such as a mount, may be"
                                + " left: look there before it is started anywhere again",
                        ""));
                definitions.put(entry.name(), Optional.empty());
            } else if (!places.isEmpty()) {
                if (!isActive(entry)) {
                    notes.add(new Message(
                            "HF-3191",
                            "Resource '" + entry + "' may be running on " + board.names(places)
                                    + "; it is deleted as soon as it is known not to",
                            ""));
                }
                Wanted stopped = entry.wanted;
                for (Slot slot : entry.slots) {
                    stopped = stopped.with(slot.number, slot.after().stopped());
                }
                wanted.put(entry.name(), new Wanted(stopped.instances(), true));
                awaits.put(entry.name(), new Awaited(Target.OFFLINE, Optional.empty()));
            } else {
                definitions.put(entry.name(), Optional.empty());
            }
        }
        return accept();
    }

    /** All of it is judged in the cluster as it will be, so that the order in a file means nothing. */
    private Decision apply(Command.Apply apply) {
        String revision = Policy.revision(situation);
        if (apply.revision().filter(meant -> !meant.equals(revision)).isPresent()) {
            return refuse(
                    "HF-3170",
                    "The configuration was changed since revision "
                            + apply.revision().get() + ", it is now revision " + revision,
                    "Export it anew and make the changes in that; or take the line 'revision' out of the file.");
        }
        setup = new SetupJudgement(situation, problems).define(apply.beside());
        var reading = new Judgement(situation.with(changes()));
        SortedMap<ResourceName, ResourceDefinition> defined = new TreeMap<>();
        apply.definitions()
                .forEach((text, given) -> reading.defined(text, given).ifPresent(it -> defined.put(it.name(), it)));
        problems.addAll(reading.problems);
        if (!problems.isEmpty()) {
            return refused();
        }
        defined.forEach((name, definition) -> definitions.put(name, Optional.of(definition)));
        Situation withNew = situation.with(changes());
        var deletion = new Judgement(withNew);
        deletion.delete(new Command.Delete(apply.delete(), apply.force()));
        problems.addAll(deletion.problems);
        TreeMap<ResourceName, Optional<ResourceDefinition>> gone = new TreeMap<>();
        apply.delete().stream()
                .filter(ResourceName::isValid)
                .forEach(name -> gone.put(new ResourceName(name), Optional.empty()));
        var inTheEnd = new Judgement(withNew.with(new Changes(gone, new TreeMap<>(), new TreeMap<>())));
        defined.values().forEach(definition -> inTheEnd.validate(definition, apply.force()));
        problems.addAll(inTheEnd.problems);
        notes.addAll(inTheEnd.notes);
        for (ResourceDefinition definition : defined.values()) {
            ResourceEntry before = board.entries.get(definition.name());
            if (before != null) {
                refuseToPullTheRug(before, definition);
                forgiveFailures(before);
            } else {
                wanted.put(definition.name(), fresh(definition));
            }
        }
        if (!problems.isEmpty()) {
            return refused();
        }
        definitions.putAll(deletion.definitions);
        wanted.putAll(deletion.wanted);
        awaits.putAll(deletion.awaits);
        new SetupJudgement(situation.with(changes()), problems).endsWell(setup, situation.setup());
        refuseContradictions();
        if (!problems.isEmpty()) {
            return refused();
        }
        if (definitions.isEmpty() && wanted.isEmpty()) {
            return setup.isEmpty() ? accept() : acceptSetup(apply.force());
        }
        Set<ResourceName> asked = new TreeSet<>(defined.keySet());
        asked.addAll(gone.keySet());
        return acceptUnlessItStops(asked, apply.force(), true);
    }

    /** A definition of {@link Command.Apply}; empty if something is wrong with it in itself, which was said. */
    private Optional<ResourceDefinition> defined(String text, Command.Defined given) {
        TypeDefinition type = typeNamed(given.type());
        if (!ResourceName.isValid(text)) {
            problem(
                    "HF-3110",
                    "'" + text + "' is not a resource name",
                    "Use letters, digits, dots, dashes and underscores; do not begin with a dot.");
            return Optional.empty();
        }
        if (type == null) {
            return Optional.empty();
        }
        ResourceName name = new ResourceName(text);
        ResourceDefinition before = situation.resources().get(name);
        if (before != null && !before.type().name().equals(type.name())) {
            problem(
                    "HF-3113",
                    "TYPE of resource '" + name + "' cannot be changed: it is "
                            + before.type().name(),
                    "Delete the resource and add it again.");
            return Optional.empty();
        }
        if (before == null && text.startsWith("ora.") && !type.isNative()) {
            problem("HF-3110", "The name '" + text + "' begins with 'ora.', which is reserved", "Choose another name.");
            return Optional.empty();
        }
        return Optional.ofNullable(read(name, type, given.attributes()));
    }

    // --- start

    private Decision start(Command.Start start) {
        instance = start.instance().orElse(0);
        boolean all = start.selection() instanceof Command.Selection.All;
        NodeId node = server(start.server());
        within = serversOf(start.pools(), start.server());
        List<ResourceEntry> entries = select(start.selection());
        if (!problems.isEmpty()) {
            return refused();
        }
        SortedSet<ResourceName> asked = new TreeSet<>();
        for (ResourceEntry entry : entries) {
            boolean begun = startOne(entry, node, start.force(), all || !entry.members.isEmpty());
            if (begun) {
                asked.add(entry.name());
            }
            boolean more = startMembers(entry, node, asked);
            if (!begun && !more && !all && !entry.members.isEmpty() && problems.isEmpty()) {
                startOne(entry, node, start.force(), false); // It says that it runs already.
            }
            if (!begun && all && entry.members.isEmpty() && isUpAsAsked(entry, node)) {
                already.add(runsAlready(entry, ""));
            }
        }
        if (asked.isEmpty() && problems.isEmpty()) {
            if (!all && !already.isEmpty()) {
                return nothingToDo();
            }
            return within.isEmpty()
                    ? refuse("CRS-5702", "Nothing to start: everything is already running", "")
                    : refuse(
                            "CRS-5702",
                            "Nothing to start: everything that can run on " + names(within) + " is already running",
                            "");
        }
        if (!problems.isEmpty()) {
            return refused();
        }
        notes.addAll(already);
        for (ResourceName name : asked) {
            ResourceEntry entry = board.entries.get(name);
            if ((node != null || !within.isEmpty()) && entry != null && !entry.isLocal()) {
                forgiveCompanions(entry);
            }
        }
        Draft then = draft();
        List<ResourceName> unplaced =
                asked.stream().filter(name -> !willRun(then, name, node)).toList();
        if (!unplaced.isEmpty() && start.force() && node == null) {
            for (ResourceName name : unplaced) {
                tryEverywhere(name);
            }
        }
        if (start.leave()) {
            leaveWhereItFails();
        }
        return finishStart(asked, node, start.force(), all);
    }

    /** {@code start -l}: what the command starts goes where it would go now, or nowhere. */
    private void leaveWhereItFails() {
        Draft then = draft();
        for (Map.Entry<ResourceName, Wanted> each : List.copyOf(wanted.entrySet())) {
            ResourceEntry entry = then.board().entries.get(each.getKey());
            if (entry == null || entry.isLocal()) {
                continue;
            }
            for (Slot slot : entry.slots) {
                NodeId goal = slot.goal;
                WantedInstance one = each.getValue().instance(slot.number);
                if (slot.target == Target.ONLINE
                        && slot.at == null
                        && goal != null
                        && (slot.wish == null || slot.wish.allows(goal))) {
                    wanted.put(
                            entry.name(),
                            wantedOf(entry).with(slot.number, one.started(false, Optional.of(new Wish(goal, true)))));
                }
            }
        }
    }

    private Wanted wantedOf(ResourceEntry entry) {
        return wanted.getOrDefault(entry.name(), entry.wanted);
    }

    /** A group is started with its members. True if there was anything to start. */
    private boolean startMembers(ResourceEntry group, @Nullable NodeId node, SortedSet<ResourceName> asked) {
        boolean any = false;
        numbers = startedOf(group, node);
        for (ResourceEntry member : group.members) {
            boolean wished = member.definition.enabled() && !member.deleting;
            if (!wished && group.isCritical(member)) {
                problem(
                        "CRS-2501",
                        "Resource '" + member + "', which is critical in group '" + group + "', is disabled",
                        "crsctl modify resource " + member + " -attr ENABLED=1");
            }
            if (wished && startOne(member, member.isLocal() ? node : null, false, true)) {
                any = true;
                if (group.isCritical(member)) {
                    asked.add(member.name());
                } else {
                    awaits.remove(member.name());
                }
            }
        }
        numbers = Set.of();
        return any;
    }

    /** Of a group with several instances: those that are on the servers that are meant, or are started there. */
    private Set<Integer> startedOf(ResourceEntry group, @Nullable NodeId node) {
        Set<Integer> started = new TreeSet<>();
        boolean some = group.isPlural() && (node != null || !within.isEmpty());
        for (Slot slot : some ? group.slots : List.<Slot>of()) {
            Optional<Wish> wish = wantedOf(group).instance(slot.number).wish();
            boolean there = slot.at != null && (node == null ? isWithin(slot.at) : node.equals(slot.at));
            boolean comes = wish.filter(each -> node == null ? each.nodes().equals(within) : each.isFor(node))
                    .isPresent();
            if (there || comes) {
                started.add(slot.number);
            }
        }
        return started;
    }

    private Decision finishStart(SortedSet<ResourceName> asked, @Nullable NodeId node, boolean force, boolean all) {
        Draft then = draft();
        for (ResourceName name : asked) {
            if (!willRun(then, name, node)) {
                List<Message> why = stuckOf(then, name);
                if (all) {
                    notes.addAll(why); // -all starts what can be started.
                } else {
                    problems.addAll(why);
                }
            }
        }
        if (all) {
            asked.stream().filter(name -> !willRun(then, name, node)).forEach(name -> awaits.remove(name));
        }
        if (!problems.isEmpty()) {
            return refused();
        }
        return acceptUnlessItStops(asked, force, false);
    }

    private static List<Message> stuckOf(Draft draft, ResourceName name) {
        return draft.plan()
                .stuck()
                .getOrDefault(
                        name,
                        List.of(new Message(
                                "CRS-2632",
                                "There are no more servers to try to place resource '" + name
                                        + "' on that would satisfy its placement policy",
                                "crsctl status resource -t shows the servers.")));
    }

    private boolean willRun(Draft draft, ResourceName name, @Nullable NodeId node) {
        ResourceEntry entry = draft.board().entries.get(name);
        if (entry == null) {
            return false;
        }
        boolean any = false;
        for (Slot slot : entry.slots) {
            boolean relevant = slot.target == Target.ONLINE
                    && isMeant(slot)
                    && (!entry.isLocal()
                            || (draft.board().isReady(NodeId.onPaper(slot.number))
                                    && (node == null || node.number() == slot.number)
                                    && isWithin(NodeId.onPaper(slot.number))));
            if (relevant) {
                boolean good = slot.goal != null;
                if (!good && entry.isSingle()) {
                    return false;
                }
                any = any || (good && (node == null || node.equals(slot.goal)) && isWithin(slot.goal));
            }
        }
        return any;
    }

    private boolean isWithin(@Nullable NodeId node) {
        return within.isEmpty() || (node != null && within.contains(node));
    }

    /** Whether a resource is meant as a whole: all of its instances, wherever they are. */
    private boolean isAboutAll(@Nullable NodeId node) {
        return node == null && instance == 0 && numbers.isEmpty() && within.isEmpty();
    }

    private boolean isMeant(Slot slot) {
        return (instance == 0 || slot.number == instance) && (numbers.isEmpty() || numbers.contains(slot.number));
    }

    /** True if it has no instance of the number that is meant, or that is elsewhere; this was said. */
    private boolean lacksInstance(ResourceEntry entry, @Nullable NodeId node, boolean all) {
        if (instance == 0) {
            return false;
        }
        boolean lacks = entry.slots.stream().noneMatch(this::isMeant);
        if (lacks && !all) {
            problem(
                    "HF-3126",
                    "Resource '" + entry + "' has no instance " + instance + ": "
                            + (entry.isLocal()
                                    ? "instances of a local resource have the numbers of their servers"
                                    : entry.cardinality == 0
                                            ? "there is no server in its pools"
                                            : "it has " + numbered(entry)),
                    "crsctl status resource " + entry + " -v shows the numbers: CARDINALITY_ID.");
        }
        if (lacks || !entry.isLocal() || node == null || node.number() == instance) {
            return lacks;
        }
        if (!all) {
            problem(
                    "HF-3127",
                    "Instance " + instance + " of local resource '" + entry + "' is the one on '"
                            + board.nameOf(NodeId.onPaper(instance)) + "', not on '" + board.nameOf(node) + "'",
                    "Give -k or -n, not both.");
        }
        return true;
    }

    private static String numbered(ResourceEntry entry) {
        int count = entry.slots.size();
        if (entry.slots.getLast().number == count) {
            return (count == 1 ? "one" : String.valueOf(count)) + ", numbered from 1";
        }
        return (count == 1 ? "instance " : "instances ")
                + entry.slots.stream().map(slot -> String.valueOf(slot.number)).collect(Collectors.joining(", "));
    }

    /** A resource, or the instance of it that is meant, as said to people. */
    private String said(ResourceEntry entry) {
        return (instance == 0 ? "resource '" : "instance " + instance + " of resource '") + entry + "'";
    }

    private boolean isDisabledOn(ResourceEntry entry, NodeId node, boolean all) {
        if (entry.definition.on(board.nameOf(node)).enabled()) {
            return false;
        }
        if (!all) {
            problem(
                    "CRS-2662",
                    "Resource '" + entry + "' is disabled on server '" + board.nameOf(node) + "'",
                    "crsctl modify resource " + entry + " -attr \"ENABLED@SERVERNAME(" + board.nameOf(node) + ")=1\"");
        }
        return true;
    }

    /** False, after a problem: it may run where nobody knows, and so it is not started elsewhere. */
    private boolean isPinnedElsewhere(Slot pinned, NodeId at, String refusal) {
        problem(
                "CRS-2678",
                refusal + ": nobody knows whether it runs on '" + board.nameOf(at) + "', where its state is UNKNOWN",
                Aftermath.unpin(pinned, board.nameOf(at)));
        return false;
    }

    /** Notes down what a start of this resource wants. False if there is nothing to do, which was said. */
    private boolean startOne(ResourceEntry entry, @Nullable NodeId node, boolean force, boolean all) {
        if (isFrozen(entry, all)) {
            return false;
        }
        if (!entry.definition.enabled()) {
            if (!all) {
                problem(
                        "CRS-2501",
                        "Resource '" + entry + "' is disabled",
                        "crsctl modify resource " + entry + " -attr ENABLED=1");
            }
            return false;
        }
        if (entry.deleting) {
            problem("HF-3119", "Resource '" + entry + "' is being deleted", "Add it again when that is done.");
            return false;
        }
        if (lacksInstance(entry, node, all)) {
            return false;
        }
        if (node != null && isDisabledOn(entry, node, all)) {
            return false;
        }
        Slot pinned = entry.isSingle() && entry.slots.getFirst().isPinned() ? entry.slots.getFirst() : null;
        if (pinned != null && pinned.at != null && node != null && !node.equals(pinned.at)) {
            return isPinnedElsewhere(
                    pinned, pinned.at, "Cannot start " + said(entry) + " on '" + board.nameOf(node) + "'");
        }
        List<Slot> slots = new ArrayList<>();
        for (Slot slot : entry.slots) {
            boolean here = isMeant(slot)
                    && (!entry.isLocal()
                            || ((node == null || slot.number == node.number())
                                    && isWithin(NodeId.onPaper(slot.number))));
            boolean wantedAlready = slot.isUp() && slot.target == Target.ONLINE && !slot.stopping;
            if (here && !wantedAlready) {
                slots.add(slot);
            }
        }
        Slot there = node == null ? null : entry.slotFor(node);
        boolean upThere = there != null && there.isUp() && there.target == Target.ONLINE && !there.stopping;
        boolean outside = entry.isLocal() && (node == null ? entry.slots.isEmpty() : !board.isInCategory(entry, node));
        if (outside) {
            if (!all) {
                problem(
                        "CRS-2504",
                        "Resource '" + entry + "' cannot be placed on "
                                + (node == null ? "any server" : "'" + board.nameOf(node) + "'")
                                + ": SERVER_CATEGORY=" + board.categoryAsSaid(entry),
                        "See who is in it: crsctl status server -category " + board.categoryOf(entry));
            }
            return false;
        }
        if (node != null && there != null && upThere && !isMeant(there)) {
            if (!all) {
                problem(
                        "CRS-5702",
                        "Resource '" + entry + "' is already running on '" + board.nameOf(node) + "' with instance "
                                + there.number + ", and runs once at most on a server",
                        "Name another server.");
            }
            return false;
        }
        if (upThere || (slots.isEmpty() && !(force && node != null && entry.isSingle()))) {
            if (!all && (node == null ? within.isEmpty() || isUpAsAsked(entry, null) : upThere)) {
                already.add(runsAlready(entry, ""));
            } else if (!all) {
                problems.add(runsAlready(
                        entry,
                        "To move it: crsctl relocate resource " + entry
                                + (node == null
                                        ? " -n SERVER"
                                        : (instance > 1 ? " -k " + instance : "") + " -n " + board.nameOf(node))));
            }
            return false;
        }
        if (node != null && !entry.isLocal() && isRefused(node)) {
            return false;
        }
        if (node != null && !entry.isLocal() && !board.allows(entry, node)) {
            cannotBePlaced(entry, node);
            return false;
        }
        if (!within.isEmpty() && !entry.isLocal()) {
            slots = thatFit(entry, slots, all);
            if (slots.isEmpty()) {
                return false;
            }
        }
        if (slots.isEmpty()) {
            slots.add(entry.slots.getFirst());
        } else if (node != null && !entry.isLocal()) {
            Slot chosen = slots.stream()
                    .min(Comparator.comparingInt(slot -> strangeness(slot, node)))
                    .orElseThrow();
            if (chosen.isPinned() && chosen.at != null && !node.equals(chosen.at)) {
                return all
                        ? false
                        : isPinnedElsewhere(
                                chosen, chosen.at, "Cannot start " + said(entry) + " on '" + board.nameOf(node) + "'");
            }
            slots = List.of(chosen);
        }
        Wanted changed = wanted.getOrDefault(entry.name(), entry.wanted);
        for (Slot slot : slots) {
            changed = changed.with(slot.number, slot.after().started(slot.at != null, wishFor(slot, node)));
        }
        if (isAboutAll(node)) {
            changed = withAbsent(entry, changed, Target.ONLINE);
        } else if (board.grows(entry)) {
            // The others are as they are: only a server that is new to its category or its pools gets one by itself.
            for (Slot other : entry.slots) {
                if (other.isNew() && !slots.contains(other)) {
                    changed = changed.with(other.number, other.after());
                }
            }
        }
        wanted.put(entry.name(), changed);
        awaits.put(entry.name(), new Awaited(Target.ONLINE, Optional.ofNullable(node), within, asNumber()));
        Set<ResourceEntry> seen = new HashSet<>(Set.of(entry));
        bring(entry, seen, true);
        return true;
    }

    /** Whether every instance that is meant runs, and where it was asked for. */
    private boolean isUpAsAsked(ResourceEntry entry, @Nullable NodeId node) {
        boolean any = false;
        for (Slot slot : entry.slots) {
            NodeId place = entry.isLocal() ? NodeId.onPaper(slot.number) : slot.at;
            boolean elsewhere = !isWithin(place) || (node != null && !node.equals(place));
            if (!isMeant(slot) || (elsewhere && (entry.isLocal() || node != null))) {
                continue;
            }
            if (elsewhere || !slot.isUp() || slot.target != Target.ONLINE || slot.stopping) {
                return false;
            }
            any = true;
        }
        return any;
    }

    private Message runsAlready(ResourceEntry entry, String nextStep) {
        Observed seen = entry.slots.size() == 1 ? entry.slots.getFirst().present() : null;
        boolean partly = seen != null && seen.state() == ResourceState.INTERMEDIATE;
        return new Message(
                partly ? "CRS-2800" : "CRS-5702",
                partly
                        ? "Cannot start resource '" + entry + "' as it is already in the INTERMEDIATE state on '"
                                + placesUp(entry) + "'"
                        : "Resource '" + entry + "' is already running on '" + placesUp(entry) + "'",
                nextStep);
    }

    /** How little an instance that does not run suits a server: the one whose group is there suits it best, one that is stuck least. */
    private static int strangeness(Slot slot, NodeId node) {
        Slot anchor = slot.anchor();
        if (anchor != null && node.equals(anchor.at)) {
            return 0;
        }
        return slot.isPinned() ? 3 : anchor != null && anchor.at != null ? 2 : 1;
    }

    private Optional<Integer> asNumber() {
        return instance == 0 ? Optional.empty() : Optional.of(instance);
    }

    /** {@code start -s}: as many as there is room for on the servers of the pools. Empty if there is none, which was said. */
    private List<Slot> thatFit(ResourceEntry entry, List<Slot> slots, boolean all) {
        List<String> obstacles = new ArrayList<>();
        int room = 0;
        for (NodeId node : within.nodes()) {
            Obstacle refusal = board.refusal(node);
            Slot there = entry.slotFor(node);
            String obstacle = !board.isReady(node)
                    ? "it is not ONLINE"
                    : refusal != null
                            ? refusal.text()
                            : !board.allows(entry, node)
                                    ? board.restriction(entry, node)
                                    : there != null && there.isUp() ? "one of its instances is there" : null;
            if (obstacle == null) {
                room++;
            } else {
                obstacles.add(board.nameOf(node) + ": " + obstacle);
            }
        }
        List<Slot> fitting = new ArrayList<>();
        for (Slot slot : slots) {
            if (slot.isPinned() && !isWithin(slot.at)) {
                obstacles.add("nobody knows whether it runs on " + board.nameOf(Objects.requireNonNull(slot.at)));
            } else if (fitting.size() < room) {
                fitting.add(slot);
            }
        }
        if (fitting.isEmpty() && !all) {
            problem(
                    "CRS-2504",
                    "Resource '" + entry + "' cannot be started on a server of these pools: "
                            + String.join("; ", obstacles),
                    "Name other pools, or a server with -n.");
        }
        return fitting;
    }

    private Optional<Wish> wishFor(Slot slot, @Nullable NodeId node) {
        if (slot.isPinned() && slot.at != null) {
            return Optional.of(new Wish(slot.at, false)); // Where nobody knows, it is cleaned first.
        }
        if (!within.isEmpty() && !slot.entry.isLocal()) {
            return Optional.of(new Wish(within, true));
        }
        if (node == null || slot.entry.isLocal()) {
            return Optional.empty();
        }
        return Optional.of(new Wish(node, !slot.isUp()));
    }

    /** Sets the TARGET of what a resource needs to ONLINE, and of what it would like to have. */
    private void bring(ResourceEntry entry, Set<ResourceEntry> seen, boolean required) {
        for (Reference reference : entry.hard) {
            if (reference.resources().isEmpty()) {
                if (required) {
                    problem(
                            "CRS-2805",
                            "Unable to start '" + entry + "' because it has a 'hard' dependency on '"
                                    + reference.target().name() + "', and no such resource is registered",
                            "Add it, or change START_DEPENDENCIES of " + entry + ".");
                }
                continue;
            }
            bringOneOf(entry, reference, seen, required);
        }
        for (Reference reference : entry.weak) {
            if (reference.target().ofType()) {
                reference.resources().forEach(target -> bringOne(entry, target, seen, false, false));
            } else {
                bringOneOf(entry, reference, seen, false);
            }
        }
    }

    private void bringOneOf(ResourceEntry source, Reference reference, Set<ResourceEntry> seen, boolean required) {
        if (reference.resources().isEmpty()) {
            return; // It was deleted, and nothing that is required depends on it.
        }
        ResourceEntry chosen = reference.resources().getFirst();
        for (ResourceEntry candidate : reference.resources()) {
            if (candidate.slots.stream().anyMatch(slot -> slot.isUp() || slot.wantsToRun())) {
                chosen = candidate;
                break;
            }
        }
        // Anywhere will do: where none is wanted, one instance is enough, unless all are asked for.
        bringOne(
                source,
                chosen,
                seen,
                required,
                reference.global() && !reference.target().uniform());
    }

    private void bringOne(
            ResourceEntry source, ResourceEntry entry, Set<ResourceEntry> seen, boolean required, boolean anyInstance) {
        if (!seen.add(entry)) {
            return;
        }
        if (!entry.definition.enabled() || entry.deleting) {
            if (required) {
                problem(
                        "CRS-2501",
                        "Resource '" + entry + "', which is needed, is disabled",
                        "crsctl modify resource " + entry + " -attr ENABLED=1");
            }
            return;
        }
        Wanted changed = wanted.getOrDefault(entry.name(), entry.wanted);
        boolean moved = false;
        boolean enough = anyInstance && entry.slots.stream().anyMatch(Slot::wantsToRun);
        for (Slot slot : entry.slots) {
            if (enough) {
                break;
            }
            boolean fine = slot.isUp() && slot.target == Target.ONLINE && !slot.stopping;
            boolean beside = source.goesWith(entry)
                    && wantedOf(source).instance(slot.number).target() == Target.OFFLINE;
            // What is pinned needs a decision of its own.
            if (!fine && !beside && !slot.isPinned() && !wanted.containsKey(entry.name())) {
                changed = changed.with(slot.number, slot.after().started(slot.at != null, Optional.empty()));
                moved = true;
                enough = anyInstance && (!entry.isLocal() || board.isReady(NodeId.onPaper(slot.number)));
            }
        }
        if (moved) {
            boolean some = anyInstance || source.goesWith(entry);
            wanted.put(entry.name(), some ? changed : withAbsent(entry, changed, Target.ONLINE));
        }
        bring(entry, seen, required);
        boolean fromInside = seen.stream().anyMatch(entry.members::contains);
        for (ResourceEntry member : fromInside ? List.<ResourceEntry>of() : entry.members) {
            bringOne(entry, member, seen, required && entry.isCritical(member), false);
        }
    }

    /** {@code start -f}: the nodes in the order of its placement, until one brings it up with all that must move. */
    private void tryEverywhere(ResourceName name) {
        ResourceEntry entry = board.entries.get(name);
        if (entry == null || !entry.isSingle()) {
            return;
        }
        SortedMap<ResourceName, Wanted> before = new TreeMap<>(wanted);
        Wanted own = wanted.getOrDefault(name, entry.wanted);
        for (NodeId node : byRank(entry)) {
            if (!isWithin(node)) {
                continue;
            }
            WantedInstance one = own.instance(1).started(false, Optional.of(new Wish(node, false)));
            wanted.put(name, own.with(1, one));
            forgiveCompanions(entry);
            if (willRun(draft(), name, node)) {
                return;
            }
        }
        wanted.clear();
        wanted.putAll(before);
    }

    private List<NodeId> byRank(ResourceEntry entry) {
        List<NodeId> nodes = new ArrayList<>(board.ready);
        nodes.sort(Comparator.comparingInt((NodeId node) -> board.rank(entry, node))
                .thenComparing(node -> node));
        return nodes;
    }

    // --- stop

    private Decision stop(Command.Stop stop) {
        instance = stop.instance().orElse(0);
        boolean all = stop.selection() instanceof Command.Selection.All;
        NodeId node = server(stop.server());
        within = serversOf(stop.pools(), stop.server());
        List<ResourceEntry> entries = select(stop.selection());
        if (!problems.isEmpty()) {
            return refused();
        }
        SortedSet<ResourceName> asked = new TreeSet<>();
        Set<ResourceEntry> named = Set.copyOf(entries);
        for (ResourceEntry entry : withMembers(entries)) {
            if (isFrozen(entry, all)) {
                continue;
            }
            if (lacksInstance(entry, node, all || !named.contains(entry))) {
                continue;
            }
            if (!stop.force()) {
                refuseUnderFrozen(entry, node);
            }
            Wanted changed = entry.wanted;
            boolean any = false;
            for (Slot slot : entry.slots) {
                NodeId place = placeOf(slot);
                boolean here = (node == null || node.equals(place)) && isWithin(place);
                boolean something = slot.at != null || slot.target == Target.ONLINE;
                if (here && something && isMeant(slot)) {
                    any = true;
                    changed = changed.with(slot.number, slot.after().stopped());
                }
            }
            if (isAboutAll(node)) {
                Wanted present = changed;
                changed = withAbsent(entry, changed, Target.OFFLINE);
                any = any || !changed.equals(present);
            }
            if (any) {
                wanted.put(entry.name(), changed);
                asked.add(entry.name());
                awaits.put(entry.name(), new Awaited(Target.OFFLINE, Optional.ofNullable(node), within, asNumber()));
            } else if (!all && named.contains(entry)) {
                already.add(new Message(
                        "CRS-2500",
                        "Cannot stop " + said(entry) + " as it is not running"
                                + (node != null
                                        ? " on '" + board.nameOf(node) + "'"
                                        : within.isEmpty() ? "" : " on a server of these pools: " + names(within)),
                        ""));
            }
        }
        if (asked.isEmpty() && problems.isEmpty()) {
            return all || already.isEmpty()
                    ? refuse("CRS-2500", "Nothing to stop: nothing is running", "")
                    : nothingToDo();
        }
        if (!problems.isEmpty()) {
            return refused();
        }
        notes.addAll(already);
        Draft then = draft();
        Set<ResourceName> others = stoppedBy(then, asked);
        Set<ResourceName> stopped = new TreeSet<>(asked);
        stopped.addAll(others);
        for (ResourceName other : others) {
            ResourceEntry dependent = board.entries.get(other);
            if (dependent == null) {
                continue;
            }
            if (stop.force()) {
                holdUnlessPulledUp(dependent, stopped);
            } else {
                ResourceName cause = causeOf(dependent, asked);
                problem(
                        "CRS-2530",
                        "Unable to stop resource '" + cause + "' because resource '" + other
                                + "' has a stop-time 'hard' dependency on it",
                        "Stop both: crsctl stop resource " + cause + " -f");
            }
        }
        return problems.isEmpty() ? accept() : refused();
    }

    /** Where it is; of one that is down, where it would be: a local one on its server, one of a group with that. */
    private static @Nullable NodeId placeOf(Slot slot) {
        ResourceEntry entry = slot.entry;
        if (slot.at != null) {
            return slot.at;
        }
        if (entry.isLocal()) {
            return NodeId.onPaper(slot.number);
        }
        Slot anchor = entry.isPlural() ? slot.anchor() : null;
        return anchor == null ? null : anchor.at;
    }

    /**
     * The same wanted of the instances that there are not at present, because a pool, a category or CARDINALITY is smaller than it
     * was: what was started or stopped as a whole is so also when they are there again.
     */
    private static Wanted withAbsent(ResourceEntry entry, Wanted changed, Target target) {
        Set<Integer> present = new HashSet<>();
        entry.slots.forEach(slot -> present.add(slot.number));
        Wanted all = changed;
        for (Map.Entry<Integer, WantedInstance> each : changed.instances().entrySet()) {
            if (!present.contains(each.getKey()) && each.getValue().target() != target) {
                all = all.with(
                        each.getKey(),
                        target == Target.ONLINE
                                ? each.getValue().started(false, Optional.empty())
                                : each.getValue().stopped());
            }
        }
        return all;
    }

    private static List<ResourceEntry> withMembers(Collection<ResourceEntry> entries) {
        Set<ResourceEntry> all = new LinkedHashSet<>(entries);
        entries.forEach(entry -> all.addAll(entry.members));
        return List.copyOf(all);
    }

    /** Its TARGET stays ONLINE: with a pullup it comes back together with what was stopped. */
    private void holdUnlessPulledUp(ResourceEntry dependent, Set<ResourceName> stopped) {
        boolean pulledUp = dependent.pullup.stream()
                .flatMap(pullup -> pullup.resources().stream())
                .anyMatch(target -> stopped.contains(target.name()));
        if (pulledUp) {
            return;
        }
        Wanted changed = dependent.wanted;
        for (Slot slot : dependent.slots) {
            if (slot.at != null && slot.target == Target.ONLINE) {
                changed = changed.with(slot.number, slot.after().withHeld(true));
            }
        }
        wanted.put(dependent.name(), changed);
    }

    private static ResourceName causeOf(ResourceEntry dependent, SortedSet<ResourceName> asked) {
        Set<ResourceEntry> seen = new HashSet<>();
        ResourceName found = cause(dependent, asked, seen);
        return found == null ? asked.iterator().next() : found;
    }

    private static @Nullable ResourceName cause(
            ResourceEntry dependent, Set<ResourceName> asked, Set<ResourceEntry> seen) {
        for (List<Reference> references : List.of(dependent.stop, dependent.hard)) {
            for (Reference reference : references) {
                for (ResourceEntry target : reference.resources()) {
                    if (asked.contains(target.name())) {
                        return target.name();
                    }
                    ResourceName further = seen.add(target) ? cause(target, asked, seen) : null;
                    if (further != null) {
                        return further;
                    }
                }
            }
        }
        return null;
    }

    // --- relocate

    private Decision relocate(Command.Relocate relocate) {
        instance = relocate.instance().orElse(0);
        boolean all = relocate.selection() instanceof Command.Selection.All;
        NodeId from = server(relocate.from());
        NodeId to = server(relocate.to());
        List<ResourceEntry> entries = select(relocate.selection());
        if (to != null && !board.isReady(to)) {
            problem(
                    "CRS-2504",
                    "Server '" + board.nameOf(to) + "' is not ONLINE, so nothing can be moved there",
                    "crsctl status server shows the servers.");
        }
        if (!problems.isEmpty()) {
            return refused();
        }
        SortedSet<ResourceName> asked = new TreeSet<>();
        for (ResourceEntry entry : entries) {
            Slot slot = movable(entry, from, to, all);
            if (slot != null) {
                asked.add(entry.name());
            }
        }
        if (asked.isEmpty() && problems.isEmpty() && !already.isEmpty()) {
            return nothingToDo();
        }
        if (asked.isEmpty() && problems.isEmpty()) {
            return refuse(
                    "CRS-2562",
                    "Nothing to relocate: nothing that can be moved is running"
                            + (from == null ? "" : " on '" + board.nameOf(from) + "'"),
                    "");
        }
        if (!problems.isEmpty()) {
            return refused();
        }
        notes.addAll(already);
        for (ResourceName name : asked) {
            ResourceEntry entry = board.entries.get(name);
            if (entry != null) {
                move(entry, from, to);
            }
        }
        if (!problems.isEmpty()) {
            return refused();
        }
        SortedSet<ResourceName> moving = new TreeSet<>(asked);
        withMembers(entries).forEach(entry -> moving.add(entry.name())); // A group moves with its members.
        return acceptUnlessItStops(moving, relocate.force(), false);
    }

    private @Nullable Slot movable(ResourceEntry entry, @Nullable NodeId from, @Nullable NodeId to, boolean all) {
        List<Slot> up = entry.slots.stream()
                .filter(slot ->
                        isMeant(slot) && slot.isUp() && !slot.isPinned() && (from == null || from.equals(slot.at)))
                .toList();
        Slot there = to == null ? null : entry.slotFor(to);
        if (isFrozen(entry, all)) {
            return null;
        }
        if (entry.isLocal()) {
            if (!all) {
                problem(
                        "CRS-2652",
                        "Resource '" + entry + "' is a local resource: it runs on every server"
                                + (board.categoryOf(entry).isEmpty()
                                        ? ""
                                        : " of category " + board.categoryAsSaid(entry))
                                + " and is not moved",
                        "To stop it on one server: crsctl stop resource " + entry + " -n server");
            }
            return null;
        }
        if (lacksInstance(entry, null, all)) {
            return null;
        }
        Slot pinned = entry.slots.stream()
                .filter(slot -> isMeant(slot) && slot.isPinned() && slot.at != null)
                .findFirst()
                .orElse(null);
        if (up.isEmpty() && pinned != null && pinned.at != null) {
            if (!all) {
                isPinnedElsewhere(pinned, pinned.at, "Cannot relocate " + said(entry));
            }
            return null;
        }
        if (up.isEmpty()) {
            if (!all) {
                problem(
                        "CRS-2562",
                        "Cannot relocate " + said(entry) + " as it is not running"
                                + (from == null ? "" : " on '" + board.nameOf(from) + "'"),
                        "To start it: crsctl start resource " + entry + (to == null ? "" : " -n " + board.nameOf(to)));
            }
            return null;
        }
        if (there != null && there.isUp()) {
            if (!all && to != null) {
                already.add(new Message(
                        "CRS-5702", "Resource '" + entry + "' is already running on '" + board.nameOf(to) + "'", ""));
            }
            return null;
        }
        if (to != null && (isRefused(to) || isDisabledOn(entry, to, all))) {
            return null;
        }
        if (up.size() > 1) {
            problem(
                    "HF-3120",
                    "Resource '" + entry + "' runs on several servers: " + places(entry),
                    "Name the one to move from, crsctl relocate resource " + entry
                            + " -s server -n server, or the instance: -k number");
            return null;
        }
        if (to != null && !board.allows(entry, to)) {
            cannotBePlaced(entry, to);
            return null;
        }
        return up.getFirst();
    }

    private void cannotBePlaced(ResourceEntry entry, NodeId node) {
        String why = !board.allowsPool(entry, node)
                ? "SERVER_POOLS='" + String.join(" ", entry.definition.serverPools()) + "'"
                : board.allowsCategory(entry, node)
                        ? "HOSTING_MEMBERS='" + String.join(" ", entry.definition.hostingMembers()) + "'"
                        : "SERVER_CATEGORY=" + board.categoryAsSaid(entry);
        problem(
                "CRS-2504",
                "Resource '" + entry + "' cannot be placed on '" + board.nameOf(node) + "': PLACEMENT="
                        + entry.definition.value("PLACEMENT") + ", " + why,
                "Name one of these servers.");
    }

    private void move(ResourceEntry entry, @Nullable NodeId from, @Nullable NodeId to) {
        Slot slot = movable(entry, from, to, true);
        if (slot == null) {
            return;
        }
        Wanted before = wanted.getOrDefault(entry.name(), entry.wanted);
        List<NodeId> nodes = to == null ? byRank(entry) : List.of(to);
        List<Message> why = new ArrayList<>();
        for (NodeId node : nodes) {
            if (node.equals(slot.at) || entry.slotFor(node) != null) {
                continue;
            }
            wanted.put(
                    entry.name(),
                    before.with(slot.number, slot.after().started(true, Optional.of(new Wish(node, false)))));
            forgiveCompanions(entry);
            Draft then = draft();
            ResourceEntry moved = then.board().entries.get(entry.name());
            if (moved != null && moved.slots.stream().anyMatch(s -> node.equals(s.goal))) {
                awaits.put(entry.name(), new Awaited(Target.ONLINE, Optional.of(node)));
                for (ResourceEntry member : moved.members) {
                    boolean comes =
                            moved.isCritical(member) && member.slots.stream().anyMatch(s -> node.equals(s.goal));
                    if (comes) {
                        awaits.put(member.name(), new Awaited(Target.ONLINE, Optional.of(node)));
                    }
                }
                return;
            }
            why.addAll(then.plan().stuck().getOrDefault(entry.name(), List.of()));
        }
        if (why.isEmpty()) {
            problem(
                    "CRS-2632",
                    "There are no more servers to try to place resource '" + entry
                            + "' on that would satisfy its placement policy: neither it nor what it must run with can be moved to "
                            + (to == null ? "another server" : "'" + board.nameOf(to) + "'"),
                    "crsctl status resource -t shows what it depends on there. Nothing was changed.");
        } else {
            problems.addAll(why);
        }
    }

    /**
     * What must run with a resource gets a new chance with it: an administrator has named the place, and knows more than
     * the failures that were counted before.
     */
    private void forgiveCompanions(ResourceEntry moving) {
        Set<ResourceName> seen = new TreeSet<>(Set.of(moving.name()));
        Deque<ResourceEntry> rest = new ArrayDeque<>(List.of(moving));
        while (!rest.isEmpty()) {
            ResourceEntry entry = rest.remove();
            List<ResourceEntry> companions = new ArrayList<>(entry.dependents);
            entry.hard.stream().filter(each -> !each.global()).forEach(each -> companions.addAll(each.resources()));
            for (ResourceEntry companion : companions) {
                if (companion.isLocal() || !seen.add(companion.name())) {
                    continue;
                }
                Wanted changed = wanted.getOrDefault(companion.name(), companion.wanted);
                for (int number : companion.wanted.instances().keySet()) {
                    changed = changed.with(number, changed.instance(number).withFailuresForgiven());
                }
                if (!changed.equals(companion.wanted)) {
                    wanted.put(companion.name(), changed);
                }
                rest.add(companion);
            }
        }
    }

    // --- check

    private Decision check(Command.Check check) {
        NodeId node = server(check.server());
        List<ResourceEntry> entries = select(check.selection());
        if (!problems.isEmpty()) {
            return refused();
        }
        List<PlannedAction> actions = new ArrayList<>(now.plan().actions());
        for (ResourceEntry entry : withMembers(entries)) {
            for (NodeId ready : board.ready) {
                if (node == null || node.equals(ready)) {
                    Slot slot = entry.slotFor(ready);
                    actions.add(new PlannedAction(
                            ActionKind.CHECK.argument() + " " + entry + " " + board.nameOf(ready),
                            ActionKind.CHECK,
                            entry.name(),
                            slot == null ? 0 : slot.number,
                            ready,
                            new TreeSet<>(),
                            true,
                            false,
                            "check was asked for"));
                }
            }
        }
        Plan plan = new Plan(
                actions,
                now.plan().changes(),
                now.plan().messages(),
                now.plan().stuck(),
                now.plan().fences(),
                now.plan().again());
        return new Decision.Accepted(Changes.NONE, plan, new TreeMap<>(), List.of());
    }

    // --- common

    /** True if nothing may be done to it, which was said unless all are meant. */
    private boolean isFrozen(ResourceEntry entry, boolean all) {
        if (board.isFrozen(entry) && !all) {
            boolean cluster = situation.maintenance().frozenCluster();
            problem(
                    "HF-3121",
                    cluster
                            ? "The cluster is frozen: resource '" + entry
                                    + "' is neither started, stopped, moved nor deleted"
                            : "Resource '" + entry + "' is frozen: it is neither started, stopped, moved nor deleted",
                    "First: " + (cluster ? "crsctl unfreeze cluster" : "crsctl unfreeze resource " + entry));
        }
        return board.isFrozen(entry);
    }

    /** What is frozen is not stopped, and so would lose what it depends on. */
    private void refuseUnderFrozen(ResourceEntry entry, @Nullable NodeId node) {
        for (ResourceEntry dependent : entry.dependents) {
            boolean runs = dependent.slots.stream()
                    .anyMatch(slot -> slot.isUp() && (node == null || node.equals(slot.at)) && isWithin(slot.at));
            boolean needs = dependent.stop.stream()
                    .anyMatch(reference -> reference.resources().contains(entry));
            if (runs && needs && board.isFrozen(dependent)) {
                problem(
                        "HF-3122",
                        "Unable to stop resource '" + entry + "': resource '" + dependent
                                + "' depends on it, runs and is frozen",
                        "First: crsctl unfreeze resource " + dependent + ", or use -f to stop only '" + entry + "'.");
            }
        }
    }

    /** True if a server is given nothing, which was said. */
    private boolean isRefused(NodeId node) {
        Obstacle refusal = board.refusal(node);
        if (refusal != null) {
            problem(
                    "CRS-2504",
                    "Server '" + board.nameOf(node) + "' cannot be given resources: " + refusal.text(),
                    board.isDrained(node)
                            ? "First: crsctl undrain node " + board.nameOf(node)
                            : "First, on " + board.nameOf(node) + ": crsctl set resource use 1");
        }
        return refusal != null;
    }

    private List<ResourceEntry> select(Command.Selection selection) {
        return switch (selection) {
            case Command.Selection.All _ -> List.copyOf(board.entries.values());
            case Command.Selection.Named(List<String> names) -> {
                List<ResourceEntry> entries = new ArrayList<>();
                for (String name : new LinkedHashSet<>(names)) {
                    ResourceEntry entry = find(name);
                    if (entry != null) {
                        entries.add(entry);
                    }
                }
                yield entries;
            }
        };
    }

    private @Nullable ResourceEntry find(String name) {
        ResourceEntry entry = ResourceName.isValid(name) ? board.entries.get(new ResourceName(name)) : null;
        if (entry == null) {
            List<String> names =
                    board.entries.keySet().stream().map(ResourceName::text).toList();
            problem(
                    "CRS-2613",
                    "Could not find resource '" + name + "'",
                    Spelling.nearest(name, names)
                            .map(near -> "Did you mean " + near + "?")
                            .orElse("crsctl status resource lists the resources."));
        }
        return entry;
    }

    private @Nullable NodeId server(Optional<String> name) {
        if (name.isEmpty()) {
            return null;
        }
        NodeId node = board.named(name.get());
        if (node == null) {
            List<String> servers =
                    situation.servers().values().stream().map(Server::name).toList();
            problem(
                    "HF-3115",
                    "There is no server '" + name.get() + "'",
                    Spelling.nearest(name.get(), servers)
                            .map(near -> "Did you mean " + near + "?")
                            .orElse("The servers are " + String.join(", ", servers) + "."));
        }
        return node;
    }

    /** The members of the cluster that are in one of these pools. Empty if none is named, or if something is wrong, which was said. */
    private NodeSet serversOf(List<String> named, Optional<String> server) {
        NodeSet servers = NodeSet.EMPTY;
        for (String pool : named) {
            boolean known = situation.setup().pools().containsKey(pool)
                    || pool.equals(ServerPool.FREE)
                    || pool.equals(ServerPool.GENERIC);
            if (!known) {
                problem(
                        "HF-3142",
                        "There is no server pool '" + pool + "'",
                        Spelling.nearest(pool, situation.setup().pools().keySet())
                                .map(near -> "Did you mean " + near + "?")
                                .orElse("crsctl status serverpool lists the pools."));
            }
            for (Server each : situation.servers().values()) {
                SortedSet<String> has = board.pools.get(each.id());
                boolean in = situation.setup().pools().isEmpty()
                        ? pool.equals(ServerPool.FREE)
                        : has != null && has.contains(pool);
                if (in && board.isMember(each.id())) {
                    servers = servers.with(each.id());
                }
            }
        }
        if (!named.isEmpty() && server.isPresent()) {
            problem(
                    "HF-3128",
                    "Either servers of pools are meant or the server '" + server.get() + "'",
                    "Give -n or -s, not both.");
        } else if (!named.isEmpty() && servers.isEmpty() && problems.isEmpty()) {
            problem(
                    "HF-3129",
                    "There is no server in " + (named.size() == 1 ? "server pool '" : "server pools '")
                            + String.join("', '", named) + "' at present",
                    "crsctl status serverpool shows which servers are in which pool.");
        }
        return servers;
    }

    private String names(NodeSet nodes) {
        return board.names(nodes.nodes());
    }

    /** To stop it was tried, and cleaning it as well: whoever deletes it by force now has been told. */
    private boolean isUnknownEverywhere(ResourceEntry entry) {
        return isActive(entry)
                && entry.doubtful.isEmpty()
                && entry.surplus.isEmpty()
                && entry.slots.stream()
                        .filter(slot -> slot.at != null)
                        .allMatch(slot -> slot.isPinned() && board.isReady(Objects.requireNonNull(slot.at)));
    }

    private String whyNotDeleted(ResourceEntry entry, List<NodeId> places) {
        if (isUnknownEverywhere(entry)) {
            return "nobody knows whether it runs on " + places(entry);
        }
        return isActive(entry) ? "it runs on " + places(entry) : "it may be running on " + board.names(places);
    }

    private static boolean isActive(ResourceEntry entry) {
        return !entry.surplus.isEmpty() || entry.slots.stream().anyMatch(slot -> slot.at != null);
    }

    private String places(ResourceEntry entry) {
        List<String> names = new ArrayList<>();
        for (Slot slot : entry.slots) {
            if (slot.at != null) {
                names.add(board.nameOf(slot.at));
            }
        }
        entry.surplus.forEach(node -> names.add(board.nameOf(node)));
        return String.join(", ", names);
    }

    private String placesUp(ResourceEntry entry) {
        List<String> names = new ArrayList<>();
        for (Slot slot : entry.slots) {
            if (slot.isUp() && slot.at != null && isMeant(slot)) {
                names.add(board.nameOf(slot.at));
            }
        }
        return String.join("', '", names);
    }

    private Changes changes() {
        return new Changes(definitions, wanted, new TreeMap<>(), setup);
    }

    /** What would be planned if the changes noted so far were made. */
    private Draft draft() {
        return Draft.of(situation.with(now.plan().changes()).with(changes()));
    }

    /** The resources that a plan stops, and that neither were named nor are stopped anyway. */
    private Set<ResourceName> stoppedBy(Draft then, Set<ResourceName> asked) {
        Set<String> anyway = new HashSet<>();
        now.plan().actions().forEach(action -> anyway.add(action.id()));
        Set<ResourceName> stopped = new TreeSet<>();
        for (PlannedAction action : then.plan().actions()) {
            // What gives way was configured to, and needs no force.
            boolean stops = action.kind() == ActionKind.STOP
                    && !action.inFlight()
                    && !then.board().displaced.contains(action.resource());
            if (stops && !asked.contains(action.resource()) && !anyway.contains(action.id())) {
                stopped.add(action.resource());
            }
        }
        return stopped;
    }

    private Decision acceptUnlessItStops(Set<ResourceName> asked, boolean force, boolean evenItself) {
        Draft then = draft();
        Set<ResourceName> stopped = stoppedBy(then, evenItself ? Set.of() : asked);
        if (!force && !stopped.isEmpty()) {
            for (ResourceName name : asked) {
                Set<ResourceName> others = new TreeSet<>(stopped);
                String list = String.join(
                        "', '", others.stream().map(ResourceName::text).toList());
                problem(
                        "CRS-2529",
                        "Unable to act on '" + name
                                + "' because that would require stopping or relocating resource '" + list
                                + "', but the force option was not specified",
                        "Nothing was changed. To do it with all that hangs on it, add -f.");
            }
            return refused();
        }
        return accept();
    }

    private Decision accept() {
        // What the situation as it is has to note comes first; the command is written on top of it.
        Changes changes = now.plan().changes().then(changes());
        Plan then = Draft.of(situation.with(changes)).plan();
        List<Message> messages = new ArrayList<>(now.plan().messages());
        messages.addAll(then.messages());
        Plan plan = new Plan(then.actions(), then.changes(), messages, then.stuck(), then.fences(), then.again());
        return new Decision.Accepted(changes, plan, awaits, notes);
    }

    private Decision refuse(String code, String text, String nextStep) {
        problem(code, text, nextStep);
        return refused();
    }

    /** Nothing is left of what was named: what is so already is the refusal. */
    private Decision nothingToDo() {
        problems.addAll(already);
        return refused();
    }

    private Decision refused() {
        return new Decision.Refused(List.copyOf(problems));
    }

    private void problem(String code, String text, String nextStep) {
        problems.add(new Message(code, text, nextStep));
    }
}
