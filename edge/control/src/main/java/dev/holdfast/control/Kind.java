package dev.holdfast.control;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The kinds of things that are configured, in the order in which they build on each other. */
public enum Kind {
    TYPE("type", "types"),
    /** What is said of it. It is not made and not deleted, and has no access list. */
    SERVER("server", "servers"),
    CATEGORY("category", "categories"),
    POOL("serverpool", "serverpools"),
    /** There is one, without a name: the policies, and the server pools that they are about. */
    POLICY_SET("policyset", "policyset"),
    RESOURCE("resource", "resources"),
    /** A resource that holds others together; in a configuration it is among the resources. */
    GROUP("resourcegroup", "");

    private final String word;
    private final String section;

    Kind(String word, String section) {
        this.word = word;
        this.section = section;
    }

    /** As in commands: {@code crsctl getperm serverpool}. */
    public String word() {
        return word;
    }

    /** The part of a configuration file that has them; empty: there is none. */
    public String section() {
        return section;
    }

    /** True if there is one of it only, which has no name. */
    public boolean isNameless() {
        return this == POLICY_SET;
    }

    /** True if it has an access list. */
    public boolean hasAccessList() {
        return this != SERVER;
    }

    /** Those that have a part of their own in a configuration. */
    public static List<Kind> configured() {
        return Arrays.stream(values()).filter(kind -> !kind.section.isEmpty()).toList();
    }

    public static Optional<Kind> ofWord(String word) {
        return Arrays.stream(values()).filter(kind -> kind.word.equals(word)).findFirst();
    }
}
