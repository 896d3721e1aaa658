package dev.holdfast.planner;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The same clusters for another scheduler: a CIB of as many nodes and resources, with the same ties, given to Pacemaker's
 * {@code crm_simulate -R -Q}, which makes one pass over it. Its time includes the reading of the CIB, which is most of it where
 * every node has a record of every resource.
 */
final class Pacemaker {
    private static final String WHO = "00000000-0000-0000-0000-000000000001";
    private static final String TOOL = "crm_simulate";
    /** A pass that takes longer is given up: it says enough. */
    private static final long PATIENCE_SECONDS = 1800;

    /** Seconds of one pass. */
    record Seconds(double wall, double cpu) {}

    private Pacemaker() {}

    /** Why it cannot be measured; empty: it can. */
    static Optional<String> missing() {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
                        .anyMatch(directory -> Files.isExecutable(Path.of(directory, TOOL)))
                ? Optional.empty()
                : Optional.of("there is no " + TOOL + " on this machine; the Debian package is pacemaker-cli-utils");
    }

    /** What is known of the resources. */
    enum State {
        /** Nothing: every node is probed for every resource. */
        COLD,
        /** Each runs at home. */
        STEADY,
        /** Each runs at home, and the last node is lost. */
        ONE_LOST
    }

    static Seconds pass(int nodes, int resources, State state) throws IOException {
        Path cib = Files.createTempFile("holdfast-bench", ".xml");
        try {
            try (BufferedWriter out = Files.newBufferedWriter(cib)) {
                write(out, nodes, resources, state);
            }
            return time(cib);
        } finally {
            Files.deleteIfExists(cib);
        }
    }

    private static Seconds time(Path cib) throws IOException {
        Process process = new ProcessBuilder(
                        "bash",
                        "-c",
                        "TIMEFORMAT='%R %U %S'; time " + TOOL + " -R -Q -x \"$0\" >/dev/null 2>\"$0.err\"",
                        cib.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                return new Seconds(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw new InterruptedIOException();
        }
        Path errors = Path.of(cib + ".err");
        String said = Files.readString(errors).strip();
        Files.deleteIfExists(errors);
        String times = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.exitValue() != 0) {
            throw new IOException(TOOL + " ended with " + process.exitValue() + ": " + said);
        }
        String[] parts = times.split("\\s+");
        return new Seconds(Double.parseDouble(parts[0]), Double.parseDouble(parts[1]) + Double.parseDouble(parts[2]));
    }

    // ---------------------------------------------------------------- the CIB

    private static void write(BufferedWriter out, int nodes, int resources, State state) throws IOException {
        out.write("""
                <cib crm_feature_set="3.16.2" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="1" have-quorum="1" dc-uuid="1">
                <configuration><crm_config><cluster_property_set id="options">
                <nvpair id="stonith" name="stonith-enabled" value="false"/>
                </cluster_property_set></crm_config>
                <nodes>
                """);
        for (int n = 1; n <= nodes; n++) {
            out.write("<node id=\"" + n + "\" uname=\"n" + n + "\"/>\n");
        }
        out.write("</nodes>\n<resources>\n");
        for (int i = 0; i < resources; i++) {
            String type = i % 2 == 0 ? "IPaddr2" : "Dummy";
            out.write(
                    "<primitive id=\"" + name(i) + "\" class=\"ocf\" provider=\"heartbeat\" type=\"" + type + "\"/>\n");
        }
        out.write("</resources>\n<constraints>\n");
        for (int i = 0; i < resources; i++) {
            out.write("<rsc_location id=\"loc" + i + "\" rsc=\"" + name(i) + "\" node=\"n" + home(i, nodes)
                    + "\" score=\"100\"/>\n");
            if (i % 2 == 1) {
                out.write("<rsc_colocation id=\"col" + i + "\" rsc=\"" + name(i) + "\" with-rsc=\"" + name(i - 1)
                        + "\" score=\"INFINITY\"/>\n<rsc_order id=\"ord" + i + "\" first=\"" + name(i - 1)
                        + "\" then=\"" + name(i) + "\"/>\n");
            }
        }
        out.write("</constraints></configuration>\n<status>\n");
        for (int n = 1; n <= nodes; n++) {
            boolean lost = state == State.ONE_LOST && n == nodes;
            out.write("<node_state id=\"" + n + "\" uname=\"n" + n + "\" in_ccm=\"" + !lost + "\" crmd=\""
                    + (lost ? "offline" : "online") + "\" join=\"" + (lost ? "down" : "member") + "\" expected=\""
                    + (lost ? "down" : "member") + "\" crm-debug-origin=\"bench\">\n");
            if (state != State.COLD && !lost) {
                out.write("<lrm id=\"" + n + "\"><lrm_resources>\n");
                for (int i = 0; i < resources; i++) {
                    record(out, i, n, home(i, nodes) == n);
                }
                out.write("</lrm_resources></lrm>\n");
            }
            out.write("</node_state>\n");
        }
        out.write("</status></cib>\n");
    }

    private static void record(BufferedWriter out, int i, int node, boolean runs) throws IOException {
        String type = i % 2 == 0 ? "IPaddr2" : "Dummy";
        String operation = runs ? "start" : "monitor";
        int code = runs ? 0 : 7;
        out.write("<lrm_resource id=\"" + name(i) + "\" class=\"ocf\" provider=\"heartbeat\" type=\"" + type
                + "\"><lrm_rsc_op id=\"" + name(i) + "_last_0\" operation=\"" + operation + "\" operation_key=\""
                + name(i) + "_" + operation + "_0\" interval=\"0\" on_node=\"n" + node + "\" "
                + "crm_feature_set=\"3.16.2\" transition-key=\"1:0:0:" + WHO + "\" transition-magic=\"0:" + code
                + ";1:0:0:" + WHO
                + "\" exit-reason=\"\" call-id=\"1\" rc-code=\"" + code
                + "\" op-status=\"0\" op-digest=\"f2317cad3d54cec5d7d7aa7d0bf35cf8\"/></lrm_resource>\n");
    }

    private static String name(int i) {
        return (i % 2 == 0 ? "vip" : "web") + "%06d".formatted(i / 2);
    }

    private static int home(int i, int nodes) {
        return 1 + i / 2 % nodes;
    }
}
