package dev.holdfast.crsctl;

import dev.holdfast.control.Codec;
import dev.holdfast.control.RegistryReply;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Unreachable;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The command {@code ocrcheck}: whether the registry is whole. */
public final class OcrCheck {
    static final Command COMMAND = new Command(
            "ocrcheck",
            "[-local] [-config] [-details] [-o json]",
            "read every copy of the registry, compare it with what it should hold, and tell what was found",
            List.of(
                    Command.flag(
                            "-local", "what this node knows without the cluster: cluster.conf, node.conf, the key"),
                    Command.flag("-config", "only where the registry is"),
                    Command.flag("-details", "with state, identity and fill of each location"),
                    Command.valued("-o", "json", "as JSON, for programs")),
            "ocrcheck -details");
    /** As many locations as there can be; Oracle's ocrcheck shows the empty ones, too. */
    private static final int PLACES = 5;

    private static final String INDENT = "                                    ";

    private OcrCheck() {}

    public static void main(String[] args) {
        Surroundings.leave(run(Surroundings.ofThisProcess(), LocalRegistry.ofThisProcess(), args));
    }

    /** Returns the exit status: 0 all is well, 1 something is not. */
    static int run(Surroundings surroundings, LocalRegistry local, String... args) {
        try (var cluster = new Cluster(surroundings, "ocrcheck")) {
            for (String word : args) {
                if (List.of("-h", "-help", "--help", "-?").contains(word)) {
                    surroundings.out().print(Commands.help("", COMMAND));
                    return Cluster.DONE;
                }
            }
            try {
                Arguments arguments = Arguments.parse(COMMAND, List.of(args));
                arguments.none();
                boolean json = arguments.json();
                return arguments.has("-local")
                        ? local(surroundings, local, arguments, json)
                        : check(surroundings, cluster, arguments, json);
            } catch (UsageProblem problem) {
                cluster.tell(problem, "Usage:    ocrcheck " + COMMAND.usage(), "Example:  " + COMMAND.example());
                return Cluster.NOT_UNDERSTOOD;
            } catch (Unreachable unreachable) {
                cluster.tell(unreachable);
                return Cluster.UNREACHABLE;
            }
        }
    }

    private static int check(Surroundings surroundings, Cluster cluster, Arguments arguments, boolean json)
            throws Unreachable {
        var desk = new RegistryDesk(cluster);
        boolean config = arguments.has("-config");
        Optional<RegistryReply.Check> answer = config ? desk.locations() : desk.check();
        if (answer.isEmpty()) {
            return desk.status();
        }
        RegistryReply.Check check = answer.get();
        if (json) {
            surroundings.out().println(Codec.pretty(new Reply.OfRegistry(check)));
        } else {
            surroundings
                    .out()
                    .print(config ? config(check) : text(check, arguments.has("-details"), surroundings.isRoot()));
        }
        return config || isWell(check) ? Cluster.DONE : Cluster.REFUSED;
    }

    private static boolean isWell(RegistryReply.Check check) {
        return check.trouble().isEmpty()
                && check.logical().isEmpty()
                && check.locations().stream().allMatch(OcrCheck::isWell);
    }

    private static boolean isWell(RegistryReply.Location location) {
        return location.state().equals("ONLINE");
    }

    private static String config(RegistryReply.Check check) {
        var text = new StringBuilder("Holdfast Cluster Registry configuration is :\n");
        check.locations()
                .forEach(location -> text.append("\t Device/File Name         : ")
                        .append(location.path())
                        .append('\n'));
        return text.toString();
    }

    private static String text(RegistryReply.Check check, boolean details, boolean root) {
        var text = new StringBuilder("Status of Holdfast Cluster Registry is as follows :\n");
        line(text, "Version", Integer.toString(check.format()));
        line(text, "Total space (kbytes)", kbytes(check.totalBytes()));
        line(text, "Used space (kbytes)", kbytes(check.usedBytes()));
        line(text, "Available space (kbytes)", Long.toString((check.totalBytes() - check.usedBytes()) / 1024));
        line(text, "ID", check.id());
        if (details) {
            line(text, "Changes so far", Long.toString(check.version()));
        }
        for (RegistryReply.Location location : check.locations()) {
            location(text, location, details);
        }
        for (int place = check.locations().size(); place < PLACES; place++) {
            text.append('\n').append(INDENT).append("Device/File not configured\n");
        }
        boolean whole = check.trouble().isEmpty()
                && check.locations().stream().filter(OcrCheck::isWell).count() * 2
                        > check.locations().size();
        text.append("\n\t Cluster registry integrity check ").append(whole ? "succeeded\n" : "failed\n");
        if (!check.trouble().isEmpty()) {
            text.append("\t   ").append(check.trouble()).append('\n');
        }
        if (!root) {
            text.append("\n\t Logical corruption check bypassed due to non-privileged user\n");
        } else if (!check.logicalChecked()) {
            text.append("\n\t Logical corruption check bypassed: the registry is not open\n");
        } else {
            text.append("\n\t Logical corruption check ")
                    .append(check.logical().isEmpty() ? "succeeded\n" : "failed\n");
            check.logical()
                    .forEach(problem -> text.append("\t   ").append(problem).append('\n'));
        }
        return text.toString();
    }

    private static void location(StringBuilder text, RegistryReply.Location location, boolean details) {
        line(text, "Device/File Name", location.path());
        if (!location.checked()) {
            text.append(INDENT).append("Device/File integrity check bypassed\n");
        } else if (isWell(location)) {
            text.append(INDENT).append("Device/File integrity check succeeded\n");
        } else {
            text.append(INDENT).append("Device/File integrity check failed\n");
        }
        if (!location.finding().isEmpty()) {
            text.append(INDENT)
                    .append("  found: ")
                    .append(location.finding())
                    .append(isWell(location) ? "; repaired" : "")
                    .append('\n');
        }
        if (!isWell(location) || details) {
            text.append(INDENT).append("  ").append(location.state());
            boolean said = location.detail().isEmpty() || location.finding().equals(location.detail());
            text.append(said ? "\n" : ": " + location.detail() + "\n");
        }
        if (details) {
            text.append(INDENT)
                    .append("  identity ")
                    .append(location.uuid().isEmpty() ? "not known" : location.uuid())
                    .append(location.votes() ? ", its copy counts\n" : ", its copy does not count yet\n");
            text.append(INDENT)
                    .append("  holds ")
                    .append(kbytes(location.heldBytes()))
                    .append(" of ")
                    .append(kbytes(location.segmentBytes()))
                    .append(" kbytes of the present log\n");
        }
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format("\t %-24s : %10s%n", name, value));
    }

    private static String kbytes(long bytes) {
        return Long.toString((bytes + 1023) / 1024);
    }

    private static int local(Surroundings surroundings, LocalRegistry local, Arguments arguments, boolean json) {
        List<String> problems = local.problems();
        long bytes = 0;
        try {
            bytes = local.texts().values().stream().mapToLong(String::length).sum();
        } catch (IOException _) {
            // Among the problems.
        }
        if (json) {
            var place = new RegistryReply.Location(
                    local.etc().toString(),
                    problems.isEmpty() ? "ONLINE" : "FAILED",
                    "",
                    true,
                    bytes,
                    bytes,
                    true,
                    "",
                    "");
            var check = new RegistryReply.Check(1, bytes, bytes, 0, "", "", List.of(place), true, problems);
            surroundings.out().println(Codec.pretty(new Reply.OfRegistry(check)));
            return problems.isEmpty() ? Cluster.DONE : Cluster.REFUSED;
        }
        if (arguments.has("-config")) {
            surroundings
                    .out()
                    .print("Holdfast Local Registry configuration is :\n\t Device/File Name         : " + local.etc()
                            + "\n");
            return Cluster.DONE;
        }
        var text = new StringBuilder("Status of Holdfast Local Registry is as follows :\n");
        line(text, "Version", "1");
        line(text, "Used space (kbytes)", kbytes(bytes));
        line(text, "Device/File Name", local.etc().toString());
        text.append(INDENT)
                .append("Device/File integrity check ")
                .append(problems.isEmpty() ? "succeeded\n" : "failed\n");
        problems.forEach(
                problem -> text.append(INDENT).append("  ").append(problem).append('\n'));
        text.append("\n\t Local registry integrity check ").append(problems.isEmpty() ? "succeeded\n" : "failed\n");
        surroundings.out().print(text);
        return problems.isEmpty() ? Cluster.DONE : Cluster.REFUSED;
    }
}
