package dev.holdfast.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Something that an action script can do beside start, stop, check and clean, when somebody asks for it: one entry of the attribute ACTIONS,
 * {@code reload,user:alice,group:"web"}. Entries have blanks between.
 *
 * @param name what the script is called with
 * @param users who may ask for it
 * @param groups whose members may; if both are empty, whoever may start the resource
 */
public record CustomAction(String name, List<String> users, List<String> groups) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]{0,63}");
    /** What the cluster itself calls scripts with. */
    private static final Set<String> TAKEN = Set.of("start", "stop", "check", "clean", "abort", "modify", "delete");

    public CustomAction {
        users = List.copyOf(users);
        groups = List.copyOf(groups);
    }

    /** What is wrong with the value of ACTIONS, as in "must be …"; empty if nothing is. */
    public static Optional<String> problem(String text) {
        List<String> problems = new ArrayList<>();
        read(text, problems);
        return problems.stream().findFirst();
    }

    /** The entries of a value that is in order, by name. */
    public static SortedMap<String, CustomAction> parse(String text) {
        return read(text, new ArrayList<>());
    }

    private static SortedMap<String, CustomAction> read(String text, List<String> problems) {
        SortedMap<String, CustomAction> all = new TreeMap<>();
        for (String entry : text.isBlank() ? new String[0] : text.strip().split("\\s+")) {
            String[] parts = entry.split(",", -1);
            String name = parts[0];
            if (!NAME.matcher(name).matches()) {
                problems.add("must be names of actions with blanks between, as in reload,user:alice dump, got '" + entry
                        + "'");
                continue;
            }
            if (TAKEN.contains(name)) {
                problems.add("cannot have an action '" + name + "': the cluster itself calls scripts with that word");
                continue;
            }
            List<String> users = new ArrayList<>();
            List<String> groups = new ArrayList<>();
            for (String part : List.of(parts).subList(1, parts.length)) {
                List<String> kind = part.startsWith("user:") ? users : groups;
                if (!part.startsWith("user:") && !part.startsWith("group:")) {
                    problems.add(
                            "must say who may ask for '" + name + "' as user:NAME or group:NAME, got '" + part + "'");
                    continue;
                }
                String who = part.substring(part.indexOf(':') + 1).replace("\"", "");
                if (!who.isEmpty()) { // user:"" is how some tools say nobody in particular.
                    kind.add(who);
                }
            }
            if (all.putIfAbsent(name, new CustomAction(name, users, groups)) != null) {
                problems.add("names the action '" + name + "' twice");
            }
        }
        return Collections.unmodifiableSortedMap(all);
    }
}
