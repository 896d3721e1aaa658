package dev.holdfast.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The {@code -attr} syntax: {@code A=v,B='v1 v2',C='hard(x) pullup(x)'}. A comma separates attributes; a value with a
 * comma, an equals sign or a blank stands in single quotes; inside quotes a doubled quote is a quote. Quotes around a
 * value that needs none are ignored. Also the {@code -file} syntax: one {@code NAME=value} a line, no quoting.
 */
public final class AttributeText {
    private final String text;
    private final List<Message> problems = new ArrayList<>();
    private final Map<String, String> found = new LinkedHashMap<>();
    private int at;

    private AttributeText(String text) {
        this.text = text;
    }

    /** Reads the argument of {@code -attr}. Names come in the order given. Total: any text is either read or refused. */
    public static Map<String, String> parse(String text) throws InvalidAttributes {
        return new AttributeText(text).read();
    }

    /** Reads the lines of a {@code -file}. Blank lines and lines that begin with # are skipped. */
    public static Map<String, String> parseFile(List<String> lines) throws InvalidAttributes {
        AttributeText reader = new AttributeText("");
        for (String line : lines) {
            String trimmed = line.strip();
            if (trimmed.isEmpty() || trimmed.startsWith("#")) {
                continue;
            }
            int equals = trimmed.indexOf('=');
            if (equals <= 0) {
                reader.problem("'" + trimmed + "' is not of the form NAME=value");
            } else {
                reader.put(
                        trimmed.substring(0, equals).strip(),
                        trimmed.substring(equals + 1).strip());
            }
        }
        reader.refuseProblems();
        return reader.found;
    }

    private Map<String, String> read() throws InvalidAttributes {
        do {
            String name = readName();
            if (name.isEmpty()) {
                problem("an attribute name is missing at '" + rest() + "'");
                skipToComma();
            } else if (at >= text.length() || text.charAt(at) != '=') {
                problem("'" + name + "' has no value; write " + name + "=value");
                skipToComma();
            } else {
                at++;
                put(name, readValue(name));
            }
        } while (at++ < text.length());
        refuseProblems();
        return found;
    }

    private String readName() {
        int from = at;
        while (at < text.length() && text.charAt(at) != '=' && text.charAt(at) != ',') {
            at++;
        }
        return text.substring(from, at).strip();
    }

    /** Leaves {@code at} on the comma behind the value, or at the end. */
    private String readValue(String name) {
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
        if (at >= text.length() || text.charAt(at) != '\'') {
            int from = at;
            skipToComma();
            String value = text.substring(from, at).strip();
            if (value.indexOf('=') >= 0 && !value.contains("(")) {
                problem("the value of " + name + ", '" + value + "', contains an equals sign; put it in single quotes");
            }
            return value;
        }
        StringBuilder value = new StringBuilder();
        at++;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c != '\'') {
                value.append(c);
            } else if (at < text.length() && text.charAt(at) == '\'') {
                value.append('\'');
                at++;
            } else {
                int from = at;
                skipToComma();
                if (!text.substring(from, at).isBlank()) {
                    problem("there is '" + text.substring(from, at).strip() + "' behind the closing quote of " + name);
                }
                return value.toString().strip();
            }
        }
        problem("the quote that opens the value of " + name + " is never closed");
        return value.toString();
    }

    /** A comma inside parentheses does not separate: START_DEPENDENCIES=hard(a,b) is clear without quotes. */
    private void skipToComma() {
        int open = 0;
        while (at < text.length() && (text.charAt(at) != ',' || open > 0)) {
            char c = text.charAt(at++);
            open += c == '(' ? 1 : c == ')' && open > 0 ? -1 : 0;
        }
    }

    private String rest() {
        return text.substring(Math.min(at, text.length()));
    }

    private void put(String name, String value) {
        if (found.putIfAbsent(name, value) != null) {
            problem(name + " is given twice");
        }
    }

    private void problem(String text) {
        problems.add(new Message(
                "HF-3101", text + ".", "The form is  -attr \"NAME=value,NAME='value with blanks or, commas'\""));
    }

    private void refuseProblems() throws InvalidAttributes {
        if (!problems.isEmpty()) {
            throw new InvalidAttributes(problems);
        }
    }
}
