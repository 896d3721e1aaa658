package dev.holdfast.crsd;

import dev.holdfast.control.Reply;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the newest lines of a log of JSON lines, from its end: such a log may be large. */
final class LogReader {
    private static final int BLOCK = 1 << 20;
    /** Two daemons write one log: their lines may stand in another order than they happened. */
    private static final long OUT_OF_ORDER_MILLIS = 5_000;

    private static final Set<String> SHOWN_APART = Set.of("wall", "node", "event", "text");

    private final long after;
    private final long before;
    private final int most;
    private final Deque<Reply.Entry> found = new ArrayDeque<>();
    private boolean enough;

    private LogReader(long after, long before, int most) {
        this.after = after;
        this.before = before;
        this.most = most;
    }

    /**
     * Entries in the order in which they stand there, the newest {@code most} of those between the two times, which are left out.
     *
     * @param files the newest first; those that are missing are empty
     */
    static List<Reply.Entry> read(List<Path> files, long after, long before, int most) throws IOException {
        var reader = new LogReader(after, before, most);
        for (Path file : files) {
            if (!reader.enough && Files.exists(file)) {
                reader.backwards(file);
            }
        }
        return List.copyOf(reader.found);
    }

    private void backwards(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            byte[] rest = new byte[0];
            long end = channel.size();
            while (end > 0 && !enough) {
                long start = Math.max(0, end - BLOCK);
                ByteBuffer block = ByteBuffer.allocate((int) (end - start) + rest.length);
                block.limit((int) (end - start));
                for (long at = start; block.hasRemaining(); ) {
                    int count = channel.read(block, at);
                    if (count < 0) {
                        throw new IOException(file + " became shorter");
                    }
                    at += count;
                }
                block.limit(block.capacity());
                block.put(rest);
                rest = lines(block.array(), start > 0);
                end = start;
            }
        }
    }

    /** Takes the lines of a block from the last to the first; returns the beginning that may not be a whole line. */
    private byte[] lines(byte[] block, boolean more) {
        int end = block.length;
        for (int at = block.length - 1; at >= 0 && !enough; at--) {
            if (block[at] == '\n') {
                take(new String(block, at + 1, end - at - 1, StandardCharsets.UTF_8));
                end = at;
            }
        }
        if (!more && !enough) {
            take(new String(block, 0, end, StandardCharsets.UTF_8));
            return new byte[0];
        }
        return Arrays.copyOf(block, end);
    }

    /** More than that is for who reads the file. */
    private static final int LONGEST_DETAIL = 16_000;

    private void take(String line) {
        if (line.isBlank()) {
            return;
        }
        try {
            Json json = Json.parse(line);
            String wall = json.string("wall");
            long millis = Instant.parse(wall).toEpochMilli();
            if (millis <= after - OUT_OF_ORDER_MILLIS || found.size() >= most) {
                enough = true;
            } else if (millis > after && millis < before) {
                Map<String, String> details = new LinkedHashMap<>();
                json.values().forEach((key, value) -> {
                    if (!SHOWN_APART.contains(key)) {
                        String text = String.valueOf(value);
                        details.put(
                                key, text.length() <= LONGEST_DETAIL ? text : text.substring(0, LONGEST_DETAIL) + " …");
                    }
                });
                found.addFirst(new Reply.Entry(
                        wall, json.string("node"), json.string("event"), json.string("text", ""), details));
            }
        } catch (Json.Malformed | DateTimeParseException e) {
            // Half a line, from a power cut. The others count.
        }
    }

    /** Several nodes' entries as one, by time; the newest {@code most}. */
    static List<Reply.Entry> merged(List<Reply.Entry> entries, int most) {
        List<Reply.Entry> all = new ArrayList<>(entries);
        all.sort(Comparator.comparing(entry -> Instant.parse(entry.wall())));
        return all.size() <= most ? all : all.subList(all.size() - most, all.size());
    }
}
