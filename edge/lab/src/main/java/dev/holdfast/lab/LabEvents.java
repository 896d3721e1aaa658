package dev.holdfast.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was done to the nodes from outside, in the daemons' own format and on the clock that all of them share. */
final class LabEvents {
    private static final Logger LOG = LoggerFactory.getLogger(LabEvents.class);

    private final Path file;

    LabEvents(Path file) {
        this.file = file;
    }

    void note(String node, String event, String text) {
        note(System.nanoTime(), node, event, text);
    }

    /** @param monoNanos when it happened, by {@link System#nanoTime} */
    synchronized void note(long monoNanos, String node, String event, String text) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("mono", monoNanos);
        line.put("wall", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString());
        line.put("node", node);
        line.put("daemon", "lab");
        line.put("event", event);
        line.put("text", text);
        LOG.info("{} {}: {}", node, event, text);
        try {
            Files.writeString(file, Json.text(line) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            LOG.warn("an event could not be written: {}", e.toString());
        }
    }
}
