package dev.holdfast.policy;

import dev.holdfast.model.CustomType;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.PolicySet;
import dev.holdfast.model.ServerCategory;
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
 * @param categories of servers, without the one that is always there
 * @param pools the server pools, without Free and Generic
 * @param policies what the pools shall be when one of the policies is activated
 * @param assigned the pools that each server is in, as was written down last; a server that is in none is missing
 * @param said what administrators said of servers, of {@link ServerCategory#SAID_OF_SERVERS}; without empty values
 */
public record Setup(
        SortedMap<String, CustomType> types,
        SortedMap<String, ServerCategory> categories,
        SortedMap<String, ServerPool> pools,
        PolicySet policies,
        SortedMap<NodeId, SortedSet<String>> assigned,
        SortedMap<NodeId, SortedMap<String, String>> said) {
    private static final SortedMap<String, String> NOTHING = Collections.unmodifiableSortedMap(new TreeMap<>());

    public static final Setup NONE =
            new Setup(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), PolicySet.NONE, new TreeMap<>());

    /** Nothing is said of servers. */
    public Setup(
            SortedMap<String, CustomType> types,
            SortedMap<String, ServerCategory> categories,
            SortedMap<String, ServerPool> pools,
            PolicySet policies,
            SortedMap<NodeId, SortedSet<String>> assigned) {
        this(types, categories, pools, policies, assigned, new TreeMap<>());
    }

    public Setup {
        types = Collections.unmodifiableSortedMap(new TreeMap<>(types));
        categories = Collections.unmodifiableSortedMap(new TreeMap<>(categories));
        pools = Collections.unmodifiableSortedMap(new TreeMap<>(pools));
        assigned = sealed(assigned);
        said = sealedTexts(said);
    }

    private static SortedMap<NodeId, SortedMap<String, String>> sealedTexts(
            Map<NodeId, SortedMap<String, String>> said) {
        SortedMap<NodeId, SortedMap<String, String>> all = new TreeMap<>();
        said.forEach((node, texts) -> all.put(node, Collections.unmodifiableSortedMap(new TreeMap<>(texts))));
        return Collections.unmodifiableSortedMap(all);
    }

    private static SortedMap<NodeId, SortedSet<String>> sealed(Map<NodeId, SortedSet<String>> assigned) {
        SortedMap<NodeId, SortedSet<String>> places = new TreeMap<>();
        assigned.forEach((node, names) -> places.put(node, Collections.unmodifiableSortedSet(new TreeSet<>(names))));
        return Collections.unmodifiableSortedMap(places);
    }

    /** The category of this name; empty: there is none. */
    public Optional<ServerCategory> category(String name) {
        return name.equals(ServerCategory.HUB)
                ? Optional.of(ServerCategory.hub())
                : Optional.ofNullable(categories.get(name));
    }

    /** What is known of one of {@link ServerCategory#OF_SERVERS}; what could be said of a server and was not is known to be empty. */
    public Optional<String> value(Server server, String attribute) {
        return ServerCategory.SAID_OF_SERVERS.contains(attribute)
                ? Optional.of(said.getOrDefault(server.id(), NOTHING).getOrDefault(attribute, ""))
                : server.value(attribute);
    }

    /**
     * What is to be written of it.
     *
     * @param types new or changed ones; empty: to be removed
     * @param categories the same
     * @param pools the same
     * @param policies in place of those that there are; empty: they stay
     * @param assigned replaces what was written down for these servers; an empty set removes it
     * @param said replaces what was said of these servers; an empty map removes it
     */
    public record Change(
            SortedMap<String, Optional<CustomType>> types,
            SortedMap<String, Optional<ServerCategory>> categories,
            SortedMap<String, Optional<ServerPool>> pools,
            Optional<PolicySet> policies,
            SortedMap<NodeId, SortedSet<String>> assigned,
            SortedMap<NodeId, SortedMap<String, String>> said) {
        public static final Change NONE = ofAssigned(new TreeMap<>());

        /** Nothing is said of servers. */
        public Change(
                SortedMap<String, Optional<CustomType>> types,
                SortedMap<String, Optional<ServerCategory>> categories,
                SortedMap<String, Optional<ServerPool>> pools,
                Optional<PolicySet> policies,
                SortedMap<NodeId, SortedSet<String>> assigned) {
            this(types, categories, pools, policies, assigned, new TreeMap<>());
        }

        public static Change ofSaid(SortedMap<NodeId, SortedMap<String, String>> said) {
            return new Change(
                    new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), Optional.empty(), new TreeMap<>(), said);
        }

        public Change {
            types = Collections.unmodifiableSortedMap(new TreeMap<>(types));
            categories = Collections.unmodifiableSortedMap(new TreeMap<>(categories));
            pools = Collections.unmodifiableSortedMap(new TreeMap<>(pools));
            assigned = sealed(assigned);
            said = sealedTexts(said);
        }

        public static Change ofTypes(SortedMap<String, Optional<CustomType>> types) {
            return new Change(types, new TreeMap<>(), new TreeMap<>(), Optional.empty(), new TreeMap<>());
        }

        public static Change ofCategories(SortedMap<String, Optional<ServerCategory>> categories) {
            return new Change(new TreeMap<>(), categories, new TreeMap<>(), Optional.empty(), new TreeMap<>());
        }

        public static Change ofPools(SortedMap<String, Optional<ServerPool>> pools) {
            return new Change(new TreeMap<>(), new TreeMap<>(), pools, Optional.empty(), new TreeMap<>());
        }

        static Change ofAssigned(SortedMap<NodeId, SortedSet<String>> assigned) {
            return new Change(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), Optional.empty(), assigned);
        }

        public boolean isEmpty() {
            return types.isEmpty()
                    && categories.isEmpty()
                    && pools.isEmpty()
                    && policies.isEmpty()
                    && assigned.isEmpty()
                    && said.isEmpty();
        }

        /** What makes {@code after} of {@code before}. */
        static Change between(Setup before, Setup after) {
            SortedMap<NodeId, SortedSet<String>> places = new TreeMap<>();
            changed(before.assigned, after.assigned)
                    .forEach((node, names) -> places.put(node, names.orElse(new TreeSet<>())));
            SortedMap<NodeId, SortedMap<String, String>> texts = new TreeMap<>();
            changed(before.said, after.said).forEach((node, each) -> texts.put(node, each.orElse(new TreeMap<>())));
            return new Change(
                    changed(before.types, after.types),
                    changed(before.categories, after.categories),
                    changed(before.pools, after.pools),
                    before.policies.equals(after.policies) ? Optional.empty() : Optional.of(after.policies),
                    places,
                    texts);
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
            return new Change(
                    both(types, later.types),
                    both(categories, later.categories),
                    both(pools, later.pools),
                    later.policies.or(() -> policies),
                    both(assigned, later.assigned),
                    both(said, later.said));
        }

        private static <K extends Comparable<K>, V> SortedMap<K, V> both(SortedMap<K, V> first, SortedMap<K, V> later) {
            SortedMap<K, V> all = new TreeMap<>(first);
            all.putAll(later);
            return all;
        }
    }

    /** This after a change was made. */
    public Setup with(Change change) {
        if (change.isEmpty()) {
            return this;
        }
        SortedMap<NodeId, SortedSet<String>> places = new TreeMap<>(assigned);
        change.assigned.forEach(
                (node, names) -> replace(places, node, names.isEmpty() ? Optional.empty() : Optional.of(names)));
        SortedMap<NodeId, SortedMap<String, String>> texts = new TreeMap<>(said);
        change.said.forEach(
                (node, each) -> replace(texts, node, each.isEmpty() ? Optional.empty() : Optional.of(each)));
        return new Setup(
                changed(types, change.types),
                changed(categories, change.categories),
                changed(pools, change.pools),
                change.policies.orElse(policies),
                places,
                texts);
    }

    private static <V> SortedMap<String, V> changed(
            SortedMap<String, V> before, SortedMap<String, Optional<V>> changes) {
        SortedMap<String, V> all = new TreeMap<>(before);
        changes.forEach((name, value) -> replace(all, name, value));
        return all;
    }

    private static <K, V> void replace(Map<K, V> in, K key, Optional<V> value) {
        if (value.isPresent()) {
            in.put(key, value.get());
        } else {
            in.remove(key);
        }
    }
}
