package dev.holdfast.linux;

import dev.holdfast.model.BrokenInvariant;
import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
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
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;

    private static final MethodHandle OPEN = variadic("open", 2, INT, POINTER, INT, INT);
    private static final MethodHandle CLOSE = function("close", INT, INT);
    private static final MethodHandle PREAD = function("pread", LONG, INT, POINTER, LONG, LONG);
    private static final MethodHandle PWRITE = function("pwrite", LONG, INT, POINTER, LONG, LONG);
    private static final MethodHandle READ = function("read", LONG, INT, POINTER, LONG);
    private static final MethodHandle WRITE = function("write", LONG, INT, POINTER, LONG);
    private static final MethodHandle LSEEK = function("lseek", LONG, INT, LONG, INT);
    private static final MethodHandle IOCTL = variadic("ioctl", 2, INT, INT, LONG, POINTER);
    private static final MethodHandle RMDIR = function("rmdir", INT, POINTER);
    private static final MethodHandle POLL = function("poll", INT, POINTER, LONG, INT);
    private static final MethodHandle EPOLL_CREATE1 = function("epoll_create1", INT, INT);
    private static final MethodHandle EPOLL_CTL = function("epoll_ctl", INT, INT, INT, INT, POINTER);
    private static final MethodHandle EPOLL_WAIT = function("epoll_wait", INT, INT, POINTER, INT, INT);
    private static final MethodHandle EVENTFD = function("eventfd", INT, INT, INT);
    private static final MethodHandle SOCKET = function("socket", INT, INT, INT, INT);
    private static final MethodHandle BIND = function("bind", INT, INT, POINTER, INT);
    private static final MethodHandle SETSOCKOPT = function("setsockopt", INT, INT, INT, INT, POINTER, INT);
    private static final MethodHandle SENDTO = function("sendto", LONG, INT, POINTER, LONG, INT, POINTER, INT);
    private static final MethodHandle RECV = function("recv", LONG, INT, POINTER, LONG, INT);
    private static final MethodHandle SCHED_SETSCHEDULER = function("sched_setscheduler", INT, INT, INT, POINTER);
    private static final MethodHandle SCHED_GETSCHEDULER = function("sched_getscheduler", INT, INT);
    private static final MethodHandle MLOCKALL = function("mlockall", INT, INT);
    private static final MethodHandle CLOCK_GETTIME = function("clock_gettime", INT, INT, POINTER);
    private static final MethodHandle TIMER_CREATE = function("timer_create", INT, INT, POINTER, POINTER);
    private static final MethodHandle TIMER_SETTIME = function("timer_settime", INT, POINTER, INT, POINTER, POINTER);
    private static final MethodHandle TIMER_GETTIME = function("timer_gettime", INT, POINTER, POINTER);
    private static final MethodHandle SETNS = function("setns", INT, INT, INT);
    private static final MethodHandle UNSHARE = function("unshare", INT, INT);
    private static final MethodHandle SYSCALL = variadic("syscall", 1, LONG, LONG, LONG, LONG, LONG, LONG);
    private static final MethodHandle GETUID = function("getuid", INT);
    private static final MethodHandle GETPWNAM_R =
            function("getpwnam_r", INT, POINTER, POINTER, POINTER, LONG, POINTER);

    private Libc() {}

    private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
        return link(name, FunctionDescriptor.of(result, arguments), Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle variadic(String name, int fixed, MemoryLayout result, MemoryLayout... arguments) {
        return link(
                name,
                FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(fixed));
    }

    @SuppressWarnings("restricted") // Sound as long as the descriptors above say what the C headers say.
    private static MethodHandle link(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        MemorySegment address = LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new BrokenInvariant("the C library has no " + name + "; Holdfast needs glibc 2.34"));
        return LINKER.downcallHandle(address, descriptor, options);
    }

    static int open(String path, int flags) {
        MemorySegment state = STATE.get();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cPath = arena.allocateFrom(path);
            return result((int) OPEN.invokeExact(state, cPath, flags, 0), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int close(int descriptor) {
        MemorySegment state = STATE.get();
        try {
            return result((int) CLOSE.invokeExact(state, descriptor), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static long pread(int descriptor, MemorySegment into, long offset) {
        MemorySegment state = STATE.get();
        try {
            return result((long) PREAD.invokeExact(state, descriptor, into, into.byteSize(), offset), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static long pwrite(int descriptor, MemorySegment from, long offset) {
        MemorySegment state = STATE.get();
        try {
            return result((long) PWRITE.invokeExact(state, descriptor, from, from.byteSize(), offset), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static long read(int descriptor, MemorySegment into) {
        MemorySegment state = STATE.get();
        try {
            return result((long) READ.invokeExact(state, descriptor, into, into.byteSize()), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static long write(int descriptor, MemorySegment from) {
        MemorySegment state = STATE.get();
        try {
            return result((long) WRITE.invokeExact(state, descriptor, from, from.byteSize()), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static long lseek(int descriptor, long offset, int whence) {
        MemorySegment state = STATE.get();
        try {
            return result((long) LSEEK.invokeExact(state, descriptor, offset, whence), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int ioctl(int descriptor, long request, MemorySegment argument) {
        MemorySegment state = STATE.get();
        try {
            return result((int) IOCTL.invokeExact(state, descriptor, request, argument), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int rmdir(String path) {
        MemorySegment state = STATE.get();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cPath = arena.allocateFrom(path);
            return result((int) RMDIR.invokeExact(state, cPath), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** {@code pollfds}: 8 bytes each: descriptor, events (short), returned events (short). */
    static int poll(MemorySegment pollfds, long count, int millis) {
        MemorySegment state = STATE.get();
        try {
            return result((int) POLL.invokeExact(state, pollfds, count, millis), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int epollCreate(int flags) {
        MemorySegment state = STATE.get();
        try {
            return result((int) EPOLL_CREATE1.invokeExact(state, flags), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int epollControl(int epoll, int operation, int descriptor, MemorySegment event) {
        MemorySegment state = STATE.get();
        try {
            return result((int) EPOLL_CTL.invokeExact(state, epoll, operation, descriptor, event), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int epollWait(int epoll, MemorySegment events, int most, int millis) {
        MemorySegment state = STATE.get();
        try {
            return result((int) EPOLL_WAIT.invokeExact(state, epoll, events, most, millis), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int eventfd(int flags) {
        MemorySegment state = STATE.get();
        try {
            return result((int) EVENTFD.invokeExact(state, 0, flags), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int socket(int family, int type, int protocol) {
        MemorySegment state = STATE.get();
        try {
            return result((int) SOCKET.invokeExact(state, family, type, protocol), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int bind(int descriptor, MemorySegment address) {
        MemorySegment state = STATE.get();
        int length = (int) address.byteSize();
        try {
            return result((int) BIND.invokeExact(state, descriptor, address, length), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int setsockopt(int descriptor, int level, int option, MemorySegment value) {
        MemorySegment state = STATE.get();
        int length = (int) value.byteSize();
        try {
            return result((int) SETSOCKOPT.invokeExact(state, descriptor, level, option, value, length), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** Use {@link MemorySegment#NULL} for {@code address} on a socket that needs none. */
    static long sendto(int descriptor, MemorySegment from, int flags, MemorySegment address) {
        MemorySegment state = STATE.get();
        int length = (int) address.byteSize();
        try {
            return result(
                    (long) SENDTO.invokeExact(state, descriptor, from, from.byteSize(), flags, address, length), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static long recv(int descriptor, MemorySegment into, int flags) {
        MemorySegment state = STATE.get();
        try {
            return result((long) RECV.invokeExact(state, descriptor, into, into.byteSize(), flags), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int schedSetscheduler(int thread, int policy, MemorySegment parameter) {
        MemorySegment state = STATE.get();
        try {
            return result((int) SCHED_SETSCHEDULER.invokeExact(state, thread, policy, parameter), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int schedGetscheduler(int thread) {
        MemorySegment state = STATE.get();
        try {
            return result((int) SCHED_GETSCHEDULER.invokeExact(state, thread), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int mlockall(int flags) {
        MemorySegment state = STATE.get();
        try {
            return result((int) MLOCKALL.invokeExact(state, flags), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int clockGettime(int clock, MemorySegment timespec) {
        MemorySegment state = STATE.get();
        try {
            return result((int) CLOCK_GETTIME.invokeExact(state, clock, timespec), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int timerCreate(int clock, MemorySegment sigevent, MemorySegment timer) {
        MemorySegment state = STATE.get();
        try {
            return result((int) TIMER_CREATE.invokeExact(state, clock, sigevent, timer), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int timerSettime(MemorySegment timer, int flags, MemorySegment itimerspec) {
        MemorySegment state = STATE.get();
        MemorySegment old = MemorySegment.NULL;
        try {
            return result((int) TIMER_SETTIME.invokeExact(state, timer, flags, itimerspec, old), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int timerGettime(MemorySegment timer, MemorySegment itimerspec) {
        MemorySegment state = STATE.get();
        try {
            return result((int) TIMER_GETTIME.invokeExact(state, timer, itimerspec), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int setns(int descriptor, int type) {
        MemorySegment state = STATE.get();
        try {
            return result((int) SETNS.invokeExact(state, descriptor, type), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int unshare(int flags) {
        MemorySegment state = STATE.get();
        try {
            return result((int) UNSHARE.invokeExact(state, flags), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int pidfdOpen(long pid) {
        return (int) syscall(SYS_PIDFD_OPEN, pid, 0);
    }

    static int pidfdSendSignal(int pidfd, int signal) {
        return (int) syscall(SYS_PIDFD_SEND_SIGNAL, pidfd, signal);
    }

    private static long syscall(long number, long first, long second) {
        MemorySegment state = STATE.get();
        try {
            return result((long) SYSCALL.invokeExact(state, number, first, second, 0L, 0L), state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    static int getuid() {
        MemorySegment state = STATE.get();
        try {
            return (int) GETUID.invokeExact(state);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** Returns 0 or the negated error, like the others (the C function returns it positive). */
    static int getpwnam(MemorySegment name, MemorySegment passwd, MemorySegment strings, MemorySegment found) {
        MemorySegment state = STATE.get();
        try {
            return -(int) GETPWNAM_R.invokeExact(state, name, passwd, strings, strings.byteSize(), found);
        } catch (Throwable t) {
            throw impossible(t);
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

    /** Calls every function once in a way that changes nothing: each links itself fully at its first call only. */
    static void warmUp() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment scratch = arena.allocate(1024, 16);
            int none = -1;
            int _ = open("/", O_RDWR); // EISDIR
            int _ = close(none);
            long _ = pread(none, scratch, 0);
            long _ = pwrite(none, scratch, 0);
            long _ = read(none, scratch);
            long _ = write(none, scratch);
            long _ = lseek(none, 0, SEEK_END);
            int _ = ioctl(none, 0, scratch);
            int _ = rmdir("/"); // EBUSY
            int _ = poll(scratch, 0, 0);
            int _ = epollCreate(none);
            int _ = epollControl(none, EPOLL_CTL_ADD, none, scratch);
            int _ = epollWait(none, scratch, 1, 0);
            int _ = eventfd(none);
            int _ = socket(none, 0, 0);
            int _ = bind(none, scratch);
            int _ = setsockopt(none, 0, 0, scratch);
            long _ = sendto(none, scratch, 0, scratch);
            long _ = recv(none, scratch, 0);
            int _ = schedSetscheduler(0, 0xFFFF, scratch);
            int _ = schedGetscheduler(0);
            int _ = mlockall(0);
            int _ = clockGettime(CLOCK_MONOTONIC, scratch);
            int _ = timerCreate(0xFFFF, scratch, scratch);
            MemorySegment noTimer = MemorySegment.ofAddress(Integer.MAX_VALUE); // An id that the kernel never gave.
            int _ = timerSettime(noTimer, 0, scratch.fill((byte) 0));
            int _ = timerGettime(noTimer, scratch);
            int _ = setns(none, 0);
            int _ = unshare(0);
            int _ = pidfdOpen(none);
            int _ = getuid();
        }
    }

    private static int result(int value, MemorySegment state) {
        return value >= 0 ? value : -state.get(INT, ERRNO_OFFSET);
    }

    private static long result(long value, MemorySegment state) {
        return value >= 0 ? value : -state.get(INT, ERRNO_OFFSET);
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
