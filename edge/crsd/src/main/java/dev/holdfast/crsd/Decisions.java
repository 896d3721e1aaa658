package dev.holdfast.crsd;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.TypeDefinition;
import dev.holdfast.node.CrsEffect;
import dev.holdfast.node.CrsInput;
import dev.holdfast.policy.Changes;
import dev.holdfast.policy.PlannedAction;
import dev.holdfast.policy.Server;
import dev.holdfast.policy.Situation;
import dev.holdfast.registry.Batch;
import dev.holdfast.registry.RegistryContent;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node decided while it was the master, with everything that it looked at. As a decision is a pure function
 * of that, its reasons need not be kept: they are worked out when somebody asks.
 *
 * <p>Files of lines, one JSON object each. The first line of a file holds everything, the others what has changed. A
 * file is begun at every start of crsd and when one has grown large; the oldest are deleted, so that all of them
 * together stay below a bound. A line that is cut off, or that a newer release wrote, ends the reading of its file.
 *
 * <p>Writing and reading are done on a thread of its own: no decision waits for it, and what can't be written is lost.
 */
final class Decisions implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Decisions.class);
    private static final long FILE_BYTES = 4L << 20;
    private static final int FILES = 8;
    /** Small ones: a crsd that is started over and over again must not push out what matters. */
    private static final int FILES_AT_MOST = 100;
    /** Situations wait in memory until they are written; more than this many are not worth it. */
    private static final int WAITING_AT_MOST = 500;
    /** So many decisions about a resource are told. */
    private static final int TOLD = 8;

    private static final String SUFFIX = ".jsonl";

    private final Path directory;
    private final SortedMap<String, TypeDefinition> types;
    private final ThreadPoolExecutor thread;

    private @Nullable BufferedWriter file;
    private long written;
    private long first;
    private @Nullable Situation before;

    /** What was decided about a resource. */
    record Past(long whenMillis, String text) {}

    /**
     * What is known of a moment.
     *
     * @param asOfMillis when it was written; 0: nothing is known
     * @param situation what was looked at then; null: nothing is known
     * @param lately decisions about the resource before, oldest first
     */
    record Recollection(long asOfMillis, @Nullable Situation situation, List<Past> lately) {}

    Decisions(Path directory, SortedMap<String, TypeDefinition> types) {
        this.directory = directory;
        this.types = types;
        thread = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> Thread.ofPlatform().daemon().name("decisions").unstarted(task));
    }

    // ---------------------------------------------------------------- writing

    void note(CrsEffect.Decided decided) {
        if (thread.getQueue().size() < WAITING_AT_MOST) {
            thread.execute(() -> write(decided));
        }
    }

    private void write(CrsEffect.Decided decided) {
        try {
            Situation situation = decided.situation();
            Situation last = before;
            boolean whole = file == null || last == null || written > Math.max(FILE_BYTES, 4 * first);
            Json line = Json.object()
                    .with("at", situation.now().toEpochMilli())
                    .with("epoch", decided.epoch().number())
                    .with("whole", whole);
            boolean news = whole;
            if (last == null || whole) {
                news |= describe(line, empty(situation), situation);
            } else {
                news |= describe(line, last, situation);
            }
            news |= decided(line, decided);
            if (news) {
                append(line.text(), whole);
            }
            before = situation;
        } catch (IOException | RuntimeException e) {
            LOG.warn("a decision could not be kept: {}", e.toString());
            closeFile();
        }
    }

    private static Situation empty(Situation like) {
        return new Situation(
                new TreeMap<>(),
                like.types(),
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                new TreeMap<>(),
                like.now());
    }

    /** Puts into the line what has changed; false: nothing. */
    private static boolean describe(Json line, Situation last, Situation situation) {
        Batch batch = ContentCodec.encode(Changes.between(last, situation));
        if (!batch.puts().isEmpty()) {
            line.with("put", batch.puts());
        }
        if (!batch.deletes().isEmpty()) {
            line.with("gone", List.copyOf(batch.deletes()));
        }
        boolean news = !batch.puts().isEmpty() || !batch.deletes().isEmpty();
        if (!situation.servers().equals(last.servers())) {
            news = true;
            Map<String, Object> servers = new LinkedHashMap<>();
            situation
                    .servers()
                    .forEach((node, server) -> servers.put(
                            Integer.toString(node.number()),
                            Json.object()
                                    .with("name", server.name())
                                    .with("state", server.state().name())
                                    .with("incarnation", server.incarnation().number())
                                    .with("cpu", server.cpu())
                                    .with("memory", server.memory())
                                    .with("machine", server.machine())
                                    .values()));
            line.with("servers", servers);
        }
        Map<String, Map<String, Object>> seen = new TreeMap<>();
        situation.observed().forEach((key, observed) -> {
            Observed had = last.observed().get(key);
            if (!observed.equals(had)) {
                seen.computeIfAbsent(Integer.toString(key.node().number()), _ -> new LinkedHashMap<>())
                        .put(key.resource().text(), PeerCodec.encode(observed).values());
            }
        });
        Map<String, List<String>> unseen = new TreeMap<>();
        last.observed().keySet().forEach(key -> {
            if (!situation.observed().containsKey(key)) {
                unseen.computeIfAbsent(Integer.toString(key.node().number()), _ -> new ArrayList<>())
                        .add(key.resource().text());
            }
        });
        if (!seen.isEmpty()) {
            line.with("seen", seen);
        }
        if (!unseen.isEmpty()) {
            line.with("unseen", unseen);
        }
        return news || !seen.isEmpty() || !unseen.isEmpty();
    }

    private static boolean decided(Json line, CrsEffect.Decided decided) {
        List<Object> did = new ArrayList<>();
        for (PlannedAction action : decided.ordered()) {
            Server server = decided.situation().servers().get(action.node());
            did.add(Json.object()
                    .with("resource", action.resource().text())
                    .with(
                            "text",
                            action.kind().argument() + " on " + (server == null ? action.node() : server.name()) + ": "
                                    + action.reason())
                    .values());
        }
        List<String> said =
                decided.plan().messages().stream().map(Message::line).toList();
        if (!did.isEmpty()) {
            line.with("did", did);
        }
        if (!said.isEmpty()) {
            line.with("said", said);
        }
        return !did.isEmpty() || !said.isEmpty();
    }

    private void append(String text, boolean whole) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        BufferedWriter out = file;
        if (whole || out == null) {
            closeFile();
            out = begin();
            file = out;
            first = bytes.length;
        }
        out.write(text);
        out.write('\n');
        out.flush();
        written += bytes.length + 1L;
    }

    private BufferedWriter begin() throws IOException {
        Files.createDirectories(directory);
        List<Path> all = files();
        long kept = 0;
        for (int i = all.size() - 1; i >= 0; i--) {
            kept += Files.size(all.get(i));
            if (kept > FILES * Math.max(FILE_BYTES, 4 * first) || all.size() - i >= FILES_AT_MOST) {
                Files.deleteIfExists(all.get(i));
            }
        }
        written = 0;
        // By the wall clock, so that the names are in the order of time; never the name of one that is there.
        long number = System.currentTimeMillis();
        while (Files.exists(directory.resolve(name(number)))) {
            number++;
        }
        return Files.newBufferedWriter(directory.resolve(name(number)), StandardOpenOption.CREATE_NEW);
    }

    private static String name(long number) {
        return "%015d".formatted(number) + SUFFIX;
    }

    private List<Path> files() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(path -> path.toString().endsWith(SUFFIX)).sorted().toList();
        }
    }

    private void closeFile() {
        BufferedWriter open = file;
        file = null;
        before = null;
        try {
            if (open != null) {
                open.close();
            }
        } catch (IOException e) {
            LOG.warn("the decisions could not be closed: {}", e.toString());
        }
    }

    /** The mastership is over: what the next one of this node decides begins with everything that it knows. */
    void masterNoMore() {
        thread.execute(this::closeFile);
    }

    // ---------------------------------------------------------------- reading

    /** What was looked at at a time, and what was decided about a resource before. */
    CompletableFuture<Recollection> recollect(ResourceName resource, long atMillis) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return read(resource, atMillis);
                    } catch (IOException e) {
                        LOG.warn("the decisions can't be read: {}", e.toString());
                        return new Recollection(0, null, List.of());
                    }
                },
                thread);
    }

    private Recollection read(ResourceName resource, long atMillis) throws IOException {
        List<Path> all = files();
        long asOf = 0;
        Situation situation = null;
        List<Past> lately = new ArrayList<>();
        for (int i = all.size() - 1; i >= 0 && (situation == null || lately.size() < TOLD); i--) {
            Replay replay = new Replay(resource, atMillis);
            replay.read(all.get(i));
            if (situation == null && replay.asOf > 0) {
                asOf = replay.asOf;
                situation = replay.situation(types);
            }
            lately.addAll(0, replay.lately);
        }
        return new Recollection(
                asOf, situation, List.copyOf(lately.subList(Math.max(0, lately.size() - TOLD), lately.size())));
    }

    /** One file, up to a moment. */
    private static final class Replay {
        private final ResourceName resource;
        private final long until;
        private final List<Past> lately = new ArrayList<>();
        private final SortedMap<String, String> entries = new TreeMap<>();
        private final SortedMap<NodeId, Server> servers = new TreeMap<>();
        private final SortedMap<InstanceKey, Observed> observed = new TreeMap<>();
        private long asOf;

        Replay(ResourceName resource, long until) {
            this.resource = resource;
            this.until = until;
        }

        void read(Path path) throws IOException {
            try (Stream<String> lines = Files.lines(path)) {
                for (String text : (Iterable<String>) lines::iterator) {
                    Json line = Json.parse(text);
                    if (line.number("at") > until) {
                        return;
                    }
                    apply(line);
                }
            } catch (Json.Malformed | IllegalArgumentException | java.io.UncheckedIOException e) {
                LOG.debug("{} is read up to a line that is not understood: {}", path, e.getMessage());
            }
        }

        private void apply(Json line) throws Json.Malformed {
            asOf = line.number("at");
            entries.putAll(line.stringMap("put"));
            entries.keySet().removeAll(line.strings("gone"));
            if (line.has("servers")) {
                Json all = line.child("servers");
                for (String number : all.values().keySet()) {
                    Json one = all.child(number);
                    NodeId node = new NodeId(Integer.parseInt(number));
                    servers.put(
                            node,
                            new Server(
                                    node,
                                    one.string("name"),
                                    Server.State.valueOf(one.string("state")),
                                    new Incarnation(one.number("incarnation")),
                                    one.has("cpu") ? one.number("cpu") : 0,
                                    one.has("memory") ? one.number("memory") : 0,
                                    one.has("machine") ? one.stringMap("machine") : new TreeMap<>()));
                }
            }
            Json seen = line.childOrEmpty("seen");
            for (String number : seen.values().keySet()) {
                NodeId node = new NodeId(Integer.parseInt(number));
                Json there = seen.child(number);
                for (String name : there.values().keySet()) {
                    observed.put(new InstanceKey(new ResourceName(name), node), PeerCodec.observed(there.child(name)));
                }
            }
            Json unseen = line.childOrEmpty("unseen");
            for (String number : unseen.values().keySet()) {
                NodeId node = new NodeId(Integer.parseInt(number));
                for (String name : unseen.strings(number)) {
                    observed.remove(new InstanceKey(new ResourceName(name), node));
                }
            }
            for (String said : line.strings("said")) {
                if (said.contains("'" + resource + "'")) {
                    lately.add(new Past(asOf, said));
                }
            }
            for (Json did : line.children("did")) {
                if (did.string("resource").equals(resource.text())) {
                    lately.add(new Past(asOf, did.string("text")));
                }
            }
        }

        Situation situation(SortedMap<String, TypeDefinition> types) {
            CrsInput.RegistryServing content =
                    ContentCodec.decode(new RegistryContent(0, entries), types, (key, reason) -> {});
            return new Situation(
                    content.definitions(),
                    TypeDefinition.with(types, content.setup().types()),
                    content.wanted(),
                    servers,
                    content.greeted(),
                    observed,
                    content.maintenance(),
                    Instant.ofEpochMilli(asOf),
                    content.setup());
        }
    }

    /** When the oldest was written; empty: there is none. */
    Optional<Instant> oldest() {
        try {
            return files().stream().findFirst().map(path -> {
                String name = String.valueOf(path.getFileName());
                return Instant.ofEpochMilli(Long.parseLong(name.substring(0, name.length() - SUFFIX.length())));
            });
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        thread.execute(this::closeFile);
        thread.shutdown();
    }
}
