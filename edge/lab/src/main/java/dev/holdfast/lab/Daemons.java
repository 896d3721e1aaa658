package dev.holdfast.lab;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the daemons of a node from outside, by the node's control group and the class that each of them runs. */
final class Daemons {
    private static final String CSSD = "dev.holdfast.cssd.Cssd";
    private static final String CRSD = "dev.holdfast.crsd.Crsd";

    private final Path cgroup;

    /** @param cgroup of the node */
    Daemons(Path cgroup) {
        this.cgroup = cgroup;
    }

    /** The main classes of {@code cssd}, {@code crsd} or {@code both}, in the order in which they are to be killed; else empty. */
    static List<String> classes(String which) {
        return switch (which) {
            case "cssd" -> List.of(CSSD);
            case "crsd" -> List.of(CRSD);
            case "both" -> List.of(CSSD, CRSD);
            default -> List.of();
        };
    }

    /** Living processes that run one of these classes. */
    List<ProcessHandle> running(List<String> classes) throws IOException {
        List<ProcessHandle> found = new ArrayList<>();
        for (String each : classes) {
            for (long pid : pids()) {
                if (runs(pid, each)) {
                    ProcessHandle.of(pid).ifPresent(found::add);
                }
            }
        }
        return found;
    }

    /** Groups of actions come and go while this looks: one that is gone has nothing that lives. */
    private List<Long> pids() throws IOException {
        List<Long> pids = new ArrayList<>();
        Files.walkFileTree(cgroup, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (file.endsWith("cgroup.procs")) {
                    try {
                        Files.readAllLines(file).stream().map(Long::parseLong).forEach(pids::add);
                    } catch (IOException e) {
                        return goneOr(file, e);
                    }
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                return goneOr(file, e);
            }

            @Override
            public FileVisitResult postVisitDirectory(Path group, @Nullable IOException e) throws IOException {
                return e == null ? FileVisitResult.CONTINUE : goneOr(group, e);
            }

            private FileVisitResult goneOr(Path file, IOException e) throws IOException {
                if (Files.exists(file)) {
                    throw e;
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return pids;
    }

    /** A word of its own, not the name of a class path or a file that is just being looked at. */
    private static boolean runs(long pid, String mainClass) {
        try {
            List<String> words = List.of(Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"))
                    .split("\0"));
            return words.getFirst().endsWith("/java") && words.contains(mainClass);
        } catch (IOException e) {
            return false; // It has just ended.
        }
    }
}
