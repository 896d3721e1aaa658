package dev.holdfast.crsctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compares whole transcripts, so that a change of any word shows. To write them anew after a change that is meant, and review the
 * difference: {@code -Dholdfast.transcripts=src/test/resources/dev/holdfast/crsctl}.
 */
@Timeout(120) // Only against hanging for ever.
class TranscriptTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "resources",
                "setup",
                "status",
                "cluster",
                "eval",
                "help",
                "maintenance",
                "unreachable",
                "appvipcfg",
                "olsnodes",
                "access",
                "configuration",
                "stack",
                "story",
                "registry",
                "wrong-input"
            })
    void reads_like_this(String name) throws Exception {
        List<String> transcript = read(name);

        String played = play(transcript);

        Optional<String> rewrite = Optional.ofNullable(System.getProperty("holdfast.transcripts"));
        if (rewrite.isPresent()) {
            Files.writeString(Path.of(rewrite.get(), name + ".transcript"), played);
        }
        assertThat(played).isEqualTo(String.join("\n", transcript) + "\n");
    }

    @Test
    void wrong_input_is_refused_before_anything_is_sent() throws Exception {
        int cases = 0;
        for (String played : play(read("wrong-input")).split("(?m)^\\$ ")) {
            if (played.startsWith("#")) {
                continue; // What stands before the first command.
            }
            List<String> lines = played.lines()
                    .filter(line -> !line.startsWith("#") && !line.isEmpty())
                    .toList();
            assertThat(lines.get(1)).as(played).startsWith("! HF-4001: ");
            assertThat(lines.getLast()).as(played).isEqualTo("[2]");
            assertThat(lines).as(played).noneMatch(line -> line.startsWith("-> "));
            assertThat(lines.size()).as("there is advice: " + played).isGreaterThan(3);
            cases++;
        }
        assertThat(cases).isGreaterThanOrEqualTo(60);
    }

    private String play(List<String> transcript) throws IOException {
        Files.writeString(
                directory.resolve("good.txt"),
                "# a comment\n\nCHECK_INTERVAL=30\nSTART_DEPENDENCIES = hard(a, b) pullup(a)\nDESCRIPTION=\n");
        Files.writeString(directory.resolve("type.txt"), "ATTRIBUTE=A\nTYPE=int\nDEFAULT_VALUE=5\n");
        Files.writeString(directory.resolve("empty.txt"), "# nothing\n");
        Files.writeString(directory.resolve("noequals.txt"), "CHECK_INTERVAL=30\nPLACEMENT\n");
        Files.writeString(directory.resolve("quotes.txt"), "HOSTING_MEMBERS='node1 node2'\n");
        Files.writeString(directory.resolve("twice.txt"), "A=1\nA=2\n");
        Files.write(directory.resolve("latin1.txt"), new byte[] {'A', '=', (byte) 0xe4, '\n'});
        String yaml = "holdfast: 1\ncluster: demo\nrevision: %s\nresources:\n  web:\n    type: cluster_resource\n";
        Files.writeString(directory.resolve("good.yaml"), yaml.formatted("0123456789abcdef"));
        Files.writeString(directory.resolve("old.yaml"), yaml.formatted("0000000000000000"));
        Files.writeString(
                directory.resolve("long.yaml"),
                yaml.formatted("0123456789abcdef") + "    attributes:\n      DESCRIPTION: " + "x".repeat(32_768)
                        + "\n");
        Files.writeString(directory.resolve("nothing.yaml"), "holdfast: 1\nresources: {}\n");
        Files.writeString(directory.resolve("tab.yaml"), "holdfast: 1\nresources:\n\tweb: 1\n");
        Files.writeString(directory.resolve("field.yaml"), "holdfast: 1\nresource: {}\n");
        return new Transcript(directory).play(transcript);
    }

    private static List<String> read(String name) throws IOException, URISyntaxException {
        return new ArrayList<>(Files.readAllLines(
                Path.of(Objects.requireNonNull(TranscriptTest.class.getResource(name + ".transcript"))
                        .toURI())));
    }
}
