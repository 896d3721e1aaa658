package dev.holdfast.membership;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DiskKnowledgeTest {
    private static final NodeId N1 = new NodeId(1);
    private static final NodeId N2 = new NodeId(2);

    private final DiskKnowledge knowledge = new DiskKnowledge();

    private boolean trusts(int disk, SortedMap<NodeId, BallotBlock> blocks) {
        return knowledge.trustsBallots(disk, blocks, NodeSet.EMPTY);
    }

    private static SortedMap<NodeId, BallotBlock> ballot(NodeId writer, long sequence) {
        return new TreeMap<>(Map.of(writer, new BallotBlock(writer, new Incarnation(1), sequence, 0, 0, null)));
    }

    /** Found by the simulator, seed 100460712: two views of one epoch, as the last acceptance was read once and then not again. */
    @Test
    void ballots_that_go_back_are_noticed_before_any_heartbeat_was_read() {
        assertThat(trusts(0, ballot(N1, 10))).isTrue();
        assertThat(trusts(0, ballot(N1, 9))).isFalse();
        assertThat(trusts(0, new TreeMap<>())).as("the block is gone").isFalse();
        assertThat(trusts(0, ballot(N2, 1)))
                .as("it is gone, and there is another")
                .isFalse();
        assertThat(trusts(1, ballot(N1, 9))).as("another disk").isTrue();
        assertThat(trusts(0, ballots(10, 1))).as("all that was ever seen").isTrue();
    }

    /**
     * Found by the simulator, seed 700611586: two views of one epoch. A read that showed an old block of one node and the newest acceptance of
     * another did not count, and that acceptance was not remembered; the next read showed it the other way round.
     */
    @Test
    void a_read_that_does_not_count_is_remembered_all_the_same() {
        assertThat(trusts(0, ballots(10, 9))).isTrue();
        assertThat(trusts(0, ballots(9, 10))).as("the first goes back").isFalse();
        assertThat(trusts(0, ballots(10, 9))).as("the second goes back").isFalse();
        assertThat(knowledge.trustsBallots(0, ballots(10, 11), NodeSet.of(new NodeId(3))))
                .as("a third one cannot be read")
                .isFalse();
        assertThat(trusts(0, ballots(10, 10))).as("the second goes back again").isFalse();
        assertThat(trusts(0, ballots(10, 11))).isTrue();
    }

    private static SortedMap<NodeId, BallotBlock> ballots(long first, long second) {
        SortedMap<NodeId, BallotBlock> both = ballot(N1, first);
        both.putAll(ballot(N2, second));
        return both;
    }

    @Test
    void another_disk_under_the_same_number_is_not_bound_by_what_was_there() {
        assertThat(trusts(0, ballot(N1, 10))).isTrue();
        knowledge.forget(0);
        assertThat(trusts(0, ballot(N1, 1))).isTrue();
    }
}
