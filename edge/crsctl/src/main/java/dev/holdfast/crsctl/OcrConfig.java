package dev.holdfast.crsctl;

import dev.holdfast.control.Codec;
import dev.holdfast.control.RegistryReply;
import dev.holdfast.control.RegistryRequest;
import dev.holdfast.control.RegistryText;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Unreachable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The command {@code ocrconfig}: backs the registry up, restores it, and says where it is kept. */
public final class OcrConfig {
    private static final Command.Option JSON = Command.valued("-o", "json", "as JSON, for programs");
    private static final Command.Option FORCE_FORMAT = Command.flag("-f", "format it also if it is not blank");

    static final List<Command> COMMANDS = List.of(
            new Command(
                    "-showbackup",
                    "[auto|manual] [-o json]",
                    "list the backups of every node, newest first; -local: those of this node's local registry",
                    List.of(JSON),
                    "ocrconfig -showbackup"),
            new Command("-manualbackup", "", "make a backup on every node now", List.of(), "ocrconfig -manualbackup"),
            new Command(
                    "-backuploc",
                    "DIRECTORY",
                    "where backups are made from now on, on every node, in a folder of its name",
                    List.of(),
                    "ocrconfig -backuploc /backup/holdfast"),
            new Command(
                    "-showbackuploc",
                    "",
                    "where and how often backups are made",
                    List.of(),
                    "ocrconfig -showbackuploc"),
            new Command(
                    "-backupschedule",
                    "-every MINUTES [-keep NUMBER]",
                    "how often automatic backups are made, and how many are kept; 240 and 3 if never set",
                    List.of(
                            Command.valued("-every", "MINUTES", "from 1 to 10080"),
                            Command.valued(
                                    "-keep", "NUMBER", "of the latest ones, beside those of the day and the week")),
                    "ocrconfig -backupschedule -every 60 -keep 24"),
            new Command(
                    "-export",
                    "FILE",
                    "write all of it to a file that can be read",
                    List.of(),
                    "ocrconfig -export /root/registry.txt"),
            new Command(
                    "-import",
                    "FILE [-f]",
                    "make what an export or backup of any cluster holds the whole registry; no resource may run",
                    List.of(Command.flag("-f", "although it was edited, or entries are not understood")),
                    "ocrconfig -import /root/registry.txt"),
            new Command(
                    "-restore",
                    "FILE [-f]",
                    "make what a backup of this cluster holds the whole registry; no resource may run",
                    List.of(Command.flag("-f", "although entries are not understood")),
                    "ocrconfig -restore /var/lib/holdfast/backup/node1/backup00.ocr"),
            new Command(
                    "-add",
                    "PATH [-f]",
                    "add a registry location; it is formatted",
                    List.of(FORCE_FORMAT),
                    "ocrconfig -add /dev/mapper/ocr4"),
            new Command(
                    "-delete",
                    "PATH|ID",
                    "take a registry location away, also one that does not answer any more",
                    List.of(),
                    "ocrconfig -delete /dev/mapper/ocr4"),
            new Command(
                    "-replace",
                    "PATH|ID -replacement PATH [-f]",
                    "put a registry location in the place of another; the same path formats it anew",
                    List.of(Command.valued("-replacement", "PATH", "the new one; it is formatted"), FORCE_FORMAT),
                    "ocrconfig -replace /dev/mapper/ocr3 -replacement /dev/mapper/ocr4"),
            new Command(
                    "-repair",
                    "{-add PATH | -delete PATH | -replace PATH -replacement PATH}",
                    "tell this node where the registry is, if it was down for every change since it knew one; changes nothing else",
                    List.of(
                            Command.valued("-add", "PATH", "is a location, too"),
                            Command.valued("-delete", "PATH", "is none"),
                            Command.valued("-replace", "PATH", "is none any more"),
                            Command.valued("-replacement", "PATH", "is in its place")),
                    "ocrconfig -repair -replace /dev/mapper/ocr1 -replacement /dev/mapper/ocr4"));

    private final Surroundings surroundings;
    private final Cluster cluster;
    private final LocalRegistry local;

    private OcrConfig(Surroundings surroundings, Cluster cluster, LocalRegistry local) {
        this.surroundings = surroundings;
        this.cluster = cluster;
        this.local = local;
    }

    public static void main(String[] args) {
        Surroundings.leave(run(Surroundings.ofThisProcess(), LocalRegistry.ofThisProcess(), args));
    }

    /** Returns the exit status. */
    static int run(Surroundings surroundings, LocalRegistry local, String... args) {
        try (var cluster = new Cluster(surroundings, "ocrconfig")) {
            return new OcrConfig(surroundings, cluster, local).run(List.of(args));
        }
    }

    private int run(List<String> given) {
        if (given.isEmpty()
                || given.stream()
                        .anyMatch(word -> List.of("-h", "-help", "--help", "-?").contains(word))) {
            return help(given);
        }
        List<String> line = new ArrayList<>(given);
        boolean ofNode = line.remove("-local");
        Optional<Command> found = line.isEmpty()
                ? Optional.empty()
                : COMMANDS.stream()
                        .filter(command -> command.words().equals(line.getFirst()))
                        .findFirst();
        if (found.isEmpty()) {
            String word = line.isEmpty() ? "" : line.getFirst();
            cluster.tell(
                    new UsageProblem(
                            word.isEmpty()
                                    ? "it is not said what to do"
                                    : "ocrconfig has no " + word + "."
                                            + Nearest.hint(
                                                    word,
                                                    COMMANDS.stream()
                                                            .map(Command::words)
                                                            .toList())),
                    "All it can do:  ocrconfig -help");
            return Cluster.NOT_UNDERSTOOD;
        }
        Command command = found.get();
        try {
            Arguments arguments = Arguments.parse(command, line.subList(1, line.size()));
            return ofNode ? ofNode(command, arguments) : ofCluster(command, arguments);
        } catch (UsageProblem problem) {
            cluster.tell(
                    problem,
                    "Usage:    ocrconfig " + (command.words() + " " + command.usage()).strip(),
                    "Example:  " + command.example());
            return Cluster.NOT_UNDERSTOOD;
        } catch (Unreachable unreachable) {
            cluster.tell(unreachable);
            return Cluster.UNREACHABLE;
        } catch (IOException e) {
            cluster.tell(Reply.Refused.because("HF-4303", "Nothing was done: " + LocalRegistryFiles.why(e) + "."));
            return Cluster.REFUSED;
        }
    }

    private int help(List<String> given) {
        List<Command> wanted = COMMANDS.stream()
                .filter(command -> given.contains(command.words()))
                .toList();
        if (!wanted.isEmpty()) {
            wanted.forEach(command -> surroundings.out().print(Commands.help("ocrconfig ", command)));
            return Cluster.DONE;
        }
        var text = new StringBuilder("ocrconfig: backs the registry up, restores it, and says where it is kept.\n\n");
        for (Command command : COMMANDS) {
            text.append("  ocrconfig ")
                    .append((command.words() + " " + command.usage()).strip())
                    .append('\n');
            text.append(Text.indent(Text.wrap(command.summary(), 90), 10)).append('\n');
        }
        surroundings.out().print(text.append("""

                With -local before -showbackup, -manualbackup, -export, -import and -restore: the local registry of this node
                (cluster.conf, node.conf and what crsd keeps of the node). One of them with an example:  ocrconfig -export -help
                Exit status:  0 done   1 refused or failed   2 not understood, nothing was sent   3 the cluster cannot be reached
                """));
        return Cluster.DONE;
    }

    // ---------------------------------------------------------------- the cluster's

    private int ofCluster(Command command, Arguments arguments) throws UsageProblem, Unreachable, IOException {
        var desk = new RegistryDesk(cluster);
        return switch (command.words()) {
            case "-showbackup" -> show(desk, arguments);
            case "-manualbackup" -> {
                arguments.none();
                Optional<RegistryReply.Backups> made = desk.backups(new RegistryRequest.BackUp());
                made.ifPresent(all -> surroundings.out().print(rows(all.backups())));
                made.ifPresent(this::tellSilent);
                yield made.isPresent() && made.get().silent().isEmpty() ? Cluster.DONE : Cluster.REFUSED;
            }
            case "-backuploc" ->
                done(
                        desk,
                        new RegistryRequest.SetBackups(
                                Optional.of(path(arguments, "directory")), Optional.empty(), Optional.empty()));
            case "-backupschedule" -> {
                arguments.none();
                if (!arguments.has("-every") && !arguments.has("-keep")) {
                    throw new UsageProblem("it is not said what to change: give -every, -keep or both");
                }
                yield done(
                        desk,
                        new RegistryRequest.SetBackups(
                                Optional.empty(), number(arguments, "-every"), number(arguments, "-keep")));
            }
            case "-showbackuploc" -> {
                arguments.none();
                Optional<RegistryReply.Backups> all = desk.backups(new RegistryRequest.ListBackups());
                all.ifPresent(each -> surroundings
                        .out()
                        .println("The Holdfast Cluster Registry backup location is [" + each.directory() + "].\n"
                                + "An automatic backup is made every " + each.minutes()
                                + " minutes on every node; the last "
                                + each.keep() + " are kept, and those of the day and the week."));
                yield all.isPresent() ? Cluster.DONE : desk.status();
            }
            case "-export" -> export(desk, path(arguments, "file"));
            case "-import" ->
                done(desk, new RegistryRequest.Restore(path(arguments, "file"), false, arguments.has("-f")));
            case "-restore" ->
                done(desk, new RegistryRequest.Restore(path(arguments, "file"), true, arguments.has("-f")));
            case "-add" ->
                done(
                        desk,
                        new RegistryRequest.ChangeLocations(
                                List.of(path(arguments, "location")), List.of(), arguments.has("-f")));
            case "-delete" ->
                done(desk, new RegistryRequest.ChangeLocations(List.of(), List.of(word(arguments, "location")), false));
            case "-replace" -> {
                String replacement = arguments
                        .value("-replacement")
                        .orElseThrow(() -> new UsageProblem("-replacement is missing: what comes in its place?"));
                yield done(
                        desk,
                        new RegistryRequest.ChangeLocations(
                                List.of(absolute(replacement)),
                                List.of(word(arguments, "location")),
                                arguments.has("-f")));
            }
            case "-repair" -> repair(arguments);
            default -> throw new IllegalStateException("a command without a body: " + command.words());
        };
    }

    private int done(RegistryDesk desk, RegistryRequest request) throws Unreachable {
        Optional<Reply.Done> done = desk.done(request);
        done.ifPresent(lines -> lines.lines().forEach(surroundings.out()::println));
        return done.isPresent() ? Cluster.DONE : desk.status();
    }

    private int show(RegistryDesk desk, Arguments arguments) throws UsageProblem, Unreachable {
        String which = kind(arguments);
        Optional<RegistryReply.Backups> answer = desk.backups(new RegistryRequest.ListBackups());
        if (answer.isEmpty()) {
            return desk.status();
        }
        RegistryReply.Backups all = answer.get();
        List<RegistryReply.Backup> automatic =
                all.backups().stream().filter(RegistryReply.Backup::automatic).toList();
        List<RegistryReply.Backup> manual =
                all.backups().stream().filter(backup -> !backup.automatic()).toList();
        if (arguments.json()) {
            List<RegistryReply.Backup> shown =
                    which.equals("auto") ? automatic : which.equals("manual") ? manual : all.backups();
            surroundings
                    .out()
                    .println(Codec.pretty(new Reply.OfRegistry(new RegistryReply.Backups(
                            shown, all.directory(), all.minutes(), all.keep(), all.silent()))));
            return Cluster.DONE;
        }
        if (!which.equals("manual")) {
            surroundings
                    .out()
                    .print(
                            automatic.isEmpty()
                                    ? "PROT-24: Auto backups for the Holdfast Cluster Registry are not available\n"
                                    : rows(automatic));
        }
        if (!which.equals("auto")) {
            surroundings
                    .out()
                    .print(
                            manual.isEmpty()
                                    ? "PROT-25: Manual backups for the Holdfast Cluster Registry are not available\n"
                                    : rows(manual));
        }
        tellSilent(all);
        return Cluster.DONE;
    }

    private void tellSilent(RegistryReply.Backups all) {
        all.silent()
                .forEach(
                        silent -> cluster.tell(Reply.Refused.because("HF-4304", "Not on every node: " + silent + ".")));
    }

    private static String kind(Arguments arguments) throws UsageProblem {
        List<String> kinds = arguments.paths();
        if (kinds.size() > 1 || !List.of("auto", "manual").containsAll(kinds)) {
            throw new UsageProblem("'auto' or 'manual' may follow, or nothing for both");
        }
        return kinds.isEmpty() ? "" : kinds.getFirst();
    }

    private String rows(List<RegistryReply.Backup> backups) {
        ZoneId zone = surroundings.zone().get();
        DateTimeFormatter time = DateTimeFormatter.ofPattern("yyyy/MM/dd HH:mm:ss", Locale.ROOT);
        var text = new StringBuilder();
        for (RegistryReply.Backup backup : backups) {
            text.append('\n')
                    .append(backup.node())
                    .append("     ")
                    .append(time.format(
                            Instant.ofEpochMilli(backup.takenMillis()).atZone(zone)))
                    .append("     ")
                    .append(backup.path())
                    .append("     ")
                    .append(
                            backup.trouble().isEmpty()
                                    ? Long.toString(backup.version())
                                    : "unusable: " + backup.trouble())
                    .append('\n');
        }
        return text.toString();
    }

    private int export(RegistryDesk desk, String file) throws Unreachable, IOException {
        Optional<RegistryReply.Check> where = desk.locations();
        Optional<RegistryDesk.Content> content = where.isEmpty() ? Optional.empty() : desk.content();
        if (where.isEmpty() || content.isEmpty()) {
            return desk.status();
        }
        String name = cluster.ask(new Request.ListNodes()) instanceof Reply.Nodes nodes ? nodes.cluster() : "?";
        byte[] text = RegistryText.write(
                name,
                where.get().id(),
                content.get().version(),
                Instant.now(),
                cluster.localNode(),
                content.get().entries(),
                _ -> new byte[0]);
        write(Path.of(file), text);
        surroundings
                .out()
                .println(content.get().entries().size() + " entries, version "
                        + content.get().version() + ", written to " + file);
        return Cluster.DONE;
    }

    private static void write(Path file, byte[] text) throws IOException {
        Path fresh = Path.of(file + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(fresh, text);
        Files.move(
                fresh,
                file,
                java.nio.file.StandardCopyOption.ATOMIC_MOVE,
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    private int repair(Arguments arguments) throws UsageProblem, IOException {
        arguments.none();
        arguments.atMostOneOf("-add", "-delete", "-replace");
        List<String> paths = new ArrayList<>(local.locations());
        if (arguments.has("-add")) {
            paths.add(absolute(arguments.value("-add").orElseThrow()));
        } else if (arguments.has("-delete")) {
            known(paths, arguments.value("-delete").orElseThrow());
            paths.remove(arguments.value("-delete").orElseThrow());
        } else if (arguments.has("-replace") && arguments.has("-replacement")) {
            int at = known(paths, arguments.value("-replace").orElseThrow());
            paths.set(at, absolute(arguments.value("-replacement").orElseThrow()));
        } else {
            throw new UsageProblem("give -add, -delete, or -replace with -replacement");
        }
        if (paths.isEmpty() || paths.size() > 5 || paths.stream().distinct().count() < paths.size()) {
            throw new UsageProblem("1 to 5 different locations must be left, not " + paths);
        }
        if (!surroundings.isRoot()) {
            cluster.tell(Reply.Refused.because(
                    "PROT-20",
                    "Insufficient permission to proceed. Require privileged user: you are " + surroundings.user()
                            + "."));
            return Cluster.REFUSED;
        }
        local.setLocations(paths);
        surroundings
                .out()
                .println("This node looks for the registry at " + String.join(", ", paths)
                        + " from the next start of crsd on. The registry itself was not changed.");
        return Cluster.DONE;
    }

    private static int known(List<String> paths, String path) throws UsageProblem {
        int at = paths.indexOf(path);
        if (at < 0) {
            throw new UsageProblem(
                    "this node does not look for the registry at " + path + ", but at " + String.join(", ", paths));
        }
        return at;
    }

    private static String word(Arguments arguments, String what) throws UsageProblem {
        List<String> words = arguments.paths();
        if (words.size() != 1) {
            throw new UsageProblem("one " + what + " is to be named, not " + words.size());
        }
        return words.getFirst();
    }

    private static String path(Arguments arguments, String what) throws UsageProblem {
        return absolute(word(arguments, what));
    }

    private static String absolute(String path) {
        return Path.of(path).toAbsolutePath().normalize().toString();
    }

    private static Optional<Integer> number(Arguments arguments, String option) throws UsageProblem {
        if (!arguments.has(option)) {
            return Optional.empty();
        }
        String text = arguments.value(option).orElseThrow();
        if (!text.matches("\\d{1,6}")) {
            throw new UsageProblem(option + " takes a number, not '" + text + "'");
        }
        return Optional.of(Integer.parseInt(text));
    }

    // ---------------------------------------------------------------- the node's

    private int ofNode(Command command, Arguments arguments) throws UsageProblem, IOException {
        if (!surroundings.isRoot()) {
            cluster.tell(Reply.Refused.because(
                    "PROT-20",
                    "Insufficient permission to proceed. Require privileged user: you are " + surroundings.user()
                            + "."));
            return Cluster.REFUSED;
        }
        String node = java.net.InetAddress.getLocalHost().getHostName().replace(' ', '_');
        switch (command.words()) {
            case "-showbackup" -> {
                List<Path> backups = local.backups();
                if (backups.isEmpty()) {
                    surroundings
                            .out()
                            .println("PROT-25: Manual backups for the Holdfast Local Registry are not available");
                }
                backups.forEach(backup -> surroundings.out().println("\n" + node + "     " + backup));
            }
            case "-manualbackup" -> {
                arguments.none();
                surroundings.out().println("\n" + node + "     " + local.backUp(node));
            }
            case "-export" -> {
                Path file = Path.of(path(arguments, "file"));
                write(file, local.text(node));
                surroundings.out().println("The local registry was written to " + file);
            }
            case "-import", "-restore" -> {
                RegistryText text = LocalRegistryFiles.read(Path.of(path(arguments, "file")));
                if (!text.entries().containsKey("node.conf")
                        || !text.entries().keySet().stream().allMatch(LocalRegistry::isKnown)) {
                    throw new IOException("the file is not of a local registry");
                }
                if (cluster.runsHere()) {
                    cluster.tell(Reply.Refused.because(
                            "PROT-19",
                            "Cannot proceed while the Cluster Ready Service is running on this node. Nothing was changed.",
                            "Stop it first:  crsctl stop crs"));
                    return Cluster.REFUSED;
                }
                Path kept = local.backUp(node);
                List<Path> written = local.restore(text.entries());
                written.forEach(file -> surroundings.out().println("written: " + file));
                surroundings
                        .out()
                        .println("What was there before: " + kept
                                + ". The cluster's key is in no export: see that it is there.");
            }
            default -> throw new UsageProblem(command.words() + " is nothing that a local registry has");
        }
        return Cluster.DONE;
    }
}
