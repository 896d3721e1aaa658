package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.lab.LabSettings.Network;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabSettingsTest {

    private static List<String> problems(String... arguments) {
        LabSettings.Refused refused =
                catchThrowableOfType(LabSettings.Refused.class, () -> LabSettings.read("demo", 1, List.of(arguments)));
        return refused.problems();
    }

    @Test
    void two_nodes_and_three_disks_if_nothing_is_said() throws LabSettings.Refused {
        LabSettings settings = LabSettings.read("demo", 4, List.of());
        assertThat(settings.nodeNames()).containsExactly("node1", "node2");
        assertThat(settings.disks()).containsExactly("disk1", "disk2", "disk3");
        assertThat(settings.profile()).isEqualTo("default");
        assertThat(settings.fencing()).isEqualTo(LabSettings.Fencing.POWER);
        assertThat(settings.subnet(Network.PRIVATE2)).isEqualTo("10.4.2.0/24");
        assertThat(settings.address(2, Network.PUBLIC)).isEqualTo("10.4.0.12");
    }

    @Test
    void options_may_be_joined_by_an_equals_sign() throws LabSettings.Refused {
        LabSettings settings =
                LabSettings.read("demo", 1, List.of("--node-names=a,b,c", "--voting-disks", "5", "--fencing=watchdog"));
        assertThat(settings.nodeNames()).containsExactly("a", "b", "c");
        assertThat(settings.votingDisks()).isEqualTo(5);
        assertThat(settings.fencing()).isEqualTo(LabSettings.Fencing.WATCHDOG);
    }

    @Test
    void all_that_is_wrong_is_said_at_once() {
        assertThat(problems("--nodes", "0", "--voting-disks", "2", "--profile", "slow", "--fencing", "none", "--color"))
                .containsExactly(
                        "lab up does not know '--color'; it knows --nodes, --voting-disks, --profile, --fencing, --node-names",
                        "--nodes must be 1 to 64, got 0",
                        "--voting-disks must be 1, 3 or 5 (more than half must survive), got 2",
                        "--profile must be default, fast or conservative, got 'slow'",
                        "--fencing must be power or watchdog, got 'none'");
    }

    @Test
    void a_name_that_is_used_twice_is_refused() {
        assertThat(problems("--node-names", "a,b,a")).containsExactly("--node-names: a name is used twice in 'a,b,a'");
    }

    @Test
    void the_clients_name_is_taken() {
        assertThat(problems("--node-names", "a,client"))
                .containsExactly(
                        "--node-names: 'client' can't be a node's name (small letters, digits, '-'; not client, not all)");
    }

    @Test
    void names_and_a_number_that_disagree_are_refused() {
        assertThat(problems("--node-names", "a,b", "--nodes", "3"))
                .containsExactly("--node-names: 2 names, but --nodes says 3");
    }

    @Test
    void an_option_without_its_value_is_refused() {
        assertThat(problems("--nodes")).containsExactly("--nodes needs a value");
    }
}
