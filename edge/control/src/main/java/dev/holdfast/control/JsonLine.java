package dev.holdfast.control;

import io.avaje.json.mapper.JsonMapper;
import io.avaje.json.stream.JsonStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One JSON object in one line of UTF-8. Read and written here, not by a library: that of the other parts recurses without bound, does not look at
 * what follows the object, reads no text of more than 32,767 characters, and has to be loaded, which is felt at every command. It is used for
 * {@link #pretty} alone.
 */
final class JsonLine {
    private static final int DEEPEST = 64;

    /**
     * Characters of one text of a request: what is stored reaches action scripts as {@code _CRS_NAME=value}, of which the kernel takes
     * 128 KiB; in UTF-8 this is 96 KiB at most.
     */
    static final int LONGEST_TEXT = 32_767;

    private final byte[] line;
    private final int longest;
    private int at;
    private int depth;

    private JsonLine(byte[] line, int longest) {
        this.line = line;
        this.longest = longest;
    }

    /** Total: any bytes give an object or a {@link MalformedMessage}. No text in it is longer than a request may have. */
    static Map<String, Object> readRequest(byte[] line) throws MalformedMessage {
        return new JsonLine(line, LONGEST_TEXT).whole();
    }

    /** Total: any bytes give an object or a {@link MalformedMessage}. */
    static Map<String, Object> read(byte[] line) throws MalformedMessage {
        return new JsonLine(line, Integer.MAX_VALUE).whole();
    }

    // ---------------------------------------------------------------- reading

    private Map<String, Object> whole() throws MalformedMessage {
        blanks();
        if (next() != '{') {
            throw new MalformedMessage("it is not a JSON object");
        }
        Map<String, Object> object = object();
        blanks();
        if (at < line.length) {
            throw new MalformedMessage("something follows the end of the object");
        }
        return object;
    }

    /** Null stands for a null, as the caller looks fields up. */
    @SuppressWarnings("NullAway") // The values of the map: null is what is not there.
    private Map<String, Object> object() throws MalformedMessage {
        var object = new LinkedHashMap<String, @Nullable Object>();
        deeper();
        if (next() == '}') {
            at++;
            depth--;
            return object;
        }
        while (true) {
            if (next() != '"') {
                throw bad("a name was expected");
            }
            String name = text("");
            blanks();
            if (next() != ':') {
                throw bad("':' was expected after '" + name + "'");
            }
            at++;
            object.put(name, value(name));
            if (isLast('}')) {
                depth--;
                return object;
            }
        }
    }

    private List<@Nullable Object> list(String name) throws MalformedMessage {
        var list = new ArrayList<@Nullable Object>();
        deeper();
        if (next() == ']') {
            at++;
            depth--;
            return list;
        }
        while (true) {
            list.add(value(name));
            if (isLast(']')) {
                depth--;
                return list;
            }
        }
    }

    /** After what opens an object or a list: to the first thing in it. */
    private void deeper() throws MalformedMessage {
        if (++depth > DEEPEST) {
            throw new MalformedMessage("it is nested more than " + DEEPEST + " deep");
        }
        at++;
        blanks();
    }

    /** After a value: what ends, or a comma, and then the next one. */
    private boolean isLast(char end) throws MalformedMessage {
        blanks();
        byte found = next();
        if (found != end && found != ',') {
            throw bad("',' or '" + end + "' was expected");
        }
        at++;
        blanks();
        return found == end;
    }

    private @Nullable Object value(String name) throws MalformedMessage {
        blanks();
        return switch (next()) {
            case '"' -> text(name);
            case '{' -> object();
            case '[' -> list(name);
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private @Nullable Object word(String word, @Nullable Object value) throws MalformedMessage {
        for (int i = 0; i < word.length(); i++, at++) {
            if (next() != word.charAt(i)) {
                throw bad("'" + word + "' was expected");
            }
        }
        return value;
    }

    /** A {@link Long}, if it is whole and a double could hold it as well, which is what other readers have. */
    private Object number() throws MalformedMessage {
        int begin = at;
        if (next() == '-') {
            at++;
        }
        int digits = at;
        boolean zero = next() == '0';
        digits();
        if (zero && at - digits > 1) {
            throw bad("a number begins with 0");
        }
        boolean whole = at - digits <= 18;
        if (at < line.length && line[at] == '.') {
            whole = false;
            at++;
            digits();
        }
        if (at < line.length && (line[at] == 'e' || line[at] == 'E')) {
            whole = false;
            at++;
            if (next() == '+' || next() == '-') {
                at++;
            }
            digits();
        }
        String text = new String(line, begin, at - begin, StandardCharsets.ISO_8859_1);
        if (whole) {
            return Long.valueOf(text);
        }
        double number = Double.parseDouble(text);
        return number == Math.rint(number) && Math.abs(number) < 1L << 53 ? (Object) (long) number : (Object) number;
    }

    private void digits() throws MalformedMessage {
        int begin = at;
        while (at < line.length && line[at] >= '0' && line[at] <= '9') {
            at++;
        }
        if (at == begin) {
            throw bad("a number, a text, a list or an object was expected");
        }
    }

    /** @param name of the field whose value it is */
    private String text(String name) throws MalformedMessage {
        byte[] bytes = line; // Local, as this runs in the interpreter for most of a command's life.
        int begin = at + 1;
        int end = begin;
        boolean plain = true;
        while (end < bytes.length && bytes[end] != '"' && bytes[end] != '\\') {
            if (bytes[end] < ' ') {
                if (bytes[end] >= 0) {
                    at = end;
                    throw bad("a text holds a control character");
                }
                plain = false;
            }
            end++;
        }
        at = end;
        String text;
        if (next() == '\\') {
            text = escaped(begin);
        } else {
            text = plain ? new String(bytes, begin, end - begin, StandardCharsets.ISO_8859_1) : utf8(begin, end);
            at = end + 1;
        }
        if (text.length() > longest) {
            throw MalformedMessage.tooLong(name, text.length(), longest);
        }
        return text;
    }

    private String escaped(int begin) throws MalformedMessage {
        var text = new StringBuilder();
        int from = begin;
        while (next() != '"') {
            if (line[at] >= 0 && line[at] < ' ') {
                throw bad("a text holds a control character");
            }
            if (line[at] != '\\') {
                at++;
                continue;
            }
            text.append(utf8(from, at));
            at++;
            byte kind = next();
            at++;
            text.append(
                    switch (kind) {
                        case '"', '\\', '/' -> (char) kind;
                        case 'b' -> '\b';
                        case 'f' -> '\f';
                        case 'n' -> '\n';
                        case 'r' -> '\r';
                        case 't' -> '\t';
                        case 'u' -> hexadecimal();
                        default -> throw bad("there is no escape '" + (char) kind + "'");
                    });
            from = at;
        }
        // Escapes can smuggle in halves of surrogate pairs.
        return wellFormed(text.append(utf8(from, at++)).toString());
    }

    private char hexadecimal() throws MalformedMessage {
        int value = 0;
        for (int i = 0; i < 4; i++, at++) {
            int digit = Character.digit(next(), 16);
            if (digit < 0) {
                throw bad("an escape has four hexadecimal digits");
            }
            value = value << 4 | digit;
        }
        return (char) value;
    }

    private String utf8(int from, int to) throws MalformedMessage {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line, from, to - from))
                    .toString();
        } catch (CharacterCodingException invalid) {
            throw bad("a text is not UTF-8");
        }
    }

    private void blanks() {
        while (at < line.length && (line[at] == ' ' || line[at] == '\t' || line[at] == '\r' || line[at] == '\n')) {
            at++;
        }
    }

    private byte next() throws MalformedMessage {
        if (at >= line.length) {
            throw new MalformedMessage("it ends too early");
        }
        return line[at];
    }

    private MalformedMessage bad(String why) {
        return new MalformedMessage("it is not JSON: " + why + " (byte " + at + ")");
    }

    // ---------------------------------------------------------------- writing

    /** Without the line end. Halves of surrogate pairs, which UTF-8 cannot carry, become the replacement character. */
    static String write(Map<String, ?> object) {
        var out = new StringBuilder(256);
        write(out, object, false);
        return out.toString();
    }

    /** The same without fields that are null or an empty list: who reads it takes them for that. */
    static String sparse(Map<String, ?> object) {
        var out = new StringBuilder(256);
        write(out, object, true);
        return out.toString();
    }

    @SuppressWarnings("IfChainToSwitch")
    private static void write(StringBuilder out, @Nullable Object value, boolean sparse) {
        // Not a switch over types: its linking alone would take a fifth of the time of a whole crsctl.
        if (value instanceof String text) {
            quote(out, text);
        } else if (value instanceof Map<?, ?> map) {
            char between = '{';
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                if (sparse && (entry.getValue() == null || List.of().equals(entry.getValue()))) {
                    continue;
                }
                out.append(between);
                quote(out, String.valueOf(entry.getKey()));
                out.append(':');
                write(out, entry.getValue(), sparse);
                between = ',';
            }
            out.append(between == '{' ? "{}" : "}");
        } else if (value instanceof List<?> list) {
            char between = '[';
            for (Object element : list) {
                out.append(between);
                write(out, element, sparse);
                between = ',';
            }
            out.append(between == '[' ? "[]" : "]");
        } else if (value instanceof Integer || value instanceof Long || value instanceof Boolean) {
            out.append(value);
        } else if (value instanceof Double number && Double.isFinite(number)) {
            out.append(number.doubleValue());
        } else {
            throw new IllegalArgumentException("not for JSON: " + value);
        }
    }

    private static void quote(StringBuilder out, String text) {
        String sound = wellFormed(text);
        out.append('"');
        for (int i = 0; i < sound.length(); i++) {
            char c = sound.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < ' ') {
                        out.append("\\u00").append((char) ('0' + (c >> 4))).append(Character.forDigit(c & 15, 16));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    /** In several lines. */
    @SuppressWarnings("unchecked") // What clean makes of a map has texts as keys.
    static String pretty(Map<String, ?> object) {
        return Pretty.MAPPER.map().toJsonPretty((Map<String, Object>) clean(object));
    }

    /** Loaded when something is pretty. */
    private static final class Pretty {
        /** Empty lists and objects are written, too: the library would leave them out, and the reader would miss them. */
        private static final JsonMapper MAPPER = JsonMapper.builder()
                .jsonStream(JsonStream.builder().serializeEmpty(true).build())
                .build();
    }

    /** The same for anything made of maps, lists, texts, numbers and booleans. */
    @SuppressWarnings("IfChainToSwitch")
    private static Object clean(@Nullable Object value) {
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

    /** Halves of surrogate pairs, which UTF-8 cannot carry, become the replacement character. */
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
