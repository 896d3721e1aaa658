package dev.holdfast.cssd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Stands in for the real program, so that the lab is tested before and without the daemons: writes a mark on each disk. */
public final class FormatDisks {
    private FormatDisks() {}

    public static void main(String[] arguments) throws IOException {
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            if (line.startsWith("votingdisk.")) {
                Path disk = Path.of(line.replaceFirst("[^=]*=", ""));
                try (FileChannel channel = FileChannel.open(disk, StandardOpenOption.WRITE)) {
                    channel.write(ByteBuffer.wrap("formatted".getBytes(java.nio.charset.StandardCharsets.US_ASCII)), 0);
                    channel.force(true);
                }
            }
        }
    }
}
