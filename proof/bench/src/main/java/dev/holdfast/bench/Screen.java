package dev.holdfast.bench;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Where the demo speaks: to a person at a terminal, with a little colour, or into a log file, with not one control character. Never moves
 * the cursor, so both read the same.
 */
final class Screen {
    private static final int WIDTH = 100;

    private final PrintStream out;
    private final boolean colour;

    Screen(PrintStream out, boolean colour) {
        this.out = out;
        this.colour = colour;
    }

    /** Colour only where a person reads it and has not said no. */
    @SuppressWarnings("SystemConsoleNull") // JDK 25 gives null again when this is no terminal.
    static Screen ofThisProcess() {
        var console = System.console();
        boolean terminal = console != null
                && console.isTerminal()
                && System.getenv("NO_COLOR") == null
                && !"dumb".equals(System.getenv("TERM"));
        return new Screen(System.out, terminal);
    }

    void title(String text) {
        out.println();
        out.println(styled("1", text));
        out.println(styled("2", "─".repeat(Math.min(WIDTH, text.length()))));
    }

    /** A paragraph, broken into lines of readable length. */
    void say(String text) {
        var line = new StringBuilder();
        for (String word : text.split(" ")) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > WIDTH) {
                out.println(line);
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        out.println(line);
    }

    void blank() {
        out.println();
    }

    /** A command, as a person would have typed it at {@code host}. */
    void command(String host, String typed) {
        out.println(styled("2", host + "# ") + styled("36", typed));
    }

    /** What a command answered. */
    void output(String text) {
        text.lines().forEach(out::println);
    }

    /** One row of a timeline: milliseconds, who said it, what. */
    void moment(Duration since, String who, String what, Tone tone) {
        out.println(
                styled("2", "%+9.0f ms".formatted(millis(since))) + "  %-7s ".formatted(who) + styled(tone.code, what));
    }

    /** The same with the time since the row before. */
    void milestone(Duration since, Duration step, String who, String what, Tone tone) {
        out.println(styled("2", "%+9.0f ms %8s".formatted(millis(since), "(+%.0f)".formatted(millis(step))))
                + "  %-7s ".formatted(who)
                + styled(tone.code, what));
    }

    void verdict(boolean good, String text) {
        out.println(styled(good ? "32" : "31", good ? "  ok    " : "  FAILED  ") + text);
    }

    /** A table with a header; numbers, which are what ends in a digit or a dash, are aligned to the right. */
    void table(List<String> header, List<List<String>> rows) {
        for (String line : tableLines(header, rows)) {
            out.println(line);
        }
    }

    static List<String> tableLines(List<String> header, List<List<String>> rows) {
        int columns = header.size();
        int[] widths = new int[columns];
        boolean[] numeric = new boolean[columns];
        for (int column = 0; column < columns; column++) {
            widths[column] = header.get(column).length();
            numeric[column] = !rows.isEmpty();
            for (List<String> row : rows) {
                String cell = row.get(column);
                widths[column] = Math.max(widths[column], cell.length());
                numeric[column] &= cell.matches("[-+]?[0-9.]+( ms)?|-|");
            }
        }
        List<String> lines = new ArrayList<>();
        lines.add(tableLine(header, widths, numeric));
        int total = 0;
        for (int width : widths) {
            total += width + 2;
        }
        lines.add("─".repeat(Math.max(0, total - 2)));
        for (List<String> row : rows) {
            lines.add(tableLine(row, widths, numeric));
        }
        return lines;
    }

    private static String tableLine(List<String> cells, int[] widths, boolean[] numeric) {
        var line = new StringBuilder();
        for (int column = 0; column < cells.size(); column++) {
            String gap = " ".repeat(widths[column] - cells.get(column).length());
            line.append(column == 0 ? "" : "  ");
            line.append(numeric[column] ? gap + cells.get(column) : cells.get(column) + gap);
        }
        return line.toString().stripTrailing();
    }

    /** What a row of a timeline means to the reader. */
    enum Tone {
        PLAIN("0"),
        FAULT("31"),
        DECISION("33"),
        GOOD("32");

        private final String code;

        Tone(String code) {
            this.code = code;
        }
    }

    static double millis(Duration span) {
        return span.toNanos() / 1e6;
    }

    static String millisText(Duration span) {
        return String.format(Locale.ROOT, "%.0f", millis(span));
    }

    private String styled(String code, String text) {
        return colour && !code.equals("0") ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
