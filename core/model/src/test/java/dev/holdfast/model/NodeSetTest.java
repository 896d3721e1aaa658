package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NodeSetTest {
    private static NodeId n(int number) {
        return NodeId.onPaper(number);
    }

    private static NodeSet of(BitSet bits) {
        return NodeSet.of(bits.stream().mapToObj(NodeSetTest::n).toList());
    }

    /** Beside a set of the JDK, below the border of the first word, above it, and across. */
    @Test
    void it_is_a_set() {
        Random chance = new Random(7);
        for (int round = 0; round < 2000; round++) {
            int highest = List.of(3, 64, 66, 256).get(round % 4);
            BitSet a = new BitSet();
            BitSet b = new BitSet();
            for (int i = 0; i < 12; i++) {
                a.set(1 + chance.nextInt(highest));
                b.set(1 + chance.nextInt(highest));
            }
            NodeSet left = of(a);
            NodeSet right = of(b);
            int any = 1 + chance.nextInt(highest);
            BitSet and = (BitSet) a.clone();
            and.and(b);
            BitSet or = (BitSet) a.clone();
            or.or(b);
            BitSet minus = (BitSet) a.clone();
            minus.andNot(b);
            BitSet with = (BitSet) a.clone();
            with.set(any);
            BitSet without = (BitSet) a.clone();
            without.clear(any);

            assertThat(left.and(right)).isEqualTo(of(and)).hasSameHashCodeAs(of(and));
            assertThat(left.or(right)).isEqualTo(of(or)).hasSameHashCodeAs(of(or));
            assertThat(left.minus(right)).isEqualTo(of(minus)).hasSameHashCodeAs(of(minus));
            assertThat(left.with(n(any))).isEqualTo(of(with));
            assertThat(left.without(n(any))).isEqualTo(of(without)).hasSameHashCodeAs(of(without));
            assertThat(left.contains(n(any))).isEqualTo(a.get(any));
            assertThat(left.containsAll(right)).isEqualTo(right.minus(left).isEmpty());
            assertThat(left.size()).isEqualTo(a.cardinality());
            assertThat(left.lowest().number()).isEqualTo(a.nextSetBit(0));
            assertThat(left.nodes().stream().map(NodeId::number))
                    .containsExactlyElementsOf(a.stream().boxed().toList());
        }
    }

    @Test
    void what_becomes_empty_is_the_empty_set() {
        assertThat(NodeSet.of(n(200)).without(n(200))).isEqualTo(NodeSet.EMPTY);
        assertThat(NodeSet.of(n(1), n(65)).minus(NodeSet.of(n(1), n(65))).isEmpty())
                .isTrue();
        assertThatIllegalStateException().isThrownBy(NodeSet.EMPTY::lowest);
    }

    @Test
    void a_set_with_nodes_on_paper_is_no_word_for_a_voting_disk() {
        assertThat(NodeSet.of(n(1), n(64)).bits()).isEqualTo(0x8000_0000_0000_0001L);
        assertThat(NodeSet.of(n(65)).without(n(65)).bits()).isZero();
        assertThatIllegalStateException().isThrownBy(() -> NodeSet.of(n(65)).bits());
    }

    @Test
    void a_number_from_outside_is_one_of_a_cluster() {
        assertThat(new NodeId(NodeId.MAX)).isEqualTo(n(64)).hasSameHashCodeAs(n(64));
        assertThatIllegalArgumentException().isThrownBy(() -> new NodeId(65));
        assertThatIllegalArgumentException().isThrownBy(() -> new NodeId(0));
        assertThatIllegalArgumentException().isThrownBy(() -> n(257));
        assertThatIllegalArgumentException().isThrownBy(() -> n(0));
    }
}
