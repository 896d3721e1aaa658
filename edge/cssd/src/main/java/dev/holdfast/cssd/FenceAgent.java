package dev.holdfast.cssd;

import dev.holdfast.linux.Cgroup;
import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.model.NodeId;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Drives a fence device through a program that speaks the fence-agents interface: key=value lines on standard input, the
 * exit code is the answer (FenceAgentAPI of the ClusterLabs project). Off is asked for, then verified by status: an agent
 * that only believes it switched off (traps 10 and F1 of the protocol) is no proof, and {@code cycle} is never used.
 *
 * <p>One call at a time: many devices take a single session only. A self-test that is under way gives way to fencing.
 */
final class FenceAgent implements FenceLevels.Device {
    /** Exit codes of action=status. */
    private static final int STATUS_ON = 0;

    private static final int STATUS_OFF = 2;

    /** How long a device is given to show the off that it has reported, and how often it is asked. */
    private static final int VERIFICATIONS = 5;

    private static final Duration BETWEEN_VERIFICATIONS = Duration.ofMillis(500);
    private static final Duration BACKOFF_MIN = Duration.ofMillis(500);
    private static final Duration BACKOFF_MAX = Duration.ofSeconds(5);
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(2);
    private static final int OUTPUT_MAX = 4096;
    private static final int DETAIL_MAX = 120;

    private final ClusterSettings.FenceDevice device;
    private final Cgroup group;
    private final AtomicLong calls = new AtomicLong();
    private final ReentrantLock session = new ReentrantLock(true);
    private volatile @Nullable Thread tester;

    /** @param group below which every call gets a control group, so that it can be killed with all it started */
    FenceAgent(ClusterSettings.FenceDevice device, Cgroup group) {
        this.device = device;
        this.group = group;
    }

    /** What a call came to. */
    private record Answer(int exit, String said) {
        String text() {
            return "exit " + exit + (said.isEmpty() ? "" : ": " + said);
        }
    }

    ClusterSettings.FenceDevice settings() {
        return device;
    }

    @Override
    public int level() {
        return device.level();
    }

    @Override
    public Duration timeout() {
        return device.timeout();
    }

    @Override
    public boolean knows(NodeId node) {
        return device.plugs().containsKey(node);
    }

    @Override
    public String name() {
        return "device " + device.number() + " (" + Path.of(device.agent()).getFileName() + ")";
    }

    /** Returns only once the device said off and a status request confirmed it; a timeout is a failure, never a guess. */
    @Override
    public String off(NodeId victim, BooleanSupplier calledOff) throws FenceFailed, InterruptedException {
        String plug = device.plugs().get(victim);
        if (plug == null) {
            throw new FenceFailed("cluster.conf names no plug of " + name() + " for " + victim);
        }
        Thread testing = tester;
        if (testing != null) {
            testing.interrupt();
        }
        session.lockInterruptibly();
        try {
            Duration pause = BACKOFF_MIN;
            for (int attempt = 0; ; attempt++) {
                if (calledOff.getAsBoolean()) {
                    throw new FenceFailed(name() + ": " + FenceLevels.CALLED_OFF);
                }
                try {
                    return offOnce(plug);
                } catch (FenceFailed e) {
                    if (attempt >= device.retries()) {
                        throw new FenceFailed(name() + ": " + e.getMessage()
                                + (attempt == 0 ? "" : " (after " + (attempt + 1) + " attempts)"));
                    }
                    Thread.sleep(pause); // The device may be busy with somebody else's session.
                    pause = pause.multipliedBy(2).compareTo(BACKOFF_MAX) > 0 ? BACKOFF_MAX : pause.multipliedBy(2);
                }
            }
        } finally {
            session.unlock();
        }
    }

    private String offOnce(String plug) throws FenceFailed, InterruptedException {
        Answer off = call("off", plug);
        if (off.exit() != 0) {
            throw new FenceFailed("action=off plug=" + plug + " ended with " + off.text());
        }
        Answer status = call("status", plug);
        for (int i = 1; status.exit() == STATUS_ON && i < VERIFICATIONS; i++) {
            Thread.sleep(BETWEEN_VERIFICATIONS);
            status = call("status", plug);
        }
        if (status.exit() != STATUS_OFF) {
            throw new FenceFailed(
                    "it said off, but the status of " + plug + " is " + status.text() + " (exit 2 would be off)");
        }
        return "fence agent " + Path.of(device.agent()).getFileName() + ": " + plug + " is off, verified";
    }

    /** Whether the device itself answers. Gives way to fencing. @throws InterruptedException if it had to */
    void monitor() throws FenceFailed, InterruptedException {
        Answer answer = test("monitor", "");
        if (answer.exit() != 0) {
            throw new FenceFailed("monitor ended with " + answer.text());
        }
    }

    /** Whether a node's plug is on. Gives way to fencing. @throws InterruptedException if it had to */
    boolean isOn(NodeId node) throws FenceFailed, InterruptedException {
        Answer answer = test("status", device.plugs().getOrDefault(node, ""));
        return switch (answer.exit()) {
            case STATUS_ON -> true;
            case STATUS_OFF -> false;
            default -> throw new FenceFailed("status ended with " + answer.text());
        };
    }

    private Answer test(String action, String plug) throws FenceFailed, InterruptedException {
        session.lockInterruptibly();
        try {
            tester = Thread.currentThread();
            return call(action, plug);
        } finally {
            tester = null;
            session.unlock();
        }
    }

    private Answer call(String action, String plug) throws FenceFailed, InterruptedException {
        String input = input(action, plug);
        Cgroup own = group.child("fence-" + device.number() + "-" + calls.incrementAndGet());
        try {
            own.create();
            List<String> command = new java.util.ArrayList<>(own.commandPrefix());
            command.add(device.agent());
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            try {
                String[] said = new String[] {""};
                Thread reader = Thread.ofPlatform()
                        .daemon()
                        .name("fence output")
                        .start(() -> said[0] = lastLine(process.getInputStream()));
                try (OutputStream out = process.getOutputStream()) {
                    out.write(input.getBytes(StandardCharsets.UTF_8));
                } catch (IOException e) {
                    // It ended without reading: what it answered tells.
                }
                if (!process.waitFor(device.timeout().toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new FenceFailed("action=" + action + " did not end within "
                            + device.timeout().toSeconds() + " s, and was killed");
                }
                reader.join(KILL_PATIENCE); // What it started may keep the pipe open; the exit code is enough.
                return new Answer(process.exitValue(), reader.isAlive() ? "" : said[0]);
            } finally {
                end(own, process);
            }
        } catch (IOException e) {
            throw new FenceFailed(device.agent() + ": " + e.getMessage());
        }
    }

    /** Ends the agent and whatever it started, also what made itself a session of its own. */
    private static void end(Cgroup own, Process process) throws IOException {
        if (own.populated()) {
            own.kill();
            process.destroyForcibly();
        }
        if (own.awaitEmpty(KILL_PATIENCE)) {
            own.remove();
        }
    }

    private String input(String action, String plug) throws FenceFailed {
        Map<String, String> lines = new LinkedHashMap<>();
        lines.put("action", action);
        if (!plug.isEmpty()) {
            lines.put("plug", plug);
            lines.put("port", plug); // The older name; agents ignore what they do not know.
        }
        lines.putAll(device.parameters());
        if (device.parameterFile().isPresent()) {
            lines.putAll(read(Path.of(device.parameterFile().get())));
        }
        StringBuilder input = new StringBuilder();
        lines.forEach(
                (key, value) -> input.append(key).append('=').append(value).append('\n'));
        return input.toString();
    }

    /** Parameters out of a file that holds secrets, and so must be readable by its owner alone. */
    static Map<String, String> read(Path file) throws FenceFailed {
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            boolean open = permissions.stream().anyMatch(each -> !each.name().startsWith("OWNER_"));
            if (open) {
                throw new FenceFailed(file + " may be used by others than its owner; do: chmod 600 " + file);
            }
            Map<String, String> parameters = new LinkedHashMap<>();
            for (String line : Files.readAllLines(file)) {
                String text = line.strip();
                int equals = text.indexOf('=');
                if (text.isEmpty() || text.startsWith("#")) {
                    continue;
                }
                if (equals < 1) {
                    throw new FenceFailed(file + " has a line that is not NAME=value");
                }
                parameters.put(
                        text.substring(0, equals).strip(),
                        text.substring(equals + 1).strip());
            }
            return parameters;
        } catch (IOException e) {
            throw new FenceFailed("the parameters cannot be read: " + e);
        }
    }

    private static String lastLine(InputStream from) {
        try {
            String text = new String(from.readNBytes(OUTPUT_MAX), StandardCharsets.UTF_8);
            long _ = from.skip(Long.MAX_VALUE); // Or it would block on a full pipe.
            String last = text.lines()
                    .filter(line -> !line.isBlank())
                    .reduce((_, later) -> later)
                    .orElse("")
                    .strip();
            return last.length() > DETAIL_MAX ? last.substring(0, DETAIL_MAX) : last;
        } catch (IOException e) {
            return "";
        }
    }
}
