package dev.holdfast.crsd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where this node has last heard that the registry is, one path a line: what it needs to become master. Written whenever the master says
 * so, and by {@code ocrconfig -repair}; without it, cluster.conf counts. It may be out of date: what the registry itself says counts more.
 */
final class RegistryPlaces {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryPlaces.class);

    private final Path file;
    private final List<String> configured;

    /** @param directory what this node keeps across restarts */
    RegistryPlaces(Path directory, List<String> configured) {
        file = directory.resolve("registry.locations");
        this.configured = List.copyOf(configured);
    }

    List<String> read() throws IOException {
        if (!Files.exists(file)) {
            return configured;
        }
        List<String> places = Files.readAllLines(file, StandardCharsets.UTF_8).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList();
        if (places.isEmpty() || places.stream().anyMatch(place -> !place.startsWith("/"))) {
            throw new IOException(file + " must hold one absolute path a line; delete it to go by cluster.conf again");
        }
        return places;
    }

    /** What cannot be kept is only told: the registry says it anew to the next master that finds one of its locations. */
    void keep(List<String> places) {
        try {
            if (places.equals(read())) {
                return;
            }
            Path fresh = file.resolveSibling("registry.locations.new");
            Files.writeString(
                    fresh,
                    "# Where the registry is. Kept by crsd; changed with  ocrconfig -add, -delete, -replace, -repair\n"
                            + String.join("\n", places) + "\n");
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.warn("the registry's locations {} could not be kept: {}", places, e.toString());
        }
    }
}
