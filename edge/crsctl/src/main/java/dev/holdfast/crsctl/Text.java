package dev.holdfast.crsctl;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
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

    /** {@code 2026-11-22 15:00:00} */
    static String date(long millis, ZoneId zone) {
        var time = LocalDateTime.ofInstant(Instant.ofEpochMilli(millis), zone);
        return time.getYear() + "-" + two(time.getMonthValue()) + "-" + two(time.getDayOfMonth()) + " " + clock(time);
    }

    /** {@code 11/22/2026 15:00:00}, as administrators know it from crsctl. */
    static String americanDate(long millis, ZoneId zone) {
        var time = LocalDateTime.ofInstant(Instant.ofEpochMilli(millis), zone);
        return two(time.getMonthValue()) + "/" + two(time.getDayOfMonth()) + "/" + time.getYear() + " " + clock(time);
    }

    /** By hand: a formatter costs more start-up time than all the rest of the command. */
    private static String clock(LocalDateTime time) {
        return two(time.getHour()) + ":" + two(time.getMinute()) + ":" + two(time.getSecond());
    }

    private static String two(int number) {
        return number < 10 ? "0" + number : String.valueOf(number);
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
