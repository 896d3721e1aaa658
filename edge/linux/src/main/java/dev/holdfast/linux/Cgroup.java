package dev.holdfast.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A control group (version 2): a set of processes that no member can leave by itself, neither by setsid nor by forking twice. The value is
 * only a name; the group exists in the kernel after {@link #create}.
 */
public final class Cgroup {
    /** A command that could not enter its group exits with this code and was not run. */
    public static final int NOT_ENTERED = 126;

    private static final Path MOUNTS = Path.of("/proc/self/mounts");

    private final Path path;

    private Cgroup(Path path) {
        this.path = path;
    }

    /** The top of the cgroup2 file system, found in /proc/self/mounts. @throws IOException if there is none */
    public static Cgroup root() throws IOException {
        return root(Files.readAllLines(MOUNTS))
                .orElseThrow(() -> new IOException(
                        "no cgroup2 file system in " + MOUNTS + ". Mount one:  mount -t cgroup2 none /sys/fs/cgroup"));
    }

    static Optional<Cgroup> root(List<String> mounts) {
        for (String line : mounts) {
            String[] fields = line.split(" ");
            if (fields.length > 2 && fields[2].equals("cgroup2")) {
                // The kernel writes blanks in names as octal numbers.
                String point =
                        fields[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
                return Optional.of(new Cgroup(Path.of(point)));
            }
        }
        return Optional.empty();
    }

    /** The group below this one called {@code name} ({@code "holdfast-demo-node1"}). */
    public Cgroup child(String name) {
        if (name.isEmpty() || name.equals(".") || name.equals("..") || name.contains("/") || name.contains("\n")) {
            throw new IllegalArgumentException("not a name for a control group: '" + name + "'");
        }
        return new Cgroup(path.resolve(name));
    }

    public Path path() {
        return path;
    }

    public String name() {
        Path name = path.getFileName();
        return name == null ? "" : name.toString();
    }

    /** Creates the group and those above it, unless they exist. Returns this. */
    public Cgroup create() throws IOException {
        Files.createDirectories(path);
        return this;
    }

    public boolean exists() {
        return Files.isDirectory(path);
    }

    /** The groups directly below, in order of name; none if this one does not exist. */
    public List<Cgroup> children() throws IOException {
        List<Path> below = new ArrayList<>();
        try (DirectoryStream<Path> directory = Files.newDirectoryStream(path, Files::isDirectory)) {
            directory.forEach(below::add);
        } catch (NoSuchFileException _) {
            return List.of();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return below.stream().sorted().map(Cgroup::new).toList();
    }

    /**
     * The processes in this group itself, not those in groups below, by their numbers in our PID namespace; those of other namespaces have
     * none and are left out. None if the group does not exist.
     */
    public List<Long> processes() throws IOException {
        try {
            return Files.readAllLines(path.resolve("cgroup.procs")).stream()
                    .map(Long::valueOf)
                    .filter(pid -> pid > 0)
                    .toList();
        } catch (NoSuchFileException _) {
            return List.of();
        } catch (IOException e) {
            if (!exists()) { // Removed between the open and the read (ENODEV).
                return List.of();
            }
            throw e;
        }
    }

    /** Whether a live process is in this group or below. False if the group does not exist. */
    public boolean populated() throws IOException {
        try {
            return populated(Files.readString(eventsFile()));
        } catch (NoSuchFileException _) {
            return false;
        } catch (IOException e) {
            if (!exists()) { // Removed between the open and the read (ENODEV).
                return false;
            }
            throw e;
        }
    }

    /** Moves the process into this group; its existing children stay where they are. @throws SystemCallFailed ESRCH if it is gone */
    public void add(long pid) throws IOException {
        Libc.writeKernelFile(path.resolve("cgroup.procs"), Long.toString(pid));
    }

    /**
     * Sends SIGKILL to every process in this group and below, in one step that no fork can escape. Returns before they are gone: see
     * {@link #awaitEmpty}. Does nothing if the group does not exist.
     */
    public void kill() throws IOException {
        try {
            Libc.writeKernelFile(path.resolve("cgroup.kill"), "1");
        } catch (SystemCallFailed e) {
            if (exists()) {
                throw e;
            }
        }
    }

    /** Waits, on the kernel's notice, until no process is left here or below. @return false if some still are after {@code patience} */
    public boolean awaitEmpty(Duration patience) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        int descriptor = Libc.open(eventsFile().toString(), Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (descriptor == -SystemCallFailed.ENOENT) {
            return true;
        }
        Libc.check("open " + eventsFile(), descriptor);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = eventsBuffer(arena);
            while (true) {
                long length = Libc.pread(descriptor, buffer, 0);
                if (length == -SystemCallFailed.ENODEV) {
                    return true; // Removed, which takes an empty group.
                }
                if (!populated(buffer, Libc.check("read " + eventsFile(), length))) {
                    return true;
                }
                if (!Libc.awaitReady(descriptor, Libc.POLLPRI, deadline)) {
                    return false;
                }
            }
        } finally {
            int _ = Libc.close(descriptor);
        }
    }

    /** Removes the group and those below. Nothing happens if it does not exist. @throws SystemCallFailed EBUSY if processes are in it */
    public void remove() throws IOException {
        for (Cgroup below : children()) {
            below.remove();
        }
        int result = Libc.rmdir(path.toString());
        if (result != -SystemCallFailed.ENOENT) {
            Libc.check("remove control group " + path, result);
        }
    }

    /**
     * Words to put before a command so that it runs inside this group from its first instruction on. If the group cannot be entered, the
     * command is not run and the exit code is {@link #NOT_ENTERED}.
     */
    public List<String> commandPrefix() {
        return List.of(
                "/bin/sh",
                "-c",
                "echo $$ > \"$1\" || exit " + NOT_ENTERED + "; shift; exec \"$@\"",
                "sh",
                path.resolve("cgroup.procs").toString());
    }

    /**
     * As {@link #commandPrefix()}; having entered the group, the command becomes {@code account} with all its groups (setpriv), unless we
     * are that account already.
     */
    public List<String> commandPrefix(Account account) {
        List<String> words = new ArrayList<>(commandPrefix());
        if (account.uid() != Account.ownUid()) {
            words.addAll(
                    List.of("setpriv", "--reuid=" + account.uid(), "--regid=" + account.gid(), "--init-groups", "--"));
        }
        return List.copyOf(words);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Cgroup group && group.path.equals(path);
    }

    @Override
    public int hashCode() {
        return path.hashCode();
    }

    @Override
    public String toString() {
        return path.toString();
    }

    Path eventsFile() {
        return path.resolve("cgroup.events");
    }

    static MemorySegment eventsBuffer(Arena arena) {
        return arena.allocate(256);
    }

    /** Reads what was read from cgroup.events. */
    static boolean populated(MemorySegment buffer, long length) {
        return populated(
                new String(buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII));
    }

    private static boolean populated(String events) {
        return events.lines().anyMatch("populated 1"::equals);
    }
}
