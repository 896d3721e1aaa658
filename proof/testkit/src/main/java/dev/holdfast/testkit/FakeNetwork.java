package dev.holdfast.testkit;

/**
 * The private networks: every link can be cut, slow or lossy for each pair of nodes and each direction. Faults of the
 * same kind may overlap; a direction is open again when the last cut of it is mended. Nodes are numbered from 1.
 */
public final class FakeNetwork {
    private static final long FASTEST_NANOS = 50_000;
    private static final long USUAL_NANOS = 600_000;

    private final Chance chance;
    private final int nodes;
    private final int links;
    private final int[] cuts;
    private final double[] loss;
    private final long[] slowness;
    private double duplicates;

    public FakeNetwork(int nodes, int links, Chance chance) {
        this.chance = chance;
        this.nodes = nodes;
        this.links = links;
        int ways = links * (nodes + 1) * (nodes + 1);
        cuts = new int[ways];
        loss = new double[ways];
        slowness = new long[ways];
    }

    public int links() {
        return links;
    }

    private int way(int link, int from, int to) {
        return (link * (nodes + 1) + from) * (nodes + 1) + to;
    }

    /** Nothing goes from {@code from} to {@code to} over {@code link} until it is mended as often as it was cut. */
    public void cut(int link, int from, int to) {
        cuts[way(link, from, to)]++;
    }

    public void mend(int link, int from, int to) {
        cuts[way(link, from, to)]--;
    }

    /** From now on a datagram is lost with this probability. */
    public void lose(int link, int from, int to, double probability) {
        loss[way(link, from, to)] = probability;
    }

    /** From now on a datagram may be under way for up to {@code nanos} longer; later ones may overtake it. */
    public void slow(int link, int from, int to, long nanos) {
        slowness[way(link, from, to)] = nanos;
    }

    /** From now on, on all links, a datagram arrives twice with this probability. */
    public void duplicate(double probability) {
        duplicates = probability;
    }

    public boolean isOpen(int link, int from, int to) {
        return cuts[way(link, from, to)] == 0;
    }

    /** True if some link is open in both directions. */
    public boolean connects(int one, int other) {
        for (int link = 0; link < links; link++) {
            if (isOpen(link, one, other) && isOpen(link, other, one)) {
                return true;
            }
        }
        return false;
    }

    public boolean arrivesTwice() {
        return duplicates > 0 && chance.happens(duplicates);
    }

    /** How long the next datagram is under way, in nanoseconds; negative if it is lost. */
    public long travel(int link, int from, int to) {
        int way = way(link, from, to);
        if (cuts[way] > 0 || (loss[way] > 0 && chance.happens(loss[way]))) {
            return -1;
        }
        long late = slowness[way] > 0 ? chance.between(0, slowness[way]) : 0;
        return chance.between(FASTEST_NANOS, USUAL_NANOS) + late;
    }
}
