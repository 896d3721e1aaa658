package dev.holdfast.bench;

import io.avaje.json.mapper.JsonMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The times by which a cluster lives, as it tells them: {@code crsctl query css timing}.
 *
 * @param misscount M: silence after which a peer is suspected
 * @param lease L: how long a renewal is good for
 * @param takeover S: after so long nothing of a silent node can still run
 */
record Bounds(Duration misscount, Duration lease, Duration takeover) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** A tenth of a percent of drift, both ways, is in S; real clocks of one machine do not drift. */
    private static final double DRIFT = 0.01;

    /** What a daemon that has to share two cores with a whole lab may be late. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** C1 of the certificate: L is at least three polls and half a second. */
    private Duration longestPoll() {
        return lease.minus(Duration.ofMillis(500)).dividedBy(3);
    }

    /** The last renewal may have begun one poll before the fault, and its proof needs S from there. */
    Duration earliestProofByTimer() {
        return Duration.ofNanos((long) (takeover.toNanos() * (1 - DRIFT))).minus(longestPoll());
    }

    /** The newest block was seen at most one poll after it was written, and the end of S is noticed within another. */
    Duration latestProofByTimer() {
        return takeover.plus(longestPoll().multipliedBy(2)).plus(PAUSE);
    }

    static Bounds of(LabConsole lab, String node) throws IOException, InterruptedException {
        Map<String, Object> answer = JSON.fromJsonObject(
                lab.exec(node, "crsctl", "query", "css", "timing", "-o", "json").orFail("crsctl query css timing"));
        return new Bounds(
                Duration.ofMillis((long) (number(answer, "misscountSeconds") * 1000)),
                Duration.ofMillis((long) number(answer, "leaseMillis")),
                Duration.ofMillis((long) number(answer, "takeoverMillis")));
    }

    private static double number(Map<String, Object> answer, String key) throws IOException {
        Matcher digits = Pattern.compile("[0-9]+([.][0-9]+)?").matcher(String.valueOf(answer.get(key)));
        if (!digits.find()) {
            throw new IOException("crsctl query css timing does not tell " + key + ": " + answer);
        }
        return Double.parseDouble(digits.group());
    }

    /** The length of a {@code hold}: {@code 5 s}, {@code 2 misscount}, {@code 3 lease}. */
    Duration length(String count, String unit) {
        Duration each = switch (unit) {
            case "s" -> Duration.ofSeconds(1);
            case "misscount" -> misscount;
            case "lease" -> lease;
            default -> throw new IllegalArgumentException("not a unit of time: " + unit);
        };
        return each.multipliedBy(Long.parseLong(count));
    }
}
