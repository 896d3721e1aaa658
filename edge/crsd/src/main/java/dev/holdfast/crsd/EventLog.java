package dev.holdfast.crsd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's event log: one JSON object a line, flushed one by one, so that a power cut costs at most the last.
 * cssd appends to the same file, and renames it when it is large, so it is opened anew for each line; lines are written with one write each and
 * are shorter than a page.
 */
final class EventLog {
    private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);

    private final Path file;
    private final String node;

    EventLog(Path file, String node) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        this.file = file;
        this.node = node;
    }

    synchronized void note(String event, String text, Map<String, String> details) {
        Json line = Json.object()
                .with("mono", System.nanoTime())
                .with("wall", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString())
                .with("node", node)
                .with("daemon", "crsd")
                .with("event", event)
                .with("text", text);
        details.forEach(line.values()::putIfAbsent);
        try {
            Files.writeString(file, line.text() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            LOG.warn("an event could not be recorded: {} {}: {}", event, text, e.toString());
        }
        LOG.info("{}: {}", event, text);
    }
}
