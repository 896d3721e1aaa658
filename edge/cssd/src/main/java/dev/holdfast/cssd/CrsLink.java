package dev.holdfast.cssd;

import io.avaje.json.JsonException;
import io.avaje.json.mapper.JsonMapper;
import io.avaje.json.stream.JsonStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Unix socket between cssd and its crsd, JSON lines both ways. The newest connection is the one that counts; requests
 * of an older one get no answer. Sending never blocks the caller.
 */
final class CrsLink {
    private static final Logger LOG = LoggerFactory.getLogger(CrsLink.class);
    // Without serializeEmpty an empty list, such as "nobody is unsettled", is not sent at all.
    private static final JsonMapper JSON = JsonMapper.builder()
            .jsonStream(JsonStream.builder().serializeEmpty(true).build())
            .build();
    /** More than this waits only for a crsd that hangs; then it is cut off, and must connect anew. */
    private static final int QUEUE_MAX = 10_000;

    private final Consumer<Message> inbox;
    private final Runnable beforeEach;
    private final ServerSocketChannel server;
    private volatile @Nullable Connection newest;

    /** A line from crsd. */
    record Message(Connection from, Map<String, Object> fields) {}

    /** @param beforeEach done before a new connection counts; it is told nothing until that returns */
    CrsLink(Path socket, Consumer<Message> inbox, Runnable beforeEach) throws IOException {
        this.inbox = inbox;
        this.beforeEach = beforeEach;
        Files.deleteIfExists(socket);
        server = ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX);
        server.bind(java.net.UnixDomainSocketAddress.of(socket));
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        Thread thread = new Thread(this::accept, "crsd link");
        thread.setDaemon(true);
        thread.start();
    }

    boolean isNewest(Connection connection) {
        return connection == newest;
    }

    /** To the newest connection, if there is one. */
    void send(Map<String, Object> fields) {
        Connection connection = newest;
        if (connection != null) {
            connection.send(fields);
        }
    }

    private void accept() {
        while (true) {
            try {
                Connection connection = new Connection(server.accept());
                beforeEach.run();
                Connection before = newest;
                newest = connection;
                if (before != null) {
                    before.close();
                }
                connection.start();
                inbox.accept(new Message(connection, Map.of("t", "connected")));
            } catch (IOException e) {
                LOG.warn("crsd could not connect: {}", e.getMessage());
                if (!server.isOpen()) {
                    return;
                }
            }
        }
    }

    /** One connection of a crsd. */
    final class Connection {
        private final SocketChannel channel;
        private final LinkedBlockingQueue<Map<String, Object>> outgoing = new LinkedBlockingQueue<>(QUEUE_MAX);

        private Connection(SocketChannel channel) {
            this.channel = channel;
        }

        private void start() {
            Thread.ofPlatform().daemon().name("crsd reader").start(this::read);
            Thread.ofPlatform().daemon().name("crsd writer").start(this::write);
        }

        void send(Map<String, Object> fields) {
            if (!outgoing.offer(fields)) {
                LOG.warn("crsd does not read what it is told; it is cut off");
                close();
            }
        }

        private void read() {
            try (BufferedReader lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    inbox.accept(new Message(this, JSON.map().fromJson(line)));
                }
            } catch (IOException
                    | JsonException
                    | IllegalStateException
                    | IllegalArgumentException
                    | IndexOutOfBoundsException e) {
                LOG.info("crsd link: {}", e.getMessage());
            }
            close();
            inbox.accept(new Message(this, Map.of("t", "gone")));
        }

        private void write() {
            try {
                while (channel.isOpen()) {
                    byte[] line = (JSON.map().toJson(outgoing.take()) + "\n").getBytes(StandardCharsets.UTF_8);
                    ByteBuffer buffer = ByteBuffer.wrap(line);
                    while (buffer.hasRemaining()) {
                        channel.write(buffer);
                    }
                }
            } catch (IOException e) {
                close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void close() {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.debug("closing the crsd link: {}", e.getMessage());
            }
        }
    }
}
