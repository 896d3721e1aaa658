package dev.holdfast.linux;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The table of open descriptors, which the threads of a process share unless one of them leaves. */
public final class FileTable {
    private static final int CLONE_FILES = 0x400;

    /** Threads that left: the value says so, its absence that the thread uses the process's table. */
    private static final ThreadLocal<FileTable> OWN = new ThreadLocal<>();

    private FileTable() {}

    /** The table of the calling thread: null stands for the one that the process shares. A descriptor means nothing in another table. */
    static @Nullable FileTable current() {
        return OWN.get();
    }

    /**
     * Gives the calling platform thread a table of its own, a copy of the present one (unshare(2), CLONE_FILES). What it opens from now on
     * belongs to it alone and is closed by the kernel when this thread ends, even if another thread of the process is stuck in the kernel and
     * keeps the rest open; what others open from now on it does not see. Threads that it starts from now on share its table, but this class
     * does not know that: it should start none.
     */
    public static void unshare() throws IOException {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("only a platform thread can leave the shared table; this one is virtual");
        }
        Libc.check("unshare the table of descriptors", Libc.unshare(CLONE_FILES));
        OWN.set(new FileTable());
    }
}
