package dev.holdfast.control;

import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;
import org.jspecify.annotations.Nullable;

/**
 * Serves the administration protocol on a Unix socket. Anyone on the node may connect; who it is, is told to the handler, which decides
 * what they may do.
 *
 * <p>Every connection has a virtual thread that reads and writes, and every request one that runs the handler, so a client that does
 * not read never holds up the work, and work goes on when its client goes away.
 */
public final class ControlServer implements Closeable {
    /** A client that waits hears something at least this often. */
    static final Duration SIGN_OF_LIFE = Duration.ofSeconds(3);

    private static final int LONGEST_REQUEST = 4 << 20;
    private static final int MOST_CONNECTIONS = 256;

    /** Answers requests; called from many threads at once. */
    public interface Handler {
        /**
         * @param progress takes lines for the administrator, at once and from any thread, until this method returns; never blocks
         * @return what it came to. An exception is a fault of ours: it goes to the thread's uncaught-exception handler, and the client is
         *     told that nobody knows what was done
         */
        Reply.Answer answer(Caller caller, Request request, Consumer<String> progress) throws InterruptedException;

        /** The answer was written, or there is nobody any more who could read it. For a process that is about to end. */
        default void written(Request request) {}
    }

    private final ServerSocketChannel listener;
    private final Hello hello;
    private final Handler handler;
    private final Duration signOfLife;
    private final Semaphore connections = new Semaphore(MOST_CONNECTIONS);

    private ControlServer(ServerSocketChannel listener, Hello hello, Handler handler, Duration signOfLife) {
        this.signOfLife = signOfLife;
        this.listener = listener;
        this.hello = hello;
        this.handler = handler;
    }

    /**
     * Listens from now on, until closed. A socket that is already there belonged to a crsd that is gone, and is replaced.
     *
     * @param hello the answer to every greeting: speaker is the name of this node
     */
    public static ControlServer open(Path socket, Hello hello, Handler handler) throws IOException {
        return open(socket, hello, handler, SIGN_OF_LIFE);
    }

    static ControlServer open(Path socket, Hello hello, Handler handler, Duration signOfLife) throws IOException {
        Files.deleteIfExists(socket);
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            listener.bind(UnixDomainSocketAddress.of(socket), MOST_CONNECTIONS);
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
        } catch (IOException | RuntimeException failed) {
            listener.close();
            throw failed;
        }
        var server = new ControlServer(listener, hello, handler, signOfLife);
        Thread.ofPlatform().daemon().name("control-accept").start(server::accept);
        return server;
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                SocketChannel channel = listener.accept();
                if (connections.tryAcquire()) {
                    Thread.ofVirtual().name("control-connection").start(() -> converse(channel));
                } else {
                    channel.close();
                }
            } catch (ClosedChannelException _) {
                return;
            } catch (IOException _) {
                // Out of file descriptors, most likely. Wait for some to come back, or this loop would take a
                // processor.
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void converse(SocketChannel channel) {
        try (channel) {
            answerAll(channel);
        } catch (IOException | InterruptedException _) {
            // The client went away. Its request, if one is being worked on, goes on.
        } finally {
            connections.release();
        }
    }

    private void answerAll(SocketChannel channel) throws IOException, InterruptedException {
        var lines = new LineBuffer(LONGEST_REQUEST);
        try {
            Caller caller = caller(channel);
            if (greet(channel, lines)) {
                byte @Nullable [] line;
                while ((line = line(channel, lines)) != null) {
                    if (line.length > 0) {
                        serve(channel, caller, line);
                    }
                }
            }
        } catch (LineBuffer.TooLong tooLong) {
            farewell(
                    channel,
                    Reply.Refused.because(
                            "HF-1001",
                            "The request was not read: " + tooLong.getMessage() + ". Nothing was changed.",
                            "Name fewer resources or attributes in one command; apply a large file in parts."));
        }
    }

    /** Any version is told ours: the client says what is wrong, to the person who can change it. */
    private boolean greet(SocketChannel channel, LineBuffer lines) throws IOException, LineBuffer.TooLong {
        byte @Nullable [] line = line(channel, lines);
        if (line == null) {
            return false;
        }
        try {
            Hello theirs = Codec.decodeHello(line);
            write(channel, Codec.encode(hello));
            return theirs.version() == hello.version();
        } catch (MalformedMessage _) {
            write(channel, Codec.encode(hello));
            return false;
        }
    }

    private void serve(SocketChannel channel, Caller caller, byte[] line) throws IOException, InterruptedException {
        Request request;
        try {
            request = Codec.decodeRequest(line);
        } catch (MalformedMessage bad) {
            write(channel, Codec.encode(bad.refusal()));
            return;
        }
        var replies = new LinkedBlockingQueue<Reply>();
        Thread.ofVirtual().name("control-request").start(() -> {
            Reply.Answer answer = Reply.Refused.because(
                    "HF-1002",
                    "The cluster failed at this request; what was done of it is not known.",
                    "Look at how things stand: crsctl status resource -t",
                    "The reason is in crsd.log on this node.");
            try {
                answer = handler.answer(caller, request, text -> replies.add(new Reply.Progress(text)));
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } finally {
                replies.add(answer);
            }
        });
        try {
            while (true) {
                @Nullable Reply reply = replies.poll(signOfLife.toMillis(), TimeUnit.MILLISECONDS);
                write(channel, reply == null ? "" : Codec.encode(reply));
                if (reply instanceof Reply.Answer) {
                    return;
                }
            }
        } finally {
            handler.written(request);
        }
    }

    private static Caller caller(SocketChannel channel) throws IOException {
        UnixDomainPrincipal principal = channel.getOption(ExtendedSocketOptions.SO_PEERCRED);
        String user = principal.user().getName();
        return new Caller(user, principal.group().getName(), GroupFile.SYSTEM.of(user));
    }

    /** The next line, or null if there will be none. */
    private static byte @Nullable [] line(SocketChannel channel, LineBuffer lines)
            throws IOException, LineBuffer.TooLong {
        while (true) {
            Optional<byte[]> line = lines.next();
            if (line.isPresent()) {
                return line.get();
            }
            int count = channel.read(lines.room());
            if (count < 0) {
                return null;
            }
            lines.filled(count);
        }
    }

    private static void write(SocketChannel channel, String line) throws IOException {
        var bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static void farewell(SocketChannel channel, Reply reply) {
        try {
            write(channel, Codec.encode(reply));
        } catch (IOException _) {
            // It did not listen.
        }
    }

    /** Stops listening. Conversations under way go on to their end. */
    @Override
    public void close() throws IOException {
        listener.close();
    }
}
