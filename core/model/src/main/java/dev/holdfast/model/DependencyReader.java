package dev.holdfast.model;

import dev.holdfast.model.DependencyTarget.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

/** Reads {@code kind(set) kind(set) ...}. Total: any text gives targets, or problems, or both. */
final class DependencyReader {
    private final String attribute;
    private final String text;
    private final List<Message> problems;
    private final Set<String> seen = new HashSet<>();

    DependencyReader(String attribute, String text, List<Message> problems) {
        this.attribute = attribute;
        this.text = text;
        this.problems = problems;
    }

    /** Calls {@code onKind} with each kind and the text between its parentheses, left to right. */
    void read(BiConsumer<String, String> onKind) {
        int at = 0;
        while (at < text.length()) {
            if (Character.isWhitespace(text.charAt(at)) || text.charAt(at) == ',') {
                at++;
                continue;
            }
            int open = text.indexOf('(', at);
            int close = open < 0 ? -1 : text.indexOf(')', open);
            if (close < 0) {
                problem("'" + text.substring(at) + "' is not of the form kind(resource,...)");
                return;
            }
            String kind = text.substring(at, open).strip();
            String set = text.substring(open + 1, close);
            if (set.indexOf('(') >= 0) {
                problem("a parenthesis is opened twice in '" + text.substring(at, close + 1) + "'");
                return;
            }
            // Only pullup may repeat; a repeated kind would hide which of the two was meant.
            if (!seen.add(kind) && !kind.startsWith("pullup")) {
                problem("'" + kind + "' stands twice; write one " + kind + "(...) with all of its resources");
            }
            onKind.accept(kind, set);
            at = close + 1;
        }
    }

    List<DependencyTarget> targets(String kind, String set, Set<Modifier> allowed) {
        List<DependencyTarget> targets = new ArrayList<>();
        for (String part : set.split(",", -1)) {
            String entry = part.strip();
            if (entry.isEmpty()) {
                problem(kind + "(" + set + ") has an empty entry");
            } else {
                target(kind, entry, allowed, targets);
            }
        }
        return targets;
    }

    private void target(String kind, String entry, Set<Modifier> allowed, Collection<DependencyTarget> into) {
        String[] words = entry.split(":", -1);
        Set<Modifier> modifiers = EnumSet.noneOf(Modifier.class);
        boolean ofType = false;
        boolean good = true;
        for (int i = 0; i < words.length - 1; i++) {
            String word = words[i].strip();
            Modifier modifier = modifier(word);
            if (word.equals("type") && i == words.length - 2) {
                ofType = true;
            } else if (word.equals("type")) {
                good = problem("'type:' must stand directly before the name in '" + entry + "'");
            } else if (modifier == null) {
                good = problem("'" + word + ":' in '" + entry + "' is no modifier");
            } else if (!allowed.contains(modifier)) {
                good = problem("the modifier '" + word + ":' in " + kind + "(" + entry + ") does not apply"
                        + supported(allowed));
            } else {
                modifiers.add(modifier);
            }
        }
        String name = words[words.length - 1].strip();
        if (!ResourceName.isValid(name)) {
            good = problem("'" + name + "' in " + kind + "(" + entry + ") is not a name");
        }
        if (modifiers.contains(Modifier.PREEMPT_PRE) && modifiers.contains(Modifier.PREEMPT_POST)) {
            good = problem("the other can give way before or afterwards, not both: '" + entry + "'");
        }
        if (good) {
            into.add(new DependencyTarget(name, ofType, modifiers));
        }
    }

    private static @org.jspecify.annotations.Nullable Modifier modifier(String word) {
        for (Modifier modifier : Modifier.values()) {
            if (modifier.text().equals(word)) {
                return modifier;
            }
        }
        return null;
    }

    private static String supported(Set<Modifier> allowed) {
        return "; these do: "
                + String.join(
                        " ",
                        EnumSet.copyOf(allowed).stream()
                                .map(m -> m.text() + ":")
                                .toList()) + " type:";
    }

    void unknown(String kind, Collection<String> kinds) {
        String hint = Spelling.nearest(kind, kinds)
                .map(near -> "; did you mean '" + near + "'?")
                .orElse("");
        problem("'" + kind + "' is no kind of dependency (" + String.join(", ", kinds) + ")" + hint);
    }

    private boolean problem(String what) {
        problems.add(new Message(
                "CRS-2514",
                attribute + ": " + what + (what.endsWith("?") ? "" : "."),
                "Example: " + attribute + "='"
                        + (attribute.startsWith("START") ? "hard(vip) pullup(vip) weak(global:db)'" : "hard(vip)'")));
        return false;
    }
}
