package dev.holdfast.lab;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The init process of a machine, and the few words that it and the lab daemon exchange over its standard streams. */
final class NodeProcess {
    /** The group first, because the new control group namespace begins where the process is. */
    private static final String ENTER =
            "echo $$ > \"$LAB_CGROUP/cgroup.procs\" && exec unshare --net --mount --pid --fork --kill-child --uts --ipc --cgroup -- \"$@\"";

    private NodeProcess() {}

    static Process start(Map<String, String> environment, Places places, Path console) throws IOException {
        List<String> command = new ArrayList<>(List.of("bash", "-c", ENTER, "lab-node", "bash"));
        command.add(places.nodeInit().toString());
        command.add("enter");
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> variables = builder.environment();
        variables.clear();
        variables.putAll(daemonEnvironment(places));
        variables.put("LAB_SHARED", places.shared().toString());
        variables.put("LAB_POWER", places.power().toString());
        String noOverlay = System.getenv("LAB_NO_OVERLAY");
        if (noOverlay != null) {
            variables.put("LAB_NO_OVERLAY", noOverlay);
        }
        variables.putAll(environment);
        return builder.redirectError(ProcessBuilder.Redirect.appendTo(console.toFile()))
                .start();
    }

    /** What daemons and commands in a node find in their environment. */
    static Map<String, String> daemonEnvironment(Places places) {
        return Map.of(
                "JAVA_HOME",
                places.javaHome().toString(),
                "HOLDFAST_HOME",
                places.home().toString(),
                "HOLDFAST_LIB",
                places.lib().toString(),
                "PATH",
                places.home() + "/bin:" + places.javaHome()
                        + "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME",
                "/root",
                "LANG",
                "C.UTF-8");
    }

    static long awaitPid(BufferedReader words) throws IOException {
        String word = words.readLine();
        if (word == null || !word.startsWith("pid ")) {
            throw new IOException("its init said " + (word == null ? "nothing" : "'" + word + "'"));
        }
        return Long.parseLong(word.substring("pid ".length()));
    }

    static void await(BufferedReader words, String expected) throws IOException {
        String word = words.readLine();
        if (!expected.equals(word)) {
            throw new IOException("its init said " + (word == null ? "nothing" : "'" + word + "'") + " where '"
                    + expected + "' was due");
        }
    }

    static void tell(BufferedWriter orders, String word) throws IOException {
        orders.write(word + "\n");
        orders.flush();
    }
}
