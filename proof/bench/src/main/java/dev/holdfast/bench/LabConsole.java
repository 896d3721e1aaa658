package dev.holdfast.bench;

import io.avaje.json.mapper.JsonMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A lab as a person works with it: through the commands of {@code ./holdfast lab}, and through what the nodes wrote into their logs. Knows
 * nothing that a user could not see.
 */
public final class LabConsole {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** More than any command of a healthy lab takes; starting everything on a loaded machine is the longest. */
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Path home;
    private final String name;

    /** What a command answered: its exit code, and everything it printed. */
    public record Answer(int exit, String output) {
        public boolean ok() {
            return exit == 0;
        }

        /** The output, if the command succeeded. */
        public String orFail(String doing) throws IOException {
            if (!ok()) {
                throw new IOException(doing + " failed with exit code " + exit + ":\n" + output);
            }
            return output;
        }
    }

    /**
     * How the lab sees a node.
     *
     * @param epoch of the view it is in; -1 if it is in none or does not say
     */
    public record NodeStatus(String name, String power, boolean inView, long epoch, List<String> vips) {}

    /** What {@code crsctl status resource} says about a resource; {@code state} as in "ONLINE on node1". */
    public record ResourceStatus(String name, String type, String target, String state) {
        public boolean onlineOn(String node) {
            return state.equals("ONLINE on " + node);
        }

        public boolean online() {
            return state.startsWith("ONLINE on ");
        }

        /** Where it is online; empty if it is not. */
        public String node() {
            return online() ? state.substring("ONLINE on ".length()) : "";
        }
    }

    /** @param home the directory of the launcher {@code holdfast} */
    public LabConsole(Path home, String name) {
        this.home = home;
        this.name = name;
    }

    /** The lab {@code name} of the Holdfast that this process belongs to. */
    public static LabConsole named(String name) {
        String home = System.getenv("HOLDFAST_HOME");
        if (home == null) {
            throw new IllegalStateException("HOLDFAST_HOME is not set: start this through ./holdfast");
        }
        return new LabConsole(Path.of(home), name);
    }

    public String name() {
        return name;
    }

    public Path agents() {
        return home.resolve("agents");
    }

    /** What the lab keeps on the host about itself; see the manual, "The lab". */
    public Path state() {
        String base = System.getenv("HOLDFAST_LAB_STATE");
        Path labs = base == null ? home.resolve(".holdfast").resolve("lab") : Path.of(base);
        return labs.resolve(name);
    }

    /** Where measurements are kept. */
    Path results() {
        return home.resolve(".holdfast").resolve("bench");
    }

    /** The shared file system of the nodes, as the host sees it. */
    public Path shared() {
        return state().resolve("shared");
    }

    /** The events of a node's daemons; readable also while the node is off. */
    public Path events(String node) {
        return state().resolve("nodes").resolve(node).resolve("log").resolve("events.jsonl");
    }

    /** What the lab itself did to the nodes. */
    public Path labEvents() {
        return state().resolve("events.jsonl");
    }

    public void up(int nodes, String profile, String fencing) throws IOException, InterruptedException {
        lab(List.of("up", "--nodes", Integer.toString(nodes), "--profile", profile, "--fencing", fencing))
                .orFail("bringing up the lab '" + name + "'");
    }

    /** Ends the lab for good; what stands in the way is only told, as there is nobody left to mend it. */
    void takeDown(PrintStream progress) {
        try {
            Answer answer = down();
            if (!answer.ok()) {
                progress.println(answer.output());
            }
        } catch (IOException e) {
            progress.println("the lab could not be taken down: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public Answer down() throws IOException, InterruptedException {
        return lab(List.of("down"));
    }

    /** A lab command that is about a node: {@code power-off}, {@code cut}, … */
    public void fault(String... command) throws IOException, InterruptedException {
        lab(List.of(command)).orFail("lab " + String.join(" ", command));
    }

    /** Any command of the lab; {@code --name} is added. */
    public Answer lab(List<String> command) throws IOException, InterruptedException {
        return run(launcher(command));
    }

    /** A command on a node. */
    public Answer exec(String node, List<String> command) throws IOException, InterruptedException {
        var arguments = new ArrayList<>(List.of("exec", node, "--"));
        arguments.addAll(command);
        return lab(arguments);
    }

    public Answer exec(String node, String... command) throws IOException, InterruptedException {
        return exec(node, List.of(command));
    }

    /** Starts a Java program of this module on the client host; it ends when its standard input is closed. */
    Process startOnClient(Class<?> program, List<String> arguments) throws IOException {
        String lib = System.getenv("HOLDFAST_LIB");
        Path jars = lib == null ? home.resolve(".holdfast").resolve("lib") : Path.of(lib);
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                jars + "/*",
                program.getName()));
        command.addAll(arguments);
        return startOnClient(command);
    }

    /** Starts a command on the client host; what it says on its standard error is to be seen here. */
    Process startOnClient(List<String> words) throws IOException {
        var command = new ArrayList<>(List.of("client", "--"));
        command.addAll(words);
        return new ProcessBuilder(launcher(command))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private List<String> launcher(List<String> command) {
        var full = new ArrayList<>(List.of(home.resolve("holdfast").toString(), "lab", "--name", name));
        full.addAll(command);
        return full;
    }

    private static Answer run(List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("holdfast-", ".out");
        try {
            // Into a file: a daemon that inherited the pipe would keep it open for as long as it lives.
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + " did not end within " + PATIENCE.toSeconds()
                        + " s; it printed:\n" + Files.readString(output));
            }
            return new Answer(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            Files.delete(output);
        }
    }

    /** The public network, {@code a.b.c.0/24}. */
    public String publicNetwork() throws IOException, InterruptedException {
        return String.valueOf(status().get("publicNetwork"));
    }

    public SortedMap<String, NodeStatus> nodes() throws IOException, InterruptedException {
        SortedMap<String, NodeStatus> nodes = new TreeMap<>();
        if (status().get("nodes") instanceof List<?> list) {
            for (Object each : list) {
                if (each instanceof Map<?, ?> node) {
                    List<String> vips = new ArrayList<>();
                    if (node.get("vips") instanceof List<?> addresses) {
                        addresses.forEach(address -> vips.add(String.valueOf(address)));
                    }
                    String nodeName = String.valueOf(node.get("name"));
                    nodes.put(
                            nodeName,
                            new NodeStatus(
                                    nodeName,
                                    String.valueOf(node.get("power")),
                                    Boolean.TRUE.equals(node.get("inView")),
                                    node.get("epoch") instanceof Number epoch ? epoch.longValue() : -1,
                                    List.copyOf(vips)));
                }
            }
        }
        return nodes;
    }

    private Map<String, Object> status() throws IOException, InterruptedException {
        return JSON.fromJsonObject(lab(List.of("status", "-o", "json")).orFail("lab status"));
    }

    /** Waits until all nodes are on and in one view. */
    public void awaitFullView(Duration patience) throws Await.NotReached, InterruptedException {
        Await.that("all nodes are in one view", patience, () -> areInOneView(nodes().values()));
    }

    static boolean areInOneView(Collection<NodeStatus> nodes) {
        return !nodes.isEmpty()
                && nodes.stream().allMatch(NodeStatus::inView)
                && nodes.stream().mapToLong(NodeStatus::epoch).distinct().count() == 1;
    }

    /** All resources, asked on {@code node}. */
    public SortedMap<String, ResourceStatus> resources(String node) throws IOException, InterruptedException {
        String output = exec(node, "crsctl", "status", "resource").orFail("crsctl status resource on " + node);
        SortedMap<String, ResourceStatus> resources = new TreeMap<>();
        for (String block : output.split("\n\n")) {
            Map<String, String> values = new TreeMap<>();
            block.lines().filter(line -> line.contains("=")).forEach(line -> {
                int equals = line.indexOf('=');
                values.put(line.substring(0, equals), line.substring(equals + 1).strip());
            });
            String resource = values.get("NAME");
            if (resource != null) {
                resources.put(
                        resource,
                        new ResourceStatus(
                                resource,
                                values.getOrDefault("TYPE", ""),
                                values.getOrDefault("TARGET", ""),
                                values.getOrDefault("STATE", "")));
            }
        }
        return resources;
    }

    /** Waits until each of these resources is online somewhere, as {@code node} sees it. */
    public void awaitOnline(String node, List<String> resources, Duration patience)
            throws Await.NotReached, InterruptedException {
        Await.that(String.join(", ", resources) + " are online", patience, () -> {
            var all = resources(node);
            return resources.stream().allMatch(each -> {
                ResourceStatus status = all.get(each);
                return status != null && status.online();
            });
        });
    }
}
