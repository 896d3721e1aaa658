package dev.holdfast.policy;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.TypeDefinition;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Everything the policy looks at: what is wanted, what is, and who is there.
 *
 * @param resources the definitions (registry)
 * @param types the types (built in, and registry)
 * @param wanted per resource (registry); missing means {@link Wanted#NEW}
 * @param servers every configured node
 * @param greeted per node, the life whose arrival was already answered with AUTO_START (registry)
 * @param observed what the nodes report. No entry for a server that is not OFFLINE means: not known, so it may be
 *     running there. Entries of OFFLINE servers are ignored
 * @param maintenance what administrators took out of the policy's hands (registry)
 * @param now the time of day, for RESTART_DELAY and FAILURE_INTERVAL; seconds more or less between two masters do no harm
 * @param setup what is configured beside the resources; its types are in {@code types}, too
 */
public record Situation(
        SortedMap<ResourceName, ResourceDefinition> resources,
        SortedMap<String, TypeDefinition> types,
        SortedMap<ResourceName, Wanted> wanted,
        SortedMap<NodeId, Server> servers,
        SortedMap<NodeId, Incarnation> greeted,
        SortedMap<InstanceKey, Observed> observed,
        Maintenance maintenance,
        Instant now,
        Setup setup) {

    /** With the types of the product only, and without server pools. */
    public Situation(
            SortedMap<ResourceName, ResourceDefinition> resources,
            SortedMap<String, TypeDefinition> types,
            SortedMap<ResourceName, Wanted> wanted,
            SortedMap<NodeId, Server> servers,
            SortedMap<NodeId, Incarnation> greeted,
            SortedMap<InstanceKey, Observed> observed,
            Maintenance maintenance,
            Instant now) {
        this(resources, types, wanted, servers, greeted, observed, maintenance, now, Setup.NONE);
    }

    public Situation {
        resources = sealed(resources);
        types = sealed(types);
        wanted = sealed(wanted);
        servers = sealed(servers);
        greeted = sealed(greeted);
        observed = sealed(observed);
    }

    /** Without any maintenance. */
    public Situation(
            SortedMap<ResourceName, ResourceDefinition> resources,
            SortedMap<String, TypeDefinition> types,
            SortedMap<ResourceName, Wanted> wanted,
            SortedMap<NodeId, Server> servers,
            SortedMap<NodeId, Incarnation> greeted,
            SortedMap<InstanceKey, Observed> observed,
            Instant now) {
        this(resources, types, wanted, servers, greeted, observed, Maintenance.NONE, now);
    }

    private static <K extends Comparable<K>, V> SortedMap<K, V> sealed(Map<K, V> map) {
        return Collections.unmodifiableSortedMap(new TreeMap<>(map));
    }

    public Wanted wantedOf(ResourceName name) {
        return wanted.getOrDefault(name, Wanted.NEW);
    }

    public Optional<Server> serverNamed(String name) {
        return servers.values().stream()
                .filter(server -> server.name().equals(name))
                .findFirst();
    }

    /** The situation after the changes were made. */
    public Situation with(Changes changes) {
        if (changes.isEmpty()) {
            return this;
        }
        TreeMap<ResourceName, ResourceDefinition> definitions = new TreeMap<>(resources);
        TreeMap<ResourceName, Wanted> wants = new TreeMap<>(wanted);
        TreeMap<NodeId, Incarnation> welcomed = new TreeMap<>(greeted);
        changes.wanted().forEach(wants::put);
        for (Map.Entry<ResourceName, Optional<ResourceDefinition>> change :
                changes.definitions().entrySet()) {
            if (change.getValue().isPresent()) {
                definitions.put(change.getKey(), change.getValue().get());
            } else {
                definitions.remove(change.getKey());
                wants.remove(change.getKey());
            }
        }
        welcomed.putAll(changes.greeted());
        Setup then = setup.with(changes.setup());
        SortedMap<String, TypeDefinition> allTypes = types;
        if (!changes.setup().types().isEmpty()) {
            allTypes = TypeDefinition.with(builtIns(), then.types());
            for (ResourceDefinition definition : List.copyOf(definitions.values())) {
                retyped(definition, allTypes).ifPresent(changed -> definitions.put(changed.name(), changed));
            }
        }
        return new Situation(
                definitions,
                allTypes,
                wants,
                servers,
                welcomed,
                observed,
                changes.maintenance().orElse(maintenance),
                now,
                then);
    }

    /** The types of the product. */
    SortedMap<String, TypeDefinition> builtIns() {
        SortedMap<String, TypeDefinition> all = new TreeMap<>(types);
        setup.types().keySet().forEach(name -> all.remove(name));
        return all;
    }

    /** A resource as it is when its type has changed; empty if it has not, or if the resource does not fit it any more. */
    private static Optional<ResourceDefinition> retyped(
            ResourceDefinition definition, SortedMap<String, TypeDefinition> types) {
        TypeDefinition type = types.get(definition.type().name());
        if (type == null || type.equals(definition.type())) {
            return Optional.empty();
        }
        try {
            return Optional.of(definition.ofType(type));
        } catch (InvalidAttributes e) {
            return Optional.empty(); // Refused when the type was to be changed; as it is it still works.
        }
    }
}
