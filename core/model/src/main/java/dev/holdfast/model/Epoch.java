package dev.holdfast.model;

/** The number of a view. It only grows: in memory, on the wire and on disk. Zero stands for "no view yet". */
public record Epoch(long number) implements Comparable<Epoch> {
    public static final Epoch NONE = new Epoch(0);

    public Epoch {
        if (number < 0) {
            throw new IllegalArgumentException("an epoch is not negative, got " + number);
        }
    }

    public Epoch next() {
        return new Epoch(number + 1);
    }

    public boolean isAfter(Epoch other) {
        return number > other.number;
    }

    @Override
    public int compareTo(Epoch other) {
        return Long.compare(number, other.number);
    }

    @Override
    public String toString() {
        return Long.toString(number);
    }
}
