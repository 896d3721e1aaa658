package dev.holdfast.linux;

import java.io.IOException;

/** The table of open descriptors, which the threads of a process share unless one of them leaves. */
public final class FileTable {
    private static final int CLONE_FILES = 0x400;

    private FileTable() {}

    /**
     * Gives the calling platform thread a table of its own, a copy of the present one (unshare(2), CLONE_FILES). What it opens from now on
     * belongs to it alone and is closed by the kernel when this thread ends, even if another thread of the process is stuck in the kernel and
     * keeps the rest open; what others open from now on it does not see.
     */
    public static void unshare() throws IOException {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("only a platform thread can leave the shared table; this one is virtual");
        }
        Libc.check("unshare the table of descriptors", Libc.unshare(CLONE_FILES));
    }
}
