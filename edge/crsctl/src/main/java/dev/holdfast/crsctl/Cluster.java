package dev.holdfast.crsctl;

import dev.holdfast.control.ControlClient;
import dev.holdfast.control.Hello;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Unreachable;
import java.io.Closeable;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The cluster as a tool sees it: asked through crsd's socket, connected with the first question. Prints progress as it comes. */
final class Cluster implements Closeable {
    /** All went well. */
    static final int DONE = 0;
    /** The cluster refused, or did not manage. */
    static final int REFUSED = 1;
    /** The command line was not understood; nothing was sent. */
    static final int NOT_UNDERSTOOD = 2;
    /** There was no cluster to ask, or it fell silent. */
    static final int UNREACHABLE = 3;

    private final Surroundings surroundings;
    private final String program;
    private @Nullable ControlClient client;

    Cluster(Surroundings surroundings, String program) {
        this.surroundings = surroundings;
        this.program = program;
    }

    Reply.Answer ask(Request request) throws Unreachable {
        return client().ask(request, surroundings.out()::println);
    }

    /** The name of the node we are on. */
    String localNode() throws Unreachable {
        return client().server().speaker();
    }

    private ControlClient client() throws Unreachable {
        if (client == null) {
            client = ControlClient.connect(surroundings.crsSocket(), Hello.from(program));
        }
        return client;
    }

    /** Whether a daemon of ours answers on this node. */
    boolean runsHere() {
        return cssdListens();
    }

    /** Prints the problems the way the house writes them: what happened, then how things stand and what to do, indented. */
    void tell(Reply.Refused refused) {
        for (Reply.Problem problem : refused.problems()) {
            print(problem);
        }
    }

    private void print(Reply.Problem problem) {
        var text = new StringBuilder();
        String lineBegin = problem.code().isEmpty() ? "" : problem.code() + ": ";
        for (String line : problem.text().lines().toList()) {
            text.append(lineBegin).append(line).append('\n');
            lineBegin = "  ";
        }
        problem.next().forEach(line -> text.append("  ").append(line).append('\n'));
        surroundings.err().print(text);
        surroundings.err().flush();
    }

    /** Says why nobody answered, and what to do about it. */
    void tell(Unreachable unreachable) {
        String detail = unreachable.getMessage() + ".";
        String logs = "See why:  tail " + surroundings.logDirectory().resolve("crsd.log") + " "
                + surroundings.logDirectory().resolve("cssd.log");
        boolean cssd = switch (unreachable.reason()) {
            case NO_SOCKET, NOBODY_LISTENS -> cssdListens();
            case DENIED, OTHER_VERSION, NOT_A_CLUSTER, SILENT, BROKE_OFF -> true;
        };
        switch (unreachable.reason()) {
            case NO_SOCKET, NOBODY_LISTENS -> {
                String text = "Cannot communicate with Cluster Ready Services";
                print(
                        cssd
                                ? problem(
                                        "CRS-4535",
                                        text,
                                        "crsd does not answer on this node, but cssd does, and starts it again within seconds.",
                                        "Try again in a few seconds. If it stays so:",
                                        logs)
                                : problem("CRS-4535", text, "crsd does not answer on this node: " + detail));
            }
            case DENIED -> print(problem("CRS-4563", "Insufficient user privileges.", detail, "Try again as root."));
            case OTHER_VERSION ->
                print(problem(
                        "HF-4003",
                        "The cluster and this " + program + " do not understand each other.",
                        detail,
                        "Use the " + program + " that came with the cluster:  type -a " + program));
            case NOT_A_CLUSTER ->
                print(problem(
                        "HF-4004",
                        surroundings.crsSocket() + " does not answer like a cluster: " + detail,
                        "Is HOLDFAST_RUN set to the right directory?"));
            case SILENT ->
                print(problem(
                        "HF-4005",
                        "crsd is there, but silent: " + detail,
                        "Whether the command was carried out is not known. Look:  crsctl status resource -t",
                        logs));
            case BROKE_OFF ->
                print(problem(
                        "HF-4006",
                        "The connection to crsd was lost: " + detail,
                        "Whether the command was carried out is not known. Look:  crsctl status resource -t",
                        logs));
        }
        if (!cssd) {
            print(problem(
                    "CRS-4530",
                    "Communications failure contacting Cluster Synchronization Services daemon",
                    "This node is not in a cluster now.",
                    logs));
        }
    }

    private static Reply.Problem problem(String code, String text, String... next) {
        return new Reply.Problem(code, text, List.of(next));
    }

    /** Tells nothing to cssd: whether somebody listens is all we want to know. */
    private boolean cssdListens() {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(surroundings.cssSocket()));
        } catch (IOException | RuntimeException _) {
            return false;
        }
    }

    /** Says what is wrong with the command line. */
    void tell(UsageProblem problem, String... help) {
        var text = new StringBuilder("HF-4001: ").append(problem.text());
        if (!problem.text().endsWith(".") && !problem.text().endsWith("?")) {
            text.append('.');
        }
        text.append('\n');
        problem.advice().forEach(line -> text.append("  ").append(line).append('\n'));
        for (String line : help) {
            text.append("  ").append(line).append('\n');
        }
        surroundings.err().print(text);
        surroundings.err().flush();
    }

    @Override
    public void close() {
        if (client != null) {
            client.close();
        }
    }
}
