package dev.holdfast.crsctl;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A time of the past, as people write it. */
final class PointInTime {
    private static final Pattern AGO = Pattern.compile("(\\d{1,6})([smhd])");

    private PointInTime() {}

    /**
     * Reads {@code 10:05}, {@code 10:05:30} (today, or yesterday if that is yet to come), {@code 2026-11-29 10:05[:30]},
     * the same with T and a zone, or {@code 10m}: ten minutes ago.
     */
    static Instant read(String text, Instant now, ZoneId zone) throws UsageProblem {
        String given = text.strip();
        Matcher ago = AGO.matcher(given);
        if (ago.matches()) {
            long seconds = Long.parseLong(ago.group(1))
                    * switch (ago.group(2)) {
                        case "s" -> 1;
                        case "m" -> 60;
                        case "h" -> 3600;
                        default -> 86_400;
                    };
            return now.minusSeconds(seconds);
        }
        Instant read;
        try {
            read = absolute(given, now, zone);
        } catch (DateTimeParseException e) {
            throw new UsageProblem(
                    "'" + text + "' is no time",
                    "Times are written as 10:05, 10:05:30, \"2026-11-29 10:05:30\", 2026-11-29T10:05:30Z, or 10m for ten minutes ago.");
        }
        if (read.isAfter(now)) {
            throw new UsageProblem("'" + text + "' is yet to come");
        }
        return read;
    }

    private static Instant absolute(String given, Instant now, ZoneId zone) {
        if (given.matches("\\d{2}:\\d{2}(:\\d{2})?")) {
            Instant today = LocalDateTime.of(LocalDate.ofInstant(now, zone), LocalTime.parse(given))
                    .atZone(zone)
                    .toInstant();
            return today.isAfter(now) ? today.minusSeconds(86_400) : today;
        }
        String text = given.replace(' ', 'T');
        return text.endsWith("Z")
                ? Instant.parse(text)
                : LocalDateTime.parse(text).atZone(zone).toInstant();
    }
}
