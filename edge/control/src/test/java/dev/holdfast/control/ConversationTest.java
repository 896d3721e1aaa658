package dev.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Client and server over a real Unix socket. */
@Timeout(60) // Only against hanging for ever: no test here waits for time to pass.
class ConversationTest {
    private static final Hello NODE1 = Hello.from("node1");
    private static final Hello CRSCTL = Hello.from("crsctl");

    @TempDir
    Path directory;

    private Path socket() {
        return directory.resolve("crsd.sock");
    }

    private ControlServer serve(ControlServer.Handler handler) throws IOException {
        return ControlServer.open(socket(), NODE1, handler);
    }

    @Test
    void progress_comes_before_the_answer_and_in_order() throws Exception {
        try (var _ = serve((_, request, progress) -> {
                    progress.accept("CRS-2672: one");
                    progress.accept("CRS-2676: two");
                    return new Reply.Done(List.of(request.toString()));
                });
                var client = ControlClient.connect(socket(), CRSCTL)) {
            var lines = new ArrayList<String>();

            Reply.Answer answer = client.ask(new Request.Why("web"), lines::add);

            assertThat(lines).containsExactly("CRS-2672: one", "CRS-2676: two");
            assertThat(answer)
                    .isEqualTo(
                            new Reply.Done(List.of("Why[resource=web, node=Optional.empty, atMillis=Optional.empty]")));
            assertThat(client.server()).isEqualTo(NODE1);
        }
    }

    @Test
    void one_connection_serves_many_requests_and_large_ones() throws Exception {
        try (var _ = serve((_, request, _) -> new Reply.Done(((Request.StatusType) request).names()));
                var client = ControlClient.connect(socket(), CRSCTL)) {
            for (int length : new int[] {1, 10, 3_000, 0}) {
                List<String> names = Collections.nCopies(length, "x".repeat(1000));
                assertThat(client.ask(new Request.StatusType(names), _ -> {})).isEqualTo(new Reply.Done(names));
            }
        }
    }

    @Test
    void a_request_that_is_too_large_is_refused_and_says_so() throws Exception {
        try (var _ = serve((_, _, _) -> Reply.Done.silently());
                var client = ControlClient.connect(socket(), CRSCTL)) {
            var request = new Request.StatusType(Collections.nCopies(5_000, "x".repeat(1000)));

            assertThat(client.ask(request, _ -> {})).isInstanceOfSatisfying(Reply.Refused.class, refused -> {
                assertThat(refused.problems().getFirst().code()).isEqualTo("HF-1001");
                assertThat(refused.problems().getFirst().text())
                        .isEqualTo(
                                "The request was not read: a line is longer than 4194304 bytes. Nothing was changed.");
            });
        }
    }

    @Test
    void the_handler_is_told_who_the_kernel_says_is_asking() throws Exception {
        try (var _ = serve((caller, _, _) -> new Reply.Done(List.of(caller.user())));
                var client = ControlClient.connect(socket(), CRSCTL)) {
            assertThat(client.ask(new Request.ListNodes(), _ -> {}))
                    .isEqualTo(new Reply.Done(List.of(Files.getOwner(socket()).getName())));
        }
    }

    @Test
    void everybody_on_the_node_may_connect() throws Exception {
        try (var _ = serve((_, _, _) -> Reply.Done.silently())) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())))
                    .isEqualTo("rw-rw-rw-");
        }
    }

    @Test
    void a_socket_that_a_dead_server_left_behind_is_replaced() throws Exception {
        try (var corpse = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            corpse.bind(UnixDomainSocketAddress.of(socket()));
            try (var _ = serve((_, _, _) -> Reply.Done.silently());
                    var client = ControlClient.connect(socket(), CRSCTL)) {
                assertThat(client.ask(new Request.ListNodes(), _ -> {})).isEqualTo(Reply.Done.silently());
            }
        }
    }

    @Test
    void a_client_that_waits_hears_signs_of_life() throws Exception {
        var enough = new CountDownLatch(1);
        try (var _ = ControlServer.open(
                        socket(),
                        NODE1,
                        (_, _, _) -> {
                            enough.await();
                            return Reply.Done.silently();
                        },
                        Duration.ofMillis(1));
                SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
            say(channel, Codec.encode(CRSCTL), Codec.encode(new Request.ListNodes()));
            var lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
            assertThat(lines.readLine()).isEqualTo(Codec.encode(NODE1));
            assertThat(lines.readLine()).isEmpty();
            assertThat(lines.readLine()).isEmpty();
            enough.countDown();
            String line;
            do {
                line = lines.readLine();
            } while (line.isEmpty());
            assertThat(line).isEqualTo(Codec.encode(Reply.Done.silently()));
        }
    }

    @Test
    void work_goes_on_when_its_client_goes_away() throws Exception {
        var begun = new CountDownLatch(1);
        var gone = new CountDownLatch(1);
        var finished = new CompletableFuture<String>();
        try (var _ = serve((_, _, progress) -> {
            begun.countDown();
            gone.await();
            progress.accept("nobody reads this");
            finished.complete("done");
            return Reply.Done.silently();
        })) {
            try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
                say(channel, Codec.encode(CRSCTL), Codec.encode(new Request.ListNodes()));
                begun.await();
            }
            gone.countDown();
            assertThat(finished.get()).isEqualTo("done");
        }
    }

    @Test
    void nonsense_is_refused_and_the_conversation_goes_on() throws Exception {
        try (var _ = serve((_, _, _) -> Reply.Done.silently());
                SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
            say(channel, Codec.encode(CRSCTL), "nonsense", "{\"t\":\"dance\"}", Codec.encode(new Request.ListNodes()));
            var lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));

            assertThat(lines.readLine()).isEqualTo(Codec.encode(NODE1));
            assertThat(lines.readLine()).startsWith("{\"t\":\"refused\"").contains("it is not a JSON object");
            assertThat(lines.readLine())
                    .startsWith("{\"t\":\"refused\"")
                    .contains("there is no request 'dance' in version 1");
            assertThat(lines.readLine()).isEqualTo(Codec.encode(Reply.Done.silently()));
        }
    }

    @Test
    void a_fault_of_ours_is_told_to_the_client_and_not_swallowed() throws Exception {
        var thrown = new CompletableFuture<Throwable>();
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((_, fault) -> thrown.complete(fault));
        try (var _ = serve((_, _, _) -> {
                    throw new IllegalStateException("epoch went back");
                });
                var client = ControlClient.connect(socket(), CRSCTL)) {
            var refused = (Reply.Refused) client.ask(new Request.ListNodes(), _ -> {});

            assertThat(refused.problems().getFirst().code()).isEqualTo("HF-1002");
            assertThat(thrown.get()).hasMessage("epoch went back");
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
    }

    @Test
    void a_server_of_another_version_is_recognised_before_anything_is_asked() throws Exception {
        try (var _ = ControlServer.open(socket(), new Hello(2, "node1", "9.0"), (_, _, _) -> Reply.Done.silently())) {
            unreachable(
                    Unreachable.Reason.OTHER_VERSION,
                    "node1 runs release 9.0 and speaks version 2 of the protocol; this is release 0.1.0 with version 1");
        }
    }

    @Test
    void without_a_socket_nobody_runs_here() {
        unreachable(Unreachable.Reason.NO_SOCKET, "connecting to " + socket());
    }

    @Test
    void a_socket_without_a_server_is_told_apart() throws Exception {
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(socket()))
                .close();

        unreachable(Unreachable.Reason.NOBODY_LISTENS, "connecting to " + socket());
    }

    @Test
    void something_else_behind_the_socket_is_recognised() throws Exception {
        try (var _ = answering("SSH-2.0-OpenSSH_9\n", "")) {
            unreachable(Unreachable.Reason.NOT_A_CLUSTER, "its greeting makes no sense: ");
        }
    }

    @Test
    void a_server_that_hangs_up_at_once_is_no_cluster() throws Exception {
        try (var _ = answering("", "")) {
            unreachable(Unreachable.Reason.NOT_A_CLUSTER, "");
        }
    }

    @Test
    void a_server_that_dies_at_work_leaves_the_outcome_open() throws Exception {
        try (var _ = answering(Codec.encode(NODE1) + "\n", Codec.encode(new Reply.Progress("one")) + "\n");
                var client = ControlClient.connect(socket(), CRSCTL)) {
            var lines = new ArrayList<String>();

            assertThatThrownBy(() -> client.ask(new Request.ListNodes(), lines::add))
                    .isInstanceOfSatisfying(
                            Unreachable.class, u -> assertThat(u.reason()).isEqualTo(Unreachable.Reason.BROKE_OFF));
            assertThat(lines).containsExactly("one");
        }
    }

    @Test
    void a_silent_server_is_given_up_in_the_end() throws Exception {
        try (var listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket())); // The kernel connects; nobody ever accepts or speaks.

            assertThatThrownBy(() -> ControlClient.connect(socket(), CRSCTL, Duration.ofMillis(20)))
                    .isInstanceOfSatisfying(
                            Unreachable.class, u -> assertThat(u.reason()).isEqualTo(Unreachable.Reason.SILENT));
        }
    }

    @Test
    void a_line_without_end_is_refused() throws Exception {
        try (var _ = serve((_, _, _) -> Reply.Done.silently());
                var client = ControlClient.connect(socket(), CRSCTL)) {
            // The server stops reading at its limit; whether we then hear its refusal or only the broken connection is
            // up to the kernel.
            var request = new Request.Why("x".repeat(9 << 20));
            Object outcome;
            try {
                outcome = client.ask(request, _ -> {});
            } catch (Unreachable broken) {
                outcome = broken.reason();
            }
            assertThat(outcome)
                    .satisfiesAnyOf(
                            o -> assertThat(o).isEqualTo(Unreachable.Reason.BROKE_OFF),
                            o -> assertThat(o).isInstanceOf(Reply.Refused.class));
        }
    }

    private void unreachable(Unreachable.Reason reason, String message) {
        assertThatThrownBy(() -> ControlClient.connect(socket(), CRSCTL).close())
                .isInstanceOfSatisfying(
                        Unreachable.class, u -> assertThat(u.reason()).isEqualTo(reason))
                .hasMessageStartingWith(message);
    }

    /** A server for one client that reads its greeting and answers this, then reads its request if there is something to say to it, and hangs up. */
    private ServerSocketChannel answering(String toGreeting, String toRequest) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(socket()));
        Thread.ofVirtual().start(() -> {
            try (SocketChannel channel = listener.accept()) {
                channel.read(ByteBuffer.allocate(1000));
                channel.write(ByteBuffer.wrap(toGreeting.getBytes(StandardCharsets.UTF_8)));
                if (!toRequest.isEmpty()) {
                    channel.read(ByteBuffer.allocate(1000));
                    channel.write(ByteBuffer.wrap(toRequest.getBytes(StandardCharsets.UTF_8)));
                }
            } catch (IOException _) {
                // The test has seen enough.
            }
        });
        return listener;
    }

    private static void say(SocketChannel channel, String... lines) throws IOException {
        for (String line : lines) {
            channel.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
        }
    }
}
