package dev.holdfast.policy;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is to be written to the registry, as one entry, before any action of the plan is begun.
 *
 * @param definitions new or changed ones; empty: to be removed, with what was wanted of it
 * @param wanted replaces what was wanted of these resources
 * @param greeted added to the lives that were answered
 * @param maintenance replaces what was said of maintenance
 * @param setup what changes beside the resources
 */
public record Changes(
        SortedMap<ResourceName, Optional<ResourceDefinition>> definitions,
        SortedMap<ResourceName, Wanted> wanted,
        SortedMap<NodeId, Incarnation> greeted,
        Optional<Maintenance> maintenance,
        Setup.Change setup) {
    public static final Changes NONE = new Changes(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

    public Changes {
        definitions = Collections.unmodifiableSortedMap(new TreeMap<>(definitions));
        wanted = Collections.unmodifiableSortedMap(new TreeMap<>(wanted));
        greeted = Collections.unmodifiableSortedMap(new TreeMap<>(greeted));
    }

    /** Nothing is changed about maintenance and setup. */
    public Changes(
            SortedMap<ResourceName, Optional<ResourceDefinition>> definitions,
            SortedMap<ResourceName, Wanted> wanted,
            SortedMap<NodeId, Incarnation> greeted) {
        this(definitions, wanted, greeted, Optional.empty(), Setup.Change.NONE);
    }

    /** Nothing is changed about the setup. */
    public Changes(
            SortedMap<ResourceName, Optional<ResourceDefinition>> definitions,
            SortedMap<ResourceName, Wanted> wanted,
            SortedMap<NodeId, Incarnation> greeted,
            Optional<Maintenance> maintenance) {
        this(definitions, wanted, greeted, maintenance, Setup.Change.NONE);
    }

    /** Nothing is changed about maintenance. */
    public Changes(
            SortedMap<ResourceName, Optional<ResourceDefinition>> definitions,
            SortedMap<ResourceName, Wanted> wanted,
            SortedMap<NodeId, Incarnation> greeted,
            Setup.Change setup) {
        this(definitions, wanted, greeted, Optional.empty(), setup);
    }

    /** What makes {@code after} of {@code before}, as far as the registry holds it. */
    public static Changes between(Situation before, Situation after) {
        SortedMap<ResourceName, Optional<ResourceDefinition>> definitions = new TreeMap<>();
        before.resources().keySet().stream()
                .filter(name -> !after.resources().containsKey(name))
                .forEach(name -> definitions.put(name, Optional.empty()));
        after.resources().forEach((name, definition) -> {
            if (!definition.equals(before.resources().get(name))) {
                definitions.put(name, Optional.of(definition));
            }
        });
        return new Changes(
                definitions,
                changed(before.wanted(), after.wanted()),
                changed(before.greeted(), after.greeted()),
                after.maintenance().equals(before.maintenance()) ? Optional.empty() : Optional.of(after.maintenance()),
                Setup.Change.between(before.setup(), after.setup()));
    }

    private static <K extends Comparable<K>, V> SortedMap<K, V> changed(SortedMap<K, V> before, SortedMap<K, V> after) {
        SortedMap<K, V> changed = new TreeMap<>();
        after.forEach((key, value) -> {
            if (!value.equals(before.get(key))) {
                changed.put(key, value);
            }
        });
        return changed;
    }

    public boolean isEmpty() {
        return definitions.isEmpty()
                && wanted.isEmpty()
                && greeted.isEmpty()
                && maintenance.isEmpty()
                && setup.isEmpty();
    }

    /** These changes and then {@code later}. */
    public Changes then(Changes later) {
        SortedMap<ResourceName, Optional<ResourceDefinition>> allDefinitions = new TreeMap<>(definitions);
        SortedMap<ResourceName, Wanted> allWanted = new TreeMap<>(wanted);
        SortedMap<NodeId, Incarnation> allGreeted = new TreeMap<>(greeted);
        allDefinitions.putAll(later.definitions);
        allWanted.putAll(later.wanted);
        allGreeted.putAll(later.greeted);
        later.definitions.forEach((name, definition) -> {
            if (definition.isEmpty()) {
                allWanted.remove(name);
            }
        });
        return new Changes(
                allDefinitions,
                allWanted,
                allGreeted,
                later.maintenance.or(() -> maintenance),
                setup.then(later.setup));
    }
}
