package dev.holdfast.linux;

import java.io.IOException;

/** What concerns all of this package. */
public final class Linux {
    private Linux() {}

    /**
     * Links every native function that this package uses. The first call of a function costs milliseconds (4 ms measured for the first
     * netlink request), later ones microseconds, so a daemon calls this at start, before it holds a lease. May be called again; cheap then.
     *
     * @throws IOException if not even a question to rtnetlink is answered: then nothing here will work
     */
    public static void warmUp() throws IOException {
        Libc.warmUp();
        try (Netlink netlink = Netlink.open()) {
            // Also loads what reads the answers.
            if (netlink.links().isEmpty()) {
                throw new IOException("rtnetlink knows no links, not even lo");
            }
            netlink.addresses();
        }
    }
}
