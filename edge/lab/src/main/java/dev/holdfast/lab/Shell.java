package dev.holdfast.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Commands of the operating system that the lab runs and waits for. */
final class Shell {
    private static final Logger LOG = LoggerFactory.getLogger(Shell.class);

    private Shell() {}

    /** Output of both kinds, in the order in which it was written. */
    record Outcome(int exit, String output) {}

    static Outcome run(List<String> command, String input) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var in = process.outputWriter(StandardCharsets.UTF_8)) {
            in.write(input);
        } catch (IOException e) {
            LOG.debug("{} does not read its input: {}", command, e.toString());
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return new Outcome(process.waitFor(), output);
    }

    static String check(List<String> command, String input) throws IOException, InterruptedException {
        Outcome outcome = run(command, input);
        if (outcome.exit() != 0) {
            throw new IOException(String.join(" ", command) + " answered " + outcome.exit() + ": " + outcome.output()
                    + (input.isEmpty() ? "" : "\nfor: " + input.strip()));
        }
        return outcome.output();
    }

    /** One process for many changes of interfaces and addresses. */
    static void ip(List<String> lines) throws IOException, InterruptedException {
        String _ = check(List.of("ip", "-batch", "-"), String.join("\n", lines) + "\n");
    }

    /** The same; what can't be done is passed over. */
    static void ipForce(List<String> lines) throws IOException, InterruptedException {
        Outcome _ = run(List.of("ip", "-force", "-batch", "-"), String.join("\n", lines) + "\n");
    }
}
