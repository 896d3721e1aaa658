package dev.holdfast.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The last guard on a real kernel: boots guests in which the cssd that ships holds a watchdog of a real driver, is member of a
 * cluster of one node on a virtual disk, and ends in different ways. See {@code verify-watchdog.sh} for what is in the guest.
 *
 * <pre>
 *   leave   cssd pets for three timeouts: no reset. Then SIGTERM: it leaves, and disarms (magic close): no reset
 *   kill    SIGKILL: the kernel closes the device without the magic character, and resets W after
 *   stop    SIGSTOP: the kernel timer kills cssd at t0+L, which pings the device once more, and the reset comes by t0+L+W
 *   crash   the kernel itself dies: hardware resets W after the last pet, softdog never does, as it died too
 * </pre>
 */
public final class VerifyWatchdog {
    /** As in the guest's cluster.conf (verify-watchdog.sh). */
    private static final Duration LEASE = Duration.ofSeconds(10);

    private static final Duration WATCHDOG = Duration.ofSeconds(10);
    private static final Duration GRANULARITY = Duration.ofSeconds(1);
    private static final Duration POLL = Duration.ofMillis(500);

    /** An emulated processor on a busy host; what is measured begins later. */
    private static final Duration BOOT_PATIENCE = Duration.ofMinutes(8);

    private enum Device {
        I6300ESB,
        SOFTDOG;

        /** What is plugged into the guest. */
        private List<String> plug() {
            return this == I6300ESB ? List.of("-device", "i6300esb") : List.of();
        }

        private boolean outlivesKernel() {
            return this == I6300ESB;
        }

        private String module() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private enum Ending {
        LEAVE,
        KILL,
        STOP,
        CRASH;

        private String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** From the ending to the reset, at the latest. */
        private Duration latest() {
            return this == STOP ? LEASE.plus(WATCHDOG).plus(GRANULARITY) : WATCHDOG.plus(GRANULARITY);
        }

        /** And at the earliest; before that the device was not petted as it should. */
        private Duration earliest() {
            Duration sinceLastPet = POLL.plus(GRANULARITY);
            return latest().minus(GRANULARITY).minus(sinceLastPet);
        }
    }

    private record Verdict(boolean good, String text) {}

    private VerifyWatchdog() {}

    /** Exit codes: 0 all as it must be, 1 something was not, 2 wrong usage. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        List<Device> devices = new ArrayList<>(List.of(Device.values()));
        List<Ending> endings = new ArrayList<>(List.of(Ending.values()));
        for (int i = 0; i < arguments.length; i += 2) {
            String value = i + 1 < arguments.length ? arguments[i + 1] : "";
            switch (arguments[i]) {
                case "--device" -> devices.removeIf(each -> !each.module().equals(value));
                case "--ending" -> endings.removeIf(each -> !each.word().equals(value));
                default -> devices.clear();
            }
        }
        if (devices.isEmpty() || endings.isEmpty()) {
            System.err.println(
                    "usage: holdfast verify-watchdog [--device i6300esb|softdog] [--ending leave|kill|stop|crash]");
            System.exit(2);
        }
        Path place = Path.of(System.getProperty("holdfast.guest", "."));
        System.out.printf(
                "The guest's cssd: L = %d s, W = %d s, g = %d s; so a stopped one is harmless within S = %d s%n",
                LEASE.toSeconds(),
                WATCHDOG.toSeconds(),
                GRANULARITY.toSeconds(),
                Ending.STOP.latest().toSeconds());
        boolean good = true;
        for (Device device : devices) {
            for (Ending ending : endings) {
                Verdict verdict = run(place, device, ending);
                good &= verdict.good();
                System.out.printf(
                        "%-9s %-6s %s  %s%n",
                        device.module(), ending.word(), verdict.good() ? "ok    " : "FAILED", verdict.text());
            }
        }
        System.exit(good ? 0 : 1);
    }

    private static Verdict run(Path place, Device device, Ending ending) throws IOException, InterruptedException {
        Duration calm = WATCHDOG.multipliedBy(3);
        String options = "holdfast.module=%s holdfast.ending=%s holdfast.calm=%d "
                .formatted(device.module(), ending.word(), calm.toSeconds());
        try (Guest guest = Guest.boot(place, device.module() + "-" + ending.word(), device.plug(), options)) {
            Verdict verdict = ending == Ending.LEAVE ? leave(guest) : reset(guest, device, ending);
            return verdict.good()
                    ? verdict
                    : new Verdict(false, verdict.text() + "; the guest's console: " + guest.console());
        }
    }

    /** Nothing resets it while it is petted, nor after the magic close. */
    private static Verdict leave(Guest guest) throws InterruptedException {
        Optional<Guest.Said> end =
                guest.await(BOOT_PATIENCE, "quiet", "failed", "QEMU:WATCHDOG", "QEMU:SHUTDOWN", "QEMU:GONE");
        List<String> told = guest.said().stream()
                .filter(each -> List.of("member", "petted", "left", "quiet").contains(each.word()))
                .map(each -> each.word() + " " + each.rest())
                .toList();
        boolean armed = told.stream().anyMatch(each -> each.startsWith("petted") && each.contains(" active"));
        boolean disarmed = told.stream().anyMatch(each -> each.startsWith("quiet") && each.contains(" inactive"));
        boolean good = end.isPresent() && end.get().word().equals("quiet") && armed && disarmed;
        return new Verdict(
                good,
                good
                        ? "no reset: " + String.join("; ", told)
                        : "%s, after: %s"
                                .formatted(end.map(VerifyWatchdog::text).orElse("nothing more was heard"), told));
    }

    private static Verdict reset(Guest guest, Device device, Ending ending) throws InterruptedException {
        Optional<Guest.Said> began =
                guest.await(BOOT_PATIENCE, "ending", "failed", "QEMU:WATCHDOG", "QEMU:SHUTDOWN", "QEMU:GONE");
        if (began.isEmpty() || !began.get().word().equals("ending")) {
            return new Verdict(
                    false,
                    "the guest did not come so far: "
                            + began.map(VerifyWatchdog::text).orElse("nothing more was heard"));
        }
        boolean expected = ending != Ending.CRASH || device.outlivesKernel();
        Duration patience = ending.latest().multipliedBy(3);
        Optional<Guest.Said> end =
                guest.await(patience, "failed", "QEMU:WATCHDOG", "QEMU:RESET", "QEMU:SHUTDOWN", "QEMU:GONE");
        if (end.isEmpty()) {
            return new Verdict(
                    !expected,
                    expected
                            ? "no reset within %d s".formatted(patience.toSeconds())
                            : "no reset within %d s, as expected: it died with the kernel, and never counts for a takeover"
                                    .formatted(patience.toSeconds()));
        }
        long took = end.get().nanos() - began.get().nanos();
        boolean isReset =
                !end.get().word().equals("failed") && !end.get().word().equals("QEMU:GONE");
        boolean good = expected
                && isReset
                && took >= ending.earliest().toNanos()
                && took <= ending.latest().toNanos();
        String closed = guest.said().stream()
                .filter(each -> each.word().equals("ended"))
                .findFirst()
                .map(each -> "; the kernel killed cssd after %.2f s"
                        .formatted((each.nanos() - began.get().nanos()) / 1e9))
                .filter(_ -> ending == Ending.STOP)
                .orElse("");
        return new Verdict(
                good,
                "reset %.2f s after the end began (must be %.1f to %.1f s; %s)%s"
                        .formatted(
                                took / 1e9,
                                ending.earliest().toMillis() / 1e3,
                                ending.latest().toMillis() / 1e3,
                                text(end.get()),
                                closed));
    }

    private static String text(Guest.Said said) {
        return said.rest().isEmpty() ? said.word() : said.word() + " " + said.rest();
    }
}
