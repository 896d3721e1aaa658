package dev.holdfast.model;

import java.util.List;

/**
 * Something said to an administrator.
 *
 * @param code {@code CRS-nnnn} where Oracle Clusterware says the same, else {@code HF-nnnn}; empty for a line
 *     that an agent wrote
 * @param text what happened and how things stand, without the code
 * @param nextStep what to do next; empty where there is nothing to do
 */
public record Message(String code, String text, String nextStep) {
    public static Message of(String code, String text) {
        return new Message(code, text, "");
    }

    /** One line, as Oracle Clusterware prints it. */
    public String line() {
        return code.isEmpty() ? text : code + ": " + text;
    }

    /** The line, and the next step indented below it. */
    public List<String> lines() {
        return nextStep.isEmpty() ? List.of(line()) : List.of(line(), "  " + nextStep);
    }

    @Override
    public String toString() {
        return String.join("\n", lines());
    }
}
