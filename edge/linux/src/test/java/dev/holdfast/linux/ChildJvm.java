package dev.holdfast.linux;

import dev.holdfast.model.BrokenInvariant;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts a main class of the tests in a JVM of its own, for what would end this one. */
final class ChildJvm {
    private ChildJvm() {}

    private static final List<String> SMALL = List.of("-Xmx32m", "-XX:+UseSerialGC");

    /** @param wrapper words before the command, such as {@code setpriv ...} */
    static Process start(List<String> wrapper, Class<?> main, String... arguments) throws IOException {
        return start(wrapper, SMALL, main, arguments);
    }

    /** @param heap the options that say how much memory there is, and who collects it */
    static Process start(List<String> wrapper, List<String> heap, Class<?> main, String... arguments)
            throws IOException {
        List<String> words = new ArrayList<>(wrapper);
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(heap);
        words.addAll(List.of(
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                String.join(
                        File.pathSeparator,
                        "target/classes",
                        "target/test-classes",
                        BrokenInvariant.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .getPath()),
                main.getName()));
        words.addAll(List.of(arguments));
        return new ProcessBuilder(words)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
