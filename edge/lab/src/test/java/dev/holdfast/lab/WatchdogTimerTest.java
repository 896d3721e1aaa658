package dev.holdfast.lab;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WatchdogTimerTest {
    private static final Duration NEVER_IN_A_TEST = Duration.ofHours(1);
    private static final Duration SOON = Duration.ofMillis(50);

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private WatchdogTimer timer = watchdog(NEVER_IN_A_TEST);

    private WatchdogTimer watchdog(Duration timeout) {
        return new WatchdogTimer("node1", timeout, new WatchdogTimer.Listener() {
            @Override
            public void armed() {
                heard.add("armed");
            }

            @Override
            public void disarmed() {
                heard.add("disarmed");
            }

            @Override
            public void expired() {
                heard.add("expired");
            }
        });
    }

    @AfterEach
    void stop() {
        timer.close();
    }

    private void write(String text) {
        timer.write(ByteBuffer.wrap(text.getBytes(US_ASCII)));
    }

    private String next() throws InterruptedException {
        return heard.poll(30, TimeUnit.SECONDS);
    }

    @Test
    void it_is_armed_by_the_first_write_only() throws InterruptedException {
        write("1");
        write("1");
        assertThat(next()).isEqualTo("armed");
        assertThat(heard).isEmpty();
    }

    @Test
    void it_expires_when_it_is_not_petted() throws InterruptedException {
        timer.close();
        timer = watchdog(SOON);
        write("1");
        assertThat(next()).isEqualTo("armed");
        assertThat(next()).isEqualTo("expired");
    }

    @Test
    void a_close_without_the_magic_byte_leaves_it_running() throws InterruptedException {
        timer.close();
        timer = watchdog(SOON);
        write("1");
        timer.released();
        assertThat(next()).isEqualTo("armed");
        assertThat(next()).isEqualTo("expired");
    }

    @Test
    void the_magic_byte_in_the_last_write_disarms_it_at_the_close() throws InterruptedException {
        write("1");
        write("V");
        timer.released();
        assertThat(next()).isEqualTo("armed");
        assertThat(next()).isEqualTo("disarmed");
    }

    @Test
    void a_write_after_the_magic_byte_takes_it_back() throws InterruptedException {
        write("V");
        write("1");
        timer.released();
        write("V");
        timer.released();
        assertThat(next()).isEqualTo("armed");
        assertThat(next()).isEqualTo("disarmed");
        assertThat(heard).isEmpty();
    }
}
