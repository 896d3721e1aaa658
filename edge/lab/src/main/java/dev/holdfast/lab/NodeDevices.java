package dev.holdfast.lab;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.cryptomator.jfuse.api.DirFiller;
import org.cryptomator.jfuse.api.Errno;
import org.cryptomator.jfuse.api.FileInfo;
import org.cryptomator.jfuse.api.FuseOperations;
import org.cryptomator.jfuse.api.Stat;
import org.cryptomator.jfuse.api.TimeSpec;
import org.jspecify.annotations.Nullable;

/** What else a node has that is not its own: the watchdog, and the line that resets the machine. Both are files. */
final class NodeDevices implements FuseOperations {
    private static final String WATCHDOG = "/watchdog";
    private static final String SYSRQ = "/sysrq";
    private static final int EBUSY = 16;

    /** A process's end closes its files at once, but the message that says so takes its time. */
    private static final Duration RELEASE_WAIT = Duration.ofMillis(200);

    private final WatchdogTimer watchdog;
    private final PowerGate gate;
    private final Errno errno;
    private final SystemRequests requests;

    /** Number of the present opening of the watchdog, 0 if it is closed. */
    private final AtomicLong holder = new AtomicLong();

    private final AtomicLong openings = new AtomicLong();

    /** What a node may ask of its machine through sysrq. Must not block. */
    interface SystemRequests {
        void resetNow();

        void powerOffNow();
    }

    NodeDevices(WatchdogTimer watchdog, PowerGate gate, Errno errno, SystemRequests requests) {
        this.watchdog = watchdog;
        this.gate = gate;
        this.errno = errno;
        this.requests = requests;
    }

    /** As after a power-on: nobody has anything open, nothing is armed. */
    void reset() {
        holder.set(0);
        watchdog.reset();
    }

    @Override
    public Errno errno() {
        return errno;
    }

    @Override
    public Set<Operation> supportedOperations() {
        return EnumSet.of(
                Operation.GET_ATTR,
                Operation.OPEN,
                Operation.WRITE,
                Operation.READ,
                Operation.RELEASE,
                Operation.TRUNCATE,
                Operation.UTIMENS,
                Operation.READ_DIR);
    }

    @Override
    public int getattr(String path, Stat stat, @Nullable FileInfo file) {
        switch (path) {
            case "/" -> {
                stat.setMode(Stat.S_IFDIR | 0700);
                stat.setNLink((short) 2);
            }
            case WATCHDOG, SYSRQ -> {
                stat.setMode(Stat.S_IFREG | 0600);
                stat.setNLink((short) 1);
            }
            default -> {
                return -errno.enoent();
            }
        }
        return 0;
    }

    @Override
    public int readdir(String path, DirFiller filler, long offset, FileInfo directory, int flags) {
        boolean full = filler.fill(WATCHDOG.substring(1), _ -> {}, 0, 0) != 0
                || filler.fill(SYSRQ.substring(1), _ -> {}, 0, 0) != 0;
        return full ? -errno.eio() : 0;
    }

    /** Like the kernel's, the watchdog can be open once only. */
    @Override
    public int open(String path, FileInfo file) {
        if (!path.equals(WATCHDOG)) {
            return 0;
        }
        long opening = openings.incrementAndGet();
        file.setFh(opening);
        boolean powered = gate.await(gate.life(), RELEASE_WAIT.toNanos(), () -> holder.get() != 0);
        return powered && holder.compareAndSet(0, opening) ? 0 : -EBUSY;
    }

    @Override
    public int release(String path, FileInfo file) {
        // A node that lost its power closes its files too, but nobody listens any more.
        if (path.equals(WATCHDOG) && holder.compareAndSet(file.getFh(), 0)) {
            watchdog.released();
            gate.stir();
        }
        return 0;
    }

    @Override
    public int read(String path, ByteBuffer into, long count, long offset, FileInfo file) {
        return -errno.einval();
    }

    @Override
    public int write(String path, ByteBuffer from, long count, long offset, FileInfo file) {
        long life = gate.life();
        ByteBuffer bytes = from.slice(0, (int) count);
        if (path.equals(WATCHDOG)) {
            return gate.pass(life, -errno.eio(), () -> {
                watchdog.write(bytes);
                return (int) count;
            });
        }
        if (bytes.hasRemaining()) {
            switch (bytes.get(0)) {
                case 'b' -> {
                    requests.resetNow();
                    gate.await(life, 0, () -> true); // The machine is gone before the call returns.
                    return -errno.eio();
                }
                case 'o' -> {
                    requests.powerOffNow();
                    gate.await(life, 0, () -> true);
                    return -errno.eio();
                }
                default -> {}
            }
        }
        return (int) count;
    }

    @Override
    public int truncate(String path, long size, @Nullable FileInfo file) {
        return 0;
    }

    @Override
    public int utimens(String path, TimeSpec access, TimeSpec modification, @Nullable FileInfo file) {
        return 0;
    }
}
