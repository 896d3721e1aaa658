package dev.holdfast.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A Linux watchdog device: once opened it resets the machine unless it is petted in time. There is deliberately no plain close: the only
 * way to end it in peace is {@link #disarm}; if the process dies, the kernel closes the device, which pets it once more, and the reset
 * comes a timeout later.
 *
 * <p>A regular file that answers no ioctl works too (an emulated watchdog in the lab): its timeout is then somebody else's knowledge.
 * Calls of several threads take turns; after {@link FileTable#unshare} only the thread that opened it can use it, and others are refused.
 */
public final class Watchdog {
    // linux/watchdog.h
    private static final long WDIOC_GETSUPPORT = 0x80285700L;
    private static final long WDIOC_SETTIMEOUT = 0xC0045706L;
    private static final long WDIOC_GETTIMEOUT = 0x80045707L;
    private static final int INFO_SIZE = 40;
    private static final int INFO_IDENTITY = 8;
    /** What drivers and files say that do not know a request. */
    private static final Set<Integer> NO_SUCH_REQUEST =
            Set.of(SystemCallFailed.ENOTTY, SystemCallFailed.EOPNOTSUPP, SystemCallFailed.ENOSYS);

    private final Path path;
    private final int descriptor;
    private final @Nullable FileTable table = FileTable.current();
    private final Optional<String> identity;
    // Not allocated anew for each pet. Never freed, as the descriptor is never closed by accident.
    private final MemorySegment beat = Arena.global().allocate(1);
    private boolean disarmed;

    private Watchdog(Path path, int descriptor) {
        this.path = path;
        this.descriptor = descriptor;
        this.identity = askIdentity(descriptor);
    }

    /** Opens, and thereby arms, the device. @throws SystemCallFailed EBUSY if another process holds it */
    public static Watchdog open(Path device) throws IOException {
        return new Watchdog(
                device,
                Libc.check("open watchdog " + device, Libc.open(device.toString(), Libc.O_WRONLY | Libc.O_CLOEXEC)));
    }

    public Path path() {
        return path;
    }

    /** What the driver calls itself ({@code "Software Watchdog"}, {@code "i6300ESB timer"}); empty if it does not say. */
    public Optional<String> identity() {
        return identity;
    }

    /** True for softdog, whose timer dies with the kernel it should guard against. */
    public boolean isSoftware() {
        return identity.filter("Software Watchdog"::equals).isPresent();
    }

    /**
     * Asks for a timeout, whole seconds, rounded up.
     *
     * @return what the driver really uses now, read back (drivers round); empty if it has no settable timeout (ENOTTY, EOPNOTSUPP)
     * @throws SystemCallFailed EINVAL if the driver cannot count that far or that little
     */
    public synchronized Optional<Duration> setTimeout(Duration timeout) throws IOException {
        refuseIfNotOurs();
        int seconds = Math.toIntExact(timeout.plusNanos(999_999_999).toSeconds());
        if (seconds < 1) {
            throw new IllegalArgumentException("a watchdog's timeout is at least a second, got " + timeout);
        }
        Optional<Duration> accepted = seconds(WDIOC_SETTIMEOUT, seconds);
        return accepted.isEmpty() ? accepted : timeout().or(() -> accepted);
    }

    /** The timeout in use; empty if the driver does not say. */
    public synchronized Optional<Duration> timeout() throws IOException {
        refuseIfNotOurs();
        return seconds(WDIOC_GETTIMEOUT, 0);
    }

    /** Starts the timeout anew. */
    public synchronized void pet() throws IOException {
        refuseIfNotOurs();
        write((byte) 0);
    }

    /**
     * Writes the magic character and closes: the machine is no longer watched. A driver loaded with nowayout goes on regardless, and then
     * resets the machine. The object is useless afterwards; if this throws, it is not, and the device is still armed.
     */
    public synchronized void disarm() throws IOException {
        refuseIfNotOurs();
        write((byte) 'V');
        disarmed = true;
        Libc.check("close watchdog " + path, Libc.close(descriptor));
    }

    private static Optional<String> askIdentity(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(INFO_SIZE, 4);
            if (Libc.ioctl(descriptor, WDIOC_GETSUPPORT, info) < 0) {
                return Optional.empty();
            }
            String name =
                    new String(info.asSlice(INFO_IDENTITY).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
            int end = name.indexOf('\0');
            return Optional.of(end < 0 ? name : name.substring(0, end)).filter(text -> !text.isEmpty());
        }
    }

    private void write(byte character) throws IOException {
        beat.set(ValueLayout.JAVA_BYTE, 0, character);
        long written = Libc.write(descriptor, beat);
        while (written == -SystemCallFailed.EINTR) {
            written = Libc.write(descriptor, beat);
        }
        Libc.check("write to watchdog " + path, written);
    }

    private Optional<Duration> seconds(long request, int value) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocateFrom(ValueLayout.JAVA_INT, value);
            int result = Libc.ioctl(descriptor, request, number);
            if (NO_SUCH_REQUEST.contains(-result)) {
                return Optional.empty();
            }
            Libc.check("ask watchdog %s for its timeout".formatted(path), result);
            return Optional.of(Duration.ofSeconds(number.get(ValueLayout.JAVA_INT, 0)));
        }
    }

    private void refuseIfNotOurs() {
        if (table != FileTable.current()) {
            // Here the descriptor's number is free, or means some other file.
            throw new IllegalStateException("watchdog " + path
                    + " was opened by a thread with another table of descriptors; only that one can use it");
        }
        if (disarmed) {
            throw new IllegalStateException("watchdog " + path + " was disarmed");
        }
    }
}
