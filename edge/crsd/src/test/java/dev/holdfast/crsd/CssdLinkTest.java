package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.node.ClusterView;
import dev.holdfast.node.CrsInput;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** crsd's end of the connection to cssd, against a socket on which the test is cssd. */
class CssdLinkTest {
    @TempDir
    Path directory;

    /** Found by the simulator, seed 90156589: the node stayed a member for ever that was leaving and started nothing. */
    @Test
    void a_cssd_that_was_away_when_the_node_left_is_told_when_it_is_there() throws IOException {
        Path socket = directory.resolve("cssd.sock");
        try (CssdLink link = new CssdLink(socket, new Nobody())) {
            link.start();
            link.leave();
            assertThat(firstLineTo(socket)).as("the cssd that comes up").contains("leave");
            assertThat(firstLineTo(socket))
                    .as("the one after it, as the first died before it had left")
                    .contains("leave");
        }
    }

    private static String firstLineTo(Path socket) throws IOException {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            try (SocketChannel accepted = server.accept()) {
                String line = new BufferedReader(Channels.newReader(accepted, StandardCharsets.UTF_8)).readLine();
                return line == null ? "" : line;
            }
        } finally {
            Files.deleteIfExists(socket);
        }
    }

    private static final class Nobody implements CssdLink.Listener {
        @Override
        public void view(ClusterView view, CrsInput.@Nullable HeldLease lease) {}

        @Override
        public void letGo(String reason) {}

        @Override
        public void connected() {}

        @Override
        public void disconnected() {}
    }
}
