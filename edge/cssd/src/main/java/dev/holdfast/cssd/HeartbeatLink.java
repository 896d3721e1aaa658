package dev.holdfast.cssd;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One private network: sends to every peer, and hands on what arrives. A network that is not there yet, or goes away, is
 * tried again for ever; losing one is expected, and the daemon never stops for it.
 */
final class HeartbeatLink {
    private static final Logger LOG = LoggerFactory.getLogger(HeartbeatLink.class);
    private static final int DATAGRAM_MAX = 512;
    private static final long RETRY_NANOS = 200_000_000L;

    /** Takes a datagram: the bytes are the receiver's only during the call. What it returns, if anything, goes back at once. */
    interface Receiver {
        byte @Nullable [] receive(int link, byte[] bytes, int length);
    }

    private final int link;
    private final InetSocketAddress own;
    private final List<InetSocketAddress> peers;
    private final Receiver receiver;
    private final Runnable prepareThread;
    private volatile @Nullable DatagramChannel channel;

    HeartbeatLink(
            int link, String address, List<String> peerAddresses, int port, Receiver receiver, Runnable prepareThread)
            throws IOException {
        this.link = link;
        this.receiver = receiver;
        this.prepareThread = prepareThread;
        own = new InetSocketAddress(InetAddress.getByName(address), port);
        peers = peerAddresses.stream()
                .map(peer -> new InetSocketAddress(peer, port))
                .toList();
    }

    void start() {
        Thread thread = new Thread(this::receive, "link " + (link + 1));
        thread.setDaemon(true);
        thread.start();
    }

    private void receive() {
        prepareThread.run();
        ByteBuffer buffer = ByteBuffer.allocate(DATAGRAM_MAX);
        boolean complained = false;
        while (true) {
            try (DatagramChannel opened = DatagramChannel.open()) {
                opened.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                // A killed daemon with a thread stuck in the kernel keeps its sockets; the next life binds beside it.
                opened.setOption(StandardSocketOptions.SO_REUSEPORT, true);
                opened.bind(own);
                channel = opened;
                complained = false;
                while (true) {
                    buffer.clear();
                    SocketAddress from = opened.receive(buffer);
                    byte[] answer = receiver.receive(link, buffer.array(), buffer.position());
                    if (answer != null) {
                        answer(opened, from, answer);
                    }
                }
            } catch (IOException e) {
                channel = null;
                if (!complained) {
                    LOG.warn("private network {} ({}) cannot be used: {}", link + 1, own, e.getMessage());
                    complained = true;
                }
                LockSupport.parkNanos(RETRY_NANOS); // An address that is not there cannot be waited for in the JDK.
            }
        }
    }

    private void answer(DatagramChannel opened, SocketAddress to, byte[] datagram) {
        try {
            opened.send(ByteBuffer.wrap(datagram), to);
        } catch (IOException e) {
            LOG.debug("answer to {} over private network {}: {}", to, link + 1, e.getMessage());
        }
    }

    void send(byte[] datagram) {
        DatagramChannel open = channel;
        if (open == null) {
            return;
        }
        for (InetSocketAddress peer : peers) {
            try {
                open.send(ByteBuffer.wrap(datagram), peer);
            } catch (IOException e) {
                LOG.debug("heartbeat to {} over private network {}: {}", peer, link + 1, e.getMessage());
            }
        }
    }
}
