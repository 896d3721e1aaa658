package dev.holdfast.cssd;

import dev.holdfast.linux.Machine;
import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.membership.InvalidSettings;
import dev.holdfast.model.NodeId;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;

/**
 * What only this node is told, from {@code node.conf}.
 *
 * @param self which of the configured nodes this is
 * @param watchdog the device, if there is one
 * @param sysrq the kernel file by which a machine that cannot let go is reset; empty with {@code reset=none}
 */
record NodeConf(NodeId self, Optional<Path> watchdog, Optional<Path> sysrq) {

    static NodeConf read(Map<String, String> raw, ClusterSettings cluster) throws InvalidSettings {
        List<String> problems = new ArrayList<>();
        TreeMap<String, String> rest = new TreeMap<>(raw);
        String node = rest.remove("node");
        String watchdog = rest.remove("watchdog");
        String reset = rest.remove("reset");
        NodeId self = new NodeId(1);
        try {
            self = new NodeId(Integer.parseInt(String.valueOf(node).trim()));
            if (!cluster.nodes().containsKey(self)) {
                problems.add("node=" + node + ": cluster.conf has no node." + node + ".name");
            }
        } catch (IllegalArgumentException e) {
            problems.add("node must be this node's number in cluster.conf, got '" + node + "'");
        }
        if (reset != null && !reset.equals("sysrq") && !reset.equals("none") && !reset.startsWith("/")) {
            problems.add(
                    "reset must be sysrq, none, or the absolute path of the sysrq-trigger file, got '" + reset + "'");
        }
        for (String unknown : rest.keySet()) {
            problems.add("unknown key '" + unknown + "'; known are node, watchdog, reset");
        }
        if (!problems.isEmpty()) {
            throw new InvalidSettings(problems);
        }
        Optional<Path> sysrq = reset == null || reset.equals("sysrq")
                ? Optional.of(Machine.SYSRQ_TRIGGER)
                : Optional.of(reset).filter(path -> !path.equals("none")).map(Path::of);
        return new NodeConf(self, Optional.ofNullable(watchdog).map(Path::of), sysrq);
    }

    static Map<String, String> load(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        }
        Map<String, String> map = new TreeMap<>();
        properties.stringPropertyNames().forEach(key -> map.put(key, properties.getProperty(key)));
        return map;
    }
}
