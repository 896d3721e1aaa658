package dev.holdfast.crsd;

import dev.holdfast.control.Texts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One JSON object as it stands on the wire. Reading is total: text that is not an object, a missing key or a value of
 * another kind ends in {@link Malformed}, never in anything else.
 */
record Json(Map<String, Object> values) {
    /** What was read is not what the protocol says. The one who reads drops the connection or the message. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message);
        }
    }

    static Json object() {
        return new Json(new LinkedHashMap<>());
    }

    static Json parse(String text) throws Malformed {
        try {
            return new Json(Texts.jsonObject(text));
        } catch (IllegalArgumentException e) {
            throw new Malformed(String.valueOf(e.getMessage()));
        }
    }

    Json with(String key, Object value) {
        values.put(key, value);
        return this;
    }

    Json withOptional(String key, @Nullable Object value) {
        if (value != null) {
            values.put(key, value);
        }
        return this;
    }

    String text() {
        return Texts.line(values);
    }

    boolean has(String key) {
        return values.get(key) != null;
    }

    String string(String key) throws Malformed {
        if (values.get(key) instanceof String text) {
            return text;
        }
        throw new Malformed("'" + key + "' is missing or not a text");
    }

    String string(String key, String ifAbsent) throws Malformed {
        return has(key) ? string(key) : ifAbsent;
    }

    /** A whole number, as a number or as text: those above 2^53 are written as text, for readers that make doubles of numbers. */
    long number(String key) throws Malformed {
        if (values.get(key) instanceof Number number) {
            return number.longValue();
        }
        if (values.get(key) instanceof String text && text.matches("-?\\d{1,18}")) {
            return Long.parseLong(text);
        }
        throw new Malformed("'" + key + "' is missing or not a number");
    }

    long number(String key, long ifAbsent) throws Malformed {
        return has(key) ? number(key) : ifAbsent;
    }

    int integer(String key) throws Malformed {
        long number = number(key);
        if (number < Integer.MIN_VALUE || number > Integer.MAX_VALUE) {
            throw new Malformed("'" + key + "' is out of range");
        }
        return (int) number;
    }

    boolean flag(String key) throws Malformed {
        if (values.get(key) instanceof Boolean flag) {
            return flag;
        }
        throw new Malformed("'" + key + "' is missing or not true or false");
    }

    boolean flag(String key, boolean ifAbsent) throws Malformed {
        return has(key) ? flag(key) : ifAbsent;
    }

    Json child(String key) throws Malformed {
        return asObject(values.get(key), key);
    }

    List<Json> children(String key) throws Malformed {
        List<Json> result = new ArrayList<>();
        for (Object element : list(key)) {
            result.add(asObject(element, key));
        }
        return result;
    }

    List<String> strings(String key) throws Malformed {
        List<String> result = new ArrayList<>();
        for (Object element : list(key)) {
            if (!(element instanceof String text)) {
                throw new Malformed("'" + key + "' holds something that is not a text");
            }
            result.add(text);
        }
        return result;
    }

    /** An object whose values are all texts. */
    SortedMap<String, String> stringMap(String key) throws Malformed {
        SortedMap<String, String> result = new TreeMap<>();
        for (Map.Entry<String, Object> entry : childOrEmpty(key).values().entrySet()) {
            if (!(entry.getValue() instanceof String text)) {
                throw new Malformed("'" + key + "." + entry.getKey() + "' is not a text");
            }
            result.put(entry.getKey(), text);
        }
        return result;
    }

    /** The object under {@code key}; an empty one may have been left out by its writer. */
    Json childOrEmpty(String key) throws Malformed {
        return has(key) ? child(key) : object();
    }

    /** A missing list is an empty one: the writer leaves those out. */
    private List<?> list(String key) throws Malformed {
        if (!has(key)) {
            return List.of();
        }
        if (values.get(key) instanceof List<?> list) {
            return list;
        }
        throw new Malformed("'" + key + "' is not a list");
    }

    @SuppressWarnings("unchecked") // JSON objects have text keys only; the parser made this map.
    private static Json asObject(@Nullable Object value, String key) throws Malformed {
        if (value instanceof Map<?, ?> map) {
            return new Json((Map<String, Object>) map);
        }
        throw new Malformed("'" + key + "' is missing or not an object");
    }
}
