package dev.holdfast.fuzz;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Makes an input of a valid one: unchanged, damaged in a few places, torn between two, cut, stretched, or nothing but noise. */
final class Mutation {
    private static final int SECTOR = 512;
    private static final int NOISE_MAX = 5000;
    /** Where lengths, counts, ids and flags go wrong. */
    private static final int[] EDGES = {0, 1, 2, 64, 65, 0x7f, 0x80, 0xff};

    private Mutation() {}

    /** @param other another valid input, for what is torn or spliced */
    static byte[] of(byte[] valid, byte[] other, SplittableRandom chance) {
        int kind = chance.nextInt(100);
        if (kind < 4) {
            return valid.clone();
        }
        if (kind < 12) {
            return noise(chance);
        }
        byte[] bytes = valid.clone();
        if (kind < 20 && bytes.length > 0) {
            bytes = Arrays.copyOf(bytes, chance.nextInt(bytes.length + 64)); // Cut, or stretched by zeros.
        }
        if (kind < 28) {
            tear(bytes, other, chance);
        }
        for (int hits = 1 + chance.nextInt(4); hits > 0 && bytes.length > 0; hits--) {
            hit(bytes, chance);
        }
        return bytes;
    }

    private static byte[] noise(SplittableRandom chance) {
        byte[] noise = new byte[chance.nextInt(chance.nextInt(10) == 0 ? NOISE_MAX : 300)];
        chance.nextBytes(noise);
        return noise;
    }

    /** Some sectors, or the end from some byte on, are those of the other. */
    private static void tear(byte[] bytes, byte[] other, SplittableRandom chance) {
        int both = Math.min(bytes.length, other.length);
        if (both <= SECTOR) {
            int from = both == 0 ? 0 : chance.nextInt(both);
            System.arraycopy(other, from, bytes, from, both - from);
            return;
        }
        for (int at = 0; at + SECTOR <= both; at += SECTOR) {
            if (chance.nextBoolean()) {
                System.arraycopy(other, at, bytes, at, SECTOR);
            }
        }
    }

    private static void hit(byte[] bytes, SplittableRandom chance) {
        // The beginning holds what decides how the rest is read.
        int at = chance.nextInt(chance.nextBoolean() ? bytes.length : Math.min(bytes.length, 64));
        switch (chance.nextInt(6)) {
            case 0 -> bytes[at] ^= (byte) (1 << chance.nextInt(8));
            case 1 -> bytes[at] = (byte) chance.nextInt(256);
            case 2 -> bytes[at] = (byte) EDGES[chance.nextInt(EDGES.length)];
            case 3 -> Arrays.fill(bytes, at, Math.min(bytes.length, at + 4), (byte) (chance.nextBoolean() ? 0xff : 0));
            case 4 ->
                Arrays.fill(bytes, at, Math.min(bytes.length, at + 8), (byte) (chance.nextBoolean() ? 0x80 : 0x7f));
            default -> {
                int from = chance.nextInt(bytes.length);
                int length = Math.min(1 + chance.nextInt(16), bytes.length - Math.max(at, from));
                System.arraycopy(bytes, from, bytes, at, length);
            }
        }
    }
}
