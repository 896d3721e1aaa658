package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.linux.Account;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.InvalidAttributes;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.TypeDefinition;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ActionEnvironmentTest {
    private static final ActionEnvironment ON_N1 = new ActionEnvironment("n1", "/opt/holdfast");

    private static Map<String, String> of(String type, int instance, Map<String, String> given)
            throws InvalidAttributes, IOException {
        Map<String, String> attributes = new TreeMap<>(given);
        attributes.put("ACTION_SCRIPT", "/web.scr");
        ResourceDefinition resource = ResourceDefinition.read(
                new ResourceName("web"),
                Objects.requireNonNull(TypeDefinition.builtIns(List.of(1)).get(type)),
                attributes);
        return ON_N1.of(
                resource,
                instance,
                Map.of("USR_COLOUR", "red", "SCRIPT_TIMEOUT", "5"),
                new Epoch(7),
                Account.named("root").orElseThrow(),
                Optional.empty());
    }

    @Test
    void an_instance_of_a_cluster_resource_is_told_by_its_number() throws InvalidAttributes, IOException {
        assertThat(of("cluster_resource", 2, Map.of("CARDINALITY", "2")))
                .containsEntry("_CRS_CARDINALITY_ID", "2")
                .containsEntry("_CRS_DEGREE_ID", "1")
                .containsEntry("_CRS_ID", "web 2 1")
                .containsEntry("_CRS_SERVER", "n1");
    }

    @Test
    void where_it_ran_last_is_here_unless_somebody_says_otherwise() throws InvalidAttributes, IOException {
        assertThat(of("cluster_resource", 1, Map.of())).containsEntry("_CRS_LAST_SERVER", "n1");
        ResourceDefinition web = ResourceDefinition.read(
                new ResourceName("web"),
                Objects.requireNonNull(TypeDefinition.builtIns(List.of(1)).get("cluster_resource")),
                Map.of("ACTION_SCRIPT", "/web.scr"));
        assertThat(ON_N1.of(
                        web,
                        1,
                        Map.of("LAST_SERVER", "n2"),
                        new Epoch(7),
                        Account.named("root").orElseThrow(),
                        Optional.empty()))
                .containsEntry("_CRS_LAST_SERVER", "n2");
    }

    @Test
    void an_instance_of_a_local_resource_is_told_by_its_server() throws InvalidAttributes, IOException {
        assertThat(of("local_resource", 1, Map.of()))
                .containsEntry("_CRS_CARDINALITY_ID", "n1")
                .containsEntry("_CRS_ID", "web n1 1");
    }

    @Test
    void what_is_given_for_one_instance_counts_for_that_one() throws InvalidAttributes, IOException {
        Map<String, String> given = Map.of("CARDINALITY", "2", "RESTART_ATTEMPTS@CARDINALITYID(2)", "4");
        assertThat(of("cluster_resource", 1, given)).containsEntry("_CRS_RESTART_ATTEMPTS", "1");
        assertThat(of("cluster_resource", 2, given)).containsEntry("_CRS_RESTART_ATTEMPTS", "4");
    }

    @Test
    void what_was_given_with_the_command_comes_before_attributes_but_who_it_is_comes_last()
            throws InvalidAttributes, IOException {
        assertThat(of("cluster_resource", 1, Map.of("USR_ORA_ENV", "LANG=de_DE,MORE=1,_CRS_NAME=other")))
                .containsEntry("_CRS_SCRIPT_TIMEOUT", "5")
                .containsEntry("_USR_COLOUR", "red")
                .containsEntry("MORE", "1")
                .containsEntry("_CRS_NAME", "web")
                .containsEntry("_CRS_EPOCH", "7")
                .containsEntry("LANG", "C.UTF-8");
    }
}
