package dev.holdfast.registry;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the registry holds: resource definitions, targets, last servers, settings, as texts under texts.
 *
 * @param version the number of batches applied since the cluster was made; grows by one with each
 * @param entries never changed; a new content is made instead
 */
public record RegistryContent(long version, SortedMap<String, String> entries) {
    /** A registry that was never written. */
    public static final RegistryContent EMPTY = new RegistryContent(0, new TreeMap<>());

    public RegistryContent {
        if (version < 0) {
            throw new IllegalArgumentException("a version is not negative, got " + version);
        }
        entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
    }

    /** This content after {@code batch}. Copies the map: meant for a few changes a second, not for a loop. */
    public RegistryContent with(Batch batch) {
        var changed = new TreeMap<>(entries);
        changed.putAll(batch.puts());
        batch.deletes().forEach(changed::remove);
        return new RegistryContent(version + 1, changed);
    }
}
