package dev.holdfast.bench;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Follows several event logs while they are written. */
public final class EventFeed {
    private final Map<Path, Long> read = new LinkedHashMap<>();
    private final List<Event> all = new ArrayList<>();

    public EventFeed(List<Path> logs) {
        logs.forEach(log -> read.put(log, 0L));
    }

    /** The events written since the last call, by time. A line that is not complete yet is left for the next call. */
    public List<Event> next() throws IOException {
        List<Event> fresh = new ArrayList<>();
        for (Map.Entry<Path, Long> entry : read.entrySet()) {
            if (Files.exists(entry.getKey())) {
                entry.setValue(readFrom(entry.getKey(), entry.getValue(), fresh));
            }
        }
        fresh.sort(Comparator.comparingLong(Event::nanos));
        all.addAll(fresh);
        return fresh;
    }

    /** Everything read so far, by time. */
    public List<Event> all() {
        return all.stream().sorted(Comparator.comparingLong(Event::nanos)).toList();
    }

    /** Drops what passes: nobody will ask for it again. */
    public void forget(Predicate<Event> unwanted) {
        all.removeIf(unwanted);
    }

    private static long readFrom(Path log, long position, List<Event> into) throws IOException {
        try (var file = new RandomAccessFile(log.toFile(), "r")) {
            long length = file.length();
            if (length <= position) {
                return position;
            }
            byte[] bytes = new byte[(int) (length - position)];
            file.seek(position);
            file.readFully(bytes);
            int complete = bytes.length;
            while (complete > 0 && bytes[complete - 1] != '\n') {
                complete--;
            }
            new String(bytes, 0, complete, StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith("{"))
                    .map(Event::parse)
                    .forEach(into::add);
            return position + complete;
        }
    }
}
