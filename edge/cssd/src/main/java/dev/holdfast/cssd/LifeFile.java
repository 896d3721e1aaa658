package dev.holdfast.cssd;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * What the next cssd on this node needs to take up this life, in the run-time directory, which is memory: written at every
 * renewal of the lease, and taken back before anything is let go of. A file that was torn by our death, or is from
 * another boot, says nothing.
 *
 * <pre>
 * offset  bytes
 *      0      8  "HFLIFE01"
 *      8     16  boot of the kernel
 *     24      8  process id
 *     32      8  start time of the process, in ticks since the boot (proc(5), field 22 of stat)
 *     40      8  incarnation
 *     48      8  when the lease began to count, CLOCK_MONOTONIC in nanoseconds
 *     56      8  when it ends
 *     64      4  CRC32C of everything before
 * </pre>
 */
final class LifeFile {
    private static final long MAGIC = 0x3130_4546_494C_4648L;
    private static final int CHECKED = 64;
    private static final int LENGTH = CHECKED + 4;
    private static final int START_TIME_FIELD = 19; // 22 in proc(5), counted from the state, the third.

    private final Path path;
    private final UUID boot;
    private final FileChannel channel;
    private final long startTime;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(LENGTH);

    /** @param process that wrote it; {@code until}: the end of its newest lease, at which it was to be killed */
    record Held(Incarnation incarnation, Moment began, Moment until, long process, long startTime) {}

    /** Opens the file for writing; what an earlier cssd left in it stays until the first {@link #renewed}. */
    LifeFile(Path path, UUID boot) throws IOException {
        this.path = path;
        this.boot = boot;
        channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ);
        startTime = startTimeOf(ProcessHandle.current().pid());
    }

    /** The life whose lease may be taken up: of this boot, and of a process that is over. */
    Optional<Held> read() {
        try {
            ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(path));
            if (in.limit() < LENGTH || in.getLong() != MAGIC || in.getInt(CHECKED) != check(in)) {
                return Optional.empty();
            }
            UUID itsBoot = new UUID(in.getLong(), in.getLong());
            long process = in.getLong();
            long itsStart = in.getLong();
            Held held = new Held(
                    new Incarnation(in.getLong()),
                    new Moment(in.getLong()),
                    new Moment(in.getLong()),
                    process,
                    itsStart);
            return itsBoot.equals(boot) && isOver(process, itsStart) ? Optional.of(held) : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static int check(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().clear().limit(CHECKED));
        return (int) crc.getValue();
    }

    /** A process that is gone, or a zombie of which only threads stuck in a disk are left: it begins nothing any more. */
    private static boolean isOver(long process, long itsStart) {
        try {
            String[] fields = fieldsOf(process);
            return Long.parseLong(fields[START_TIME_FIELD]) != itsStart || fields[0].equals("Z");
        } catch (IOException e) {
            return true;
        }
    }

    private static long startTimeOf(long process) throws IOException {
        return Long.parseLong(fieldsOf(process)[START_TIME_FIELD]);
    }

    private static String[] fieldsOf(long process) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + process + "/stat"), StandardCharsets.UTF_8);
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    }

    /** The lease of {@code incarnation} counts from {@code began} and ends at {@code until}. */
    void renewed(Incarnation incarnation, Moment began, Moment until) throws IOException {
        buffer.clear();
        buffer.putLong(MAGIC)
                .putLong(boot.getMostSignificantBits())
                .putLong(boot.getLeastSignificantBits())
                .putLong(ProcessHandle.current().pid())
                .putLong(startTime)
                .putLong(incarnation.number())
                .putLong(began.nanos())
                .putLong(until.nanos());
        buffer.putInt(CHECKED, check(buffer)).clear();
        channel.write(buffer, 0);
    }

    /** Nothing is to be taken up any more. */
    void ended() throws IOException {
        channel.truncate(0);
    }
}
