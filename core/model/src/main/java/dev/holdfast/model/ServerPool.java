package dev.holdfast.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A named part of the cluster: how many servers it shall have, and which.
 *
 * @param given what the administrator gave: this, with the name, is what the registry keeps
 * @param minSize below it, servers are taken from elsewhere
 * @param maxSize no more than that; {@link #UNLIMITED}: as many as there are
 * @param importance who is served first, 0 to 1000
 * @param serverNames the only servers that it may have; empty: any
 * @param category it may have servers of this category only; empty: any
 * @param parents pools whose servers it may have; empty: it stands by itself, and shares its servers with no other such pool
 * @param exclusive pools that have one of these words in common share no server
 */
public record ServerPool(
        String name,
        SortedMap<String, String> given,
        int minSize,
        int maxSize,
        int importance,
        List<String> serverNames,
        String category,
        List<String> parents,
        List<String> exclusive)
        implements Comparable<ServerPool> {
    /** The pool of servers that no other pool has. */
    public static final String FREE = "Free";

    /** The parent of pools that name their servers. */
    public static final String GENERIC = "Generic";

    public static final int UNLIMITED = -1;

    /** In the order in which they are shown. */
    public static final List<String> ATTRIBUTES = List.of(
            "IMPORTANCE",
            "MIN_SIZE",
            "MAX_SIZE",
            "SERVER_NAMES",
            "PARENT_POOLS",
            "EXCLUSIVE_POOLS",
            "ACL",
            "SERVER_CATEGORY");

    private static final int MOST_IMPORTANT = 1000;

    public ServerPool {
        given = Collections.unmodifiableSortedMap(new TreeMap<>(given));
        serverNames = List.copyOf(serverNames);
        parents = List.copyOf(parents);
        exclusive = List.copyOf(exclusive);
    }

    /** @throws InvalidAttributes with everything that is wrong */
    public static ServerPool read(String name, Map<String, String> given) throws InvalidAttributes {
        List<Message> problems = new ArrayList<>();
        if (!ResourceName.isValid(name) || Set.of(FREE, GENERIC).contains(name) || name.startsWith("ora.")) {
            problems.add(new Message(
                    "HF-3140",
                    "'" + name + "' is not a name for a server pool.",
                    "Use letters, digits and underscores. Free and Generic, and what begins with 'ora.', is taken."));
        }
        SortedMap<String, String> kept = new TreeMap<>();
        given.forEach((attribute, value) -> {
            if (!ATTRIBUTES.contains(attribute)) {
                problems.add(new Message(
                        "HF-3102",
                        "Attribute '" + attribute + "' of server pool '" + name + "' is unknown.",
                        "The attributes are " + String.join(", ", ATTRIBUTES) + "."));
            } else if (!value.isBlank()) {
                kept.put(attribute, value.strip());
            }
        });
        int min = number(name, kept, "MIN_SIZE", 0, 0, NodeId.MAX, problems);
        int max = number(name, kept, "MAX_SIZE", UNLIMITED, UNLIMITED, NodeId.MAX, problems);
        int importance = number(name, kept, "IMPORTANCE", 0, 0, MOST_IMPORTANT, problems);
        if (max != UNLIMITED && max < min) {
            problems.add(new Message(
                    "HF-3104",
                    "Server pool '" + name + "': MAX_SIZE=" + max + " is less than MIN_SIZE=" + min + ".",
                    "MAX_SIZE=-1 means as many as there are."));
        }
        String category = kept.getOrDefault("SERVER_CATEGORY", "");
        if (!category.isEmpty() && kept.containsKey("SERVER_NAMES")) {
            problems.add(new Message(
                    "HF-3104",
                    "Server pool '" + name + "' has SERVER_NAMES and SERVER_CATEGORY.",
                    "Give one of the two; to drop one, give it an empty value."));
        }
        List<String> parents = words(kept, "PARENT_POOLS");
        if (parents.contains(name) || parents.contains(FREE)) {
            problems.add(new Message(
                    "HF-3104",
                    "Server pool '" + name + "' cannot be part of "
                            + (parents.contains(name) ? "itself" : "the pool Free") + ".",
                    "Name other pools in PARENT_POOLS, or Generic, or none."));
        }
        if (!problems.isEmpty()) {
            throw new InvalidAttributes(problems);
        }
        return new ServerPool(
                name,
                kept,
                min,
                max,
                importance,
                words(kept, "SERVER_NAMES"),
                category,
                parents,
                words(kept, "EXCLUSIVE_POOLS"));
    }

    private static int number(
            String pool,
            Map<String, String> kept,
            String attribute,
            int ifAbsent,
            int min,
            int max,
            List<Message> problems) {
        String text = kept.getOrDefault(attribute, Integer.toString(ifAbsent));
        int number = text.matches("-?\\d{1,6}") ? Integer.parseInt(text) : Integer.MIN_VALUE;
        if (number < min || number > max) {
            problems.add(new Message(
                    "HF-3104",
                    "Attribute " + attribute + " of server pool '" + pool + "': must be a whole number " + min + " to "
                            + max + ", got '" + text + "'.",
                    "The default is " + ifAbsent + "."));
            return ifAbsent;
        }
        return number;
    }

    private static List<String> words(Map<String, String> kept, String attribute) {
        String text = kept.getOrDefault(attribute, "");
        return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
    }

    /** The value that holds for one of {@link #ATTRIBUTES}. */
    public String value(String attribute) {
        return given.getOrDefault(
                attribute,
                switch (attribute) {
                    case "MIN_SIZE", "IMPORTANCE" -> "0";
                    case "MAX_SIZE" -> Integer.toString(UNLIMITED);
                    default -> "";
                });
    }

    /** It shares its servers with no other pool that stands by itself. */
    public boolean standsAlone() {
        return parents.isEmpty();
    }

    /** By its name; whether it is of the category is another question. */
    public boolean mayHave(String server) {
        return serverNames.isEmpty() || serverNames.contains(server);
    }

    public boolean hasRoom(int servers) {
        return maxSize == UNLIMITED || servers < maxSize;
    }

    /** The most important first, then by name. */
    @Override
    public int compareTo(ServerPool other) {
        return importance != other.importance
                ? Integer.compare(other.importance, importance)
                : name.compareTo(other.name);
    }
}
