package dev.holdfast.crsctl;

import static dev.holdfast.crsctl.Command.flag;
import static dev.holdfast.crsctl.Command.valued;

import dev.holdfast.control.Kind;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Texts;
import dev.holdfast.control.Unreachable;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** The configuration as a whole, in one file. */
final class ConfigurationCommands implements CommandArea {
    private static final Command EXPORT = new Command(
            "export",
            "[-file FILE] [-o json]",
            "write the whole configuration as one file, which apply takes",
            List.of(valued("-file", "FILE", "there, and not to the standard output"), Commands.JSON),
            "crsctl export -file cluster.yaml");
    private static final Command EXPORT_RESOURCE = new Command(
            "export resource",
            "NAME [-file FILE]",
            "write the attributes of a resource as -file of add and modify takes them",
            List.of(valued("-file", "FILE", "there, and not to the standard output")),
            "crsctl export resource web -file web.attributes");
    private static final Command APPLY = new Command(
            "apply",
            "FILE [--plan] [-keep] [-f] [-o json]",
            "make the configuration what the file says: all of it in one change, or nothing",
            List.of(
                    flag("--plan", "only show what would be changed and done"),
                    flag(
                            "-keep",
                            "leave alone what the file does not name; else it is deleted, if the file has a part for its kind"),
                    flag("-f", "also what stops, moves or deletes what runs"),
                    Commands.JSON),
            "crsctl apply cluster.yaml --plan");
    private static final Command DIFF = new Command(
            "diff",
            "FILE [-keep] [-o json]",
            "show how the configuration differs from the file; the exit status is 1 if it does",
            List.of(flag("-keep", "without what the file does not name"), Commands.JSON),
            "crsctl diff cluster.yaml");
    private static final List<Command> COMMANDS = List.of(EXPORT, EXPORT_RESOURCE, APPLY, DIFF);

    @Override
    public List<Command> commands() {
        return COMMANDS;
    }

    @Override
    public int run(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        return switch (command.words()) {
            case "export" -> export(crsctl, command, arguments);
            case "export resource" -> exportResource(crsctl, command, arguments);
            default -> change(crsctl, command, arguments);
        };
    }

    private static int export(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        arguments.none();
        Reply.Answer answer = crsctl.cluster().ask(new Request.Export());
        if (!(answer instanceof Reply.Configuration configuration)) {
            return crsctl.print(command, answer, arguments.json(), _ -> "");
        }
        ConfigurationFile file = ConfigurationFile.of(configuration);
        return write(crsctl, arguments, arguments.json() ? Texts.pretty(file.tree()) + "\n" : file.yaml());
    }

    private static int exportResource(Crsctl crsctl, Command command, Arguments arguments)
            throws UsageProblem, Unreachable {
        String name = arguments.only("resource");
        Reply.Answer answer = crsctl.cluster().ask(new Request.Export());
        if (!(answer instanceof Reply.Configuration configuration)) {
            return crsctl.print(command, answer, false, _ -> "");
        }
        List<Reply.Configured> resources = configuration.items().stream()
                .filter(item -> item.kind() == Kind.RESOURCE)
                .toList();
        Optional<Reply.Configured> found = resources.stream()
                .filter(resource -> resource.name().equals(name))
                .findFirst();
        if (found.isEmpty()) {
            return crsctl.print(
                    command,
                    Reply.Refused.because(
                            "CRS-2613",
                            "Could not find resource '" + name + "'."
                                    + Nearest.hint(
                                            name,
                                            resources.stream()
                                                    .map(Reply.Configured::name)
                                                    .toList())),
                    false,
                    _ -> "");
        }
        var text = new StringBuilder();
        new TreeMap<>(found.get().attributes())
                .forEach((key, value) ->
                        text.append(key).append('=').append(value).append('\n'));
        return write(crsctl, arguments, text.toString());
    }

    /** The old file stays whole if the new one cannot be written. */
    private static int write(Crsctl crsctl, Arguments arguments, String text) throws UsageProblem {
        Optional<String> name = arguments.value("-file");
        if (name.isEmpty()) {
            return crsctl.print(text);
        }
        try {
            Path file = Path.of(name.get()).toAbsolutePath();
            Path fresh = Files.createTempFile(file.getParent(), "." + file.getFileName(), ".new");
            Files.writeString(fresh, text);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            return Cluster.DONE;
        } catch (IOException | InvalidPathException e) {
            throw new UsageProblem("the file " + name.get() + " cannot be written: " + e);
        }
    }

    private static int change(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        boolean only = command.equals(DIFF) || arguments.has("--plan");
        ConfigurationFile file = read(arguments.onlyFile());
        checkCluster(crsctl, file);
        var apply = new Request.Apply(
                file.kinds(),
                file.items(),
                only && command.equals(DIFF) ? Optional.empty() : file.revision(),
                arguments.has("-keep"),
                command.equals(DIFF) || arguments.has("-f"));
        Reply.Answer answer = crsctl.cluster().ask(only ? new Request.Compare(apply) : apply);
        boolean planned = command.equals(APPLY);
        int status = crsctl.print(
                command,
                answer,
                arguments.json(),
                told -> told instanceof Reply.Difference difference
                        ? text(difference, planned)
                        : Crsctl.unexpected(told));
        boolean differs =
                answer instanceof Reply.Difference(List<Reply.Differing> items, var _, var _) && !items.isEmpty();
        return command.equals(DIFF) && differs ? Cluster.REFUSED : status;
    }

    /** A file of another cluster would delete everything here. */
    private static void checkCluster(Crsctl crsctl, ConfigurationFile file) throws UsageProblem, Unreachable {
        if (!file.cluster().isEmpty()
                && crsctl.cluster().ask(new Request.ListNodes()) instanceof Reply.Nodes nodes
                && !nodes.cluster().equals(file.cluster())) {
            throw new UsageProblem(
                    "the file is for the cluster " + file.cluster() + ", and this is " + nodes.cluster(),
                    "If it is meant for this one, change the line 'cluster' or take it out.");
        }
    }

    private static ConfigurationFile read(String name) throws UsageProblem {
        try {
            return ConfigurationFile.read(Files.readString(Path.of(name)));
        } catch (MalformedInputException e) {
            throw new UsageProblem("the file " + name + " is not text in UTF-8");
        } catch (NoSuchFileException e) {
            throw new UsageProblem("there is no file " + name);
        } catch (IOException | InvalidPathException e) {
            throw new UsageProblem("the file " + name + " cannot be read: " + e);
        }
    }

    private static String text(Reply.Difference difference, boolean planned) {
        var text = new StringBuilder();
        if (difference.items().isEmpty()) {
            text.append("No difference.\n");
        }
        for (Reply.Differing each : difference.items()) {
            text.append(each.action())
                    .append(' ')
                    .append((each.kind().word() + " " + each.name()).strip())
                    .append(each.action().equals("add") && !each.type().isEmpty() ? " (" + each.type() + ")" : "")
                    .append('\n');
            if (each.action().equals("delete")) {
                continue;
            }
            for (Reply.DifferingAttribute attribute : each.attributes()) {
                attribute.before().ifPresent(before -> text.append("  - " + attribute.name() + "=" + before + "\n"));
                attribute.after().ifPresent(after -> text.append("  + " + attribute.name() + "=" + after + "\n"));
            }
        }
        if (planned) {
            difference.messages().forEach(line -> text.append(line).append('\n'));
            if (!difference.steps().isEmpty()) {
                text.append('\n').append(PlanText.of(new Reply.Plan(List.of(), difference.steps())));
            }
            text.append("Nothing was changed: this is only the plan.\n");
        }
        return text.toString();
    }
}
