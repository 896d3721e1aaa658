package dev.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FilterTest {
    private static final Map<String, List<String>> WEB = Map.of(
            "NAME", List.of("web"),
            "TYPE", List.of("cluster_resource"),
            "CHECK_INTERVAL", List.of("60"),
            "DESCRIPTION", List.of("a (small) site"),
            "STATE", List.of("ONLINE", "OFFLINE"));

    private static boolean web(String filter) {
        return Filter.parse(filter).matches(attribute -> WEB.getOrDefault(attribute, List.of()));
    }

    @Test
    void compares_text() {
        assertThat(web("NAME = web")).isTrue();
        assertThat(web("NAME == web")).isTrue();
        assertThat(web("NAME = Web")).isFalse();
        assertThat(web("NAME != db")).isTrue();
        assertThat(web("TYPE st cluster")).isTrue();
        assertThat(web("TYPE en resource")).isTrue();
        assertThat(web("TYPE co er_re")).isTrue();
        assertThat(web("TYPE co local")).isFalse();
        assertThat(web("DESCRIPTION = 'a (small) site'")).isTrue();
    }

    @Test
    void compares_text_whatever_its_case_and_text_that_is_not_in_it() {
        assertThat(web("NAME eqi Web")).isTrue();
        assertThat(web("NAME eqi Webs")).isFalse();
        assertThat(web("TYPE coi ER_RE")).isTrue();
        assertThat(web("TYPE nc local")).isTrue();
        assertThat(web("TYPE nc er_re")).isFalse();
        assertThat(web("TYPE nci ER_RE")).isFalse();
        assertThat(web("NOSUCH nc x")).isFalse();
        assertThat(web("STATE nc OFF")).isFalse();
    }

    @Test
    void compares_numbers_as_numbers() {
        assertThat(web("CHECK_INTERVAL > 7")).isTrue();
        assertThat(web("CHECK_INTERVAL >= 60")).isTrue();
        assertThat(web("CHECK_INTERVAL < 100")).isTrue();
        assertThat(web("CHECK_INTERVAL <= 59")).isFalse();
        assertThat(web("NAME > 1")).isFalse();
    }

    @Test
    void one_of_several_values_is_enough_but_all_must_differ() {
        assertThat(web("STATE = OFFLINE")).isTrue();
        assertThat(web("STATE != OFFLINE")).isFalse();
        assertThat(web("STATE != UNKNOWN")).isTrue();
    }

    @Test
    void an_unknown_attribute_fits_nothing() {
        assertThat(web("COLOUR = red")).isFalse();
        assertThat(web("COLOUR != red")).isFalse();
    }

    @Test
    void and_binds_stronger_than_or() {
        assertThat(web("NAME = web OR NAME = db AND TYPE = local_resource")).isTrue();
        assertThat(web("(NAME = web OR NAME = db) AND TYPE = local_resource")).isFalse();
        assertThat(web("((TYPE = cluster_resource) AND (CHECK_INTERVAL > 50))")).isTrue();
    }

    @Test
    void what_is_not_a_filter_is_explained() {
        refused("", "the filter is empty; an example: \"TYPE = cluster_resource\"");
        refused("NAME", "an operator after 'NAME' was expected at the end");
        refused("NAME=web", "blanks are missing around the operator in 'NAME=web'");
        refused(
                "NAME is web",
                "'is' is not an operator; there are = == != > >= < <= co nc st en eqi coi nci,"
                        + " with blanks around them");
        refused("NAME =", "a value after 'NAME =' was expected at the end");
        refused("(NAME = web", "a closing parenthesis is missing at the end");
        refused("NAME = web)", "AND, OR or the end was expected before ')'");
        refused("NAME = web TYPE = x", "AND, OR or the end was expected before 'TYPE'");
        refused("NAME = 'web", "the quote that opens at 'web never closes");
        refused("(".repeat(101) + "A = b", "more than 100 parentheses are open");
        refused("x".repeat(10_001), "the filter is longer than 10000 characters");
    }

    private static void refused(String filter, String message) {
        assertThatThrownBy(() -> Filter.parse(filter))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
