package dev.holdfast.linux;

import java.io.IOException;

/** What concerns all of this package. */
public final class Linux {
    private Linux() {}

    /**
     * Does for the first time what costs milliseconds then and microseconds later: a call of the C library, a question to rtnetlink (4 ms
     * measured). A daemon calls this at start, before it holds a lease. May be called again; cheap then.
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
