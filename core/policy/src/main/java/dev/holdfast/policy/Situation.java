package dev.holdfast.policy;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.TypeDefinition;
import java.time.Instant;
import java.util.Collections;
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
 */
public record Situation(
        SortedMap<ResourceName, ResourceDefinition> resources,
        SortedMap<String, TypeDefinition> types,
        SortedMap<ResourceName, Wanted> wanted,
        SortedMap<NodeId, Server> servers,
        SortedMap<NodeId, Incarnation> greeted,
        SortedMap<InstanceKey, Observed> observed,
        Maintenance maintenance,
        Instant now) {

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
        return new Situation(
                definitions,
                types,
                wants,
                servers,
                welcomed,
                observed,
                changes.maintenance().orElse(maintenance),
                now);
    }
}
