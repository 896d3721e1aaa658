package dev.holdfast.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.Subnet;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ClusterSettingsTest {
    private final Map<String, String> raw = new HashMap<>(Map.ofEntries(
            Map.entry("cluster.name", "demo"),
            Map.entry("cluster.id", "5f0c3c0e-8f5e-4a3c-9a46-0d7e5c9f2b11"),
            Map.entry("node.1.name", "node1"),
            Map.entry("node.1.private", "10.1.1.1, 10.1.2.1"),
            Map.entry("node.2.name", "node2"),
            Map.entry("node.2.private", "10.1.1.2,10.1.2.2"),
            Map.entry("votingdisk.1", "/dev/a"),
            Map.entry("votingdisk.2", "/dev/b"),
            Map.entry("votingdisk.3", "/dev/c"),
            Map.entry("registry.1", "/dev/a"),
            Map.entry("network.1.subnet", "192.0.2.0/24")));

    @Test
    void a_complete_file_is_read() throws InvalidSettings {
        ClusterSettings settings = ClusterSettings.read(raw);

        assertThat(settings.links()).isEqualTo(2);
        assertThat(settings.idOf("node2")).contains(new NodeId(2));
        assertThat(settings.profile()).isEqualTo("default");
        assertThat(settings.timing()).isEqualTo(Timing.standard());
    }

    @Test
    void all_problems_are_told_at_once() {
        raw.put("profile", "quick");
        raw.put("votingdisk.4", "/dev/d");
        raw.put("node.2.private", "10.1.1.2");
        raw.put("heartbaet.port", "1");
        raw.put("boot.wait", "soon");

        assertThatThrownBy(() -> ClusterSettings.read(raw))
                .isInstanceOfSatisfying(
                        InvalidSettings.class,
                        invalid -> assertThat(invalid.problems())
                                .anyMatch(each -> each.contains("profile 'quick' is not one of"))
                                .anyMatch(each -> each.contains("1, 3 or 5 voting disks are needed"))
                                .anyMatch(each -> each.contains("same number of private addresses"))
                                .anyMatch(each -> each.contains("unknown key 'heartbaet.port'"))
                                .anyMatch(each -> each.contains("boot.wait must be a whole number"))
                                .hasSize(5));
    }

    @Test
    void a_network_has_a_subnet_of_ipv4_of_ipv6_or_one_of_each() throws InvalidSettings {
        raw.put("network.1.subnet", " 2001:db8:0::7/64 , 192.0.2.9/24 ");
        raw.put("network.1.interface", "eth0|eth1 bond0");
        raw.put("network.7.subnet", "198.51.100.0/25");

        assertThat(ClusterSettings.read(raw).networks().values())
                .containsExactly(
                        new ClusterSettings.Network(
                                1,
                                List.of(
                                        Subnet.parse("2001:db8::/64").orElseThrow(),
                                        Subnet.parse("192.0.2.0/24").orElseThrow()),
                                "eth0|eth1 bond0"),
                        new ClusterSettings.Network(
                                7, List.of(Subnet.parse("198.51.100.0/25").orElseThrow()), ""));
    }

    @Test
    void a_network_that_is_none_is_refused_when_the_file_is_read() {
        raw.put("network.1.subnet", "192.0.2.0");
        raw.put("network.1.interface", "eth0|a-name-that-is-too-long");
        raw.put("network.2.subnet", "192.0.2.0/33");
        raw.put("network.3.subnet", "192.0.2.0/24,198.51.100.0/24");
        raw.put("network.4.subnet", "127.0.0.0/8");
        raw.put("network.5.interface", "eth0");
        raw.put("network.6.subnet", "fe80::/64,");
        raw.put("network.65.subnet", "192.0.2.0/24");

        assertThatThrownBy(() -> ClusterSettings.read(raw))
                .isInstanceOfSatisfying(
                        InvalidSettings.class,
                        invalid -> assertThat(invalid.problems())
                                .anyMatch(each ->
                                        each.startsWith("network.1.subnet: '192.0.2.0' is not a subnet; write it as"))
                                .anyMatch(each ->
                                        each.contains("network.1.interface: 'a-name-that-is-too-long' is no name"))
                                .anyMatch(each -> each.startsWith("network.2.subnet: '192.0.2.0/33' is not a subnet"))
                                .anyMatch(each ->
                                        each.contains("network.3.subnet: ") && each.contains("two subnets of IPv4"))
                                .anyMatch(each ->
                                        each.contains("network.4.subnet: in '127.0.0.0/8' no virtual address can be"))
                                .anyMatch(each -> each.equals("network.5.interface stands without network.5.subnet"))
                                .anyMatch(each -> each.contains("network.6.subnet: in 'fe80::/64' no virtual address"))
                                .anyMatch(each -> each.startsWith("network.6.subnet: '' is not a subnet"))
                                .anyMatch(each -> each.contains("unknown key 'network.65.subnet'"))
                                .hasSize(9));
    }

    @Test
    void an_unsafe_timing_is_refused_not_repaired() {
        raw.put("timing.lease", "500");

        assertThatThrownBy(() -> ClusterSettings.read(raw)).hasMessageContaining("C1");
    }

    @Test
    void the_short_form_of_a_fence_device_is_device_1_on_level_1() throws InvalidSettings {
        raw.put("fence.agent", "/usr/sbin/fence_ipmilan");
        raw.put("fence.param.username", "admin");
        raw.put("fence.plug.node1", "bmc1");
        assertThat(ClusterSettings.read(raw).fence())
                .containsExactly(new ClusterSettings.FenceDevice(
                        1,
                        1,
                        "/usr/sbin/fence_ipmilan",
                        new TreeMap<>(Map.of("username", "admin")),
                        Optional.empty(),
                        new TreeMap<>(Map.of(new NodeId(1), "bmc1")),
                        Duration.ofSeconds(60),
                        2));
        assertThat(ClusterSettings.read(raw).fenceSelfTest()).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void several_fence_devices_have_levels_times_and_secrets_of_their_own() throws InvalidSettings {
        raw.put("fence.1.agent", "/usr/sbin/fence_ipmilan");
        raw.put("fence.1.plug.node1", "bmc1");
        raw.put("fence.12.agent", "/usr/sbin/fence_apc");
        raw.put("fence.12.level", "2");
        raw.put("fence.12.timeout", "30");
        raw.put("fence.12.retries", "0");
        raw.put("fence.12.params", "/etc/holdfast/pdu");
        raw.put("fence.12.plug.node2", "7");
        assertThat(ClusterSettings.read(raw).fence().getLast())
                .isEqualTo(new ClusterSettings.FenceDevice(
                        12,
                        2,
                        "/usr/sbin/fence_apc",
                        new TreeMap<>(),
                        Optional.of("/etc/holdfast/pdu"),
                        new TreeMap<>(Map.of(new NodeId(2), "7")),
                        Duration.ofSeconds(30),
                        0));
    }

    @Test
    void half_a_fence_device_or_one_that_is_named_twice_is_refused() {
        raw.put("fence.agent", "/usr/sbin/fence_ipmilan");
        raw.put("fence.1.agent", "/usr/sbin/fence_ipmilan");
        raw.put("fence.2.plug.node1", "7");
        raw.put("fence.3.agent", "fence_apc");
        raw.put("fence.3.level", "0");
        assertThatThrownBy(() -> ClusterSettings.read(raw))
                .hasMessageContaining("fence.agent and fence.1.agent mean the same")
                .hasMessageContaining("fence.2.agent is missing")
                .hasMessageContaining("fence.3.agent must be an absolute path")
                .hasMessageContaining("fence.3.level must be a whole number 1..9");
    }

    @Test
    void a_fence_plug_for_an_unknown_node_is_refused() {
        raw.put("fence.agent", "/usr/sbin/fence_ipmilan");
        raw.put("fence.plug.nodeX", "1");

        assertThatThrownBy(() -> ClusterSettings.read(raw)).hasMessageContaining("there is no node 'nodeX'");
    }
}
