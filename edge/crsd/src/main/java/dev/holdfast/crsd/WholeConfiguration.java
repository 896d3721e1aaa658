package dev.holdfast.crsd;

import dev.holdfast.control.Caller;
import dev.holdfast.control.Kind;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Selection;
import dev.holdfast.model.CustomType;
import dev.holdfast.model.PolicySet;
import dev.holdfast.model.PoolPolicy;
import dev.holdfast.model.TypeDefinition;
import dev.holdfast.policy.Command;
import dev.holdfast.policy.Situation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The part of {@link Administration} that is about the configuration as a whole: {@code export}, {@code diff} and {@code apply}. */
final class WholeConfiguration {
    /** Something that is configured. */
    record Item(Kind kind, String name) implements Comparable<Item> {
        @Override
        public int compareTo(Item other) {
            return Comparator.comparing(Item::kind).thenComparing(Item::name).compare(this, other);
        }
    }

    private static final List<String> OF_POLICY_SET = List.of("ACL", "LAST_ACTIVATED_POLICY", "SERVER_POOL_NAMES");

    private WholeConfiguration() {}

    /** Everything: types, categories, server pools, the policy set, then resources, each by name. */
    static SortedMap<Item, Reply.Configured> of(Situation situation) {
        SortedMap<Item, Reply.Configured> all = new TreeMap<>();
        situation.setup().types().values().forEach(type -> put(all, configured(type)));
        situation
                .setup()
                .said()
                .forEach((node, said) -> Optional.ofNullable(situation.servers().get(node))
                        .ifPresent(server -> put(all, new Reply.Configured(Kind.SERVER, server.name(), "", said))));
        situation
                .setup()
                .pools()
                .values()
                .forEach(pool -> put(all, new Reply.Configured(Kind.POOL, pool.name(), "", pool.given())));
        situation
                .setup()
                .categories()
                .values()
                .forEach(category ->
                        put(all, new Reply.Configured(Kind.CATEGORY, category.name(), "", category.given())));
        if (!situation.setup().policies().equals(PolicySet.NONE)) {
            put(all, configured(situation.setup().policies()));
        }
        situation.resources().forEach((name, definition) -> {
            if (!situation.wantedOf(name).deleting()) {
                put(
                        all,
                        new Reply.Configured(
                                Kind.RESOURCE, name.text(), definition.type().name(), definition.given()));
            }
        });
        return all;
    }

    private static void put(SortedMap<Item, Reply.Configured> all, Reply.Configured item) {
        all.put(new Item(item.kind(), item.name()), item);
    }

    private static Reply.Configured configured(CustomType type) {
        Map<String, String> attributes = new TreeMap<>();
        if (!type.acl().isEmpty()) {
            attributes.put("ACL", type.acl());
        }
        type.attributes().forEach((name, own) -> {
            attributes.put(name + ".TYPE", own.number() ? "int" : "string");
            own.defaultValue().ifPresent(value -> attributes.put(name + ".DEFAULT_VALUE", value));
            if (!own.flags().isEmpty()) {
                attributes.put(
                        name + ".FLAGS",
                        String.join("|", own.flags().stream().map(Enum::name).toList()));
            }
        });
        return new Reply.Configured(Kind.TYPE, type.name(), type.base(), attributes);
    }

    /** {@code Day:DESCRIPTION} is of a policy, {@code Day:web:MIN_SIZE} what it says of a pool, the rest of the set. */
    private static Reply.Configured configured(PolicySet set) {
        Map<String, String> attributes = new TreeMap<>();
        attributes.put("ACL", set.acl());
        attributes.put("LAST_ACTIVATED_POLICY", set.lastActivated());
        attributes.put("SERVER_POOL_NAMES", String.join(" ", set.pools()));
        set.policies().forEach((name, policy) -> {
            attributes.put(name + ":DESCRIPTION", policy.description());
            policy.pools()
                    .forEach((pool, shape) -> shape.forEach(
                            (attribute, value) -> attributes.put(name + ":" + pool + ":" + attribute, value)));
        });
        attributes
                .entrySet()
                .removeIf(each -> each.getValue().isBlank() && !each.getKey().endsWith(":DESCRIPTION"));
        return new Reply.Configured(Kind.POLICY_SET, "", "", attributes);
    }

    /** The other way round; what cannot be one is among the problems. */
    private static PolicySet policySet(Reply.Configured item, List<Reply.Problem> problems) {
        SortedMap<String, String> own = new TreeMap<>();
        SortedMap<String, String> descriptions = new TreeMap<>();
        SortedMap<String, SortedMap<String, SortedMap<String, String>>> shapes = new TreeMap<>();
        item.attributes().forEach((key, value) -> {
            String[] parts = key.split(":", -1);
            if (parts.length == 1 && OF_POLICY_SET.contains(key)) {
                own.put(key, value.strip());
            } else if (parts.length == 2 && parts[1].equals("DESCRIPTION")) {
                descriptions.put(parts[0], value);
                shapes.computeIfAbsent(parts[0], _ -> new TreeMap<>());
            } else if (parts.length == 3) {
                shapes.computeIfAbsent(parts[0], _ -> new TreeMap<>())
                        .computeIfAbsent(parts[1], _ -> new TreeMap<>())
                        .put(parts[2], value.strip());
            } else {
                problems.add(new Reply.Problem(
                        "HF-3102",
                        "Attribute '" + key + "' of the policy set is unknown. Nothing was changed.",
                        List.of("The attributes are " + String.join(", ", OF_POLICY_SET) + ".")));
            }
        });
        SortedSet<String> pools =
                new TreeSet<>(List.of(own.getOrDefault("SERVER_POOL_NAMES", "").split("\\s+")));
        pools.remove(""); // Of an empty list.
        SortedMap<String, PoolPolicy> policies = new TreeMap<>();
        shapes.forEach((name, of) -> {
            pools.forEach(pool -> of.computeIfAbsent(pool, _ -> new TreeMap<>()));
            policies.put(name, new PoolPolicy(name, descriptions.getOrDefault(name, ""), of));
        });
        return new PolicySet(
                own.getOrDefault("ACL", ""), own.getOrDefault("LAST_ACTIVATED_POLICY", ""), pools, policies);
    }

    /**
     * A request in which everything is written as {@link #of} writes it. What does not speak of access means: as it is; and a new resource
     * belongs to whoever adds it, as ever.
     */
    static Request.Apply completed(Situation situation, Caller caller, Request.Apply apply) {
        SortedMap<Item, Reply.Configured> present = of(situation);
        List<Reply.Configured> complete = new ArrayList<>();
        for (Reply.Configured item : apply.items()) {
            Map<String, String> attributes = new LinkedHashMap<>(item.attributes());
            Reply.Configured before = present.get(new Item(item.kind(), item.name()));
            if (before != null && before.attributes().containsKey("ACL")) {
                attributes.putIfAbsent("ACL", before.attributes().get("ACL"));
            } else if (before == null && item.kind() == Kind.RESOURCE) {
                attributes.putIfAbsent("ACL", AccessList.ofCreator(caller));
            }
            complete.add(
                    switch (item.kind()) {
                        case RESOURCE, GROUP -> new Reply.Configured(item.kind(), item.name(), item.type(), attributes);
                        case POOL, CATEGORY, SERVER -> {
                            attributes.values().removeIf(String::isBlank);
                            attributes.replaceAll((_, value) -> value.strip());
                            yield new Reply.Configured(item.kind(), item.name(), "", attributes);
                        }
                        case POLICY_SET -> {
                            var said = new Reply.Configured(Kind.POLICY_SET, "", "", attributes);
                            List<Reply.Problem> problems = new ArrayList<>();
                            PolicySet set = policySet(said, problems);
                            yield problems.isEmpty() ? configured(set) : said;
                        }
                        case TYPE -> {
                            var typed = new Reply.Configured(Kind.TYPE, item.name(), item.type(), attributes);
                            List<Reply.Problem> problems = new ArrayList<>();
                            CustomType type = type(situation, typed, problems);
                            // What cannot be read is refused as it stands, by the command.
                            yield problems.isEmpty() ? configured(type) : typed;
                        }
                    });
        }
        return new Request.Apply(apply.kinds(), complete, apply.revision(), apply.keep(), apply.force());
    }

    private static CustomType type(Situation situation, Reply.Configured item, List<Reply.Problem> problems) {
        SortedMap<String, Map<String, String>> parts = new TreeMap<>();
        item.attributes().forEach((key, value) -> {
            int dot = key.lastIndexOf('.');
            if (dot > 0) {
                parts.computeIfAbsent(key.substring(0, dot), _ -> new HashMap<>())
                        .put(key.substring(dot + 1), value);
            } else if (!key.equals("ACL")) {
                problems.add(strange(item, key));
            }
        });
        List<Request.TypeAttribute> attributes = new ArrayList<>();
        parts.forEach((name, words) -> {
            attributes.add(new Request.TypeAttribute(
                    name,
                    Optional.ofNullable(words.remove("TYPE")),
                    Optional.ofNullable(words.remove("DEFAULT_VALUE")),
                    Optional.ofNullable(words.remove("FLAGS"))));
            words.keySet().forEach(word -> problems.add(strange(item, name + "." + word)));
        });
        String acl = item.attributes().getOrDefault("ACL", "");
        try {
            if (!acl.isBlank()) {
                AccessList.read(acl);
            }
        } catch (AccessList.Malformed e) {
            problems.add(new Reply.Problem(
                    "HF-2251",
                    "The access list of resource type '" + item.name() + "' was not understood: " + e.getMessage()
                            + ". Nothing was changed.",
                    List.of()));
        }
        return new CustomType(
                item.name(),
                item.type(),
                SetupAdministration.attributes(situation, item.type(), attributes, problems),
                acl.strip());
    }

    private static Reply.Problem strange(Reply.Configured item, String key) {
        return new Reply.Problem(
                "HF-3138",
                "Resource type '" + item.name() + "' has '" + key + "', which is not known. Nothing was changed.",
                List.of("An attribute of a type has TYPE, DEFAULT_VALUE and FLAGS."));
    }

    /** What {@code apply} would change: additions and modifications, what others build on first; then deletions, the other way round. */
    static List<Reply.Differing> differences(Situation situation, Request.Apply apply) {
        SortedMap<Item, Reply.Configured> present = of(situation);
        SortedMap<Item, Reply.Configured> wanted = new TreeMap<>();
        apply.items().forEach(item -> put(wanted, item));
        List<Reply.Differing> all = new ArrayList<>();
        wanted.forEach((at, item) -> {
            Reply.Configured before = present.get(at);
            List<Reply.DifferingAttribute> attributes =
                    differing(before == null ? Map.of() : before.attributes(), item.attributes());
            if (before == null || !before.type().equals(item.type()) || !attributes.isEmpty()) {
                all.add(new Reply.Differing(
                        before == null && at.kind() != Kind.SERVER ? "add" : "modify",
                        at.kind(),
                        at.name(),
                        item.type(),
                        attributes));
            }
        });
        List<Reply.Differing> gone = new ArrayList<>();
        present.forEach((at, item) -> {
            // The public networks come from cluster.conf.
            boolean goes = !apply.keep()
                    && apply.kinds().contains(at.kind())
                    && !wanted.containsKey(at)
                    && !(at.kind() == Kind.RESOURCE && item.type().equals(TypeDefinition.NETWORK));
            if (goes) {
                gone.add(new Reply.Differing(
                        at.kind() == Kind.SERVER ? "modify" : "delete",
                        at.kind(),
                        at.name(),
                        item.type(),
                        differing(item.attributes(), Map.of())));
            }
        });
        gone.sort(Comparator.comparing(Reply.Differing::kind).reversed().thenComparing(Reply.Differing::name));
        all.addAll(gone);
        return all;
    }

    private static List<Reply.DifferingAttribute> differing(Map<String, String> before, Map<String, String> after) {
        List<Reply.DifferingAttribute> all = new ArrayList<>();
        Set<String> names = new TreeSet<>(before.keySet());
        names.addAll(after.keySet());
        for (String name : names) {
            Optional<String> was = Optional.ofNullable(before.get(name));
            Optional<String> is = Optional.ofNullable(after.get(name));
            if (!was.equals(is)) {
                all.add(new Reply.DifferingAttribute(name, was, is));
            }
        }
        return all;
    }

    /** The request that would make this difference alone: who may not give that one may not give this one either. */
    static Request asOne(Request.Apply apply, Reply.Differing differing) {
        Map<String, String> changed = new LinkedHashMap<>();
        differing
                .attributes()
                .forEach(attribute ->
                        changed.put(attribute.name(), attribute.after().orElse("")));
        String name = differing.name();
        boolean force = apply.force();
        return switch (differing.kind()) {
            case RESOURCE, GROUP ->
                switch (differing.action()) {
                    case "add" -> new Request.AddResource(name, differing.type(), changed, force, false);
                    case "modify" -> new Request.ModifyResource(name, changed, List.of(), force, false);
                    default -> new Request.DeleteResource(Selection.named(name), force, false);
                };
            case POOL ->
                switch (differing.action()) {
                    case "add" -> new Request.AddPool(name, changed, force);
                    case "modify" -> new Request.ModifyPool(name, changed, List.of(), false, force);
                    default -> new Request.DeletePool(List.of(name), force);
                };
            case CATEGORY ->
                switch (differing.action()) {
                    case "add" -> new Request.AddCategory(name, changed);
                    case "modify" -> new Request.ModifyCategory(name, changed, force);
                    default -> new Request.DeleteCategory(List.of(name));
                };
            case SERVER -> new Request.SetServer(Optional.of(name), changed, force);
            case POLICY_SET -> {
                // Without its policies, which are changed with the right to change the set.
                changed.keySet().retainAll(OF_POLICY_SET);
                changed.remove("LAST_ACTIVATED_POLICY");
                if (differing.action().equals("delete")) {
                    changed.put("SERVER_POOL_NAMES", "");
                }
                yield new Request.ModifyPolicySet(changed, Optional.empty(), true, force);
            }
            case TYPE ->
                switch (differing.action()) {
                    case "add" -> new Request.AddType(name, differing.type(), List.of());
                    case "modify" ->
                        changed.containsKey("ACL")
                                ? new Request.SetPermission(
                                        Kind.TYPE, name, Request.PermissionChange.OWNER, "root") // Root's to say.
                                : new Request.ModifyType(name, List.of(), force);
                    default -> new Request.DeleteType(List.of(name));
                };
        };
    }

    /** Empty after an answer: something could not be read. */
    static Optional<Command> command(Situation situation, Request.Apply apply, Administration.Asker asker) {
        SortedMap<String, Command.Defined> definitions = new TreeMap<>();
        List<String> delete = new ArrayList<>();
        SortedMap<String, Optional<CustomType>> types = new TreeMap<>();
        SortedMap<String, Optional<Map<String, String>>> pools = new TreeMap<>();
        SortedMap<String, Optional<Map<String, String>>> categories = new TreeMap<>();
        SortedMap<String, SortedMap<String, String>> servers = new TreeMap<>();
        Optional<PolicySet> policies = Optional.empty();
        List<Reply.Problem> problems = new ArrayList<>();
        Map<Item, Reply.Configured> wanted = new HashMap<>();
        apply.items().forEach(item -> wanted.put(new Item(item.kind(), item.name()), item));
        for (Reply.Differing differing : differences(situation, apply)) {
            String name = differing.name();
            Optional<Reply.Configured> item = Optional.ofNullable(wanted.get(new Item(differing.kind(), name)));
            switch (differing.kind()) {
                case RESOURCE, GROUP ->
                    item.ifPresentOrElse(
                            it -> definitions.put(name, new Command.Defined(it.type(), it.attributes())),
                            () -> delete.add(name));
                case TYPE -> types.put(name, item.map(it -> type(situation, it, problems)));
                case POOL -> pools.put(name, item.map(Reply.Configured::attributes));
                case CATEGORY -> categories.put(name, item.map(Reply.Configured::attributes));
                case SERVER ->
                    servers.put(
                            name,
                            new TreeMap<>(item.map(Reply.Configured::attributes).orElse(Map.of())));
                case POLICY_SET ->
                    policies =
                            Optional.of(item.map(it -> policySet(it, problems)).orElse(PolicySet.NONE));
            }
        }
        if (!problems.isEmpty()) {
            asker.answer(new Reply.Refused(problems));
            return Optional.empty();
        }
        return Optional.of(new Command.Apply(
                definitions,
                delete,
                new Command.Beside(types, categories, pools, policies, servers),
                apply.revision(),
                apply.force()));
    }
}
