package dev.holdfast.control;

import java.util.List;

/**
 * Who sits at the other end of the socket, as the kernel says. Names, or decimal numbers for ids without a name.
 *
 * @param groups the others that this node's group file gives the user, beside {@code group}
 */
public record Caller(String user, String group, List<String> groups) {
    public Caller {
        groups = List.copyOf(groups);
    }

    public Caller(String user, String group) {
        this(user, group, List.of());
    }

    public boolean isRoot() {
        return user.equals("root") || user.equals("0");
    }

    /** Whether the user is in that group. */
    public boolean isIn(String name) {
        return group.equals(name) || groups.contains(name);
    }
}
