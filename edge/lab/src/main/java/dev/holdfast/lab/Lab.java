package dev.holdfast.lab;

import dev.holdfast.lab.LabSettings.Network;
import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.membership.InvalidSettings;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One lab: its networks, its disks, its nodes and the client host. */
final class Lab {
    private static final Logger LOG = LoggerFactory.getLogger(Lab.class);

    /** Room for the voting format and the registry after it; the file is sparse. */
    private static final long IMAGE_BYTES = ClusterSettings.REGISTRY_OFFSET + (1300L << 20);

    private static final Duration IN_VIEW_LIMIT = Duration.ofMinutes(3);
    private static final Duration LOOK_INTERVAL = Duration.ofMillis(100);

    private final LabSettings settings;
    private final Places places;
    private final LabEvents events;
    private final Cabling cabling;
    private final List<LabNode> nodes = new ArrayList<>();
    private @Nullable Process client;
    private long clientPid;

    Lab(LabSettings settings, Places places) {
        this.settings = settings;
        this.places = places;
        events = new LabEvents(places.events());
        cabling = new Cabling(settings);
    }

    /** The lab can't be brought up; the message says where to look. */
    static final class Failed extends Exception {
        private static final long serialVersionUID = 1L;

        Failed(String message) {
            super(message);
        }
    }

    /**
     * Builds everything and returns when all nodes are in one view.
     *
     * @param progress is told each step, for a person who waits
     */
    void up(Consumer<String> progress) throws IOException, InterruptedException, Failed {
        Shell.check(
                List.of(
                        "mount",
                        "-t",
                        "tmpfs",
                        "-o",
                        "mode=700",
                        "holdfast-lab",
                        places.ram().toString()),
                "");
        Files.createDirectories(places.shared());
        Files.setPosixFilePermissions(places.shared(), PosixFilePermissions.fromString("rwxrwxrwx"));
        ClusterSettings cluster = writeConfiguration();

        FutureTask<Void> network = started(() -> {
            cabling.layNetworks();
            startClient();
            return null;
        });
        FuseMounts fuse = new FuseMounts();
        Map<String, FileChannel> images = createImages();
        for (int number = 1; number <= settings.nodeNames().size(); number++) {
            nodes.add(new LabNode(
                    number,
                    settings,
                    places,
                    cabling,
                    events,
                    fuse,
                    images,
                    cluster.timing().watchdog(),
                    this::describe));
        }
        Files.write(places.state().resolve("fuse-connections"), FuseMounts.connections());
        await(network);
        progress.accept("networks " + settings.subnet(Network.PUBLIC) + ", " + settings.subnet(Network.PRIVATE1) + ", "
                + settings.subnet(Network.PRIVATE2) + "; " + settings.votingDisks() + " shared disks; client host");

        List<FutureTask<Void>> boots = nodes.stream()
                .map(node -> started(() -> {
                    node.powerOn();
                    return null;
                }))
                .toList();
        for (FutureTask<Void> boot : boots) {
            await(boot);
        }
        progress.accept("power on: " + String.join(", ", settings.nodeNames()));
        formatDisks();
        progress.accept("disks formatted");
        for (LabNode node : nodes) {
            node.startServices();
        }
        describe();
        awaitView(progress);
    }

    private static FutureTask<Void> started(Callable<Void> work) {
        FutureTask<Void> task = new FutureTask<>(work);
        Thread _ = Thread.ofPlatform().daemon().start(task);
        return task;
    }

    private static void await(FutureTask<Void> task) throws IOException, InterruptedException {
        try {
            task.get();
        } catch (ExecutionException e) {
            throw new IOException(
                    e.getCause() == null ? e.getMessage() : e.getCause().getMessage(), e);
        }
    }

    private ClusterSettings writeConfiguration() throws IOException {
        ClusterFiles files = new ClusterFiles(settings, places);
        Map<String, String> cluster = files.clusterConf();
        try {
            ClusterSettings read = ClusterSettings.read(cluster);
            for (int number = 1; number <= settings.nodeNames().size(); number++) {
                files.write(number, cluster);
            }
            return read;
        } catch (InvalidSettings e) {
            throw new IOException("the lab's own cluster.conf is refused: " + e.getMessage(), e);
        }
    }

    private Map<String, FileChannel> createImages() throws IOException {
        Map<String, FileChannel> images = new HashMap<>();
        for (String disk : settings.disks()) {
            Path image = places.image(disk);
            Files.createDirectories(image.getParent());
            FileChannel channel = FileChannel.open(
                    image, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
            channel.write(java.nio.ByteBuffer.allocate(1), IMAGE_BYTES - 1);
            images.put(disk, channel);
        }
        return images;
    }

    private void startClient() throws IOException, InterruptedException {
        Path cgroup = places.cgroup().resolve("client");
        Path state = places.nodeState("client");
        Files.createDirectories(cgroup);
        Files.createDirectories(state);
        Files.createDirectories(places.nodeRam("client"));
        Process init = NodeProcess.start(
                Map.of(
                        "LAB_ROLE", "client",
                        "LAB_NAME", "client",
                        "LAB_RAM", places.nodeRam("client").toString(),
                        "LAB_STATE", state.toString(),
                        "LAB_CGROUP", cgroup.toString(),
                        "LAB_INTERFACES",
                                "link set lo up\naddr add " + settings.clientAddress()
                                        + "/24 dev pub0\nlink set pub0 up"
                                        + (Cabling.ipv6IsThere()
                                                ? "\n" + Cabling.ipv6(settings.ipv6ClientAddress())
                                                : ""),
                        "LAB_HOSTS", LabNode.hosts(settings)),
                places,
                state.resolve("console.log"));
        var words = init.inputReader(StandardCharsets.UTF_8);
        var orders = init.outputWriter(StandardCharsets.UTF_8);
        clientPid = NodeProcess.awaitPid(words);
        cabling.plugClient(clientPid);
        NodeProcess.tell(orders, "plugged");
        NodeProcess.await(words, "ready");
        NodeProcess.tell(orders, "start");
        client = init;
    }

    /** The voting disks' format is the membership daemon's; its own program writes it, from inside a node. */
    private void formatDisks() throws IOException, InterruptedException, Failed {
        LabNode first = nodes.getFirst();
        List<String> command = new ArrayList<>(enter(first.pid()));
        command.addAll(List.of(
                places.javaHome().resolve("bin/java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                places.lib() + "/*",
                "dev.holdfast.cssd.FormatDisks",
                "/etc/holdfast/cluster.conf"));
        Shell.Outcome outcome = Shell.run(command, "");
        if (outcome.exit() != 0) {
            throw new Failed("formatting the disks failed (exit code " + outcome.exit() + "):\n" + outcome.output());
        }
        LOG.info("disks formatted: {}", outcome.output());
    }

    /** The beginning of a command that is to run in a node. */
    private List<String> enter(long pid) {
        List<String> command =
                new ArrayList<>(List.of("nsenter", "--all", "--target", Long.toString(pid), "env", "-i"));
        NodeProcess.daemonEnvironment(places).forEach((name, value) -> command.add(name + "=" + value));
        return command;
    }

    private void awaitView(Consumer<String> progress) throws InterruptedException, Failed {
        long deadline = System.nanoTime() + IN_VIEW_LIMIT.toNanos();
        List<String> waiting = new ArrayList<>(settings.nodeNames());
        while (!waiting.isEmpty()) {
            for (LabNode node : nodes) {
                if (waiting.contains(node.name())
                        && NodeReport.of(node, places).inView().orElse(false)) {
                    waiting.remove(node.name());
                    progress.accept(node.name() + " is in the view");
                }
            }
            if (waiting.isEmpty()) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new Failed("not in the view after " + IN_VIEW_LIMIT.toSeconds() + " s: "
                        + String.join(", ", waiting) + ". The nodes' logs: "
                        + places.nodeState("*").resolve("log"));
            }
            TimeUnit.NANOSECONDS.sleep(LOOK_INTERVAL.toNanos());
        }
    }

    LabSettings settings() {
        return settings;
    }

    LabEvents events() {
        return events;
    }

    List<LabNode> nodes() {
        return nodes;
    }

    Optional<LabNode> node(String name) {
        return nodes.stream().filter(node -> node.name().equals(name)).findFirst();
    }

    /** Everything at once, as an administrator sees it. */
    Map<String, Object> status() throws InterruptedException {
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("name", settings.name());
        status.put("publicNetwork", settings.subnet(Network.PUBLIC));
        status.put("clientAddress", settings.clientAddress());
        status.put("profile", settings.profile());
        List<FutureTask<Map<String, Object>>> reports = new ArrayList<>();
        for (LabNode node : nodes) {
            FutureTask<Map<String, Object>> task = new FutureTask<>(() -> report(node));
            Thread _ = Thread.ofPlatform().daemon().start(task);
            reports.add(task);
        }
        List<Object> described = new ArrayList<>();
        for (FutureTask<Map<String, Object>> task : reports) {
            try {
                described.add(task.get());
            } catch (ExecutionException e) {
                throw new IllegalStateException("a node's report failed", e);
            }
        }
        status.put("nodes", described);
        status.put(
                "disks",
                settings.disks().stream()
                        .map(disk -> Map.of("name", disk, "path", "/dev/hf/" + disk, "bytes", IMAGE_BYTES))
                        .toList());
        status.put("faults", faults());
        return status;
    }

    private Map<String, Object> report(LabNode node) {
        NodeReport report = NodeReport.of(node, places);
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("name", node.name());
        values.put("power", node.power().name().toLowerCase(java.util.Locale.ROOT));
        values.put("publicAddress", settings.address(node.number(), Network.PUBLIC));
        values.put("inView", report.inView().orElse(null));
        values.put("epoch", report.epoch().orElse(null));
        values.put("vips", report.vips());
        return values;
    }

    private List<Object> faults() {
        List<Object> faults = new ArrayList<>();
        for (LabNode node : nodes) {
            node.linkFaults()
                    .forEach((network, fault) ->
                            faults.add(fault(node, network.name().toLowerCase(java.util.Locale.ROOT), fault.text())));
            for (DiskPath disk : node.disks()) {
                switch (disk.fault()) {
                    case DiskFault.None _ -> {}
                    case DiskFault.Cut _ -> faults.add(fault(node, disk.name(), "cut"));
                    case DiskFault.Hung _ -> faults.add(fault(node, disk.name(), "hung"));
                    case DiskFault.Slow(var delay) -> {
                        Map<String, Object> slow = fault(node, disk.name(), "slow");
                        slow.put("millis", delay.toMillis());
                        faults.add(slow);
                    }
                }
            }
            if (node.power() == LabNode.Power.FROZEN) {
                faults.add(fault(node, "node", "frozen"));
            }
        }
        return faults;
    }

    private static Map<String, Object> fault(LabNode node, String target, String kind) {
        Map<String, Object> fault = new LinkedHashMap<>();
        fault.put("node", node.name());
        fault.put("target", target);
        fault.put("fault", kind);
        return fault;
    }

    /** Writes what the commands that need no daemon look at: where the nodes' processes are. One line each: name, power, number. */
    private synchronized void describe() {
        StringBuilder text = new StringBuilder();
        text.append("client on ").append(clientPid).append('\n');
        for (LabNode node : nodes) {
            text.append(node.name())
                    .append(' ')
                    .append(node.power().name().toLowerCase(java.util.Locale.ROOT))
                    .append(' ')
                    .append(node.pid())
                    .append('\n');
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", settings.name());
        json.put("index", settings.index());
        json.put("publicNetwork", settings.subnet(Network.PUBLIC));
        json.put("nodeNames", settings.nodeNames());
        json.put(
                "addresses",
                IntStream.rangeClosed(1, settings.nodeNames().size())
                        .mapToObj(i -> settings.address(i, Network.PUBLIC))
                        .toList());
        json.put("profile", settings.profile());
        json.put("votingDisks", settings.votingDisks());
        json.put("fencing", settings.fencing().name().toLowerCase(java.util.Locale.ROOT));
        json.put("home", places.home().toString());
        try {
            replace(places.state().resolve("lab.json"), Json.text(json) + "\n");
            replace(places.state().resolve("processes"), text.toString());
        } catch (IOException e) {
            LOG.error("the lab's description could not be written", e);
        }
    }

    private static void replace(Path file, String text) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(draft, text);
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
