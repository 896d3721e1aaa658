package dev.holdfast.membership;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.VotingSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class DiskRoundTest {
    private final DiskRound round = new DiskRound(Quorum.ofFirst(3), List.of(0, 1, 2));

    @Test
    void no_read_starts_before_a_majority_is_written() {
        assertThat(round.onWritten(0)).isEmpty();
        assertThat(round.onWritten(2)).containsExactly(0, 2);
    }

    @Test
    void a_disk_written_later_is_read_later() {
        round.onWritten(0);
        round.onWritten(1);

        assertThat(round.onWritten(2)).containsExactly(2);
    }

    @Test
    void it_is_complete_when_a_majority_was_written_and_then_read() {
        round.onWritten(0);
        round.onWritten(1);
        round.onRead(0, true);
        assertThat(round.isComplete()).isFalse();
        round.onRead(1, true);
        assertThat(round.isComplete()).isTrue();
    }

    @Test
    void a_disk_with_an_unreadable_block_does_not_count() {
        round.onWritten(0);
        round.onWritten(1);
        round.onRead(0, true);
        round.onRead(1, false);
        assertThat(round.isComplete()).isFalse();

        round.onWritten(2);
        round.onRead(2, true);
        assertThat(round.isComplete()).isTrue();
    }

    @Test
    void a_disk_that_comes_free_later_takes_the_place_of_one_that_hangs() {
        DiskRound begun = new DiskRound(Quorum.ofFirst(3), List.of(1, 2));
        begun.onWritten(1); // And 2 hangs.

        assertThat(begun.join(0)).isTrue();
        assertThat(begun.onWritten(0)).containsExactly(0, 1);
        begun.onRead(0, true);
        begun.onRead(1, true);
        assertThat(begun.isComplete()).isTrue();
    }

    @Test
    void only_a_disk_with_a_vote_that_does_not_take_part_yet_joins() {
        DiskRound begun = new DiskRound(Quorum.ofFirst(3), List.of(1, 2));

        assertThat(begun.join(1)).isFalse();
        assertThat(begun.join(3)).isFalse();
        begun.onFailed(1);
        assertThat(begun.join(1))
                .as("one that failed is asked again in the next round")
                .isFalse();
    }

    @Test
    void a_number_that_took_part_stands_for_the_disk_that_it_was() {
        UUID first = new UUID(0, 1);
        UUID second = new UUID(0, 2);
        VotingSet set = new VotingSet(1, new TreeSet<>(List.of(first)), new TreeSet<>(List.of(second)));
        DiskRound begun = new DiskRound(Quorum.of(set, Map.of(first, 0)), List.of(0));
        begun.onWritten(0);
        begun.opened(0, second); // The first was closed since then, and its number given away.
        assertThat(begun.join(0)).isFalse();
        assertThat(begun.quorum().isEnough(0b1))
                .as("it is not counted for both")
                .isFalse();
    }

    @Test
    void two_failed_disks_of_three_make_it_hopeless() {
        round.onFailed(0);
        assertThat(round.isHopeless()).isFalse();
        round.onFailed(1);
        assertThat(round.isHopeless()).isTrue();
    }

    @Test
    void a_majority_is_of_the_configured_disks_not_of_those_that_take_part() {
        DiskRound one = new DiskRound(Quorum.ofFirst(3), List.of(1));

        assertThat(one.isHopeless()).isTrue();
        assertThat(one.onWritten(1)).isEmpty();
    }
}
