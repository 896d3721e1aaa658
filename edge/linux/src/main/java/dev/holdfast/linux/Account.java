package dev.holdfast.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** A user of this machine, from wherever the machine keeps its users (nsswitch). */
public record Account(String name, int uid, int gid, String home, String shell) {
    private static final int ERANGE = 34;
    private static final int STRINGS_MAX = 1 << 20;
    /** struct passwd: name, password, uid (int), gid (int), gecos, home, shell; pointers but for the two. */
    private static final int PASSWD_SIZE = 48;

    /** May ask a directory server and take as long as that does. Empty if there is no such user. */
    public static Optional<Account> named(String name) throws IOException {
        for (int size = 1024; ; size *= 4) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment passwd = arena.allocate(PASSWD_SIZE, 8);
                MemorySegment strings = arena.allocate(size);
                MemorySegment found = arena.allocate(ValueLayout.ADDRESS);
                int result = Libc.getpwnam(arena.allocateFrom(name), passwd, strings, found);
                if (result == -ERANGE && size < STRINGS_MAX) {
                    continue;
                }
                if (result == -SystemCallFailed.ENOENT || result == -SystemCallFailed.ESRCH) {
                    return Optional.empty(); // Some name services answer so.
                }
                Libc.check("look up user " + name, result);
                if (found.get(ValueLayout.ADDRESS, 0).address() == 0) {
                    return Optional.empty();
                }
                return Optional.of(new Account(
                        name,
                        passwd.get(ValueLayout.JAVA_INT, 16),
                        passwd.get(ValueLayout.JAVA_INT, 20),
                        string(passwd, 32),
                        string(passwd, 40)));
            }
        }
    }

    /** Whom this process runs as. */
    public static int ownUid() {
        return Libc.getuid();
    }

    @SuppressWarnings("restricted") // Ends at the string's own zero byte, which the C library promises.
    private static String string(MemorySegment passwd, long offset) {
        return passwd.get(ValueLayout.ADDRESS, offset).reinterpret(STRINGS_MAX).getString(0);
    }
}
