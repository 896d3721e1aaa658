package dev.holdfast.registry;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Changes that happen together or not at all.
 *
 * @param puts keys and their new values
 * @param deletes keys to remove; one that is not there is no error
 */
public record Batch(SortedMap<String, String> puts, SortedSet<String> deletes) {
    /** The longest key, in bytes of UTF-8. */
    public static final int MAX_KEY_BYTES = 1024;

    /** The longest value, in bytes of UTF-8. */
    public static final int MAX_VALUE_BYTES = 256 * 1024;

    /**
     * @throws IllegalArgumentException if a key is empty or too long, a value is too long, a text is not valid Unicode
     *     (a lone surrogate), or a key is both put and deleted
     */
    public Batch {
        puts = Collections.unmodifiableSortedMap(new TreeMap<>(puts));
        deletes = Collections.unmodifiableSortedSet(new TreeSet<>(deletes));
        puts.forEach((key, value) -> {
            requireKey(key);
            int bytes = utf8Bytes(value);
            if (bytes > MAX_VALUE_BYTES) {
                throw new IllegalArgumentException("the value of '" + key + "' has " + bytes + " bytes; at most "
                        + MAX_VALUE_BYTES + " fit: put what is long into a file");
            }
        });
        for (String key : deletes) {
            requireKey(key);
            if (puts.containsKey(key)) {
                throw new IllegalArgumentException("'" + key + "' is both put and deleted in one batch");
            }
        }
    }

    public static Batch put(String key, String value) {
        return new Batch(new TreeMap<>(Map.of(key, value)), new TreeSet<>());
    }

    public static Batch delete(String key) {
        return new Batch(new TreeMap<>(), new TreeSet<>(Set.of(key)));
    }

    private static void requireKey(String key) {
        int bytes = utf8Bytes(key);
        if (bytes == 0 || bytes > MAX_KEY_BYTES) {
            throw new IllegalArgumentException(
                    "a key has 1 to " + MAX_KEY_BYTES + " bytes, got " + bytes + ": '" + key + "'");
        }
    }

    /** The length in UTF-8. A lone surrogate has none: it would come back from disk as another text. */
    private static int utf8Bytes(String text) {
        for (int at = 0; at < text.length(); at++) {
            if (Character.isHighSurrogate(text.charAt(at))
                    && at + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(at + 1))) {
                at++;
            } else if (Character.isSurrogate(text.charAt(at))) {
                throw new IllegalArgumentException("a text with half a character at position " + at);
            }
        }
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
