package dev.holdfast.lab;

import dev.holdfast.lab.LabSettings.Network;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/** The files in /etc/holdfast that an installation would write. */
final class ClusterFiles {
    private static final int KEY_BYTES = 32;

    private final LabSettings settings;
    private final Places places;
    private final String key;

    ClusterFiles(LabSettings settings, Places places) {
        this.settings = settings;
        this.places = places;
        byte[] bytes = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(bytes);
        key = HexFormat.of().formatHex(bytes);
    }

    Map<String, String> clusterConf() {
        Map<String, String> conf = new TreeMap<>();
        conf.put("cluster.name", settings.name());
        conf.put("cluster.id", UUID.randomUUID().toString());
        conf.put("profile", settings.profile());
        for (int number = 1; number <= settings.nodeNames().size(); number++) {
            conf.put("node." + number + ".name", settings.nodeNames().get(number - 1));
            conf.put(
                    "node." + number + ".private",
                    settings.address(number, Network.PRIVATE1) + "," + settings.address(number, Network.PRIVATE2));
        }
        List<String> disks = settings.disks();
        for (int i = 1; i <= disks.size(); i++) {
            conf.put("votingdisk." + i, "/dev/hf/" + disks.get(i - 1));
            conf.put("registry." + i, "/dev/hf/" + disks.get(i - 1));
        }
        conf.put(
                "network.1.subnet",
                settings.subnet(Network.PUBLIC) + (Cabling.ipv6IsThere() ? "," + settings.ipv6Subnet() : ""));
        conf.put("network.1.interface", Network.PUBLIC.interfaceName);
        // A frozen node of the lab can't come back unnoticed: its watchdog is outside of it.
        conf.put("timer.takeover.on.virtual", "yes");
        if (settings.fencing() == LabSettings.Fencing.POWER) {
            conf.put(
                    "fence.agent",
                    places.home().resolve("agents/fence_holdfast_lab").toString());
            conf.put("fence.param.socket", "/run/holdfast-lab/power.sock");
            for (String node : settings.nodeNames()) {
                conf.put("fence.plug." + node, node);
            }
        }
        return conf;
    }

    void write(int number, Map<String, String> cluster) throws IOException {
        Path etc = places.nodeState(settings.nodeNames().get(number - 1)).resolve("etc");
        Files.createDirectories(etc);
        Files.writeString(etc.resolve("cluster.conf"), lines(cluster));
        Files.writeString(
                etc.resolve("node.conf"),
                lines(Map.of("node", Integer.toString(number), "watchdog", "/dev/hf/watchdog")));
        Path keyFile = Files.createFile(
                etc.resolve("cluster.key"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(keyFile, key + "\n");
    }

    private static String lines(Map<String, String> values) {
        return new TreeMap<>(values)
                .entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue() + "\n")
                        .collect(Collectors.joining());
    }
}
