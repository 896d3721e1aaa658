package dev.holdfast.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A log of lines that does not grow without end: a file that has become large is renamed to {@code NAME.1}, that to {@code NAME.2}, and so on,
 * and the last one goes. Several processes may write to one log if one of them alone rolls it: each line is appended by name.
 */
public final class RolledLog {
    private static final int FILES = 5;

    private final Path file;
    private final long largest;

    /** @param largest bytes after which a file is renamed; there are five at most */
    public RolledLog(Path file, long largest) {
        this.file = file;
        this.largest = largest;
    }

    /** All that may exist of the log {@code file}, the newest first. */
    public static List<Path> files(Path file) {
        return IntStream.range(0, FILES)
                .mapToObj(number -> numbered(file, number))
                .toList();
    }

    private static Path numbered(Path file, int number) {
        return number == 0 ? file : file.resolveSibling(file.getFileName() + "." + number);
    }

    /** Appends a line, after renaming if it is time. Not for several threads at once. */
    public void append(String line) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        if (Files.exists(file) && Files.size(file) > largest) {
            for (int number = FILES - 1; number > 0; number--) {
                Path from = numbered(file, number - 1);
                if (Files.exists(from)) {
                    Files.move(from, numbered(file, number), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
