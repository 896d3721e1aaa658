package dev.holdfast.cssd;

import dev.holdfast.linux.FileTable;
import dev.holdfast.linux.Watchdog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that holds the watchdog. It has a table of descriptors of its own, so that the device is closed by the
 * kernel the moment this process is killed, also while a disk thread is stuck in the kernel and keeps everything else of
 * the process open: that closing pings the watchdog once more, and S = L + W + g is true only if it comes at t0 + L at the
 * latest (see {@link dev.holdfast.membership.Timing}). A pet that is asked for but not done yet dies with the process too.
 */
final class WatchdogFeeder {
    private static final Logger LOG = LoggerFactory.getLogger(WatchdogFeeder.class);

    private sealed interface Order {
        record Pet() implements Order {}

        record Disarm() implements Order {}

        record SetTimeout(Duration wanted, Consumer<Duration> actual) implements Order {}
    }

    // One pet waiting is enough: two would not keep the machine alive longer.
    private final ArrayBlockingQueue<Order> orders = new ArrayBlockingQueue<>(2);
    private final CompletableFuture<Armed> armed = new CompletableFuture<>();
    private final CompletableFuture<Boolean> disarmed = new CompletableFuture<>();
    private volatile boolean failing;
    private volatile Duration timeout;

    /**
     * What the driver says once the device is open and its timeout asked for.
     *
     * @param timeout what the driver really took, if it tells
     * @param identity the name of the device, if it tells
     * @param software whether it is a timer of the kernel, which dies with the kernel
     */
    record Armed(Optional<Duration> timeout, Optional<String> identity, boolean software) {}

    private WatchdogFeeder(Path device, Duration timeout, Runnable prepareThread) {
        this.timeout = timeout;
        Thread thread = new Thread(() -> feed(device, timeout, prepareThread), "watchdog feeder");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Opens, and so arms, the device and asks for {@code timeout}. The descriptor means nothing to any other thread than the feeder's, so
     * everything that is done to the device is done there.
     */
    static WatchdogFeeder open(Path device, Duration timeout, Runnable prepareThread)
            throws IOException, InterruptedException {
        WatchdogFeeder feeder = new WatchdogFeeder(device, timeout, prepareThread);
        try {
            feeder.armed.get();
            return feeder;
        } catch (ExecutionException e) {
            throw new IOException(device + ": " + e.getMessage(), e);
        }
    }

    /** What the driver said when it was opened. */
    Armed armed() {
        return armed.join();
    }

    /** Asks for a pet; false if the last one failed. Never blocks. */
    boolean pet() {
        boolean _ = orders.offer(new Order.Pet());
        return !failing;
    }

    /** What the device is set to, as far as is known. */
    Duration timeout() {
        return timeout;
    }

    /**
     * Sets the timeout; {@code actual} is told, in the feeder's thread, what holds from now on. A device that refuses
     * keeps the old one.
     */
    void setTimeout(Duration wanted, Consumer<Duration> actual) {
        try {
            orders.put(new Order.SetTimeout(wanted, actual)); // Waits for one pet at most.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Duration change(Watchdog watchdog, Duration wanted) {
        Duration before = timeout;
        try {
            // A device that does not tell what it took keeps to what it was asked for, as at start.
            timeout = watchdog.setTimeout(wanted).orElse(wanted);
        } catch (IOException e) {
            LOG.error("the watchdog keeps its timeout of {} ms: {}", before.toMillis(), e.getMessage());
            timeout = before.compareTo(wanted) > 0 ? before : wanted;
        }
        return timeout;
    }

    /** Disarms the device, waiting for it at most {@code patience}; false if that could not be done. */
    boolean disarm(Duration patience) throws InterruptedException {
        orders.clear();
        boolean _ = orders.offer(new Order.Disarm());
        try {
            return disarmed.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    private void feed(Path path, Duration timeout, Runnable prepareThread) {
        Watchdog watchdog;
        try {
            prepareThread.run();
            FileTable.unshare();
            watchdog = Watchdog.open(path);
            armed.complete(new Armed(watchdog.setTimeout(timeout), watchdog.identity(), watchdog.isSoftware()));
        } catch (IOException e) {
            armed.completeExceptionally(e);
            return;
        }
        while (true) {
            try {
                switch (orders.take()) {
                    case Order.Pet _ -> watchdog.pet();
                    case Order.SetTimeout set -> set.actual().accept(change(watchdog, set.wanted()));
                    case Order.Disarm _ -> {
                        watchdog.disarm();
                        disarmed.complete(true);
                        return;
                    }
                }
                failing = false;
            } catch (IOException e) {
                failing = true;
                LOG.error("watchdog {}: {}", path, e.getMessage());
            } catch (InterruptedException e) {
                return;
            }
        }
    }
}
