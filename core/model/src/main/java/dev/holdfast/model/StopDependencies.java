package dev.holdfast.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What must stay up for a resource to stay up: the STOP_DEPENDENCIES attribute.
 *
 * @param hard when one of these leaves ONLINE on this node ({@code global:} everywhere), it is stopped too
 */
public record StopDependencies(List<DependencyTarget> hard) {
    public static final StopDependencies NONE = new StopDependencies(List.of());

    private static final Set<DependencyTarget.Modifier> ALLOWED = Set.of(
            DependencyTarget.Modifier.GLOBAL,
            DependencyTarget.Modifier.INTERMEDIATE,
            DependencyTarget.Modifier.SHUTDOWN);

    public StopDependencies {
        hard = List.copyOf(hard);
    }

    /** Reads {@code hard(a,global:intermediate:b)}. What is wrong is added to {@code problems}. */
    public static StopDependencies parse(String text, List<Message> problems) {
        List<DependencyTarget> hard = new ArrayList<>();
        DependencyReader reader = new DependencyReader("STOP_DEPENDENCIES", text, problems);
        reader.read((kind, set) -> {
            if (kind.equals("hard")) {
                hard.addAll(reader.targets(kind, set, ALLOWED));
            } else {
                reader.unknown(kind, List.of("hard"));
            }
        });
        return new StopDependencies(hard);
    }

    /** The same for a member of a group: it is stopped with the group. */
    StopDependencies inGroup(String group) {
        List<DependencyTarget> all = new ArrayList<>(List.of(new DependencyTarget(group, false, Set.of())));
        all.addAll(hard);
        return new StopDependencies(all);
    }
}
