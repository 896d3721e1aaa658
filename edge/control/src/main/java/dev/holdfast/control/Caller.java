package dev.holdfast.control;

/** Who sits at the other end of the socket, as the kernel says. Names, or decimal numbers for ids without a name. */
public record Caller(String user, String group) {
    public boolean isRoot() {
        return user.equals("root") || user.equals("0");
    }
}
