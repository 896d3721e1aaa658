package dev.holdfast.linux;

import java.util.Optional;

/** A user of this machine, from wherever the machine keeps its users (nsswitch). */
public record Account(String name, int uid, int gid, String home, String shell) {
    /** May ask a directory server and take as long as that does. */
    public static Optional<Account> named(String name) {
        return Linux.later();
    }

    /** Whom this process runs as. */
    public static int ownUid() {
        return Linux.later();
    }
}
