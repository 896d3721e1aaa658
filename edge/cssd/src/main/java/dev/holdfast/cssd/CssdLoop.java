package dev.holdfast.cssd;

import dev.holdfast.linux.KillTimer;
import dev.holdfast.linux.Machine;
import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.membership.Effect;
import dev.holdfast.membership.Heartbeat;
import dev.holdfast.membership.Input;
import dev.holdfast.membership.Membership;
import dev.holdfast.membership.MembershipStatus;
import dev.holdfast.membership.Timing;
import dev.holdfast.membership.ViewChange;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.View;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only thread that touches the membership. Adapters never call it; they put what happened in the inbox. What is asked
 * for in return is done here if it is short, and elsewhere if it may take time; long deeds report back as inputs.
 */
final class CssdLoop {
    private static final Logger LOG = LoggerFactory.getLogger(CssdLoop.class);
    /** The longest time between two looks at the clock; half a fast poll if that is shorter. */
    private static final long TICK_MAX_NANOS = 25_000_000;

    private static final int BATCH_MAX = 256;
    private static final Duration PROBE_INTERVAL = Duration.ofSeconds(1);
    private static final Duration LINK_LOOK_INTERVAL = Duration.ofMillis(200);
    /** A private network counts as down after four heartbeats, and not before this. */
    private static final Duration LINK_DOWN_MIN = Duration.ofSeconds(1);

    private static final Duration DISK_LOOK = Duration.ofMillis(100);
    /** A crsd that says nothing for so long hangs, and is started anew: what it runs goes on. */
    private static final Duration CRSD_SILENCE = Duration.ofSeconds(10);

    private static final Duration CRSD_SILENCE_MAX = Duration.ofSeconds(80);

    /** As often is crsd started in vain before this node leaves it to others: the RESTART_ATTEMPTS of ora.crsd in Oracle Clusterware. */
    private static final int CRSD_STARTS_MAX = 10;

    /** The administrator or the service manager wants this node to leave. */
    static final Input STOPPED_BY_PEOPLE = new Input.LeaveRequested("the administrator stops this node", true);

    private final ClusterSettings cluster;
    private final NodeId self;
    private final Membership membership;
    private final DiskSet disks;
    private final DiskSearch diskSearch;
    private final BlockCodec codec;
    private final List<HeartbeatLink> links;
    private final HeartbeatSeal seal;
    private final KillTimer killTimer;
    private final LifeFile life;
    private final @Nullable WatchdogFeeder watchdog;
    private final LettingGo lettingGo;
    private final AddressKeeper keeper;
    private final FenceLevels fence;
    /** By whom the newest order is for: set when it is called off. */
    private final Map<Victim, AtomicBoolean> fences = new HashMap<>();

    private final FenceSelfTest fenceTest;
    private final CrsProcess crsProcess;
    private final EventLog events;
    private final FencingHistory history;
    private final Optional<Path> sysrq;
    private final LinkedBlockingQueue<Runnable> inbox;
    private final ExecutorService fencing = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("fence ", 1).factory());
    private @Nullable CrsLink crs;
    private Moment crsHeard;
    private Duration crsPatience = CRSD_SILENCE;
    private boolean crsLived;
    private boolean leftToOthers;
    private long lastRequest;
    private final Map<Long, Asked> requests = new HashMap<>();

    /** A request of crsd. {@code victim}: whom it wants fenced, if that is what it wants. */
    private record Asked(
            CrsLink.Connection by,
            long id,
            String type,
            @Nullable NodeId victim) {}

    private Moment nextPet;
    private Moment nextDiskLook;
    private boolean whyFencedTold;
    private final LinkStatistics statistics;
    private Moment nextProbe;
    private Moment nextLinkLook;

    /** Everything the loop drives; made once by {@link Cssd}. */
    record Parts(
            ClusterSettings cluster,
            NodeId self,
            Membership membership,
            DiskSet.Opener diskOpener,
            DiskSearch diskSearch,
            BlockCodec codec,
            List<HeartbeatLink> links,
            HeartbeatSeal seal,
            KillTimer killTimer,
            LifeFile life,
            Optional<WatchdogFeeder> watchdog,
            LettingGo lettingGo,
            AddressKeeper keeper,
            FenceLevels fence,
            FenceSelfTest fenceTest,
            CrsProcess crsProcess,
            EventLog events,
            FencingHistory history,
            Optional<Path> sysrq) {}

    CssdLoop(Parts parts, LinkedBlockingQueue<Runnable> inbox) {
        cluster = parts.cluster();
        self = parts.self();
        membership = parts.membership();
        diskSearch = parts.diskSearch();
        codec = parts.codec();
        disks = new DiskSet(parts.diskOpener(), diskSearch, inbox::add, this::step, now());
        links = parts.links();
        seal = parts.seal();
        killTimer = parts.killTimer();
        life = parts.life();
        watchdog = parts.watchdog().orElse(null);
        lettingGo = parts.lettingGo();
        keeper = parts.keeper();
        fence = parts.fence();
        fenceTest = parts.fenceTest();
        crsProcess = parts.crsProcess();
        events = parts.events();
        history = parts.history();
        sysrq = parts.sysrq();
        this.inbox = inbox;
        crsHeard = now();
        nextProbe = now();
        nextLinkLook = now();
        Duration downAfter = cluster.timing().heartbeat().multipliedBy(4);
        statistics = new LinkStatistics(
                cluster.nodeSet().without(self),
                cluster.links(),
                downAfter.compareTo(LINK_DOWN_MIN) < 0 ? LINK_DOWN_MIN : downAfter,
                now());
        nextPet = now();
        nextDiskLook = now();
    }

    private static Moment now() {
        return new Moment(System.nanoTime());
    }

    void setCrsLink(CrsLink link) {
        crs = link;
    }

    /** May be called from any thread. */
    void post(Input input) {
        inbox.add(() -> step(input));
    }

    /** May be called from any thread. */
    void post(CrsLink.Message message) {
        inbox.add(() -> onCrs(message));
    }

    void run() throws InterruptedException {
        var batch = new ArrayList<Runnable>();
        long tickNanos = Math.min(TICK_MAX_NANOS, cluster.timing().fastPoll().toNanos() / 2);
        while (true) {
            Runnable first = inbox.poll(tickNanos, TimeUnit.NANOSECONDS);
            if (first != null) {
                batch.add(first);
                inbox.drainTo(batch, BATCH_MAX); // Bounded: a flood must not put the tick off.
            }
            // What arrived before a tick is heard before it, or peers would look silent after a pause of our own.
            batch.forEach(Runnable::run);
            batch.clear();
            step(new Input.Tick());
            keepHouse();
        }
    }

    private void step(Input input) {
        if (input instanceof Input.HeartbeatReceived(int link, Heartbeat beat)) {
            statistics.heard(now(), link, beat.from(), beat.incarnation(), beat.sequence());
        }
        List<Effect> effects = membership.step(now(), input);
        for (int i = 0; i < effects.size(); i++) {
            perform(effects.get(i));
        }
    }

    private void perform(Effect effect) {
        switch (effect) {
            case Effect.SendHeartbeat send -> send(seal.seal(send.heartbeat()));
            case Effect.AskPeers ask -> send(seal.seal(ask.ask()));
            case Effect.AnswerPeer answer -> send(seal.seal(answer.answer()));
            case Effect.SetWatchdog set -> setWatchdog(set.timeout());
            case Effect.WriteHeartbeat write ->
                disk(write.disk()).ifPresent(disk -> disk.writeHeartbeat(write.operation(), write.block()));
            case Effect.WriteBallot write ->
                disk(write.disk()).ifPresent(disk -> disk.writeBallot(write.operation(), write.block()));
            case Effect.ReadHeartbeats read ->
                disk(read.disk()).ifPresent(disk -> disk.readHeartbeats(read.operation()));
            case Effect.ReadBallots read -> disk(read.disk()).ifPresent(disk -> disk.readBallots(read.operation()));
            case Effect.SeekDisk seek ->
                disks.seek(seek.id(), seek.path(), membership.status(now()).view());
            case Effect.RenewLease renew -> renew(renew);
            case Effect.InstallView install -> {
                disks.onView(install.view());
                tellCrs();
            }
            case Effect.VotingSetShown(View view) ->
                disks.onSetShown(view, view.master().equals(self));
            case Effect.VotedOut out -> remember(out);
            case Effect.Settled settled -> {
                tellCrs();
                history.proved(settled);
            }
            case Effect.LetGo letGo -> letGo(letGo.reason());
            case Effect.Disarm _ -> disarm();
            case Effect.ResetMachine reset -> reset(reset.reason());
            case Effect.Fence order -> fence(order);
            case Effect.CallOffFence order -> {
                AtomicBoolean calledOff = fences.remove(new Victim(order.victim(), order.incarnation()));
                if (calledOff != null) {
                    calledOff.set(true);
                }
            }
            case Effect.ChangeAnswered answer -> answerChange(answer);
            case Effect.ConfirmAnswered answer -> answerCrs(answer.request(), "confirmed", "ok", answer.confirmed());
            case Effect.Exit exit -> exit(exit);
            case Effect.Note note -> {
                LOG.info("{}: {}", note.event(), note.text());
                events.add(System.nanoTime(), note.event(), note.details(), note.text());
            }
        }
    }

    private void send(byte[] datagram) {
        links.forEach(link -> link.send(datagram));
    }

    private void setWatchdog(Duration timeout) {
        if (watchdog == null) {
            post(new Input.WatchdogSet(timeout));
        } else {
            watchdog.setTimeout(timeout, actual -> post(new Input.WatchdogSet(actual)));
        }
    }

    /** Arm, then pet: a process that is stopped between the two is killed by the kernel before the pet wears off. */
    private void renew(Effect.RenewLease renew) {
        try {
            killTimer.arm(renew.until());
            if (watchdog != null && !watchdog.pet()) {
                throw new IOException("the watchdog can't be petted");
            }
        } catch (IOException e) {
            // Without guard no lease: nothing is renewed, and we let go when half of the old lease is over.
            LOG.error("the lease is not renewed, as its guard failed: {}", e.getMessage());
            return;
        }
        MembershipStatus status = membership.status(now());
        remember(renew, status);
        tellCrs(status);
        keeper.renewed(renew.until());
    }

    /** For the cssd after us, should we be killed; without it, that one begins a new life. */
    private void remember(Effect.RenewLease renew, MembershipStatus status) {
        Incarnation incarnation = status.incarnation();
        if (incarnation != null) {
            try {
                life.renewed(incarnation, renew.until().minus(status.timing().lease()), renew.until());
            } catch (IOException e) {
                LOG.warn("cssd.life: {}", e.getMessage());
            }
        }
    }

    private void disarm() {
        try {
            killTimer.disarm();
        } catch (IOException e) {
            LOG.error("kill timer: {}", e.getMessage());
        }
    }

    private void letGo(String reason) {
        try {
            life.ended();
        } catch (IOException e) {
            // Then a next cssd could take up a life that is being let go of: there must be none.
            LOG.error("cssd.life cannot be taken back: {}", e.getMessage());
            Runtime.getRuntime().halt(4);
        }
        sendCrs(Map.of("t", "letgo", "reason", reason));
        crsProcess.stop();
        Thread.ofPlatform().name("letting go").start(() -> {
            keeper.letGo();
            LettingGo.Result result = lettingGo.run();
            post(new Input.LetGoDone(result.verified(), result.detail()));
        });
    }

    private void reset(String reason) {
        LOG.error("resetting this machine: {}", reason);
        events.add(System.nanoTime(), "reset", new java.util.TreeMap<>(Map.of("reason", reason)), reason);
        if (sysrq.isEmpty()) {
            LOG.error("node.conf says reset=none: the kill timer and the watchdog must do it");
            return;
        }
        try {
            Machine.reset(sysrq.get());
        } catch (IOException e) {
            LOG.error(
                    "the machine could not be reset ({}); the kill timer and the watchdog must do it", e.getMessage());
        }
    }

    /** Who proposed it writes it down, and so does the master, in case the proposer does not live to do it. */
    private void remember(Effect.VotedOut out) {
        View known = membership.status(now()).view();
        if (out.by().equals(self) || (known != null && known.master().equals(self))) {
            history.votedOut(out);
        }
    }

    /** Once in a life: whether the life before this one was voted out, and why. */
    private void tellWhyFenced() {
        Incarnation own = whyFencedTold ? null : membership.status(now()).incarnation();
        if (own == null) {
            return;
        }
        whyFencedTold = true;
        history.tell(records -> records.stream()
                .filter(record -> record.victim().equals(self) && !record.byItsOwnWord())
                .filter(record -> record.incarnation().next().equals(own))
                .reduce((_, last) -> last)
                .ifPresent(record -> {
                    String text = "the life before this one, %s, was voted out in epoch %s by %s at %s: %s; %s"
                            .formatted(
                                    record.incarnation(),
                                    record.evictedIn(),
                                    cluster.nameOf(record.by()),
                                    Instant.ofEpochMilli(record.wallMillis()),
                                    record.reason(),
                                    record.proof()
                                            .map(proof -> "proof " + proof.kind() + ": " + proof.text())
                                            .orElse("no proof was recorded yet"));
                    LOG.warn("why-fenced: {}", text);
                    events.add(
                            System.nanoTime(),
                            "why-fenced",
                            new TreeMap<>(Map.of(
                                    "incarnation", record.incarnation().toString(),
                                    "epoch", record.evictedIn().toString(),
                                    "by", cluster.nameOf(record.by()),
                                    "reason", record.reason())),
                            text);
                }));
    }

    private record Victim(NodeId node, Incarnation life) {}

    private void fence(Effect.Fence order) {
        history.happened(order.victim(), order.incarnation(), FencingRecord.Kind.REQUESTED, order.reason());
        AtomicBoolean calledOff = new AtomicBoolean();
        fences.put(new Victim(order.victim(), order.incarnation()), calledOff);
        fencing.execute(() -> {
            try {
                String how = fence.off(order.victim(), calledOff::get);
                history.happened(order.victim(), order.incarnation(), FencingRecord.Kind.FENCED, how);
                post(new Input.FenceSucceeded(order.victim(), order.incarnation(), how));
            } catch (FenceFailed e) {
                String why = String.valueOf(e.getMessage());
                history.happened(order.victim(), order.incarnation(), FencingRecord.Kind.FAILED, why);
                post(new Input.FenceFailed(order.victim(), order.incarnation(), why));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void exit(Effect.Exit exit) {
        LOG.info("cssd ends: {}{}", exit.reason(), exit.restart() ? "" : "; it is not to be started again");
        crsProcess.stop();
        if (watchdog != null && !disarmWatchdog(watchdog)) {
            LOG.error("the watchdog could not be disarmed; it will reset this machine");
        }
        events.flush(500);
        // Not System.exit: a disk thread that hangs in the kernel must not hold up the end.
        Runtime.getRuntime().halt(exit.restart() ? 0 : 3);
    }

    private static boolean disarmWatchdog(WatchdogFeeder watchdog) {
        try {
            return watchdog.disarm(Duration.ofSeconds(1));
        } catch (InterruptedException e) {
            return false;
        }
    }

    /** What is not membership's business: a harmless node pets its watchdog by the clock, and a crsd that hangs is replaced. */
    private void keepHouse() {
        Moment now = now();
        watchLinks(now);
        if (!now.isBefore(nextDiskLook)) {
            nextDiskLook = now.plus(DISK_LOOK);
            disks.tick(now, membership.status(now).view());
        }
        tellWhyFenced();
        if (watchdog != null && membership.isHarmless() && !now.isBefore(nextPet)) {
            nextPet = now.plus(watchdog.timeout().dividedBy(4));
            watchdog.pet();
        }
        if (now.since(crsHeard).compareTo(crsPatience) > 0) {
            LOG.warn("crsd has been silent for {} s; it is started anew", crsPatience.toSeconds());
            crsHeard = now;
            // On a starved machine a start may take longer than any fixed time: who kills each one too early gets none.
            crsPatience = crsPatience.compareTo(CRSD_SILENCE_MAX) < 0 ? crsPatience.multipliedBy(2) : crsPatience;
            crsProcess.restart();
        }
        leaveToOthers(now);
    }

    /**
     * A node whose crsd does not come back watches nothing it runs, and as master keeps the whole cluster from being looked after. If there
     * are others, it lets go of everything and begins a new life, in which it is not the master. In a life in which it runs nothing and is not
     * the master it stays: being a member without a crsd harms nobody.
     *
     * <p>Only a crsd that does not even reach us counts, as that is for reasons of this node. One that reaches us and then dies may die of
     * what all nodes share, the content of the registry; leaving would stop what runs well, on one node after the other.
     */
    private void leaveToOthers(Moment now) {
        if (leftToOthers || crsProcess.failures() < CRSD_STARTS_MAX) {
            return;
        }
        View view = membership.status(now).view();
        if (view == null
                || view.members().size() < 2
                || !(crsLived || view.master().equals(self))) {
            return;
        }
        leftToOthers = true;
        String starts = String.valueOf(crsProcess.failures());
        String text = "crsd was started " + starts
                + " times in vain; this node stops what it runs and leaves it to the others";
        LOG.error("HF-1131: {}. See crsd.out and crsd.log for why it ends.", text);
        events.add(System.nanoTime(), "crsd-given-up", new TreeMap<>(Map.of("starts", starts)), text);
        step(new Input.LeaveRequested(text, false));
    }

    /** May be called from any thread. */
    void echoed(int link, NodeId from, Duration roundTrip) {
        inbox.add(() -> statistics.echoed(link, from, roundTrip));
    }

    private void watchLinks(Moment now) {
        if (!now.isBefore(nextProbe)) {
            nextProbe = now.plus(PROBE_INTERVAL);
            links.forEach(link -> link.send(seal.seal(new HeartbeatSeal.Probe(false, self, self, System.nanoTime()))));
        }
        if (now.isBefore(nextLinkLook)) {
            return;
        }
        nextLinkLook = now.plus(LINK_LOOK_INTERVAL);
        for (LinkStatistics.Change change : statistics.changes(now)) {
            String network = String.valueOf(change.link() + 1);
            String peer = cluster.nameOf(change.peer());
            String text = change.up()
                    ? "private network %s to %s works".formatted(network, peer)
                    : "nothing is heard of %s over private network %s any more".formatted(peer, network);
            if (change.up()) {
                LOG.info(text);
            } else {
                LOG.warn(
                        "HF-1130: {}. See 'crsctl query css links'; look at the cable, the switch and {}.", text, peer);
            }
            events.add(
                    System.nanoTime(),
                    change.up() ? "link-up" : "link-down",
                    new TreeMap<>(Map.of("peer", peer, "link", network)),
                    text);
        }
    }

    // ------------------------------------------------------------------------------------------ crsd

    private void sendCrs(Map<String, Object> fields) {
        CrsLink link = crs;
        if (link != null) {
            link.send(fields);
        }
    }

    /** A request gets a number of ours: those of two lives of crsd may be the same. */
    private long asked(CrsLink.Message message) {
        return asked(message, null);
    }

    private long asked(CrsLink.Message message, @Nullable NodeId victim) {
        lastRequest++;
        requests.put(
                lastRequest,
                new Asked(
                        message.from(),
                        number(message.fields(), "id"),
                        String.valueOf(message.fields().get("t")),
                        victim));
        return lastRequest;
    }

    /** Only to the crsd that asked, and only if it is still the one that counts. */
    private void answerCrs(long request, String type, String key, boolean value) {
        Asked asked = requests.remove(request);
        CrsLink link = crs;
        if (asked != null && link != null && link.isNewest(asked.by())) {
            asked.by().send(Map.of("t", type, "id", asked.id(), key, value));
        }
    }

    private Optional<VotingDisk> disk(int number) {
        return disks.get(number); // One that was closed meanwhile has told so; nothing waits for it.
    }

    /** Told by the search. */
    void onDiskPaths(java.util.Set<Path> paths) {
        disks.onPaths(paths);
    }

    /** May be called from any thread. */
    List<Path> votingDiskPaths() {
        return disks.inUse();
    }

    /** Adds and deletes voting disks, as the master: formats the new ones, beside the loop, and then lets the membership decide. */
    private void changeDisks(CrsLink.Message message) {
        long request = asked(message);
        Map<String, Object> fields = message.fields();
        List<String> add = texts(fields.get("add"));
        MembershipStatus status = membership.status(now());
        View view = status.view();
        SortedSet<UUID> remove = new TreeSet<>();
        String objection = view == null || !view.master().equals(self) ? "this node is not the master" : "";
        SortedSet<UUID> voting = new TreeSet<>();
        SortedSet<UUID> usable = new TreeSet<>();
        for (MembershipStatus.Disk each : status.disks()) {
            if (each.id() != null && each.votes() && !each.outgoing()) {
                voting.add(each.id());
                if (each.usable()) {
                    usable.add(each.id());
                }
            }
        }
        for (String text : texts(fields.get("remove"))) {
            UUID id = voting.stream()
                    .filter(each -> DiskSet.text(each).equalsIgnoreCase(text.replace("-", "")))
                    .findFirst()
                    .or(() -> disks.find(text).map(BlockCodec.Header::disk).filter(each -> voting.contains(each)))
                    .orElse(null);
            if (id == null) {
                objection = "no voting disk is '" + text + "'; 'crsctl query css votedisk' shows them";
            } else {
                remove.add(id);
            }
        }
        if (Boolean.TRUE.equals(fields.get("removeRest"))) {
            remove.addAll(voting);
        }
        int size = voting.size() + add.size() - remove.size();
        if (objection.isEmpty() && size != 1 && size != 3 && size != 5) {
            objection =
                    "there would be " + size + " voting disks; 1, 3 or 5 are possible, as an even number bears the loss"
                            + " of no more disks than one less. Add or delete several disks with one command";
        }
        Path source = disks.source(usable).orElse(null);
        if (objection.isEmpty() && source == null) {
            objection = "no voting disk can be read";
        }
        if (!objection.isEmpty() || source == null) {
            refuseChange(request, objection);
            return;
        }
        boolean force = Boolean.TRUE.equals(fields.get("force"));
        Thread.ofPlatform().daemon().name("new voting disk").start(() -> {
            SortedMap<UUID, String> made = new TreeMap<>();
            try {
                for (String path : add) {
                    made.put(NewVotingDisk.format(Path.of(path).toRealPath(), source, codec, force), path);
                }
            } catch (IOException | RuntimeException e) {
                String why = e instanceof java.nio.file.NoSuchFileException
                        ? "there is no " + e.getMessage() + " on " + cluster.nameOf(self)
                        : String.valueOf(e.getMessage());
                inbox.add(() -> refuseChange(request, why));
                return;
            }
            inbox.add(() -> {
                View present = membership.status(now()).view();
                made.forEach((id, path) -> disks.seek(id, path, present));
                step(new Input.ChangeWanted(request, new ViewChange.ChangeDisks(made, remove)));
            });
        });
    }

    private static List<String> texts(@Nullable Object list) {
        return list instanceof List<?> texts
                ? texts.stream().map(String::valueOf).toList()
                : List.of();
    }

    private void refuseChange(long request, String why) {
        View view = membership.status(now()).view();
        if (view != null) {
            answerChange(new Effect.ChangeAnswered(request, false, view, why));
        } else {
            requests.remove(request);
        }
    }

    /** Nodes by name: the membership knows numbers only. */
    private String named(String text) {
        String named = text;
        for (NodeId node : cluster.nodes().keySet()) {
            named = named.replaceAll("\\b" + node + "\\b", cluster.nameOf(node));
        }
        return named;
    }

    private void answerChange(Effect.ChangeAnswered answer) {
        Asked asked = requests.remove(answer.request());
        CrsLink link = crs;
        if (asked != null && link != null && link.isNewest(asked.by())) {
            asked.by()
                    .send(Map.of(
                            "t",
                            asked.type(),
                            "id",
                            asked.id(),
                            "accepted",
                            answer.accepted(),
                            "why",
                            named(answer.why()),
                            "epoch",
                            answer.current().epoch().number(),
                            "device",
                            asked.victim() != null && fence.knows(asked.victim())));
        }
    }

    private void tellCrs() {
        tellCrs(membership.status(now()));
    }

    private void tellCrs(MembershipStatus status) {
        View view = status.view();
        Incarnation incarnation = status.incarnation();
        if (view == null || incarnation == null || !status.phase().equals("MEMBER")) {
            return;
        }
        Map<String, Object> members = new LinkedHashMap<>();
        view.members().forEach((node, life) -> members.put(String.valueOf(node.number()), life.number()));
        List<Map<String, Object>> unsettled = new ArrayList<>();
        for (View.Unsettled each : view.unsettled()) {
            String proof = status.settled().get(each);
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("node", each.node().number());
            entry.put("incarnation", each.incarnation().number());
            entry.put("evictedIn", each.evictedIn().number());
            entry.put("settled", proof != null);
            entry.put("proof", proof == null ? "" : proof.substring(0, proof.indexOf(':')));
            entry.put("detail", proof == null ? "" : proof.substring(proof.indexOf(':') + 2));
            unsettled.add(entry);
        }
        RegistryRoot root = view.registryRoot();
        Moment lease = status.leaseUntil();
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("t", "view");
        message.put("self", self.number());
        message.put("incarnation", incarnation.number());
        message.put("epoch", view.epoch().number());
        message.put("sub", view.sub());
        message.put("master", view.master().number());
        message.put("members", members);
        message.put("unsettled", unsettled);
        message.put(
                "root",
                Map.of(
                        "ownerEpoch", root.ownerEpoch(),
                        "ownerIncarnation", root.ownerIncarnation(),
                        "segment", root.segment(),
                        "generation", root.generation()));
        // As text: the parser at the other end goes through doubles, which bend nanoseconds after 104 days of uptime.
        message.put("lease", lease == null ? "0" : String.valueOf(lease.nanos()));
        message.put(
                "letGoAt",
                lease == null
                        ? "0"
                        : String.valueOf(
                                lease.minus(status.timing().letGoAfter()).nanos()));
        sendCrs(message);
    }

    private void onCrs(CrsLink.Message message) {
        CrsLink link = crs;
        if (link == null || !link.isNewest(message.from())) {
            return;
        }
        Map<String, Object> fields = message.fields();
        crsHeard = now();
        switch (String.valueOf(fields.get("t"))) {
            case "connected" -> {
                crsProcess.reached();
                tellCrs();
            }
            case "gone" -> LOG.warn("crsd is gone");
            case "alive" -> {
                crsPatience = CRSD_SILENCE;
                crsLived = true;
                step(new Input.WeightChanged((int) number(fields, "weight")));
            }
            case "root" -> {
                if (fields.get("root") instanceof Map<?, ?> root) {
                    step(new Input.ChangeWanted(
                            asked(message),
                            new ViewChange.SetRoot(
                                    new Epoch(number(fields, "epoch")),
                                    new RegistryRoot(
                                            number(root, "ownerEpoch"),
                                            number(root, "ownerIncarnation"),
                                            (int) number(root, "segment"),
                                            number(root, "generation")))));
                }
            }
            case "confirm" -> step(new Input.ConfirmWanted(asked(message), new Epoch(number(fields, "epoch"))));
            case "leave" -> step(STOPPED_BY_PEOPLE);
            case "operator" -> {
                long node = number(fields, "node");
                if (node >= 1 && node <= NodeId.MAX) {
                    step(new Input.OperatorConfirmed(new NodeId((int) node), String.valueOf(fields.get("operator"))));
                }
                message.from().send(Map.of("t", "operator", "id", number(fields, "id")));
            }
            case "fence" -> {
                long node = number(fields, "node");
                if (node >= 1 && node <= NodeId.MAX) {
                    step(new Input.ChangeWanted(
                            asked(message, new NodeId((int) node)),
                            new ViewChange.Evict(
                                    new NodeId((int) node),
                                    String.valueOf(fields.get("by")),
                                    String.valueOf(fields.get("reason")))));
                }
            }
            case "setcss" -> {
                SortedMap<String, Integer> changes = new TreeMap<>();
                changes.put(String.valueOf(fields.get("name")), (int) number(fields, "millis"));
                step(new Input.ChangeWanted(asked(message), new ViewChange.SetCss(changes)));
            }
            case "disks" -> changeDisks(message);
            case "css" -> {
                if ("fencing".equals(fields.get("query"))) {
                    answerFencing(message);
                } else {
                    message.from().send(answer(fields));
                }
            }
            default -> LOG.warn("crsd said something unknown: {}", fields);
        }
    }

    private static long number(Map<?, ?> fields, String key) {
        return fields.get(key) instanceof Number number ? number.longValue() : 0;
    }

    private Map<String, Object> answer(Map<String, Object> question) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("t", "css");
        answer.put("id", number(question, "id"));
        MembershipStatus status = membership.status(now());
        switch (String.valueOf(question.get("query"))) {
            case "votedisk" -> answer.put("disks", votingDisks(status));
            case "timing" -> {
                Timing timing = status.timing();
                answer.put("misscountSeconds", seconds(timing.misscount()));
                answer.put("disktimeoutSeconds", seconds(timing.diskTimeout()));
                answer.put("reboottimeSeconds", seconds(timing.watchdog()));
                answer.put("profile", cluster.profile());
                answer.put("leaseMillis", timing.lease().toMillis());
                answer.put("takeoverMillis", timing.takeoverAfter().toMillis());
                answer.put("certificate", timing.certificate());
                Map<String, Object> settings = new LinkedHashMap<>();
                Timing.NAMES.forEach(name -> settings.put(name, timing.get(name).toMillis()));
                answer.put("settings", settings);
                View view = status.view();
                answer.put("changed", view == null ? Map.of() : view.css());
            }
            case "nodes" -> answer.put("nodes", nodes(status));
            case "links" -> answer.put("links", linkFigures());
            default -> answer.put("error", "unknown query " + question.get("query"));
        }
        return answer;
    }

    /** Answered later: the records are read from the voting disks first, and those may take their time. */
    private void answerFencing(CrsLink.Message question) {
        MembershipStatus status = membership.status(now());
        View known = status.view();
        Set<View.Unsettled> open = new LinkedHashSet<>(known == null ? List.of() : known.unsettled());
        open.removeAll(status.settled().keySet());
        long id = number(question.fields(), "id");
        history.tell(records -> {
            List<Map<String, Object>> list = new ArrayList<>();
            Set<View.Unsettled> unrecorded = new LinkedHashSet<>(open);
            for (FencingRecord record : records) {
                boolean isOpen = open.stream().anyMatch(record::isOf);
                unrecorded.removeIf(record::isOf);
                list.add(FencingAnswer.of(record, isOpen, cluster));
            }
            unrecorded.forEach(each -> list.add(FencingAnswer.of(each, cluster)));
            question.from()
                    .send(Map.of(
                            "t",
                            "css",
                            "id",
                            id,
                            "devices",
                            FencingAnswer.of(fenceTest.findings(), cluster),
                            "records",
                            list));
        });
    }

    private List<Map<String, Object>> linkFigures() {
        List<Map<String, Object>> list = new ArrayList<>();
        for (LinkStatistics.Figures each : statistics.figures(now())) {
            ClusterSettings.Node peer = cluster.nodes().get(each.peer());
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("number", each.link() + 1);
            entry.put("node", cluster.nameOf(each.peer()));
            entry.put("address", peer == null ? "" : peer.privateAddresses().get(each.link()));
            entry.put("state", each.state());
            entry.put("roundTripMicros", each.roundTripMicros());
            entry.put("lostPerMille", each.lostPerMille());
            entry.put("silentMillis", each.silentMillis());
            list.add(entry);
        }
        return list;
    }

    private static String seconds(Duration span) {
        return String.valueOf(span.toMillis() / 1000.0);
    }

    private List<Map<String, Object>> votingDisks(MembershipStatus status) {
        List<Map<String, Object>> list = new ArrayList<>();
        Duration patience = cluster.timing().diskTimeout();
        int number = 0;
        for (MembershipStatus.Disk each : status.disks()) {
            UUID id = each.id();
            if (!each.votes() || id == null) {
                continue;
            }
            boolean offline = each.silent().compareTo(patience) > 0 || each.disk() < 0;
            String state = each.usable() && !each.outgoing() ? "ONLINE" : offline ? "OFFLINE" : "PENDOFFL";
            String problem = each.outgoing()
                    ? "it loses its vote as soon as every node has said that it knows the new voting disks"
                    : each.usable() ? "" : each.detail().isEmpty() ? "does not answer" : each.detail();
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("number", ++number);
            entry.put("state", state);
            entry.put("uuid", DiskSet.text(id));
            entry.put("path", disks.pathOf(id).map(Path::toString).orElse(""));
            entry.put("latencyMicros", each.latency().toNanos() / 1000);
            entry.put("worstMicros", each.worst().toNanos() / 1000);
            entry.put(
                    "seenBy",
                    each.seenBy().nodes().stream().map(cluster::nameOf).toList());
            entry.put("detail", problem);
            list.add(entry);
        }
        for (Map.Entry<Path, String> unused : disks.unused().entrySet()) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("number", 0);
            entry.put("state", "UNUSED");
            entry.put("path", unused.getKey().toString());
            entry.put("seenBy", List.of());
            entry.put("detail", unused.getValue());
            list.add(entry);
        }
        return list;
    }

    private List<Map<String, Object>> nodes(MembershipStatus status) {
        List<Map<String, Object>> list = new ArrayList<>();
        View view = status.view();
        cluster.nodes().forEach((id, node) -> {
            Incarnation life = view == null ? null : view.members().get(id);
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("number", id.number());
            entry.put("name", node.name());
            entry.put("active", life != null && status.phase().equals("MEMBER"));
            entry.put("private", String.join(",", node.privateAddresses()));
            entry.put("incarnation", life == null ? 0 : life.number());
            entry.put("weight", status.weights().getOrDefault(id, 0));
            list.add(entry);
        });
        return list;
    }
}
