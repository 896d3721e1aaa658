package dev.holdfast.crsctl;

import dev.holdfast.control.Reply;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The configuration of a cluster in one file, as {@code crsctl export} writes it and {@code crsctl apply} reads it: YAML or JSON with
 * the fields {@code holdfast} (1, the version of this format), {@code cluster}, {@code revision} and {@code resources}.
 *
 * @param cluster empty: any
 * @param revision of the configuration that it was made from
 */
record ConfigurationFile(String cluster, Optional<String> revision, List<Reply.Configured> resources) {
    private static final String FORMAT = "1";

    ConfigurationFile {
        resources = List.copyOf(resources);
    }

    static ConfigurationFile of(Reply.Configuration configuration) {
        return new ConfigurationFile(
                configuration.cluster(), Optional.of(configuration.revision()), configuration.resources());
    }

    /** The same as maps and texts; what {@code -o json} prints and YAML is written from. */
    Map<String, Object> tree() {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("holdfast", FORMAT);
        tree.put("cluster", cluster);
        revision.ifPresent(known -> tree.put("revision", known));
        Map<String, Object> all = new LinkedHashMap<>();
        for (Reply.Configured resource : resources) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("type", resource.type());
            one.put("attributes", new TreeMap<>(resource.attributes()));
            all.put(resource.name(), one);
        }
        tree.put("resources", all);
        return tree;
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
        for (String key : tree.keySet()) {
            if (!List.of("holdfast", "cluster", "revision", "resources").contains(key)) {
                throw new UsageProblem("the file has a field '" + key + "', which is not known."
                        + Nearest.hint(key, List.of("holdfast", "cluster", "revision", "resources")));
            }
        }
        if (!FORMAT.equals(text(tree, "holdfast", "the file").orElse(""))) {
            throw new UsageProblem(
                    "the file does not begin with 'holdfast: " + FORMAT
                            + "', so it is no configuration that this version reads",
                    "Make one with:  crsctl export");
        }
        List<Reply.Configured> resources = new ArrayList<>();
        for (Map.Entry<String, Object> entry :
                map(tree, "resources", "the file").entrySet()) {
            String name = entry.getKey();
            String where = "resource '" + name + "'";
            Map<String, Object> one = asMap(entry.getValue(), where);
            for (String key : one.keySet()) {
                if (!key.equals("type") && !key.equals("attributes")) {
                    throw new UsageProblem(where + " has a field '" + key + "'; it has 'type' and 'attributes'");
                }
            }
            Map<String, String> attributes = new TreeMap<>();
            for (Map.Entry<String, Object> attribute : one.containsKey("attributes")
                    ? map(one, "attributes", where).entrySet()
                    : Map.<String, Object>of().entrySet()) {
                if (!(attribute.getValue() instanceof String value)) {
                    throw new UsageProblem(
                            "attribute " + attribute.getKey() + " of " + where + " is not a text or a number");
                }
                attributes.put(attribute.getKey(), value);
            }
            Arguments.checkName("resource", name);
            resources.add(new Reply.Configured(
                    name,
                    text(one, "type", where).orElseThrow(() -> new UsageProblem(where + " has no type")),
                    attributes));
        }
        return new ConfigurationFile(
                text(tree, "cluster", "the file").orElse(""), text(tree, "revision", "the file"), resources);
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
