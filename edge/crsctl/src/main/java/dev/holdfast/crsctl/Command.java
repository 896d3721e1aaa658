package dev.holdfast.crsctl;

import java.util.List;

/**
 * A command as the administrator knows it.
 *
 * @param words that name it: {@code start resource}
 * @param usage what may follow them
 * @param options those it knows, in the order in which help shows them
 */
record Command(String words, String usage, String summary, List<Option> options, String example) {

    /** {@code value}: what stands for its value in help; empty for a flag. {@code many}: takes all words up to the next option. */
    record Option(String name, String value, boolean many, String meaning) {
        boolean isFlag() {
            return value.isEmpty();
        }
    }

    static Option flag(String name, String meaning) {
        return new Option(name, "", false, meaning);
    }

    static Option valued(String name, String value, String meaning) {
        return new Option(name, value, false, meaning);
    }
}
