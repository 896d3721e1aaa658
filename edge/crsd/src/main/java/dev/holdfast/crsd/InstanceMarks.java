package dev.holdfast.crsd;

import dev.holdfast.linux.Machine;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.ResourceName;
import dev.holdfast.node.CrsSettings;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which resources were begun on this node and not ended since: one small file each, written before a start and removed
 * after a stop or clean. A crsd that starts checks these and no others. It must not ask every script: many ask a service
 * by an address, and would find it running on another node.
 */
final class InstanceMarks {
    private static final Logger LOG = LoggerFactory.getLogger(InstanceMarks.class);
    private static final String SUFFIX = ".started";

    private final Path directory;
    private final String boot;

    InstanceMarks(Path directory) throws IOException {
        this.directory = Files.createDirectories(directory);
        boot = Machine.bootId().toString();
    }

    /** What was begun since the machine was booted. */
    SortedMap<ResourceName, CrsSettings.Evidence> found() throws IOException {
        SortedMap<ResourceName, CrsSettings.Evidence> found = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
            for (Path file : files) {
                try {
                    Json mark = Json.parse(Files.readString(file));
                    if (mark.string("boot").equals(boot)) {
                        found.put(
                                new ResourceName(mark.string("resource")),
                                new CrsSettings.Evidence(new Incarnation(mark.number("incarnation"))));
                    } else {
                        Files.delete(file);
                    }
                } catch (Json.Malformed | IllegalArgumentException e) {
                    LOG.warn("{} is not understood and removed: {}", file, e.getMessage());
                    Files.delete(file);
                }
            }
        }
        return found;
    }

    void begun(ResourceName resource, Incarnation incarnation) throws IOException {
        Path file = file(resource);
        Path next = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(
                next,
                Json.object()
                        .with("resource", resource.text())
                        .with("incarnation", incarnation.number())
                        .with("boot", boot)
                        .text());
        Files.move(next, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    /** A start was begun here and no stop has ended since. */
    boolean isBegun(ResourceName resource) {
        return Files.exists(file(resource));
    }

    void ended(ResourceName resource) throws IOException {
        Files.deleteIfExists(file(resource));
    }

    private Path file(ResourceName resource) {
        return directory.resolve(ResourceGroups.directoryName(resource.text()) + SUFFIX);
    }
}
