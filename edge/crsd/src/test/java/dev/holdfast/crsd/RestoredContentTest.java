package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class RestoredContentTest {
    @Test
    void definitions_and_targets_are_taken_facts_and_networks_are_not() throws Json.Malformed {
        SortedMap<String, String> exported = new TreeMap<>(Map.of(
                "resource/web", "{\"type\":\"cluster_resource\",\"given\":{}}",
                "wanted/web",
                        "{\"deleting\":false,\"instances\":{\"1\":{\"target\":\"ONLINE\",\"stopping\":true,\"node\":2,"
                                + "\"lastServer\":2,\"restarts\":3,\"failedOn\":[1],\"answered\":{\"1\":\"7\"},\"held\":true,"
                                + "\"failures\":[],\"armed\":[\"x\"],\"of a later release\":1}}}",
                "resource/net1", "{\"type\":\"ora.network.type\",\"given\":{\"USR_ORA_SUBNET\":\"old\"}}",
                "wanted/net1", "{\"deleting\":false,\"instances\":{}}",
                "greeted/1", "99",
                "setting/registry-backup", "{}"));
        SortedMap<String, String> present = new TreeMap<>(Map.of(
                "resource/net1", "{\"type\":\"ora.network.type\",\"given\":{\"USR_ORA_SUBNET\":\"new\"}}",
                "wanted/net1", "{\"deleting\":false,\"instances\":{\"1\":{\"target\":\"OFFLINE\"}}}",
                "resource/gone", "{\"type\":\"cluster_resource\",\"given\":{}}",
                "greeted/1", "2"));

        SortedMap<String, String> restored = RestoredContent.of(exported, present);

        assertThat(restored.keySet())
                .containsExactly(
                        "greeted/1",
                        "resource/net1",
                        "resource/web",
                        "setting/registry-backup",
                        "wanted/net1",
                        "wanted/web");
        assertThat(restored).containsEntry("greeted/1", "2");
        assertThat(restored.get("resource/net1")).contains("new");
        assertThat(restored.get("wanted/net1")).doesNotContain("OFFLINE");
        Json instance = Json.parse(Objects.requireNonNull(restored.get("wanted/web")))
                .child("instances")
                .child("1");
        assertThat(instance.string("target")).isEqualTo("ONLINE");
        assertThat(instance.integer("lastServer")).isEqualTo(2);
        assertThat(instance.has("node")).isFalse();
        assertThat(instance.flag("stopping")).isFalse();
        assertThat(instance.integer("restarts")).isZero();
        assertThat(instance.has("of a later release")).isTrue();
    }
}
