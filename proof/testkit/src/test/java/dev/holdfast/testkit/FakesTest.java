package dev.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.membership.BallotBlock;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FakesTest {
    private static final NodeId N1 = new NodeId(1);
    private static final NodeId N2 = new NodeId(2);

    // --- time

    @Test
    void happenings_come_in_the_order_of_their_time() {
        VirtualTime time = new VirtualTime(new Chance(1));
        Chance chance = new Chance(2);
        List<Long> seen = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            time.at(chance.between(0, 1000), () -> seen.add(time.now()));
        }
        while (time.step()) {
            // Until nothing is left.
        }
        assertThat(seen).hasSize(5000).isSorted();
    }

    @Test
    void what_is_due_at_once_comes_in_an_order_drawn_from_the_seed() {
        assertThat(orderOfTen(1)).isEqualTo(orderOfTen(1)).isNotEqualTo(orderOfTen(2));
    }

    private static List<Integer> orderOfTen(long seed) {
        VirtualTime time = new VirtualTime(new Chance(seed));
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            int number = i;
            time.at(5, () -> order.add(number));
        }
        while (time.step()) {
            // Until nothing is left.
        }
        return order;
    }

    @Test
    void a_clock_says_when_it_will_read_a_moment_and_then_does() {
        for (double drift : new double[] {-0.002, 0, 0.002}) {
            FakeClock clock = new FakeClock(7_000, 1_000_000, drift);
            Moment later = clock.read(7_000).plus(Duration.ofSeconds(100));
            long when = clock.when(later);
            assertThat(clock.read(when)).isGreaterThanOrEqualTo(later);
            assertThat(clock.read(when - 1)).isLessThan(later);
        }
    }

    // --- voting disks

    @Test
    void a_torn_write_leaves_the_block_as_it_was_before() {
        FakeVotingDisk disk = new FakeVotingDisk(2);
        disk.write(block(N1, 1));
        disk.write(block(N1, 2));
        disk.tearBallot(N1, false);
        assertThat(disk.ballot(1)).isEqualTo(block(N1, 2));
        assertThat(disk.tornBallots()).isEqualTo(NodeSet.EMPTY);
    }

    @Test
    void a_block_with_both_copies_torn_is_lost_until_it_is_written_again() {
        FakeVotingDisk disk = new FakeVotingDisk(2);
        disk.write(block(N2, 1));
        disk.tearBallot(N2, true);
        assertThat(disk.ballot(2)).isNull();
        assertThat(disk.tornBallots()).isEqualTo(NodeSet.of(N2));
        disk.write(block(N2, 2));
        assertThat(disk.tornBallots()).isEqualTo(NodeSet.EMPTY);
    }

    @Test
    void a_late_write_does_not_hide_a_newer_block() {
        FakeVotingDisk disk = new FakeVotingDisk(2);
        disk.write(block(N1, 3));
        disk.write(block(N1, 2));
        assertThat(disk.ballot(1)).isEqualTo(block(N1, 3));
        assertThat(disk.staleBallot(1)).isEqualTo(block(N1, 2));
    }

    private static BallotBlock block(NodeId writer, long sequence) {
        return new BallotBlock(writer, new Incarnation(1), sequence, 129, 0, null);
    }

    // --- networks

    @Test
    void a_direction_is_open_again_when_the_last_of_its_cuts_is_mended() {
        FakeNetwork network = new FakeNetwork(2, 1, new Chance(1));
        network.cut(0, 1, 2);
        network.cut(0, 1, 2);
        network.mend(0, 1, 2);
        assertThat(network.travel(0, 1, 2)).isNegative();
        assertThat(network.travel(0, 2, 1)).isPositive();
        assertThat(network.connects(1, 2)).isFalse();
        network.mend(0, 1, 2);
        assertThat(network.connects(1, 2)).isTrue();
    }

    @Test
    void a_lossy_link_loses_about_as_much_as_it_was_told() {
        FakeNetwork network = new FakeNetwork(2, 1, new Chance(1));
        network.lose(0, 1, 2, 0.25);
        int lost = 0;
        for (int i = 0; i < 10_000; i++) {
            if (network.travel(0, 1, 2) < 0) {
                lost++;
            }
        }
        assertThat(lost).isBetween(2300, 2700);
    }

    // --- watchdog

    @Test
    void a_watchdog_that_is_closed_without_the_magic_word_is_pet_once_more_and_fires() {
        FakeWatchdog watchdog = new FakeWatchdog(Duration.ofSeconds(5));
        Moment start = new Moment(0);
        watchdog.closedByDeath(start);
        assertThat(watchdog.isArmed()).isFalse();
        watchdog.pet(start);
        watchdog.closedByDeath(start.plus(Duration.ofSeconds(4)));
        assertThat(watchdog.fires(start.plus(Duration.ofMillis(8_999)))).isFalse();
        assertThat(watchdog.fires(start.plus(Duration.ofSeconds(9)))).isTrue();
        watchdog.disarm();
        assertThat(watchdog.fires(start.plus(Duration.ofSeconds(60)))).isFalse();
    }
}
