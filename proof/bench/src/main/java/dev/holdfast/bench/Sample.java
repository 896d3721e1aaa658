package dev.holdfast.bench;

/**
 * One request of the client.
 *
 * @param beganNanos when the connection was begun, CLOCK_MONOTONIC
 * @param endedNanos when the answer was complete, or the request was given up
 * @param balancer the node whose HAProxy answered; empty if none did
 * @param server the web server behind it, with its node
 * @param problem why it failed; empty for a good answer
 */
public record Sample(long beganNanos, long endedNanos, String balancer, String server, String problem) {
    private static final String SEPARATOR = "\t";

    public boolean good() {
        return problem.isEmpty();
    }

    String line() {
        return String.join(SEPARATOR, Long.toString(beganNanos), Long.toString(endedNanos), balancer, server, problem);
    }

    /** The reverse of {@link #line}. */
    static Sample parse(String line) {
        String[] parts = line.split(SEPARATOR, -1);
        if (parts.length != 5) {
            throw new IllegalArgumentException("not a sample: " + line);
        }
        return new Sample(Long.parseLong(parts[0]), Long.parseLong(parts[1]), parts[2], parts[3], parts[4]);
    }
}
