package dev.holdfast.cssd;

import dev.holdfast.linux.InterfaceAddress;
import dev.holdfast.linux.Netlink;
import dev.holdfast.model.Moment;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the addresses of this node in the kernel while there is no crsd to do it: a crsd may be killed, or upgraded, for longer than their
 * lifetime, and everything that it runs goes on.
 *
 * <p>Why this is safe. Addresses are extended under this node's own lease, and never beyond what crsd would: the end of the lease, rounded
 * up, and a second. Between looking which addresses are there and setting their lifetime nobody may remove one, or it would come back:
 *
 * <ul>
 *   <li>the crsd before has ended, all of it, before the first address is extended ({@link #crsdEnded});
 *   <li>the next one can't act without a lease, which it gets only over its connection, and no connection counts before the last extension
 *       is done ({@link #crsdComes} waits for it);
 *   <li>letting go waits for it, too, and ends this for good ({@link #letGo});
 *   <li>cssd itself is killed at the end of its lease, and this thread with it.
 * </ul>
 */
final class AddressKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(AddressKeeper.class);

    /** As crsd extends them. */
    private static final Duration BEYOND_LEASE = Duration.ofSeconds(1);

    private static final Duration PERIOD = Duration.ofSeconds(1);

    /** The kernel's addresses. */
    interface Addresses {
        /** Sets what remains of the lifetime of every address of ours that is there. */
        void extendAll(Duration lifetime) throws IOException;
    }

    private final Addresses addresses;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("address keeper").factory());
    private final AtomicBoolean pending = new AtomicBoolean();
    private volatile boolean crsdIsAway;
    private boolean lettingGo;
    private long extendedNanos = System.nanoTime() - PERIOD.toNanos();

    AddressKeeper(Addresses addresses) {
        this.addresses = addresses;
    }

    /** On the kernel's addresses that bear the label of crsd. */
    static AddressKeeper ofKernel() {
        return new AddressKeeper(lifetime -> {
            try (Netlink netlink = Netlink.open()) {
                for (InterfaceAddress address : netlink.addresses()) {
                    if (address.label().endsWith(LettingGo.LABEL_SUFFIX)) {
                        netlink.extend(new InterfaceAddress(
                                address.link(),
                                address.address(),
                                address.prefixLength(),
                                address.label(),
                                InterfaceAddress.NO_PREFIX_ROUTE,
                                lifetime));
                    }
                }
            }
        });
    }

    /** The crsd that there was, be it ours or of the cssd before us, runs no more: no thread of it will make a system call again. */
    synchronized void crsdEnded() {
        crsdIsAway = true;
    }

    /** A crsd has connected. To be called before it is told of any lease; returns when no address is being extended any more. */
    synchronized void crsdComes() {
        crsdIsAway = false;
    }

    /** Addresses are about to be removed; returns when none is being extended any more, and none ever will be. */
    synchronized void letGo() {
        lettingGo = true;
    }

    /** The lease is good until {@code until}. Returns at once. */
    void renewed(Moment until) {
        if (crsdIsAway && pending.compareAndSet(false, true)) {
            thread.execute(() -> {
                pending.set(false);
                extend(until);
            });
        }
    }

    /** Waits until everything that was asked for has been looked at. */
    void awaitIdle() throws InterruptedException, ExecutionException {
        thread.submit(() -> {}).get();
    }

    private synchronized void extend(Moment until) {
        long now = System.nanoTime();
        Duration left = until.since(new Moment(now));
        if (!crsdIsAway || lettingGo || !left.isPositive() || now - extendedNanos < PERIOD.toNanos()) {
            return;
        }
        extendedNanos = now;
        try {
            addresses.extendAll(
                    Duration.ofSeconds(left.plusNanos(999_999_999).toSeconds()).plus(BEYOND_LEASE));
        } catch (IOException e) {
            LOG.warn("addresses could not be extended while crsd is away: {}", e.getMessage());
        }
    }
}
