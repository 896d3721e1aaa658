package dev.holdfast.crsctl;

import dev.holdfast.control.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Attributes of a resource type as administrators write them: {@code ATTRIBUTE=PORT,TYPE=int,DEFAULT_VALUE=80,FLAGS=CONFIG|HOTMOD},
 * several one after the other, with commas between; in a file, one word a line, without quotes.
 */
final class TypeAttributes {
    private static final List<String> WORDS = List.of("ATTRIBUTE", "TYPE", "DEFAULT_VALUE", "FLAGS");

    private final List<Request.TypeAttribute> attributes = new ArrayList<>();
    private @Nullable String name;
    private Optional<String> kind = Optional.empty();
    private Optional<String> defaultValue = Optional.empty();
    private Optional<String> flags = Optional.empty();
    private int last;

    private TypeAttributes() {}

    static List<Request.TypeAttribute> of(Arguments arguments) throws UsageProblem {
        if (arguments.has("-attr") && arguments.has("-file")) {
            throw new UsageProblem("-attr and -file exclude each other: give one of them");
        }
        var reader = new TypeAttributes();
        if (arguments.has("-file")) {
            reader.file(arguments.value("-file").orElseThrow());
        } else if (arguments.has("-attr")) {
            for (String word : words(arguments.value("-attr").orElseThrow())) {
                reader.word(word, "-attr");
            }
        }
        reader.finish();
        return reader.attributes;
    }

    private void file(String file) throws UsageProblem {
        List<String> lines;
        try {
            lines = Files.readAllLines(Path.of(file));
        } catch (IOException | RuntimeException failed) {
            throw new UsageProblem("the file " + file + " cannot be read: "
                    + (Files.exists(Path.of(file)) ? failed.getMessage() : "there is no such file"));
        }
        for (String line : lines) {
            if (!line.isBlank() && !line.strip().startsWith("#")) {
                word(line.strip(), file);
            }
        }
    }

    /** What stands between the commas; a comma in single quotes or in parentheses is part of a value. */
    private static List<String> words(String text) throws UsageProblem {
        var words = new ArrayList<String>();
        var word = new StringBuilder();
        boolean quoted = false;
        int depth = 0;
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\'' && quoted && at + 1 < text.length() && text.charAt(at + 1) == '\'') {
                word.append(c);
                at++;
            } else if (c == '\'') {
                quoted = !quoted;
            } else if (c == ',' && !quoted && depth == 0) {
                words.add(word.toString().strip());
                word.setLength(0);
            } else {
                depth += c == '(' ? 1 : c == ')' && depth > 0 ? -1 : 0;
                word.append(c);
            }
        }
        if (quoted) {
            throw new UsageProblem("a quote that opens in -attr never closes");
        }
        words.add(word.toString().strip());
        return words;
    }

    private void word(String text, String where) throws UsageProblem {
        int equals = text.indexOf('=');
        String key = equals < 0 ? text : text.substring(0, equals).strip();
        int place = WORDS.indexOf(key);
        if (equals < 0 || place < 0) {
            throw new UsageProblem(
                    "'" + text + "' in " + where
                            + " is not understood: an attribute is ATTRIBUTE=name, TYPE=int or string,"
                            + " DEFAULT_VALUE=value, FLAGS=flag|flag",
                    "An example: -attr \"ATTRIBUTE=PORT,TYPE=int,DEFAULT_VALUE=80,ATTRIBUTE=SITE,TYPE=string,FLAGS=REQUIRED\"");
        }
        String value = text.substring(equals + 1).strip();
        if (place == 0) {
            finish();
            if (value.isEmpty()) {
                throw new UsageProblem("a name is missing after ATTRIBUTE= in " + where);
            }
            name = value;
            last = 0;
            return;
        }
        if (name == null || place <= last) {
            throw new UsageProblem(
                    name == null
                            ? key + " in " + where + " comes before any ATTRIBUTE=name"
                            : key + " in " + where + " is out of order for attribute '" + name + "'",
                    "The order is ATTRIBUTE, TYPE, DEFAULT_VALUE, FLAGS.");
        }
        last = place;
        switch (place) {
            case 1 -> kind = Optional.of(value);
            case 2 -> defaultValue = Optional.of(value);
            default -> flags = Optional.of(value);
        }
    }

    private void finish() {
        if (name != null) {
            attributes.add(new Request.TypeAttribute(name, kind, defaultValue, flags));
        }
        name = null;
        kind = Optional.empty();
        defaultValue = Optional.empty();
        flags = Optional.empty();
    }
}
