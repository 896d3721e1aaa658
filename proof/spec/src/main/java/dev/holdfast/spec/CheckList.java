package dev.holdfast.spec;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The checks as the file {@code checks.txt} lists them, in its order.
 *
 * <pre>
 * base NAME of MODULE          the start of a family; not checked itself
 * small NAME like OTHER        checked in every test run
 * large NAME like OTHER        checked by verify-model --large
 *     about TEXT               one line for people
 *     CONSTANT = VALUE         in TLA+
 *     specification|constraint|symmetry NAME
 *     invariants|properties NAME...
 *     violates NAME...         it must be found that one of these does not hold
 *     at-least NUMBER          of distinct states, if everything holds
 * </pre>
 *
 * An indented line belongs to the check above it and replaces what it took over from the other one.
 */
record CheckList(List<Check> checks) {
    private static final String FILE = "checks.txt";

    CheckList {
        checks = List.copyOf(checks);
    }

    /** The list that comes with this module. */
    static CheckList read() throws IOException {
        try (InputStream in = CheckList.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IOException(FILE + " is missing beside " + CheckList.class);
            }
            return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /**
     * Reads a list.
     *
     * @throws IllegalArgumentException if a line makes no sense; the message says which
     */
    static CheckList parse(String text) {
        Map<String, Draft> drafts = new LinkedHashMap<>();
        Draft draft = null;
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            String bare = line.strip();
            if (bare.isEmpty() || bare.startsWith("#")) {
                continue;
            }
            try {
                if (Character.isWhitespace(line.charAt(0))) {
                    if (draft == null) {
                        throw new IllegalArgumentException("belongs to no check");
                    }
                    draft.take(bare);
                } else {
                    draft = Draft.begin(bare, drafts);
                    if (drafts.put(draft.name, draft) != null) {
                        throw new IllegalArgumentException("there are two checks of this name");
                    }
                }
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("line " + number + ", '" + bare + "': " + e.getMessage(), e);
            }
        }
        return new CheckList(drafts.values().stream()
                .filter(each -> each.size != Check.Size.BASE)
                .map(Draft::finish)
                .toList());
    }

    List<Check> of(Check.Size size) {
        return checks.stream().filter(check -> check.size() == size).toList();
    }

    Optional<Check> named(String name) {
        return checks.stream().filter(check -> check.name().equals(name)).findFirst();
    }

    /** A check that is being read. */
    private static final class Draft {
        private final String name;
        private final String module;
        private final Check.Size size;
        private final Map<String, String> constants = new TreeMap<>();
        private final Map<String, String> settings = new TreeMap<>();

        private Draft(String name, String module, Check.Size size, @Nullable Draft like) {
            this.name = name;
            this.module = module;
            this.size = size;
            if (like != null) {
                constants.putAll(like.constants);
                settings.putAll(like.settings);
                settings.remove("about");
                settings.remove("at-least");
            }
        }

        static Draft begin(String line, Map<String, Draft> others) {
            String[] words = line.split("\\s+");
            if (words.length != 4) {
                throw new IllegalArgumentException("expected: base NAME of MODULE, or small|large NAME like OTHER");
            }
            Check.Size size = switch (words[0]) {
                case "base" -> Check.Size.BASE;
                case "small" -> Check.Size.SMALL;
                case "large" -> Check.Size.LARGE;
                default -> throw new IllegalArgumentException("expected base, small or large");
            };
            if (words[2].equals("of")) {
                return new Draft(words[1], words[3], size, null);
            }
            Draft like = words[2].equals("like") ? others.get(words[3]) : null;
            if (like == null) {
                throw new IllegalArgumentException("there is no check '" + words[3] + "' above");
            }
            return new Draft(words[1], like.module, size, like);
        }

        void take(String line) {
            int equals = line.indexOf(" = ");
            if (equals > 0 && line.indexOf(' ') == equals) {
                constants.put(
                        line.substring(0, equals), line.substring(equals + 3).strip());
                return;
            }
            int space = line.indexOf(' ');
            String word = space < 0 ? line : line.substring(0, space);
            String rest = space < 0 ? "" : line.substring(space + 1).strip();
            switch (word) {
                case "about",
                        "specification",
                        "constraint",
                        "symmetry",
                        "invariants",
                        "properties",
                        "violates",
                        "at-least" -> settings.put(word, rest);
                default -> throw new IllegalArgumentException("unknown word '" + word + "'");
            }
        }

        Check finish() {
            if (text("about").isEmpty()) {
                throw new IllegalArgumentException(name + " does not say what it is about");
            }
            List<String> violates = words("violates");
            List<String> invariants = words("invariants");
            List<String> properties = words("properties");
            for (String each : violates) {
                if (!invariants.contains(each) && !properties.contains(each)) {
                    throw new IllegalArgumentException(name + " does not check " + each + ", which it must violate");
                }
            }
            long atLeast = text("at-least").isEmpty() ? 0 : Long.parseLong(text("at-least"));
            if (violates.isEmpty() && atLeast == 0) {
                throw new IllegalArgumentException(name + " does not say how many states it has at least");
            }
            return new Check(
                    name,
                    module,
                    size,
                    text("about"),
                    new TreeMap<>(constants),
                    settings.getOrDefault("specification", "Spec"),
                    invariants,
                    properties,
                    text("constraint"),
                    text("symmetry"),
                    violates,
                    atLeast);
        }

        private String text(String key) {
            return settings.getOrDefault(key, "");
        }

        private List<String> words(String key) {
            List<String> words = new ArrayList<>();
            for (String word : text(key).split("\\s+")) {
                if (!word.isEmpty()) {
                    words.add(word);
                }
            }
            return words;
        }
    }
}
