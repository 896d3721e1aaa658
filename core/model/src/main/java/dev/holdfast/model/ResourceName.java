package dev.holdfast.model;

/**
 * The name of a resource: unique in the cluster, case-sensitive, never changed. Up to 254 printable characters without
 * blanks, {@code !}, {@code ~}, quotes, parentheses, commas, slashes, {@code =} and {@code :} (they would be ambiguous
 * in dependency lists or in the names of log files and cgroups); it does not begin with a dot.
 */
public record ResourceName(String text) implements Comparable<ResourceName> {
    private static final int MAX_LENGTH = 254;

    public ResourceName {
        if (text.isEmpty() || text.length() > MAX_LENGTH || text.startsWith(".") || !allAllowed(text)) {
            throw new IllegalArgumentException("'" + text + "' is not a resource name: 1 to " + MAX_LENGTH
                    + " characters, not beginning with a dot, without blanks and ! ~ ' \" ( ) , / = : @");
        }
    }

    /** True if {@code text} may be the name of a resource. */
    public static boolean isValid(String text) {
        return !text.isEmpty() && text.length() <= MAX_LENGTH && !text.startsWith(".") && allAllowed(text);
    }

    private static boolean allAllowed(String text) {
        // Not a stream: a new master makes tens of thousands of names at once.
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c <= ' ' || c == 0x7f || "!~'\"(),/=:@".indexOf(c) >= 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int compareTo(ResourceName other) {
        return text.compareTo(other.text);
    }

    @Override
    public String toString() {
        return text;
    }
}
