package dev.holdfast.crsd;

import dev.holdfast.control.Caller;
import dev.holdfast.control.Codec;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.linux.RolledLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who asked for what on this node, and what came of it: one JSON object a line when an administrative act begins, and one when it ends,
 * with the same {@code act}. An act without an end was under way when its crsd ended. Several files, so that it cannot fill the disk.
 */
final class AuditLog {
    private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

    private final RolledLog log;
    private final String node;
    private final AtomicLong acts = new AtomicLong(System.currentTimeMillis() * 1000);

    /** The whole request stands beside it. */
    private static final int LONGEST_TEXT = 4_000;

    /** @param largest bytes of one file; see {@link RolledLog} */
    AuditLog(Path file, String node, long largest) {
        log = new RolledLog(file, largest);
        this.node = node;
    }

    /** Returns the number of the act. */
    long begun(Caller caller, Request request) {
        long act = acts.incrementAndGet();
        write(line(act, "act-begun", caller, request).with("text", caller.user() + " asked: " + text(request)));
        return act;
    }

    void ended(long act, Caller caller, Request request, Reply.Answer answer) {
        String outcome = answer instanceof Reply.Refused(List<Reply.Problem> problems)
                ? "refused: " + problems.getFirst().code() + " "
                        + problems.getFirst().text()
                : "done";
        write(line(act, "act-ended", caller, request)
                .with("outcome", outcome)
                .with("text", caller.user() + " asked: " + text(request) + ": " + outcome));
    }

    private Json line(long act, String event, Caller caller, Request request) {
        return Json.object()
                .with("wall", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString())
                .with("node", node)
                .with("event", event)
                .with("act", Long.toString(act))
                .with("user", caller.user())
                .with("group", caller.group())
                .with("request", Codec.encode(request));
    }

    /** A request in one line for people: its kind, and what was said and is not empty. */
    static String text(Request request) {
        try {
            var text = new StringBuilder();
            Json.parse(Codec.encode(request)).values().forEach((key, value) -> {
                if (key.equals("t")) {
                    text.append(value);
                } else if (!Boolean.FALSE.equals(value)) {
                    String shown = key.equals("resources") && value instanceof Map<?, ?> map && map.size() == 1
                            ? String.valueOf(map.values().iterator().next())
                            : String.valueOf(value);
                    if (!List.of("", "[]", "{}").contains(shown)) {
                        text.append(' ').append(key).append('=').append(shown);
                    }
                }
            });
            return text.length() <= LONGEST_TEXT ? text.toString() : text.substring(0, LONGEST_TEXT) + " …";
        } catch (Json.Malformed e) {
            return String.valueOf(e.getMessage()); // What we encoded ourselves is JSON.
        }
    }

    private synchronized void write(Json line) {
        try {
            log.append(line.text());
        } catch (IOException e) {
            LOG.error("an administrative act could not be recorded: {}: {}", line.text(), e.toString());
        }
    }
}
