package dev.holdfast.bench;

import dev.holdfast.linux.Scheduling;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A client that never waits for the last answer before it asks again: a new connection and a new GET every 5 ms, given up after 250 ms. It
 * runs on the client host of a lab and tells every single request, with the times of the machine's monotonic clock.
 *
 * <pre>
 * java … dev.holdfast.bench.LoadClient URL [SECONDS]
 * </pre>
 *
 * With SECONDS it prints a report as JSON at the end; without, one line per request as it ends ({@link Sample#line}), until its standard
 * input is closed.
 */
public final class LoadClient {
    static final Duration INTERVAL = Duration.ofMillis(5);
    static final Duration TIMEOUT = Duration.ofMillis(250);

    /** A request later than this was not asked in time; the client itself was away, and says so. */
    private static final long AWAY_NANOS = 50_000_000;

    private static final int ANSWER_MAX = 16_384;

    private final InetSocketAddress server;
    private final byte[] request;
    private final Consumer<Sample> told;
    private final Deque<Exchange> inFlight = new ArrayDeque<>();
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(ANSWER_MAX);
    private final Selector selector = Selector.open();
    private long awayNanos;
    private volatile boolean ending;

    /** One request under way. */
    private static final class Exchange {
        final long began;
        final SocketChannel channel;
        final StringBuilder answer = new StringBuilder();
        boolean over;

        Exchange(long began, SocketChannel channel) {
            this.began = began;
            this.channel = channel;
        }
    }

    /** @param told gets every request once, when it has ended; called on the thread of {@link #run} */
    LoadClient(URI url, Consumer<Sample> told) throws IOException {
        int port = url.getPort() < 0 ? 80 : url.getPort();
        this.server = new InetSocketAddress(InetAddress.ofLiteral(url.getHost()), port);
        this.request = ("GET " + url.getPath() + " HTTP/1.0\r\nHost: " + url.getHost()
                        + "\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        this.told = told;
    }

    /** Asks until {@link #end} is called; what is under way by then is not told. */
    void run() throws IOException {
        long next = System.nanoTime();
        while (!ending) {
            long now = System.nanoTime();
            if (now - next > AWAY_NANOS) {
                awayNanos = Math.max(awayNanos, now - next);
                next = now; // Making up for the requests not asked would be a burst that no client sends.
            }
            while (next - now <= 0) {
                begin();
                next += INTERVAL.toNanos();
            }
            giveUpOld();
            answer(next);
        }
        for (Exchange exchange : inFlight) {
            close(exchange);
        }
        selector.close();
    }

    void end() {
        ending = true;
        selector.wakeup();
    }

    /** The longest time for which this client did not run although it wanted to. */
    Duration away() {
        return Duration.ofNanos(awayNanos);
    }

    private void begin() throws IOException {
        long began = System.nanoTime();
        SocketChannel channel = SocketChannel.open();
        var exchange = new Exchange(began, channel);
        inFlight.addLast(exchange);
        try {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_CONNECT, exchange);
            if (channel.connect(server)) {
                send(exchange);
            }
        } catch (IOException e) {
            finish(exchange, problem(e));
        }
    }

    private void giveUpOld() {
        long now = System.nanoTime();
        while (!inFlight.isEmpty()) {
            Exchange oldest = inFlight.getFirst();
            if (!oldest.over) {
                if (now - oldest.began < TIMEOUT.toNanos()) {
                    return;
                }
                finish(oldest, "no answer within " + TIMEOUT.toMillis() + " ms");
            }
            inFlight.removeFirst();
        }
    }

    /** Serves what the kernel has for us until it is time for the next request. */
    private void answer(long next) throws IOException {
        long patience = next - System.nanoTime();
        if (patience >= 1_000_000) {
            selector.select(this::ready, patience / 1_000_000);
        } else {
            // The selector counts in whole milliseconds; the rest of one is parked away.
            selector.selectNow(this::ready);
            LockSupport.parkNanos(Math.max(0, next - System.nanoTime()));
        }
    }

    private void ready(SelectionKey key) {
        if (!(key.attachment() instanceof Exchange exchange)) {
            return;
        }
        try {
            if (key.isConnectable() && exchange.channel.finishConnect()) {
                send(exchange);
            } else if (key.isReadable()) {
                receive(exchange);
            }
        } catch (IOException e) {
            finish(exchange, problem(e));
        }
    }

    private void send(Exchange exchange) throws IOException {
        // A few dozen bytes into an empty socket buffer: taken whole, or the connection is broken.
        if (exchange.channel.write(ByteBuffer.wrap(request)) != request.length) {
            finish(exchange, "the request was not taken");
            return;
        }
        exchange.channel.keyFor(selector).interestOps(SelectionKey.OP_READ);
    }

    private void receive(Exchange exchange) throws IOException {
        scratch.clear();
        int count = exchange.channel.read(scratch);
        if (count >= 0) {
            scratch.flip();
            exchange.answer.append(StandardCharsets.ISO_8859_1.decode(scratch));
            return;
        }
        String answer = exchange.answer.toString();
        if (!answer.startsWith("HTTP/1.") || answer.indexOf('\n') < 0) {
            finish(exchange, answer.isEmpty() ? "closed without an answer" : "not an HTTP answer");
        } else if (!answer.startsWith(" 200 ", 8)) {
            finish(exchange, answer.substring(9, answer.indexOf('\n')).strip());
        } else if (!answer.contains("</html>")) {
            finish(exchange, "the page was cut short");
        } else {
            finish(exchange, "");
        }
    }

    private void finish(Exchange exchange, String problem) {
        if (exchange.over) {
            return;
        }
        long ended = System.nanoTime();
        exchange.over = true;
        close(exchange);
        String answer = exchange.answer.toString();
        String balancer = header(answer, "x-balanced-by").replace("haproxy on ", "");
        told.accept(new Sample(exchange.began, ended, balancer, header(answer, "x-served-by"), problem));
    }

    private static void close(Exchange exchange) {
        try {
            exchange.channel.close();
        } catch (IOException e) {
            // It is of no use any more, closed or not.
        }
    }

    private static String header(String answer, String name) {
        for (String line : answer.split("\r\n")) {
            if (line.isEmpty()) {
                return "";
            }
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).toLowerCase(Locale.ROOT).equals(name)) {
                return line.substring(colon + 1).strip().replace('\t', ' ');
            }
        }
        return "";
    }

    private static String problem(IOException e) {
        String text = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return text.replace('\t', ' ').replace('\n', ' ');
    }

    /** Serves both of this package's observers: on a busy machine a late observer sees outages that are its own. */
    static void beOnTime() {
        try {
            Scheduling.realTime(1);
        } catch (IOException e) {
            System.err.println(
                    "running at normal priority (" + e.getMessage() + "): short gaps may be this client's own");
        }
    }

    public static void main(String[] args) throws IOException {
        if (args.length < 1 || args.length > 2) {
            System.err.println("usage: LoadClient http://ADDRESS/PATH [SECONDS]");
            System.exit(2);
        }
        URI url = URI.create(args[0]);
        beOnTime();
        if (args.length == 2) {
            report(url, Duration.ofSeconds(Long.parseLong(args[1])));
        } else {
            stream(url);
        }
    }

    private static void stream(URI url) throws IOException {
        Writer out = new BufferedWriter(
                new OutputStreamWriter(new FileOutputStream(FileDescriptor.out), StandardCharsets.UTF_8));
        var client = new LoadClient(url, sample -> {
            try {
                out.write(sample.line());
                out.write('\n');
                out.flush();
            } catch (IOException e) {
                System.exit(0); // Nobody listens any more.
            }
        });
        Thread.ofPlatform().daemon().start(() -> {
            try {
                while (System.in.read() >= 0) {
                    // Only the end of the input says something.
                }
            } catch (IOException e) {
                // The end, too.
            }
            client.end();
        });
        client.run();
    }

    private static void report(URI url, Duration length) throws IOException {
        List<Sample> samples = new ArrayList<>();
        var client = new LoadClient(url, samples::add);
        Thread.ofPlatform().daemon().start(() -> {
            long end = System.nanoTime() + length.toNanos();
            while (System.nanoTime() - end < 0) {
                LockSupport.parkNanos(end - System.nanoTime());
            }
            client.end();
        });
        client.run();
        long failed = samples.stream().filter(sample -> !sample.good()).count();
        List<Outage> outages = Outage.in(samples, System.nanoTime());
        var text = new StringBuilder(
                "{\"requests\":%d,\"failed\":%d,\"outageMillis\":%d,\"clientAwayMillis\":%d,\"outages\":["
                        .formatted(
                                samples.size(),
                                failed,
                                Outage.total(outages).toMillis(),
                                client.away().toMillis()));
        for (Outage outage : outages) {
            text.append(text.charAt(text.length() - 1) == '[' ? "" : ",")
                    .append("{\"fromNanos\":%d,\"toNanos\":%d,\"millis\":%d,\"failed\":%d,\"over\":%b}"
                            .formatted(
                                    outage.fromNanos(),
                                    outage.toNanos(),
                                    outage.length().toMillis(),
                                    outage.failed(),
                                    outage.over()));
        }
        System.out.println(text.append("]}"));
    }
}
