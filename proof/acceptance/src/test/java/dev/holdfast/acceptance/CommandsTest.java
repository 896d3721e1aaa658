package dev.holdfast.acceptance;

import static dev.holdfast.acceptance.Cluster.NODE1;
import static dev.holdfast.acceptance.Cluster.NODE2;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.bench.LabConsole;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The commands as they are typed on a live cluster, as root and as other users: what they print, with which status they end, and that a wrong
 * one changes nothing. One lab for all; whole files of commands are played on a node at once, as entering it takes longer than most of them.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CommandsTest {
    /** What the script of every resource here is: it notes as whom it was started. */
    private static final String SCRIPT = """
            #!/bin/sh
            f=/tmp/running.$_CRS_NAME
            case $1 in
                start) id -un > $f;; stop|clean) rm -f $f;; check) [ -e $f ];;
                reload) echo "reloaded as $(id -un), $_CRS_COLOUR";; broken) echo "no such file"; exit 3;;
                nap) exec sleep 1234;;
            esac
            """;

    private Cluster cluster;
    private String network = "";

    private record Played(String output, int status) {}

    @BeforeAll
    void up() throws Exception {
        cluster = Cluster.up("commands", "default", "power");
        Path shared = cluster.lab.shared();
        Files.writeString(shared.resolve("x.scr"), SCRIPT);
        Files.setPosixFilePermissions(shared.resolve("x.scr"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(shared.resolve("play.sh"), resource("play.sh"));
        network = cluster.on(NODE1, "oifcfg", "getif", "-type", "public")
                .orFail("oifcfg getif")
                .replaceAll("(?s)^\\S+ +(\\d+\\.\\d+\\.\\d+)\\..*", "$1");
        for (Played played : play(lines("commands-setup.txt"))) {
            assertThat(played.status).as(played.output).isZero();
        }
    }

    @AfterAll
    void down() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    @Order(1)
    void a_wrong_input_is_refused_with_what_to_do_and_changes_nothing() throws Exception {
        List<String> look = List.of("crsctl export", "crsctl status resource", "crsctl query css timing");
        List<Played> before = play(look);
        List<String> wrong = lines("wrong-inputs.txt");

        List<Played> played =
                play(wrong.stream().map(line -> line.split(" ", 3)[2]).toList());

        assertThat(wrong).hasSizeGreaterThan(100);
        List<String> mistakes = new ArrayList<>();
        for (int at = 0; at < wrong.size(); at++) {
            String[] expected = wrong.get(at).split(" ", 3);
            Played one = played.get(at);
            boolean asExpected = Integer.toString(one.status).equals(expected[0])
                    && one.output.lines().findFirst().orElse("").startsWith(expected[1] + ": ");
            if (!asExpected) {
                mistakes.add(wrong.get(at) + "\n  ended with " + one.status + ": " + one.output);
            }
        }
        assertThat(mistakes).isEmpty();
        assertThat(play(look)).isEqualTo(before);
    }

    @Test
    @Order(3)
    void an_action_that_somebody_asked_for_gives_way_to_a_stop_and_leaves_nothing_behind() throws Exception {
        String output = cluster.on(NODE1, "bash", "-c", """
                        crsctl request action nap reload -r web > /run/nap 2>&1 &
                        until pgrep -f '^sleep 1234$' > /dev/null; do sleep 0.1; done
                        crsctl stop resource web
                        pgrep -f '^sleep 1234$' && echo 'it still runs'
                        wait $! && echo 'and was told to have succeeded'
                        cat /run/nap
                        crsctl start resource web -n node1""").orFail("asking for an action");

        assertThat(output)
                .contains("nap of 'web' on 'node1' was called off", "reload of 'web' on 'node1' was not run")
                .contains("CRS-2677: Stop of 'web' on 'node1' succeeded")
                .doesNotContain("still runs", "told to have succeeded");
    }

    @Test
    @Order(2)
    void commands_print_what_the_manual_says() throws Exception {
        List<String> commands = new ArrayList<>();
        List<List<String>> expected = new ArrayList<>();
        for (String line : lines("commands.txt")) {
            if (line.startsWith("$ ")) {
                commands.add(line.substring(2));
                expected.add(new ArrayList<>());
            } else {
                expected.getLast().add(line.replace("NET.", network + "."));
            }
        }

        List<Played> played = play(commands);

        for (int at = 0; at < commands.size(); at++) {
            assertThat(played.get(at).output + "@@ " + played.get(at).status)
                    .as(commands.get(at))
                    .matches(pattern(expected.get(at)));
        }
    }

    @Test
    @Order(3)
    void the_walk_throughs_of_oracle_clusterware_work_as_they_stand() throws Exception {
        List<String> commands = lines("oracle-walk-through.txt");

        List<Played> played = play(commands);

        for (int at = 0; at < commands.size(); at++) {
            assertThat(played.get(at).status)
                    .as(commands.get(at) + "\n" + played.get(at).output)
                    .isZero();
        }
        assertThat(played.get(commands.indexOf("crsctl status resource -t")).output)
                .contains("haproxy\n      1        ONLINE  ONLINE       node1 ")
                .contains("httpd1\n      1        ONLINE  ONLINE       node1 ")
                .contains("httpd2\n      1        ONLINE  ONLINE       node2 ");
        assertThat(played.get(commands.indexOf("crsctl status resource myApache")).output)
                .contains("STATE=ONLINE on node2");
    }

    /** Reads, adds one and writes, from both nodes at once: a change that was made in between may not be written over. */
    @Test
    @Order(4)
    void changes_that_two_administrators_make_at_once_are_not_lost() throws Exception {
        int each = 12;
        Files.writeString(cluster.lab.shared().resolve("add-one.sh"), resource("add-one.sh"));
        cluster.on(
                        NODE1,
                        "crsctl",
                        "add",
                        "resource",
                        "counted",
                        "-type",
                        "cluster_resource",
                        "-attr",
                        "ACTION_SCRIPT=/shared/x.scr,LOAD=1")
                .orFail("adding the resource");
        List<Callable<LabConsole.Answer>> administrators = Stream.of(NODE1, NODE2)
                .<Callable<LabConsole.Answer>>map(
                        node -> () -> cluster.on(node, "bash", "/shared/add-one.sh", Integer.toString(each)))
                .toList();
        int refused = 0;
        try (var threads = Executors.newFixedThreadPool(2)) {
            for (Future<LabConsole.Answer> administrator : threads.invokeAll(administrators)) {
                String told = administrator.get().orFail("adding one");
                refused += Integer.parseInt(told.strip().replaceAll("(?s).*refused ", ""));
            }
        }

        assertThat(cluster.on(NODE1, "crsctl", "status", "resource", "counted", "-p", "-attr", "LOAD")
                        .orFail("reading it"))
                .contains("LOAD=" + (1 + 2 * each));
        System.out.println(2 * each + " changes from two nodes at once; refused and tried again: " + refused);
    }

    /** Lines in which * stands for anything; the line ... stands for any lines. */
    private static Pattern pattern(List<String> lines) {
        var pattern = new StringBuilder("(?s)");
        for (int at = 0; at < lines.size(); at++) {
            String end = at == lines.size() - 1 ? "" : "\n";
            pattern.append(
                    lines.get(at).equals("...")
                            ? "(?:[^\n]*\n)*?"
                            : Pattern.quote(lines.get(at)).replace("*", "\\E[^\n]*\\Q") + end);
        }
        return Pattern.compile(pattern.toString());
    }

    private List<Played> play(List<String> commands) throws Exception {
        Files.write(cluster.lab.shared().resolve("commands.txt"), commands);
        String output = cluster.on(NODE1, "bash", "/shared/play.sh", "/shared/commands.txt")
                .orFail("playing the commands");
        List<Played> played = new ArrayList<>();
        var text = new StringBuilder();
        for (String line : output.lines().toList()) {
            if (line.startsWith("@@ ")) {
                played.add(new Played(text.toString(), Integer.parseInt(line.substring(3))));
                text.setLength(0);
            } else {
                text.append(line).append('\n');
            }
        }
        assertThat(played).hasSameSizeAs(commands);
        return played;
    }

    private static List<String> lines(String name) throws IOException {
        return resource(name).lines().filter(line -> !line.startsWith("#")).toList();
    }

    private static String resource(String name) throws IOException {
        try (var in = Objects.requireNonNull(CommandsTest.class.getResourceAsStream(name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
