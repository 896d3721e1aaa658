package dev.holdfast.control;

import io.avaje.json.JsonException;
import io.avaje.json.mapper.JsonMapper;
import io.avaje.json.stream.JsonStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One JSON object in one line of UTF-8.
 *
 * <p>The library below is lenient where a protocol must not be: it recurses without bound, and stops reading at the end of the object
 * without a look at what follows. Both are checked here before it sees a byte.
 */
final class JsonLine {
    private static final int DEEPEST = 64;
    /** Empty lists and objects are written, too: the library would leave them out, and the reader would miss them. */
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .jsonStream(JsonStream.builder().serializeEmpty(true).build())
            .build();

    private JsonLine() {}

    /** Total: any bytes give an object or a {@link MalformedMessage}. */
    static Map<String, Object> read(byte[] line) throws MalformedMessage {
        checkShape(line);
        try {
            Map<String, Object> object = MAPPER.map().fromJson(line);
            if (object == null) {
                throw new MalformedMessage("it is not a JSON object");
            }
            return object;
        } catch (JsonException | IndexOutOfBoundsException | IllegalArgumentException | IllegalStateException bad) {
            // The library's own text quotes the input over several lines; its first line says enough.
            throw new MalformedMessage("it is not JSON: "
                    + String.valueOf(bad.getMessage()).lines().findFirst().orElse(""));
        }
    }

    private static void checkShape(byte[] line) throws MalformedMessage {
        int depth = 0;
        boolean quoted = false;
        boolean ended = false;
        for (int at = 0; at < line.length; at++) {
            byte b = line[at];
            if (quoted) {
                if (b == '\\') {
                    at++;
                } else if (b == '"') {
                    quoted = false;
                }
                continue;
            }
            boolean blank = b == ' ' || b == '\t' || b == '\r';
            if (ended && !blank) {
                throw new MalformedMessage("something follows the end of the object");
            }
            switch (b) {
                case '"' -> quoted = true;
                case '{', '[' -> {
                    if (++depth > DEEPEST) {
                        throw new MalformedMessage("it is nested more than " + DEEPEST + " deep");
                    }
                }
                case '}', ']' -> ended = --depth <= 0;
                default -> {
                    if (depth == 0 && !blank) {
                        throw new MalformedMessage("it is not a JSON object");
                    }
                }
            }
        }
        if (!ended || quoted) {
            throw new MalformedMessage("it ends too early");
        }
    }

    /** Without the line end. Halves of surrogate pairs, which UTF-8 cannot carry, become the replacement character. */
    static String write(Map<String, ?> object) {
        return MAPPER.toJson(clean(object));
    }

    @SuppressWarnings("unchecked") // What clean makes of a map has texts as keys.
    static String pretty(Map<String, ?> object) {
        return MAPPER.map().toJsonPretty((Map<String, Object>) clean(object));
    }

    /** The same for anything made of maps, lists, texts, numbers and booleans. */
    @SuppressWarnings("IfChainToSwitch")
    private static Object clean(@Nullable Object value) {
        // Not a switch over types: its linking alone would take a fifth of the time of a whole crsctl.
        if (value instanceof String text) {
            return wellFormed(text);
        } else if (value instanceof Map<?, ?> map) {
            var copy = new LinkedHashMap<String, Object>();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                copy.put(wellFormed(String.valueOf(entry.getKey())), clean(entry.getValue()));
            }
            return copy;
        } else if (value instanceof List<?> list) {
            var copy = new ArrayList<Object>();
            for (Object element : list) {
                copy.add(clean(element));
            }
            return copy;
        } else if (value instanceof Integer number) {
            return number.longValue();
        } else if (value instanceof Long || value instanceof Boolean) {
            return value;
        }
        throw new IllegalArgumentException("not for JSON: " + value);
    }

    /** Escapes can smuggle in halves of surrogate pairs as well, so what is read goes through here, too. */
    static String wellFormed(String text) {
        for (int at = 0; at < text.length(); at++) {
            if (Character.isSurrogate(text.charAt(at))) {
                // A round trip through the encoder replaces exactly what cannot be encoded.
                return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
            }
        }
        return text;
    }
}
