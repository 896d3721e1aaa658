package dev.holdfast.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A control group (version 2): a set of processes that no member can leave by itself, neither by setsid nor by forking twice. The value is
 * only a name; the group exists in the kernel after {@link #create}.
 */
public final class Cgroup {
    private Cgroup() {}

    /** The top of the cgroup2 file system, found in /proc/self/mounts. @throws IOException if there is none */
    public static Cgroup root() throws IOException {
        return Linux.later();
    }

    /** The group below this one called {@code name} ({@code "holdfast-demo-node1"}). */
    public Cgroup child(String name) {
        return Linux.later();
    }

    public Path path() {
        return Linux.later();
    }

    public String name() {
        return Linux.later();
    }

    /** Creates the group and those above it, unless they exist. Returns this. */
    public Cgroup create() throws IOException {
        return Linux.later();
    }

    public boolean exists() {
        return Linux.later();
    }

    /** The groups directly below, in order of name; none if this one does not exist. */
    public List<Cgroup> children() throws IOException {
        return Linux.later();
    }

    /** The processes in this group itself, not those in groups below. None if it does not exist. */
    public List<Long> processes() throws IOException {
        return Linux.later();
    }

    /** Whether a live process is in this group or below. False if the group does not exist. */
    public boolean populated() throws IOException {
        return Linux.later();
    }

    /** Moves the process into this group; its existing children stay where they are. */
    public void add(long pid) throws IOException {
        Linux.later();
    }

    /**
     * Sends SIGKILL to every process in this group and below, in one step that no fork can escape. Returns before they are gone: see
     * {@link #awaitEmpty}. Does nothing if the group does not exist.
     */
    public void kill() throws IOException {
        Linux.later();
    }

    /** Waits, on the kernel's notice, until no process is left here or below. @return false if some still are after {@code patience} */
    public boolean awaitEmpty(Duration patience) throws IOException {
        return Linux.later();
    }

    /** Removes the group and those below. Nothing happens if it does not exist. @throws SystemCallFailed EBUSY if processes are in it */
    public void remove() throws IOException {
        Linux.later();
    }

    /** Words to put before a command so that it runs inside this group, from its first instruction on: {@code /bin/sh -c … sh}. */
    public List<String> commandPrefix() {
        return Linux.later();
    }

    /** As {@link #commandPrefix()}; having entered the group, the command becomes {@code account} with its groups (setpriv). */
    public List<String> commandPrefix(Account account) {
        return Linux.later();
    }
}
