package dev.holdfast.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/**
 * A time without a good answer, as a client saw it.
 *
 * <p>The definition is the one with which the peers were measured: the gap between two consecutive good answers, counted if a request that
 * failed was begun in it and the gap is over 12 ms, or if it exceeds 100 ms. Gaps of one fault are summed.
 *
 * @param fromNanos the last good answer before
 * @param toNanos the first good answer after; the end of the observation if there was none
 * @param failed requests begun in between that failed
 * @param over whether a good answer came after it
 */
public record Outage(long fromNanos, long toNanos, int failed, boolean over) {
    /** Two requests 5 ms apart, and the scheduler: below it, nothing can be told from noise. */
    private static final long FLOOR_NANOS = 12_000_000;

    private static final long SILENCE_NANOS = 100_000_000;

    public Duration length() {
        return Duration.ofNanos(toNanos - fromNanos);
    }

    /**
     * The outages between the first good answer and {@code untilNanos}, in order. Samples may come in any order. Before the first good
     * answer nothing is said: the service may not have been started.
     */
    public static List<Outage> in(Collection<Sample> samples, long untilNanos) {
        List<Sample> good = samples.stream()
                .filter(Sample::good)
                .sorted(Comparator.comparingLong(Sample::endedNanos))
                .toList();
        var failures =
                new TreeSet<Sample>(Comparator.comparingLong(Sample::beganNanos).thenComparingLong(Sample::endedNanos));
        samples.stream().filter(sample -> !sample.good()).forEach(failures::add);
        var outages = new ArrayList<Outage>();
        for (int i = 0; i < good.size(); i++) {
            boolean last = i + 1 == good.size();
            long from = good.get(i).endedNanos();
            // The client goes on while we look: its last answer may be later than the end of the observation.
            long to = last ? Math.max(from, untilNanos) : good.get(i + 1).endedNanos();
            int failed = failures.subSet(at(from), at(to)).size();
            long gap = to - from;
            if ((failed > 0 && gap > FLOOR_NANOS) || gap > SILENCE_NANOS) {
                outages.add(new Outage(from, to, failed, !last));
            }
        }
        return List.copyOf(outages);
    }

    static Duration total(Collection<Outage> outages) {
        return outages.stream().map(Outage::length).reduce(Duration.ZERO, Duration::plus);
    }

    private static Sample at(long nanos) {
        return new Sample(nanos, Long.MIN_VALUE, "", "", "");
    }
}
