package dev.holdfast.cssd;

import static dev.holdfast.cssd.BlockCodecTest.N1;
import static dev.holdfast.cssd.BlockCodecTest.N2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.NodeId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60) // Only a failure takes so long.
class FenceLevelsTest {
    /** A device for node 2 that can be told to fail or to hang. */
    private static final class FakeDevice implements FenceLevels.Device {
        private final String name;
        private final int level;
        private final Duration timeout;
        private final String failure;
        private final boolean hangs;
        private final CountDownLatch asked = new CountDownLatch(1);
        private final CountDownLatch ended = new CountDownLatch(1);

        FakeDevice(String name, int level, Duration timeout, String failure, boolean hangs) {
            this.name = name;
            this.level = level;
            this.timeout = timeout;
            this.failure = failure;
            this.hangs = hangs;
        }

        static FakeDevice good(String name, int level) {
            return new FakeDevice(name, level, Duration.ofHours(1), "", false);
        }

        static FakeDevice broken(String name, int level) {
            return new FakeDevice(name, level, Duration.ofHours(1), name + " does not answer", false);
        }

        static FakeDevice hanging(String name, int level, Duration timeout) {
            return new FakeDevice(name, level, timeout, "", true);
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public int level() {
            return level;
        }

        @Override
        public Duration timeout() {
            return timeout;
        }

        @Override
        public boolean knows(NodeId node) {
            return node.equals(N2);
        }

        @Override
        public String off(NodeId victim, BooleanSupplier calledOff) throws FenceFailed, InterruptedException {
            asked.countDown();
            try {
                if (hangs) {
                    new CountDownLatch(1).await();
                }
                if (!failure.isEmpty()) {
                    throw new FenceFailed(failure);
                }
                return name + " is off";
            } finally {
                ended.countDown();
            }
        }

        boolean wasAsked() {
            return asked.getCount() == 0;
        }
    }

    @Test
    void a_machine_with_two_power_supplies_is_off_only_when_both_are() throws Exception {
        assertThat(new FenceLevels(List.of(FakeDevice.good("a", 1), FakeDevice.good("b", 1))).off(N2, () -> false))
                .contains("a is off", ", and ", "b is off");

        FenceLevels half = new FenceLevels(List.of(FakeDevice.good("a", 1), FakeDevice.broken("b", 1)));
        assertThatThrownBy(() -> half.off(N2, () -> false)).hasMessage("level 1, b does not answer");
    }

    @Test
    void the_second_level_is_left_alone_while_the_first_does_it() throws Exception {
        FakeDevice second = FakeDevice.good("second", 2);
        assertThat(new FenceLevels(List.of(second, FakeDevice.good("first", 1))).off(N2, () -> false))
                .isEqualTo("first is off");
        assertThat(second.wasAsked()).isFalse();
    }

    @Test
    void the_second_level_does_it_as_soon_as_the_first_has_failed() throws Exception {
        FenceLevels levels = new FenceLevels(List.of(FakeDevice.broken("first", 1), FakeDevice.good("second", 2)));
        assertThat(levels.off(N2, () -> false)).isEqualTo("second is off"); // Although the first has an hour for it.
    }

    @Test
    void the_second_level_does_not_wait_until_a_slow_first_has_given_up_which_is_then_ended() throws Exception {
        FakeDevice slow = FakeDevice.hanging("slow", 1, Duration.ofMillis(200)); // The fake itself never gives up.
        assertThat(new FenceLevels(List.of(slow, FakeDevice.good("second", 2))).off(N2, () -> false))
                .isEqualTo("second is off");
        slow.ended.await();
    }

    @Test
    void when_all_levels_fail_all_reasons_are_told() {
        FenceLevels levels = new FenceLevels(List.of(FakeDevice.broken("a", 1), FakeDevice.broken("b", 3)));
        assertThatThrownBy(() -> levels.off(N2, () -> false))
                .isInstanceOf(FenceFailed.class)
                .hasMessage("level 1, a does not answer; level 3, b does not answer");
    }

    @Test
    void no_further_level_begins_once_the_order_is_called_off() {
        FakeDevice second = FakeDevice.good("second", 2);
        FakeDevice first = FakeDevice.broken("first", 1);
        FenceLevels levels = new FenceLevels(List.of(first, second));
        assertThatThrownBy(() -> levels.off(N2, first::wasAsked))
                .isInstanceOf(FenceFailed.class)
                .hasMessageContaining(FenceLevels.CALLED_OFF);
        assertThat(second.wasAsked()).isFalse();
    }

    @Test
    void a_node_without_a_plug_cannot_be_fenced() {
        FenceLevels levels = new FenceLevels(List.of(FakeDevice.good("a", 1)));
        assertThat(levels.knows(N1)).isFalse();
        assertThat(levels.knows(N2)).isTrue();
        assertThatThrownBy(() -> levels.off(N1, () -> false)).hasMessageContaining("no fence device has a plug");
    }
}
