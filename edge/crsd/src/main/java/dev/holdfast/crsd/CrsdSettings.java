package dev.holdfast.crsd;

import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.membership.InvalidSettings;
import dev.holdfast.model.NodeId;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.TreeMap;

/** What crsd is told: the cluster's settings, which node this is, and the cluster's key. Refused whole if wrong. */
@SuppressWarnings("ArrayRecordComponent") // The key: compared by nobody, and never shown.
record CrsdSettings(ClusterSettings cluster, NodeId self, byte[] clusterKey) {
    private static final int KEY_BYTES = 32;

    static CrsdSettings read(Path etc) throws InvalidSettings, IOException {
        ClusterSettings cluster = ClusterSettings.read(properties(etc.resolve("cluster.conf")));
        NodeId self = self(properties(etc.resolve("node.conf")), cluster, etc.resolve("node.conf"));
        return new CrsdSettings(cluster, self, key(etc.resolve("cluster.key")));
    }

    @Override
    public String toString() {
        return cluster.name() + "/" + selfName();
    }

    String selfName() {
        return cluster.nameOf(self);
    }

    private static TreeMap<String, String> properties(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        }
        TreeMap<String, String> result = new TreeMap<>();
        properties.stringPropertyNames().forEach(key -> result.put(key, properties.getProperty(key)));
        return result;
    }

    private static NodeId self(TreeMap<String, String> raw, ClusterSettings cluster, Path file) throws InvalidSettings {
        String text = raw.getOrDefault("node", "").trim();
        try {
            NodeId self = new NodeId(Integer.parseInt(text));
            if (cluster.nodes().containsKey(self)) {
                return self;
            }
        } catch (IllegalArgumentException e) {
            // Not a node number: said below, together with a number that the cluster does not have.
        }
        throw new InvalidSettings(List.of(
                file + ": node must be one of " + cluster.nodeSet() + " as in cluster.conf, got '" + text + "'"));
    }

    private static byte[] key(Path file) throws InvalidSettings, IOException {
        try {
            byte[] key = HexFormat.of()
                    .parseHex(Files.readString(file, StandardCharsets.US_ASCII).trim());
            if (key.length == KEY_BYTES) {
                return key;
            }
        } catch (IllegalArgumentException e) {
            // Said below, and without showing what was read.
        }
        throw new InvalidSettings(List.of(file + " must hold " + KEY_BYTES + " random bytes in hexadecimal"));
    }
}
