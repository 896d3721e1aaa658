package dev.holdfast.crsd;

import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.model.NodeId;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The crsds of the cluster talking to each other: one sealed connection for every pair of nodes and every private
 * network, all used at once.
 *
 * <p>Every message is numbered and goes out on all connections to its peer; the first copy counts, the others are
 * dropped. So a private network may fail without delaying anything. Messages arrive in the order sent. When some could
 * have been lost (no connection was left, a number is missing, the peer is a new process) the listener is told
 * {@link Listener#peerDown} and {@link Listener#peerUp}, and both sides tell each other anew how things stand.
 *
 * <p>The node with the higher number dials. A connection that was silent for {@link #SILENCE} is dead: the process at
 * its other end may have been killed while a thread hung in the kernel, which keeps its sockets open. Listeners bind
 * beside such a corpse (SO_REUSEPORT); the kernel may then hand a connection to the corpse, which does not greet, and
 * the dialler tries again at once.
 */
final class PeerNetwork implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PeerNetwork.class);
    private static final Duration PING = Duration.ofMillis(250);
    private static final Duration SILENCE = Duration.ofMillis(1500);
    private static final Duration GREETING = Duration.ofMillis(500);
    private static final Duration REDIAL = Duration.ofMillis(200);
    private static final int QUEUE = 4096;

    /** Told on threads of the network; must return at once. */
    interface Listener {
        void peerUp(NodeId peer);

        void peerDown(NodeId peer);

        void received(NodeId peer, Json message);
    }

    private final ClusterSettings cluster;
    private final NodeId self;
    private final byte[] key;
    private final Listener listener;
    private final String session;
    private final Map<NodeId, Peer> peers = new TreeMap<>();
    private final List<ServerSocket> acceptors = new ArrayList<>();
    private volatile boolean closed;

    PeerNetwork(CrsdSettings settings, Listener listener) {
        cluster = settings.cluster();
        self = settings.self();
        key = settings.clusterKey();
        this.listener = listener;
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        session = HexFormat.of().formatHex(random);
        for (NodeId node : cluster.nodes().keySet()) {
            if (!node.equals(self)) {
                peers.put(node, new Peer(node));
            }
        }
    }

    void start() {
        for (String address : privateAddresses(self)) {
            Thread.ofVirtual().name("peer-accept-" + address).start(() -> accept(address));
        }
        for (NodeId peer : peers.keySet()) {
            for (int link = 0; peer.number() < self.number() && link < cluster.links(); link++) {
                String from = privateAddresses(self).get(link);
                String to = privateAddresses(peer).get(link);
                Thread.ofVirtual().name("peer-dial-" + to).start(() -> dial(peer, from, to));
            }
        }
    }

    /** Sends to {@code to}. Without a connection the message is dropped: the next {@link Listener#peerUp} starts anew. */
    void send(NodeId to, Json message) {
        Peer peer = peers.get(to);
        if (peer != null) {
            peer.send(message);
        }
    }

    /** Whether everything that was to be sent is with the kernel, which sends it even if this process ends. */
    boolean hasSentAll() {
        return peers.values().stream().allMatch(Peer::hasSentAll);
    }

    private List<String> privateAddresses(NodeId node) {
        ClusterSettings.Node known = cluster.nodes().get(node);
        return known == null ? List.of() : known.privateAddresses();
    }

    private void accept(String address) {
        while (!closed) {
            try (ServerSocket server = new ServerSocket()) {
                server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                server.setOption(StandardSocketOptions.SO_REUSEPORT, true);
                server.bind(new InetSocketAddress(InetAddress.getByName(address), cluster.crsPort()));
                synchronized (acceptors) {
                    acceptors.add(server);
                }
                while (!closed) {
                    Socket socket = server.accept();
                    Thread.ofVirtual().name("peer-in").start(() -> converse(socket, false, null));
                }
            } catch (IOException e) {
                if (!closed) {
                    LOG.warn("cannot listen for peers on {} port {}: {}", address, cluster.crsPort(), e.toString());
                    pause(Duration.ofSeconds(1));
                }
            }
        }
    }

    private void dial(NodeId peer, String from, String to) {
        while (!closed) {
            Socket socket = new Socket();
            try {
                socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
                socket.connect(
                        new InetSocketAddress(InetAddress.getByName(to), cluster.crsPort()), (int) GREETING.toMillis());
            } catch (IOException e) {
                closeQuietly(socket);
                pause(REDIAL);
                continue;
            }
            converse(socket, true, peer);
            pause(REDIAL);
        }
    }

    /** Holds one connection until it ends. */
    private void converse(Socket socket, boolean dialled, @Nullable NodeId expected) {
        Connection connection = null;
        Peer peer = null;
        try (socket) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) GREETING.toMillis());
            SealedChannel channel = SealedChannel.open(
                    new DataInputStream(new BufferedInputStream(socket.getInputStream())),
                    socket.getOutputStream(),
                    key,
                    cluster.id(),
                    self.number(),
                    dialled);
            peer = peers.get(nodeOf(channel.peer()));
            if (peer == null || (expected != null && !peer.node.equals(expected))) {
                throw new IOException("node number " + channel.peer() + " was not expected here");
            }
            channel.send(Json.object().with("session", session).text());
            String theirSession = Json.parse(channel.receive()).string("session");
            socket.setSoTimeout((int) SILENCE.toMillis());
            connection = new Connection(socket, channel);
            peer.opened(connection, theirSession);
            Connection writing = connection;
            Thread.ofVirtual().name("peer-out-" + peer.node).start(writing::write);
            while (!closed) {
                Json frame = Json.parse(channel.receive());
                if (frame.has("seq")) {
                    peer.received(connection, frame.number("seq"), frame.child("m"));
                }
            }
        } catch (IOException | Json.Malformed | RuntimeException e) {
            if (!closed) {
                LOG.debug("connection {} {} ended: {}", dialled ? "to" : "from", socket, e.toString());
            }
        } finally {
            closeQuietly(socket);
            if (peer != null && connection != null) {
                peer.ended(connection);
            }
        }
    }

    private static NodeId nodeOf(int number) throws IOException {
        if (number < 1 || number > NodeId.MAX) {
            throw new IOException("node number " + number);
        }
        return new NodeId(number);
    }

    @Override
    public void close() {
        closed = true;
        synchronized (acceptors) {
            acceptors.forEach(PeerNetwork::closeQuietly);
        }
        peers.values().forEach(Peer::closeAll);
    }

    private static void closeQuietly(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception e) {
            LOG.debug("close: {}", e.toString());
        }
    }

    private static void pause(Duration span) {
        try {
            Thread.sleep(span);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One TCP connection. Its queue is filled by the loop and emptied by its writer, which also pings. */
    private final class Connection {
        private final Socket socket;
        private final SealedChannel channel;
        private final BlockingQueue<String> queue = new LinkedBlockingQueue<>(QUEUE);

        private final AtomicInteger unsent = new AtomicInteger();

        Connection(Socket socket, SealedChannel channel) {
            this.socket = socket;
            this.channel = channel;
        }

        void offer(String frame) {
            if (queue.offer(frame)) {
                unsent.incrementAndGet();
            } else {
                closeQuietly(socket); // The peer does not read. Both sides start anew when it does.
            }
        }

        void write() {
            try {
                while (!closed && !socket.isClosed()) {
                    String frame = queue.poll(PING.toMillis(), TimeUnit.MILLISECONDS);
                    channel.send(frame == null ? "{}" : frame);
                    if (frame != null) {
                        unsent.decrementAndGet();
                    }
                }
            } catch (IOException | InterruptedException e) {
                closeQuietly(socket);
            }
        }
    }

    /** What is known about one peer; its connections and the numbers of messages. */
    private final class Peer {
        private final NodeId node;
        private final List<Connection> connections = new ArrayList<>();
        private String theirSession = "";
        private long sent;
        private long received = -1; // -1: nothing yet since the last peerUp; any number may be the first.

        Peer(NodeId node) {
            this.node = node;
        }

        synchronized void send(Json message) {
            if (connections.isEmpty()) {
                return;
            }
            String frame = Json.object()
                    .with("seq", sent++)
                    .with("m", message.values())
                    .text();
            connections.forEach(connection -> connection.offer(frame));
        }

        synchronized boolean hasSentAll() {
            return connections.stream()
                    .allMatch(connection -> connection.socket.isClosed() || connection.unsent.get() == 0);
        }

        synchronized void opened(Connection connection, String session) {
            if (!session.equals(theirSession)) {
                connections.forEach(old -> closeQuietly(old.socket)); // Of a process that is gone.
                if (!connections.isEmpty()) {
                    connections.clear();
                    listener.peerDown(node);
                }
                theirSession = session;
                received = -1;
            }
            connections.add(connection);
            if (connections.size() == 1) {
                received = -1;
                listener.peerUp(node);
            }
        }

        synchronized void ended(Connection connection) {
            if (connections.remove(connection) && connections.isEmpty()) {
                listener.peerDown(node);
            }
        }

        synchronized void received(Connection connection, long seq, Json message) {
            if (!connections.contains(connection) || (received >= 0 && seq <= received)) {
                return; // A copy, or from a process that is gone.
            }
            if (received >= 0 && seq > received + 1) {
                LOG.warn("messages {}..{} of {} are lost, starting anew", received + 1, seq - 1, node);
                listener.peerDown(node);
                listener.peerUp(node);
            }
            received = seq;
            listener.received(node, message);
        }

        synchronized void closeAll() {
            connections.forEach(connection -> closeQuietly(connection.socket));
        }
    }
}
