package dev.holdfast.membership;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** A restarted cssd that would take up its life, and a voting disk that says whether it still can. */
class ResumeTest {
    private static final NodeId N1 = new NodeId(1);
    private static final NodeId N2 = new NodeId(2);
    private static final Incarnation LIFE = new Incarnation(3);
    private static final long WRITTEN = 40;
    private static final Moment LEASE_BEGAN = new Moment(Duration.ofSeconds(100).toNanos());

    private final Moment now = LEASE_BEGAN.plus(Duration.ofMillis(700));
    private final Membership node = new Membership(
            new MembershipSettings(
                    N1, NodeSet.of(N1, N2), 1, 1, Timing.standard(), 7, true, true, Duration.ofSeconds(3), 1),
            new Resume(LIFE, LEASE_BEGAN),
            now);
    private final TreeMap<NodeId, HeartbeatBlock> blocks = new TreeMap<>();
    private final List<Effect> seen = new ArrayList<>();

    @Test
    void a_life_that_was_voted_out_meanwhile_lets_go_and_says_so_as_nobody_else_can() {
        View without = new View(
                new Epoch(7),
                0,
                new TreeMap<>(Map.of(N2, new Incarnation(1))),
                N2,
                List.of(new View.Unsettled(N1, LIFE, new Epoch(7), false)),
                RegistryRoot.NONE,
                N2,
                "voted out: n1 #3");
        block(N1, LIFE, WRITTEN, without);
        block(N2, new Incarnation(1), 9, without);

        give(new Input.Tick());
        assertThat(seen).anyMatch(Effect.LetGo.class::isInstance).noneMatch(Effect.Exit.class::isInstance);

        give(new Input.LetGoDone(true, "nothing runs"));
        assertThat(seen)
                .anyMatch(effect -> effect instanceof Effect.SendHeartbeat(Heartbeat beat)
                        && beat.state() == NodeState.STOPPED
                        && beat.incarnation().equals(LIFE));
        assertThat(blocks.get(N1)).satisfies(block -> {
            assertThat(block.state()).isEqualTo(NodeState.STOPPED);
            assertThat(block.incarnation()).isEqualTo(LIFE);
            assertThat(block.sequence()).isGreaterThan(WRITTEN);
        });
        assertThat(seen.getLast()).isInstanceOf(Effect.Exit.class);
    }

    @Test
    void a_life_after_which_another_one_began_says_nothing_more() {
        View view = new View(
                new Epoch(7),
                0,
                new TreeMap<>(Map.of(N2, new Incarnation(1))),
                N2,
                List.of(),
                RegistryRoot.NONE,
                N2,
                "voted out: n1 #3");
        block(N1, LIFE.next(), 2, view);

        give(new Input.Tick());
        give(new Input.LetGoDone(true, "nothing runs"));
        assertThat(seen)
                .noneMatch(Effect.SendHeartbeat.class::isInstance)
                .noneMatch(Effect.WriteHeartbeat.class::isInstance)
                .anyMatch(Effect.Exit.class::isInstance);
    }

    private void block(NodeId of, Incarnation life, long sequence, View announced) {
        blocks.put(
                of,
                new HeartbeatBlock(
                        of,
                        life,
                        null,
                        sequence,
                        NodeState.MEMBER,
                        announced,
                        NodeSet.of(N1, N2),
                        0,
                        0,
                        0,
                        DiskReport.NONE,
                        8,
                        new SafetyData(Duration.ofSeconds(10), Duration.ofSeconds(130), false)));
    }

    private void give(Input input) {
        List<Effect> effects = node.step(now, input);
        seen.addAll(effects);
        for (Effect effect : effects) {
            switch (effect) {
                case Effect.WriteHeartbeat write -> {
                    blocks.put(N1, write.block());
                    give(new Input.DiskWritten(0, write.operation()));
                }
                case Effect.ReadHeartbeats read ->
                    give(new Input.HeartbeatsRead(0, read.operation(), new TreeMap<>(blocks), NodeSet.EMPTY));
                case Effect.ReadBallots read ->
                    give(new Input.BallotsRead(0, read.operation(), new TreeMap<>(), NodeSet.EMPTY));
                default -> {}
            }
        }
    }
}
