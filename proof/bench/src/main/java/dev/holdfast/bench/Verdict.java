package dev.holdfast.bench;

import io.avaje.json.mapper.JsonMapper;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What is kept of a {@link Trial}: a line of JSON in a file that outlives the bench.
 *
 * @param at time of day, for people
 * @param proofMillis from the fault until the first voted-out node was proved harmless; -1 if none was voted out
 * @param boundMillis the latest at which that proof may come, if it is one by timer and is counted from the fault; else -1
 * @param tookMillis from the fault until everything was back and audited; 0 in results of earlier versions
 */
record Verdict(
        String at,
        String scenario,
        String profile,
        String fencing,
        String lab,
        String node,
        long outageMillis,
        long addressTwiceMillis,
        long witnessTwiceMillis,
        boolean moved,
        List<String> votedOut,
        long proofMillis,
        long boundMillis,
        long tookMillis,
        boolean back,
        List<String> problems) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    static Verdict of(Trial trial, String profile, String fencing, String lab) {
        return new Verdict(
                now(),
                trial.scenario().name(),
                profile,
                fencing,
                lab,
                trial.node(),
                trial.outage().toMillis(),
                trial.addressTwice().toMillis(),
                trial.witnessTwice().toMillis(),
                trial.moved(),
                trial.votedOut(),
                trial.proofAfter().map(after -> after.toMillis()).orElse(-1L),
                trial.proofBound().map(bound -> bound.toMillis()).orElse(-1L),
                trial.took().toMillis(),
                trial.back(),
                trial.problems());
    }

    /** The lab or the bench itself failed; that is no good run either. */
    static Verdict broken(String scenario, String profile, String fencing, String lab, String problem) {
        return new Verdict(
                now(),
                scenario,
                profile,
                fencing,
                lab,
                "",
                0,
                0,
                0,
                false,
                List.of(),
                -1,
                -1,
                0,
                false,
                List.of(problem));
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    long twiceMillis() {
        return addressTwiceMillis + witnessTwiceMillis;
    }

    boolean good() {
        return problems.isEmpty();
    }

    Map<String, Object> json() {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("at", at);
        object.put("scenario", scenario);
        object.put("profile", profile);
        object.put("fencing", fencing);
        object.put("lab", lab);
        object.put("node", node);
        object.put("outageMillis", outageMillis);
        object.put("addressTwiceMillis", addressTwiceMillis);
        object.put("witnessTwiceMillis", witnessTwiceMillis);
        object.put("moved", moved);
        object.put("votedOut", votedOut);
        object.put("proofMillis", proofMillis);
        object.put("boundMillis", boundMillis);
        object.put("tookMillis", tookMillis);
        object.put("back", back);
        object.put("problems", problems);
        return object;
    }

    String line() {
        return JSON.toJson(json()).lines().map(String::strip).collect(Collectors.joining());
    }

    /** The reverse of {@link #line}. */
    static Verdict parse(String line) {
        Map<String, Object> object = JSON.fromJsonObject(line);
        return new Verdict(
                text(object, "at"),
                text(object, "scenario"),
                text(object, "profile"),
                text(object, "fencing"),
                text(object, "lab"),
                text(object, "node"),
                number(object, "outageMillis"),
                number(object, "addressTwiceMillis"),
                number(object, "witnessTwiceMillis"),
                Boolean.TRUE.equals(object.get("moved")),
                list(object, "votedOut"),
                number(object, "proofMillis"),
                object.containsKey("boundMillis") ? number(object, "boundMillis") : -1,
                object.containsKey("tookMillis") ? number(object, "tookMillis") : 0,
                Boolean.TRUE.equals(object.get("back")),
                list(object, "problems"));
    }

    private static String text(Map<String, Object> object, String key) {
        return String.valueOf(object.getOrDefault(key, ""));
    }

    private static long number(Map<String, Object> object, String key) {
        if (object.get(key) instanceof Number number) {
            return number.longValue();
        }
        throw new IllegalArgumentException("a run without the number " + key + ": " + object);
    }

    private static List<String> list(Map<String, Object> object, String key) {
        return object.get(key) instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }
}
