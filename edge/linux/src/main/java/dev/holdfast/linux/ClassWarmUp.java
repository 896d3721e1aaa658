package dev.holdfast.linux;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Loads, verifies and initialises classes before they are needed. A daemon that stands by for days runs some of its code for the first time
 * in the middle of a failover, and a class costs up to a millisecond then.
 */
public final class ClassWarmUp {
    private static final String SUFFIX = ".class";

    private ClassWarmUp() {}

    /**
     * Warms up everything in the jars (or directories) that hold {@code anchors}, on the calling thread.
     *
     * @return how many classes are ready now; one that cannot be loaded is left for whoever needs it to complain about
     */
    public static int everythingBeside(Class<?>... anchors) {
        int ready = 0;
        for (Class<?> anchor : anchors) {
            for (String name : namesBeside(anchor)) {
                try {
                    Class<?> _ = Class.forName(name, true, anchor.getClassLoader());
                    ready++;
                } catch (ClassNotFoundException | LinkageError e) {
                    // An optional class, or one that is broken: not for a warm-up to judge.
                }
            }
        }
        return ready;
    }

    private static List<String> namesBeside(Class<?> anchor) {
        CodeSource source = anchor.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null) {
            return List.of();
        }
        try {
            Path place = Path.of(new URI(source.getLocation().toString()));
            return Files.isDirectory(place) ? inDirectory(place) : inJar(place);
        } catch (IOException | URISyntaxException | IllegalArgumentException e) {
            return List.of();
        }
    }

    private static List<String> inDirectory(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.map(file -> directory.relativize(file).toString())
                    .filter(ClassWarmUp::isClass)
                    .map(ClassWarmUp::nameOf)
                    .toList();
        }
    }

    private static List<String> inJar(Path jar) throws IOException {
        List<String> names = new ArrayList<>();
        try (JarFile file = new JarFile(jar.toFile())) {
            for (Enumeration<JarEntry> entries = file.entries(); entries.hasMoreElements(); ) {
                String entry = entries.nextElement().getName();
                if (isClass(entry)) {
                    names.add(nameOf(entry));
                }
            }
        }
        return names;
    }

    private static boolean isClass(String path) {
        return path.endsWith(SUFFIX) && !path.endsWith("-info.class") && !path.startsWith("META-INF");
    }

    private static String nameOf(String path) {
        return path.substring(0, path.length() - SUFFIX.length()).replace('/', '.');
    }
}
