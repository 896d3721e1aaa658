package dev.holdfast.crsctl;

import java.util.ArrayList;
import java.util.List;

/** Text in columns. */
final class Text {
    private Text() {}

    /** To this width with blanks; if it is wider already, one blank keeps it apart from what follows. */
    static String pad(String text, int width) {
        return text.length() < width ? text + " ".repeat(width - text.length()) : text + " ";
    }

    /** Lines of at most this width, broken after commas and at blanks if there are any, and anywhere if there are none. */
    static List<String> wrap(String text, int width) {
        var lines = new ArrayList<String>();
        String rest = text.strip();
        while (rest.length() > width) {
            int at = width;
            for (int candidate = width; candidate > 0; candidate--) {
                if (rest.charAt(candidate) == ' ' || rest.charAt(candidate - 1) == ',') {
                    at = candidate;
                    break;
                }
            }
            lines.add(rest.substring(0, at).stripTrailing());
            rest = rest.substring(at).stripLeading();
        }
        lines.add(rest);
        return lines;
    }

    static String indent(List<String> lines, int by) {
        return " ".repeat(by) + String.join("\n" + " ".repeat(by), lines);
    }

    /** Rows with their cells below each other, two blanks apart, nothing at the end of lines. */
    static String columns(List<List<String>> rows) {
        var text = new StringBuilder();
        for (List<String> row : rows) {
            var line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                int width = 0;
                for (List<String> other : rows) {
                    width = Math.max(width, other.get(column).length());
                }
                line.append(pad(row.get(column), width + 2));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
