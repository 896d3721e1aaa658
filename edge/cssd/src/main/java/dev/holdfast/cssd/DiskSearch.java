package dev.holdfast.cssd;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks again and again which paths may lead to voting disks, on a thread of its own, as a directory may hang like a disk. Opens
 * nothing: what a disk is, its header says.
 */
final class DiskSearch {
    private static final Logger LOG = LoggerFactory.getLogger(DiskSearch.class);
    private static final long PAUSE_MILLIS = 1_000;
    private static final int REMEMBERED_MAX = 64;

    private final List<String> patterns;
    private final Path memory;
    private final Consumer<Set<Path>> found;
    private final Set<String> hints = ConcurrentHashMap.newKeySet();
    private final LinkedBlockingQueue<Boolean> wakeUps = new LinkedBlockingQueue<>();

    /**
     * @param patterns paths, directories, or paths with wildcards in their last part
     * @param memory a file with the paths of the disks that were in the voting set when this node last ran: the configuration may be
     *     older than the set
     * @param found told the real paths, after each look
     */
    DiskSearch(List<String> patterns, Path memory, Consumer<Set<Path>> found) {
        this.patterns = List.copyOf(patterns);
        this.memory = memory;
        this.found = found;
    }

    void start() {
        try {
            if (Files.exists(memory)) {
                Files.readAllLines(memory).stream()
                        .filter(line -> line.startsWith("/"))
                        .limit(REMEMBERED_MAX)
                        .forEach(hints::add);
            }
        } catch (IOException e) {
            LOG.warn("{}: {}", memory, e.getMessage());
        }
        Thread.ofPlatform().daemon().name("disk search").start(this::search);
    }

    /** Looks there too, from now on and at once. */
    void hint(String path) {
        if (hints.add(path)) {
            wakeUps.add(true);
        }
    }

    /** For the next start. */
    void remember(List<String> paths) {
        try {
            Path fresh = memory.resolveSibling(memory.getFileName() + ".new");
            Files.write(fresh, paths);
            Files.move(fresh, memory, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.warn("{}: {}", memory, e.getMessage());
        }
    }

    private void search() {
        while (true) {
            Set<Path> paths = new LinkedHashSet<>();
            List<String> all = new ArrayList<>(patterns);
            all.addAll(hints);
            for (String pattern : all) {
                expand(pattern, paths);
            }
            found.accept(paths);
            try {
                var _ = wakeUps.poll(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static void expand(String pattern, Set<Path> into) {
        try {
            Path path = Path.of(pattern);
            Path name = path.getFileName();
            boolean wild = name != null && name.toString().matches(".*[*?\\[{].*");
            if (wild && path.getParent() != null) {
                list(path.getParent(), name.toString(), into);
            } else if (Files.isDirectory(path)) {
                list(path, "*", into);
            } else if (Files.exists(path)) {
                into.add(path.toRealPath());
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("{}: {}", pattern, e.toString());
        }
    }

    private static void list(Path directory, String glob, Set<Path> into) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, glob)) {
            for (Path entry : entries) {
                if (!Files.isDirectory(entry)) {
                    into.add(entry.toRealPath());
                }
            }
        }
    }
}
