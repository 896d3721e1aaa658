package dev.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineBufferTest {
    @Test
    void however_the_bytes_arrive_the_lines_are_the_same() throws LineBuffer.TooLong {
        var random = new Random(7);
        for (int round = 0; round < 200; round++) {
            var expected = new ArrayList<String>();
            for (int line = random.nextInt(6); line >= 0; line--) {
                expected.add("x".repeat(random.nextInt(3) == 0 ? random.nextInt(30_000) : random.nextInt(3)));
            }
            byte[] bytes = (String.join("\n", expected) + "\n").getBytes(StandardCharsets.UTF_8);
            var buffer = new LineBuffer(30_000);
            var lines = new ArrayList<String>();
            for (int at = 0; at < bytes.length; ) {
                ByteBuffer room = buffer.room();
                int count = Math.min(Math.min(room.remaining(), bytes.length - at), 1 + random.nextInt(9_000));
                room.put(bytes, at, count);
                buffer.filled(count);
                at += count;
                Optional<byte[]> line;
                while ((line = buffer.next()).isPresent()) {
                    lines.add(new String(line.get(), StandardCharsets.UTF_8));
                }
            }
            assertThat(lines).isEqualTo(expected);
        }
    }

    @Test
    void a_line_beyond_the_limit_is_refused_before_it_ends() {
        var buffer = new LineBuffer(100);
        buffer.room().put(new byte[101]);
        buffer.filled(101);

        assertThatThrownBy(buffer::next)
                .isInstanceOf(LineBuffer.TooLong.class)
                .hasMessage("a line is longer than 100 bytes");
    }
}
