package dev.holdfast.acceptance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The blocks of a page of the manual that show commands of a cluster. What a reader need not see stands in comments right before a block:
 *
 * <pre>
 * &lt;!-- tried after: COMMAND --&gt;       something that must be done before, on the node
 * &lt;!-- tried with: FILE=/tmp/x --&gt;    what stands for a word in capitals
 * &lt;!-- not tried: REASON --&gt;          the block cannot be run on a lab
 * </pre>
 *
 * <p>In a line of a block, what follows two blanks outside of quotes explains; what is in square brackets may be left out, and is; of
 * {@code A|B} the first is meant. A line with an open quote goes on in the next.
 */
record ManualPage(String name, List<Block> blocks) {
    /**
     * @param line where it begins
     * @param before commands that prepare it
     * @param notTried why not; empty: it is
     */
    record Block(int line, List<String> before, List<String> commands, Optional<String> notTried) {}

    private static final Pattern COMMAND =
            Pattern.compile("\\s*(crsctl|appvipcfg|ocrcheck|ocrdump|ocrconfig|olsnodes|oifcfg)( .*|)");
    private static final Pattern REMARK = Pattern.compile("\\s*<!-- (tried after|tried with|not tried): (.*) -->\\s*");

    ManualPage {
        blocks = List.copyOf(blocks);
    }

    static ManualPage read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        List<Block> blocks = new ArrayList<>();
        for (int at = 0; at < lines.size(); at++) {
            if (!isFence(lines.get(at))) {
                continue;
            }
            int end = at + 1;
            while (!isFence(lines.get(end))) {
                end++;
            }
            List<String> inside = lines.subList(at + 1, end);
            if (inside.stream().anyMatch(line -> COMMAND.matcher(line).matches())) {
                blocks.add(block(lines, at, inside));
            }
            at = end;
        }
        return new ManualPage(String.valueOf(file.getFileName()), blocks);
    }

    private static boolean isFence(String line) {
        return line.strip().startsWith("```");
    }

    private static Block block(List<String> lines, int fence, List<String> inside) {
        List<String> before = new ArrayList<>();
        Map<String, String> words = new LinkedHashMap<>();
        Optional<String> notTried = Optional.empty();
        for (int at = fence - 1; at >= 0; at--) {
            Matcher remark = REMARK.matcher(lines.get(at));
            if (!remark.matches()) {
                break;
            }
            switch (remark.group(1)) {
                case "tried after" -> before.add(remark.group(2));
                case "tried with" -> {
                    for (String pair : remark.group(2).split(" ")) {
                        String[] both = pair.split("=", 2);
                        words.put(both[0], both[1]);
                    }
                }
                default -> notTried = Optional.of(remark.group(2));
            }
        }
        Collections.reverse(before);
        return new Block(fence + 1, before, notTried.isPresent() ? List.of() : commands(inside, words), notTried);
    }

    private static List<String> commands(List<String> lines, Map<String, String> words) {
        List<String> commands = new ArrayList<>();
        var open = new StringBuilder();
        for (String line : lines) {
            open.append(open.isEmpty() ? line.strip() : "\n" + line);
            boolean quoted = open.chars().filter(letter -> letter == '"').count() % 2 == 1;
            if (!quoted) {
                if (!open.isEmpty()) {
                    commands.add(meant(open.toString(), words));
                }
                open.setLength(0);
            }
        }
        if (!open.isEmpty()) {
            throw new IllegalArgumentException("a quote is never closed: " + open);
        }
        return commands;
    }

    private static String meant(String shown, Map<String, String> words) {
        String[] parts = shown.split("\"", -1);
        var meant = new StringBuilder();
        for (int at = 0; at < parts.length; at++) {
            if (at % 2 == 1) {
                meant.append('"').append(parts[at]).append('"');
                continue;
            }
            String plain = parts[at];
            int explained = plain.indexOf("  ");
            String said = (explained < 0 ? plain : plain.substring(0, explained))
                    .replaceAll("\\[[^\\]]*\\]", " ")
                    .replaceAll("\\|[^ |]+", "");
            for (Map.Entry<String, String> word : words.entrySet()) {
                said = said.replaceAll(
                        "(?<![A-Za-z])" + word.getKey() + "(?![A-Za-z])", Matcher.quoteReplacement(word.getValue()));
            }
            meant.append(said);
            if (explained >= 0) {
                break;
            }
        }
        return meant.toString().strip();
    }
}
