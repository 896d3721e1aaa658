package dev.holdfast.crsd;

import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.node.ClusterView;
import dev.holdfast.node.CrsInput;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to this node's cssd: views and leases in; signs of life, registry roots and questions out. Connects
 * again for as long as crsd lives: cssd may be restarted within its lease.
 */
final class CssdLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CssdLink.class);
    private static final Duration RECONNECT = Duration.ofMillis(50);

    /** Told on the link's thread; must return at once. */
    interface Listener {
        /** @param lease by which this node may act for exactly this view's epoch; null: it may not */
        void view(ClusterView view, CrsInput.@Nullable HeldLease lease);

        /** cssd is letting go of everything itself; crsd must stop at once. */
        void letGo(String reason);

        void connected();

        void disconnected();
    }

    private final Path socket;
    private final Listener listener;
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, CompletableFuture<Json>> questions = new ConcurrentHashMap<>();
    private final Object writing = new Object();
    private volatile @Nullable SocketChannel channel;
    private volatile boolean closed;
    private volatile boolean leaving;

    CssdLink(Path socket, Listener listener) {
        this.socket = socket;
        this.listener = listener;
    }

    void start() {
        Thread.ofPlatform().daemon().name("cssd-link").start(this::run);
    }

    private void run() {
        boolean complained = false;
        while (!closed) {
            try (SocketChannel opened = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                opened.connect(UnixDomainSocketAddress.of(socket));
                channel = opened;
                complained = false;
                LOG.info("connected to cssd at {}", socket);
                listener.connected();
                if (leaving) {
                    sayLeave();
                }
                read(opened);
            } catch (IOException e) {
                if (!complained && !closed) {
                    LOG.warn("no connection to cssd at {}: {}", socket, e.toString());
                    complained = true;
                }
            } finally {
                if (channel != null) {
                    channel = null;
                    listener.disconnected();
                }
                questions.values().forEach(answer -> answer.completeExceptionally(new IOException("cssd is away")));
                questions.clear();
            }
            pause();
        }
    }

    private void pause() {
        try {
            Thread.sleep(RECONNECT);
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    private void read(SocketChannel opened) throws IOException {
        BufferedReader reader = new BufferedReader(Channels.newReader(opened, StandardCharsets.UTF_8));
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            try {
                take(Json.parse(line));
            } catch (Json.Malformed | IllegalArgumentException e) {
                throw new IOException("cssd said what it must not: " + e.getMessage(), e);
            }
        }
    }

    private void take(Json message) throws Json.Malformed {
        switch (message.string("t")) {
            case "view" -> {
                long lease = message.number("lease");
                listener.view(
                        viewOf(message),
                        lease == 0
                                ? null
                                : new CrsInput.HeldLease(new Moment(lease), new Moment(message.number("letGoAt"))));
            }
            case "letgo" -> listener.letGo(message.string("reason", "cssd asked for it"));
            case "root", "confirmed", "css", "setcss", "operator", "fence", "disks" -> answered(message);
            default -> LOG.warn("cssd said something unknown: {}", message.text());
        }
    }

    private void answered(Json message) throws Json.Malformed {
        CompletableFuture<Json> waiting = questions.remove(message.number("id", -1));
        if (waiting != null) {
            waiting.complete(message);
        }
    }

    private static ClusterView viewOf(Json message) throws Json.Malformed {
        SortedMap<NodeId, Incarnation> members = new TreeMap<>();
        for (Map.Entry<String, Object> member :
                message.child("members").values().entrySet()) {
            members.put(
                    new NodeId(Integer.parseInt(member.getKey())),
                    new Incarnation(message.child("members").number(member.getKey())));
        }
        List<ClusterView.Unsettled> unsettled = new ArrayList<>();
        for (Json life : message.children("unsettled")) {
            unsettled.add(new ClusterView.Unsettled(
                    new NodeId(life.integer("node")),
                    new Incarnation(life.number("incarnation")),
                    new Epoch(life.number("evictedIn")),
                    life.flag("settled"),
                    life.string("proof", ""),
                    life.string("detail", "")));
        }
        return new ClusterView(
                new NodeId(message.integer("self")),
                new Incarnation(message.number("incarnation")),
                new Epoch(message.number("epoch")),
                message.number("sub"),
                new NodeId(message.integer("master")),
                members,
                unsettled,
                rootOf(message.child("root")));
    }

    private static RegistryRoot rootOf(Json root) throws Json.Malformed {
        return new RegistryRoot(
                root.number("ownerEpoch"),
                root.number("ownerIncarnation"),
                root.integer("segment"),
                root.number("generation"));
    }

    void alive(int weight) {
        send(Json.object().with("t", "alive").with("weight", weight));
    }

    /**
     * All resources are stopped; cssd writes STOPPED and does not come back. A cssd that is away, or dies before it has done so, is
     * told when the next one is there: else the node would stay a member that starts nothing.
     */
    void leave() {
        leaving = true;
        sayLeave();
    }

    private void sayLeave() {
        send(Json.object().with("t", "leave"));
    }

    /** Asks to make {@code root} the registry's root in the view register, as the master of {@code epoch}. */
    CompletableFuture<Json> root(Epoch epoch, RegistryRoot root) {
        return ask(Json.object()
                .with("t", "root")
                .with("epoch", epoch.number())
                .with(
                        "root",
                        Json.object()
                                .with("ownerEpoch", root.ownerEpoch())
                                .with("ownerIncarnation", root.ownerIncarnation())
                                .with("segment", root.segment())
                                .with("generation", root.generation())
                                .values()));
    }

    /** Asks whether a read of the voting disks that begins after this call still shows no epoch after {@code epoch}. */
    CompletableFuture<Json> confirm(Epoch epoch) {
        return ask(Json.object().with("t", "confirm").with("epoch", epoch.number()));
    }

    /** Asks for {@code votedisk}, {@code timing}, {@code nodes}, {@code links} or {@code fencing}. */
    CompletableFuture<Json> query(String query) {
        return ask(Json.object().with("t", "css").with("query", query));
    }

    /** An operator vouches that {@code node} is powered off. */
    CompletableFuture<Json> operator(NodeId node, String operator) {
        return ask(
                Json.object().with("t", "operator").with("node", node.number()).with("operator", operator));
    }

    /** Asks this node's cssd to vote {@code node} out and to have it fenced. Answered when the view is decided. */
    CompletableFuture<Json> fence(NodeId node, String by, String reason) {
        return ask(Json.object()
                .with("t", "fence")
                .with("node", node.number())
                .with("by", by)
                .with("reason", reason));
    }

    /** Asks this node's cssd, as the master's, to set {@code name} to {@code millis} for the cluster; -1: unset. */
    CompletableFuture<Json> setCss(String name, int millis) {
        return ask(Json.object().with("t", "setcss").with("name", name).with("millis", millis));
    }

    /** Asks this node's cssd, which must be the master's, to change the voting set. Answered when the change is complete. */
    CompletableFuture<Json> disks(List<String> add, List<String> remove, boolean removeRest, boolean force) {
        return ask(Json.object()
                .with("t", "disks")
                .with("add", add)
                .with("remove", remove)
                .with("removeRest", removeRest)
                .with("force", force));
    }

    private CompletableFuture<Json> ask(Json question) {
        long id = ids.incrementAndGet();
        CompletableFuture<Json> answer = new CompletableFuture<>();
        questions.put(id, answer);
        if (!send(question.with("id", id))) {
            questions.remove(id);
            answer.completeExceptionally(new IOException("cssd is away"));
        }
        return answer;
    }

    private boolean send(Json message) {
        SocketChannel to = channel;
        if (to == null) {
            return false;
        }
        ByteBuffer line = ByteBuffer.wrap((message.text() + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            synchronized (writing) {
                while (line.hasRemaining()) {
                    to.write(line);
                }
            }
            return true;
        } catch (IOException e) {
            LOG.debug("cssd did not take {}: {}", message.text(), e.toString());
            return false;
        }
    }

    @Override
    public void close() {
        closed = true;
        SocketChannel open = channel;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                LOG.debug("close: {}", e.toString());
            }
        }
    }
}
