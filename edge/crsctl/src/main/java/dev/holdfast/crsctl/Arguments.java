package dev.holdfast.crsctl;

import dev.holdfast.control.Filter;
import dev.holdfast.control.Selection;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What followed the words of a command, taken apart. */
final class Arguments {
    private final Command command;
    private final List<String> operands = new ArrayList<>();
    private final Map<String, List<String>> options = new LinkedHashMap<>();

    private Arguments(Command command) {
        this.command = command;
    }

    static Arguments parse(Command command, List<String> words) throws UsageProblem {
        var arguments = new Arguments(command);
        int at = 0;
        while (at < words.size()) {
            String word = words.get(at++);
            if (!word.startsWith("-") || word.length() == 1) {
                arguments.operands.add(word);
                continue;
            }
            Command.Option option = arguments.option(word);
            var values = new ArrayList<String>();
            while (!option.isFlag()
                    && at < words.size()
                    && !arguments.isOption(words.get(at))
                    && (option.many() || values.isEmpty())) {
                values.add(words.get(at++));
            }
            if (!option.isFlag() && values.isEmpty()) {
                throw new UsageProblem(word + " needs a value: " + word + " " + option.value());
            }
            if (values.contains("")) {
                throw new UsageProblem("the value of " + word + " is empty");
            }
            if (arguments.options.putIfAbsent(word, values) != null) {
                throw new UsageProblem(word + " is given twice");
            }
        }
        return arguments;
    }

    private boolean isOption(String word) {
        return command.options().stream().anyMatch(option -> option.name().equals(word));
    }

    private Command.Option option(String word) throws UsageProblem {
        for (Command.Option option : command.options()) {
            if (option.name().equals(word)) {
                return option;
            }
        }
        int equals = word.indexOf('=');
        if (equals > 0 && isOption(word.substring(0, equals))) {
            throw new UsageProblem(
                    "write a blank instead of '=': " + word.substring(0, equals) + " " + word.substring(equals + 1));
        }
        var names = new ArrayList<String>();
        command.options().forEach(option -> names.add(option.name()));
        String hyphen = word.startsWith("--") ? word.substring(1) : word;
        String hint = Nearest.hint(hyphen, names);
        if (hint.isEmpty() && hyphen.length() > 2 && isOption(hyphen.substring(0, 2))) {
            hint = " Did you mean '" + hyphen.substring(0, 2) + "'?"; // -force, -node
        }
        throw new UsageProblem("'" + command.words() + "' has no option " + word + "." + hint);
    }

    boolean has(String option) {
        return options.containsKey(option);
    }

    Optional<String> value(String option) {
        List<String> values = options.get(option);
        return values == null ? Optional.empty() : Optional.of(values.getFirst());
    }

    List<String> values(String option) {
        return options.getOrDefault(option, List.of());
    }

    Optional<String> node(String option) throws UsageProblem {
        Optional<String> node = value(option);
        if (node.isPresent()) {
            checkName("node", node.get());
        }
        return node;
    }

    /** The one operand of a command that takes one. {@code what}: the noun, such as "resource". */
    String only(String what) throws UsageProblem {
        if (operands.isEmpty()) {
            throw new UsageProblem("the name of the " + what + " is missing");
        }
        tooMany(1);
        checkName(what, operands.getFirst());
        return operands.getFirst();
    }

    /** The one operand of a command that takes any text, also an empty one. */
    String onlyText(String what) throws UsageProblem {
        if (operands.isEmpty()) {
            throw new UsageProblem("the " + what + " is missing; \"\" takes it away");
        }
        tooMany(1);
        return operands.getFirst();
    }

    /** The operand of a command that takes one or none. */
    Optional<String> maybe(String what) throws UsageProblem {
        return operands.isEmpty() ? Optional.empty() : Optional.of(only(what));
    }

    /** Paths and identities of disks: at least {@code least}. */
    List<String> disks(int least) throws UsageProblem {
        for (String operand : operands) {
            if (!operand.startsWith("/") && !operand.replace("-", "").matches("[0-9a-fA-F]{32}")) {
                throw new UsageProblem("'" + operand
                        + "' is neither a path that begins with / nor a File Universal Id of 32 hexadecimal digits");
            }
        }
        if (operands.size() < least) {
            throw new UsageProblem("'" + command.words() + "' needs " + (least == 1 ? "a disk" : least + " disks")
                    + ", got " + operands.size());
        }
        return List.copyOf(operands);
    }

    /** Operands that may be any words: paths, for the most part. */
    List<String> paths() {
        return List.copyOf(operands);
    }

    List<String> names(String what) throws UsageProblem {
        for (int at = 0; at < operands.size(); at++) {
            checkName(what, operands.get(at));
            if (operands.subList(0, at).contains(operands.get(at))) {
                throw new UsageProblem("'" + operands.get(at) + "' is named twice");
            }
        }
        return List.copyOf(operands);
    }

    /** The one operand of a command that takes a file. */
    String onlyFile() throws UsageProblem {
        tooMany(1);
        if (operands.isEmpty() || operands.getFirst().isEmpty()) {
            throw new UsageProblem("the name of a file is missing");
        }
        return operands.getFirst();
    }

    void none() throws UsageProblem {
        tooMany(0);
    }

    private void tooMany(int allowed) throws UsageProblem {
        if (operands.size() > allowed) {
            String extra = operands.get(allowed);
            throw new UsageProblem(
                    "'" + extra + "' is one word too many for '" + command.words() + "'", advice(extra, allowed));
        }
    }

    private String advice(String extra, int allowed) {
        int equals = extra.indexOf('=');
        if (equals > 0 && isOption("-" + extra.substring(0, equals))) {
            return "Options begin with a hyphen: -" + extra;
        }
        if (equals >= 0 || extra.indexOf('(') >= 0) {
            return "If it belongs to an option, put the whole value of the option in double quotes: -attr \"A=1,B='x y'\"";
        }
        return "It takes " + (allowed == 0 ? "no names" : "one name") + ".";
    }

    /** Which resources: names, {@code -w} or {@code -all}, exactly one of them. */
    Selection selection() throws UsageProblem {
        Optional<Selection> selection = maybeSelection();
        if (selection.isEmpty()) {
            String ways = isOption("-all") ? "name them, or give -w FILTER or -all" : "name them, or give -w FILTER";
            throw new UsageProblem("it is not said which resources: " + ways);
        }
        return selection.get();
    }

    Selection selectionOrAll() throws UsageProblem {
        return maybeSelection().orElseGet(Selection.All::new);
    }

    private Optional<Selection> maybeSelection() throws UsageProblem {
        List<String> names = names("resource");
        int ways = (names.isEmpty() ? 0 : 1) + (has("-w") ? 1 : 0) + (has("-all") ? 1 : 0);
        if (ways > 1) {
            throw new UsageProblem("names, -w and -all exclude each other: give one of them");
        }
        if (has("-w")) {
            return Optional.of(filter());
        }
        if (has("-all")) {
            return Optional.of(new Selection.All());
        }
        return names.isEmpty() ? Optional.empty() : Optional.of(new Selection.Named(names));
    }

    /** Those for which {@code -w}, which is given, holds. */
    Selection filter() throws UsageProblem {
        try {
            return new Selection.Matching(Filter.parse(value("-w").orElseThrow()));
        } catch (IllegalArgumentException bad) {
            throw new UsageProblem(
                    "the filter was not understood: " + bad.getMessage(),
                    "An example: -w \"(TYPE = cluster_resource) AND (STATE = ONLINE)\"");
        }
    }

    /** From {@code -attr} or {@code -file}; empty if neither is given. */
    Map<String, String> attributes() throws UsageProblem {
        if (has("-attr") && has("-file")) {
            throw new UsageProblem("-attr and -file exclude each other: give one of them");
        }
        Optional<String> file = value("-file");
        Map<String, String> attributes;
        try {
            attributes = file.isPresent()
                    ? AttributeList.read(Path.of(file.get()))
                    : has("-attr") ? AttributeList.parse("-attr", value("-attr").orElseThrow()) : Map.of();
        } catch (InvalidPathException bad) {
            throw new UsageProblem("'" + file.orElse("") + "' is not the name of a file");
        }
        if (attributes.containsKey("NAME")) {
            throw new UsageProblem(
                    "NAME is not an attribute to set: a resource is named when it is added, and keeps its name");
        }
        if (attributes.containsKey("TYPE")) {
            throw new UsageProblem(
                    "TYPE is not an attribute to set: a resource gets its type from -type when it is added, and keeps it");
        }
        if (has("-group")) {
            String group = value("-group").orElseThrow();
            checkName("group", group);
            attributes = new LinkedHashMap<>(attributes);
            attributes.put("RESOURCE_GROUP", group);
        }
        return attributes;
    }

    Map<String, String> environment() throws UsageProblem {
        return has("-env") ? AttributeList.parse("-env", value("-env").orElseThrow()) : Map.of();
    }

    /** {@code -k}, and {@code -d}, of which there is one only. */
    Optional<Integer> instance() throws UsageProblem {
        Optional<String> degree = value("-d");
        Optional<String> number = value("-k");
        if (degree.isPresent() && number.isEmpty()) {
            throw new UsageProblem("-d goes with -k: which instance?");
        }
        if (degree.isPresent() && !degree.get().equals("1")) {
            throw new UsageProblem("there is no instance with the degree id '" + degree.get()
                    + "': a resource has one instance at most on a node, and its degree id is 1");
        }
        if (number.isPresent() && !number.get().matches("[1-9][0-9]{0,3}")) {
            throw new UsageProblem(
                    "-k must be the number of an instance, 1 or more, got '" + number.get() + "'",
                    "It is shown as CARDINALITY_ID by:  crsctl status resource NAME -v");
        }
        return number.map(Integer::valueOf);
    }

    /** {@code -s} of start and stop: names of server pools, with blanks or commas between. */
    List<String> pools() throws UsageProblem {
        if (!has("-s")) {
            return List.of();
        }
        atMostOneOf("-n", "-s");
        List<String> pools = new ArrayList<>();
        for (String pool : value("-s").orElseThrow().strip().split("[\\s,]+")) {
            checkName("server pool", pool);
            pools.add(pool);
        }
        return pools;
    }

    /** {@code -k} where it says which instance of one resource. */
    Optional<Integer> instanceOfOne() throws UsageProblem {
        atMostOneOf("-k", "-s");
        if (has("-k") && operands.size() != 1) {
            throw new UsageProblem("-k goes with the name of one resource: which instance of which?");
        }
        return instance();
    }

    boolean json() throws UsageProblem {
        boolean isFormat = command.options().stream()
                .anyMatch(option -> option.name().equals("-o") && option.value().equals("json"));
        String format = isFormat ? value("-o").orElse("text") : "text"; // setperm has an -o of another kind.
        if (!format.equals("json") && !format.equals("text")) {
            throw new UsageProblem("-o knows json and text, not '" + format + "'");
        }
        return format.equals("json");
    }

    void atMostOneOf(String... names) throws UsageProblem {
        String first = "";
        for (String name : names) {
            if (has(name)) {
                if (!first.isEmpty()) {
                    throw new UsageProblem(first + " and " + name + " exclude each other: give one of them");
                }
                first = name;
            }
        }
    }

    /** What no name can be; the finer rules are the cluster's. */
    static void checkName(String what, String name) throws UsageProblem {
        if (name.isEmpty()) {
            throw new UsageProblem("the name of a " + what + " is empty");
        }
        for (int at = 0; at < name.length(); at++) {
            char c = name.charAt(at);
            if (c == ',') {
                throw new UsageProblem("'" + name + "' is not the name of a " + what
                        + ": write several names with blanks between them");
            }
            if (c == '=') {
                throw new UsageProblem(
                        "'" + name + "' is not the name of a " + what,
                        "If it belongs to an option, put the whole value of the option in double quotes: -attr \"A=1,B='x y'\"");
            }
            if (c <= ' ' || c == 0x7f || "!~'\"()/\\".indexOf(c) >= 0) {
                throw new UsageProblem("'" + name.replaceAll("\\p{Cntrl}", "?") + "' is not the name of a " + what
                        + ": names have no blanks, quotes, slashes, parentheses, ! or ~");
            }
        }
        if (name.length() > 254) {
            throw new UsageProblem(
                    "the name of a " + what + " has at most 254 characters, this one has " + name.length());
        }
    }
}
