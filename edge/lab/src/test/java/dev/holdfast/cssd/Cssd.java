package dev.holdfast.cssd;

import dev.holdfast.control.Codec;
import dev.holdfast.control.ControlServer;
import dev.holdfast.control.Hello;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Stands in for the real daemon in tests of the lab: says that its node is in the view, and pets the watchdog as long as the file
 * {@code /var/lib/holdfast/pet} exists. The file {@code /run/holdfast/exit} ends it with the exit code that is in it.
 */
public final class Cssd {
    private Cssd() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        String name = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        ControlServer server = ControlServer.open(
                Path.of("/run/holdfast/crsd.sock"),
                new Hello(Codec.VERSION, name, "test"),
                (_, request, _) -> switch (request) {
                    case Request.ListNodes() ->
                        new Reply.Nodes("test", List.of(new Reply.Node(1, name, true, List.of(), 1)));
                    case Request.StatusResource _ -> new Reply.Resources(7, List.of());
                    default -> Reply.Refused.because("HF-0000", "not in this test");
                });
        Path exit = Path.of("/run/holdfast/exit");
        FileChannel watchdog = null;
        while (!Files.exists(exit)) {
            if (Files.exists(Path.of("/var/lib/holdfast/pet"))) {
                if (watchdog == null) {
                    watchdog = FileChannel.open(Path.of("/dev/hf/watchdog"), StandardOpenOption.WRITE);
                }
                watchdog.write(ByteBuffer.wrap(new byte[] {1}), 0);
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        int code = Integer.parseInt(Files.readString(exit).strip());
        Files.delete(exit);
        server.close();
        System.exit(code);
    }
}
