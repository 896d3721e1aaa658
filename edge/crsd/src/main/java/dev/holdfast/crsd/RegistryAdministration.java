package dev.holdfast.crsd;

import dev.holdfast.control.Caller;
import dev.holdfast.control.Codec;
import dev.holdfast.control.MalformedMessage;
import dev.holdfast.control.RegistryReply;
import dev.holdfast.control.RegistryRequest;
import dev.holdfast.control.RegistryText;
import dev.holdfast.control.Reply;
import dev.holdfast.linux.BlockDevice;
import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.Message;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.TypeDefinition;
import dev.holdfast.node.ClusterView;
import dev.holdfast.node.Crs;
import dev.holdfast.node.CrsInput;
import dev.holdfast.node.CrsSettings;
import dev.holdfast.policy.Server;
import dev.holdfast.policy.Situation;
import dev.holdfast.registry.Batch;
import dev.holdfast.registry.LocationFacts;
import dev.holdfast.registry.LocationReport.Condition;
import dev.holdfast.registry.Registry;
import dev.holdfast.registry.RegistryContent;
import dev.holdfast.registry.RegistryFormat;
import dev.holdfast.registry.RegistrySeal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What administrators ask of the registry itself: checks, dumps, backups, restores, and where it is kept. The master answers, and makes the
 * automatic backups, on every member that it reaches. Belongs to the loop; files are read and written on a thread of their own.
 */
final class RegistryAdministration {
    private static final Duration CHECK_PATIENCE = Duration.ofSeconds(15);
    private static final Duration FILES_PATIENCE = Duration.ofSeconds(10);
    private static final Duration RESTORE_PATIENCE = Duration.ofSeconds(60);
    /** How long a content of which parts were asked is kept for the rest. */
    private static final Duration READ_PATIENCE = Duration.ofSeconds(60);

    private static final Duration BACKUP_LOOK = Duration.ofSeconds(5);
    /** A master that just began has other things to do first. */
    private static final Duration FIRST_BACKUP_AFTER = Duration.ofSeconds(30);

    private static final int PART_CHARACTERS = 1 << 20;
    private static final String SETTINGS_KEY = "setting/registry-backup";
    private static final byte[] NOTHING = {};

    /** Where and how often automatic backups are made. */
    private record Schedule(String directory, int minutes, int keep) {}

    private record Read(RegistryContent content, Moment until) {}

    private static final class Check {
        final Caller caller;
        final Administration.Asker asker;
        final Set<String> awaited = new TreeSet<>();
        final Map<String, String> findings = new HashMap<>();
        final Moment until;

        Check(Caller caller, Administration.Asker asker, Moment until) {
            this.caller = caller;
            this.asker = asker;
            this.until = until;
        }
    }

    private interface Outcome {
        void became(boolean done, String reason);
    }

    private final CrsdSettings settings;
    private final Crs crs;
    private final RegistryStore store;
    private final RegistrySeal seal;
    private final RegistryPlaces places;
    private final Path backups;
    private final EventLog events;
    private final Executor loop;
    private final Consumer<CrsInput> step;
    private final Consumer<RegistryContent> reopen;
    private final BiConsumer<NodeId, Json> send;
    private final Supplier<Moment> clock;
    private final Gathering gathering;
    private final ExecutorService files = Executors.newSingleThreadExecutor(
            task -> Thread.ofPlatform().daemon().name("registry-files").unstarted(task));

    private final Map<Long, Outcome> changes = new HashMap<>();
    private final List<Check> checks = new ArrayList<>();
    private final Map<Long, Read> reads = new HashMap<>();
    private long numbers;
    private String waiting = "";
    /** What is wrong with the registry's locations, as the master said last. */
    private String trouble = "";

    private Schedule schedule;
    private Moment nextLook;
    private boolean backingUp;

    RegistryAdministration(
            CrsdSettings settings,
            Crs crs,
            RegistryStore store,
            RegistrySeal seal,
            RegistryPlaces places,
            Path backups,
            EventLog events,
            Executor loop,
            Consumer<CrsInput> step,
            Consumer<RegistryContent> reopen,
            BiConsumer<NodeId, Json> send,
            Supplier<Moment> clock) {
        this.settings = settings;
        this.crs = crs;
        this.store = store;
        this.seal = seal;
        this.places = places;
        this.backups = backups;
        this.events = events;
        this.loop = loop;
        this.step = step;
        this.reopen = reopen;
        this.send = send;
        this.clock = clock;
        gathering = new Gathering(settings.self(), send, clock, this::asked);
        schedule = schedule(new TreeMap<>());
        nextLook = clock.get().plus(FIRST_BACKUP_AFTER);
    }

    // ---------------------------------------------------------------- requests

    /** Whether this node answers it itself, although it does not decide: what is asked when nothing works must not need that it does. */
    boolean isForHere(RegistryRequest request) {
        boolean master = crs.view().filter(ClusterView::selfIsMaster).isPresent();
        return switch (request) {
            case RegistryRequest.Check _, RegistryRequest.Locations _ -> master;
            case RegistryRequest.Restore _ -> true;
            case RegistryRequest _ -> crs.decides();
        };
    }

    void answer(Caller caller, RegistryRequest request, Administration.Asker asker) {
        boolean open = switch (request) {
            case RegistryRequest.Check _, RegistryRequest.Locations _, RegistryRequest.ListBackups _ -> true;
            case RegistryRequest _ -> caller.isRoot();
        };
        if (!open) {
            asker.answer(Reply.Refused.because(
                    "PROT-20",
                    "Insufficient permission to proceed. Require privileged user: you are " + caller.user() + ".",
                    "Do it as root."));
            return;
        }
        switch (request) {
            case RegistryRequest.Check _ -> check(caller, asker);
            case RegistryRequest.Locations _ ->
                asker.answer(new Reply.OfRegistry(state(Map.of(), false, Optional.empty())));
            case RegistryRequest.Read read -> whenDeciding(asker, () -> read(read, asker));
            case RegistryRequest.BackUp _ -> whenDeciding(asker, () -> backUp(true, made -> asker.answer(made)));
            case RegistryRequest.ListBackups _ -> whenDeciding(asker, () -> list(asker));
            case RegistryRequest.SetBackups set -> whenDeciding(asker, () -> setBackups(set, asker));
            case RegistryRequest.Restore restore -> restore(caller, restore, asker);
            case RegistryRequest.ChangeLocations change -> whenDeciding(asker, () -> changeLocations(change, asker));
        }
    }

    private void whenDeciding(Administration.Asker asker, Runnable deed) {
        if (crs.decides()) {
            deed.run();
        } else {
            asker.answer(noMaster());
        }
    }

    private Reply.Refused noMaster() {
        Message why = crs.noMaster();
        return Reply.Refused.because(why.code(), why.text(), why.nextStep());
    }

    // ---------------------------------------------------------------- what the registry says

    void serving(RegistryContent content) {
        waiting = "";
        schedule = schedule(content.entries());
        nextLook = clock.get().plus(FIRST_BACKUP_AFTER);
    }

    void lost(List<Long> unresolved, List<Long> unwritten) {
        reads.clear();
        unresolved.forEach(id -> ended(
                id, false, "this node lost the mastership while it was under way: it may or may not have been done"));
        unwritten.forEach(id -> ended(id, false, "this node lost the mastership before it was begun"));
        checks.forEach(check -> check.asker.answer(noMaster()));
        checks.clear();
    }

    void waiting(String reason) {
        waiting = reason;
    }

    /** True if the change was one of ours. */
    boolean ended(long id, boolean done, String reason) {
        Outcome outcome = changes.remove(id);
        if (outcome != null) {
            waiting = "";
            outcome.became(done, reason);
        }
        return id < 0;
    }

    /** A change was acknowledged: whatever was waited for is over. */
    void acknowledged() {
        waiting = "";
    }

    void scrubbed(String place, String finding) {
        if (!finding.isEmpty()) {
            events.note(
                    "registry-scrub",
                    "registry location " + place + " did not hold what it should: " + finding,
                    Map.of("location", place, "finding", finding));
        }
        for (Check check : List.copyOf(checks)) {
            if (check.awaited.remove(place)) {
                check.findings.put(place, finding);
            }
        }
    }

    void locationsSet(List<String> set) {
        files.execute(() -> places.keep(set));
        events.note(
                "registry-locations",
                "the registry locations are " + String.join(", ", set),
                Map.of("locations", String.join(",", set)));
        members().forEach(this::tellLocations);
    }

    private void tellLocations(NodeId node) {
        if (!node.equals(settings.self())) {
            send.accept(
                    node,
                    Json.object()
                            .with("t", "regplaces")
                            .with("places", store.places())
                            .with("trouble", trouble));
        }
    }

    /** In words; empty if all is well. */
    String trouble() {
        return trouble;
    }

    private void lookForTrouble() {
        List<String> bad = new ArrayList<>();
        for (LocationFacts facts : store.facts()) {
            if (facts.report().condition() != Condition.ONLINE) {
                bad.add("registry location " + facts.place() + " is "
                        + facts.report().condition()
                        + (facts.report().detail().isEmpty()
                                ? ""
                                : ": " + facts.report().detail()));
            }
        }
        String now = String.join("; ", bad);
        if (!now.equals(trouble)) {
            trouble = now;
            members().forEach(this::tellLocations);
        }
    }

    private Set<NodeId> members() {
        Set<NodeId> members = new TreeSet<>();
        crs.view().ifPresent(view -> members.addAll(view.members().keySet()));
        members.removeIf(node -> !crs.canReach(node));
        return members;
    }

    // ---------------------------------------------------------------- peers and time

    void peerUp(NodeId peer) {
        if (crs.decides()) {
            tellLocations(peer);
        }
    }

    void peerDown(NodeId peer) {
        gathering.lost(peer);
    }

    /** True if the message was one of ours. */
    boolean received(NodeId peer, Json message) throws Json.Malformed {
        if (message.string("t").equals("regplaces")) {
            boolean fromMaster =
                    crs.view().map(ClusterView::master).filter(peer::equals).isPresent();
            List<String> told = message.strings("places");
            if (fromMaster && !told.isEmpty()) {
                store.knowLocations(told);
                trouble = message.string("trouble", "");
                files.execute(() -> places.keep(told));
            }
            return true;
        }
        return gathering.received(peer, message);
    }

    void tick() {
        Moment now = clock.get();
        gathering.tick();
        if (store.serving()) {
            lookForTrouble();
        }
        reads.values().removeIf(read -> now.isAfter(read.until()));
        for (Check check : List.copyOf(checks)) {
            boolean settled = check.awaited.isEmpty() && isRepaired(check);
            if (settled || now.isAfter(check.until)) {
                checks.remove(check);
                finish(check);
            }
        }
        if (!now.isBefore(nextLook)) {
            nextLook = now.plus(BACKUP_LOOK);
            backUpIfDue();
        }
    }

    /** What a check found is being repaired at once: the answer says what came of it, if that does not take long. */
    private boolean isRepaired(Check check) {
        return store.facts().stream()
                .filter(facts -> !check.findings.getOrDefault(facts.place(), "").isEmpty())
                .noneMatch(facts -> facts.report().condition() == Condition.COPYING);
    }

    /** On the loop, at once or later. Questions of the master to every member, and of any node to the master. */
    private void asked(NodeId from, Json question, byte[] attachment, Consumer<Json> answer) {
        try {
            switch (question.string("what")) {
                case "backups" -> {
                    var directory = backups(question.string("directory"));
                    onFiles(() -> listed(directory), answer);
                }
                case "backup" -> {
                    var directory = backups(question.string("directory"));
                    boolean manual = question.flag("manual");
                    int keep = question.integer("keep");
                    onFiles(
                            () -> Json.object()
                                    .with(
                                            "path",
                                            (manual
                                                            ? directory.manual(attachment)
                                                            : directory.automatic(attachment, keep))
                                                    .toString()),
                            answer);
                }
                case "open" -> {
                    String path = question.string("path");
                    String identity = question.string("identity");
                    onFiles(() -> opened(path, identity), answer);
                }
                case "restore" ->
                    restoreHere(
                            attachment,
                            question.flag("backup"),
                            question.flag("force"),
                            reply -> answer.accept(Json.object().with("reply", Codec.encode(reply))));
                default -> answer.accept(Json.object().with("failed", "this release does not know what is asked"));
            }
        } catch (Json.Malformed e) {
            answer.accept(Json.object().with("failed", String.valueOf(e.getMessage())));
        }
    }

    private interface FileWork {
        Json done() throws IOException;
    }

    private void onFiles(FileWork work, Consumer<Json> answer) {
        files.execute(() -> {
            Json said;
            try {
                said = work.done();
            } catch (IOException | RuntimeException e) {
                said = Json.object().with("failed", why(e));
            }
            Json result = said;
            loop.execute(() -> answer.accept(result));
        });
    }

    /** In words: the exceptions of files have only their path for a message. */
    private static String why(Exception e) {
        return switch (e) {
            case NoSuchFileException _ -> e.getMessage() + " does not exist";
            case AccessDeniedException _ -> "access to " + e.getMessage() + " is denied";
            case IOException _ -> String.valueOf(e.getMessage());
            default -> e.toString();
        };
    }

    // ---------------------------------------------------------------- ocrcheck

    private void check(Caller caller, Administration.Asker asker) {
        var check = new Check(caller, asker, clock.get().plus(CHECK_PATIENCE));
        if (store.serving()) {
            store.facts().forEach(facts -> check.awaited.add(facts.place()));
            checks.add(check);
            store.scrub(clock.get());
        } else {
            asker.answer(new Reply.OfRegistry(state(Map.of(), false, Optional.empty())));
        }
    }

    private void finish(Check check) {
        check.awaited.forEach(
                place -> check.findings.put(place, "it was not read within " + CHECK_PATIENCE.toSeconds() + " s"));
        Optional<RegistryContent> content = check.caller.isRoot() ? store.content() : Optional.empty();
        if (content.isEmpty()) {
            check.asker.answer(new Reply.OfRegistry(state(check.findings, true, Optional.empty())));
            return;
        }
        files.execute(() -> {
            List<String> unreadable = notUnderstood(content.get());
            loop.execute(() ->
                    check.asker.answer(new Reply.OfRegistry(state(check.findings, true, Optional.of(unreadable)))));
        });
    }

    private List<String> notUnderstood(RegistryContent content) {
        List<String> unreadable = new ArrayList<>();
        ContentCodec.decode(
                content,
                new CrsSettings(settings.cluster(), settings.self(), 0, Instant.EPOCH, new TreeMap<>()).types(),
                (key, reason) -> unreadable.add(key + ": " + reason));
        for (String key : content.entries().keySet()) {
            if (key.startsWith("wanted/") && !content.entries().containsKey("resource/" + key.substring(7))) {
                unreadable.add(key + ": the resource is not defined");
            }
        }
        return unreadable;
    }

    private RegistryReply.Check state(Map<String, String> findings, boolean checked, Optional<List<String>> logical) {
        List<RegistryReply.Location> locations = new ArrayList<>();
        List<LocationFacts> known = store.facts();
        for (LocationFacts facts : known) {
            locations.add(new RegistryReply.Location(
                    facts.place(),
                    facts.report().condition().name(),
                    facts.identity().map(UUID::toString).orElse(""),
                    facts.votes(),
                    facts.heldBytes(),
                    store.segmentBytes(),
                    checked,
                    findings.getOrDefault(facts.place(), ""),
                    facts.report().detail()));
        }
        if (known.isEmpty()) {
            for (String place : store.places()) {
                locations.add(new RegistryReply.Location(place, "OPENING", "", false, 0, 0, false, "", ""));
            }
        }
        String trouble = store.serving() || !waiting.isEmpty() ? waiting : "the registry is not open yet";
        return new RegistryReply.Check(
                RegistryFormat.version(),
                Registry.MAX_CONTENT_BYTES,
                store.contentBytes(),
                store.version(),
                settings.cluster().id().toString(),
                trouble,
                locations,
                logical.isPresent(),
                logical.orElse(List.of()));
    }

    // ---------------------------------------------------------------- ocrdump, -export

    private void read(RegistryRequest.Read request, Administration.Asker asker) {
        Read open = reads.get(request.version());
        if (request.version() >= 0 && open == null) {
            asker.answer(Reply.Refused.because(
                    "HF-2302",
                    "The content of version " + request.version() + " is not at hand any more.",
                    "Try again."));
            return;
        }
        RegistryContent content =
                open != null ? open.content() : store.content().orElse(RegistryContent.EMPTY);
        SortedMap<String, String> rest = request.after().isEmpty()
                ? content.entries()
                : content.entries().tailMap(request.after() + "\0");
        var part = new TreeMap<String, String>();
        int characters = 0;
        for (Map.Entry<String, String> entry : rest.entrySet()) {
            characters += entry.getKey().length() + entry.getValue().length();
            if (characters > PART_CHARACTERS && !part.isEmpty()) {
                break;
            }
            part.put(entry.getKey(), entry.getValue());
        }
        boolean more = part.size() < rest.size();
        if (more) {
            reads.put(content.version(), new Read(content, clock.get().plus(READ_PATIENCE)));
        }
        asker.answer(new Reply.OfRegistry(new RegistryReply.Part(content.version(), part, more)));
    }

    // ---------------------------------------------------------------- backups

    private Schedule schedule(SortedMap<String, String> entries) {
        Schedule usual = new Schedule(backups.toString(), 240, 3);
        String stored = entries.get(SETTINGS_KEY);
        try {
            Json json = stored == null ? Json.object() : Json.parse(stored);
            return new Schedule(
                    json.string("directory", usual.directory()), (int) json.number("minutes", usual.minutes()), (int)
                            json.number("keep", usual.keep()));
        } catch (Json.Malformed e) {
            return usual;
        }
    }

    private void setBackups(RegistryRequest.SetBackups set, Administration.Asker asker) {
        Schedule wanted = new Schedule(
                set.directory().orElse(schedule.directory()),
                set.minutes().orElse(schedule.minutes()),
                set.keep().orElse(schedule.keep()));
        String wrong = !wanted.directory().startsWith("/") || wanted.directory().indexOf('\n') >= 0
                ? "the directory must be an absolute path, got '" + wanted.directory() + "'"
                : wanted.minutes() < 1 || wanted.minutes() > 10_080
                        ? "an automatic backup is made every 1 to 10080 minutes, not " + wanted.minutes()
                        : wanted.keep() < 1 || wanted.keep() > 99
                                ? "1 to 99 automatic backups are kept, not " + wanted.keep()
                                : "";
        if (!wrong.isEmpty()) {
            asker.answer(
                    Reply.Refused.because("HF-2303", "Backups go on as before: " + wrong + ". Nothing was changed."));
            return;
        }
        Json json = Json.object()
                .with("directory", wanted.directory())
                .with("minutes", wanted.minutes())
                .with("keep", wanted.keep());
        long id = change((done, reason) -> {
            if (done) {
                schedule = wanted;
                nextLook = clock.get();
                asker.answer(new Reply.Done(List.of("Automatic backups are made every " + wanted.minutes()
                        + " minutes in " + wanted.directory() + " of every node; the last " + wanted.keep()
                        + " are kept, and those of the day and the week.")));
            } else {
                asker.answer(notDone(reason));
            }
        });
        store.submit(clock.get(), id, Batch.put(SETTINGS_KEY, json.text()));
    }

    private static Reply.Refused notDone(String reason) {
        return Reply.Refused.because(
                "HF-2304", "The registry was not changed: " + reason + ".", "How it is:  ocrcheck");
    }

    /** Numbers below zero, so that they are told from those of commands. */
    private long change(Outcome outcome) {
        long id = --numbers;
        changes.put(id, outcome);
        return id;
    }

    /** In a folder of this node's name, as nodes may share the directory. */
    private BackupFiles backups(String directory) {
        return new BackupFiles(Path.of(directory, settings.selfName()));
    }

    private void backUpIfDue() {
        if (!crs.decides() || backingUp) {
            return;
        }
        Duration span = Duration.ofMinutes(schedule.minutes());
        var directory = backups(schedule.directory());
        backingUp = true;
        files.execute(() -> {
            boolean due;
            try {
                Instant now = Instant.now();
                // Also after a clock that was set back by more than the span.
                due = directory
                        .newestAutomatic()
                        .map(newest -> Duration.between(newest, now).abs().compareTo(span) >= 0)
                        .orElse(true);
            } catch (IOException | RuntimeException e) {
                due = true; // Writing it tells what is wrong.
            }
            boolean wanted = due;
            loop.execute(() -> {
                backingUp = false;
                if (wanted && crs.decides()) {
                    backingUp = true;
                    backUp(false, made -> {
                        backingUp = false;
                        // Not again at once if it fails.
                        nextLook =
                                clock.get().plus(made instanceof Reply.Refused ? Duration.ofMinutes(1) : BACKUP_LOOK);
                    });
                }
            });
        });
    }

    private void backUp(boolean manual, Consumer<Reply.Answer> whenMade) {
        Optional<RegistryContent> content = store.content();
        if (content.isEmpty()) {
            whenMade.accept(noMaster());
            return;
        }
        Schedule present = schedule;
        files.execute(() -> {
            byte[] text = text(content.get());
            loop.execute(() -> gathering.ask(
                    members(),
                    Json.object()
                            .with("what", "backup")
                            .with("directory", present.directory())
                            .with("manual", manual)
                            .with("keep", present.keep()),
                    text,
                    FILES_PATIENCE,
                    (answers, silent) -> whenMade.accept(made(content.get(), manual, present, answers, silent))));
        });
    }

    private byte[] text(RegistryContent content) {
        return RegistryText.write(
                settings.cluster().name(),
                settings.cluster().id().toString(),
                content.version(),
                Instant.now(),
                settings.selfName(),
                content.entries(),
                digest -> seal.of(digest, 0, digest.length));
    }

    private Reply.Answer made(
            RegistryContent content,
            boolean manual,
            Schedule present,
            SortedMap<NodeId, Json> answers,
            Set<NodeId> silent) {
        List<RegistryReply.Backup> made = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        answers.forEach((node, answer) -> {
            String name = settings.cluster().nameOf(node);
            try {
                if (answer.has("failed")) {
                    failed.add(name + ": " + answer.string("failed"));
                } else {
                    made.add(new RegistryReply.Backup(
                            name, System.currentTimeMillis(), answer.string("path"), !manual, content.version(), ""));
                }
            } catch (Json.Malformed e) {
                failed.add(name + ": " + e.getMessage());
            }
        });
        silent.forEach(node -> failed.add(settings.cluster().nameOf(node) + ": it did not answer"));
        if (!made.isEmpty()) {
            events.note(
                    "registry-backup",
                    "the registry, version " + content.version() + ", was backed up on "
                            + String.join(
                                    ", ",
                                    made.stream()
                                            .map(RegistryReply.Backup::node)
                                            .toList()),
                    Map.of("version", Long.toString(content.version()), "manual", Boolean.toString(manual)));
        }
        if (!failed.isEmpty()) {
            events.note(
                    "registry-backup-failed",
                    "the registry was not backed up everywhere: " + String.join("; ", failed),
                    Map.of("version", Long.toString(content.version())));
        }
        if (made.isEmpty()) {
            return Reply.Refused.because(
                    "HF-2305",
                    "No backup was made: " + String.join("; ", failed) + ".",
                    "Mend that, or choose another directory:  ocrconfig -backuploc DIRECTORY");
        }
        return new Reply.OfRegistry(
                new RegistryReply.Backups(made, present.directory(), present.minutes(), present.keep(), failed));
    }

    private Json listed(BackupFiles directory) throws IOException {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (RegistryReply.Backup backup : directory.list(settings.selfName())) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("node", backup.node());
            row.put("taken", backup.takenMillis());
            row.put("path", backup.path());
            row.put("automatic", backup.automatic());
            row.put("version", backup.version());
            row.put("trouble", backup.trouble());
            rows.add(row);
        }
        return Json.object().with("backups", rows);
    }

    private void list(Administration.Asker asker) {
        Schedule present = schedule;
        gathering.ask(
                members(),
                Json.object().with("what", "backups").with("directory", present.directory()),
                NOTHING,
                FILES_PATIENCE,
                (answers, silent) -> {
                    List<RegistryReply.Backup> all = new ArrayList<>();
                    List<String> failed = new ArrayList<>();
                    answers.forEach((node, answer) -> {
                        try {
                            if (answer.has("failed")) {
                                failed.add(settings.cluster().nameOf(node) + ": " + answer.string("failed"));
                            }
                            for (Json row : answer.children("backups")) {
                                all.add(new RegistryReply.Backup(
                                        row.string("node"),
                                        row.number("taken"),
                                        row.string("path"),
                                        row.flag("automatic"),
                                        row.number("version"),
                                        row.string("trouble")));
                            }
                        } catch (Json.Malformed e) {
                            failed.add(settings.cluster().nameOf(node) + ": " + e.getMessage());
                        }
                    });
                    silent.forEach(node -> failed.add(settings.cluster().nameOf(node) + ": it did not answer"));
                    all.sort(Comparator.comparingLong(RegistryReply.Backup::takenMillis)
                            .reversed()
                            .thenComparing(RegistryReply.Backup::path)
                            .thenComparing(RegistryReply.Backup::node));
                    asker.answer(new Reply.OfRegistry(new RegistryReply.Backups(
                            all, present.directory(), present.minutes(), present.keep(), failed)));
                });
    }

    // ---------------------------------------------------------------- restore, import

    /** The file is on the node that is asked; the master does the rest. */
    private void restore(Caller caller, RegistryRequest.Restore request, Administration.Asker asker) {
        if (!request.file().startsWith("/")) {
            asker.answer(Reply.Refused.because("HF-2306", "'" + request.file() + "' is not an absolute path."));
            return;
        }
        files.execute(() -> {
            byte[] text;
            try {
                text = Files.readAllBytes(Path.of(request.file()));
            } catch (IOException | RuntimeException e) {
                loop.execute(() -> asker.answer(Reply.Refused.because(
                        "HF-2306",
                        "'" + request.file() + "' cannot be read on " + settings.selfName() + ": " + why(e)
                                + ". Nothing was changed.")));
                return;
            }
            loop.execute(() -> restoreOnMaster(caller, request, text, asker));
        });
    }

    private void restoreOnMaster(
            Caller caller, RegistryRequest.Restore request, byte[] text, Administration.Asker asker) {
        Optional<NodeId> master = crs.view().map(ClusterView::master);
        if (master.isEmpty() || !crs.canReach(master.get())) {
            asker.answer(noMaster());
            return;
        }
        events.note(
                "registry-restore-asked",
                caller.user() + " asks to restore the registry from " + request.file(),
                Map.of("user", caller.user(), "file", request.file()));
        gathering.ask(
                Set.of(master.get()),
                Json.object()
                        .with("what", "restore")
                        .with("backup", request.backup())
                        .with("force", request.force()),
                text,
                RESTORE_PATIENCE,
                (answers, silent) -> asker.answer(answers.values().stream()
                        .findFirst()
                        .map(RegistryAdministration::reply)
                        .orElseGet(() -> Reply.Refused.because(
                                "HF-2307",
                                "The master was lost while it restored the registry; it may or may not have been done.",
                                "Look:  ocrdump -stdout"))));
    }

    private static Reply.Answer reply(Json answer) {
        try {
            if (answer.has("failed")) {
                return notDone(answer.string("failed"));
            }
            if (Codec.decodeReply(answer.string("reply").getBytes(StandardCharsets.UTF_8))
                    instanceof Reply.Answer said) {
                return said;
            }
        } catch (MalformedMessage e) {
            return e.refusal();
        } catch (Json.Malformed e) {
            return notDone("the master's answer was not understood: " + e.getMessage());
        }
        return notDone("the master's answer was not understood");
    }

    private void restoreHere(byte[] bytes, boolean backup, boolean force, Consumer<Reply.Answer> answer) {
        if (!crs.decides()) {
            answer.accept(noMaster());
            return;
        }
        RegistryText text;
        try {
            text = RegistryText.read(bytes);
        } catch (RegistryText.Unreadable e) {
            answer.accept(notRestored("the file cannot be used: " + e.getMessage()));
            return;
        }
        Optional<Reply.Refused> refused = unfit(text, backup, force).or(() -> running());
        Optional<RegistryContent> present = store.content();
        if (refused.isPresent() || present.isEmpty()) {
            answer.accept(refused.orElseGet(this::noMaster));
            return;
        }
        SortedMap<String, String> wanted =
                RestoredContent.of(text.entries(), present.get().entries());
        List<String> unreadable = notUnderstood(new RegistryContent(text.version(), wanted));
        if (!unreadable.isEmpty() && !force) {
            answer.accept(notRestored(
                    unreadable.size() + " of its entries are not understood, the first is " + unreadable.getFirst(),
                    "To take it all the same, as far as it is understood: add -f"));
            return;
        }
        // The present content is kept first: a restore that was a mistake can be taken back.
        backUp(true, made -> {
            if (made instanceof Reply.Refused && !force) {
                answer.accept(notRestored(
                        "the present content could not be backed up first", "To do it all the same: add -f"));
                return;
            }
            Optional<Reply.Refused> meanwhile = crs.decides() ? running() : Optional.of(noMaster());
            if (meanwhile.isPresent()) {
                answer.accept(meanwhile.get());
            } else {
                replace(text, made, answer);
            }
        });
    }

    private void replace(RegistryText text, Reply.Answer made, Consumer<Reply.Answer> answer) {
        SortedMap<String, String> present =
                store.content().orElse(RegistryContent.EMPTY).entries();
        // Nothing is started by the old content from now on; what is submitted waits for the new one.
        step.accept(new CrsInput.RegistryLost("it is being restored"));
        long id = change((done, reason) -> {
            if (!done) {
                store.content().ifPresent(reopen);
                answer.accept(notDone(reason));
                return;
            }
            events.note(
                    "registry-restored",
                    "the registry was restored as it was in version " + text.version() + " of " + text.taken(),
                    Map.of(
                            "version",
                            Long.toString(text.version()),
                            "taken",
                            text.taken().toString()));
            List<String> lines = new ArrayList<>();
            lines.add("The registry holds what it held on " + text.taken() + " (version " + text.version() + " of "
                    + text.cluster() + ").");
            if (made instanceof Reply.OfRegistry(RegistryReply.Backups kept)) {
                lines.add("What it held before: "
                        + kept.backups().getFirst().path() + " on "
                        + kept.backups().getFirst().node());
            }
            lines.add("Resources start as their targets say:  crsctl status resource -t");
            answer.accept(new Reply.Done(lines));
        });
        store.replace(clock.get(), id, RestoredContent.of(text.entries(), present));
    }

    private Optional<Reply.Refused> unfit(RegistryText text, boolean backup, boolean force) {
        if (text.edited() && (backup || !force)) {
            return Optional.of(
                    backup
                            ? notRestored("the file was damaged or edited: its checksum does not fit")
                            : notRestored(
                                    "the file was damaged or edited: its checksum does not fit",
                                    "If you edited it: add -f"));
        }
        if (!backup) {
            return Optional.empty();
        }
        byte[] digest = HexFormat.of().parseHex(text.digest());
        boolean ours = text.clusterId().equals(settings.cluster().id().toString())
                && HexFormat.of().formatHex(seal.of(digest, 0, digest.length)).equals(text.seal());
        return ours
                ? Optional.empty()
                : Optional.of(notRestored(
                        "the file is not a backup that this cluster made (it is of " + text.cluster() + " "
                                + text.clusterId() + (text.seal().isEmpty() ? ", an export" : "") + ")",
                        "To take it all the same:  ocrconfig -import FILE"));
    }

    private static Reply.Refused notRestored(String why, String... next) {
        return Reply.Refused.because(
                "HF-2308", "The registry was not restored: " + why + ". Nothing was changed.", next);
    }

    /** Definitions must not change under what runs, or may run. */
    private Optional<Reply.Refused> running() {
        Optional<Situation> known = crs.situation();
        if (known.isEmpty()) {
            return Optional.of(noMaster());
        }
        Situation situation = known.get();
        Set<String> up = new TreeSet<>();
        for (ResourceDefinition resource : situation.resources().values()) {
            for (Server server : situation.servers().values()) {
                Observed seen = situation.observed().get(new InstanceKey(resource.name(), server.id()));
                boolean down = server.state() == Server.State.OFFLINE || (seen != null && seen.isDown());
                if (!down && !resource.type().isA(TypeDefinition.NETWORK)) {
                    up.add(resource.name().text());
                }
            }
        }
        if (!up.isEmpty()) {
            return Optional.of(notRestored(
                    "resources run, or may: " + String.join(", ", up),
                    "Stop them first:  crsctl stop resource -all -f"));
        }
        Optional<String> unsettled = crs.view()
                .flatMap(view -> view.unsettled().stream()
                        .filter(life -> !life.settled())
                        .map(life -> settings.cluster().nameOf(life.node()))
                        .findFirst());
        if (unsettled.isPresent()) {
            return Optional.of(notRestored(
                    "node " + unsettled.get() + " was voted out and is not yet proved harmless: it may run something",
                    "See:  crsctl query css fencing"));
        }
        return crs.plan().actions().isEmpty()
                ? Optional.empty()
                : Optional.of(notRestored("something is just being started or stopped", "Try again in a moment."));
    }

    // ---------------------------------------------------------------- locations

    private void changeLocations(RegistryRequest.ChangeLocations change, Administration.Asker asker) {
        List<String> present = store.places();
        List<String> wanted = new ArrayList<>(present);
        List<String> removed = new ArrayList<>();
        for (String name : change.remove()) {
            Optional<String> place = placeOf(name);
            if (place.isEmpty()) {
                asker.answer(notSet("'" + name + "' is not a registry location"));
                return;
            }
            removed.add(place.get());
        }
        boolean exchange = change.add().size() == 1 && removed.size() == 1;
        boolean anew = exchange && change.add().equals(removed);
        if (exchange) {
            wanted.set(wanted.indexOf(removed.getFirst()), change.add().getFirst());
        } else {
            wanted.removeAll(removed);
            wanted.addAll(change.add());
        }
        Optional<String> wrong = wrong(change.add(), present, wanted, anew, removed);
        if (wrong.isPresent()) {
            asker.answer(notSet(wrong.get()));
            return;
        }
        Set<UUID> known = new TreeSet<>();
        store.facts().stream()
                .filter(facts -> !anew || !removed.contains(facts.place()))
                .forEach(facts -> facts.identity().ifPresent(known::add));
        onFiles(
                () -> {
                    List<String> identities = new ArrayList<>();
                    for (String path : change.add()) {
                        identities.add(format(path, change.force(), known).toString());
                    }
                    return Json.object().with("identities", identities);
                },
                formatted -> {
                    try {
                        if (formatted.has("failed")) {
                            asker.answer(notSet(formatted.string("failed")));
                        } else {
                            letAllOpen(
                                    change.add(),
                                    formatted.strings("identities"),
                                    () -> set(wanted, anew, asker),
                                    asker);
                        }
                    } catch (Json.Malformed e) {
                        asker.answer(notSet(String.valueOf(e.getMessage())));
                    }
                });
    }

    private Optional<String> placeOf(String name) {
        String hex = name.replace("-", "").toLowerCase(java.util.Locale.ROOT);
        return store.facts().stream()
                .filter(facts -> facts.place().equals(name)
                        || facts.identity()
                                .filter(identity ->
                                        identity.toString().replace("-", "").equals(hex))
                                .isPresent())
                .map(LocationFacts::place)
                .findFirst();
    }

    private Optional<String> wrong(
            List<String> added, List<String> present, List<String> wanted, boolean anew, List<String> removed) {
        for (String path : added) {
            if (!path.startsWith("/") || path.indexOf('\n') >= 0) {
                return Optional.of("'" + path + "' is not an absolute path");
            }
            if (present.contains(path) && !anew) {
                return Optional.of(path + " is a registry location already");
            }
        }
        if (wanted.isEmpty()) {
            return Optional.of("the only registry location cannot be deleted");
        }
        if (wanted.size() > Registry.MAX_LOCATIONS) {
            return Optional.of("there would be " + wanted.size() + "; " + Registry.MAX_LOCATIONS + " are the most");
        }
        long others = store.facts().stream()
                .filter(facts ->
                        !removed.contains(facts.place()) && facts.report().condition() == Condition.ONLINE)
                .count();
        if (anew && others < present.size() / 2 + 1) {
            return Optional.of("it cannot be formatted anew while no majority of the others is ONLINE");
        }
        return Optional.empty();
    }

    /** On the thread for files. */
    private UUID format(String path, boolean force, Set<UUID> known) throws IOException {
        try (BlockDevice device = BlockDevice.open(Path.of(path))) {
            long needed = ClusterSettings.REGISTRY_OFFSET + RegistryFormat.AREA_BYTES;
            if (device.size() < needed) {
                throw new IOException(path + " has " + device.size() + " bytes; a registry location needs " + needed);
            }
            byte[] start = device.read(ClusterSettings.REGISTRY_OFFSET, RegistryFormat.HEADER_AREA);
            RegistryFormat.Reading reading = RegistryFormat.readHeader(start, seal);
            if (reading.header()
                    .filter(header -> known.contains(header.location()))
                    .isPresent()) {
                throw new IOException(path + " is a registry location already, under another name");
            }
            boolean blank = true;
            for (byte each : start) {
                blank &= each == 0;
            }
            if (!blank && !force) {
                throw new IOException(path + " is not blank"
                        + (reading.header().isPresent() ? ": it was a registry location" : "")
                        + "; if nothing on it is needed, add -f");
            }
            UUID identity = UUID.randomUUID();
            byte[] header = RegistryFormat.header(settings.cluster().id(), identity, seal);
            device.write(ClusterSettings.REGISTRY_OFFSET, header);
            if (!java.util.Arrays.equals(
                    device.read(ClusterSettings.REGISTRY_OFFSET, RegistryFormat.HEADER_AREA), header)) {
                throw new IOException(path + " does not read back what was written to it");
            }
            return identity;
        }
    }

    /** Every member must find the same medium there: each of them may be the next master. */
    private void letAllOpen(List<String> paths, List<String> identities, Runnable whenAll, Administration.Asker asker) {
        if (paths.isEmpty()) {
            whenAll.run();
            return;
        }
        String path = paths.getFirst();
        Set<NodeId> all = new TreeSet<>();
        crs.view().ifPresent(view -> all.addAll(view.members().keySet()));
        gathering.ask(
                all,
                Json.object().with("what", "open").with("path", path).with("identity", identities.getFirst()),
                NOTHING,
                FILES_PATIENCE,
                (answers, silent) -> {
                    List<String> failed = new ArrayList<>();
                    answers.forEach((node, answer) -> {
                        if (answer.has("failed")) {
                            failed.add(settings.cluster().nameOf(node) + ": "
                                    + answer.values().get("failed"));
                        }
                    });
                    silent.forEach(node -> failed.add(settings.cluster().nameOf(node) + " does not answer"));
                    if (failed.isEmpty()) {
                        letAllOpen(
                                paths.subList(1, paths.size()),
                                identities.subList(1, identities.size()),
                                whenAll,
                                asker);
                    } else {
                        asker.answer(notSet(path + " cannot be used by every member: " + String.join("; ", failed)));
                    }
                });
    }

    private Json opened(String path, String identity) throws IOException {
        try (BlockDevice device = BlockDevice.open(Path.of(path))) {
            byte[] start = device.read(ClusterSettings.REGISTRY_OFFSET, RegistryFormat.HEADER_AREA);
            Optional<UUID> found =
                    RegistryFormat.readHeader(start, seal).header().map(RegistryFormat.Header::location);
            if (found.map(UUID::toString).filter(identity::equals).isEmpty()) {
                throw new IOException(path + " is not the medium that was just formatted");
            }
            return Json.object();
        }
    }

    private void set(List<String> wanted, boolean anew, Administration.Asker asker) {
        if (anew) {
            store.scrub(clock.get()); // Finds the new identity, fills it, and lets it count again.
            asker.answer(
                    new Reply.Done(List.of("The location was formatted anew and is being filled; see:  ocrcheck")));
            return;
        }
        long id = change((done, reason) -> {
            if (!done) {
                asker.answer(notSet(reason));
                return;
            }
            List<String> lines = new ArrayList<>();
            lines.add("The registry locations are " + String.join(", ", wanted) + ".");
            if (wanted.size() % 2 == 0) {
                lines.add(wanted.size() + " of them survive no more losses than " + (wanted.size() - 1)
                        + ": add one, or delete one.");
            }
            asker.answer(new Reply.Done(lines));
        });
        store.setLocations(clock.get(), id, wanted);
    }

    private static Reply.Refused notSet(String why) {
        return Reply.Refused.because(
                "HF-2309", "The registry locations were not changed: " + why + ".", "What they are:  ocrcheck -config");
    }

    void close() {
        files.shutdownNow();
    }
}
