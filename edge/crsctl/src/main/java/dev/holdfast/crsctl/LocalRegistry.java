package dev.holdfast.crsctl;

import dev.holdfast.control.RegistryText;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a node knows before it is in the cluster, and needs to get there: cluster.conf, node.conf, and what crsd keeps of this node. Plain
 * files, read here without any daemon. The cluster's key is looked at and never shown or copied.
 *
 * @param etc where the settings are
 * @param var what the node keeps
 */
record LocalRegistry(Path etc, Path var) {
    private static final List<String> SETTINGS = List.of("cluster.conf", "node.conf");
    private static final List<String> KEPT = List.of("css_critical", "registry.locations");
    private static final int BACKUPS_KEPT = 5;

    static LocalRegistry ofThisProcess() {
        return new LocalRegistry(
                Path.of(Optional.ofNullable(System.getenv("HOLDFAST_ETC")).orElse("/etc/holdfast")),
                Path.of(Optional.ofNullable(System.getenv("HOLDFAST_VAR")).orElse("/var/lib/holdfast")));
    }

    Path locationsFile() {
        return var.resolve("registry.locations");
    }

    Path backupDirectory() {
        return var.resolve("backup-local");
    }

    /** The files, whole. */
    SortedMap<String, String> texts() throws IOException {
        var texts = new TreeMap<String, String>();
        for (String name : SETTINGS) {
            if (Files.exists(etc.resolve(name))) {
                texts.put(name, Files.readString(etc.resolve(name)));
            }
        }
        for (String name : KEPT) {
            if (Files.exists(var.resolve(name))) {
                texts.put(name, Files.readString(var.resolve(name)));
            }
        }
        return texts;
    }

    /** Setting by setting, as a dump shows it. */
    static SortedMap<String, String> settings(SortedMap<String, String> texts) throws IOException {
        var settings = new TreeMap<String, String>();
        for (Map.Entry<String, String> text : texts.entrySet()) {
            if (SETTINGS.contains(text.getKey())) {
                properties(text.getValue()).forEach((key, value) -> settings.put(text.getKey() + "/" + key, value));
            } else {
                settings.put(text.getKey(), text.getValue().strip());
            }
        }
        return settings;
    }

    private static SortedMap<String, String> properties(String text) throws IOException {
        var properties = new Properties();
        try {
            properties.load(new StringReader(text));
        } catch (IllegalArgumentException e) {
            throw new IOException("it is not a properties file: " + e.getMessage(), e);
        }
        var sorted = new TreeMap<String, String>();
        properties.stringPropertyNames().forEach(key -> sorted.put(key, properties.getProperty(key)));
        return sorted;
    }

    /** What would keep the node from starting; empty if nothing does. */
    List<String> problems() {
        var problems = new ArrayList<String>();
        var read = new TreeMap<String, SortedMap<String, String>>();
        for (String name : SETTINGS) {
            try {
                read.put(name, properties(Files.readString(etc.resolve(name))));
            } catch (IOException e) {
                problems.add(LocalRegistryFiles.why(e));
            }
        }
        SortedMap<String, String> cluster = read.get("cluster.conf");
        SortedMap<String, String> node = read.get("node.conf");
        if (cluster != null) {
            for (String needed : List.of("cluster.name", "cluster.id", "registry.1")) {
                if (cluster.getOrDefault(needed, "").isBlank()) {
                    problems.add(etc.resolve("cluster.conf") + " says nothing of " + needed);
                }
            }
        }
        if (node != null) {
            String number = node.getOrDefault("node", "").strip();
            boolean known = cluster == null
                    || cluster.keySet().stream().anyMatch(key -> key.startsWith("node." + number + "."));
            if (!number.matches("\\d{1,3}") || !known) {
                problems.add(
                        etc.resolve("node.conf") + " says node='" + number + "', which cluster.conf does not know");
            }
        }
        checkKey(problems);
        return problems;
    }

    private void checkKey(List<String> problems) {
        Path key = etc.resolve("cluster.key");
        try {
            if (!Files.readString(key, StandardCharsets.US_ASCII).strip().matches("[0-9a-fA-F]{64}")) {
                problems.add(key + " does not hold 64 hexadecimal digits");
            }
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(key);
            if (permissions.contains(PosixFilePermission.OTHERS_READ)
                    || permissions.contains(PosixFilePermission.GROUP_READ)) {
                problems.add(key + " may be read by others: chmod 600 " + key);
            }
        } catch (IOException e) {
            problems.add(LocalRegistryFiles.why(e));
        }
    }

    /** As an export or a backup. */
    byte[] text(String node) throws IOException {
        SortedMap<String, String> texts = texts();
        SortedMap<String, String> cluster = properties(texts.getOrDefault("cluster.conf", ""));
        String name = cluster.getOrDefault("cluster.name", "?").strip().replace(' ', '_');
        String id = cluster.getOrDefault("cluster.id", "?").strip().replace(' ', '_');
        return RegistryText.write(name, id, 0, Instant.now(), node, texts, _ -> new byte[0]);
    }

    /** @return what was written */
    List<Path> restore(SortedMap<String, String> texts) throws IOException {
        var written = new ArrayList<Path>();
        for (Map.Entry<String, String> text : texts.entrySet()) {
            Path file = (SETTINGS.contains(text.getKey()) ? etc : var).resolve(text.getKey());
            write(file, text.getValue().getBytes(StandardCharsets.UTF_8));
            written.add(file);
        }
        return written;
    }

    static boolean isKnown(String name) {
        return SETTINGS.contains(name) || KEPT.contains(name);
    }

    Path backUp(String node) throws IOException {
        Files.createDirectories(backupDirectory());
        String stamp =
                DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss", Locale.ROOT).format(LocalDateTime.now());
        Path file = backupDirectory().resolve("backup_" + stamp + ".olr");
        write(file, text(node));
        List<Path> all = backups();
        for (Path old : all.subList(Math.min(BACKUPS_KEPT, all.size()), all.size())) {
            Files.delete(old);
        }
        return file;
    }

    /** Newest first. */
    List<Path> backups() throws IOException {
        if (!Files.isDirectory(backupDirectory())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(backupDirectory())) {
            return files.filter(file -> file.toString().endsWith(".olr"))
                    .sorted(Comparator.comparing(Path::toString).reversed())
                    .toList();
        }
    }

    /** Where this node looks for the registry. */
    List<String> locations() throws IOException {
        if (Files.exists(locationsFile())) {
            return Files.readAllLines(locationsFile()).stream()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .toList();
        }
        SortedMap<String, String> cluster = properties(Files.readString(etc.resolve("cluster.conf")));
        return Stream.iterate(1, number -> number + 1)
                .map(number -> cluster.get("registry." + number))
                .takeWhile(path -> path != null)
                .map(String::strip)
                .toList();
    }

    void setLocations(List<String> paths) throws IOException {
        write(locationsFile(), (String.join("\n", paths) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void write(Path file, byte[] bytes) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(fresh, bytes);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
