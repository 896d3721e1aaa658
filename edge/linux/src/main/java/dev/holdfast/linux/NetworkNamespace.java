package dev.holdfast.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** A network stack of its own. Sockets belong for good to the namespace of the thread that opened them. */
public final class NetworkNamespace {
    private static final int CLONE_NEWNET = 0x4000_0000;

    private final Path path;

    private NetworkNamespace(Path path) {
        this.path = path;
    }

    /** That of a process. Its path ({@code /proc/PID/ns/net}) is looked at when entering. */
    public static NetworkNamespace of(long pid) {
        return new NetworkNamespace(Path.of("/proc/" + pid + "/ns/net"));
    }

    /** One bound to a path, such as {@code /run/netns/NAME}. */
    public static NetworkNamespace at(Path path) {
        return new NetworkNamespace(path);
    }

    /**
     * Moves the calling platform thread into the namespace for the rest of its life. Other threads stay where they are; threads that it
     * starts itself begin there too.
     *
     * @throws SystemCallFailed ENOENT if the process is gone, EPERM without CAP_SYS_ADMIN
     */
    public void enter() throws IOException {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("only a platform thread can enter a namespace; this one is virtual");
        }
        int descriptor = Libc.check("open " + path, Libc.open(path.toString(), Libc.O_RDONLY | Libc.O_CLOEXEC));
        try {
            Libc.check("enter network namespace " + path, Libc.setns(descriptor, CLONE_NEWNET));
        } finally {
            int _ = Libc.close(descriptor);
        }
    }

    /**
     * Runs {@code work} on a platform thread that was started for it inside the namespace, and waits for it. What it throws is thrown here.
     */
    public <T> T call(Callable<T> work) throws Exception {
        FutureTask<T> task = new FutureTask<>(() -> {
            enter();
            return work.call();
        });
        Thread.ofPlatform().daemon().name("in " + path).start(task);
        try {
            return task.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case Exception exception -> throw exception;
                case Error error -> throw error;
                case null, default -> throw e;
            }
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
