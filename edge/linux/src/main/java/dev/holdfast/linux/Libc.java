package dev.holdfast.linux;

import dev.holdfast.model.BrokenInvariant;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The C library's functions that we need, one Java method each. All follow the kernel's own convention: a result below zero is the negated
 * errno, so that no call can be made without its error at hand. Nothing here retries or throws, except {@link #check}.
 */
final class Libc {
    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_RDWR = 2;
    static final int O_DSYNC = 0x1000;
    static final int O_CLOEXEC = 0x80000;
    private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");
    /** The two architectures disagree; the wrong one would be O_DIRECTORY. */
    static final int O_DIRECT = ARM ? 0x10000 : 0x4000;

    static final int POLLIN = 0x1;
    static final int POLLPRI = 0x2;
    static final int SEEK_END = 2;

    static final int AF_NETLINK = 16;
    static final int AF_PACKET = 17;
    static final int SOCK_RAW = 3;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int SOL_SOCKET = 1;
    static final int SO_RCVBUF = 8;
    static final int SO_RCVTIMEO = 20;
    static final int MSG_TRUNC = 0x20;
    static final int MSG_DONTWAIT = 0x40;

    static final int EPOLL_CTL_ADD = 1;
    static final int EPOLL_CTL_DEL = 2;
    /** struct epoll_event is packed on x86-64 only. */
    static final int EPOLL_EVENT_SIZE = ARM ? 16 : 12;

    static final int EPOLL_EVENT_DATA = ARM ? 8 : 4;

    static final int CLOCK_MONOTONIC = 1;
    static final int TIMER_ABSTIME = 1;

    private static final int SYS_PIDFD_SEND_SIGNAL = 424;
    private static final int SYS_PIDFD_OPEN = 434;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO_OFFSET = CALL_STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<MemorySegment> STATE =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CALL_STATE));

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /**
     * The one way into the C library: a function's address, where errno is to go, six words. Linking a handle for each function as
     * its C header has it took 0.5 s of processor time at the start of a daemon; this one takes 0.03 s, as every form is linked by itself.
     *
     * <p>It is sound because both of our architectures (the System V ABI of x86-64, the AAPCS64 of aarch64) pass the first six
     * integer or pointer arguments in six registers of 64 bits, whatever the function's own argument types, variadic ones included on
     * Linux: a function does not look at registers beyond its arguments, nor at the upper half of one that holds an int. The upper
     * half of an int that is returned is undefined, so such a result is cut off: {@link #intCall}.
     */
    @SuppressWarnings("restricted") // Sound for the reasons above.
    private static final MethodHandle CALL = LINKER.downcallHandle(
            FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG, LONG), Linker.Option.captureCallState("errno"));

    private static final MemorySegment OPEN = function("open");
    private static final MemorySegment CLOSE = function("close");
    private static final MemorySegment PREAD = function("pread");
    private static final MemorySegment PWRITE = function("pwrite");
    private static final MemorySegment READ = function("read");
    private static final MemorySegment WRITE = function("write");
    private static final MemorySegment LSEEK = function("lseek");
    private static final MemorySegment IOCTL = function("ioctl");
    private static final MemorySegment RMDIR = function("rmdir");
    private static final MemorySegment POLL = function("poll");
    private static final MemorySegment EPOLL_CREATE1 = function("epoll_create1");
    private static final MemorySegment EPOLL_CTL = function("epoll_ctl");
    private static final MemorySegment EPOLL_WAIT = function("epoll_wait");
    private static final MemorySegment EVENTFD = function("eventfd");
    private static final MemorySegment SOCKET = function("socket");
    private static final MemorySegment BIND = function("bind");
    private static final MemorySegment SETSOCKOPT = function("setsockopt");
    private static final MemorySegment SENDTO = function("sendto");
    private static final MemorySegment RECV = function("recv");
    private static final MemorySegment SCHED_SETSCHEDULER = function("sched_setscheduler");
    private static final MemorySegment SCHED_GETSCHEDULER = function("sched_getscheduler");
    private static final MemorySegment SETPRIORITY = function("setpriority");
    private static final MemorySegment MLOCKALL = function("mlockall");
    private static final MemorySegment CLOCK_GETTIME = function("clock_gettime");
    private static final MemorySegment TIMER_CREATE = function("timer_create");
    private static final MemorySegment TIMER_SETTIME = function("timer_settime");
    private static final MemorySegment TIMER_GETTIME = function("timer_gettime");
    private static final MemorySegment SETNS = function("setns");
    private static final MemorySegment UNSHARE = function("unshare");
    private static final MemorySegment SYSCALL = function("syscall");
    private static final MemorySegment GETUID = function("getuid");
    private static final MemorySegment GETPWNAM_R = function("getpwnam_r");

    private Libc() {}

    private static MemorySegment function(String name) {
        return LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new BrokenInvariant("the C library has no " + name + "; Holdfast needs glibc 2.34"));
    }

    private static long longCall(MemorySegment function, long a, long b, long c, long d, long e, long f) {
        MemorySegment state = STATE.get();
        try {
            long value = (long) CALL.invokeExact(function, state, a, b, c, d, e, f);
            return value >= 0 ? value : -state.get(INT, ERRNO_OFFSET);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** For a function that returns an int. */
    private static int intCall(MemorySegment function, long a, long b, long c, long d, long e, long f) {
        MemorySegment state = STATE.get();
        try {
            int value = (int) (long) CALL.invokeExact(function, state, a, b, c, d, e, f);
            return value >= 0 ? value : -state.get(INT, ERRNO_OFFSET);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    private static int intCall(MemorySegment function, long a, long b, long c) {
        return intCall(function, a, b, c, 0, 0, 0);
    }

    /** Where {@code segment} is. Whoever passes that on keeps the segment reachable until the call is over. */
    private static long at(MemorySegment segment) {
        if (!segment.isNative() || !segment.scope().isAlive()) {
            throw new IllegalArgumentException("not memory that C can see: " + segment);
        }
        return segment.address();
    }

    static int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cPath = arena.allocateFrom(path);
            return intCall(OPEN, at(cPath), flags, 0);
        }
    }

    static int close(int descriptor) {
        return intCall(CLOSE, descriptor, 0, 0);
    }

    static long pread(int descriptor, MemorySegment into, long offset) {
        try {
            return longCall(PREAD, descriptor, at(into), into.byteSize(), offset, 0, 0);
        } finally {
            Reference.reachabilityFence(into);
        }
    }

    static long pwrite(int descriptor, MemorySegment from, long offset) {
        try {
            return longCall(PWRITE, descriptor, at(from), from.byteSize(), offset, 0, 0);
        } finally {
            Reference.reachabilityFence(from);
        }
    }

    static long read(int descriptor, MemorySegment into) {
        try {
            return longCall(READ, descriptor, at(into), into.byteSize(), 0, 0, 0);
        } finally {
            Reference.reachabilityFence(into);
        }
    }

    static long write(int descriptor, MemorySegment from) {
        try {
            return longCall(WRITE, descriptor, at(from), from.byteSize(), 0, 0, 0);
        } finally {
            Reference.reachabilityFence(from);
        }
    }

    static long lseek(int descriptor, long offset, int whence) {
        return longCall(LSEEK, descriptor, offset, whence, 0, 0, 0);
    }

    static int ioctl(int descriptor, long request, MemorySegment argument) {
        try {
            return intCall(IOCTL, descriptor, request, at(argument));
        } finally {
            Reference.reachabilityFence(argument);
        }
    }

    static int rmdir(String path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cPath = arena.allocateFrom(path);
            return intCall(RMDIR, at(cPath), 0, 0);
        }
    }

    /** {@code pollfds}: 8 bytes each: descriptor, events (short), returned events (short). */
    static int poll(MemorySegment pollfds, long count, int millis) {
        try {
            return intCall(POLL, at(pollfds), count, millis);
        } finally {
            Reference.reachabilityFence(pollfds);
        }
    }

    static int epollCreate(int flags) {
        return intCall(EPOLL_CREATE1, flags, 0, 0);
    }

    static int epollControl(int epoll, int operation, int descriptor, MemorySegment event) {
        try {
            return intCall(EPOLL_CTL, epoll, operation, descriptor, at(event), 0, 0);
        } finally {
            Reference.reachabilityFence(event);
        }
    }

    static int epollWait(int epoll, MemorySegment events, int most, int millis) {
        try {
            return intCall(EPOLL_WAIT, epoll, at(events), most, millis, 0, 0);
        } finally {
            Reference.reachabilityFence(events);
        }
    }

    static int eventfd(int flags) {
        return intCall(EVENTFD, 0, flags, 0);
    }

    static int socket(int family, int type, int protocol) {
        return intCall(SOCKET, family, type, protocol);
    }

    static int bind(int descriptor, MemorySegment address) {
        try {
            return intCall(BIND, descriptor, at(address), address.byteSize());
        } finally {
            Reference.reachabilityFence(address);
        }
    }

    static int setsockopt(int descriptor, int level, int option, MemorySegment value) {
        try {
            return intCall(SETSOCKOPT, descriptor, level, option, at(value), value.byteSize(), 0);
        } finally {
            Reference.reachabilityFence(value);
        }
    }

    /** Use {@link MemorySegment#NULL} for {@code address} on a socket that needs none. */
    static long sendto(int descriptor, MemorySegment from, int flags, MemorySegment address) {
        try {
            return longCall(SENDTO, descriptor, at(from), from.byteSize(), flags, at(address), address.byteSize());
        } finally {
            Reference.reachabilityFence(from);
            Reference.reachabilityFence(address);
        }
    }

    static long recv(int descriptor, MemorySegment into, int flags) {
        try {
            return longCall(RECV, descriptor, at(into), into.byteSize(), flags, 0, 0);
        } finally {
            Reference.reachabilityFence(into);
        }
    }

    static int schedSetscheduler(int thread, int policy, MemorySegment parameter) {
        try {
            return intCall(SCHED_SETSCHEDULER, thread, policy, at(parameter));
        } finally {
            Reference.reachabilityFence(parameter);
        }
    }

    static int schedGetscheduler(int thread) {
        return intCall(SCHED_GETSCHEDULER, thread, 0, 0);
    }

    static int setpriority(int which, int who, int niceness) {
        return intCall(SETPRIORITY, which, who, niceness);
    }

    static int mlockall(int flags) {
        return intCall(MLOCKALL, flags, 0, 0);
    }

    static int clockGettime(int clock, MemorySegment timespec) {
        try {
            return intCall(CLOCK_GETTIME, clock, at(timespec), 0);
        } finally {
            Reference.reachabilityFence(timespec);
        }
    }

    static int timerCreate(int clock, MemorySegment sigevent, MemorySegment timer) {
        try {
            return intCall(TIMER_CREATE, clock, at(sigevent), at(timer));
        } finally {
            Reference.reachabilityFence(sigevent);
            Reference.reachabilityFence(timer);
        }
    }

    static int timerSettime(MemorySegment timer, int flags, MemorySegment itimerspec) {
        try {
            return intCall(TIMER_SETTIME, at(timer), flags, at(itimerspec), 0, 0, 0);
        } finally {
            Reference.reachabilityFence(timer);
            Reference.reachabilityFence(itimerspec);
        }
    }

    static int timerGettime(MemorySegment timer, MemorySegment itimerspec) {
        try {
            return intCall(TIMER_GETTIME, at(timer), at(itimerspec), 0);
        } finally {
            Reference.reachabilityFence(timer);
            Reference.reachabilityFence(itimerspec);
        }
    }

    static int setns(int descriptor, int type) {
        return intCall(SETNS, descriptor, type, 0);
    }

    static int unshare(int flags) {
        return intCall(UNSHARE, flags, 0, 0);
    }

    static int pidfdOpen(long pid) {
        return (int) syscall(SYS_PIDFD_OPEN, pid, 0);
    }

    static int pidfdSendSignal(int pidfd, int signal) {
        return (int) syscall(SYS_PIDFD_SEND_SIGNAL, pidfd, signal);
    }

    private static long syscall(long number, long first, long second) {
        return longCall(SYSCALL, number, first, second, 0, 0, 0);
    }

    static int getuid() {
        return intCall(GETUID, 0, 0, 0);
    }

    /** Returns 0 or the negated error, like the others (the C function returns it positive). */
    static int getpwnam(MemorySegment name, MemorySegment passwd, MemorySegment strings, MemorySegment found) {
        try {
            return -intCall(GETPWNAM_R, at(name), at(passwd), at(strings), strings.byteSize(), at(found), 0);
        } finally {
            Reference.reachabilityFence(name);
            Reference.reachabilityFence(passwd);
            Reference.reachabilityFence(strings);
            Reference.reachabilityFence(found);
        }
    }

    /** Gives {@code result} back if it is not an error. */
    static long check(String attempt, long result) throws SystemCallFailed {
        if (result < 0) {
            throw new SystemCallFailed(attempt, (int) -result);
        }
        return result;
    }

    static int check(String attempt, int result) throws SystemCallFailed {
        return (int) check(attempt, (long) result);
    }

    /** Waits until the descriptor is ready for {@code events}, or the deadline (System.nanoTime) has passed: then false. */
    static boolean awaitReady(int descriptor, int events, long deadlineNanos) throws SystemCallFailed {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pollfd = arena.allocate(8, 4);
            pollfd.set(INT, 0, descriptor);
            pollfd.set(ValueLayout.JAVA_SHORT, 4, (short) events);
            while (true) {
                long nanos = Math.max(0, deadlineNanos - System.nanoTime());
                // Rounded up, or the last fraction of a millisecond would be spent in a busy loop.
                int millis = (int) Math.min(Integer.MAX_VALUE, (nanos + 999_999) / 1_000_000);
                int ready = poll(pollfd, 1, millis);
                if (ready > 0) {
                    return true;
                }
                if (ready == 0 && deadlineNanos - System.nanoTime() <= 0) {
                    return false;
                }
                if (ready < 0 && ready != -SystemCallFailed.EINTR) {
                    throw new SystemCallFailed("poll", -ready);
                }
            }
        }
    }

    /** Writes {@code text} to a file of the kernel in one call, as these files demand. */
    static void writeKernelFile(Path file, String text) throws IOException {
        int descriptor = check("open " + file, open(file.toString(), O_WRONLY | O_CLOEXEC));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, text.getBytes(StandardCharsets.UTF_8));
            check("write " + text + " to " + file, write(descriptor, bytes));
        } finally {
            int _ = close(descriptor);
        }
    }

    /** Links {@link #CALL}, which its first use does. */
    static void warmUp() {
        int _ = getuid();
    }

    /** A downcall throws nothing of itself: what arrives here is an error of the virtual machine or of our own making. */
    private static RuntimeException impossible(Throwable t) {
        if (t instanceof Error error) {
            throw error;
        }
        if (t instanceof RuntimeException runtime) {
            return runtime;
        }
        return new BrokenInvariant("a native call threw " + t);
    }
}
