package dev.holdfast.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A condition on the attributes of servers: {@code (CPU_COUNT > 2) AND (NAME st rack1)}. Comparison: {@code = == != > >= < <=},
 * {@code co} contains, {@code nc} does not contain, {@code st} starts with, {@code en} ends with; {@code eqi}, {@code coi} and
 * {@code nci} whatever the case. {@code AND} binds stronger than {@code OR}. Operators stand between blanks, values with blanks or
 * parentheses in single quotes. {@code > >= < <=} compare whole numbers and hold for nothing else.
 *
 * <p>The grammar is that of the filters of the administration protocol, which knows nothing of core; {@code ExpressionTest} holds
 * the two together. Only that an order of what is no number is refused here, where the text is kept.
 */
public final class Expression {
    private static final int LONGEST = 10_000;
    private static final int DEEPEST = 100;
    private static final Set<String> ORDER = Set.of(">", ">=", "<", "<=");
    private static final List<String> OPERATORS =
            List.of("=", "==", "!=", ">", ">=", "<", "<=", "co", "nc", "st", "en", "eqi", "coi", "nci");

    private final String text;
    private final Term term;

    private sealed interface Term {
        record And(Term left, Term right) implements Term {}

        record Or(Term left, Term right) implements Term {}

        record Compare(String attribute, String operator, String value) implements Term {}
    }

    private Expression(String text, Term term) {
        this.text = text;
        this.term = term;
    }

    /** @throws IllegalArgumentException that tells an administrator what was expected where */
    public static Expression parse(String text) {
        if (text.length() > LONGEST) {
            throw new IllegalArgumentException("it is longer than " + LONGEST + " characters");
        }
        return new Expression(text, new Reader(words(text)).whole());
    }

    /** The attributes that it asks for. */
    public SortedSet<String> attributes() {
        SortedSet<String> all = new TreeSet<>();
        collect(term, all);
        return Collections.unmodifiableSortedSet(all);
    }

    private static void collect(Term term, SortedSet<String> all) {
        switch (term) {
            case Term.And(Term left, Term right) -> {
                collect(left, all);
                collect(right, all);
            }
            case Term.Or(Term left, Term right) -> {
                collect(left, all);
                collect(right, all);
            }
            case Term.Compare compare -> all.add(compare.attribute());
        }
    }

    /**
     * Whether it holds. Where a value is not known, that alone may leave it open.
     *
     * @param values of an attribute; empty: not known
     * @return empty: it depends on a value that is not known
     */
    public Optional<Boolean> holds(Function<String, Optional<String>> values) {
        return Optional.ofNullable(holds(term, values));
    }

    private static @Nullable Boolean holds(Term term, Function<String, Optional<String>> values) {
        return switch (term) {
            case Term.And(Term left, Term right) -> both(holds(left, values), holds(right, values), false);
            case Term.Or(Term left, Term right) -> both(holds(left, values), holds(right, values), true);
            case Term.Compare(String attribute, String operator, String wanted) ->
                values.apply(attribute)
                        .map(value -> compare(value, operator, wanted))
                        .orElse(null);
        };
    }

    /** @param decisive the word of one side that settles it, whatever the other says */
    private static @Nullable Boolean both(@Nullable Boolean left, @Nullable Boolean right, boolean decisive) {
        if ((left != null && left == decisive) || (right != null && right == decisive)) {
            return decisive;
        }
        return (left == null || right == null) ? null : Boolean.valueOf(!decisive);
    }

    private static boolean compare(String value, String operator, String wanted) {
        return switch (operator) {
            case "=", "==" -> value.equals(wanted);
            case "!=" -> !value.equals(wanted);
            case "co" -> value.contains(wanted);
            case "nc" -> !value.contains(wanted);
            case "st" -> value.startsWith(wanted);
            case "en" -> value.endsWith(wanted);
            case "eqi" -> value.equalsIgnoreCase(wanted);
            case "coi" -> value.toLowerCase(Locale.ROOT).contains(wanted.toLowerCase(Locale.ROOT));
            case "nci" -> !value.toLowerCase(Locale.ROOT).contains(wanted.toLowerCase(Locale.ROOT));
            default -> ordered(number(value), operator, number(wanted));
        };
    }

    private static boolean ordered(Optional<Long> value, String operator, Optional<Long> wanted) {
        if (value.isEmpty() || wanted.isEmpty()) {
            return false;
        }
        int order = Long.compare(value.get(), wanted.get());
        return switch (operator) {
            case ">" -> order > 0;
            case ">=" -> order >= 0;
            case "<" -> order < 0;
            default -> order <= 0;
        };
    }

    private static Optional<Long> number(String text) {
        return text.matches("[+-]?\\d{1,18}") ? Optional.of(Long.parseLong(text)) : Optional.empty();
    }

    private record Word(String text, boolean quoted) {
        boolean is(String other) {
            return !quoted && text.equals(other);
        }
    }

    private static List<Word> words(String text) {
        List<Word> words = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            int end = at + 1;
            if (c == '(' || c == ')') {
                words.add(new Word(text.substring(at, end), false));
            } else if (c == '\'') {
                int close = text.indexOf('\'', at + 1);
                if (close < 0) {
                    throw new IllegalArgumentException(
                            "the quote that opens at " + text.substring(at) + " never closes");
                }
                words.add(new Word(text.substring(at + 1, close), true));
                end = close + 1;
            } else if (c != ' ' && c != '\t') {
                while (end < text.length() && " \t()'".indexOf(text.charAt(end)) < 0) {
                    end++;
                }
                words.add(new Word(text.substring(at, end), false));
            }
            at = end;
        }
        return words;
    }

    private static final class Reader {
        private final List<Word> words;
        private int next;
        private int depth;

        Reader(List<Word> words) {
            this.words = words;
        }

        Term whole() {
            if (words.isEmpty()) {
                throw new IllegalArgumentException("it is empty");
            }
            Term all = either();
            if (next < words.size()) {
                throw new IllegalArgumentException("AND, OR or the end was expected before '"
                        + words.get(next).text() + "'");
            }
            return all;
        }

        private Term either() {
            Term left = both();
            while (accept("OR")) {
                left = new Term.Or(left, both());
            }
            return left;
        }

        private Term both() {
            Term left = one();
            while (accept("AND")) {
                left = new Term.And(left, one());
            }
            return left;
        }

        private Term one() {
            if (accept("(")) {
                if (++depth > DEEPEST) {
                    throw new IllegalArgumentException("more than " + DEEPEST + " parentheses are open");
                }
                Term inner = either();
                if (!accept(")")) {
                    throw new IllegalArgumentException("a closing parenthesis is missing"
                            + (next < words.size()
                                    ? " before '" + words.get(next).text() + "'"
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
            String value = word("a value after '" + attribute + " " + operator + "'");
            if (ORDER.contains(operator) && number(value).isEmpty()) {
                throw new IllegalArgumentException(
                        "a whole number was expected after '" + attribute + " " + operator + "', not '" + value + "'");
            }
            return new Term.Compare(attribute, operator, value);
        }

        private String word(String expected) {
            @Nullable Word word = next < words.size() ? words.get(next) : null;
            if (word == null || word.is("(") || word.is(")")) {
                throw new IllegalArgumentException(
                        expected + " was expected" + (word == null ? " at the end" : " before '" + word.text() + "'"));
            }
            next++;
            return word.text();
        }

        private boolean accept(String word) {
            boolean accepted = next < words.size() && words.get(next).is(word);
            next += accepted ? 1 : 0;
            return accepted;
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Expression expression && expression.text.equals(text);
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
