package dev.holdfast.crsctl;

import dev.holdfast.control.Texts;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The part of YAML that configurations need: maps of maps and texts, by indentation; texts plain, in single or in double quotes;
 * comments. Every value is a text: {@code 30} and {@code yes} mean what stands there. What is written is YAML for any reader; what is read
 * and is more than this part is refused with its line, never guessed at.
 */
final class Yaml {
    private static final int DEEPEST = 16;
    private static final String NOT_PLAIN_FIRST = "!&*-?|>@`\"'%{}[],#:~";

    private Yaml() {}

    // ---- writing

    static String write(Map<String, Object> tree) {
        var text = new StringBuilder();
        write(text, tree, 0);
        return text.toString();
    }

    private static void write(StringBuilder text, Map<?, ?> tree, int depth) {
        tree.forEach((key, value) -> {
            text.append("  ".repeat(depth)).append(scalar(String.valueOf(key))).append(':');
            if (value instanceof Map<?, ?> map) {
                text.append(map.isEmpty() ? " {}\n" : "\n");
                write(text, map, depth + 1);
            } else {
                text.append(' ').append(scalar(String.valueOf(value))).append('\n');
            }
        });
    }

    private static String scalar(String value) {
        if (value.chars()
                .anyMatch(c -> c < ' ' || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029 || c == 0xfeff)) {
            return doubleQuoted(value);
        }
        boolean plain = !value.isEmpty()
                && NOT_PLAIN_FIRST.indexOf(value.charAt(0)) < 0
                && value.equals(value.strip())
                && !value.contains(": ")
                && !value.contains(" #")
                && !value.endsWith(":")
                && !List.of("true", "false", "yes", "no", "on", "off", "null", "y", "n")
                        .contains(value.toLowerCase(java.util.Locale.ROOT));
        return plain ? value : "'" + value.replace("'", "''") + "'";
    }

    private static String doubleQuoted(String value) {
        var text = new StringBuilder("\"");
        for (int at = 0; at < value.length(); at++) {
            char c = value.charAt(at);
            switch (c) {
                case '\n' -> text.append("\\n");
                case '\t' -> text.append("\\t");
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                default -> {
                    if (c < ' ' || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029 || c == 0xfeff) {
                        text.append("\\u").append(String.format("%04x", (int) c));
                    } else {
                        text.append(c);
                    }
                }
            }
        }
        return text.append('"').toString();
    }

    // ---- reading

    private record Level(int indent, Map<String, Object> map) {}

    /** Total: any text gives a map or a problem with its line. */
    static Map<String, Object> read(String text) throws UsageProblem {
        Map<String, Object> root = new LinkedHashMap<>();
        Deque<Level> levels = new ArrayDeque<>(List.of(new Level(0, root)));
        boolean mayDeepen = false; // The line before opened a map.
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            String content = line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
            String bare = content.strip();
            if (bare.isEmpty() || bare.startsWith("#") || (bare.equals("---") && root.isEmpty())) {
                continue;
            }
            int indent = 0;
            while (content.charAt(indent) == ' ') {
                indent++;
            }
            if (content.charAt(indent) == '\t') {
                throw problem(number, "a tab stands in the indentation; use blanks");
            }
            if (mayDeepen && indent > levels.element().indent) {
                var opened = new LinkedHashMap<String, Object>();
                Map<String, Object> above = levels.element().map;
                above.put(lastKey(above), opened);
                levels.push(new Level(indent, opened));
                if (levels.size() > DEEPEST) {
                    throw problem(number, "it is nested too deep");
                }
            }
            while (indent < levels.element().indent) {
                levels.pop();
            }
            if (indent != levels.element().indent) {
                throw problem(number, "the indentation fits to no line before");
            }
            mayDeepen = take(new Line(content.substring(indent).stripTrailing(), number), levels.element().map);
        }
        return root;
    }

    private static String lastKey(Map<String, Object> map) {
        String last = "";
        for (String key : map.keySet()) {
            last = key;
        }
        return last;
    }

    /** Returns true if a deeper line may follow. */
    private static boolean take(Line line, Map<String, Object> map) throws UsageProblem {
        if (line.text.equals("-") || line.text.startsWith("- ")) {
            throw line.problem("lists have no place here; write names with values");
        }
        String key = line.scalar(true);
        line.expect(':');
        if (map.containsKey(key)) {
            throw line.problem("'" + key + "' stands there twice");
        }
        line.skipBlanks();
        if (line.atEnd()) {
            map.put(key, "");
            return true;
        }
        if (line.rest().equals("{}") || line.rest().startsWith("{} #")) {
            map.put(key, new LinkedHashMap<String, Object>());
            return false;
        }
        map.put(key, line.scalar(false));
        line.skipBlanks();
        if (!line.atEnd()) {
            throw line.problem("'" + line.rest() + "' is too much");
        }
        return false;
    }

    private static UsageProblem problem(int line, String what) {
        return new UsageProblem("line " + line + " of the file: " + what);
    }

    /** One line, read from the left. */
    private static final class Line {
        private final String text;
        private final int number;
        private int at;

        Line(String text, int number) {
            this.text = text;
            this.number = number;
        }

        UsageProblem problem(String what) {
            return Yaml.problem(number, what);
        }

        String rest() {
            return text.substring(at);
        }

        /** At the end, or before a comment. */
        boolean atEnd() {
            return at >= text.length() || text.charAt(at) == '#';
        }

        void skipBlanks() {
            while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
                at++;
            }
        }

        void expect(char c) throws UsageProblem {
            if (at >= text.length() || text.charAt(at) != c) {
                throw problem("'" + c + "' is missing: write NAME: VALUE");
            }
            at++;
            if (at < text.length() && text.charAt(at) != ' ' && text.charAt(at) != '\t') {
                throw problem("a blank is missing after '" + c + "'");
            }
        }

        String scalar(boolean key) throws UsageProblem {
            char first = text.charAt(at);
            if (first == '\'') {
                return singleQuoted();
            }
            if (first == '"') {
                return doubleQuoted();
            }
            if (NOT_PLAIN_FIRST.indexOf(first) >= 0) {
                throw problem("a text that begins with " + first + " must stand in single quotes");
            }
            int end = at;
            while (end < text.length()) {
                char c = text.charAt(end);
                boolean colon = c == ':' && (end + 1 == text.length() || text.charAt(end + 1) == ' ');
                if (colon && !key) {
                    throw problem("a text with a colon and a blank must stand in single quotes");
                }
                boolean comment = c == '#' && text.charAt(end - 1) == ' ';
                if (colon || comment) {
                    break;
                }
                end++;
            }
            String plain = text.substring(at, end).stripTrailing();
            at = end;
            return plain;
        }

        private String singleQuoted() throws UsageProblem {
            var value = new StringBuilder();
            at++;
            while (at < text.length()) {
                char c = text.charAt(at++);
                if (c != '\'') {
                    value.append(c);
                } else if (at < text.length() && text.charAt(at) == '\'') {
                    value.append('\'');
                    at++;
                } else {
                    return value.toString();
                }
            }
            throw problem("the single quote never closes; a value is one line");
        }

        private String doubleQuoted() throws UsageProblem {
            var value = new StringBuilder();
            at++;
            while (at < text.length()) {
                char c = text.charAt(at++);
                if (c == '"') {
                    return value.toString();
                }
                value.append(c == '\\' ? escaped() : c);
            }
            throw problem("the double quote never closes; a value is one line");
        }

        private char escaped() throws UsageProblem {
            char c = at < text.length() ? text.charAt(at++) : ' ';
            return switch (c) {
                case 'n' -> '\n';
                case 't' -> '\t';
                case '"', '\\' -> c;
                case 'u' -> {
                    if (at + 4 > text.length() || !text.substring(at, at + 4).matches("[0-9a-fA-F]{4}")) {
                        throw problem("\\u is followed by four hexadecimal digits");
                    }
                    at += 4;
                    yield (char) Integer.parseInt(text.substring(at - 4, at), 16);
                }
                default ->
                    throw problem("'\\" + c + "' is not known; there are \\n \\t \\\" \\\\ and \\u with four digits");
            };
        }
    }

    // ---- JSON

    /** The same maps and texts from JSON; numbers, true and false become texts. */
    static Map<String, Object> json(String text) throws UsageProblem {
        try {
            return texts(Texts.jsonObject(text));
        } catch (IllegalArgumentException bad) {
            throw new UsageProblem("the file is not JSON: " + bad.getMessage());
        }
    }

    private static Map<String, Object> texts(Map<?, ?> map) throws UsageProblem {
        Map<String, Object> result = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Object value = entry.getValue();
            if (value instanceof Map<?, ?> deeper) {
                result.put(String.valueOf(entry.getKey()), texts(deeper));
            } else if (value instanceof String || value instanceof Number || value instanceof Boolean) {
                result.put(String.valueOf(entry.getKey()), String.valueOf(value));
            } else {
                throw new UsageProblem("'" + entry.getKey() + "' of the file is neither a text nor an object");
            }
        }
        return result;
    }
}
