package dev.holdfast.crsctl;

import dev.holdfast.control.RegistryText;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Exports and backups as files. */
final class LocalRegistryFiles {
    private LocalRegistryFiles() {}

    static RegistryText read(Path file) throws IOException {
        try {
            RegistryText text = RegistryText.read(Files.readAllBytes(file));
            if (text.edited()) {
                throw new IOException(file + " was damaged or edited: its checksum does not fit");
            }
            return text;
        } catch (RegistryText.Unreadable e) {
            throw new IOException(file + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** In words: the exceptions of files have only their path for a message. */
    static String why(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> e.getMessage() + " does not exist";
            case AccessDeniedException _ -> e.getMessage() + " may not be read or written by this user";
            case FileAlreadyExistsException _ -> e.getMessage() + " exists already";
            default -> String.valueOf(e.getMessage());
        };
    }
}
