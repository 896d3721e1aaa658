package dev.holdfast.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A name for the servers that have something in common: all those for which an expression over their attributes holds.
 *
 * @param given what the administrator gave: this, with the name, is what the registry keeps
 * @param expression which servers; empty: all
 */
public record ServerCategory(String name, SortedMap<String, String> given, Optional<Expression> expression) {
    /** The category that every cluster has, and every server is in. */
    public static final String HUB = "ora.hub.category";

    /** In the order in which they are shown. */
    public static final List<String> ATTRIBUTES = List.of("ACL", "ACTIVE_CSS_ROLE", "EXPRESSION");

    /** What administrators say of a server. */
    public static final List<String> SAID_OF_SERVERS = List.of("LOCATION", "SERVER_LABEL");

    /** What an expression can ask of a server. */
    public static final List<String> OF_SERVERS = List.of(
            "NAME",
            "STATE",
            "CPU_COUNT",
            "CPU_CLOCK_RATE",
            "CPU_HYPERTHREADING",
            "CPU_EQUIVALENCY",
            "MEMORY_SIZE",
            "PHYSICAL_HOSTNAME",
            "LOCATION",
            "SERVER_LABEL",
            "CONFIGURED_CSS_ROLE",
            "ACTIVE_CSS_ROLE");

    /** How much a processor counts beside those of other servers: here all count the same. */
    public static final String CPU_EQUIVALENCY = "1000";

    /** Every node keeps its place on the voting disks. */
    public static final String HUB_ROLE = "hub";

    public ServerCategory {
        given = Collections.unmodifiableSortedMap(new TreeMap<>(given));
    }

    /** {@link #HUB}. */
    public static ServerCategory hub() {
        return new ServerCategory(HUB, new TreeMap<>(), Optional.empty());
    }

    /** @throws InvalidAttributes with everything that is wrong */
    public static ServerCategory read(String name, Map<String, String> given) throws InvalidAttributes {
        List<Message> problems = new ArrayList<>();
        if (!ResourceName.isValid(name) || name.startsWith("ora.")) {
            problems.add(new Message(
                    "HF-3185",
                    "'" + name + "' is not a name for a server category.",
                    "Use letters, digits and underscores. What begins with 'ora.' is taken."));
        }
        SortedMap<String, String> kept = new TreeMap<>();
        given.forEach((attribute, value) -> {
            if (!ATTRIBUTES.contains(attribute)) {
                problems.add(new Message(
                        "HF-3102",
                        "Attribute '" + attribute + "' of server category '" + name + "' is unknown.",
                        "The attributes are " + String.join(", ", ATTRIBUTES) + "."));
            } else if (!value.isBlank()) {
                kept.put(attribute, value.strip());
            }
        });
        if (!kept.getOrDefault("ACTIVE_CSS_ROLE", HUB_ROLE).equals(HUB_ROLE)) {
            problems.add(new Message(
                    "HF-3104",
                    "Attribute ACTIVE_CSS_ROLE of server category '" + name + "': must be " + HUB_ROLE + ", got '"
                            + kept.get("ACTIVE_CSS_ROLE") + "'.",
                    "Leave it out: every server here uses the voting disks, and there are no leaf nodes."));
        }
        Optional<Expression> expression = expression(name, kept, problems);
        if (!problems.isEmpty()) {
            throw new InvalidAttributes(problems);
        }
        return new ServerCategory(name, kept, expression);
    }

    private static Optional<Expression> expression(
            String name, SortedMap<String, String> kept, List<Message> problems) {
        String text = kept.getOrDefault("EXPRESSION", "");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            Expression expression = Expression.parse(text);
            for (String attribute : expression.attributes()) {
                if (!OF_SERVERS.contains(attribute)) {
                    problems.add(new Message(
                            "HF-3179",
                            "EXPRESSION of server category '" + name + "': nothing is known of '" + attribute
                                    + "' of a server.",
                            Spelling.nearest(attribute, OF_SERVERS)
                                            .map(near -> "Did you mean " + near + "? ")
                                            .orElse("")
                                    + "It can ask for " + String.join(", ", OF_SERVERS) + "."));
                }
            }
            return Optional.of(expression);
        } catch (IllegalArgumentException bad) {
            problems.add(new Message(
                    "HF-3186",
                    "EXPRESSION of server category '" + name + "' was not understood: " + bad.getMessage() + ".",
                    "An example: EXPRESSION='(CPU_COUNT > 2) AND (MEMORY_SIZE > 2048)'"));
            return Optional.empty();
        }
    }

    /**
     * Whether a server is in it.
     *
     * @param values its attributes, of {@link #OF_SERVERS}; empty: not known
     * @return empty: that depends on something that is not known of the server
     */
    public Optional<Boolean> has(Function<String, Optional<String>> values) {
        return expression.isEmpty() ? Optional.of(true) : expression.get().holds(values);
    }

    /** The value that holds for one of {@link #ATTRIBUTES}. */
    public String value(String attribute) {
        return given.getOrDefault(attribute, attribute.equals("ACTIVE_CSS_ROLE") ? HUB_ROLE : "");
    }
}
