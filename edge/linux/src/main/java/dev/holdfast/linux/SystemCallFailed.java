package dev.holdfast.linux;

import java.io.IOException;

/** The kernel refused. Carries the errno, so that a caller can tell "already there" from "broken". */
public final class SystemCallFailed extends IOException {
    private static final long serialVersionUID = 1L;

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int ENODEV = 19;
    public static final int EINVAL = 22;
    public static final int ENOTTY = 25;
    public static final int ENOSPC = 28;
    public static final int ENOSYS = 38;
    public static final int EOPNOTSUPP = 95;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ENETDOWN = 100;
    public static final int ENOBUFS = 105;
    public static final int ETIMEDOUT = 110;

    private final int errno;

    /**
     * @param attempt what was tried, as an administrator would say it: {@code "open /dev/sdb"}
     * @param errno the positive number that the kernel gave
     */
    public SystemCallFailed(String attempt, int errno) {
        super(attempt + ": " + describe(errno));
        this.errno = errno;
    }

    SystemCallFailed(String attempt, int errno, String advice) {
        super(attempt + ": " + describe(errno) + ". " + advice);
        this.errno = errno;
    }

    public int errno() {
        return errno;
    }

    /** The name that the manual pages use, with a few words: {@code "EPERM (not permitted)"}; the bare number if we have none. */
    static String describe(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM (not permitted)";
            case ENOENT -> "ENOENT (does not exist)";
            case ESRCH -> "ESRCH (no such process)";
            case EINTR -> "EINTR (interrupted)";
            case EIO -> "EIO (input/output error)";
            case ENXIO -> "ENXIO (no such device or address)";
            case EAGAIN -> "EAGAIN (nothing there yet)";
            case ENOMEM -> "ENOMEM (out of memory)";
            case EACCES -> "EACCES (access denied)";
            case EBUSY -> "EBUSY (in use)";
            case EEXIST -> "EEXIST (exists already)";
            case ENODEV -> "ENODEV (no such device)";
            case EINVAL -> "EINVAL (invalid argument)";
            case ENOTTY -> "ENOTTY (not supported by this device)";
            case ENOSPC -> "ENOSPC (no space left)";
            case ENOSYS -> "ENOSYS (unknown to this kernel)";
            case EOPNOTSUPP -> "EOPNOTSUPP (not supported)";
            case EADDRNOTAVAIL -> "EADDRNOTAVAIL (address not here)";
            case ENETDOWN -> "ENETDOWN (link is down)";
            case ENOBUFS -> "ENOBUFS (events were lost)";
            case ETIMEDOUT -> "ETIMEDOUT (timed out)";
            default -> "errno " + errno;
        };
    }
}
