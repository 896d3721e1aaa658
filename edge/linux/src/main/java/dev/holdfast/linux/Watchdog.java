package dev.holdfast.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A Linux watchdog device: once opened it resets the machine unless it is petted in time. There is deliberately no plain close: the only
 * way to end it in peace is {@link #disarm}; if the process dies, the kernel closes the device, which pets it once more, and the reset
 * comes a timeout later.
 *
 * <p>A regular file that answers no ioctl works too (an emulated watchdog in the lab): its timeout is then somebody else's knowledge.
 */
public final class Watchdog {
    private Watchdog() {}

    /** Opens, and thereby arms, the device. @throws SystemCallFailed EBUSY if another process holds it */
    public static Watchdog open(Path device) throws IOException {
        return Linux.later();
    }

    public Path path() {
        return Linux.later();
    }

    /** What the driver calls itself ({@code "Software Watchdog"}, {@code "i6300ESB timer"}); empty if it does not say. */
    public Optional<String> identity() {
        return Linux.later();
    }

    /** True for softdog, whose timer dies with the kernel it should guard against. */
    public boolean isSoftware() {
        return Linux.later();
    }

    /**
     * Asks for a timeout, whole seconds, rounded up.
     *
     * @return what the driver really uses now, read back (drivers round); empty if it has no settable timeout (ENOTTY, EOPNOTSUPP)
     */
    public Optional<Duration> setTimeout(Duration timeout) throws IOException {
        return Linux.later();
    }

    /** The timeout in use; empty if the driver does not say. */
    public Optional<Duration> timeout() throws IOException {
        return Linux.later();
    }

    /** Starts the timeout anew. */
    public void pet() throws IOException {
        Linux.later();
    }

    /**
     * Writes the magic character and closes: the machine is no longer watched. A driver loaded with nowayout goes on regardless, and then
     * resets the machine. The object is useless afterwards.
     */
    public void disarm() throws IOException {
        Linux.later();
    }
}
