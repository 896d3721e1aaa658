package dev.holdfast.control;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A condition on attributes: {@code ((TYPE = cluster_resource) AND (CHECK_INTERVAL > 50)) OR NAME st web}.
 *
 * <p>Comparison: {@code = == != > >= < <=}, {@code co} contains, {@code nc} does not contain, {@code st} starts with, {@code en} ends
 * with; {@code eqi}, {@code coi} and {@code nci} are {@code =}, {@code co} and {@code nc} whatever the case. {@code AND} binds
 * stronger than {@code OR}. Values with blanks or parentheses stand in single quotes. {@code > < >= <=} compare whole numbers and hold for
 * nothing else.
 */
public final class Filter {
    private static final int LONGEST = 10_000;
    private static final int DEEPEST = 100;
    private static final List<String> OPERATORS =
            List.of("=", "==", "!=", ">", ">=", "<", "<=", "co", "nc", "st", "en", "eqi", "coi", "nci");

    private final String text;
    private final Condition condition;

    private sealed interface Condition {
        record And(Condition left, Condition right) implements Condition {}

        record Or(Condition left, Condition right) implements Condition {}

        record Compare(String attribute, String operator, String value) implements Condition {}
    }

    private Filter(String text, Condition condition) {
        this.text = text;
        this.condition = condition;
    }

    /** @throws IllegalArgumentException with a message for the administrator */
    public static Filter parse(String text) {
        if (text.length() > LONGEST) {
            throw new IllegalArgumentException("the filter is longer than " + LONGEST + " characters");
        }
        return new Filter(text, new Parser(tokens(text)).whole());
    }

    /**
     * Whether the filter holds for something with these attributes.
     *
     * @param values of an attribute; several (STATE of many instances): one that fits is enough, for {@code !=} all must differ; none:
     *     the attribute is unknown, and every comparison with it is false
     */
    public boolean matches(Function<String, List<String>> values) {
        return holds(condition, values);
    }

    private static boolean holds(Condition condition, Function<String, List<String>> values) {
        return switch (condition) {
            case Condition.And(Condition left, Condition right) -> holds(left, values) && holds(right, values);
            case Condition.Or(Condition left, Condition right) -> holds(left, values) || holds(right, values);
            case Condition.Compare(String attribute, String operator, String wanted) -> {
                List<String> found = values.apply(attribute);
                yield switch (operator) {
                    case "!=" -> !found.isEmpty() && found.stream().noneMatch(wanted::equals);
                    case "nc" -> !found.isEmpty() && found.stream().noneMatch(value -> value.contains(wanted));
                    case "nci" -> !found.isEmpty() && found.stream().noneMatch(value -> compare(value, "coi", wanted));
                    default -> found.stream().anyMatch(value -> compare(value, operator, wanted));
                };
            }
        };
    }

    private static boolean compare(String value, String operator, String wanted) {
        return switch (operator) {
            case "=", "==" -> value.equals(wanted);
            case "co" -> value.contains(wanted);
            case "st" -> value.startsWith(wanted);
            case "en" -> value.endsWith(wanted);
            case "eqi" -> value.equalsIgnoreCase(wanted);
            case "coi" -> value.toLowerCase(Locale.ROOT).contains(wanted.toLowerCase(Locale.ROOT));
            default -> {
                Optional<Long> left = number(value);
                Optional<Long> right = number(wanted);
                if (left.isEmpty() || right.isEmpty()) {
                    yield false;
                }
                int order = Long.compare(left.get(), right.get());
                yield switch (operator) {
                    case ">" -> order > 0;
                    case ">=" -> order >= 0;
                    case "<" -> order < 0;
                    default -> order <= 0;
                };
            }
        };
    }

    private static Optional<Long> number(String text) {
        try {
            return Optional.of(Long.parseLong(text));
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    private record Token(String text, boolean quoted) {
        boolean is(String word) {
            return !quoted && text.equals(word);
        }
    }

    private static List<Token> tokens(String text) {
        var tokens = new ArrayList<Token>();
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == ' ' || c == '\t') {
                at++;
            } else if (c == '(' || c == ')') {
                tokens.add(new Token(String.valueOf(c), false));
                at++;
            } else if (c == '\'') {
                int end = text.indexOf('\'', at + 1);
                if (end < 0) {
                    throw new IllegalArgumentException(
                            "the quote that opens at " + text.substring(at) + " never closes");
                }
                tokens.add(new Token(text.substring(at + 1, end), true));
                at = end + 1;
            } else {
                int end = at;
                while (end < text.length() && " \t()'".indexOf(text.charAt(end)) < 0) {
                    end++;
                }
                tokens.add(new Token(text.substring(at, end), false));
                at = end;
            }
        }
        return tokens;
    }

    private static final class Parser {
        private final List<Token> tokens;
        private int next;
        private int depth;

        Parser(List<Token> tokens) {
            this.tokens = tokens;
        }

        Condition whole() {
            if (tokens.isEmpty()) {
                throw new IllegalArgumentException("the filter is empty; an example: \"TYPE = cluster_resource\"");
            }
            Condition all = either();
            if (next < tokens.size()) {
                throw new IllegalArgumentException("AND, OR or the end was expected before '"
                        + tokens.get(next).text() + "'");
            }
            return all;
        }

        private Condition either() {
            Condition left = both();
            while (accept("OR")) {
                left = new Condition.Or(left, both());
            }
            return left;
        }

        private Condition both() {
            Condition left = one();
            while (accept("AND")) {
                left = new Condition.And(left, one());
            }
            return left;
        }

        private Condition one() {
            if (accept("(")) {
                if (++depth > DEEPEST) {
                    throw new IllegalArgumentException("more than " + DEEPEST + " parentheses are open");
                }
                Condition inner = either();
                if (!accept(")")) {
                    throw new IllegalArgumentException("a closing parenthesis is missing"
                            + (next < tokens.size()
                                    ? " before '" + tokens.get(next).text() + "'"
                                    : " at the end"));
                }
                depth--;
                return inner;
            }
            String attribute = word("an attribute name");
            if (attribute.indexOf('=') >= 0 || attribute.indexOf('<') >= 0 || attribute.indexOf('>') >= 0) {
                throw new IllegalArgumentException("blanks are missing around the operator in '" + attribute + "'");
            }
            String operator = word("an operator after '" + attribute + "'");
            if (!OPERATORS.contains(operator)) {
                throw new IllegalArgumentException("'" + operator + "' is not an operator; there are "
                        + String.join(" ", OPERATORS) + ", with blanks around them");
            }
            return new Condition.Compare(
                    attribute, operator, word("a value after '" + attribute + " " + operator + "'"));
        }

        private String word(String expected) {
            @Nullable Token token = next < tokens.size() ? tokens.get(next) : null;
            if (token == null || token.is("(") || token.is(")")) {
                throw new IllegalArgumentException(expected + " was expected"
                        + (token == null ? " at the end" : " before '" + token.text() + "'"));
            }
            next++;
            return token.text();
        }

        private boolean accept(String word) {
            if (next < tokens.size() && tokens.get(next).is(word)) {
                next++;
                return true;
            }
            return false;
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Filter filter && filter.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /** The text it was parsed from. */
    @Override
    public String toString() {
        return text;
    }
}
