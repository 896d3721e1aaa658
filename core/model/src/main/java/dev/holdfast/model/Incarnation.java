package dev.holdfast.model;

/**
 * One life of a node's cssd: raised by one at every start, and kept on the voting disk.
 * A message that carries an older incarnation was sent before the node restarted and must be dropped.
 */
public record Incarnation(long number) implements Comparable<Incarnation> {
    public Incarnation {
        if (number < 1) {
            throw new IllegalArgumentException("incarnation starts at 1, got " + number);
        }
    }

    public boolean isBefore(Incarnation other) {
        return number < other.number;
    }

    public Incarnation next() {
        return new Incarnation(number + 1);
    }

    @Override
    public int compareTo(Incarnation other) {
        return Long.compare(number, other.number);
    }

    @Override
    public String toString() {
        return "#" + number;
    }
}
