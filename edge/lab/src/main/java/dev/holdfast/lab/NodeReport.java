package dev.holdfast.lab;

import dev.holdfast.control.Codec;
import dev.holdfast.control.ControlClient;
import dev.holdfast.control.Hello;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Selection;
import dev.holdfast.control.Unreachable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node says of itself, through the socket that administrators use, and what its kernel says of its addresses. Empty where
 * there is no answer in time.
 */
record NodeReport(Optional<Boolean> inView, Optional<Long> epoch, List<String> vips) {
    private static final Logger LOG = LoggerFactory.getLogger(NodeReport.class);

    /** How long a node that is on may take to answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** The label by which the cluster marks the addresses it added. */
    private static final String VIP_LABEL = ":hf";

    static NodeReport of(LabNode node, Places places) {
        return switch (node.power()) {
            case OFF -> new NodeReport(Optional.of(false), Optional.empty(), List.of());
            case FROZEN -> new NodeReport(Optional.empty(), Optional.empty(), vips(node.pid()));
            case ON -> ask(node);
        };
    }

    private static NodeReport ask(LabNode node) {
        long pid = node.pid();
        FutureTask<NodeReport> task = new FutureTask<>(() -> exchange(node.name(), pid));
        Thread asking =
                Thread.ofPlatform().daemon().name(node.name() + " report").start(task);
        try {
            return task.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("{} does not answer: {}", node.name(), e.toString());
            asking.interrupt();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new NodeReport(Optional.empty(), Optional.empty(), vips(pid));
    }

    private static NodeReport exchange(String name, long pid) throws Unreachable {
        // A node's files can be reached through its init, whatever namespace they are in.
        Path socket = Path.of("/proc", Long.toString(pid), "root/run/holdfast/crsd.sock");
        try (ControlClient client = ControlClient.connect(socket, new Hello(Codec.VERSION, "lab", "lab"))) {
            Optional<Boolean> inView = switch (client.ask(new Request.ListNodes(), _ -> {})) {
                case Reply.Nodes nodes ->
                    nodes.nodes().stream()
                            .filter(other -> other.name().equals(name))
                            .map(Reply.Node::active)
                            .findFirst();
                default -> Optional.empty();
            };
            Optional<Long> epoch =
                    switch (client.ask(new Request.StatusResource(new Selection.All(), false), _ -> {})) {
                        case Reply.Resources resources -> Optional.of(resources.epoch());
                        default -> Optional.empty();
                    };
            return new NodeReport(inView, epoch, vips(pid));
        }
    }

    /** The program ip of today's distributions does not tell the mark of an IPv6 address; in a lab only the cluster gives any an end. */
    private static boolean isVip(List<String> words) {
        return words.size() > 3
                && (words.get(2).equals("inet6")
                        ? words.contains("dynamic") && words.contains("global")
                        : words.stream().anyMatch(word -> word.endsWith(VIP_LABEL)));
    }

    private static List<String> vips(long pid) {
        if (pid == 0) {
            return List.of();
        }
        try {
            String addresses = Shell.check(
                    List.of("nsenter", "--net", "--target", Long.toString(pid), "ip", "-o", "addr", "show"), "");
            return addresses
                    .lines()
                    .map(line -> List.of(line.replace('\\', ' ').trim().split("\\s+")))
                    .filter(NodeReport::isVip)
                    .map(words -> words.get(3).replaceFirst("/.*", "")) // 2: pub0 inet 10.1.0.110/24 …
                    .sorted()
                    .toList();
        } catch (IOException e) {
            LOG.debug("its addresses are not to be seen: {}", e.toString());
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }
}
