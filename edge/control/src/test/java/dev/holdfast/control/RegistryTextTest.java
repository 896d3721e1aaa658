package dev.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class RegistryTextTest {
    private static final Instant TAKEN = Instant.parse("2026-11-29T01:40:00Z");

    @Test
    void what_was_written_is_read() throws RegistryText.Unreadable {
        var entries =
                new TreeMap<>(Map.of("resource/web", "{\"a\":\"b\"}", "tab\tkey", "two\nlines \\ and \r", "empty", ""));
        RegistryText text = RegistryText.read(write(entries));

        assertThat(text.entries()).isEqualTo(entries);
        assertThat(text.edited()).isFalse();
        assertThat(text.version()).isEqualTo(42);
        assertThat(text.taken()).isEqualTo(TAKEN);
        assertThat(text.node()).isEqualTo("node1");
        assertThat(text.clusterId()).isEqualTo("0-1");
        assertThat(text.seal()).isEqualTo("0102");
    }

    @Test
    void an_edited_file_is_told_and_one_that_is_cut_short_is_refused() throws RegistryText.Unreadable {
        String written = new String(write(new TreeMap<>(Map.of("a", "1", "b", "2"))), StandardCharsets.UTF_8);

        assertThat(RegistryText.read(bytes(written.replace("a\t1", "a\t9"))).edited())
                .isTrue();
        assertThat(RegistryText.read(bytes(written.replace("a\t1\n", ""))).edited())
                .isTrue();
        assertThatThrownBy(() -> RegistryText.read(bytes(written.substring(0, written.indexOf("# end")))))
                .hasMessageContaining("not whole");
        assertThatThrownBy(() -> RegistryText.read(bytes("something else"))).hasMessageContaining("no export");
    }

    @Test
    void any_bytes_give_a_text_or_a_refusal_in_words() {
        var random = new SplittableRandom(1);
        byte[] written = write(new TreeMap<>(Map.of("a", "1", "b", "2")));
        for (int i = 0; i < 5000; i++) {
            byte[] bytes = written.clone();
            for (int hits = random.nextInt(5); hits > 0; hits--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                assertThat(RegistryText.read(bytes).entries()).isNotNull();
            } catch (RegistryText.Unreadable e) {
                assertThat(e).hasMessageMatching("(?s).+");
            }
        }
    }

    private static byte[] write(SortedMap<String, String> entries) {
        return RegistryText.write("demo", "0-1", 42, TAKEN, "node1", entries, _ -> new byte[] {1, 2});
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
