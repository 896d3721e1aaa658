package dev.holdfast.crsctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.Kind;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YamlTest {
    private static final String PIECES = "a:b {}'\"\\\n  -#\t|1";
    private static final String AWKWARD = "ab'\"\\ :#-{}[]&*!|>%@`,?\n\t\u0001\u2028=~ü😀yesno0";

    @Test
    void what_is_written_is_read_as_it_was() throws Exception {
        var random = new Random(4711);
        for (int round = 0; round < 5_000; round++) {
            Map<String, Object> tree = tree(random, 3);

            String text = Yaml.write(tree);

            assertThat(Yaml.read(text)).as(text).isEqualTo(tree);
        }
    }

    private static Map<String, Object> tree(Random random, int depth) {
        Map<String, Object> tree = new LinkedHashMap<>();
        for (int count = random.nextInt(4); count >= 0; count--) {
            boolean deeper = depth > 0 && random.nextInt(3) == 0;
            tree.put(word(random), deeper ? tree(random, depth - 1) : word(random));
        }
        return tree;
    }

    private static String word(Random random) {
        var word = new StringBuilder();
        int[] letters = AWKWARD.codePoints().toArray();
        for (int count = random.nextInt(7); count > 0; count--) {
            word.appendCodePoint(letters[random.nextInt(letters.length)]);
        }
        return word.toString();
    }

    @Test
    void a_configuration_is_read_as_it_was_exported() throws Exception {
        var file = new ConfigurationFile(
                "demo",
                java.util.Optional.of("0123456789abcdef"),
                Kind.configured(),
                java.util.List.of(
                        new dev.holdfast.control.Reply.Configured(
                                Kind.TYPE,
                                "shop.web.type",
                                "cluster_resource",
                                Map.of(
                                        "ACL",
                                        "owner:oracle:rwx,pgrp:dba:r-x,other::r--",
                                        "PORT.TYPE",
                                        "int",
                                        "PORT.DEFAULT_VALUE",
                                        "80",
                                        "PORT.FLAGS",
                                        "CONFIG|HOTMOD")),
                        new dev.holdfast.control.Reply.Configured(
                                Kind.SERVER, "node1", "", Map.of("LOCATION", "rack 1", "SERVER_LABEL", "a 'b'")),
                        new dev.holdfast.control.Reply.Configured(
                                Kind.CATEGORY, "big", "", Map.of("EXPRESSION", "CPU_COUNT > 2")),
                        new dev.holdfast.control.Reply.Configured(Kind.POOL, "web", "", Map.of("MIN_SIZE", "1")),
                        new dev.holdfast.control.Reply.Configured(
                                Kind.POLICY_SET,
                                "",
                                "",
                                Map.of(
                                        "SERVER_POOL_NAMES",
                                        "web",
                                        "day:DESCRIPTION",
                                        "from six: to ten",
                                        "day:web:MIN_SIZE",
                                        "1",
                                        "day:web:SERVER_CATEGORY",
                                        "big",
                                        "night:DESCRIPTION",
                                        "")),
                        new dev.holdfast.control.Reply.Configured(
                                Kind.RESOURCE,
                                "web",
                                "cluster_resource",
                                Map.of(
                                        "CHECK_INTERVAL@SERVERNAME(node1)",
                                        "5",
                                        "DESCRIPTION",
                                        "the web: it's #1",
                                        "START_DEPENDENCIES",
                                        "hard(webvip) pullup(webvip)"))));

        assertThat(file.yaml()).contains("      DESCRIPTION: 'the web: it''s #1'\n");
        assertThat(ConfigurationFile.read(file.yaml())).isEqualTo(file);
        assertThat(ConfigurationFile.read(dev.holdfast.control.Texts.pretty(file.tree())))
                .isEqualTo(file);
    }

    @Test
    void a_file_speaks_of_what_it_has_a_part_for() throws Exception {
        ConfigurationFile file = ConfigurationFile.read("holdfast: 1\nserverpools:\n  web: {}\n");

        assertThat(file.kinds()).containsExactly(Kind.POOL);
        assertThat(ConfigurationFile.read("holdfast: 1\npolicyset: {}\n").items())
                .isEmpty();
        assertThatThrownBy(() ->
                        ConfigurationFile.read("holdfast: 1\npolicyset:\n  policies:\n    day:\n      pools: {}\n"))
                .hasMessageContaining("policy 'day' has a field 'pools'");
        assertThatThrownBy(() -> ConfigurationFile.read("holdfast: 1\n")).hasMessageContaining("none of the parts");
        assertThatThrownBy(() -> ConfigurationFile.read(
                        "holdfast: 1\ntypes:\n  a:\n    base: b\n    attributes:\n      P:\n        KIND: int\n"))
                .hasMessageContaining("attribute P of type 'a' has a field 'KIND'");
    }

    @Test
    void any_text_gives_a_map_or_a_problem_with_its_line() {
        var random = new Random(42);
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            var text = new StringBuilder();
            for (int count = random.nextInt(40); count > 0; count--) {
                text.append(PIECES.charAt(random.nextInt(PIECES.length())));
            }
            try {
                Yaml.read(text.toString());
            } catch (UsageProblem problem) {
                assertThat(problem.text()).startsWith("line ");
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(1_000);
    }

    @Test
    void people_write_comments_and_quotes() throws Exception {
        assertThat(Yaml.read("# all\n---\na: 1 # one\nb: 'it''s: so'\r\nc:\n    d: \"x\\ny\"\n    e: {}\nf:\n"))
                .isEqualTo(Map.of("a", "1", "b", "it's: so", "c", Map.of("d", "x\ny", "e", Map.of()), "f", ""));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "a: 1\\n\\tb: 2|line 2 of the file: a tab",
                "- a|lists have no place here",
                "a|':' is missing",
                "a:1|':' is missing",
                "a: [1]|must stand in single quotes",
                "a: &x 1|must stand in single quotes",
                "a: 1\\na: 2|'a' stands there twice",
                "a: 'x|never closes",
                "a: x: y|must stand in single quotes",
                "a: 1\\n   b: 2|the indentation fits to no line before",
                "a:\\n    b: 1\\n  c: 2|the indentation fits to no line before"
            })
    void what_is_more_than_that_is_refused(String text, String why) {
        assertThatThrownBy(() -> Yaml.read(text.replace("\\n", "\n").replace("\\t", "\t")))
                .isInstanceOfSatisfying(
                        UsageProblem.class,
                        problem -> assertThat(problem.text()).contains(why));
    }
}
