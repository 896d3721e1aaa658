package dev.holdfast.control;

import java.util.List;

/** Which resources a request is about. */
public sealed interface Selection {
    /** Exactly these resources; a name that does not exist is a refusal. Never empty, nothing twice. */
    record Named(List<String> names) implements Selection {
        public Named {
            names = List.copyOf(names);
            if (names.isEmpty()) {
                throw new IllegalArgumentException("a selection by name needs at least one name");
            }
            if (names.stream().distinct().count() != names.size()) {
                throw new IllegalArgumentException("a name is given twice: " + String.join(" ", names));
            }
        }
    }

    /** Exactly these groups of resources, each with its members. Never empty, nothing twice. */
    record Groups(List<String> names) implements Selection {
        public Groups {
            names = List.copyOf(names);
            if (names.isEmpty() || names.stream().distinct().count() != names.size()) {
                throw new IllegalArgumentException("groups are named at least once, and each once");
            }
        }
    }

    /** Every resource there is; with none registered that is nothing, and no error. */
    record All() implements Selection {}

    /** Every resource for which the filter holds, see {@link Filter}. */
    record Matching(Filter filter) implements Selection {}

    static Selection named(String... names) {
        return new Named(List.of(names));
    }
}
