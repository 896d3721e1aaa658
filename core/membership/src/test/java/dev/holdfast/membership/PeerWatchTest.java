package dev.holdfast.membership;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PeerWatchTest {
    private static final NodeId N1 = new NodeId(1);
    private static final NodeId N2 = new NodeId(2);
    private static final Incarnation FIRST_LIFE = new Incarnation(1);
    private static final Incarnation SECOND_LIFE = new Incarnation(2);
    private static final Moment START = new Moment(0);

    private final PeerWatch watch = new PeerWatch(N1, Timing.standard(), 2, START);

    private static Moment at(double seconds) {
        return START.plus(Duration.ofNanos((long) (seconds * 1e9)));
    }

    private void hear(double seconds, Incarnation life, long sequence) {
        watch.onHeartbeat(
                at(seconds),
                0,
                new Heartbeat(N2, life, sequence, NodeState.MEMBER, Epoch.NONE, 0, NodeSet.of(N1, N2), true, 7));
    }

    /** The clock is looked at every 50 ms, as the daemon does, up to {@code seconds}. */
    private void tickUpTo(double from, double seconds) {
        for (double now = from; now <= seconds; now += 0.05) {
            watch.onTick(at(now));
        }
    }

    private boolean silentAt(double seconds) {
        return watch.isSilent(at(seconds), N2, FIRST_LIFE, START);
    }

    @Test
    void a_peer_is_silent_after_misscount_and_not_before() {
        tickUpTo(0, 10);
        hear(10, FIRST_LIFE, 1);
        tickUpTo(10, 13.1);

        assertThat(silentAt(13)).isFalse();
        assertThat(silentAt(13.1)).isTrue();
    }

    @Test
    void a_heartbeat_from_before_a_restart_does_not_keep_a_peer_alive() {
        tickUpTo(0, 10);
        hear(10, SECOND_LIFE, 1);
        hear(12, FIRST_LIFE, 900);
        tickUpTo(10, 13.1);

        assertThat(watch.isSilent(at(13.1), N2, SECOND_LIFE, START)).isTrue();
    }

    @Test
    void a_replayed_heartbeat_does_not_keep_a_peer_alive() {
        tickUpTo(0, 10);
        hear(10, FIRST_LIFE, 5);
        hear(12, FIRST_LIFE, 4);
        tickUpTo(10, 13.1);

        assertThat(silentAt(13.1)).isTrue();
    }

    @Test
    void who_was_away_itself_gives_its_peers_the_time_of_two_heartbeats() {
        tickUpTo(0, 10);
        hear(10, FIRST_LIFE, 1);
        watch.onTick(at(70)); // A pause of a minute.

        assertThat(silentAt(70)).isFalse();
        assertThat(silentAt(70.39)).isFalse();
        assertThat(silentAt(70.41)).isTrue();
    }

    @Test
    void a_peer_that_the_kernel_says_is_gone_is_silent_at_once() {
        tickUpTo(0, 10);
        hear(10, FIRST_LIFE, 1);
        watch.onLost(N2, at(10.1));

        assertThat(silentAt(10.1)).isTrue();
    }
}
