package dev.holdfast.spec;

import java.util.List;
import java.util.SortedMap;

/**
 * One question to the model checker: a module with values for its constants, and what is expected of it.
 *
 * @param name what it is called on the command line
 * @param module the TLA+ module
 * @param size when it is asked
 * @param about one line for people
 * @param constants value of each constant, in TLA+
 * @param specification the temporal formula that is checked: {@code Spec}, or one with fairness
 * @param invariants what every reachable state must satisfy
 * @param properties what every behaviour must satisfy
 * @param constraint a formula beyond which nothing is explored; empty for none
 * @param symmetry a set of permutations under which states are alike; empty for none
 * @param violates the invariants and properties of which one must be found violated, as the model breaks a promise on
 *     purpose; empty if all must hold
 * @param atLeast distinct states that must be found at least where all must hold; fewer mean that the model says nothing
 */
record Check(
        String name,
        String module,
        Size size,
        String about,
        SortedMap<String, String> constants,
        String specification,
        List<String> invariants,
        List<String> properties,
        String constraint,
        String symmetry,
        List<String> violates,
        long atLeast) {

    enum Size {
        /** Nobody asks it: others are made from it. */
        BASE,
        /** Within every test run. */
        SMALL,
        /** Minutes to hours. */
        LARGE
    }

    Check {
        invariants = List.copyOf(invariants);
        properties = List.copyOf(properties);
        violates = List.copyOf(violates);
    }

    /** True if it breaks a promise on purpose, and TLC must notice. */
    boolean isMutation() {
        return !violates.isEmpty();
    }

    /** What TLC reads beside the module. */
    String configuration() {
        StringBuilder text =
                new StringBuilder("SPECIFICATION ").append(specification).append("\nCONSTANTS\n");
        constants.forEach((constant, value) ->
                text.append("  ").append(constant).append(" = ").append(value).append('\n'));
        if (!invariants.isEmpty()) {
            text.append("INVARIANTS ").append(String.join(" ", invariants)).append('\n');
        }
        if (!properties.isEmpty()) {
            text.append("PROPERTIES ").append(String.join(" ", properties)).append('\n');
        }
        if (!constraint.isEmpty()) {
            text.append("CONSTRAINT ").append(constraint).append('\n');
        }
        if (!symmetry.isEmpty()) {
            text.append("SYMMETRY ").append(symmetry).append('\n');
        }
        return text.toString();
    }

    /** Why {@code verdict} is not what was expected; empty if it is. */
    String complaint(Verdict verdict) {
        return switch (verdict.end()) {
            case FAILED -> "TLC could not check it:\n" + verdict.detail();
            case STOPPED ->
                isMutation()
                        ? "stopped before a violation was found, after " + verdict.distinct() + " states"
                        : ""; // No violation so far, and the report says that it is not exhaustive.
            case VIOLATED -> {
                if (violates.contains(verdict.violated())) {
                    yield "";
                }
                yield isMutation()
                        ? "violates " + verdict.violated() + ", and not " + String.join(" or ", violates) + ":\n"
                                + verdict.detail()
                        : verdict.violated() + " is violated:\n" + verdict.detail();
            }
            case HOLDS -> {
                if (isMutation()) {
                    yield "a promise is broken and nothing is violated: the invariants are too weak, or "
                            + verdict.distinct() + " states are too few";
                }
                yield verdict.distinct() < atLeast
                        ? "only %d distinct states, expected %d at least: the model says nothing"
                                .formatted(verdict.distinct(), atLeast)
                        : "";
            }
        };
    }
}
