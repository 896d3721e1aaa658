package dev.holdfast.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.NodeId;
import java.util.HashMap;
import java.util.Map;
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
    void an_unsafe_timing_is_refused_not_repaired() {
        raw.put("timing.lease", "500");

        assertThatThrownBy(() -> ClusterSettings.read(raw)).hasMessageContaining("C1");
    }

    @Test
    void a_fence_plug_for_an_unknown_node_is_refused() {
        raw.put("fence.agent", "/usr/sbin/fence_ipmilan");
        raw.put("fence.plug.nodeX", "1");

        assertThatThrownBy(() -> ClusterSettings.read(raw)).hasMessageContaining("there is no node 'nodeX'");
    }
}
