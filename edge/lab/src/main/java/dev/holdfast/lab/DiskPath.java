package dev.holdfast.lab;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.EnumSet;
import java.util.Set;
import org.cryptomator.jfuse.api.DirFiller;
import org.cryptomator.jfuse.api.Errno;
import org.cryptomator.jfuse.api.FileInfo;
import org.cryptomator.jfuse.api.FuseOperations;
import org.cryptomator.jfuse.api.Stat;
import org.cryptomator.jfuse.api.TimeSpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node's path to one shared disk: a file system with a single file, whose content is the image that all nodes share. Faults hit
 * reading, writing and syncing; looking at the file never hangs, as it does not on a machine whose array is silent.
 */
final class DiskPath implements FuseOperations {
    private static final Logger LOG = LoggerFactory.getLogger(DiskPath.class);

    private static final int ENOSPC = 28;

    private final String name;
    private final FileChannel image;
    private final PowerGate gate;
    private final Errno errno;
    private volatile DiskFault fault = new DiskFault.None();

    DiskPath(String name, FileChannel image, PowerGate gate, Errno errno) {
        this.name = name;
        this.image = image;
        this.gate = gate;
        this.errno = errno;
    }

    String name() {
        return name;
    }

    DiskFault fault() {
        return fault;
    }

    /** From now on; requests that wait see it at once. */
    void fault(DiskFault fault) {
        this.fault = fault;
        gate.stir();
    }

    private interface Transfer {
        int run() throws IOException;
    }

    private int perform(Transfer transfer) {
        long life = gate.life();
        DiskFault met = fault;
        while (!(met instanceof DiskFault.None)) {
            DiskFault present = met;
            boolean powered = switch (present) {
                case DiskFault.None _, DiskFault.Cut _ -> true;
                case DiskFault.Hung _ -> gate.await(life, 0, () -> fault.equals(present));
                case DiskFault.Slow(var delay) -> gate.await(life, delay.toNanos(), () -> fault.equals(present));
            };
            if (present instanceof DiskFault.Cut || !powered) {
                return -errno.eio();
            }
            if (fault.equals(present)) {
                break; // Slow, and the time has passed.
            }
            met = fault;
        }
        return gate.pass(life, -errno.eio(), () -> {
            try {
                return transfer.run();
            } catch (IOException e) {
                LOG.warn("{}: {}", name, e.toString());
                return -errno.eio();
            }
        });
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
                Operation.READ,
                Operation.WRITE,
                Operation.FSYNC,
                Operation.TRUNCATE,
                Operation.UTIMENS,
                Operation.READ_DIR);
    }

    @Override
    public int getattr(String path, Stat stat, @Nullable FileInfo file) {
        if (path.equals("/")) {
            stat.setMode(Stat.S_IFDIR | 0700);
            stat.setNLink((short) 2);
            return 0;
        }
        if (!path.equals("/" + name)) {
            return -errno.enoent();
        }
        stat.setMode(Stat.S_IFREG | 0600);
        stat.setNLink((short) 1);
        try {
            stat.setSize(image.size());
        } catch (IOException e) {
            return -errno.eio();
        }
        return 0;
    }

    @Override
    public int readdir(String path, DirFiller filler, long offset, FileInfo directory, int flags) {
        return filler.fill(name, _ -> {}, 0, 0) == 0 ? 0 : -errno.eio();
    }

    @Override
    public int open(String path, FileInfo file) {
        return fault instanceof DiskFault.Cut ? -errno.eio() : 0;
    }

    @Override
    public int read(String path, ByteBuffer into, long count, long offset, FileInfo file) {
        return perform(() -> {
            ByteBuffer part = into.slice(0, (int) count);
            while (part.hasRemaining()) {
                int n = image.read(part, offset + part.position());
                if (n < 0) {
                    break;
                }
            }
            return part.position();
        });
    }

    @Override
    public int write(String path, ByteBuffer from, long count, long offset, FileInfo file) {
        return perform(() -> {
            if (offset + count > image.size()) {
                return -ENOSPC; // A disk has an end.
            }
            ByteBuffer part = from.slice(0, (int) count);
            while (part.hasRemaining()) {
                image.write(part, offset + part.position());
            }
            return part.position();
        });
    }

    @Override
    public int fsync(String path, int dataOnly, FileInfo file) {
        return perform(() -> {
            image.force(false);
            return 0;
        });
    }

    /** Block devices keep their length when they are opened to be overwritten. */
    @Override
    public int truncate(String path, long size, @Nullable FileInfo file) {
        return 0;
    }

    @Override
    public int utimens(String path, TimeSpec access, TimeSpec modification, @Nullable FileInfo file) {
        return 0;
    }
}
