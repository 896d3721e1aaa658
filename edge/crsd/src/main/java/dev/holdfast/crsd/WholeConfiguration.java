package dev.holdfast.crsd;

import dev.holdfast.control.Caller;
import dev.holdfast.control.Kind;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Selection;
import dev.holdfast.model.CustomType;
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

    private WholeConfiguration() {}

    /** Everything: types, server pools, then resources, each by name. */
    static SortedMap<Item, Reply.Configured> of(Situation situation) {
        SortedMap<Item, Reply.Configured> all = new TreeMap<>();
        situation.setup().types().values().forEach(type -> put(all, configured(type)));
        situation
                .setup()
                .pools()
                .values()
                .forEach(pool -> put(all, new Reply.Configured(Kind.POOL, pool.name(), "", pool.given())));
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
                        case POOL -> {
                            attributes.values().removeIf(String::isBlank);
                            attributes.replaceAll((_, value) -> value.strip());
                            yield new Reply.Configured(Kind.POOL, item.name(), "", attributes);
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
                        before == null ? "add" : "modify", at.kind(), at.name(), item.type(), attributes));
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
                        "delete", at.kind(), at.name(), item.type(), differing(item.attributes(), Map.of())));
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
            }
        }
        if (!problems.isEmpty()) {
            asker.answer(new Reply.Refused(problems));
            return Optional.empty();
        }
        return Optional.of(new Command.Apply(
                definitions, delete, new Command.Beside(types, pools), apply.revision(), apply.force()));
    }
}
