package dev.holdfast.model;

/**
 * One life of a node's cssd: raised by one at every start, and kept on the voting disk.
 * A message that carries an older incarnation was sent before the node restarted and must be dropped.
 */
public record Incarnation(long number) implements Comparable<Incarnation> {
    /**
     * Lives are numbered anew, from a multiple of this, with each change of the voting set. More than a node can begin meanwhile, also one
     * that crashes ten times a second for years.
     */
    public static final long PER_VOTING_SET = 1L << 32;

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

    /** For people: the number under the voting set that was in force, and which set that was if it is not the first. */
    public String text() {
        long set = number / PER_VOTING_SET;
        return set == 0 ? Long.toString(number) : number % PER_VOTING_SET + " of set " + (set + 1);
    }

    @Override
    public String toString() {
        return "#" + text();
    }
}
