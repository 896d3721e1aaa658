package dev.holdfast.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/** A network stack of its own. Sockets belong for good to the namespace of the thread that opened them. */
public final class NetworkNamespace {
    private NetworkNamespace() {}

    /** That of a process. Its path ({@code /proc/PID/ns/net}) is looked at when entering. */
    public static NetworkNamespace of(long pid) {
        return Linux.later();
    }

    /** One bound to a path, such as {@code /run/netns/NAME}. */
    public static NetworkNamespace at(Path path) {
        return Linux.later();
    }

    /** Moves the calling platform thread into the namespace for the rest of its life. Other threads stay where they are. */
    public void enter() throws IOException {
        Linux.later();
    }

    /**
     * Runs {@code work} on a platform thread that was started for it inside the namespace, and waits for it. What it throws is thrown here.
     */
    public <T> T call(Callable<T> work) throws Exception {
        return Linux.later();
    }
}
