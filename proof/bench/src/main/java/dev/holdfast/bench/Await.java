package dev.holdfast.bench;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for a condition of the world, never for a time: until it holds, or a deadline says that something is wrong. */
public final class Await {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);

    /** A look may start a process in the lab, which must not be what keeps the machine busy. */
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(400);

    private Await() {}

    /** What was waited for did not come. The text says what, how long, and what was seen last. */
    public static final class NotReached extends Exception {
        private static final long serialVersionUID = 1;

        NotReached(String text) {
            super(text);
        }
    }

    /** @param wanted what is waited for, as in "node1 is in the view" */
    public static void that(String wanted, Duration patience, Callable<Boolean> condition)
            throws NotReached, InterruptedException {
        value(wanted, patience, () -> condition.call() ? Optional.of(true) : Optional.empty());
    }

    /** Waits until {@code source} gives a value. A source that throws is asked again; the last exception is told at the deadline. */
    public static <T> T value(String wanted, Duration patience, Callable<Optional<T>> source)
            throws NotReached, InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        String last = "";
        long pauseNanos = FIRST_PAUSE.toNanos();
        while (true) {
            boolean late = System.nanoTime() - end >= 0;
            try {
                Optional<T> value = source.call();
                if (value.isPresent()) {
                    return value.get();
                }
                last = "";
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                last = "; the last look failed: " + e.getMessage();
            }
            if (late) {
                throw new NotReached("not reached within " + patience.toSeconds() + " s: " + wanted + last);
            }
            if (Thread.interrupted()) {
                throw new InterruptedException("while waiting: " + wanted);
            }
            LockSupport.parkNanos(pauseNanos);
            pauseNanos = Math.min(pauseNanos * 3 / 2, LONGEST_PAUSE.toNanos());
        }
    }
}
