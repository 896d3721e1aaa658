package dev.holdfast.crsd;

import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.model.Subnet;
import dev.holdfast.node.ClusterView;
import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a node says about itself when an administrator asks. */
final class NodeFacts {
    private NodeFacts() {}

    static Map<String, String> of(CrsdSettings settings, Optional<ClusterView> view, String release) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("NODE_NUMBER", Integer.toString(settings.self().number()));
        facts.put("HOSTNAME", firstLine("/proc/sys/kernel/hostname"));
        facts.put("RELEASE", release);
        facts.put("JAVA", Runtime.version().toString());
        facts.put("KERNEL", firstLine("/proc/sys/kernel/osrelease"));
        facts.put("CPUS", Integer.toString(Runtime.getRuntime().availableProcessors()));
        facts.put("CRSD_PID", Long.toString(ProcessHandle.current().pid()));
        facts.put("CLUSTER", settings.cluster().name());
        facts.put("CLUSTER_ID", settings.cluster().id().toString());
        view.ifPresent(present -> {
            facts.put("EPOCH", present.epoch().toString());
            facts.put("MASTER", settings.cluster().nameOf(present.master()));
        });
        ClusterSettings.Node self = settings.cluster().nodes().get(settings.self());
        if (self != null) {
            int number = 1;
            for (String address : self.privateAddresses()) {
                facts.put("PRIVATE_" + number++, interfaceOf(address) + " " + address);
            }
        }
        settings.cluster()
                .networks()
                .values()
                .forEach(network -> facts.put(
                        "NETWORK_" + network.number(),
                        PublicNetwork.resourceName(network.number()) + " "
                                + network.subnets().stream()
                                        .map(Subnet::toString)
                                        .collect(Collectors.joining(","))));
        return facts;
    }

    private static String interfaceOf(String address) {
        try {
            for (NetworkInterface each : NetworkInterface.networkInterfaces().toList()) {
                if (each.inetAddresses().anyMatch(own -> own.getHostAddress().equals(address))) {
                    return each.getName();
                }
            }
        } catch (SocketException e) {
            return "?";
        }
        return "?";
    }

    private static String firstLine(String file) {
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException e) {
            return "?";
        }
    }
}
