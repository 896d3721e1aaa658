package dev.holdfast.simulator;

import dev.holdfast.membership.Membership;
import dev.holdfast.model.View;
import dev.holdfast.testkit.Chance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * The gate that shows that silence means something: known mistakes are planted, one at a time, in a copy of the sources of
 * core/membership; the simulator, in a class loader in which the mistaken classes come first, must find a violation
 * within the number of seeds that the list states. A mistake whose text is no longer found exactly once fails as well, so
 * that the list cannot rot.
 */
final class CoreMutations {
    private static final String LIST = "core-mutations.txt";
    private static final Path SOURCES = Path.of("core/membership/src/main/java/dev/holdfast/membership");
    private static final Pattern SEED = Pattern.compile("of seed (\\d+),");

    /**
     * One mistake.
     *
     * @param file name of the source file that it is in
     * @param seeds within so many seeds, from 1, it must be found
     * @param quick whether it is found soon enough to be part of every test run
     * @param options further options of the simulator, such as the kinds of trouble that it takes
     * @param right what the source says
     * @param wrong what it says instead
     */
    record Planted(
            String name, String file, int seeds, boolean quick, List<String> options, String right, String wrong) {}

    /**
     * How it went with one mistake.
     *
     * @param seed the seed that found it; -1 if none did
     * @param detail the violation, or why it could not be tried
     */
    record Result(Planted planted, long seed, String detail) {
        boolean isFound() {
            return seed >= 0;
        }
    }

    private final PrintStream out;
    private final int jobs;

    CoreMutations(PrintStream out, int jobs) {
        this.out = out;
        this.jobs = jobs;
    }

    /** Tries the mistakes; 0 if all are found, 1 if not, 2 if there is none of that name. */
    int run(@Nullable String only, boolean quickOnly) throws IOException, InterruptedException {
        List<Planted> chosen = list().stream()
                .filter(each ->
                        only == null ? !quickOnly || each.quick() : each.name().equals(only))
                .toList();
        if (chosen.isEmpty()) {
            out.println("no planted mistake is called '" + only + "'; there are "
                    + String.join(", ", list().stream().map(Planted::name).toList()));
            return 2;
        }
        int missed = 0;
        for (Planted each : chosen) {
            Result result = tryOne(each);
            if (!result.isFound()) {
                missed++;
            }
            out.printf(
                    "%-7s %-45s %s%n",
                    result.isFound() ? "found" : "MISSED",
                    each.name(),
                    result.isFound()
                            ? "seed %d of %d: %s".formatted(result.seed(), each.seeds(), result.detail())
                            : result.detail());
            out.flush();
        }
        out.println(missed == 0 ? "all " + chosen.size() + " planted mistakes were found" : missed + " were missed");
        return missed == 0 ? 0 : 1;
    }

    /** The list, in the order of its file. */
    static List<Planted> list() throws IOException {
        try (InputStream stream = CoreMutations.class.getResourceAsStream(LIST)) {
            if (stream == null) {
                throw new IOException("the list of planted mistakes is missing: " + LIST);
            }
            return parse(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static List<Planted> parse(String text) throws IOException {
        List<Planted> planted = new ArrayList<>();
        for (String block : text.split("(?m)^====+$\\R?")) {
            String body = block.replaceAll("(?m)^#.*$\\R?", "").strip();
            if (body.isEmpty()) {
                continue;
            }
            String[] parts = body.split("(?m)^---- (right|wrong)$\\R?");
            if (parts.length < 2 || parts.length > 3) {
                throw new IOException("a planted mistake needs a head, what is right and what is wrong: " + body);
            }
            String name = "";
            String file = "";
            int seeds = 0;
            boolean quick = false;
            List<String> options = List.of();
            for (String line : parts[0].lines().toList()) {
                String[] pair = line.strip().split("\\s+", 2);
                String value = pair.length < 2 ? "" : pair[1];
                switch (pair[0]) {
                    case "name" -> name = value;
                    case "file" -> file = value;
                    case "seeds" -> seeds = Integer.parseInt(value);
                    case "quick" -> quick = true;
                    case "options" -> options = List.of(value.split(" "));
                    default -> throw new IOException("the head of a planted mistake has no '" + pair[0] + "'");
                }
            }
            String wrong = parts.length < 3 ? "" : parts[2].strip();
            planted.add(new Planted(name, file, seeds, quick, options, parts[1].strip(), wrong));
        }
        return planted;
    }

    private static String source(Planted planted) throws IOException {
        return Files.readString(sources().resolve(planted.file()));
    }

    /** Whether the text that is right occurs exactly once in its file, as it must. */
    static boolean fits(Planted planted) throws IOException {
        String source = source(planted);
        int at = source.indexOf(planted.right());
        return at >= 0 && source.indexOf(planted.right(), at + 1) < 0;
    }

    /** Plants one mistake, and lets the simulator look for it. */
    Result tryOne(Planted planted) throws IOException, InterruptedException {
        String source = source(planted);
        if (!fits(planted)) {
            return new Result(
                    planted,
                    -1,
                    "its text is not found exactly once in " + planted.file() + ": bring the list up to date");
        }
        Path place = Files.createTempDirectory("holdfast-mutation");
        try {
            Path mistaken = place.resolve(planted.file());
            Files.writeString(mistaken, source.replace(planted.right(), planted.wrong()));
            Path classes = Files.createDirectory(place.resolve("classes"));
            String complaint = compile(mistaken, classes);
            return complaint.isEmpty()
                    ? simulate(planted, classes)
                    : new Result(planted, -1, "it does not compile: " + complaint);
        } finally {
            try (Stream<Path> all = Files.walk(place)) {
                for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
    }

    /** Where the sources are: below the installation, or above the directory that the tests run in. */
    private static Path sources() throws IOException {
        String home = System.getProperty("holdfast.home");
        Path from = home == null ? Path.of("").toAbsolutePath() : Path.of(home);
        for (Path place = from; place != null; place = place.getParent()) {
            if (Files.isDirectory(place.resolve(SOURCES))) {
                return place.resolve(SOURCES);
            }
        }
        throw new IOException("the sources of core/membership are not found from " + from);
    }

    private static String compile(Path source, Path classes) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            return "there is no Java compiler here: a JDK is needed, not only a JRE";
        }
        StringWriter said = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            List<String> options = List.of(
                    "-proc:none", "-nowarn", "-d", classes.toString(), "-classpath", String.join(":", classPath()));
            boolean done = compiler.getTask(said, files, null, options, null, files.getJavaFileObjects(source))
                    .call();
            return done ? "" : said.toString().strip();
        }
    }

    /** Where the classes of this very process come from, be it started with a class path or with modules. */
    private static List<String> classPath() throws IOException {
        List<String> path = new ArrayList<>();
        for (Class<?> each : List.of(Membership.class, View.class, Chance.class, CoreMutations.class, Nullable.class)) {
            CodeSource code = each.getProtectionDomain().getCodeSource();
            if (code == null) {
                throw new IOException("it is not known where " + each + " comes from");
            }
            try {
                path.add(Path.of(code.getLocation().toURI()).toString());
            } catch (URISyntaxException e) {
                throw new IOException("not a place for classes: " + code.getLocation(), e);
            }
        }
        return path;
    }

    /** Takes all classes of this project from its own places: a parent would know those without the mistake. */
    private static final class MistakenFirst extends URLClassLoader {
        MistakenFirst(URL[] places) {
            super(places, ClassLoader.getPlatformClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("dev.holdfast.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> known = findLoadedClass(name);
                return known == null ? findClass(name) : known;
            }
        }
    }

    private Result simulate(Planted planted, Path classes) throws IOException, InterruptedException {
        List<URL> urls = new ArrayList<>();
        urls.add(classes.toUri().toURL());
        for (String each : classPath()) {
            urls.add(Path.of(each).toUri().toURL());
        }
        List<String> arguments = new ArrayList<>(
                List.of("--from", "1", "--seeds", String.valueOf(planted.seeds()), "--jobs", String.valueOf(jobs)));
        arguments.addAll(planted.options());
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (URLClassLoader loader = new MistakenFirst(urls.toArray(new URL[0]));
                PrintStream saying = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            Object code = loader.loadClass(Simulate.class.getName())
                    .getMethod("run", PrintStream.class, String[].class)
                    .invoke(null, saying, arguments.toArray(new String[0]));
            String text = said.toString(StandardCharsets.UTF_8);
            Matcher seed = SEED.matcher(text);
            if (Integer.valueOf(1).equals(code) && seed.find()) {
                String before = text.substring(0, text.lastIndexOf('\n', seed.start()));
                return new Result(
                        planted, Long.parseLong(seed.group(1)), before.substring(before.lastIndexOf('\n') + 1));
            }
            return new Result(
                    planted,
                    -1,
                    "not found in " + planted.seeds() + " seeds: "
                            + text.lines().toList().getLast());
        } catch (ReflectiveOperationException e) {
            throw new IOException("the simulator could not be run with " + planted.name(), e);
        }
    }
}
