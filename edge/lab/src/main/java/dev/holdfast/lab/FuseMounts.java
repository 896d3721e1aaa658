package dev.holdfast.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.cryptomator.jfuse.api.Errno;
import org.cryptomator.jfuse.api.Fuse;
import org.cryptomator.jfuse.api.FuseBuilder;
import org.cryptomator.jfuse.api.FuseMountFailedException;
import org.cryptomator.jfuse.api.FuseOperations;

/** The mounts of one lab. They live in the lab daemon's mount namespace and end with its process at the latest. */
final class FuseMounts {
    private static final List<Path> LIBRARIES = List.of(
            Path.of("/usr/lib/x86_64-linux-gnu/libfuse3.so.3"),
            Path.of("/usr/lib/aarch64-linux-gnu/libfuse3.so.3"),
            Path.of("/usr/lib64/libfuse3.so.3"),
            Path.of("/usr/lib/libfuse3.so.3"),
            Path.of("/lib/x86_64-linux-gnu/libfuse3.so.3"),
            Path.of("/lib/aarch64-linux-gnu/libfuse3.so.3"));

    /** Each hung request occupies a thread; a daemon gives a stuck disk new threads now and then. */
    private static final String MANY_THREADS = "max_threads=64";

    private final FuseBuilder builder;
    private final List<Fuse> mounted = new ArrayList<>();

    FuseMounts() throws IOException {
        builder = Fuse.builder();
        Path library = LIBRARIES.stream()
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new IOException("libfuse3.so.3 was not found; install libfuse3-3"));
        builder.setLibraryPath(library.toString());
    }

    Errno errno() {
        return builder.errno();
    }

    /** The kernel's numbers of this process's mounts, by which their requests can be failed from outside. */
    static List<String> connections() throws IOException {
        try (var mounts = Files.lines(Path.of("/proc/self/mountinfo"))) {
            return mounts.map(line -> List.of(line.split(" ")))
                    .filter(words -> words.contains("fuse.holdfast-lab")
                            || words.get(words.indexOf("-") + 1).equals("fuse"))
                    .map(words -> words.get(2).replaceFirst(".*:", ""))
                    .toList();
        }
    }

    void mount(FuseOperations operations, Path where, String name) throws IOException {
        Files.createDirectories(where);
        try {
            mount(operations, where, "-o", "fsname=" + name, "-o", MANY_THREADS);
        } catch (IOException e) {
            // libfuse before 3.12 does not know the option, and has no limit.
            mount(operations, where, "-o", "fsname=" + name);
        }
    }

    private void mount(FuseOperations operations, Path where, String... flags) throws IOException {
        Fuse fuse = builder.build(operations);
        try {
            fuse.mount("holdfast-lab", where, flags);
        } catch (FuseMountFailedException | IllegalArgumentException e) {
            throw new IOException("mounting " + where + ": " + e.getMessage(), e);
        }
        mounted.add(fuse); // Also keeps what native code calls from being collected.
    }
}
