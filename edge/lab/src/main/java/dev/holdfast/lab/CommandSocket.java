package dev.holdfast.lab;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
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
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on a Unix socket and speaks just enough HTTP that curl can be the client: the body of a POST holds the words of one command,
 * one a line; the answer's status is 200 for exit code 0, 409 for 1 and 400 for 2.
 */
final class CommandSocket {
    private static final Logger LOG = LoggerFactory.getLogger(CommandSocket.class);
    private static final int LONGEST_HEAD = 8192;
    private static final int LONGEST_BODY = 65_536;

    private CommandSocket() {}

    /** Answers one command; runs in a thread of its own and may take its time. */
    interface Handler {
        LabCommands.Answer answer(List<String> words) throws InterruptedException;
    }

    static void listen(Path path, Handler handler) throws IOException {
        Files.deleteIfExists(path);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        Thread _ = Thread.ofPlatform()
                .daemon()
                .name("listener " + path.getFileName())
                .start(() -> accept(server, handler));
    }

    private static void accept(ServerSocketChannel server, Handler handler) {
        while (true) {
            try {
                SocketChannel connection = server.accept();
                Thread _ = Thread.ofPlatform().daemon().name("command").start(() -> serve(connection, handler));
            } catch (IOException e) {
                LOG.error("nobody can give commands any more", e);
                return;
            }
        }
    }

    private static void serve(SocketChannel connection, Handler handler) {
        try (connection) {
            List<String> words = read(Channels.newInputStream(connection));
            LabCommands.Answer answer = handler.answer(words);
            byte[] text = answer.text().getBytes(StandardCharsets.UTF_8);
            String status = switch (answer.exit()) {
                case 0 -> "200 OK";
                case 2 -> "400 Bad Request";
                default -> "409 Conflict";
            };
            String head = "HTTP/1.0 " + status + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
                    + text.length + "\r\n\r\n";
            write(connection, head.getBytes(StandardCharsets.US_ASCII));
            write(connection, text);
        } catch (IOException e) {
            LOG.warn("a command got no answer: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void write(SocketChannel connection, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            connection.write(buffer);
        }
    }

    private static List<String> read(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        String text = "";
        while (!text.endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0 || head.size() >= LONGEST_HEAD) {
                throw new IOException("not a request");
            }
            head.write(b);
            text = head.toString(StandardCharsets.US_ASCII);
        }
        String lengthText = text.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                .map(line -> line.substring("content-length:".length()).trim())
                .findFirst()
                .orElse("0");
        if (!lengthText.matches("[0-9]{1,5}") || Integer.parseInt(lengthText) > LONGEST_BODY) {
            throw new IOException("a body of " + lengthText + " bytes");
        }
        byte[] body = in.readNBytes(Integer.parseInt(lengthText));
        return new String(body, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isEmpty())
                .toList();
    }
}
