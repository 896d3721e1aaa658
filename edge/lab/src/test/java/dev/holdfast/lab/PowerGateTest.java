package dev.holdfast.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class PowerGateTest {
    private static final int REFUSED = -5;

    private final PowerGate gate = new PowerGate();

    /** Not the common pool: on two processors it has one thread, and these tasks wait for each other. */
    private final Executor threads = task -> {
        Thread _ = Thread.ofPlatform().daemon().start(task);
    };

    @Test
    void nothing_passes_while_the_power_is_off() {
        assertThat(gate.pass(gate.life(), REFUSED, () -> 1)).isEqualTo(REFUSED);
        gate.open();
        assertThat(gate.pass(gate.life(), REFUSED, () -> 1)).isEqualTo(1);
        gate.shut();
        assertThat(gate.pass(gate.life(), REFUSED, () -> 1)).isEqualTo(REFUSED);
    }

    @Test
    void a_request_of_the_last_life_is_not_carried_out_in_the_next() {
        gate.open();
        long before = gate.life();
        gate.shut();
        gate.open();
        assertThat(gate.pass(before, REFUSED, () -> 1)).isEqualTo(REFUSED);
        assertThat(gate.await(before, 0, () -> true)).isFalse();
    }

    @Test
    void a_request_that_waits_fails_when_the_power_goes() throws Exception {
        gate.open();
        CountDownLatch waiting = new CountDownLatch(1);
        CompletableFuture<Boolean> hung = CompletableFuture.supplyAsync(
                () -> gate.await(gate.life(), 0, () -> {
                    waiting.countDown();
                    return true;
                }),
                threads);
        assertThat(waiting.await(30, TimeUnit.SECONDS)).isTrue();
        gate.shut();
        assertThat(hung.get(30, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void a_request_that_waits_goes_on_when_what_blocked_it_is_mended() throws Exception {
        gate.open();
        AtomicBoolean blocked = new AtomicBoolean(true);
        CountDownLatch waiting = new CountDownLatch(1);
        CompletableFuture<Boolean> hung = CompletableFuture.supplyAsync(
                () -> gate.await(gate.life(), 0, () -> {
                    waiting.countDown();
                    return blocked.get();
                }),
                threads);
        assertThat(waiting.await(30, TimeUnit.SECONDS)).isTrue();
        blocked.set(false);
        gate.stir();
        assertThat(hung.get(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void shutting_waits_for_what_is_being_done() throws Exception {
        gate.open();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        AtomicBoolean done = new AtomicBoolean();
        CompletableFuture<Integer> deed = CompletableFuture.supplyAsync(
                () -> gate.pass(gate.life(), REFUSED, () -> {
                    inside.countDown();
                    awaitUnchecked(mayEnd);
                    done.set(true);
                    return 1;
                }),
                threads);
        assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<Boolean> doneWhenShut = CompletableFuture.supplyAsync(
                () -> {
                    gate.shut();
                    return done.get();
                },
                threads);
        // Once newcomers are refused, the gate is shutting; the deed inside is still not done.
        while (gate.pass(gate.life(), REFUSED, () -> 1) != REFUSED) {
            Thread.onSpinWait();
        }
        mayEnd.countDown();
        assertThat(doneWhenShut.get(30, TimeUnit.SECONDS)).isTrue();
        assertThat(deed.get(30, TimeUnit.SECONDS)).isEqualTo(1);
    }

    private static void awaitUnchecked(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
