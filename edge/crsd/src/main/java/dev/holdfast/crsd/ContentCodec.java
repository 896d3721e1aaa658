package dev.holdfast.crsd;

import dev.holdfast.model.CustomType;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.PolicySet;
import dev.holdfast.model.PoolPolicy;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ServerCategory;
import dev.holdfast.model.ServerPool;
import dev.holdfast.model.Target;
import dev.holdfast.model.TypeDefinition;
import dev.holdfast.node.CrsInput;
import dev.holdfast.policy.Changes;
import dev.holdfast.policy.Escalation;
import dev.holdfast.policy.Maintenance;
import dev.holdfast.policy.Setup;
import dev.holdfast.policy.Wanted;
import dev.holdfast.policy.WantedInstance;
import dev.holdfast.policy.Wish;
import dev.holdfast.registry.Batch;
import dev.holdfast.registry.RegistryContent;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What crsd keeps in the registry, as texts under texts.
 *
 * <pre>
 * resource/NAME   {"type": …, "given": {attribute: value, …}}
 * wanted/NAME     {"deleting": …, "instances": {number: {"target": …, "node": …, …}, …}}
 * greeted/NODE    the life of the node whose arrival was answered
 * maintenance     {"drained": [node, …], "unused": [node, …], "frozenCluster": …, "frozen": [name, …]}
 * type/NAME       {"base": …, "attributes": {name: {"kind": …, …}, …}}
 * category/NAME   {"given": {attribute: value, …}}
 * pool/NAME       {"given": {attribute: value, …}}
 * policyset       {"acl": …, "last": …, "pools": [name, …], "policies": {name: {"description": …, "pools": {name: {…}}}}}
 * server/NODE     {"pools": [name, …]}
 * said/NODE       {attribute: value, …}
 * format          4 as soon as there is anything of the last six; a release that knows only 3 leaves what is said of servers alone, one
 *                 that knows only 2 categories and policies, too, one that knows only 1 all of them
 * </pre>
 *
 * <p>What an older release wrote is read: each entry is as it was, and what was added since is optional.
 */
final class ContentCodec {
    private static final String RESOURCE = "resource/";
    private static final String WANTED = "wanted/";
    private static final String GREETED = "greeted/";
    private static final String MAINTENANCE = "maintenance";
    private static final String TYPE = "type/";
    private static final String CATEGORY = "category/";
    private static final String POOL = "pool/";
    private static final String POLICIES = "policyset";
    private static final String SERVER = "server/";
    private static final String SAID = "said/";
    private static final String FORMAT_KEY = "format";
    private static final int FORMAT = 4;

    private ContentCodec() {}

    static Batch encode(Changes changes) {
        SortedMap<String, String> puts = new TreeMap<>();
        SortedSet<String> deletes = new TreeSet<>();
        changes.wanted().forEach((name, wanted) -> puts.put(WANTED + name, encode(wanted)));
        changes.definitions().forEach((name, definition) -> {
            if (definition.isPresent()) {
                puts.put(RESOURCE + name, encode(definition.get()));
            } else {
                deletes.add(RESOURCE + name);
                deletes.add(WANTED + name);
                puts.remove(WANTED + name);
            }
        });
        changes.greeted().forEach((node, life) -> puts.put(GREETED + node.number(), Long.toString(life.number())));
        changes.maintenance().ifPresent(maintenance -> puts.put(MAINTENANCE, encode(maintenance)));
        encode(changes.setup(), puts, deletes);
        return new Batch(puts, deletes);
    }

    private static void encode(Setup.Change setup, SortedMap<String, String> puts, SortedSet<String> deletes) {
        if (setup.isEmpty()) {
            return;
        }
        puts.put(FORMAT_KEY, Integer.toString(FORMAT));
        setup.types().forEach((name, type) -> {
            if (type.isPresent()) {
                puts.put(TYPE + name, TypeCodec.encode(type.get()).text());
            } else {
                deletes.add(TYPE + name);
            }
        });
        setup.pools().forEach((name, pool) -> {
            if (pool.isPresent()) {
                puts.put(
                        POOL + name,
                        Json.object().with("given", pool.get().given()).text());
            } else {
                deletes.add(POOL + name);
            }
        });
        setup.categories().forEach((name, category) -> {
            if (category.isPresent()) {
                puts.put(
                        CATEGORY + name,
                        Json.object().with("given", category.get().given()).text());
            } else {
                deletes.add(CATEGORY + name);
            }
        });
        setup.policies().ifPresent(policies -> {
            if (policies.equals(PolicySet.NONE)) {
                deletes.add(POLICIES);
            } else {
                puts.put(POLICIES, encode(policies));
            }
        });
        setup.assigned().forEach((node, pools) -> {
            if (pools.isEmpty()) {
                deletes.add(SERVER + node.number());
            } else {
                puts.put(
                        SERVER + node.number(),
                        Json.object().with("pools", List.copyOf(pools)).text());
            }
        });
        setup.said().forEach((node, texts) -> {
            if (texts.isEmpty()) {
                deletes.add(SAID + node.number());
            } else {
                Json all = Json.object();
                texts.forEach(all::with);
                puts.put(SAID + node.number(), all.text());
            }
        });
    }

    private static String encode(PolicySet set) {
        Map<String, Object> policies = new LinkedHashMap<>();
        set.policies()
                .forEach((name, policy) -> policies.put(
                        name,
                        Json.object()
                                .with("description", policy.description())
                                .with("pools", policy.pools())
                                .values()));
        return Json.object()
                .with("acl", set.acl())
                .with("last", set.lastActivated())
                .with("pools", List.copyOf(set.pools()))
                .with("policies", policies)
                .text();
    }

    private static PolicySet policySet(Json json) throws Json.Malformed {
        SortedMap<String, PoolPolicy> policies = new TreeMap<>();
        Json all = json.child("policies");
        for (String name : all.values().keySet()) {
            Json one = all.child(name);
            Json pools = one.child("pools");
            SortedMap<String, SortedMap<String, String>> shapes = new TreeMap<>();
            for (String pool : pools.values().keySet()) {
                shapes.put(pool, new TreeMap<>(pools.stringMap(pool)));
            }
            policies.put(name, new PoolPolicy(name, one.string("description"), shapes));
        }
        return new PolicySet(json.string("acl"), json.string("last"), new TreeSet<>(json.strings("pools")), policies);
    }

    private static String encode(ResourceDefinition definition) {
        return Json.object()
                .with("type", definition.type().name())
                .with("given", definition.given())
                .text();
    }

    private static String encode(Wanted wanted) {
        Map<String, Object> instances = new LinkedHashMap<>();
        wanted.instances()
                .forEach((number, instance) ->
                        instances.put(Integer.toString(number), encode(instance).values()));
        return Json.object()
                .with("deleting", wanted.deleting())
                .with("instances", instances)
                .text();
    }

    private static String encode(Maintenance maintenance) {
        return Json.object()
                .with("drained", numbers(maintenance.drained()))
                .with("unused", numbers(maintenance.unused()))
                .with("frozenCluster", maintenance.frozenCluster())
                .with(
                        "frozen",
                        maintenance.frozen().stream().map(ResourceName::text).toList())
                .text();
    }

    private static Maintenance maintenance(Json json) throws Json.Malformed {
        SortedSet<ResourceName> frozen = new TreeSet<>();
        for (String name : json.strings("frozen")) {
            frozen.add(new ResourceName(name));
        }
        return new Maintenance(nodes(json, "drained"), nodes(json, "unused"), json.flag("frozenCluster"), frozen);
    }

    private static @Nullable Object numbers(Optional<Wish> wish) {
        if (wish.isEmpty()) {
            return null;
        }
        List<Integer> numbers = numbers(wish.get().nodes());
        return numbers.size() == 1 ? numbers.getFirst() : numbers;
    }

    private static List<Integer> numbers(NodeSet nodes) {
        return nodes.nodes().stream().map(NodeId::number).toList();
    }

    private static NodeSet nodes(Json json, String key) {
        NodeSet nodes = NodeSet.EMPTY;
        if (json.values().get(key) instanceof Iterable<?> numbers) {
            for (Object number : numbers) {
                if (number instanceof Number node) {
                    nodes = nodes.with(new NodeId(node.intValue()));
                }
            }
        }
        return nodes;
    }

    private static Json encode(WantedInstance instance) {
        Map<String, Object> answered = new LinkedHashMap<>();
        instance.answered()
                .forEach((node, incident) -> answered.put(Integer.toString(node.number()), Long.toString(incident)));
        return Json.object()
                .with("target", instance.target().name())
                .with("stopping", instance.stopping())
                .withOptional("node", number(instance.node()))
                .withOptional("lastServer", number(instance.lastServer()))
                .withOptional("wish", numbers(instance.wish()))
                .withOptional("wishOnly", instance.wish().map(Wish::only).orElse(null))
                .with("restarts", instance.restarts())
                .with("failedOn", numbers(instance.failedOn()))
                .with("answered", answered)
                .with("held", instance.held())
                .with(
                        "failures",
                        instance.failures().stream().map(Instant::toString).toList())
                .withOptional(
                        "notBefore", instance.notBefore().map(Instant::toString).orElse(null))
                .with("armed", List.copyOf(instance.armed()))
                .withOptional(
                        "escalation",
                        instance.escalation()
                                .map(escalation -> Json.object()
                                        .with("node", escalation.node().number())
                                        .with("cleans", escalation.cleans())
                                        .with("when", escalation.when().toString())
                                        .with("step", escalation.step().name())
                                        .values())
                                .orElse(null));
    }

    private static @Nullable Integer number(Optional<NodeId> node) {
        return node.map(NodeId::number).orElse(null);
    }

    /**
     * Reads everything.
     *
     * @param unreadable told the key and the reason of each entry that is left out; a newer release may have written it
     */
    static CrsInput.RegistryServing decode(
            RegistryContent content,
            SortedMap<String, TypeDefinition> builtIns,
            BiConsumer<String, String> unreadable) {
        Setup setup = setup(content, unreadable);
        SortedMap<String, TypeDefinition> types = TypeDefinition.with(builtIns, setup.types());
        SortedMap<ResourceName, ResourceDefinition> definitions = new TreeMap<>();
        SortedMap<ResourceName, Wanted> wanted = new TreeMap<>();
        SortedMap<NodeId, Incarnation> greeted = new TreeMap<>();
        Maintenance maintenance = Maintenance.NONE;
        Collection<Map.Entry<String, String>> entries = content.entries().entrySet();
        // Each entry is read by itself, so all processors can; what is read keeps the order of the keys.
        Stream<Map.Entry<String, String>> all = entries.size() < MANY ? entries.stream() : entries.parallelStream();
        for (Entry entry :
                all.map(each -> entry(each.getKey(), each.getValue(), types)).toList()) {
            switch (entry) {
                case Entry.Defined(ResourceName name, ResourceDefinition definition) ->
                    definitions.put(name, definition);
                case Entry.Is(ResourceName name, Wanted is) -> wanted.put(name, is);
                case Entry.Greeted(NodeId node, Incarnation life) -> greeted.put(node, life);
                case Entry.Maintained(Maintenance is) -> maintenance = is;
                case Entry.Other _ -> {} // Read with the setup, or of a newer release.
                case Entry.Unreadable(String key, String why) -> unreadable.accept(key, why);
            }
        }
        return new CrsInput.RegistryServing(content.version(), definitions, wanted, greeted, maintenance, setup);
    }

    /** From so many entries on it is worth while to share the work. */
    private static final int MANY = 1000;

    /** One entry, read. */
    private sealed interface Entry {
        record Defined(ResourceName name, ResourceDefinition definition) implements Entry {}

        record Is(ResourceName name, Wanted wanted) implements Entry {}

        record Greeted(NodeId node, Incarnation life) implements Entry {}

        record Maintained(Maintenance maintenance) implements Entry {}

        record Other() implements Entry {}

        record Unreadable(String key, String why) implements Entry {}
    }

    private static Entry entry(String key, String value, SortedMap<String, TypeDefinition> types) {
        try {
            if (key.startsWith(RESOURCE)) {
                ResourceName name = new ResourceName(key.substring(RESOURCE.length()));
                return new Entry.Defined(name, definition(name, Json.parse(value), types));
            } else if (key.startsWith(WANTED)) {
                return new Entry.Is(new ResourceName(key.substring(WANTED.length())), wanted(Json.parse(value)));
            } else if (key.startsWith(GREETED)) {
                return new Entry.Greeted(
                        new NodeId(Integer.parseInt(key.substring(GREETED.length()))),
                        new Incarnation(Long.parseLong(value)));
            } else if (key.equals(MAINTENANCE)) {
                return new Entry.Maintained(maintenance(Json.parse(value)));
            }
            return new Entry.Other();
        } catch (Json.Malformed | InvalidAttributes | IllegalArgumentException e) {
            return new Entry.Unreadable(key, String.valueOf(e.getMessage()));
        }
    }

    /** What is beside the resources: read first, as they are of its types. */
    private static Setup setup(RegistryContent content, BiConsumer<String, String> unreadable) {
        SortedMap<String, CustomType> types = new TreeMap<>();
        SortedMap<String, ServerCategory> categories = new TreeMap<>();
        SortedMap<String, ServerPool> pools = new TreeMap<>();
        PolicySet[] policies = {PolicySet.NONE};
        SortedMap<NodeId, SortedSet<String>> assigned = new TreeMap<>();
        SortedMap<NodeId, SortedMap<String, String>> said = new TreeMap<>();
        content.entries().forEach((key, value) -> {
            try {
                if (key.startsWith(TYPE)) {
                    CustomType type = TypeCodec.decode(key.substring(TYPE.length()), Json.parse(value));
                    types.put(type.name(), type);
                } else if (key.startsWith(POOL)) {
                    ServerPool pool = ServerPool.read(
                            key.substring(POOL.length()), Json.parse(value).stringMap("given"));
                    pools.put(pool.name(), pool);
                } else if (key.startsWith(CATEGORY)) {
                    ServerCategory category = ServerCategory.read(
                            key.substring(CATEGORY.length()), Json.parse(value).stringMap("given"));
                    categories.put(category.name(), category);
                } else if (key.equals(POLICIES)) {
                    policies[0] = policySet(Json.parse(value));
                } else if (key.startsWith(SERVER)) {
                    assigned.put(
                            new NodeId(Integer.parseInt(key.substring(SERVER.length()))),
                            new TreeSet<>(Json.parse(value).strings("pools")));
                } else if (key.startsWith(SAID)) {
                    Json all = Json.parse(value);
                    SortedMap<String, String> texts = new TreeMap<>();
                    for (String attribute : all.values().keySet()) {
                        texts.put(attribute, all.string(attribute));
                    }
                    said.put(new NodeId(Integer.parseInt(key.substring(SAID.length()))), texts);
                } else if (key.equals(FORMAT_KEY) && Integer.parseInt(value) > FORMAT) {
                    unreadable.accept(key, "a newer release wrote format " + value + "; what it added is left alone");
                }
            } catch (Json.Malformed | InvalidAttributes | IllegalArgumentException e) {
                unreadable.accept(key, String.valueOf(e.getMessage()));
            }
        });
        return new Setup(types, categories, pools, policies[0], assigned, said);
    }

    private static ResourceDefinition definition(ResourceName name, Json json, SortedMap<String, TypeDefinition> types)
            throws Json.Malformed, InvalidAttributes {
        TypeDefinition type = types.get(json.string("type"));
        if (type == null) {
            throw new Json.Malformed("there is no type '" + json.string("type") + "'");
        }
        return ResourceDefinition.read(name, type, json.stringMap("given"));
    }

    private static Wanted wanted(Json json) throws Json.Malformed {
        SortedMap<Integer, WantedInstance> instances = new TreeMap<>();
        Json all = json.childOrEmpty("instances");
        for (String number : all.values().keySet()) {
            instances.put(Integer.parseInt(number), instance(all.child(number)));
        }
        return new Wanted(instances, json.flag("deleting"));
    }

    private static WantedInstance instance(Json json) throws Json.Malformed {
        SortedMap<NodeId, Long> answered = new TreeMap<>();
        Json incidents = json.childOrEmpty("answered");
        for (String node : incidents.values().keySet()) {
            answered.put(new NodeId(Integer.parseInt(node)), incidents.number(node));
        }
        // One node, or several in a list.
        NodeSet wish = json.has("wish") && json.values().get("wish") instanceof List<?>
                ? nodes(json, "wish")
                : NodeSet.of(node(json, "wish").stream().toList());
        return new WantedInstance(
                Target.valueOf(json.string("target")),
                json.flag("stopping"),
                node(json, "node"),
                node(json, "lastServer"),
                wish.isEmpty() ? Optional.empty() : Optional.of(new Wish(wish, json.flag("wishOnly"))),
                json.integer("restarts"),
                nodes(json, "failedOn"),
                answered,
                json.flag("held"),
                json.has("failures") ? instants(json.strings("failures")) : List.of(),
                json.has("notBefore")
                        ? instants(List.of(json.string("notBefore"))).stream().findFirst()
                        : Optional.empty(),
                new TreeSet<>(json.has("armed") ? json.strings("armed") : List.of()),
                json.has("escalation") ? Optional.of(escalation(json.child("escalation"))) : Optional.empty());
    }

    private static Escalation escalation(Json json) throws Json.Malformed {
        return new Escalation(
                new NodeId(json.integer("node")),
                json.integer("cleans"),
                instants(List.of(json.string("when"))).getFirst(),
                Escalation.Step.valueOf(json.string("step")));
    }

    private static List<Instant> instants(List<String> texts) throws Json.Malformed {
        List<Instant> instants = new ArrayList<>();
        for (String text : texts) {
            try {
                instants.add(Instant.parse(text));
            } catch (DateTimeParseException e) {
                throw new Json.Malformed("'" + text + "' is no time");
            }
        }
        return instants;
    }

    private static Optional<NodeId> node(Json json, String key) throws Json.Malformed {
        return json.has(key) ? Optional.of(new NodeId(json.integer(key))) : Optional.empty();
    }
}
