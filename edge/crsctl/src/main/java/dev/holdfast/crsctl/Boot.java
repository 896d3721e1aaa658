package dev.holdfast.crsctl;

import dev.holdfast.control.ControlClient;
import dev.holdfast.control.Hello;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Unreachable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Starts the stack on this node, now or at boot, by way of the machine's service manager, which keeps it running. */
final class Boot {
    static final String UNIT = "holdfast.service";
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration LOOK = Duration.ofMillis(250);

    private final Crsctl crsctl;
    private final Command command;

    Boot(Crsctl crsctl, Command command) {
        this.crsctl = crsctl;
        this.command = command;
    }

    int start() {
        if (answers()) {
            return refuse("CRS-4640", "High Availability Services is already active.", "See:  crsctl check crs");
        }
        int refused = rootWithUnit();
        if (refused != Cluster.DONE) {
            return refused;
        }
        if (systemctl("start", UNIT) != 0) {
            return refuse(
                    "CRS-4124",
                    "High Availability Services startup failed: systemctl start " + UNIT + " was not successful.",
                    "See why:  journalctl -u " + UNIT);
        }
        crsctl.print("CRS-4123: High Availability Services has been started.\n");
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() - deadline < 0) {
            if (online()) {
                return crsctl.print("CRS-4537: Cluster Ready Services is online\n");
            }
            try {
                Thread.sleep(LOOK);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return refuse(
                "HF-4032",
                "The stack was started, but is not online after " + PATIENCE.toSeconds() + " s; it goes on trying.",
                "See how far it is:  crsctl check crs");
    }

    /**
     * Starts the stack here if it is to run here and does not, then tells which of the others do not run. Nothing of Holdfast is there that could be
     * asked to start them.
     *
     * @param named the nodes that are meant; empty: all
     */
    int start(List<String> named) throws Unreachable {
        if (!answers() && (named.isEmpty() || named.contains(hostName()))) {
            int status = start();
            if (status != Cluster.DONE) {
                return status;
            }
        }
        Reply.Answer answer = crsctl.cluster().ask(new Request.ListNodes());
        if (!(answer instanceof Reply.Nodes all)) {
            return crsctl.print(command, answer, false, _ -> "");
        }
        List<Reply.Node> nodes = all.nodes();
        List<String> known = nodes.stream().map(Reply.Node::name).toList();
        var problems = new ArrayList<Reply.Problem>();
        for (String node : named) {
            if (!known.contains(node)) {
                problems.add(StackCommands.unknown(node, known));
            }
        }
        var running = new ArrayList<String>();
        for (Reply.Node node : nodes) {
            if (!named.isEmpty() && !named.contains(node.name())) {
                continue;
            }
            if (node.active()) {
                running.add("CRS-4537: Cluster Ready Services is online on '" + node.name() + "'");
            } else {
                problems.add(new Reply.Problem(
                        "HF-4039",
                        "'" + node.name()
                                + "' is not in the cluster, and nothing runs there that could start it from here.",
                        List.of("On " + node.name() + ":  crsctl start cluster")));
            }
        }
        int told = crsctl.print(command, new Reply.Done(running), false, _ -> "");
        return problems.isEmpty() ? told : crsctl.print(command, new Reply.Refused(problems), false, _ -> "");
    }

    /** The name of this node, as far as it can be told while nothing of ours runs here; empty if it cannot. */
    private static String hostName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /** Whether it is started at boot from now on. */
    int set(boolean wanted) {
        int refused = rootWithUnit();
        if (refused != Cluster.DONE) {
            return refused;
        }
        if (systemctl(wanted ? "enable" : "disable", UNIT) != 0) {
            return refuse(
                    "HF-4033",
                    "systemctl " + (wanted ? "enable " : "disable ") + UNIT
                            + " was not successful. Nothing was changed.",
                    "See:  systemctl status " + UNIT);
        }
        return crsctl.print(autostart(wanted));
    }

    int show(boolean json) {
        if (systemctl("cat", UNIT) != 0) {
            return noUnit();
        }
        String line = autostart(systemctl("is-enabled", UNIT) == 0).strip();
        return crsctl.print(command, new Reply.Done(List.of(line)), json, _ -> "");
    }

    private static String autostart(boolean enabled) {
        return enabled
                ? "CRS-4622: High Availability Services autostart is enabled.\n"
                : "CRS-4621: High Availability Services autostart is disabled.\n";
    }

    private int rootWithUnit() {
        if (!crsctl.surroundings().isRoot()) {
            return refuse(
                    "CRS-4563",
                    "Insufficient user privileges: 'crsctl " + command.words() + "' is for root, and you are "
                            + crsctl.surroundings().user() + ".",
                    "Nothing was changed. Try again as root.");
        }
        return systemctl("cat", UNIT) == 0 ? Cluster.DONE : noUnit();
    }

    private int noUnit() {
        return refuse(
                "HF-4030",
                "The service manager of this machine has no unit " + UNIT
                        + ", so nothing can be started or looked up by it.",
                "The manual, installation, shows the unit. Without systemd, keep this program running:  holdfast-cssd");
    }

    private int refuse(String code, String text, String next) {
        return crsctl.print(command, Reply.Refused.because(code, text, next), false, _ -> "");
    }

    /** Its exit status; 127 if there is no systemctl. What it says goes to our own error output, but not for questions. */
    private static int systemctl(String verb, String unit) {
        var line = new ArrayList<>(List.of("systemctl", verb, unit));
        boolean question = verb.equals("cat") || verb.equals("is-enabled");
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.redirectError(question ? ProcessBuilder.Redirect.DISCARD : ProcessBuilder.Redirect.INHERIT);
        try {
            return builder.start().waitFor();
        } catch (IOException e) {
            return 127;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 127;
        }
    }

    private boolean answers() {
        try (ControlClient client = ControlClient.connect(crsctl.surroundings().crsSocket(), Hello.from("crsctl"))) {
            return !client.server().speaker().isEmpty();
        } catch (Unreachable e) {
            return false;
        }
    }

    private boolean online() {
        try (ControlClient client = ControlClient.connect(crsctl.surroundings().crsSocket(), Hello.from("crsctl"))) {
            return client.ask(new Request.CheckStack(false, List.of()), _ -> {}) instanceof Reply.Health health
                    && health.nodes().stream().allMatch(Reply.NodeHealth::crs);
        } catch (Unreachable e) {
            return false;
        }
    }
}
