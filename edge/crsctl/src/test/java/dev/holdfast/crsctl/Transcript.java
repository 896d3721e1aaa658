package dev.holdfast.crsctl;

import dev.holdfast.control.ControlServer;
import dev.holdfast.control.Hello;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * Plays the commands of a transcript against a fake cluster behind a real Unix socket, and writes down what happens in the same form:
 *
 * <pre>
 * # a remark                                 % user alice        from here on, commands are given by alice
 * $ crsctl start resource web                % cluster down      see serve()
 * -> {"t":"startResource",...}               what was asked of the cluster
 * CRS-2672: Attempting to start ...          standard output
 * ! CRS-4000: Command Start failed ...       standard error
 * [0]                                        exit status
 * </pre>
 *
 * {@code DIR} stands for a directory that is empty but for the files that the test made.
 */
final class Transcript {
    private final Path directory;
    private final StringBuilder written = new StringBuilder();
    private String user = "root";
    private String cluster = "up";

    Transcript(Path directory) {
        this.directory = directory;
    }

    /** Returns what the transcript should be. Lines that are not commands, remarks or settings are dropped and written anew. */
    String play(List<String> lines) throws IOException {
        for (String line : lines) {
            if (line.startsWith("# ")) {
                written.append(line).append('\n');
            } else if (line.startsWith("% ")) {
                written.append(line).append('\n');
                String[] setting = line.split(" ");
                if (setting[1].equals("user")) {
                    user = setting[2];
                } else {
                    cluster = setting[2];
                }
            } else if (line.startsWith("$ ")) {
                written.append(line).append('\n');
                command(line.substring(2));
            }
        }
        return written.toString();
    }

    private void command(String line) throws IOException {
        var fake = new FakeCluster();
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var surroundings = new Surroundings(
                directory,
                Path.of("/var/log/holdfast"),
                user,
                () -> ZoneOffset.UTC,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        List<String> words = words(line.replace("DIR", directory.toString()));
        String[] arguments = words.subList(1, words.size()).toArray(String[]::new);
        int status;
        AutoCloseable server = serve(fake);
        try {
            status = switch (words.getFirst()) {
                case "crsctl" -> Crsctl.run(surroundings, arguments);
                case "appvipcfg" -> AppVipCfg.run(surroundings, arguments);
                case "olsnodes" -> OlsNodes.run(surroundings, arguments);
                case "oifcfg" -> OifCfg.run(surroundings, arguments);
                case "ocrcheck" -> OcrCheck.run(surroundings, local(), arguments);
                case "ocrdump" -> OcrDump.run(surroundings, local(), arguments);
                case "ocrconfig" -> OcrConfig.run(surroundings, local(), arguments);
                default -> throw new IllegalArgumentException(line);
            };
        } finally {
            close(server);
            Files.deleteIfExists(surroundings.crsSocket());
        }
        // The time of day differs from one run to the next.
        fake.asked.forEach(request -> written.append("-> ")
                .append(request.replaceAll("(\"afterMillis\":)\\d{12,}", "$1NOW"))
                .append('\n'));
        written.append(text(out));
        text(err).lines().forEach(l -> written.append("! ").append(l).append('\n'));
        written.append('[').append(status).append("]\n\n");
    }

    /** A node of which all settings are missing. */
    private LocalRegistry local() {
        return new LocalRegistry(directory.resolve("etc"), directory.resolve("var"));
    }

    private String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8).replace(directory.toString(), "DIR");
    }

    private static void close(AutoCloseable server) throws IOException {
        try {
            server.close();
        } catch (IOException failed) {
            throw failed;
        } catch (Exception impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private AutoCloseable serve(FakeCluster fake) throws IOException {
        Path socket = directory.resolve("crsd.sock");
        Hello hello = Hello.from("node1");
        return switch (cluster) {
            case "up" -> ControlServer.open(socket, hello, fake::answer);
            case "other" -> ControlServer.open(socket, new Hello(2, "node1", "9.0"), fake::answer);
            case "down" -> () -> {};
            case "dead" -> {
                listen(socket).close();
                yield () -> {};
            }
            case "restarting" -> {
                listen(socket).close();
                Path cssd = directory.resolve("cssd.sock");
                ServerSocketChannel listener = listen(cssd);
                yield () -> {
                    listener.close();
                    Files.delete(cssd);
                };
            }
            case "garbage" -> answering(socket, "220 mail.example.org ESMTP\n", false);
            case "dying" -> answering(socket, "{\"version\":1}\n", true);
            default -> throw new IllegalArgumentException(cluster);
        };
    }

    private static ServerSocketChannel listen(Path socket) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(socket));
        return listener;
    }

    /** Says this to the greeting of one client, and hangs up, with or without reading a request. */
    private static AutoCloseable answering(Path socket, String text, boolean readRequest) throws IOException {
        ServerSocketChannel listener = listen(socket);
        Thread.ofVirtual().start(() -> {
            try (SocketChannel channel = listener.accept()) {
                channel.read(ByteBuffer.allocate(1000));
                channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
                if (readRequest) {
                    channel.read(ByteBuffer.allocate(1000));
                }
            } catch (IOException _) {
                // The tool went away first.
            }
        });
        return listener;
    }

    /** As a shell would: blanks part, double quotes join, single quotes are letters. */
    private static List<String> words(String line) {
        var words = new ArrayList<String>();
        var word = new StringBuilder();
        boolean quoted = false;
        boolean any = false;
        for (int at = 0; at < line.length(); at++) {
            char c = line.charAt(at);
            if (c == '"') {
                quoted = !quoted;
                any = true;
            } else if (c == ' ' && !quoted) {
                if (any || !word.isEmpty()) {
                    words.add(word.toString());
                }
                word.setLength(0);
                any = false;
            } else {
                word.append(c);
            }
        }
        if (any || !word.isEmpty()) {
            words.add(word.toString());
        }
        return words;
    }
}
