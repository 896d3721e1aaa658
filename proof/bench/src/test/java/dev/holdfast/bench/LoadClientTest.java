package dev.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoadClientTest {
    private static final String GOOD =
            "HTTP/1.1 200 OK\r\nX-Served-By: httpd2 on node1\r\nx-balanced-by: haproxy on node2\r\n\r\n"
                    + "<html>hello</html>";

    private final ServerSocket listener = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
    private final BlockingQueue<Sample> told = new LinkedBlockingQueue<>();
    private volatile String answer = GOOD;
    private final LoadClient client =
            new LoadClient(URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/index.html"), told::add);

    LoadClientTest() throws IOException {}

    @AfterEach
    void end() throws IOException {
        client.end();
        listener.close();
    }

    @Test
    void a_good_answer_names_who_balanced_and_who_served() throws Exception {
        serve();
        run();

        Sample sample = next();

        assertEquals("", sample.problem());
        assertEquals("node2", sample.balancer());
        assertEquals("httpd2 on node1", sample.server());
        assertThat(sample.endedNanos()).isGreaterThan(sample.beganNanos());
    }

    @Test
    void an_error_page_is_a_failure_and_says_which() throws Exception {
        answer = "HTTP/1.0 503 Service Unavailable\r\n\r\n<html>sorry</html>";
        serve();
        run();

        assertEquals("503 Service Unavailable", next().problem());
    }

    @Test
    void a_page_cut_short_is_a_failure() throws Exception {
        answer = "HTTP/1.0 200 OK\r\n\r\n<html>hel";
        serve();
        run();

        assertEquals("the page was cut short", next().problem());
    }

    @Test
    void a_server_that_never_answers_fails_each_request_after_the_timeout_and_does_not_stop_the_next()
            throws Exception {
        run(); // The kernel completes the connections; nobody reads them.

        Sample first = next();
        Sample second = next();

        assertEquals("no answer within 250 ms", first.problem());
        assertThat(first.endedNanos() - first.beganNanos()).isGreaterThanOrEqualTo(LoadClient.TIMEOUT.toNanos());
        assertThat(second.beganNanos()).isLessThan(first.endedNanos());
    }

    @Test
    void a_refused_connection_is_a_failure() throws Exception {
        listener.close();
        run();

        assertThat(next().problem()).contains("refused");
    }

    private Sample next() throws InterruptedException {
        Sample sample = told.poll(10, TimeUnit.SECONDS);
        if (sample == null) {
            throw new AssertionError("the client told nothing for 10 s");
        }
        return sample;
    }

    private void run() {
        Thread.ofPlatform().daemon().start(() -> {
            try {
                client.run();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    private void serve() {
        Thread.ofPlatform().daemon().start(() -> {
            while (!listener.isClosed()) {
                try (var connection = listener.accept()) {
                    // Read first: closing with unread data resets the connection.
                    var in = connection.getInputStream();
                    byte[] seen = new byte[1000];
                    int length = 0;
                    while (!new String(seen, 0, length, StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
                        length += Math.max(0, in.read(seen, length, seen.length - length));
                    }
                    connection.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    // The listener was closed, or the client gave up.
                }
            }
        });
    }
}
