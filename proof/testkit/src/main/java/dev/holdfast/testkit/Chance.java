package dev.holdfast.testkit;

import java.util.List;

/** All chance of a run, from one seed: the same seed gives the same draws, on every machine and in every Java version. */
public final class Chance {
    private long state;

    public Chance(long seed) {
        state = seed;
    }

    /** SplitMix64 (Steele, Lea and Flood, 2014). */
    public long next() {
        state += 0x9e3779b97f4a7c15L;
        long mixed = state;
        mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
        return mixed ^ (mixed >>> 31);
    }

    /** A stream of its own: what is drawn from it does not shift what is drawn from this one later. */
    public Chance fork() {
        return new Chance(next());
    }

    /** From 0 up to 1, without 1. */
    public double unit() {
        return (next() >>> 11) * 0x1.0p-53;
    }

    public boolean happens(double probability) {
        return unit() < probability;
    }

    /** From 0 to {@code bound - 1}. */
    public int below(int bound) {
        return (int) ((next() >>> 33) % bound);
    }

    /** From {@code low} to {@code high}, evenly. */
    public long between(long low, long high) {
        return low + (long) (unit() * (high - low));
    }

    /** From {@code low} (at least 1) to {@code high}, as many below the geometric mean as above it. */
    public long magnitude(long low, long high) {
        return (long) (low * Math.pow((double) high / low, unit()));
    }

    public <T> T oneOf(List<T> choices) {
        return choices.get(below(choices.size()));
    }
}
