package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class SealedChannelTest {
    private static final UUID CLUSTER = new UUID(1, 2);
    private static final int GREETING = 56;

    private final byte[] key = new byte[32];

    /** Two ends over pipes; {@code heard} keeps what the dialler wrote, as somebody on the wire would see it. */
    private record Pair(SealedChannel dialler, SealedChannel listener, ByteArrayOutputStream heard) {}

    private Pair connected(byte[] listenersKey) throws IOException, InterruptedException, ExecutionException {
        return connected(listenersKey, SealedChannel.KNOWS_CHACHA);
    }

    private Pair connected(byte[] listenersKey, int listenerKnows)
            throws IOException, InterruptedException, ExecutionException {
        PipedOutputStream forth = new PipedOutputStream();
        PipedInputStream forthIn = new PipedInputStream(forth, 1 << 16);
        PipedOutputStream back = new PipedOutputStream();
        PipedInputStream backIn = new PipedInputStream(back, 1 << 16);
        ByteArrayOutputStream heard = new ByteArrayOutputStream();
        var tapped = new java.io.OutputStream() {
            @Override
            public void write(int b) throws IOException {
                forth.write(b);
                heard.write(b);
            }

            @Override
            public void flush() throws IOException {
                forth.flush();
            }
        };
        CompletableFuture<SealedChannel> listener = CompletableFuture.supplyAsync(() -> {
            try {
                return SealedChannel.open(
                        new DataInputStream(forthIn), back, listenersKey, CLUSTER, 1, false, listenerKnows);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        SealedChannel dialler = SealedChannel.open(new DataInputStream(backIn), tapped, key, CLUSTER, 2, true);
        return new Pair(dialler, listener.get(), heard);
    }

    @Test
    void messages_arrive_in_both_directions() throws Exception {
        Pair pair = connected(key);
        pair.dialler.send("forth");
        pair.dialler.send("");
        pair.listener.send("zurück");

        assertThat(pair.listener.receive()).isEqualTo("forth");
        assertThat(pair.listener.receive()).isEmpty();
        assertThat(pair.dialler.receive()).isEqualTo("zurück");
        assertThat(pair.listener.peer()).isEqualTo(2);
    }

    @Test
    void one_that_knows_only_the_older_cipher_is_understood() throws Exception {
        Pair pair = connected(key, 0);
        pair.dialler.send("forth");
        pair.listener.send("back");

        assertThat(pair.listener.receive()).isEqualTo("forth");
        assertThat(pair.dialler.receive()).isEqualTo("back");
    }

    @Test
    void who_has_another_key_is_not_understood() throws Exception {
        byte[] other = new byte[32];
        other[31] = 1;
        Pair pair = connected(other);
        pair.dialler.send("secret");

        assertThatThrownBy(pair.listener::receive).isInstanceOf(IOException.class);
        assertThat(pair.heard.toString(java.nio.charset.StandardCharsets.ISO_8859_1))
                .doesNotContain("secret");
    }

    @Test
    void a_frame_does_not_open_twice_nor_on_another_connection() throws Exception {
        Pair first = connected(key);
        first.dialler.send("start web");
        byte[] wire = first.heard.toByteArray();
        byte[] frame = Arrays.copyOfRange(wire, GREETING, wire.length);
        assertThat(first.listener.receive()).isEqualTo("start web");

        // The listener greets freshly; the dialler's bytes are those of the first connection, greeting and all.
        SealedChannel replayed = SealedChannel.open(
                new DataInputStream(new ByteArrayInputStream(wire)),
                new ByteArrayOutputStream(),
                key,
                CLUSTER,
                1,
                false);
        assertThatThrownBy(replayed::receive).isInstanceOf(IOException.class);
        assertThat(frame.length).isEqualTo(4 + "start web".length() + 16);
    }

    @Test
    void a_flipped_bit_or_a_foreign_cluster_ends_the_connection() throws Exception {
        Pair pair = connected(key);
        pair.dialler.send("x");
        byte[] wire = pair.heard.toByteArray();
        for (int at : new int[] {0, 4, 5, 8, GREETING - 1}) {
            byte[] broken = wire.clone();
            broken[at] ^= 1;
            assertThatThrownBy(() -> {
                        SealedChannel channel = SealedChannel.open(
                                new DataInputStream(new ByteArrayInputStream(broken)),
                                new ByteArrayOutputStream(),
                                key,
                                CLUSTER,
                                1,
                                false);
                        channel.receive();
                    })
                    .as("bit at byte %d", at)
                    .isInstanceOf(IOException.class);
        }
    }
}
