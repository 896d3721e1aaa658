package dev.holdfast.registry;

import java.nio.charset.StandardCharsets;
import java.util.TreeMap;

/** A content that is being changed, with its size on disk. */
final class Draft {
    private final TreeMap<String, String> entries;
    private long version;
    private int bytes;

    Draft(RegistryContent content) {
        entries = new TreeMap<>(content.entries());
        version = content.version();
        entries.forEach((key, value) -> bytes += size(key, value));
    }

    private Draft(Draft original) {
        entries = new TreeMap<>(original.entries);
        version = original.version;
        bytes = original.bytes;
    }

    Draft copy() {
        return new Draft(this);
    }

    void apply(Batch batch) {
        bytes += growth(batch);
        entries.putAll(batch.puts());
        batch.deletes().forEach(entries::remove);
        version++;
    }

    /** Part of a batch that {@link #endBatch} ends. {@code size}: of both on disk, with their lengths. */
    void put(String key, String value, int size) {
        String former = entries.put(key, value);
        bytes += size - (former == null ? 0 : size(key, former));
    }

    /** Part of a batch that {@link #endBatch} ends. */
    void delete(String key) {
        String former = entries.remove(key);
        bytes -= former == null ? 0 : size(key, former);
    }

    void endBatch() {
        version++;
    }

    /** By how many bytes {@code batch} would make this longer; negative if shorter. */
    int growth(Batch batch) {
        int growth = 0;
        for (var put : batch.puts().entrySet()) {
            growth += size(put.getKey(), put.getValue()) - present(put.getKey());
        }
        for (String key : batch.deletes()) {
            growth -= present(key);
        }
        return growth;
    }

    int bytes() {
        return bytes;
    }

    long version() {
        return version;
    }

    RegistryContent content() {
        return new RegistryContent(version, entries);
    }

    private int present(String key) {
        String value = entries.get(key);
        return value == null ? 0 : size(key, value);
    }

    private static int size(String key, String value) {
        return 2 * Integer.BYTES
                + key.getBytes(StandardCharsets.UTF_8).length
                + value.getBytes(StandardCharsets.UTF_8).length;
    }
}
