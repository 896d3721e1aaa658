package dev.holdfast.policy;

import dev.holdfast.model.CustomType;
import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.PolicySet;
import dev.holdfast.model.PoolPolicy;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ServerCategory;
import dev.holdfast.model.ServerPool;
import dev.holdfast.model.Spelling;
import dev.holdfast.model.TypeDefinition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a command changes in the setup, or why not: types, categories, server pools and policies. */
final class SetupJudgement {
    /** As of attributes of Oracle Clusterware. */
    private static final int LONGEST_TEXT = 254;

    private final Situation situation;
    private final List<Message> problems;
    private final SortedMap<String, Optional<CustomType>> types = new TreeMap<>();
    private final SortedMap<String, Optional<ServerCategory>> categories = new TreeMap<>();
    private final SortedMap<String, Optional<ServerPool>> pools = new TreeMap<>();
    private Optional<PolicySet> policies = Optional.empty();
    private final SortedMap<NodeId, SortedSet<String>> assigned = new TreeMap<>();
    private final SortedMap<NodeId, SortedMap<String, String>> said = new TreeMap<>();

    SetupJudgement(Situation situation, List<Message> problems) {
        this.situation = situation;
        this.problems = problems;
    }

    /** What is to be written; what is wrong was added to the problems. */
    Setup.Change decide(Command.OfSetup command) {
        switch (command) {
            case Command.AddType(CustomType type) -> add(type);
            case Command.ModifyType modify -> modify(modify);
            case Command.SetTypeAccess(String name, String acl) -> {
                CustomType known = custom(name);
                if (known != null) {
                    types.put(name, Optional.of(known.withAcl(acl)));
                }
            }
            case Command.DeleteType(List<String> names) -> names.forEach(name -> deleteType(name, names));
            case Command.AddPool add -> addPool(add);
            case Command.ModifyPool modify -> modifyPool(modify);
            case Command.DeletePool delete -> delete.names().forEach(name -> deletePool(name, delete));
            case Command.RelocateServer move -> move.servers().forEach(server -> relocate(server, move));
            case Command.AddCategory add -> addCategory(add);
            case Command.ModifyCategory modify -> modifyCategory(modify);
            case Command.DeleteCategory(List<String> names) -> names.forEach(this::deleteCategory);
            case Command.SetServer set -> {
                SortedMap<String, String> all = new TreeMap<>(situation
                        .serverNamed(set.server())
                        .map(server -> situation.setup().said().get(server.id()))
                        .orElse(new TreeMap<>()));
                all.putAll(set.attributes());
                say(set.server(), all);
            }
            case Command.OfPolicies ofPolicies -> policies(ofPolicies);
        }
        return new Setup.Change(types, categories, pools, policies, assigned, said);
    }

    /** The change that brings this about, not yet judged in what it leads to: for that, see {@link #endsWell}. */
    Setup.Change define(Command.Beside beside) {
        beside.types().forEach((name, type) -> {
            boolean known = situation.setup().types().containsKey(name);
            if (type.isEmpty() || known || situation.types().containsKey(name)) {
                custom(name); // It must be there to be deleted, and not be one of the product's.
            }
            types.put(name, type);
        });
        beside.categories().forEach((name, given) -> {
            if (given.isEmpty() || name.equals(ServerCategory.HUB)) {
                category(name); // It must be there to be deleted, and not be the one that is always there.
                categories.put(name, Optional.empty());
            } else {
                readCategory(name, given.get());
            }
        });
        policies = beside.policies();
        beside.servers().forEach(this::say);
        beside.pools().forEach((name, given) -> {
            if (given.isEmpty()) {
                pool(name);
                pools.put(name, Optional.empty());
            } else {
                Optional.ofNullable(read(name, given.get())).ifPresent(read -> pools.put(name, Optional.of(read)));
            }
        });
        return new Setup.Change(types, categories, pools, policies, assigned, said);
    }

    /**
     * Says what is wrong with a change after it was made, together with all else: the order in which it was written does not matter.
     *
     * @param before as it was
     */
    void endsWell(Setup.Change change, Setup before) {
        change.types().forEach((name, type) -> {
            if (type.isPresent()) {
                refuseBadType(type.get(), before);
            } else {
                refuseUsed(name);
            }
        });
        if (!change.types().isEmpty() && problems.isEmpty()) {
            refuseIfResourcesNoLongerFit();
        }
        change.categories().forEach((name, category) -> {
            if (category.isEmpty()) {
                refuseUsedCategory(name);
            }
        });
        if (change.policies().isPresent()
                || !change.pools().isEmpty()
                || !change.categories().isEmpty()) {
            new PolicyJudgement(situation, problems).endsWell();
        }
        change.pools().forEach((name, pool) -> {
            if (pool.isPresent()) {
                validate(pool.get());
            } else {
                refuseInPolicySet(name);
                refuseUsedPool(name, Set.of());
            }
        });
    }

    private void refuseBadType(CustomType type, Setup before) {
        CustomType was = before.types().get(type.name());
        refuseBadName(type.name());
        TypeDefinition base = openBase(type);
        if (base != null) {
            derived(base, type);
        }
        if (was == null) {
            return;
        }
        type.attributes().forEach((name, attribute) -> {
            CustomType.Own had = was.attributes().get(name);
            if (had != null && had.number() != attribute.number()) {
                refuseOtherKind(type.name(), had);
            }
        });
    }

    private void problem(String code, String text, String nextStep) {
        problems.add(new Message(code, text, nextStep));
    }

    static String hint(String name, Collection<String> known, String otherwise) {
        return Spelling.nearest(name, known)
                .map(near -> "Did you mean " + near + "?")
                .orElse(otherwise);
    }

    // --- types

    private void add(CustomType type) {
        if (situation.types().containsKey(type.name())) {
            problem(
                    "HF-3131",
                    "Resource type '" + type.name() + "' exists already",
                    "To change it: crsctl modify type " + type.name() + " -attr ...");
            return;
        }
        refuseBadName(type.name());
        TypeDefinition base = openBase(type);
        if (base != null) {
            derived(base, type);
        }
        types.put(type.name(), Optional.of(type));
    }

    private void refuseBadName(String name) {
        if (!name.matches("[A-Za-z][A-Za-z0-9_.-]{0,99}") || name.startsWith("ora.")) {
            problem(
                    "HF-3132",
                    "'" + name + "' is not a name for a resource type",
                    "Use letters, digits, dots and underscores, as in shop.web.type; do not begin with 'ora.'.");
        }
    }

    private @Nullable TypeDefinition openBase(CustomType type) {
        TypeDefinition base = situation.types().get(type.base());
        if (base == null) {
            problem(
                    "CRS-2560",
                    "Resource type '" + type.base() + "' does not exist",
                    hint(type.base(), situation.types().keySet(), "crsctl status type lists the types."));
        } else if (!base.isOpen()) {
            problem(
                    "HF-3133",
                    "No type can be derived from '" + base.name() + "'",
                    "Derive it from cluster_resource, local_resource, generic_application or a type of your own.");
            return null;
        }
        return base;
    }

    private @Nullable TypeDefinition derived(TypeDefinition base, CustomType type) {
        try {
            return base.derive(type);
        } catch (InvalidAttributes invalid) {
            problems.addAll(invalid.problems());
            return null;
        }
    }

    private @Nullable CustomType custom(String name) {
        CustomType known = situation.setup().types().get(name);
        if (known == null && situation.types().containsKey(name)) {
            problem(
                    "HF-3134",
                    "Resource type '" + name + "' belongs to the product and cannot be changed or deleted",
                    "Make one of your own: crsctl add type NAME -basetype " + name + " -attr ...");
        } else if (known == null) {
            problem(
                    "CRS-2560",
                    "Resource type '" + name + "' does not exist",
                    hint(name, situation.setup().types().keySet(), "crsctl status type lists the types."));
        }
        return known;
    }

    private void modify(Command.ModifyType modify) {
        CustomType known = custom(modify.name());
        if (known == null) {
            return;
        }
        SortedMap<String, CustomType.Own> changes = new TreeMap<>();
        modify.attributes().forEach((name, change) -> {
            CustomType.Own had = known.attributes().get(name);
            // What is not said again stays as it was.
            changes.put(
                    name,
                    had == null
                            ? change
                            : new CustomType.Own(
                                    name,
                                    change.number(),
                                    change.defaultValue().or(had::defaultValue),
                                    change.flags().isEmpty() ? had.flags() : change.flags()));
            if (had != null && had.number() != change.number()) {
                refuseOtherKind(known.name(), had);
            }
        });
        CustomType changed = known.with(changes);
        TypeDefinition base = situation.types().get(known.base());
        if (base == null || derived(base, changed) == null || !problems.isEmpty()) {
            return;
        }
        types.put(known.name(), Optional.of(changed));
        refuseIfResourcesNoLongerFit();
    }

    private void refuseOtherKind(String type, CustomType.Own had) {
        problem(
                "HF-3135",
                "Attribute '" + had.name() + "' of type '" + type + "' holds " + (had.number() ? "a number" : "text")
                        + ", which cannot be changed",
                "Add an attribute of another name.");
    }

    /** Every resource must be one of its changed type, and those of types derived from it. */
    private void refuseIfResourcesNoLongerFit() {
        SortedMap<String, CustomType> customs = new TreeMap<>(situation.setup().types());
        types.forEach((name, type) -> type.ifPresent(changed -> customs.put(name, changed)));
        SortedMap<String, TypeDefinition> then = TypeDefinition.with(situation.builtIns(), customs);
        for (String name : customs.keySet()) {
            if (!then.containsKey(name)) {
                problem(
                        "HF-3136",
                        "Resource type '" + name + "', which is derived from it, would no longer fit",
                        "Change '" + name + "' first.");
            }
        }
        for (ResourceDefinition resource : situation.resources().values()) {
            TypeDefinition type = then.get(resource.type().name());
            if (type == null || type.equals(resource.type())) {
                continue;
            }
            try {
                ResourceDefinition changed = resource.ofType(type);
                if (type.isGroup()) {
                    problems.addAll(Groups.inOnePlaceOnly(changed, Groups.members(situation, resource.name())));
                }
            } catch (InvalidAttributes invalid) {
                invalid.problems()
                        .forEach(each -> problem(
                                each.code(),
                                "Resource '" + resource.name() + "' would no longer fit its type: " + each.text(),
                                each.nextStep()));
            }
        }
    }

    private void deleteType(String name, List<String> all) {
        if (custom(name) == null) {
            return;
        }
        refuseUsed(name);
        for (CustomType other : situation.setup().types().values()) {
            if (other.base().equals(name) && !all.contains(other.name())) {
                problem(
                        "HF-3137",
                        "Resource type '" + other.name() + "' is derived from '" + name + "'",
                        "Delete it first, or in the same command.");
            }
        }
        types.put(name, Optional.empty());
    }

    private void refuseUsed(String name) {
        for (ResourceDefinition resource : situation.resources().values()) {
            if (resource.type().name().equals(name)) {
                problem(
                        "CRS-2729",
                        "Resource type '" + name + "' is in use by resource '" + resource.name() + "'",
                        "Delete the resource first: crsctl delete resource " + resource.name());
            }
            boolean means = resource.startDependencies().all().stream()
                            .anyMatch(target -> target.ofType() && target.name().equals(name))
                    || resource.stopDependencies().hard().stream()
                            .anyMatch(target -> target.ofType() && target.name().equals(name));
            if (means) {
                problem(
                        "CRS-2730",
                        "Resource '" + resource.name() + "' depends on resource type '" + name + "'",
                        "Change its dependencies first: crsctl modify resource " + resource.name() + " -attr ...");
            }
        }
    }

    // --- categories

    private void noServer(String name) {
        List<String> servers =
                situation.servers().values().stream().map(Server::name).toList();
        problem(
                "HF-3115",
                "There is no server '" + name + "'",
                hint(name, servers, "The servers are " + String.join(", ", servers) + "."));
    }

    /** All that is said of a server from now on. */
    private void say(String name, SortedMap<String, String> attributes) {
        Optional<Server> server = situation.serverNamed(name);
        if (server.isEmpty()) {
            noServer(name);
            return;
        }
        SortedMap<String, String> kept = new TreeMap<>();
        attributes.forEach((attribute, value) -> {
            String text = value.strip();
            if (!ServerCategory.SAID_OF_SERVERS.contains(attribute)) {
                problem(
                        "HF-3102",
                        "'" + attribute + "' of server '" + name + "' cannot be set",
                        "What can be said of a server: " + String.join(", ", ServerCategory.SAID_OF_SERVERS) + ".");
            } else if (text.length() > LONGEST_TEXT || text.chars().anyMatch(Character::isISOControl)) {
                problem(
                        "HF-3187",
                        attribute + " of server '" + name + "' is longer than " + LONGEST_TEXT
                                + " characters, or not of one line",
                        "Give a word or two, such as rack1.");
            } else if (!text.isEmpty()) {
                kept.put(attribute, text);
            }
        });
        said.put(server.get().id(), kept);
    }

    private void addCategory(Command.AddCategory add) {
        if (situation.setup().category(add.name()).isPresent()) {
            problem(
                    "HF-3174",
                    "Server category '" + add.name() + "' exists already",
                    "To change it: crsctl modify category " + add.name() + " -attr ...");
            return;
        }
        readCategory(add.name(), add.attributes());
    }

    private void readCategory(String name, Map<String, String> attributes) {
        try {
            categories.put(name, Optional.of(ServerCategory.read(name, attributes)));
        } catch (InvalidAttributes invalid) {
            problems.addAll(invalid.problems());
        }
    }

    private @Nullable ServerCategory category(String name) {
        ServerCategory known = situation.setup().categories().get(name);
        if (known == null && name.equals(ServerCategory.HUB)) {
            problem(
                    "HF-3175",
                    "Server category '" + name + "' is always there and cannot be changed or deleted",
                    "Every server is in it.");
        } else if (known == null) {
            problem("HF-3173", "There is no server category '" + name + "'", categoryHint(situation.setup(), name));
        }
        return known;
    }

    static String categoryHint(Setup setup, String name) {
        return name.equals("ora.leaf.category")
                ? "There are no leaf nodes: every server uses the voting disks."
                : hint(name, setup.categories().keySet(), "Add it first: crsctl add category " + name);
    }

    private void modifyCategory(Command.ModifyCategory modify) {
        ServerCategory known = category(modify.name());
        if (known != null) {
            SortedMap<String, String> merged = new TreeMap<>(known.given());
            merged.putAll(modify.attributes());
            readCategory(modify.name(), merged);
        }
    }

    private void deleteCategory(String name) {
        if (category(name) != null) {
            refuseUsedCategory(name);
            categories.put(name, Optional.empty());
        }
    }

    private void refuseUsedCategory(String name) {
        for (ResourceDefinition resource : situation.resources().values()) {
            if (resource.serverCategory().equals(name)) {
                problem(
                        "HF-3176",
                        "Resource '" + resource.name() + "' runs on servers of category '" + name + "'",
                        "Change it first: crsctl modify resource " + resource.name() + " -attr SERVER_CATEGORY=...");
            }
        }
        for (ServerPool pool : situation.setup().pools().values()) {
            if (pool.category().equals(name)) {
                problem(
                        "HF-3177",
                        "Server pool '" + pool.name() + "' has servers of category '" + name + "'",
                        "Change it first: crsctl modify serverpool " + pool.name() + " -attr SERVER_CATEGORY=...");
            }
        }
        for (PoolPolicy policy : situation.setup().policies().policies().values()) {
            boolean uses = policy.pools().values().stream()
                    .anyMatch(
                            values -> values.getOrDefault("SERVER_CATEGORY", "").equals(name));
            if (uses) {
                problem(
                        "HF-3178",
                        "Policy '" + policy.name() + "' gives a server pool servers of category '" + name + "'",
                        "Change it first, with crsctl modify policyset -file.");
            }
        }
    }

    // --- policies

    private void policies(Command.OfPolicies command) {
        PolicyJudgement judgement = new PolicyJudgement(situation, problems);
        Setup.Change change = judgement.decide(command);
        Set<String> going = new TreeSet<>(change.pools().keySet());
        going.removeIf(
                name -> change.pools().getOrDefault(name, Optional.empty()).isPresent());
        change.pools().forEach((name, pool) -> {
            pool.ifPresent(shaped -> {
                if (problems.isEmpty()) {
                    validate(shaped);
                }
            });
            if (pool.isEmpty()) {
                refuseUsedPool(name, going);
            }
            pools.put(name, pool);
        });
        policies = change.policies();
    }

    // --- server pools

    private void addPool(Command.AddPool add) {
        if (situation.setup().pools().containsKey(add.name())) {
            problem(
                    "HF-3141",
                    "Server pool '" + add.name() + "' exists already",
                    "To change it: crsctl modify serverpool " + add.name() + " -attr ...");
            return;
        }
        ServerPool pool = read(add.name(), add.attributes());
        if (pool != null) {
            validate(pool);
            pools.put(pool.name(), Optional.of(pool));
        }
    }

    private @Nullable ServerPool read(String name, Map<String, String> attributes) {
        try {
            return ServerPool.read(name, attributes);
        } catch (InvalidAttributes invalid) {
            problems.addAll(invalid.problems());
            return null;
        }
    }

    /** What is wrong with the servers and the category that a pool names: there are none of that name. */
    static List<Message> unknownServers(Situation situation, ServerPool pool) {
        List<Message> unknown = new ArrayList<>();
        List<String> servers =
                situation.servers().values().stream().map(Server::name).toList();
        for (String server : pool.serverNames()) {
            if (!servers.contains(server)) {
                unknown.add(new Message(
                        "HF-3115",
                        "SERVER_NAMES of server pool '" + pool.name() + "': there is no server '" + server + "'",
                        hint(server, servers, "The servers are " + String.join(", ", servers) + ".")));
            }
        }
        String category = pool.category();
        if (!category.isEmpty() && situation.setup().category(category).isEmpty()) {
            unknown.add(new Message(
                    "HF-3173",
                    "SERVER_CATEGORY of server pool '" + pool.name() + "': there is no server category '" + category
                            + "'",
                    categoryHint(situation.setup(), category)));
        }
        return unknown;
    }

    private void validate(ServerPool pool) {
        problems.addAll(unknownServers(situation, pool));
        for (String parent : pool.parents()) {
            if (!parent.equals(ServerPool.GENERIC) && !situation.setup().pools().containsKey(parent)) {
                problem(
                        "HF-3142",
                        "PARENT_POOLS of server pool '" + pool.name() + "': there is no server pool '" + parent + "'",
                        hint(parent, situation.setup().pools().keySet(), "Add it first."));
            }
        }
        if (pool.parents().contains(ServerPool.GENERIC)
                && (pool.serverNames().isEmpty() || pool.parents().size() > 1)) {
            problem(
                    "HF-3143",
                    "Server pool '" + pool.name() + "' is a child of Generic, which has servers by name only",
                    "Add SERVER_NAMES='server server', and no other parent.");
        }
        List<String> path = new ArrayList<>(List.of(pool.name()));
        if (leadsBack(pool, pool.name(), path)) {
            problem("CRS-2515", "Circular parents: " + String.join(" -> ", path), "A pool cannot be part of itself.");
        }
    }

    private boolean leadsBack(ServerPool from, String goal, List<String> path) {
        for (String parent : from.parents()) {
            path.add(parent);
            ServerPool next = situation.setup().pools().get(parent);
            if (parent.equals(goal)
                    || (next != null
                            && path.size() <= situation.setup().pools().size() + 1
                            && leadsBack(next, goal, path))) {
                return true;
            }
            path.removeLast();
        }
        return false;
    }

    private @Nullable ServerPool pool(String name) {
        ServerPool known = situation.setup().pools().get(name);
        if (known == null && (name.equals(ServerPool.FREE) || name.equals(ServerPool.GENERIC))) {
            problem(
                    "HF-3144",
                    "Server pool '" + name + "' is always there and cannot be changed or deleted",
                    name.equals(ServerPool.FREE)
                            ? "It has the servers that no other pool has."
                            : "It has the servers that its children name.");
        } else if (known == null) {
            problem(
                    "HF-3142",
                    "There is no server pool '" + name + "'",
                    hint(name, situation.setup().pools().keySet(), "crsctl status serverpool lists the pools."));
        }
        return known;
    }

    private void modifyPool(Command.ModifyPool modify) {
        ServerPool known = pool(modify.name());
        if (known == null) {
            return;
        }
        if (!modify.policies().isEmpty()) {
            policies = new PolicyJudgement(situation, problems).modify(known, modify);
            return;
        }
        SortedMap<String, String> merged = new TreeMap<>(known.given());
        merged.putAll(modify.attributes());
        ServerPool changed = read(modify.name(), merged);
        if (changed != null) {
            validate(changed);
            pools.put(changed.name(), Optional.of(changed));
        }
    }

    private void deletePool(String name, Command.DeletePool delete) {
        if (pool(name) != null) {
            refuseInPolicySet(name);
            refuseUsedPool(name, Set.copyOf(delete.names()));
            pools.put(name, Optional.empty());
        }
    }

    private void refuseInPolicySet(String name) {
        if (situation.setup().policies().pools().contains(name)) {
            problem(
                    "HF-3180",
                    "Server pool '" + name + "' is in the policy set",
                    "Take it out of it first: crsctl modify policyset -attr \"SERVER_POOL_NAMES='...'\"");
        }
    }

    /** @param going pools that are deleted with it */
    private void refuseUsedPool(String name, Set<String> going) {
        for (ServerPool other : situation.setup().pools().values()) {
            if (other.parents().contains(name) && !going.contains(other.name())) {
                problem(
                        "HF-3145",
                        "Server pool '" + other.name() + "' is part of '" + name + "'",
                        "Delete it first, or in the same command.");
            }
        }
        for (ResourceDefinition resource : situation.resources().values()) {
            if (resource.serverPools().contains(name)) {
                problem(
                        "HF-3146",
                        "Resource '" + resource.name() + "' runs in server pool '" + name + "'",
                        "Change its SERVER_POOLS first: crsctl modify resource " + resource.name()
                                + " -attr SERVER_POOLS=...");
            }
        }
    }

    private void relocate(String name, Command.RelocateServer move) {
        Optional<Server> found = situation.serverNamed(name);
        ServerPool target = situation.setup().pools().get(move.pool());
        boolean toFree = move.pool().equals(ServerPool.FREE);
        if (found.isEmpty()) {
            noServer(name);
        }
        if (target == null && !toFree) {
            pool(move.pool());
        }
        if (found.isEmpty() || (target == null && !toFree)) {
            return;
        }
        if (target != null && !target.standsAlone()) {
            problem(
                    "HF-3147",
                    "Server pool '" + target.name() + "' has servers of its parents only: nothing can be moved there",
                    "Move the server to one of: " + String.join(", ", target.parents()) + ".");
            return;
        }
        NodeId server = found.get().id();
        SortedMap<NodeId, SortedSet<String>> now = Pools.assign(situation.setup(), situation.servers());
        SortedSet<String> has = now.get(server);
        if (has == null) {
            problem("HF-3148", "Server '" + name + "' is not a member of the cluster now", "Move it when it is back.");
            return;
        }
        if (has.contains(move.pool())) {
            problem("HF-3149", "Server '" + name + "' is in server pool '" + move.pool() + "' already", "");
            return;
        }
        for (String from : has) {
            ServerPool source = situation.setup().pools().get(from);
            long size =
                    now.values().stream().filter(names -> names.contains(from)).count();
            if (from.equals(ServerPool.GENERIC)) {
                problem(
                        "HF-3150",
                        "Server '" + name + "' is in Generic by its name: it cannot be moved",
                        "Take it out of SERVER_NAMES of the child of Generic that has it.");
                return;
            }
            if (source != null && source.standsAlone() && size <= source.minSize()) {
                problem(
                        "HF-3151",
                        "Server pool '" + from + "' would have fewer servers than its MIN_SIZE=" + source.minSize(),
                        "Lower it first: crsctl modify serverpool " + from + " -attr MIN_SIZE="
                                + (source.minSize() - 1));
                return;
            }
        }
        SortedSet<String> wished = new TreeSet<>(Set.of(move.pool()));
        Setup then = situation.setup().with(Setup.Change.ofAssigned(with(server, wished)));
        SortedSet<String> gets = Pools.assign(then, situation.servers()).get(server);
        if (gets == null || !gets.contains(move.pool())) {
            problem(
                    "HF-3152",
                    "Server '" + name + "' cannot be in server pool '" + move.pool() + "'",
                    target != null && !target.mayHave(name)
                            ? "It is not in SERVER_NAMES of '" + target.name() + "'."
                            : target != null && isOfOther(target, server)
                                    ? "It is not in server category '" + target.category() + "', of which '"
                                            + target.name() + "' has servers only."
                                    : target != null
                                            ? "MAX_SIZE=" + target.maxSize() + " of '" + target.name()
                                                    + "' is reached, or a more important pool needs it."
                                            : "Another pool has room for it: lower MAX_SIZE of that.");
            return;
        }
        assigned.put(server, wished);
    }

    private boolean isOfOther(ServerPool pool, NodeId server) {
        return !pool.category().isEmpty()
                && !new Categories(situation.setup(), situation.servers().values()).has(pool.category(), server);
    }

    private SortedMap<NodeId, SortedSet<String>> with(NodeId server, SortedSet<String> names) {
        SortedMap<NodeId, SortedSet<String>> all = new TreeMap<>(assigned);
        all.put(server, names);
        return all;
    }
}
