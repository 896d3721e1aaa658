package dev.holdfast.policy;

import dev.holdfast.model.CustomType;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ServerPool;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What is configured beside the resources, and kept in the registry like them.
 *
 * @param types those that administrators made
 * @param pools the server pools, without Free and Generic
 * @param assigned the pools that each server is in, as was written down last; a server that is in none is missing
 */
public record Setup(
        SortedMap<String, CustomType> types,
        SortedMap<String, ServerPool> pools,
        SortedMap<NodeId, SortedSet<String>> assigned) {
    public static final Setup NONE = new Setup(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

    public Setup {
        types = Collections.unmodifiableSortedMap(new TreeMap<>(types));
        pools = Collections.unmodifiableSortedMap(new TreeMap<>(pools));
        TreeMap<NodeId, SortedSet<String>> places = new TreeMap<>();
        assigned.forEach((node, names) -> places.put(node, Collections.unmodifiableSortedSet(new TreeSet<>(names))));
        assigned = Collections.unmodifiableSortedMap(places);
    }

    /**
     * What is to be written of it.
     *
     * @param types new or changed ones; empty: to be removed
     * @param pools the same
     * @param assigned replaces what was written down for these servers; an empty set removes it
     */
    public record Change(
            SortedMap<String, Optional<CustomType>> types,
            SortedMap<String, Optional<ServerPool>> pools,
            SortedMap<NodeId, SortedSet<String>> assigned) {
        public static final Change NONE = new Change(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

        public Change {
            types = Collections.unmodifiableSortedMap(new TreeMap<>(types));
            pools = Collections.unmodifiableSortedMap(new TreeMap<>(pools));
            TreeMap<NodeId, SortedSet<String>> places = new TreeMap<>();
            assigned.forEach(
                    (node, names) -> places.put(node, Collections.unmodifiableSortedSet(new TreeSet<>(names))));
            assigned = Collections.unmodifiableSortedMap(places);
        }

        static Change ofType(String name, Optional<CustomType> type) {
            return new Change(new TreeMap<>(Map.of(name, type)), new TreeMap<>(), new TreeMap<>());
        }

        public boolean isEmpty() {
            return types.isEmpty() && pools.isEmpty() && assigned.isEmpty();
        }

        /** What makes {@code after} of {@code before}. */
        static Change between(Setup before, Setup after) {
            SortedMap<NodeId, SortedSet<String>> places = new TreeMap<>();
            changed(before.assigned, after.assigned)
                    .forEach((node, names) -> places.put(node, names.orElse(new TreeSet<>())));
            return new Change(changed(before.types, after.types), changed(before.pools, after.pools), places);
        }

        private static <K extends Comparable<K>, V> SortedMap<K, Optional<V>> changed(
                SortedMap<K, V> before, SortedMap<K, V> after) {
            SortedMap<K, Optional<V>> changed = new TreeMap<>();
            before.keySet().stream()
                    .filter(key -> !after.containsKey(key))
                    .forEach(key -> changed.put(key, Optional.empty()));
            after.forEach((key, value) -> {
                if (!value.equals(before.get(key))) {
                    changed.put(key, Optional.of(value));
                }
            });
            return changed;
        }

        /** This and then {@code later}. */
        Change then(Change later) {
            SortedMap<String, Optional<CustomType>> allTypes = new TreeMap<>(types);
            SortedMap<String, Optional<ServerPool>> allPools = new TreeMap<>(pools);
            SortedMap<NodeId, SortedSet<String>> places = new TreeMap<>(assigned);
            allTypes.putAll(later.types);
            allPools.putAll(later.pools);
            places.putAll(later.assigned);
            return new Change(allTypes, allPools, places);
        }
    }

    /** This after a change was made. */
    public Setup with(Change change) {
        if (change.isEmpty()) {
            return this;
        }
        SortedMap<String, CustomType> allTypes = new TreeMap<>(types);
        SortedMap<String, ServerPool> allPools = new TreeMap<>(pools);
        SortedMap<NodeId, SortedSet<String>> places = new TreeMap<>(assigned);
        change.types.forEach((name, type) -> replace(allTypes, name, type));
        change.pools.forEach((name, pool) -> replace(allPools, name, pool));
        change.assigned.forEach(
                (node, names) -> replace(places, node, names.isEmpty() ? Optional.empty() : Optional.of(names)));
        return new Setup(allTypes, allPools, places);
    }

    private static <K, V> void replace(Map<K, V> in, K key, Optional<V> value) {
        if (value.isPresent()) {
            in.put(key, value.get());
        } else {
            in.remove(key);
        }
    }
}
