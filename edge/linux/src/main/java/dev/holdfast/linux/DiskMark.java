package dev.holdfast.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;

/**
 * The name that a thread bears in the kernel while it writes to a disk, so that later processes find it.
 *
 * <p>A process that is killed while a thread of it is stuck in a disk stays behind as a zombie with that one thread, and the write that the
 * thread has begun may reach the disk at any later time. Who writes to the same blocks must wait until the thread is gone. Its name is all
 * that is needed to find it: it is in {@code /proc/PID/task/TID/comm} for as long as the thread exists, needs no file that could be lost, and
 * goes when the thread goes, at which time the write has happened or never will.
 *
 * @param name 15 bytes, the most that the kernel keeps
 */
public record DiskMark(String name) {
    private static final int NAME_BYTES = 15;
    private static final int DIGITS = 12;
    private static final int START_TIME_FIELD = 19; // 22 in proc(5), counted from the state, the third.
    private static final Path PROC = Path.of("/proc");

    public DiskMark {
        if (name.length() != NAME_BYTES
                || !StandardCharsets.US_ASCII.newEncoder().canEncode(name)) {
            throw new IllegalArgumentException("a mark has " + NAME_BYTES + " ASCII characters, got '" + name + "'");
        }
    }

    /**
     * @param kind what the writer does there; writers of different kinds write different blocks and do not disturb each other
     * @param node whose blocks: two nodes may write to one disk at a time, also where they share a table of processes, as in a test
     * @param disk its identity, of which 48 bits are used
     */
    public static DiskMark of(char kind, int node, UUID disk) {
        HexFormat hex = HexFormat.of();
        return new DiskMark(kind
                + hex.toHexDigits((byte) node)
                + hex.toHexDigits(disk.getMostSignificantBits()).substring(0, DIGITS));
    }

    /** A thread of another process that bears a mark. */
    public record Bearer(long process, long thread, String startTime) {
        /** Whether it still exists; the start time tells it from a later one with the same number. */
        public boolean exists() {
            return startTimeOf(task()).filter(startTime::equals).isPresent();
        }

        private Path task() {
            return PROC.resolve(process + "/task/" + thread);
        }

        @Override
        public String toString() {
            return "thread " + thread + " of process " + process;
        }
    }

    /** Names the calling thread. To be done before the first write, and before {@link #otherBearer}: of two that start at once, one sees. */
    public void bear() throws IOException {
        Files.writeString(PROC.resolve("thread-self/comm"), name);
    }

    /** A thread of another process that bears this mark, alive or left behind by a kill. */
    public Optional<Bearer> otherBearer() throws IOException {
        String self = PROC.resolve("self").toRealPath().getFileName().toString();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, DiskMark::isNumber)) {
            for (Path process : processes) {
                String number = process.getFileName().toString();
                if (!number.equals(self)) {
                    Optional<Bearer> found = bearerIn(process);
                    if (found.isPresent()) {
                        return found;
                    }
                }
            }
        }
        return Optional.empty();
    }

    private Optional<Bearer> bearerIn(Path process) {
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(process.resolve("task"))) {
            for (Path task : tasks) {
                if (Files.readString(task.resolve("comm"), StandardCharsets.ISO_8859_1)
                        .strip()
                        .equals(name)) {
                    return startTimeOf(task).map(time -> new Bearer(number(process), number(task), time));
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            // It ended while we looked: then it is not there.
        }
        return Optional.empty();
    }

    /**
     * Whether {@code process} is over but for threads that are stuck in disks: its leader is a zombie, and each thread that is left bears a
     * mark of {@code kind} or the name that a {@link DiskThread} has before it first writes. No thread of a killed process runs a program
     * again; such a one can finish the one read or write that it has begun, and no more.
     *
     * @param unmarked what the names of such threads begin with as long as they have written nothing
     */
    public static boolean onlyBearersAreLeft(long process, char kind, String unmarked) {
        Path home = PROC.resolve(Long.toString(process));
        String leader = Long.toString(process);
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(home.resolve("task"))) {
            for (Path task : tasks) {
                String name = Files.readString(task.resolve("comm"), StandardCharsets.ISO_8859_1)
                        .strip();
                boolean stuck = name.startsWith(unmarked) || name.matches(kind + "[0-9a-f]{14}");
                boolean over = statOf(task)[0].equals("Z");
                if (!over && (task.getFileName().toString().equals(leader) || !stuck)) {
                    return false;
                }
            }
            return true;
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            return !Files.exists(home);
        }
    }

    private static Optional<String> startTimeOf(Path task) {
        try {
            return Optional.of(statOf(task)[START_TIME_FIELD]);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The fields of proc(5), from the third, the state, on. */
    private static String[] statOf(Path task) throws IOException {
        String stat = Files.readString(task.resolve("stat"), StandardCharsets.ISO_8859_1);
        // The name may contain anything, so what follows is counted from its last bracket.
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    }

    private static boolean isNumber(Path entry) {
        return entry.getFileName().toString().chars().allMatch(Character::isDigit);
    }

    private static long number(Path entry) {
        return Long.parseLong(entry.getFileName().toString());
    }
}
