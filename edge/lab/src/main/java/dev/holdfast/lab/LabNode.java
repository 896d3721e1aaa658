package dev.holdfast.lab;

import dev.holdfast.lab.LabSettings.Network;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A machine of the lab, from outside: its power, its cables, its paths to the disks, its watchdog. All that runs on it are the
 * processes of one pid namespace, which end with its init.
 */
final class LabNode {
    private static final Logger LOG = LoggerFactory.getLogger(LabNode.class);

    /** How long the machine is dark when it is reset. */
    private static final Duration RESET = Duration.ofSeconds(1);

    /** How long a kill may take; the worst of twelve measured was 84 ms, with memory to give back. */
    private static final Duration KILL_LIMIT = Duration.ofSeconds(20);

    /** A process that is stuck in the kernel can't be frozen; the others are, meanwhile. */
    private static final Duration FREEZE_LIMIT = Duration.ofSeconds(2);

    private static final int SIGHUP_EXIT = 128 + 1;

    private final int number;
    private final String name;
    private final LabSettings settings;
    private final Places places;
    private final Cabling cabling;
    private final LabEvents events;
    private final Runnable changed;
    private final PowerGate gate;
    private final List<DiskPath> disks;
    private final NodeDevices devices;

    // Changed by the one who holds this node's lock, read by anybody: who asks for the status must not wait for a power
    // switch.
    private volatile Map<Network, LinkFault> linkFaults = Map.of();
    private volatile @Nullable Life life;
    private volatile boolean frozen;
    private long powerChanges;

    /** From a power-on to the end of the node's init. */
    private record Life(Process init, long pid, BufferedWriter orders) {}

    /** What an administrator sees of the power. */
    enum Power {
        ON,
        OFF,
        FROZEN
    }

    LabNode(
            int number,
            LabSettings settings,
            Places places,
            Cabling cabling,
            LabEvents events,
            FuseMounts fuse,
            Map<String, FileChannel> images,
            Duration watchdogTimeout,
            Runnable changed)
            throws IOException {
        this.number = number;
        this.name = settings.nodeNames().get(number - 1);
        this.settings = settings;
        this.places = places;
        this.cabling = cabling;
        this.events = events;
        this.changed = changed;
        gate = new PowerGate();
        disks = new ArrayList<>();
        for (String disk : settings.disks()) {
            var image = images.get(disk);
            if (image == null) {
                throw new IllegalArgumentException("no image for " + disk);
            }
            DiskPath path = new DiskPath(disk, image, gate, fuse.errno());
            disks.add(path);
            fuse.mount(path, places.fuse(name).resolve(disk), "holdfast-" + disk);
        }
        WatchdogTimer watchdog = new WatchdogTimer(name, watchdogTimeout, new WatchdogEvents(watchdogTimeout));
        devices = new NodeDevices(watchdog, gate, fuse.errno(), new RequestsOfTheNode());
        fuse.mount(devices, places.fuse(name).resolve("devices"), "holdfast-devices");
    }

    private final class WatchdogEvents implements WatchdogTimer.Listener {
        private final Duration timeout;

        WatchdogEvents(Duration timeout) {
            this.timeout = timeout;
        }

        @Override
        public void armed() {
            events.note(name, "watchdog-armed", "timeout " + timeout.toMillis() + " ms");
        }

        @Override
        public void disarmed() {
            events.note(name, "watchdog-disarmed", "closed in order");
        }

        @Override
        public void expired() {
            events.note(name, "watchdog-expired", "not petted for " + timeout.toMillis() + " ms; the node is reset");
            inBackground("watchdog reset", LabNode.this::reset);
        }
    }

    private final class RequestsOfTheNode implements NodeDevices.SystemRequests {
        @Override
        public void resetNow() {
            events.note(name, "reset-asked", "by the node itself, through sysrq");
            inBackground("reset", LabNode.this::reset);
        }

        @Override
        public void powerOffNow() {
            events.note(name, "power-off-asked", "by the node itself, through sysrq");
            inBackground("power off", LabNode.this::powerOff);
        }
    }

    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    private void inBackground(String what, Work work) {
        Thread _ = Thread.ofPlatform().daemon().name(name + " " + what).start(() -> {
            try {
                work.run();
            } catch (IOException e) {
                LOG.error("{}: {} failed", name, what, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    int number() {
        return number;
    }

    String name() {
        return name;
    }

    List<DiskPath> disks() {
        return disks;
    }

    Power power() {
        return life == null ? Power.OFF : frozen ? Power.FROZEN : Power.ON;
    }

    /** Number of the init process as the lab daemon sees it; 0 while the power is off. */
    long pid() {
        Life present = life;
        return present == null ? 0 : present.pid();
    }

    Map<Network, LinkFault> linkFaults() {
        return linkFaults;
    }

    /** Builds the machine and brings it up to where a service manager would start; see {@link #startServices}. */
    synchronized void powerOn() throws IOException, InterruptedException {
        if (life != null) {
            return;
        }
        powerChanges++;
        Path cgroup = places.cgroup().resolve(name);
        Files.createDirectories(cgroup);
        Path state = places.nodeState(name);
        Files.createDirectories(state.resolve("log"));
        Files.createDirectories(places.nodeRam(name));
        devices.reset();
        gate.open();
        Process init = NodeProcess.start(environment(), places, state.resolve("log/console.log"));
        BufferedReader words = init.inputReader(StandardCharsets.UTF_8);
        BufferedWriter orders = init.outputWriter(StandardCharsets.UTF_8);
        try {
            long pid = NodeProcess.awaitPid(words);
            // Out of the node's group: a frozen parent could not tell that its child is gone.
            Files.writeString(places.cgroup().resolve("labd").resolve("cgroup.procs"), Long.toString(init.pid()));
            cabling.plug(number, pid, linkFaults);
            NodeProcess.tell(orders, "plugged");
            NodeProcess.await(words, "ready");
            life = new Life(init, pid, orders);
        } catch (IOException e) {
            gate.shut();
            init.destroyForcibly();
            throw new IOException(
                    name + " did not come up: " + e.getMessage() + "; see " + state.resolve("log/console.log"), e);
        }
        Thread _ = Thread.ofPlatform().daemon().name(name + " init").start(() -> listen(init, words));
        events.note(name, "power-on", "");
        changed.run();
    }

    /** Lets the node's init start cssd. */
    synchronized void startServices() throws IOException {
        Life present = life;
        if (present != null) {
            NodeProcess.tell(present.orders(), "start");
        }
    }

    /** Notes what init says; its end that nobody here asked for is a halt or a reboot from within. */
    private void listen(Process init, BufferedReader words) {
        try {
            for (String word = words.readLine(); word != null; word = words.readLine()) {
                if (word.startsWith("cssd ")) {
                    events.note(name, "cssd-exit", "exit code " + word.substring("cssd ".length()));
                }
            }
        } catch (IOException e) {
            LOG.debug("{}: init is not heard any more: {}", name, e.toString());
        }
        try {
            int exit = init.waitFor();
            synchronized (this) {
                Life present = life;
                if (present == null || !present.init().equals(init)) {
                    return;
                }
                events.note(name, "halted", "init ended by itself, " + exit);
                powerOff();
                if (exit == SIGHUP_EXIT) {
                    powerOnLater();
                }
            }
        } catch (IOException e) {
            LOG.error("{}: cleaning up after init", name, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * First the cables go dark, then the way to the disks is shut, then everything is killed. Returns only when no process of the
     * node is left.
     */
    synchronized void powerOff() throws IOException, InterruptedException {
        powerChanges++;
        Life ending = life;
        if (ending == null) {
            return;
        }
        long began = System.nanoTime();
        events.note(began, name, "power-off-begin", "");
        cabling.darken(number);
        long dark = System.nanoTime();
        // Killed first: threads that are let go by the gate must not get to run on. Every process of the pid namespace
        // goes with its
        // init, and the process waited for, init's parent outside, ends only after all of them did.
        ProcessHandle.of(ending.pid()).ifPresent(ProcessHandle::destroyForcibly);
        gate.shut();
        if (!ending.init().waitFor(KILL_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IOException(name + " is still there " + KILL_LIMIT.toSeconds() + " s after it was killed");
        }
        life = null;
        // Commands that were run in the node have a parent outside.
        Files.writeString(places.cgroup().resolve(name).resolve("cgroup.kill"), "1");
        if (frozen) {
            frozen = false;
            Files.writeString(places.cgroup().resolve(name).resolve("cgroup.freeze"), "0");
        }
        devices.reset();
        removeControlGroupsBelow(places.cgroup().resolve(name));
        events.note(
                name,
                "power-off",
                "dark after %.1f ms, off after %.1f ms"
                        .formatted((dark - began) / 1e6, (System.nanoTime() - began) / 1e6));
        changed.run();
    }

    /** What the node's daemons created; a new boot must not find groups of the last. */
    private static void removeControlGroupsBelow(Path group) throws IOException {
        try (var children = Files.list(group)) {
            for (Path child : children.filter(Files::isDirectory).toList()) {
                removeControlGroupsBelow(child);
                try {
                    Files.delete(child);
                } catch (IOException e) {
                    LOG.warn("{} could not be removed: {}", child, e.toString());
                }
            }
        }
    }

    /** Power off, and on again after a moment, unless somebody else throws the switch in between. */
    synchronized void reset() throws IOException, InterruptedException {
        if (life == null) {
            return;
        }
        powerOff();
        powerOnLater();
    }

    private synchronized void powerOnLater() {
        long expected = powerChanges;
        inBackground("power on", () -> {
            TimeUnit.NANOSECONDS.sleep(RESET.toNanos());
            synchronized (this) {
                if (powerChanges == expected) {
                    powerOn();
                    startServices();
                }
            }
        });
    }

    synchronized void freeze() throws IOException, InterruptedException {
        frozen = true;
        setFrozen(1);
        events.note(name, "freeze", "");
        changed.run();
    }

    synchronized void thaw() throws IOException, InterruptedException {
        frozen = false;
        setFrozen(0);
        events.note(name, "thaw", "");
        changed.run();
    }

    private void setFrozen(int value) throws IOException, InterruptedException {
        Path group = places.cgroup().resolve(name);
        Files.writeString(group.resolve("cgroup.freeze"), Integer.toString(value));
        long deadline = System.nanoTime() + FREEZE_LIMIT.toNanos();
        while (!Files.readString(group.resolve("cgroup.events")).contains("frozen " + value)) {
            if (System.nanoTime() > deadline) {
                events.note(name, "freeze-incomplete", "a process is stuck in the kernel, all others are frozen");
                return;
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    /** Kills with signal 9, at once and all of them, what runs one of these main classes; true if anything did. */
    boolean kill(List<String> mainClasses) throws IOException {
        List<ProcessHandle> found = new Daemons(places.cgroup().resolve(name)).running(mainClasses);
        found.forEach(ProcessHandle::destroyForcibly);
        return !found.isEmpty();
    }

    synchronized void cut(Network network, LinkFault fault) throws IOException, InterruptedException {
        LinkFault before = linkFaults.get(network);
        if (before != fault) {
            mend(network);
            if (life != null) {
                cabling.cut(number, network, fault);
            }
            Map<Network, LinkFault> more = new EnumMap<>(Network.class);
            more.putAll(linkFaults);
            more.put(network, fault);
            linkFaults = Collections.unmodifiableMap(more);
        }
        changed.run();
    }

    synchronized void mend(Network network) throws IOException, InterruptedException {
        LinkFault fault = linkFaults.get(network);
        if (fault != null) {
            // A loss lies on the name of the port, and would be there again with the port of the next power-on.
            if (life != null || fault != LinkFault.CUT) {
                cabling.mend(number, network, fault);
            }
            Map<Network, LinkFault> fewer = new EnumMap<>(Network.class);
            fewer.putAll(linkFaults);
            fewer.remove(network);
            linkFaults = Collections.unmodifiableMap(fewer);
        }
        changed.run();
    }

    private Map<String, String> environment() {
        List<String> lines = new ArrayList<>(List.of("link set lo up"));
        for (Network network : Network.values()) {
            lines.add("addr add " + settings.address(number, network) + "/24 dev " + network.interfaceName);
            lines.add("link set " + network.interfaceName + " up");
            if (network == Network.PUBLIC && Cabling.ipv6IsThere()) {
                lines.add(Cabling.ipv6(settings.ipv6Address(number)));
            }
        }
        return Map.of(
                "LAB_ROLE", "node",
                "LAB_NAME", name,
                "LAB_RAM", places.nodeRam(name).toString(),
                "LAB_STATE", places.nodeState(name).toString(),
                "LAB_CGROUP", places.cgroup().resolve(name).toString(),
                "LAB_FUSE", places.fuse(name).toString(),
                "LAB_DISKS", String.join(" ", settings.disks()),
                "LAB_INTERFACES", String.join("\n", lines),
                "LAB_HOSTS", hosts(settings));
    }

    /** The lines of every machine's /etc/hosts. */
    static String hosts(LabSettings settings) {
        String nodes = IntStream.rangeClosed(1, settings.nodeNames().size())
                .mapToObj(i -> settings.address(i, Network.PUBLIC) + " "
                        + settings.nodeNames().get(i - 1))
                .collect(Collectors.joining("\n"));
        return nodes + "\n" + settings.clientAddress() + " client";
    }
}
