package dev.holdfast.crsd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Whether an administrator called this server critical: a file of this node alone, as it is a property of the machine. */
final class CssCritical {
    private final Path file;

    /** @param directory what this node keeps across restarts */
    CssCritical(Path directory) {
        file = directory.resolve("css_critical");
    }

    /** What was said last; no if nothing ever was. @throws IOException also if the file holds something else */
    boolean read() throws IOException {
        if (!Files.exists(file)) {
            return false;
        }
        String said = Files.readString(file).strip();
        if (!said.equals("yes") && !said.equals("no")) {
            throw new IOException(file + " must hold yes or no, not '" + said + "'; correct it:  echo no > " + file);
        }
        return said.equals("yes");
    }

    /** When this returns, it is on the disk. */
    void write(boolean critical) throws IOException {
        Path fresh = file.resolveSibling("css_critical.new");
        try (FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer text = ByteBuffer.wrap((critical ? "yes\n" : "no\n").getBytes(StandardCharsets.US_ASCII));
            while (text.hasRemaining()) {
                channel.write(text);
            }
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
