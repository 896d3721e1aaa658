package dev.holdfast.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A virtual machine of qemu, emulated (TCG), so that it needs no permission of the host. A reset ends it, and is told by
 * qemu itself. Whatever it says is stamped with this host's monotonic clock when it arrives here; its own timers run on the
 * same clock, as qemu does not slow them down.
 */
final class Guest implements AutoCloseable {
    private static final Pattern OWN_WORD = Pattern.compile("HOLDFAST (\\d+\\.\\d+) (\\S+)(?: (.*))?");
    private static final Pattern QEMU_EVENT = Pattern.compile("\"event\": \"([A-Z_]+)\"");
    private static final Pattern SHUTDOWN_REASON = Pattern.compile("\"reason\": \"([a-z-]+)\"");

    /**
     * Something that happened, on the host's monotonic clock.
     *
     * @param word what the guest's script said first, or QEMU:EVENT
     */
    record Said(long nanos, String word, String rest) {}

    private final Process qemu;
    private final Path console;
    private final LinkedBlockingQueue<Said> heard = new LinkedBlockingQueue<>();
    private final List<Said> all = new ArrayList<>();

    private Guest(Process qemu, Path console) {
        this.qemu = qemu;
        this.console = console;
    }

    /**
     * Boots it.
     *
     * @param place the kernel, initramfs and disk that verify-watchdog.sh made; the console's text goes there too
     * @param device what is plugged in beside a plain machine
     * @param options for the guest's script, on the kernel's command line
     */
    static Guest boot(Path place, String name, List<String> device, String options)
            throws IOException, InterruptedException {
        Path socket = place.resolve("qmp.sock");
        Files.deleteIfExists(socket);
        List<String> command = new ArrayList<>(List.of(
                "qemu-system-x86_64",
                "-machine",
                "pc",
                "-accel",
                "tcg",
                "-cpu",
                "max",
                "-smp",
                "2",
                "-m",
                "1024",
                "-nodefaults",
                "-display",
                "none",
                "-serial",
                "stdio",
                "-qmp",
                "unix:" + socket + ",server=on,wait=off",
                "-no-reboot",
                "-action",
                "watchdog=reset",
                "-kernel",
                place.resolve("kernel/vmlinuz").toString(),
                "-initrd",
                place.resolve("initramfs").toString(),
                // The guest's disk is as fresh in every boot as it was made.
                "-drive",
                "file=" + place.resolve("disk") + ",format=raw,if=virtio,snapshot=on",
                "-append",
                // Panic stops the kernel instead of resetting it: then only a watchdog can.
                "console=ttyS0 panic=0 random.trust_cpu=on quiet " + options));
        command.addAll(device);
        Process process = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .start();
        Guest guest = new Guest(process, place.resolve("console-" + name + ".log"));
        Thread.ofPlatform().daemon().name("console").start(guest::readConsole);
        SocketChannel channel = guest.connect(socket);
        Thread.ofPlatform().daemon().name("qmp").start(() -> guest.readEvents(channel));
        return guest;
    }

    /** The next time one of {@code words} is said; empty if the guest ended, or said none, within {@code patience}. */
    Optional<Said> await(Duration patience, String... words) throws InterruptedException {
        List<String> wanted = List.of(words);
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            Said said = heard.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (said == null) {
                return Optional.empty();
            }
            all.add(said);
            if (wanted.contains(said.word())) {
                return Optional.of(said);
            }
        }
    }

    /** What was said up to what {@link #await} answered last. */
    List<Said> said() {
        return List.copyOf(all);
    }

    Path console() {
        return console;
    }

    private SocketChannel connect(Path socket) throws IOException, InterruptedException {
        while (true) {
            try {
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                channel.connect(UnixDomainSocketAddress.of(socket));
                channel.write(StandardCharsets.UTF_8.encode("{\"execute\": \"qmp_capabilities\"}\n"));
                return channel;
            } catch (IOException e) {
                // It makes the socket before it does anything else; until then there is nothing to wait on.
                if (qemu.waitFor(50, TimeUnit.MILLISECONDS)) {
                    throw new IOException(
                            "qemu ended with %d at once; what it said is in %s".formatted(qemu.exitValue(), console),
                            e);
                }
            }
        }
    }

    private void readConsole() {
        try (BufferedReader lines = qemu.inputReader(StandardCharsets.ISO_8859_1)) {
            Files.deleteIfExists(console);
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                long now = System.nanoTime();
                Files.writeString(console, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                Matcher own = OWN_WORD.matcher(line);
                if (own.find()) {
                    heard.add(new Said(now, own.group(2), text(own.group(3))));
                }
            }
        } catch (IOException e) {
            heard.add(new Said(System.nanoTime(), "failed", "the console could not be followed: " + e.getMessage()));
        }
    }

    private void readEvents(SocketChannel channel) {
        try (var lines =
                new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Matcher event = QEMU_EVENT.matcher(line);
                if (event.find()) {
                    Matcher reason = SHUTDOWN_REASON.matcher(line);
                    heard.add(new Said(
                            System.nanoTime(), "QEMU:" + event.group(1), reason.find() ? reason.group(1) : ""));
                }
            }
        } catch (IOException e) {
            // The guest is over, and its last event was told.
        }
        heard.add(new Said(System.nanoTime(), "QEMU:GONE", ""));
    }

    private static String text(@Nullable String rest) {
        return rest == null ? "" : rest;
    }

    @Override
    public void close() {
        qemu.destroyForcibly().onExit().join();
    }
}
