package dev.holdfast.crsctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What stands in {@code share/} fits the commands. */
class ManualTest {
    private static final Path SHARE = Path.of("../../share");

    @Test
    void the_pages_and_the_completion_fit_the_commands() throws Exception {
        for (var file : Manual.files().entrySet()) {
            assertThat(SHARE.resolve(file.getKey()))
                    .as("write it anew with:  ./holdfast manual")
                    .hasContent(file.getValue());
        }
    }

    @Test
    void every_command_has_an_example_that_begins_with_it_and_is_understood() throws Exception {
        for (Command command : Commands.ALL_COMMANDS) {
            List<String> words = words(command.example());

            assertThat(words.removeFirst()).isEqualTo("crsctl");
            Commands.Found found = Commands.find(words);
            assertThat(found.command()).as(command.example()).isEqualTo(command);
            Arguments.parse(command, found.rest());
        }
    }

    /** As a shell takes a line apart, for quotes that do not stand within each other. */
    private static List<String> words(String line) {
        var words = new ArrayList<String>();
        var matcher = java.util.regex.Pattern.compile("\"([^\"]*)\"|(\\S+)").matcher(line);
        while (matcher.find()) {
            words.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
        }
        return words;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "crsctl start resource @|db web",
                "crsctl stat res w@|web",
                "crsctl start resource web -n @|node1 node2",
                "crsctl start resource web -e@|-env",
                "crsctl query crs act@|activeversion",
                "crsctl star@|start",
                "appvipcfg mod@|modify",
                "oifcfg getif -t@|-type"
            })
    void bash_completes(String line, String expected) throws Exception {
        String script = """
                source %s
                crsctl() { printf 'NAME=web\\nTYPE=x\\n\\nNAME=db\\n'; }
                olsnodes() { printf 'node1\\nnode2\\n'; }
                COMP_WORDS=("$@")
                COMP_CWORD=$(($# - 1))
                _holdfast_complete "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
                printf '%%s\\n' "${COMPREPLY[@]}" | sort | tr '\\n' ' '
                """.formatted(SHARE.resolve("bash-completion/completions/holdfast"));
        var command = new ArrayList<>(List.of("bash", "-c", script, "bash"));
        for (String word : line.split(" ")) {
            command.add(word.replace("@", ""));
        }
        Process bash = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(bash.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);

        assertThat(bash.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(said.strip()).isEqualTo(expected);
    }
}
