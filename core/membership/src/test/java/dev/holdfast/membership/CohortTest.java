package dev.holdfast.membership;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class CohortTest {
    private static final NodeId N1 = new NodeId(1);
    private static final NodeId N2 = new NodeId(2);
    private static final NodeId N3 = new NodeId(3);
    private static final NodeId N4 = new NodeId(4);

    private static NodeSet set(NodeId... nodes) {
        return NodeSet.of(nodes);
    }

    @Test
    void the_larger_side_goes_on() {
        Map<NodeId, NodeSet> reach = Map.of(N1, set(N1), N2, set(N2, N3), N3, set(N2, N3));

        assertThat(Cohort.choose(reach, Map.of(N1, 9), N1)).isEqualTo(set(N2, N3));
    }

    @Test
    void of_two_nodes_the_one_that_runs_more_goes_on() {
        Map<NodeId, NodeSet> reach = Map.of(N1, set(N1), N2, set(N2));

        assertThat(Cohort.choose(reach, Map.of(N1, 1, N2, 3), N1)).isEqualTo(set(N2));
    }

    @Test
    void of_two_halves_of_four_nodes_the_one_with_a_critical_node_goes_on_whatever_runs_on_the_other() {
        Map<NodeId, NodeSet> reach = Map.of(N1, set(N1, N2), N2, set(N1, N2), N3, set(N3, N4), N4, set(N3, N4));

        assertThat(Cohort.choose(reach, Map.of(N1, 300, N2, 300, N3, 0, N4, 1000), N1))
                .isEqualTo(set(N3, N4));
        assertThat(Cohort.choose(reach, Map.of(N1, 300, N2, 300, N3, 0, N4, 0), N1))
                .isEqualTo(set(N1, N2));
        assertThat(Cohort.choose(reach, Map.of(N1, 1000, N2, 0, N3, 1, N4, 1000), N1))
                .isEqualTo(set(N3, N4));
    }

    @Test
    void a_critical_node_does_not_outweigh_a_larger_side() {
        Map<NodeId, NodeSet> reach = Map.of(N1, set(N1), N2, set(N2, N3), N3, set(N2, N3));

        assertThat(Cohort.choose(reach, Map.of(N1, 1000), N1)).isEqualTo(set(N2, N3));
    }

    @Test
    void among_equals_the_present_master_goes_on() {
        Map<NodeId, NodeSet> reach = Map.of(N1, set(N1), N2, set(N2));

        assertThat(Cohort.choose(reach, Map.of(), N2)).isEqualTo(set(N2));
    }

    @Test
    void without_a_master_the_lowest_number_goes_on() {
        Map<NodeId, NodeSet> reach = Map.of(N2, set(N2), N3, set(N3));

        assertThat(Cohort.choose(reach, Map.of(), N1)).isEqualTo(set(N2));
    }

    @Test
    void a_link_that_works_one_way_is_no_link() {
        Map<NodeId, NodeSet> reach =
                Map.of(N1, set(N1, N2, N3), N2, set(N2, N3), N3, set(N1, N2, N3)); // N2 does not hear N1.

        assertThat(Cohort.choose(reach, Map.of(), N1)).isEqualTo(set(N1, N3));
    }

    @Test
    void who_did_not_answer_is_not_chosen() {
        Map<NodeId, NodeSet> reach = Map.of(N1, set(N1, N2, N4), N2, set(N1, N2, N4));

        assertThat(Cohort.choose(reach, Map.of(), N4)).isEqualTo(set(N1, N2));
    }

    @Test
    void one_bad_link_among_64_nodes_costs_one_node() {
        Map<NodeId, NodeSet> reach = new TreeMap<>();
        NodeSet all = new NodeSet(-1L);
        for (NodeId node : all.nodes()) {
            reach.put(node, all);
        }
        reach.put(N3, all.without(N4));

        assertThat(Cohort.choose(reach, Map.of(), N1)).isEqualTo(all.without(N4));
    }
}
