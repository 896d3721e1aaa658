package dev.holdfast.membership;

import java.util.List;

/** Everything that is wrong with a settings file, at once: nobody likes to fix a file one error at a time. */
public final class InvalidSettings extends Exception {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // List.copyOf is serializable, and nobody serializes this.
    private final List<String> problems;

    public InvalidSettings(List<String> problems) {
        super(String.join("\n", problems));
        this.problems = List.copyOf(problems);
    }

    public List<String> problems() {
        return problems;
    }
}
