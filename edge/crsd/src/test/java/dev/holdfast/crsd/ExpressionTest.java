package dev.holdfast.crsd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.Filter;
import dev.holdfast.model.Expression;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Filters of commands and expressions of categories are one language to an administrator, and two classes: they agree. */
class ExpressionTest {
    private static final List<String> NAMES = List.of("NAME", "CPU_COUNT", "STATE");
    private static final List<String> VALUES =
            List.of("node1", "NODE1", "4", "16", "ONLINE", "'a b'", "od", "-3", "''", "x)");
    private static final List<String> OPERATORS =
            List.of("=", "==", "!=", ">", ">=", "<", "<=", "co", "nc", "st", "en", "eqi", "coi", "nci", "like", "CO");
    private static final Map<String, String> SERVER = Map.of("NAME", "node1", "CPU_COUNT", "8", "STATE", "ONLINE");
    private static final Pattern ORDER = Pattern.compile("[<>]=?+ ?+(?!\\d+( |\\)|$))");
    private static final int TEXTS = 20_000;

    private final Random random = new Random(4711);

    @Test
    void they_take_the_same_texts_and_find_the_same_servers() {
        int taken = 0;
        for (int i = 0; i < TEXTS; i++) {
            String text = spoil(condition(3));
            Optional<Boolean> filter = filter(text);
            Optional<Boolean> expression = expression(text);
            if (expression.isPresent() || !ORDER.matcher(text).find()) {
                assertThat(expression).as(text).isEqualTo(filter);
            } // What is kept says what it means: an order of something that is no number is refused there alone.
            taken += filter.isPresent() ? 1 : 0;
        }
        assertThat(taken).as("both kinds were tried").isBetween(TEXTS / 10, TEXTS * 9 / 10);
    }

    private static Optional<Boolean> filter(String text) {
        try {
            return Optional.of(Filter.parse(text).matches(name -> List.of(SERVER.getOrDefault(name, ""))));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<Boolean> expression(String text) {
        try {
            return Expression.parse(text).holds(name -> Optional.of(SERVER.getOrDefault(name, "")));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private String condition(int depth) {
        return switch (depth == 0 ? 0 : random.nextInt(4)) {
            case 1 -> "(" + condition(depth - 1) + ")";
            case 2 -> condition(depth - 1) + " AND " + condition(depth - 1);
            case 3 -> condition(depth - 1) + " OR " + condition(depth - 1);
            default -> one(NAMES) + " " + one(OPERATORS) + " " + one(VALUES);
        };
    }

    /** Now and then something is left out that must be there. */
    private String spoil(String text) {
        if (random.nextInt(4) > 0) {
            return text;
        }
        int at = random.nextInt(text.length());
        return text.substring(0, at) + text.substring(at + 1);
    }

    private String one(List<String> of) {
        return of.get(random.nextInt(of.size()));
    }
}
