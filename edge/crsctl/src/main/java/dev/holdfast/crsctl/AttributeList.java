package dev.holdfast.crsctl;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Attributes as administrators write them: {@code A=v,B='v1 v2',C='hard(x,y) pullup(x)'}.
 *
 * <p>A comma separates attributes, unless it stands in single quotes or in parentheses. Quotes around a whole value are taken off;
 * inside them, a quote is written twice. In a file there is one attribute a line and no quoting.
 */
final class AttributeList {
    private final String option;
    private final String text;
    private int at;

    private AttributeList(String option, String text) {
        this.option = option;
        this.text = text;
    }

    /** @param option that the text was given with, for messages: {@code -attr} */
    static Map<String, String> parse(String option, String text) throws UsageProblem {
        return new AttributeList(option, text).all();
    }

    private Map<String, String> all() throws UsageProblem {
        var attributes = new LinkedHashMap<String, String>();
        if (text.isBlank()) {
            throw new UsageProblem(option + " is empty: write " + option + " \"NAME=value,NAME=value\"");
        }
        while (true) {
            String name = name();
            put(attributes, name, value(name), option);
            if (at == text.length()) {
                return attributes;
            }
            at++; // The comma.
        }
    }

    private String name() throws UsageProblem {
        int begin = at;
        while (at < text.length() && text.charAt(at) != '=' && text.charAt(at) != ',') {
            at++;
        }
        String name = text.substring(begin, at).strip();
        if (at == text.length() || text.charAt(at) == ',') {
            if (name.isEmpty()) {
                throw new UsageProblem(option + " has a comma too many"
                        + (begin == 0 ? " at its beginning" : " after '" + text.substring(0, begin) + "'"));
            }
            throw new UsageProblem(
                    "'" + name + "' in " + option + " has no value: an equals sign is missing after it",
                    "If it belongs to the value before it, put that value in single quotes: NAME='one,two'");
        }
        checkName(name, option);
        at++; // The equals sign.
        return name;
    }

    private String value(String name) throws UsageProblem {
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
        return at < text.length() && text.charAt(at) == '\'' ? quoted(name) : plain(name);
    }

    private String quoted(String name) throws UsageProblem {
        var value = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c != '\'') {
                value.append(c);
            } else if (at + 1 < text.length() && text.charAt(at + 1) == '\'') {
                value.append(c);
                at++;
            } else {
                at++;
                while (at < text.length() && text.charAt(at) == ' ') {
                    at++;
                }
                if (at < text.length() && text.charAt(at) != ',') {
                    throw new UsageProblem("a comma is missing in " + option + " before '" + text.substring(at) + "'");
                }
                return value.toString();
            }
        }
        throw new UsageProblem("the quote that opens the value of " + name + " in " + option + " never closes");
    }

    private String plain(String name) throws UsageProblem {
        int begin = at;
        int depth = 0;
        while (at < text.length() && (depth > 0 || text.charAt(at) != ',')) {
            char c = text.charAt(at++);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (depth < 0) {
                break;
            }
        }
        if (depth != 0) {
            throw new UsageProblem(
                    "the parentheses in the value of " + name + " in " + option + " do not match: "
                            + text.substring(begin),
                    "If it is meant so, put the value in single quotes: " + name + "='...'");
        }
        return text.substring(begin, at).strip();
    }

    /** Empty lines, and lines that begin with #, count for nothing. */
    static Map<String, String> read(Path file) throws UsageProblem {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (MalformedInputException _) {
            throw new UsageProblem("the file " + file + " is not text in UTF-8");
        } catch (IOException failed) {
            String why = !Files.exists(file)
                    ? "there is no such file"
                    : Files.isDirectory(file)
                            ? "it is a directory"
                            : !Files.isReadable(file) ? "permission denied" : String.valueOf(failed.getMessage());
            throw new UsageProblem("the file " + file + " cannot be read: " + why);
        }
        var attributes = new LinkedHashMap<String, String>();
        int number = 0;
        for (String line : lines) {
            number++;
            String stripped = line.strip();
            if (stripped.isEmpty() || stripped.startsWith("#")) {
                continue;
            }
            String where = file + " line " + number;
            int equals = stripped.indexOf('=');
            if (equals < 0) {
                throw new UsageProblem(where + " is not NAME=value: " + stripped);
            }
            String name = stripped.substring(0, equals).strip();
            String value = stripped.substring(equals + 1).strip();
            checkName(name, where);
            if (value.length() > 1 && value.startsWith("'") && value.endsWith("'")) {
                throw new UsageProblem(
                        where + " has quotes around the value of " + name,
                        "Values in a file are not quoted. Take the quotes away.");
            }
            put(attributes, name, value, where);
        }
        if (attributes.isEmpty()) {
            throw new UsageProblem("the file " + file + " has no attributes in it: write one NAME=value a line");
        }
        return attributes;
    }

    /** Letters, digits and underscores, and then the scope of an override, if any. Whether there is such an attribute the cluster knows. */
    private static void checkName(String name, String where) throws UsageProblem {
        int end = name.indexOf('@');
        String plain = end < 0 ? name : name.substring(0, end);
        if (plain.isEmpty()) {
            throw new UsageProblem("a name is missing before an equals sign in " + where);
        }
        for (int at = 0; at < plain.length(); at++) {
            char c = plain.charAt(at);
            if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9' && at > 0))) {
                throw new UsageProblem(
                        "'" + name + "' in " + where
                                + " is not the name of an attribute: names have letters, digits and underscores",
                        "If it belongs to the value before it, put that value in single quotes: NAME='one,two'");
            }
        }
        if (end >= 0) {
            for (String scope : name.substring(end + 1).split("@", -1)) {
                int open = scope.indexOf('(');
                if (open < 0
                        || !scope.endsWith(")")
                        || open + 2 >= scope.length()
                        || !SCOPES.contains(scope.substring(0, open))) {
                    throw new UsageProblem("'@" + scope + "' in " + where
                            + " is not a scope: write @SERVERNAME(node), @CARDINALITYID(1) or @DEGREEID(1)");
                }
            }
        }
    }

    private static final List<String> SCOPES = List.of("SERVERNAME", "CARDINALITYID", "DEGREEID");

    private static void put(Map<String, String> attributes, String name, String value, String where)
            throws UsageProblem {
        if (attributes.putIfAbsent(name, value) != null) {
            throw new UsageProblem(name + " is given twice in " + where);
        }
    }
}
