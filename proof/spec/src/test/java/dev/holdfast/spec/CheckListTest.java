package dev.holdfast.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class CheckListTest {
    private static final Pattern PROMISES =
            Pattern.compile("^Promise ==\\s*\\{(.*?)\\}", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern QUOTED = Pattern.compile("\"([^\"]+)\"");

    @Test
    void a_check_takes_over_what_it_is_like_and_replaces_what_it_names() {
        Check check = CheckList.parse("""
                # a comment
                base flag of Flag
                    Disk = {d1, d2, d3}
                    Broken = {}
                    invariants TypeOK SomebodySees
                    symmetry Alike

                large minority like flag
                    about one disk is enough
                    Broken = {"majority"}
                    violates SomebodySees
                """).checks().getFirst();

        assertThat(check.size()).isEqualTo(Check.Size.LARGE);
        assertThat(check.isMutation()).isTrue();
        assertThat(check.configuration()).isEqualTo("""
                SPECIFICATION Spec
                CONSTANTS
                  Broken = {"majority"}
                  Disk = {d1, d2, d3}
                INVARIANTS TypeOK SomebodySees
                SYMMETRY Alike
                """);
    }

    @Test
    void what_makes_no_sense_is_refused_with_its_line() {
        assertThatThrownBy(() -> CheckList.parse("    Disk = {d1}")).hasMessageContaining("line 1");
        assertThatThrownBy(() -> CheckList.parse("small x like y")).hasMessageContaining("there is no check 'y'");
        assertThatThrownBy(() -> CheckList.parse("base x of Y\n  says nothing"))
                .hasMessageContaining("line 2")
                .hasMessageContaining("unknown word 'says'");
        assertThatThrownBy(() -> CheckList.parse("base x of Y\nbase x of Y")).hasMessageContaining("two checks");
        assertThatThrownBy(() -> CheckList.parse("small x of Y\n  about it\n  invariants A"))
                .hasMessageContaining("how many states");
        assertThatThrownBy(() -> CheckList.parse("small x of Y\n  about it\n  violates A"))
                .hasMessageContaining("does not check A");
    }

    @Test
    void every_promise_of_every_module_is_broken_once_to_see_that_it_matters() throws IOException {
        CheckList list = CheckList.read();
        Set<String> modules = list.checks().stream().map(Check::module).collect(Collectors.toCollection(TreeSet::new));
        for (String module : modules) {
            Set<String> broken = list.checks().stream()
                    .filter(check -> check.module().equals(module) && check.isMutation())
                    .flatMap(check -> quoted(check.constants().getOrDefault("Broken", "")).stream())
                    .collect(Collectors.toCollection(TreeSet::new));

            assertThat(broken).as("promises of %s that a check breaks", module).isEqualTo(promises(module));
        }
    }

    @Test
    void all_small_models_are_few_enough_for_every_test_run() throws IOException {
        assertThat(CheckList.read().of(Check.Size.SMALL)).hasSizeBetween(5, 30);
    }

    private static Set<String> promises(String module) throws IOException {
        try (InputStream in = CheckListTest.class.getResourceAsStream(module + ".tla")) {
            assertThat(in).as(module).isNotNull();
            Matcher promises = PROMISES.matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            assertThat(promises.find()).as("%s has a set Promise", module).isTrue();
            String withoutComments = promises.group(1).replaceAll("\\\\\\*.*", "");
            return new TreeSet<>(quoted(withoutComments));
        }
    }

    private static List<String> quoted(String text) {
        return QUOTED.matcher(text).results().map(each -> each.group(1)).toList();
    }
}
