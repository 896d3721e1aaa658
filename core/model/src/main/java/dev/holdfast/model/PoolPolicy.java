package dev.holdfast.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What server pools shall be when it is activated: a shape of the cluster, for the day or for the night.
 *
 * @param description for people
 * @param pools by the name of the pool, values of {@link #ATTRIBUTES}; what is not given has its default
 */
public record PoolPolicy(String name, String description, SortedMap<String, SortedMap<String, String>> pools) {
    /** What a policy says of a pool, in the order in which it is shown. The other attributes of the pool stay. */
    public static final List<String> ATTRIBUTES =
            List.of("IMPORTANCE", "MAX_SIZE", "MIN_SIZE", "SERVER_CATEGORY", "SERVER_NAMES");

    public PoolPolicy {
        SortedMap<String, SortedMap<String, String>> all = new TreeMap<>();
        pools.forEach((pool, values) -> {
            SortedMap<String, String> given = new TreeMap<>(values);
            given.values().removeIf(String::isBlank);
            all.put(pool, Collections.unmodifiableSortedMap(given));
        });
        pools = Collections.unmodifiableSortedMap(all);
    }

    /**
     * A pool as this policy wants it: what the policy says, and for the rest what the pool is.
     *
     * @throws InvalidAttributes with everything that is wrong with the values
     */
    public ServerPool shape(ServerPool pool) throws InvalidAttributes {
        SortedMap<String, String> values = new TreeMap<>(pool.given());
        ATTRIBUTES.forEach(attribute -> values.remove(attribute));
        Map<String, String> said = pools.getOrDefault(pool.name(), new TreeMap<>());
        List<Message> problems = new ArrayList<>();
        for (String attribute : said.keySet()) {
            if (!ATTRIBUTES.contains(attribute)) {
                problems.add(new Message(
                        "HF-3102",
                        "Attribute '" + attribute + "' of server pool '" + pool.name()
                                + "' is nothing that a policy can say.",
                        "A policy says " + String.join(", ", ATTRIBUTES) + "."));
            }
        }
        if (!problems.isEmpty()) {
            throw new InvalidAttributes(problems);
        }
        values.putAll(said);
        return ServerPool.read(pool.name(), values);
    }

    /** What a pool is now, as a policy says it. */
    public static SortedMap<String, String> shapeOf(ServerPool pool) {
        SortedMap<String, String> values = new TreeMap<>(pool.given());
        values.keySet().retainAll(ATTRIBUTES);
        return values;
    }

    public PoolPolicy withDescription(String text) {
        return new PoolPolicy(name, text, pools);
    }
}
