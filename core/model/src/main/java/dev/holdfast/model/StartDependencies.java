package dev.holdfast.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What must, should or may run for a resource to start: the START_DEPENDENCIES attribute.
 *
 * @param hard must be ONLINE before it starts, on the same node unless {@code global:}
 * @param weak is tried before it starts; the result does not matter
 * @param pullup when all of these are ONLINE, it is started too if its TARGET is ONLINE
 * @param attraction nodes where these run are preferred
 * @param dispersion nodes where these do not run are preferred
 */
public record StartDependencies(
        List<DependencyTarget> hard,
        List<DependencyTarget> weak,
        List<DependencyTarget> pullup,
        List<DependencyTarget> attraction,
        List<DependencyTarget> dispersion) {
    public static final StartDependencies NONE =
            new StartDependencies(List.of(), List.of(), List.of(), List.of(), List.of());

    public StartDependencies {
        hard = List.copyOf(hard);
        weak = List.copyOf(weak);
        pullup = List.copyOf(pullup);
        attraction = List.copyOf(attraction);
        dispersion = List.copyOf(dispersion);
    }

    /** Reads {@code hard(a,global:b) pullup(a) weak(type:t)}. What is wrong is added to {@code problems}. */
    public static StartDependencies parse(String text, List<Message> problems) {
        List<DependencyTarget> hard = new ArrayList<>();
        List<DependencyTarget> weak = new ArrayList<>();
        List<DependencyTarget> pullup = new ArrayList<>();
        List<DependencyTarget> attraction = new ArrayList<>();
        List<DependencyTarget> dispersion = new ArrayList<>();
        DependencyReader reader = new DependencyReader("START_DEPENDENCIES", text, problems);
        reader.read((kind, set) -> {
            switch (kind) {
                case "hard" -> hard.addAll(reader.targets(kind, set, HARD));
                case "weak" -> weak.addAll(reader.targets(kind, set, WEAK));
                case "pullup" -> pullup.addAll(reader.targets(kind, set, PULLUP));
                case "attraction" -> attraction.addAll(reader.targets(kind, set, ATTRACTION));
                case "dispersion" -> dispersion.addAll(reader.targets(kind, set, ATTRACTION));
                case "exclusion", "dispersion:active", "pullup:always" -> reader.unsupported(kind);
                default -> reader.unknown(kind, KINDS);
            }
        });
        return new StartDependencies(hard, weak, pullup, attraction, dispersion);
    }

    private static final Set<DependencyTarget.Modifier> HARD =
            Set.of(DependencyTarget.Modifier.GLOBAL, DependencyTarget.Modifier.INTERMEDIATE);
    private static final Set<DependencyTarget.Modifier> WEAK =
            Set.of(DependencyTarget.Modifier.GLOBAL, DependencyTarget.Modifier.CONCURRENT);
    private static final Set<DependencyTarget.Modifier> PULLUP =
            Set.of(DependencyTarget.Modifier.GLOBAL, DependencyTarget.Modifier.INTERMEDIATE);
    private static final Set<DependencyTarget.Modifier> ATTRACTION = Set.of(DependencyTarget.Modifier.INTERMEDIATE);
    private static final List<String> KINDS = List.of("hard", "weak", "pullup", "attraction", "dispersion");
}
