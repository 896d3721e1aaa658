package dev.holdfast.linux;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Namespaces of our own, each held by a shell that ends when its input does, so also when this JVM is killed: then the kernel takes
 * everything in it away. The shell runs commands inside.
 */
final class Sandbox implements AutoCloseable {
    /** How long tests wait for what must happen. Long, because only a failure waits that long. */
    static final long PATIENCE_SECONDS = 30;

    private static final String END_OF_COMMAND = "=exit=";

    private final Process holder;
    private final BufferedReader output;

    private Sandbox(Process holder) {
        this.holder = holder;
        this.output = holder.inputReader(StandardCharsets.UTF_8);
    }

    /** @param kinds options of unshare: {@code --net}, {@code --mount} */
    static Sandbox create(String... kinds) throws IOException {
        demandRoot();
        List<String> words = new ArrayList<>(List.of("unshare"));
        words.addAll(List.of(kinds));
        words.addAll(List.of("/bin/sh"));
        var sandbox =
                new Sandbox(new ProcessBuilder(words).redirectErrorStream(true).start());
        sandbox.run("true"); // Once this has answered, the namespaces exist.
        return sandbox;
    }

    static void demandRoot() {
        assumeTrue(Account.ownUid() == 0, "needs root: makes namespaces, control groups and raw sockets");
    }

    /** Runs a shell command inside and returns what it printed. */
    String run(String command) throws IOException {
        var input = holder.outputWriter(StandardCharsets.UTF_8);
        input.write(command + "\necho " + END_OF_COMMAND + "$?\n");
        input.flush();
        var printed = new StringBuilder();
        while (true) {
            String line = output.readLine();
            if (line == null) {
                throw new IOException("the sandbox ended during: " + command + "\n" + printed);
            }
            if (line.startsWith(END_OF_COMMAND)) {
                if (!line.equals(END_OF_COMMAND + "0")) {
                    throw new IOException(command + " failed:\n" + printed);
                }
                return printed.toString();
            }
            printed.append(line).append('\n');
        }
    }

    long pid() {
        return holder.pid();
    }

    NetworkNamespace network() {
        return NetworkNamespace.of(pid());
    }

    Netlink netlink() throws Exception {
        return network().call(Netlink::open);
    }

    ArpSocket arp(String link) throws Exception {
        return network().call(() -> {
            try (Netlink netlink = Netlink.open()) {
                return ArpSocket.open(netlink.link(link).orElseThrow());
            }
        });
    }

    @Override
    public void close() throws IOException {
        holder.outputWriter().close();
        try {
            if (!holder.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                holder.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs a command outside, as this process, and returns what it printed. */
    static String output(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed;
        try (var reader = new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)) {
            printed = reader.readAllAsString();
        }
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        return printed.strip();
    }
}
