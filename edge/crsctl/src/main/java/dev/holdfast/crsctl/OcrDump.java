package dev.holdfast.crsctl;

import dev.holdfast.control.Codec;
import dev.holdfast.control.RegistryReply;
import dev.holdfast.control.RegistryText;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Unreachable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The command {@code ocrdump}: what the registry holds, to be read. */
public final class OcrDump {
    static final Command COMMAND = new Command(
            "ocrdump",
            "[-local] [FILE | -stdout] [-backupfile FILE] [-keyname KEY] [-xml | -o json] [-noheader]",
            "write what the registry holds to a file, OCRDUMPFILE if none is named, or to the standard output",
            List.of(
                    Command.flag("-local", "what this node knows without the cluster"),
                    Command.flag("-stdout", "to the standard output"),
                    Command.valued("-backupfile", "FILE", "what a backup or an export holds; needs no cluster"),
                    Command.valued("-keyname", "KEY", "only this entry and those below it: resource/web, resource"),
                    Command.flag("-xml", "as XML"),
                    Command.flag("-noheader", "without time and command"),
                    Command.valued("-o", "json", "as JSON, for programs")),
            "ocrdump -stdout -keyname resource");

    private OcrDump() {}

    public static void main(String[] args) {
        Surroundings.leave(run(Surroundings.ofThisProcess(), LocalRegistry.ofThisProcess(), args));
    }

    /** Returns the exit status. */
    static int run(Surroundings surroundings, LocalRegistry local, String... args) {
        try (var cluster = new Cluster(surroundings, "ocrdump")) {
            for (String word : args) {
                if (List.of("-h", "-help", "--help", "-?").contains(word)) {
                    surroundings.out().print(Commands.help("", COMMAND));
                    return Cluster.DONE;
                }
            }
            try {
                return dump(surroundings, cluster, local, Arguments.parse(COMMAND, List.of(args)), List.of(args));
            } catch (UsageProblem problem) {
                cluster.tell(problem, "Usage:    ocrdump " + COMMAND.usage(), "Example:  " + COMMAND.example());
                return Cluster.NOT_UNDERSTOOD;
            } catch (Unreachable unreachable) {
                cluster.tell(unreachable);
                return Cluster.UNREACHABLE;
            } catch (IOException e) {
                cluster.tell(
                        Reply.Refused.because("HF-4301", "Nothing was dumped: " + LocalRegistryFiles.why(e) + "."));
                return Cluster.REFUSED;
            }
        }
    }

    private static int dump(
            Surroundings surroundings, Cluster cluster, LocalRegistry local, Arguments arguments, List<String> line)
            throws UsageProblem, Unreachable, IOException {
        boolean json = arguments.json();
        arguments.atMostOneOf("-local", "-backupfile");
        List<String> named = arguments.paths();
        if (named.size() > 1 || (!named.isEmpty() && arguments.has("-stdout"))) {
            throw new UsageProblem("one file, or -stdout, or neither for OCRDUMPFILE");
        }
        if (json && arguments.has("-xml")) {
            throw new UsageProblem("-xml and -o json exclude each other: give one of them");
        }
        long version = 0;
        SortedMap<String, String> entries;
        if (arguments.has("-local")) {
            entries = LocalRegistry.settings(local.texts());
        } else if (arguments.has("-backupfile")) {
            RegistryText text = LocalRegistryFiles.read(
                    Path.of(arguments.value("-backupfile").orElseThrow()));
            version = text.version();
            entries = text.entries();
        } else {
            var desk = new RegistryDesk(cluster);
            Optional<RegistryDesk.Content> content = desk.content();
            if (content.isEmpty()) {
                return desk.status();
            }
            version = content.get().version();
            entries = content.get().entries();
        }
        Optional<String> key = arguments.value("-keyname");
        if (key.isPresent()) {
            entries = below(key.get(), entries);
            if (entries.isEmpty()) {
                cluster.tell(Reply.Refused.because(
                        "HF-4302",
                        "There is no entry '" + key.get() + "', nor one below it.",
                        "All keys:  ocrdump -stdout"));
                return Cluster.REFUSED;
            }
        }
        String header = arguments.has("-noheader")
                ? ""
                : DateTimeFormatter.ofPattern("MM/dd/yyyy HH:mm:ss", Locale.ROOT)
                                .format(Instant.now().atZone(surroundings.zone().get()))
                        + "\nocrdump " + String.join(" ", line) + "\n\n";
        String text = json
                ? Codec.pretty(new Reply.OfRegistry(new RegistryReply.Part(version, entries, false))) + "\n"
                : arguments.has("-xml") ? xml(version, entries) : header + plain(entries);
        if (arguments.has("-stdout")) {
            surroundings.out().print(text);
        } else {
            Path file = Path.of(named.isEmpty() ? "OCRDUMPFILE" : named.getFirst());
            Files.writeString(file, text);
        }
        return Cluster.DONE;
    }

    private static SortedMap<String, String> below(String key, SortedMap<String, String> entries) {
        var found = new TreeMap<String, String>();
        entries.forEach((each, value) -> {
            if (each.equals(key) || each.startsWith(key.endsWith("/") ? key : key + "/")) {
                found.put(each, value);
            }
        });
        return found;
    }

    private static String plain(SortedMap<String, String> entries) {
        var text = new StringBuilder();
        entries.forEach((key, value) -> text.append('[')
                .append(key)
                .append("]\nORATEXT : ")
                .append(value)
                .append("\n\n"));
        return text.toString();
    }

    private static String xml(long version, SortedMap<String, String> entries) {
        var text = new StringBuilder(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OCRDUMP VERSION=\"" + version + "\">\n");
        entries.forEach((key, value) -> text.append("  <KEY>\n    <NAME>")
                .append(escaped(key))
                .append("</NAME>\n    <VALUE_TYPE>ORATEXT</VALUE_TYPE>\n    <VALUE>")
                .append(escaped(value))
                .append("</VALUE>\n  </KEY>\n"));
        return text.append("</OCRDUMP>\n").toString();
    }

    private static String escaped(String plain) {
        return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
