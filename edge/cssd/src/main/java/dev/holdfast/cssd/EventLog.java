package dev.holdfast.cssd;

import dev.holdfast.linux.RolledLog;
import io.avaje.json.mapper.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happened on this node, one JSON object a line, for people and for the time line of a failover. Written by a thread
 * of its own: the file system of a log must never hold up membership. crsd appends to the same files; cssd alone renames them.
 */
final class EventLog {
    private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static final long LARGEST = 16 << 20;

    private final Path file;
    private final RolledLog log;
    private final String node;
    private final LinkedBlockingQueue<Map<String, Object>> queue = new LinkedBlockingQueue<>();
    private final AtomicLong added = new AtomicLong();
    private final AtomicLong written = new AtomicLong();

    EventLog(Path file, String node) {
        this(file, node, LARGEST);
    }

    /** @param largest bytes after which a new file is begun */
    EventLog(Path file, String node, long largest) {
        this.file = file;
        log = new RolledLog(file, largest);
        this.node = node;
        Thread thread = new Thread(this::write, "event log");
        thread.setDaemon(true);
        thread.start();
    }

    void add(long monotonicNanos, String event, SortedMap<String, String> details, String text) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("mono", monotonicNanos);
        line.put("wall", Instant.now().toString());
        line.put("node", node);
        line.put("daemon", "cssd");
        line.put("event", event);
        details.forEach(line::putIfAbsent);
        line.put("text", text);
        added.incrementAndGet();
        queue.add(line);
    }

    /** Waits until what was added is handed to the kernel, at most {@code millis}: the last words before an exit. */
    void flush(long millis) {
        long deadline = System.nanoTime() + millis * 1_000_000;
        while (written.get() < added.get() && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(100_000);
        }
    }

    private void write() {
        while (true) {
            try {
                Map<String, Object> line = queue.take();
                log.append(JSON.map().toJson(line));
            } catch (IOException e) {
                LOG.warn("the event log {} cannot be written: {}", file, e.getMessage());
            } catch (InterruptedException e) {
                return;
            }
            written.incrementAndGet();
        }
    }
}
