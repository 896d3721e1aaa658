package dev.holdfast.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The table of open descriptors, which the threads of a process share unless one of them leaves. */
public final class FileTable {
    private static final int CLONE_FILES = 0x400;
    private static final int LAST_STANDARD_STREAM = 2;

    /** Threads that left: the value says so, its absence that the thread uses the process's table. */
    private static final ThreadLocal<FileTable> OWN = new ThreadLocal<>();

    private FileTable() {}

    /** The table of the calling thread: null stands for the one that the process shares. A descriptor means nothing in another table. */
    static @Nullable FileTable current() {
        return OWN.get();
    }

    /**
     * Gives the calling platform thread a table of its own (unshare(2), CLONE_FILES). What it opens from now on belongs to it alone and is
     * closed by the kernel when this thread ends, even if another thread of the process is stuck in the kernel. And it holds nothing of the
     * others': if this thread is the one that is stuck, the kernel closes the sockets and files of a killed process all the same. Only the
     * standard streams stay, the archives of the class path, from which this thread may have to load classes, and what is mapped into
     * memory: the runtime itself uses that through its number, in whatever thread needs more of it. ZGC's heap is such a file. A thread that
     * had closed it, and whose disk had got the number, let the heap grow into that disk: the daemon then hung with the disk, got a SIGBUS
     * when it failed, and wrote its objects over what was on it.
     *
     * <p>Threads that it starts from now on share its table, but this class does not know that: it should start none.
     */
    public static void unshare() throws IOException {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("only a platform thread can leave the shared table; this one is virtual");
        }
        // The class loader opens an archive when it first looks into it. One that is opened by this thread alone would
        // be read by the others
        // through a number that is another file to them; so all are opened now, by a look for what is in none.
        var _ = ClassLoader.getSystemResource("dev/holdfast/linux/in no archive");
        Libc.check("unshare the table of descriptors", Libc.unshare(CLONE_FILES));
        OWN.set(new FileTable());
        closeWhatIsNotOurs();
    }

    private static void closeWhatIsNotOurs() throws IOException {
        Set<String> mapped = mappedFiles();
        List<Path> entries;
        try (Stream<Path> list = Files.list(Path.of("/proc/thread-self/fd"))) {
            entries = list.toList();
        }
        for (Path entry : entries) {
            int descriptor = Integer.parseInt(entry.getFileName().toString());
            if (descriptor > LAST_STANDARD_STREAM && !isOfTheRuntime(entry, mapped)) {
                int _ = Libc.close(descriptor); // The one that the list itself used is closed already.
            }
        }
    }

    private static boolean isOfTheRuntime(Path entry, Set<String> mapped) {
        try {
            Path file = Files.readSymbolicLink(entry);
            return mapped.contains(file.toString())
                    || file.toString().endsWith(".jar")
                    || file.startsWith(System.getProperty("java.home"));
        } catch (IOException e) {
            return false; // Gone meanwhile.
        }
    }

    /** The files of which parts are mapped, named as proc(5) names them for descriptors too, a deleted one included. */
    private static Set<String> mappedFiles() throws IOException {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            // Range, rights, offset, device, inode; then the name, in which there may be blanks.
            return maps.map(line -> line.split(" +", 6))
                    .filter(fields -> fields.length == 6)
                    .map(fields -> fields[5])
                    .collect(Collectors.toSet());
        }
    }
}
