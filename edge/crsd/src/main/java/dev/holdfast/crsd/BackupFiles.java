package dev.holdfast.crsd;

import dev.holdfast.control.RegistryReply;
import dev.holdfast.control.RegistryText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The backups of the registry on this node: the last few automatic ones ({@code backup00.ocr} is the newest), one of a day and the day
 * before ({@code day.ocr}, {@code day_.ocr}), of a week and the week before, and the last five that were asked for. A file has its name only
 * when it is whole and on the disk. Blocks; not for the loop.
 */
final class BackupFiles {
    private static final int MANUAL_KEPT = 5;
    private static final Pattern MANUAL = Pattern.compile("backup_\\d{8}_\\d{6}\\.ocr");
    private static final Pattern AUTOMATIC = Pattern.compile("backup\\d\\d\\.ocr|(day|week)_?\\.ocr");
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss", Locale.ROOT);

    private final Path directory;

    BackupFiles(Path directory) {
        this.directory = directory;
    }

    /** @return where the newest one is now */
    Path automatic(byte[] text, int keep) throws IOException {
        makeDirectory();
        Instant taken = taken(text);
        for (int number = keep; number < 100; number++) {
            Files.deleteIfExists(numbered(number));
        }
        Files.deleteIfExists(numbered(keep - 1));
        for (int number = keep - 2; number >= 0; number--) {
            if (Files.exists(numbered(number))) {
                Files.move(numbered(number), numbered(number + 1), StandardCopyOption.ATOMIC_MOVE);
            }
        }
        write(numbered(0), text);
        roll("day", Duration.ofDays(1), taken, text);
        roll("week", Duration.ofDays(7), taken, text);
        return numbered(0);
    }

    Path manual(byte[] text) throws IOException {
        makeDirectory();
        Path file = directory.resolve("backup_" + STAMP.format(taken(text).atZone(ZoneId.systemDefault())) + ".ocr");
        write(file, text);
        List<Path> all = files(MANUAL);
        all.sort(Comparator.comparing(Path::toString));
        for (Path old : all.subList(0, Math.max(0, all.size() - MANUAL_KEPT))) {
            Files.delete(old);
        }
        return file;
    }

    /** Newest first. */
    List<RegistryReply.Backup> list(String node) throws IOException {
        List<RegistryReply.Backup> backups = new ArrayList<>();
        if (!Files.isDirectory(directory)) {
            return backups;
        }
        for (Path file : files(AUTOMATIC)) {
            backups.add(look(node, file, true));
        }
        for (Path file : files(MANUAL)) {
            backups.add(look(node, file, false));
        }
        backups.sort(Comparator.comparingLong(RegistryReply.Backup::takenMillis)
                .reversed()
                .thenComparing(RegistryReply.Backup::path));
        return backups;
    }

    /** When the newest automatic backup here was taken; empty if there is none that is whole. */
    Optional<Instant> newestAutomatic() throws IOException {
        if (!Files.isDirectory(directory)) {
            return Optional.empty();
        }
        return list("").stream()
                .filter(backup -> backup.automatic() && backup.trouble().isEmpty())
                .findFirst()
                .map(backup -> Instant.ofEpochMilli(backup.takenMillis()));
    }

    private static RegistryReply.Backup look(String node, Path file, boolean automatic) throws IOException {
        try {
            RegistryText text = RegistryText.read(Files.readAllBytes(file));
            String trouble = text.edited() ? "its checksum does not fit" : "";
            return new RegistryReply.Backup(
                    node, text.taken().toEpochMilli(), file.toString(), automatic, text.version(), trouble);
        } catch (RegistryText.Unreadable e) {
            long millis = Files.getLastModifiedTime(file).toMillis();
            return new RegistryReply.Backup(
                    node, millis, file.toString(), automatic, 0, String.valueOf(e.getMessage()));
        }
    }

    private void roll(String name, Duration span, Instant taken, byte[] text) throws IOException {
        Path newest = directory.resolve(name + ".ocr");
        if (Files.exists(newest)) {
            RegistryReply.Backup last = look("", newest, true);
            boolean young = last.trouble().isEmpty()
                    && Duration.between(Instant.ofEpochMilli(last.takenMillis()), taken)
                                    .abs()
                                    .compareTo(span)
                            < 0;
            if (young) {
                return;
            }
            Files.move(newest, directory.resolve(name + "_.ocr"), StandardCopyOption.ATOMIC_MOVE);
        }
        write(newest, text);
    }

    private List<Path> files(Pattern names) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return new ArrayList<>(all.filter(
                            file -> names.matcher(file.getFileName().toString()).matches())
                    .toList());
        }
    }

    private Path numbered(int number) {
        return directory.resolve(String.format(Locale.ROOT, "backup%02d.ocr", number));
    }

    private static Instant taken(byte[] text) throws IOException {
        try {
            return RegistryText.read(text).taken();
        } catch (RegistryText.Unreadable e) {
            throw new IOException("what should be kept is no backup: " + e.getMessage(), e);
        }
    }

    private void makeDirectory() throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    private static void write(Path file, byte[] text) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(text);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
