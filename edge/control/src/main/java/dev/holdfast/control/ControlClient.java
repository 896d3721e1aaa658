package dev.holdfast.control;

import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Asks the cluster, through the socket of the crsd on this node. One request at a time; not for several threads at once.
 *
 * <p>A live server sends something at least every {@link ControlServer#SIGN_OF_LIFE}, an empty line if there is nothing to say. So the
 * client may wait for hours for a slow action, and still notices within {@link #PATIENCE} that nobody is there.
 */
public final class ControlClient implements Closeable {
    /** How long the server may be silent. Far more than a loaded machine needs, and what a person at the keyboard just bears. */
    static final Duration PATIENCE = Duration.ofSeconds(30);
    /** A status of some ten thousand resources with all their attributes. */
    private static final int LONGEST_REPLY = 256 << 20;

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final Duration patience;
    private final LineBuffer received = new LineBuffer(LONGEST_REPLY);
    private Hello server = new Hello(0, "?", "?");

    private ControlClient(SocketChannel channel, Selector selector, SelectionKey key, Duration patience) {
        this.key = key;
        this.channel = channel;
        this.selector = selector;
        this.patience = patience;
    }

    /** @param hello who we are; its version is what we speak */
    public static ControlClient connect(Path socket, Hello hello) throws Unreachable {
        return connect(socket, hello, PATIENCE);
    }

    static ControlClient connect(Path socket, Hello hello, Duration patience) throws Unreachable {
        try {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.connect(UnixDomainSocketAddress.of(socket));
                channel.configureBlocking(false);
                var selector = Selector.open();
                SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
                var client = new ControlClient(channel, selector, key, patience);
                client.greet(hello);
                return client;
            } catch (IOException | RuntimeException failed) {
                channel.close();
                throw failed;
            }
        } catch (Unreachable unreachable) {
            throw unreachable;
        } catch (ConnectException nobody) {
            throw new Unreachable(
                    Files.exists(socket) ? Unreachable.Reason.NOBODY_LISTENS : Unreachable.Reason.NO_SOCKET,
                    "connecting to " + socket + ": " + nobody.getMessage());
        } catch (SocketException failed) {
            // The JDK tells these apart by text alone.
            String message = String.valueOf(failed.getMessage());
            throw new Unreachable(
                    message.contains("ermission denied")
                            ? Unreachable.Reason.DENIED
                            : Files.exists(socket) ? Unreachable.Reason.NOBODY_LISTENS : Unreachable.Reason.NO_SOCKET,
                    "connecting to " + socket + ": " + message);
        } catch (IOException failed) {
            throw new Unreachable(
                    Unreachable.Reason.NOBODY_LISTENS, "connecting to " + socket + ": " + failed.getMessage());
        }
    }

    private void greet(Hello hello) throws IOException {
        send(Codec.encode(hello), Unreachable.Reason.NOT_A_CLUSTER);
        Hello theirs;
        try {
            theirs = Codec.decodeHello(line(Unreachable.Reason.NOT_A_CLUSTER));
        } catch (MalformedMessage bad) {
            throw new Unreachable(Unreachable.Reason.NOT_A_CLUSTER, "its greeting makes no sense: " + bad.getMessage());
        }
        if (theirs.version() != hello.version()) {
            throw new Unreachable(
                    Unreachable.Reason.OTHER_VERSION,
                    theirs.speaker() + " runs release " + theirs.release() + " and speaks version " + theirs.version()
                            + " of the protocol; this is release " + hello.release() + " with version "
                            + hello.version());
        }
        server = theirs;
    }

    /** How the other side introduced itself; its speaker is the name of this node. */
    public Hello server() {
        return server;
    }

    /** Sends the request, hands on every line of progress as it comes, and returns the answer. */
    public Reply.Answer ask(Request request, Consumer<String> progress) throws Unreachable {
        try {
            sendWhole(request);
            while (true) {
                byte[] line = line(Unreachable.Reason.BROKE_OFF);
                if (line.length == 0) {
                    continue; // A sign of life.
                }
                Reply reply = Codec.decodeReply(line);
                if (reply instanceof Reply.Answer answer) {
                    return answer;
                } else if (reply instanceof Reply.Progress(String text)) {
                    progress.accept(text);
                }
            }
        } catch (MalformedMessage bad) {
            throw new Unreachable(Unreachable.Reason.BROKE_OFF, "the reply was not understood: " + bad.getMessage());
        } catch (Unreachable unreachable) {
            throw unreachable;
        } catch (IOException failed) {
            throw new Unreachable(Unreachable.Reason.BROKE_OFF, String.valueOf(failed.getMessage()));
        }
    }

    private void sendWhole(Request request) throws IOException {
        try {
            send(Codec.encode(request), Unreachable.Reason.BROKE_OFF);
        } catch (Unreachable failed) {
            if (failed.reason() != Unreachable.Reason.BROKE_OFF) {
                throw failed;
            }
            // A server that hangs up on a request may have said why before; if not, reading ends at once.
        }
    }

    private void send(String line, Unreachable.Reason ifBroken) throws IOException {
        var bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                if (channel.write(bytes) == 0) {
                    await(SelectionKey.OP_WRITE);
                }
            }
        } catch (Unreachable unreachable) {
            throw unreachable;
        } catch (IOException broken) {
            throw new Unreachable(ifBroken, String.valueOf(broken.getMessage()));
        }
    }

    private byte[] line(Unreachable.Reason ifBroken) throws IOException {
        try {
            while (true) {
                Optional<byte[]> line = received.next();
                if (line.isPresent()) {
                    return line.get();
                }
                int count = channel.read(received.room());
                if (count < 0) {
                    throw new Unreachable(ifBroken, "the connection ended");
                }
                if (count == 0) {
                    await(SelectionKey.OP_READ);
                }
                received.filled(count);
            }
        } catch (LineBuffer.TooLong tooLong) {
            throw new Unreachable(ifBroken, String.valueOf(tooLong.getMessage()));
        } catch (SocketException reset) {
            throw new Unreachable(ifBroken, String.valueOf(reset.getMessage()));
        }
    }

    private void await(int operation) throws IOException {
        key.interestOps(operation);
        if (selector.select(patience.toMillis()) == 0) {
            throw new Unreachable(Unreachable.Reason.SILENT, "nothing was heard for " + patience.toSeconds() + " s");
        }
        selector.selectedKeys().clear();
    }

    @Override
    public void close() {
        try {
            selector.close();
            channel.close();
        } catch (IOException _) {
            // Nothing was in flight: whoever cared for an answer has it.
        }
    }
}
