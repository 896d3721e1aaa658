package dev.holdfast.acceptance;

import static dev.holdfast.acceptance.Cluster.NODE1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Every block of the manual that shows commands, and the example of every help text, as a reader would type them, on a live cluster: each must
 * be done. One lab for all; what a page or a file registered is taken away before the next.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ManualTest {
    private static final String SCRIPT = """
            #!/bin/sh
            f=/tmp/running.$_CRS_NAME
            case $1 in start) echo > $f;; stop|clean) rm -f $f;; check) [ -e $f ];; esac
            """;

    private static final String NOTHING = "holdfast: 1\ntypes: {}\nserverpools: {}\nresources: {}\n";

    /** What begins a line of the examples of help that is not an example itself. */
    private static final String BEFORE = "+ ";

    private static final String REFUSED = "! ";

    private static final String NOT_TRIED = "- ";

    private Cluster cluster;
    private final Path home = Path.of(System.getProperty("holdfast.home"));
    private String network = "";

    private record Played(String command, int status, String output) {
        @Override
        public String toString() {
            return command + "\n  ended with " + status + ": " + output;
        }
    }

    @BeforeAll
    void up() throws Exception {
        cluster = Cluster.up("manual", "default", "power");
        for (String script : List.of("web.scr", "db.scr", "scripts/web.scr")) {
            Path file = cluster.lab.shared().resolve(script);
            Files.writeString(file, SCRIPT);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Files.writeString(cluster.lab.shared().resolve("nothing.yaml"), NOTHING);
        network = cluster.on(NODE1, "oifcfg", "getif", "-type", "public")
                .orFail("oifcfg getif")
                .replaceAll("(?s)^\\S+ +(\\d+\\.\\d+\\.\\d+)\\..*", "$1");
    }

    @AfterAll
    void down() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void every_block_of_the_manual_does_what_it_shows() throws Exception {
        List<Path> files = new ArrayList<>(List.of(home.resolve("README.md")));
        try (var pages = Files.list(home.resolve("docs/manual"))) {
            pages.filter(page -> page.toString().endsWith(".md")).sorted().forEach(files::add);
        }
        int tried = 0;
        List<String> notTried = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        for (Path file : files) {
            ManualPage page = ManualPage.read(file);
            if (page.blocks().stream().anyMatch(block -> block.notTried().isEmpty())) {
                clear();
            }
            for (ManualPage.Block block : page.blocks()) {
                String where = page.name() + ":" + block.line();
                if (block.notTried().isPresent()) {
                    notTried.add(where + ": " + block.notTried().get());
                    continue;
                }
                for (Played played : play(block.before())) {
                    assertThat(played.status)
                            .as(where + ", before it: " + played)
                            .isZero();
                }
                for (Played played : play(block.commands())) {
                    tried++;
                    if (played.status != 0) {
                        failed.add(where + ": " + played);
                    }
                }
            }
        }
        System.out.println(tried + " commands of the manual were tried; not tried: " + notTried);
        assertThat(failed).isEmpty();
        assertThat(tried).isGreaterThan(40);
        assertThat(notTried)
                .as("blocks that are not tried, each with its reason")
                .hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void every_example_of_help_does_what_it_shows() throws Exception {
        clear();
        List<String> lines = resource("help-examples.txt")
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
        Set<String> known = new HashSet<>();
        List<String> notTried = new ArrayList<>();
        List<String> commands = new ArrayList<>();
        for (String line : lines) {
            if (line.startsWith(NOT_TRIED)) {
                String[] both = line.substring(NOT_TRIED.length()).split(" : ", 2);
                notTried.add(both[0] + ": " + both[1]);
                known.add(both[0]);
            } else if (line.startsWith(REFUSED)) {
                known.add(line.substring(REFUSED.length()));
                commands.add(line);
            } else if (line.startsWith(BEFORE)) {
                commands.add(line.substring(BEFORE.length()));
            } else {
                known.add(line);
                commands.add(line);
            }
        }

        assertThat(known).as("the examples of all help texts").isEqualTo(examples());
        List<Played> failed = play(commands).stream()
                .filter(played -> played.status != (played.command.startsWith(REFUSED) ? 1 : 0))
                .toList();

        System.out.println(known.size() + " examples of help; not tried: " + notTried);
        assertThat(failed).isEmpty();
        assertThat(notTried).hasSizeLessThanOrEqualTo(26);
    }

    /** As the manual pages have them, which are written from what {@code -h} shows. */
    private Set<String> examples() throws IOException {
        Set<String> examples = new HashSet<>();
        try (var pages = Files.walk(home.resolve("share/man"))) {
            for (Path page : pages.filter(Files::isRegularFile).toList()) {
                List<String> lines = Files.readAllLines(page);
                for (int at = 0; at < lines.size() - 3; at++) {
                    if (lines.get(at).equals("Example:")) {
                        // Two lines of markup lie between.
                        examples.add(lines.get(at + 3)
                                .strip()
                                .replace("\\-", "-")
                                .replace("\\(dq", "\"")
                                .replace("\\e", "\\"));
                    }
                }
            }
        }
        return examples;
    }

    private void clear() throws Exception {
        play(List.of("crsctl stop resource -all -f")); // Refused if nothing runs.
        for (Played played : play(List.of("crsctl apply /shared/nothing.yaml -f"))) {
            assertThat(played.status).as(played.toString()).isZero();
        }
    }

    /** Plays the commands on a node, all at once, as entering it takes longer than most of them. */
    private List<Played> play(List<String> commands) throws Exception {
        if (commands.isEmpty()) {
            return List.of();
        }
        var script = new StringBuilder("cd /shared\n");
        for (String command : commands) {
            script.append("{ ")
                    .append((command.startsWith(REFUSED) ? command.substring(REFUSED.length()) : command)
                            .replace("192.0.2.", network + ".")
                            .replace("user:oracle", "user:daemon")) // The manual's user need not be there.
                    .append("\n} < /dev/null 2>&1\necho \"@@ $?\"\n");
        }
        Files.writeString(cluster.lab.shared().resolve("manual.sh"), script);
        String output = cluster.on(NODE1, "bash", "/shared/manual.sh").orFail("playing the commands");
        List<Played> played = new ArrayList<>();
        var text = new StringBuilder();
        for (String line : output.lines().toList()) {
            if (line.startsWith("@@ ")) {
                played.add(
                        new Played(commands.get(played.size()), Integer.parseInt(line.substring(3)), text.toString()));
                text.setLength(0);
            } else {
                text.append(line).append('\n');
            }
        }
        assertThat(played).as(output).hasSameSizeAs(commands);
        return played;
    }

    private static String resource(String name) throws IOException {
        try (var in = Objects.requireNonNull(ManualTest.class.getResourceAsStream(name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
