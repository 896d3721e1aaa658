package dev.holdfast.cssd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Moment;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AddressKeeperTest {
    private final LinkedBlockingQueue<Duration> extended = new LinkedBlockingQueue<>();
    private final AddressKeeper keeper = new AddressKeeper(extended::add);

    private static Moment in(Duration time) {
        return new Moment(System.nanoTime()).plus(time);
    }

    @Test
    void addresses_live_until_the_end_of_the_lease_while_no_crsd_is_there() throws Exception {
        keeper.crsdEnded();
        keeper.renewed(in(Duration.ofMillis(3_900)));

        assertThat(extended.poll(30, TimeUnit.SECONDS)).isBetween(Duration.ofSeconds(2), Duration.ofSeconds(5));
    }

    @Test
    void a_crsd_keeps_its_addresses_itself() throws Exception {
        keeper.renewed(in(Duration.ofSeconds(4)));
        keeper.crsdEnded();
        keeper.crsdComes();
        keeper.renewed(in(Duration.ofSeconds(4)));

        keeper.awaitIdle();
        assertThat(extended).isEmpty();
    }

    @Test
    void a_lease_that_is_over_keeps_nothing() throws Exception {
        keeper.crsdEnded();
        keeper.renewed(in(Duration.ofMillis(-1)));

        keeper.awaitIdle();
        assertThat(extended).isEmpty();
    }

    @Test
    void nothing_is_extended_once_letting_go_has_begun() throws Exception {
        keeper.crsdEnded();
        keeper.letGo();
        keeper.renewed(in(Duration.ofSeconds(4)));

        keeper.awaitIdle();
        assertThat(extended).isEmpty();
    }

    @Test
    void whoever_removes_addresses_waits_for_an_extension_under_way() throws Exception {
        var begun = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var slow = new AddressKeeper(lifetime -> {
            begun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            extended.add(lifetime);
        });
        slow.crsdEnded();
        slow.renewed(in(Duration.ofSeconds(40)));
        begun.await();

        Thread comes = Thread.ofPlatform().start(slow::crsdComes);
        Thread goes = Thread.ofPlatform().start(slow::letGo);
        while (comes.getState() != Thread.State.BLOCKED || goes.getState() != Thread.State.BLOCKED) {
            Thread.onSpinWait(); // Until the timeout of the class.
        }
        assertThat(extended).isEmpty();
        goOn.countDown();
        comes.join();
        goes.join();
        assertThat(extended).hasSize(1);
    }
}
