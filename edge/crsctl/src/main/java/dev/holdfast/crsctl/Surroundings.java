package dev.holdfast.crsctl;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What a tool may touch of the process it runs in.
 *
 * @param runDirectory where the sockets of cssd and crsd are
 * @param logDirectory only to be named in advice
 * @param user who we are; the cluster asks the kernel, we only spare a round trip
 * @param zone in which times are shown; asked for when needed, as it costs some start-up time
 */
record Surroundings(
        Path runDirectory, Path logDirectory, String user, Supplier<ZoneId> zone, PrintStream out, PrintStream err) {

    static Surroundings ofThisProcess() {
        return new Surroundings(
                Path.of(Optional.ofNullable(System.getenv("HOLDFAST_RUN")).orElse("/run/holdfast")),
                Path.of(Optional.ofNullable(System.getenv("HOLDFAST_LOG")).orElse("/var/log/holdfast")),
                userOfThisProcess(),
                ZoneId::systemDefault,
                stream(FileDescriptor.out),
                stream(FileDescriptor.err));
    }

    /** Ends this process. At once: nothing is left to be done, and System.exit would first start up the logging system to ask it. */
    static void leave(int status) {
        Runtime.getRuntime().halt(status);
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    private static String userOfThisProcess() {
        try {
            if (Files.getAttribute(Path.of("/proc/self"), "unix:uid") instanceof Integer uid && uid == 0) {
                return "root"; // Also where user 0 has another name or none.
            }
        } catch (IOException _) {
            // No /proc: the property is as good, unless somebody set it, and the cluster looks for itself anyway.
        }
        return System.getProperty("user.name", "?");
    }

    Path crsSocket() {
        return runDirectory.resolve("crsd.sock");
    }

    Path cssSocket() {
        return runDirectory.resolve("cssd.sock");
    }

    boolean isRoot() {
        return user.equals("root");
    }
}
