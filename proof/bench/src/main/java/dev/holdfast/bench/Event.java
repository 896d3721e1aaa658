package dev.holdfast.bench;

import io.avaje.json.mapper.JsonMapper;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A line of an event log: of a node's daemons, or of the lab about what it did to a node. All nodes of a lab share one monotonic clock, so
 * events of different nodes can be compared by it.
 *
 * @param nanos CLOCK_MONOTONIC
 * @param details what else the line says, by key
 */
public record Event(long nanos, String node, String daemon, String name, String text, Map<String, String> details) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    public Event {
        details = Collections.unmodifiableMap(new TreeMap<>(details));
    }

    static Event parse(String line) {
        Map<String, String> rest = new TreeMap<>();
        long nanos = 0;
        for (Map.Entry<String, Object> entry : JSON.fromJsonObject(line).entrySet()) {
            if (entry.getKey().equals("mono") && entry.getValue() instanceof Number number) {
                nanos = number.longValue();
            } else {
                rest.put(entry.getKey(), String.valueOf(entry.getValue()));
            }
        }
        rest.remove("wall");
        return new Event(
                nanos, take(rest, "node"), take(rest, "daemon"), take(rest, "event"), take(rest, "text"), rest);
    }

    private static String take(Map<String, String> from, String key) {
        String value = from.remove(key);
        return value == null ? "" : value;
    }

    /** Empty if the line does not say. */
    public String detail(String key) {
        return details.getOrDefault(key, "");
    }

    /** Whether this is the event {@code name} about {@code resource}. */
    public boolean is(String name, String resource) {
        return this.name.equals(name) && detail("resource").equals(resource);
    }
}
