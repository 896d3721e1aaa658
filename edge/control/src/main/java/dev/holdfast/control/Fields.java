package dev.holdfast.control;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the fields of one JSON object; whatever is in it, the result is a value or a {@link MalformedMessage}. */
final class Fields {
    private final @Nullable Fields within;
    private final String name;
    private final Map<?, ?> raw;

    /** Who has been asked for; null if nobody will want to know. */
    private final @Nullable Set<String> read;

    /** @param strict whether {@link #nothingElse} will be asked, here or of what is inside */
    Fields(String name, Map<?, ?> raw, boolean strict) {
        within = null;
        this.name = name;
        this.raw = raw;
        read = strict ? new HashSet<>() : null;
    }

    private Fields(Fields within, String name, Map<?, ?> raw) {
        this.within = within;
        this.name = name;
        this.raw = raw;
        read = within.read == null ? null : new HashSet<>();
    }

    private String what() {
        return within == null ? name : within.what() + "." + name;
    }

    interface Reader<T> {
        T read(Fields fields) throws MalformedMessage;
    }

    boolean has(String key) {
        return raw.get(key) != null;
    }

    String text(String key) throws MalformedMessage {
        return asText(key, value(key));
    }

    Optional<String> maybeText(String key) throws MalformedMessage {
        @Nullable Object value = optional(key);
        return value == null ? Optional.empty() : Optional.of(asText(key, value));
    }

    boolean flag(String key) throws MalformedMessage {
        if (value(key) instanceof Boolean flag) {
            return flag;
        }
        throw wrong(key, "true or false");
    }

    int number(String key) throws MalformedMessage {
        long number = big(key);
        if (number != (int) number) {
            throw wrong(key, "a number of 32 bits");
        }
        return (int) number;
    }

    Optional<Integer> maybeNumber(String key) throws MalformedMessage {
        return optional(key) == null ? Optional.empty() : Optional.of(number(key));
    }

    /** A whole number. The JSON library passes numbers through a double, so those beyond 2^53 are not to be trusted and are refused. */
    long big(String key) throws MalformedMessage {
        return asLong(key, value(key));
    }

    List<String> texts(String key) throws MalformedMessage {
        var texts = new ArrayList<String>();
        for (@Nullable Object element : list(key)) {
            texts.add(asText(key, element));
        }
        return texts;
    }

    List<Long> bigs(String key) throws MalformedMessage {
        var numbers = new ArrayList<Long>();
        for (@Nullable Object element : list(key)) {
            numbers.add(asLong(key, element));
        }
        return numbers;
    }

    Map<String, String> textMap(String key) throws MalformedMessage {
        var texts = new LinkedHashMap<String, String>();
        for (Map.Entry<?, ?> entry : map(key, value(key)).entrySet()) {
            texts.put(asText(key, entry.getKey()), asText(key, entry.getValue()));
        }
        return texts;
    }

    <T> T object(String key, Reader<T> reader) throws MalformedMessage {
        return reader.read(new Fields(this, key, map(key, value(key))));
    }

    <T> List<T> objects(String key, Reader<T> reader) throws MalformedMessage {
        var objects = new ArrayList<T>();
        for (@Nullable Object element : list(key)) {
            objects.add(reader.read(new Fields(this, key, map(key, element))));
        }
        return objects;
    }

    /** Refuses fields that nobody read: a request with one asks for something that we would silently not do. */
    void nothingElse() throws MalformedMessage {
        if (read == null) {
            return;
        }
        for (Object key : raw.keySet()) {
            if (!(key instanceof String known) || !read.contains(known)) {
                throw new MalformedMessage("'" + what() + "' has no field '" + key + "'");
            }
        }
    }

    private @Nullable Object optional(String key) {
        if (read != null) {
            read.add(key);
        }
        return raw.get(key);
    }

    private Object value(String key) throws MalformedMessage {
        @Nullable Object value = optional(key);
        if (value == null) {
            throw new MalformedMessage("'" + what() + "' lacks the field '" + key + "'");
        }
        return value;
    }

    private List<?> list(String key) throws MalformedMessage {
        if (value(key) instanceof List<?> list) {
            return list;
        }
        throw wrong(key, "a list");
    }

    private Map<?, ?> map(String key, @Nullable Object value) throws MalformedMessage {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw wrong(key, "an object");
    }

    private String asText(String key, @Nullable Object value) throws MalformedMessage {
        if (value instanceof String text) {
            return text;
        }
        throw wrong(key, "text");
    }

    private long asLong(String key, @Nullable Object value) throws MalformedMessage {
        if (value instanceof Long number && number > -(1L << 53) && number < 1L << 53) {
            return number;
        }
        throw wrong(key, "a whole number");
    }

    private MalformedMessage wrong(String key, String expected) {
        return new MalformedMessage("the field '" + key + "' of '" + what() + "' is not " + expected);
    }
}
