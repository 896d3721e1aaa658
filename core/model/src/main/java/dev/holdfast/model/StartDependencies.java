package dev.holdfast.model;

import dev.holdfast.model.DependencyTarget.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What must, should or may run for a resource to start: the START_DEPENDENCIES attribute.
 *
 * @param hard must be ONLINE before it starts, on the same node unless {@code global:}
 * @param weak is tried before it starts; the result does not matter
 * @param pullups each: when all of its targets have come ONLINE, it is started too
 * @param attraction nodes where these run are preferred
 * @param dispersion nodes where these do not run are preferred when it is placed
 * @param activeDispersion the same, and it is moved when a node joins that suits it better
 * @param exclusion these and it never share a node
 */
public record StartDependencies(
        List<DependencyTarget> hard,
        List<DependencyTarget> weak,
        List<Pullup> pullups,
        List<DependencyTarget> attraction,
        List<DependencyTarget> dispersion,
        List<DependencyTarget> activeDispersion,
        List<DependencyTarget> exclusion) {
    /**
     * One {@code pullup(...)}.
     *
     * @param always also if the TARGET is OFFLINE, which then becomes ONLINE
     * @param targets all of them must have come ONLINE
     */
    public record Pullup(boolean always, List<DependencyTarget> targets) {
        public Pullup {
            targets = List.copyOf(targets);
        }

        @Override
        public String toString() {
            return (always ? "pullup:always(" : "pullup(")
                    + targets.stream().map(DependencyTarget::toString).collect(Collectors.joining(",")) + ")";
        }
    }

    public static final StartDependencies NONE =
            new StartDependencies(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

    private static final Set<Modifier> HARD = Set.of(Modifier.GLOBAL, Modifier.INTERMEDIATE, Modifier.UNIFORM);
    private static final Set<Modifier> WEAK = Set.of(Modifier.GLOBAL, Modifier.CONCURRENT, Modifier.UNIFORM);
    private static final Set<Modifier> PULLUP = Set.of(Modifier.GLOBAL, Modifier.INTERMEDIATE);
    private static final Set<Modifier> ATTRACTION = Set.of(Modifier.INTERMEDIATE);
    private static final Set<Modifier> DISPERSION = Set.of(Modifier.INTERMEDIATE, Modifier.POOL);
    private static final Set<Modifier> EXCLUSION = Set.of(Modifier.PREEMPT_PRE, Modifier.PREEMPT_POST);
    private static final List<String> KINDS = List.of(
            "hard", "weak", "attraction", "pullup", "pullup:always", "dispersion", "dispersion:active", "exclusion");

    public StartDependencies {
        hard = List.copyOf(hard);
        weak = List.copyOf(weak);
        pullups = List.copyOf(pullups);
        attraction = List.copyOf(attraction);
        dispersion = List.copyOf(dispersion);
        activeDispersion = List.copyOf(activeDispersion);
        exclusion = List.copyOf(exclusion);
    }

    /** Reads {@code hard(a,global:b) pullup(a) weak(type:t)}. What is wrong is added to {@code problems}. */
    public static StartDependencies parse(String text, List<Message> problems) {
        List<DependencyTarget> hard = new ArrayList<>();
        List<DependencyTarget> weak = new ArrayList<>();
        List<Pullup> pullups = new ArrayList<>();
        List<DependencyTarget> attraction = new ArrayList<>();
        List<DependencyTarget> dispersion = new ArrayList<>();
        List<DependencyTarget> activeDispersion = new ArrayList<>();
        List<DependencyTarget> exclusion = new ArrayList<>();
        DependencyReader reader = new DependencyReader("START_DEPENDENCIES", text, problems);
        reader.read((kind, set) -> {
            switch (kind) {
                case "hard" -> hard.addAll(reader.targets(kind, set, HARD));
                case "weak" -> weak.addAll(reader.targets(kind, set, WEAK));
                case "pullup" -> pullups.add(new Pullup(false, reader.targets(kind, set, PULLUP)));
                case "pullup:always" -> pullups.add(new Pullup(true, reader.targets(kind, set, PULLUP)));
                case "attraction" -> attraction.addAll(reader.targets(kind, set, ATTRACTION));
                case "dispersion" -> dispersion.addAll(reader.targets(kind, set, DISPERSION));
                case "dispersion:active" -> activeDispersion.addAll(reader.targets(kind, set, DISPERSION));
                case "exclusion" -> exclusion.addAll(reader.targets(kind, set, EXCLUSION));
                default -> reader.unknown(kind, KINDS);
            }
        });
        return new StartDependencies(hard, weak, pullups, attraction, dispersion, activeDispersion, exclusion);
    }

    /** The same for a member of a group: it needs the group, and comes up with it. */
    StartDependencies inGroup(String group) {
        DependencyTarget anchor = new DependencyTarget(group, false, Set.of());
        List<DependencyTarget> needed = new ArrayList<>(List.of(anchor));
        needed.addAll(hard);
        List<Pullup> pulled = new ArrayList<>(List.of(new Pullup(false, List.of(anchor))));
        pulled.addAll(pullups);
        return new StartDependencies(needed, weak, pulled, attraction, dispersion, activeDispersion, exclusion);
    }

    /** The targets of all pullups. */
    public List<DependencyTarget> pullup() {
        return pullups.stream().flatMap(pullup -> pullup.targets().stream()).toList();
    }

    /** Every target of every kind, in the order of the kinds. */
    public List<DependencyTarget> all() {
        List<DependencyTarget> all = new ArrayList<>();
        for (List<DependencyTarget> kind :
                List.of(hard, weak, pullup(), attraction, dispersion, activeDispersion, exclusion)) {
            all.addAll(kind);
        }
        return all;
    }
}
