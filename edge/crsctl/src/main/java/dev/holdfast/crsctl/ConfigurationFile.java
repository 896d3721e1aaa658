package dev.holdfast.crsctl;

import dev.holdfast.control.Kind;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Texts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The configuration of a cluster in one file, as {@code crsctl export} writes it and {@code crsctl apply} reads it: YAML or JSON with
 * the fields {@code holdfast} (1, the version of this format), {@code cluster}, {@code revision}, and one part for each kind of things:
 * {@code types}, {@code categories}, {@code serverpools}, {@code policyset} and {@code resources}, at least one of them.
 *
 * @param cluster empty: any
 * @param revision of the configuration that it was made from
 * @param kinds those of which it speaks; everything of others stays as it is
 */
record ConfigurationFile(String cluster, Optional<String> revision, List<Kind> kinds, List<Reply.Configured> items) {
    private static final String FORMAT = "1";
    private static final List<String> OF_TYPE = List.of("base", "acl", "attributes");
    private static final List<String> OF_ATTRIBUTE = List.of("TYPE", "DEFAULT_VALUE", "FLAGS");

    ConfigurationFile {
        kinds = List.copyOf(kinds);
        items = List.copyOf(items);
    }

    static ConfigurationFile of(Reply.Configuration configuration) {
        return new ConfigurationFile(
                configuration.cluster(),
                Optional.of(configuration.revision()),
                Kind.configured(),
                configuration.items());
    }

    /** The same as maps and texts; what {@code -o json} prints and YAML is written from. */
    Map<String, Object> tree() {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("holdfast", FORMAT);
        tree.put("cluster", cluster);
        revision.ifPresent(known -> tree.put("revision", known));
        for (Kind kind : kinds) {
            Map<String, Object> all = new LinkedHashMap<>();
            for (Reply.Configured item : items) {
                if (item.kind() == kind && kind.isNameless()) {
                    all.putAll(policySet(item.attributes()));
                } else if (item.kind() == kind) {
                    all.put(item.name(), tree(item));
                }
            }
            tree.put(kind.section(), all);
        }
        return tree;
    }

    private static Map<String, Object> tree(Reply.Configured item) {
        Map<String, Object> one = new LinkedHashMap<>();
        Map<String, Object> attributes = new TreeMap<>(item.attributes());
        switch (item.kind()) {
            case RESOURCE, GROUP -> one.put("type", item.type());
            case POOL, CATEGORY, SERVER, POLICY_SET -> {}
            case TYPE -> {
                one.put("base", item.type());
                Optional.ofNullable(attributes.remove("ACL")).ifPresent(acl -> one.put("acl", acl));
                attributes = nested(item.attributes());
            }
        }
        one.put("attributes", attributes);
        return one;
    }

    /** {@code Day:DESCRIPTION} as a field of the policy {@code Day}, and {@code Day:web:MIN_SIZE} as one of its pool {@code web}. */
    private static Map<String, Object> policySet(Map<String, String> flat) {
        Map<String, Object> own = new TreeMap<>();
        Map<String, Map<String, Object>> policies = new TreeMap<>();
        Map<String, Map<String, Map<String, Object>>> pools = new TreeMap<>();
        new TreeMap<>(flat).forEach((key, value) -> {
            String[] parts = key.split(":", 3);
            if (parts.length == 1) {
                own.put(key, value);
                return;
            }
            Map<String, Object> policy = policies.computeIfAbsent(parts[0], _ -> new LinkedHashMap<>());
            if (parts.length == 2) {
                policy.put("description", value);
            } else {
                pools.computeIfAbsent(parts[0], _ -> new TreeMap<>())
                        .computeIfAbsent(parts[1], _ -> new TreeMap<>())
                        .put(parts[2], value);
            }
        });
        policies.forEach((name, policy) ->
                policy.put("serverpools", new TreeMap<String, Object>(pools.getOrDefault(name, Map.of()))));
        Map<String, Object> set = new LinkedHashMap<>();
        set.put("attributes", own);
        set.put("policies", new TreeMap<String, Object>(policies));
        return set;
    }

    private static Map<String, String> policySet(Map<String, Object> set, String where) throws UsageProblem {
        only(List.of("attributes", "policies"), set, where);
        Map<String, String> flat = new TreeMap<>();
        if (set.containsKey("attributes")) {
            flat.putAll(texts(map(set, "attributes", where), where));
        }
        if (set.containsKey("policies")) {
            for (Map.Entry<String, Object> each : map(set, "policies", where).entrySet()) {
                String of = "policy '" + each.getKey() + "'";
                Arguments.checkName("policy", each.getKey());
                Map<String, Object> policy = asMap(each.getValue(), of);
                only(List.of("description", "serverpools"), policy, of);
                flat.put(
                        each.getKey() + ":DESCRIPTION",
                        text(policy, "description", of).orElse(""));
                Map<String, Object> pools =
                        policy.containsKey("serverpools") ? map(policy, "serverpools", of) : Map.of();
                for (Map.Entry<String, Object> pool : pools.entrySet()) {
                    Arguments.checkName("server pool", pool.getKey());
                    String what = "server pool '" + pool.getKey() + "' of " + of;
                    texts(asMap(pool.getValue(), what), what)
                            .forEach((key, value) -> flat.put(each.getKey() + ":" + pool.getKey() + ":" + key, value));
                }
            }
        }
        return flat;
    }

    /** {@code PORT.TYPE} and {@code PORT.FLAGS} as two fields of {@code PORT}. */
    private static Map<String, Object> nested(Map<String, String> flat) {
        Map<String, Map<String, Object>> all = new TreeMap<>();
        new TreeMap<>(flat).forEach((key, value) -> {
            int dot = key.lastIndexOf('.');
            if (dot > 0) {
                all.computeIfAbsent(key.substring(0, dot), _ -> new TreeMap<>()).put(key.substring(dot + 1), value);
            }
        });
        return new TreeMap<>(all);
    }

    String yaml() {
        return """
                # The configuration of a Holdfast cluster. What would be changed:  crsctl apply FILE --plan
                # Without the line 'revision' it is also applied where the configuration was changed meanwhile.
                """ + Yaml.write(tree());
    }

    /** Reads YAML or JSON. */
    static ConfigurationFile read(String text) throws UsageProblem {
        return of(text.stripLeading().startsWith("{") ? Yaml.json(text) : Yaml.read(text));
    }

    private static ConfigurationFile of(Map<String, Object> tree) throws UsageProblem {
        List<String> known = new ArrayList<>(List.of("holdfast", "cluster", "revision"));
        Kind.configured().forEach(kind -> known.add(kind.section()));
        for (String key : tree.keySet()) {
            if (!known.contains(key)) {
                throw new UsageProblem(
                        "the file has a field '" + key + "', which is not known." + Nearest.hint(key, known));
            }
        }
        if (!FORMAT.equals(text(tree, "holdfast", "the file").orElse(""))) {
            throw new UsageProblem(
                    "the file does not begin with 'holdfast: " + FORMAT
                            + "', so it is no configuration that this version reads",
                    "Make one with:  crsctl export");
        }
        List<Kind> kinds = new ArrayList<>();
        List<Reply.Configured> items = new ArrayList<>();
        for (Kind kind : Kind.configured()) {
            if (!tree.containsKey(kind.section())) {
                continue;
            }
            kinds.add(kind);
            if (kind.isNameless()) {
                Map<String, String> flat = policySet(map(tree, kind.section(), "the file"), "the policy set");
                if (!flat.isEmpty()) {
                    items.add(new Reply.Configured(kind, "", "", flat));
                }
                continue;
            }
            for (Map.Entry<String, Object> entry :
                    map(tree, kind.section(), "the file").entrySet()) {
                items.add(item(kind, entry.getKey(), entry.getValue()));
            }
        }
        if (kinds.isEmpty()) {
            throw new UsageProblem(
                    "the file has none of the parts "
                            + String.join(
                                    ", ",
                                    Kind.configured().stream()
                                            .map(Kind::section)
                                            .toList()),
                    "Make one with:  crsctl export");
        }
        return new ConfigurationFile(
                text(tree, "cluster", "the file").orElse(""), text(tree, "revision", "the file"), kinds, items);
    }

    private static Reply.Configured item(Kind kind, String name, Object value) throws UsageProblem {
        String where = kind.word() + " '" + name + "'";
        Map<String, Object> one = asMap(value, where);
        List<String> fields = switch (kind) {
            case RESOURCE, GROUP -> List.of("type", "attributes");
            case POOL, CATEGORY, SERVER, POLICY_SET -> List.of("attributes");
            case TYPE -> OF_TYPE;
        };
        only(fields, one, where);
        Arguments.checkName(
                kind == Kind.POOL ? "server pool" : kind == Kind.CATEGORY ? "server category" : kind.word(), name);
        Map<String, Object> given = one.containsKey("attributes") ? map(one, "attributes", where) : Map.of();
        return switch (kind) {
            case RESOURCE, GROUP ->
                new Reply.Configured(
                        kind,
                        name,
                        text(one, "type", where).orElseThrow(() -> new UsageProblem(where + " has no type")),
                        texts(given, where));
            case POOL, CATEGORY, SERVER, POLICY_SET -> new Reply.Configured(kind, name, "", texts(given, where));
            case TYPE -> {
                Map<String, String> attributes = new TreeMap<>();
                text(one, "acl", where).ifPresent(acl -> attributes.put("ACL", acl));
                for (Map.Entry<String, Object> attribute : given.entrySet()) {
                    String of = "attribute " + attribute.getKey() + " of " + where;
                    Map<String, Object> words = asMap(attribute.getValue(), of);
                    only(OF_ATTRIBUTE, words, of);
                    texts(words, of).forEach((key, text) -> attributes.put(attribute.getKey() + "." + key, text));
                }
                yield new Reply.Configured(
                        kind,
                        name,
                        text(one, "base", where)
                                .orElseThrow(() -> new UsageProblem(where + " has no base: what is it derived from?")),
                        attributes);
            }
        };
    }

    private static void only(List<String> fields, Map<String, Object> found, String where) throws UsageProblem {
        for (String key : found.keySet()) {
            if (!fields.contains(key)) {
                throw new UsageProblem(
                        where + " has a field '" + key + "'; it has '" + String.join("' and '", fields) + "'");
            }
        }
    }

    private static Map<String, String> texts(Map<String, Object> given, String where) throws UsageProblem {
        Map<String, String> texts = new TreeMap<>();
        for (Map.Entry<String, Object> attribute : given.entrySet()) {
            if (!(attribute.getValue() instanceof String value)) {
                throw new UsageProblem(
                        "attribute " + attribute.getKey() + " of " + where + " is not a text or a number");
            }
            if (value.length() > Texts.LONGEST) { // Said here, where it is known which of hundreds it is.
                throw new UsageProblem("attribute " + attribute.getKey() + " of " + where + " has " + value.length()
                        + " characters; one value has " + Texts.LONGEST
                        + " at most. Put what is long into a file that all nodes have, and name the file in the value");
            }
            texts.put(attribute.getKey(), value);
        }
        return texts;
    }

    private static Optional<String> text(Map<String, Object> tree, String key, String where) throws UsageProblem {
        Object value = tree.get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof String text) {
            return text.isEmpty() ? Optional.empty() : Optional.of(text);
        }
        throw new UsageProblem("'" + key + "' of " + where + " is not a text");
    }

    private static Map<String, Object> map(Map<String, Object> tree, String key, String where) throws UsageProblem {
        Object value = tree.get(key);
        if (value == null) {
            throw new UsageProblem(where + " has no '" + key + "'");
        }
        return asMap(value, "'" + key + "' of " + where);
    }

    private static Map<String, Object> asMap(Object value, String where) throws UsageProblem {
        if (!(value instanceof Map<?, ?> map)) {
            throw new UsageProblem(where + " is not a list of names with values");
        }
        Map<String, Object> result = new LinkedHashMap<>();
        map.forEach((key, each) -> result.put(String.valueOf(key), each));
        return result;
    }
}
