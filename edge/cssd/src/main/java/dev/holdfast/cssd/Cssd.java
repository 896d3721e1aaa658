package dev.holdfast.cssd;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import dev.holdfast.linux.Cgroup;
import dev.holdfast.linux.ClassWarmUp;
import dev.holdfast.linux.KillTimer;
import dev.holdfast.linux.Linux;
import dev.holdfast.linux.Machine;
import dev.holdfast.linux.Scheduling;
import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.membership.Input;
import dev.holdfast.membership.InvalidSettings;
import dev.holdfast.membership.Membership;
import dev.holdfast.membership.MembershipSettings;
import dev.holdfast.membership.Resume;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The membership daemon. Reads its settings, makes sure that nothing of an earlier life is left running, checks what it
 * relies on and says loudly what is missing, and then runs the loop.
 *
 * <p>Exit codes: 0 start me again (a new life), 1 settings or machine unfit, 3 stopped on purpose.
 */
public final class Cssd {
    private static final Logger LOG = LoggerFactory.getLogger(Cssd.class);
    private static final int LOOP_PRIORITY = 20;
    private static final int IO_PRIORITY = 21;
    private static final int LAST_TO_BE_KILLED = -1000;
    private static final Duration ECHO_MAX = Duration.ofSeconds(10);
    private static final Duration LEAVE_PATIENCE = Duration.ofSeconds(30);
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(5);

    private Cssd() {}

    /** Takes no arguments; see docs/manual for cluster.conf and node.conf. */
    public static void main(String[] arguments) {
        Restart restart = Restart.begins(System.getenv());
        Directories directories = Directories.of(System.getenv());
        try {
            Files.createDirectories(directories.log());
            Files.createDirectories(directories.run());
            Files.createDirectories(directories.var());
            logTo(directories.log().resolve("cssd.log"));
            start(directories, restart);
        } catch (InvalidSettings e) {
            e.problems().forEach(problem -> complain("HF-1101: " + problem));
            System.exit(1);
        } catch (IOException e) {
            complain("HF-1103: cssd cannot start: " + e.getMessage());
            System.exit(1);
        } catch (InterruptedException e) {
            System.exit(1);
        } catch (RuntimeException | Error e) {
            // We broke our own invariant: a wrong node is worse than a lost one. The guards do the rest.
            LOG.error("cssd stops", e);
            Runtime.getRuntime().halt(4);
        }
    }

    private static void complain(String text) {
        LOG.error(text);
        System.err.println(text);
    }

    private static void start(Directories directories, Restart restart)
            throws IOException, InvalidSettings, InterruptedException {
        ClusterSettings cluster =
                ClusterSettings.read(NodeConf.load(directories.etc().resolve("cluster.conf")));
        NodeConf node = NodeConf.read(NodeConf.load(directories.etc().resolve("node.conf")), cluster);
        ClusterKey key = ClusterKey.read(directories.etc().resolve("cluster.key"));
        NodeId self = node.self();
        LOG.info("cssd of {} ({}) in cluster {} starts", cluster.nameOf(self), self, cluster.name());
        cluster.timing().certificate().forEach(LOG::info);

        Cgroup group = Cgroup.root().child("holdfast-" + cluster.name() + "-" + cluster.nameOf(self));
        group.create();
        LettingGo lettingGo = new LettingGo(group, KILL_PATIENCE);
        UUID boot = Machine.bootId();
        LifeFile life = new LifeFile(directories.run().resolve("cssd.life"), boot);
        KillTimer killTimer = KillTimer.create();
        Resume resume = takeUp(life, cluster, killTimer).orElse(null);
        restart.reached("armed");
        if (resume == null) {
            Linux.warmUp(); // Takes time which a life that is to be taken up does not have.
            warmUp();
            life.ended();
            LettingGo.Result clean = lettingGo.run();
            if (!clean.verified()) {
                throw new IOException("something of an earlier life cannot be stopped: " + clean.detail());
            }
        }

        lockIn();
        LinkedBlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
        CssdLoop[] loop = new CssdLoop[1];
        java.util.function.Consumer<Input> post = input -> loop[0].post(input);

        BlockCodec codec = new BlockCodec(new BlockSeal(cluster.id(), key));
        int highest = cluster.nodes().lastKey().number();
        List<String> places = new ArrayList<>(cluster.votingDisks());
        places.addAll(cluster.votingDiscovery());
        DiskSearch search = new DiskSearch(
                places,
                directories.var().resolve("voting-disks"),
                paths -> inbox.add(() -> loop[0].onDiskPaths(paths)));
        HeartbeatSeal seal = new HeartbeatSeal(key);
        List<HeartbeatLink> links =
                links(cluster, self, seal, post, (link, from, took) -> loop[0].echoed(link, from, took));
        EventLog events = new EventLog(directories.log().resolve("events.jsonl"), cluster.nameOf(self));
        Cgroup fenceGroup = group.child("fence");
        if (fenceGroup.populated()) {
            fenceGroup.kill(); // Agents of an earlier life, which wait for an answer that nobody wants.
        }
        List<FenceAgent> agents = cluster.fence().stream()
                .map(device -> new FenceAgent(device, fenceGroup))
                .toList();
        FenceSelfTest selfTest = new FenceSelfTest(
                self,
                agents,
                (agent, of, good, detail) -> tellTested(events, cluster, agent, of, good, detail),
                System::currentTimeMillis);
        RecordCodec records = new RecordCodec(new BlockSeal(cluster.id(), key));
        FencingHistory history = new FencingHistory(
                self,
                () -> loop[0].votingDiskPaths(),
                path -> new RecordLane(path, self, highest, codec, records),
                System::currentTimeMillis);
        AddressKeeper keeper = AddressKeeper.ofKernel();
        CrsProcess crsProcess = new CrsProcess(
                group.child("crsd"), directories.log().resolve("crsd.out"), resume != null, keeper::crsdEnded);
        long chance = new SecureRandom().nextLong();
        // Last of all: from here on the machine is reset unless the loop, which begins now, pets in time.
        Optional<WatchdogFeeder> watchdog = openWatchdog(node, cluster);
        boolean timerTakeover = mayBeTakenOverByTimer(watchdog, cluster);
        MembershipSettings settings = new MembershipSettings(
                self,
                cluster.nodeSet(),
                0, // They have identities.
                cluster.links(),
                cluster.timing(),
                boot.getMostSignificantBits() ^ boot.getLeastSignificantBits(),
                timerTakeover,
                !cluster.fence().isEmpty(),
                cluster.bootWait(),
                chance);
        realTime(LOOP_PRIORITY);
        CssdLoop made = new CssdLoop(
                new CssdLoop.Parts(
                        cluster,
                        self,
                        new Membership(settings, resume, new Moment(System.nanoTime())),
                        (number, path) ->
                                new VotingDisk(number, path, self, highest, codec, () -> realTime(IO_PRIORITY), post),
                        search,
                        codec,
                        links,
                        seal,
                        killTimer,
                        life,
                        watchdog,
                        lettingGo,
                        keeper,
                        new FenceLevels(agents),
                        selfTest,
                        crsProcess,
                        events,
                        history,
                        node.sysrq()),
                inbox);
        loop[0] = made;
        made.setCrsLink(new CrsLink(directories.run().resolve("cssd.sock"), made::post, keeper::crsdComes));
        // SIGTERM is the service manager's way to say "leave": let go, say STOPPED, disarm the watchdog, and only then
        // end.
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            made.post(CssdLoop.STOPPED_BY_PEOPLE);
                            long deadline = System.nanoTime() + LEAVE_PATIENCE.toNanos();
                            while (System.nanoTime() - deadline < 0) { // The loop halts the process long before.
                                LockSupport.parkNanos(LEAVE_PATIENCE.toNanos());
                            }
                        },
                        "leave"));
        links.forEach(HeartbeatLink::start);
        if (!agents.isEmpty() && cluster.fenceSelfTest().isPositive()) {
            selfTest.start(cluster.fenceSelfTest());
        }
        search.start();
        crsProcess.start();
        if (resume != null) {
            restart.reached("loop");
            events.add(System.nanoTime(), "taking-up", restart.steps(), restart.text());
            Thread.ofPlatform().daemon().name("warm-up").start(Cssd::warmUpLate); // There was no time for it before.
        }
        made.run();
    }

    private static void warmUpLate() {
        try {
            Linux.warmUp();
        } catch (IOException e) {
            LOG.warn("not everything is ready before it is needed: {}", e.getMessage());
        }
        warmUp();
    }

    private static void warmUp() {
        LOG.info("{} classes are ready", ClassWarmUp.everythingBeside(Membership.class, NodeId.class, Cssd.class));
    }

    /**
     * Whether the life of the cssd before us can go on: its lease is not half over. Then the kernel timer is armed for the
     * end of that lease before anything else, above all before the watchdog is opened and so petted.
     */
    private static Optional<Resume> takeUp(LifeFile life, ClusterSettings cluster, KillTimer killTimer)
            throws IOException {
        Optional<LifeFile.Held> held = life.read();
        Moment now = new Moment(System.nanoTime());
        if (held.isEmpty()
                || now.since(held.get().began()).compareTo(cluster.timing().letGoAfter()) >= 0
                || !held.get().until().isAfter(now)) {
            return Optional.empty();
        }
        killTimer.arm(held.get().until());
        LOG.info(
                "the cssd before this one renewed its lease {} ms ago: its life {} is taken up, and nothing is stopped",
                now.since(held.get().began()).toMillis(),
                held.get().incarnation());
        return Optional.of(new Resume(held.get().incarnation(), held.get().began()));
    }

    private static List<HeartbeatLink> links(
            ClusterSettings cluster,
            NodeId self,
            HeartbeatSeal seal,
            java.util.function.Consumer<Input> post,
            Echoes echoes)
            throws IOException {
        List<HeartbeatLink> links = new ArrayList<>();
        for (int link = 0; link < cluster.links(); link++) {
            int index = link;
            ClusterSettings.Node own = cluster.nodes().get(self);
            if (own == null) {
                throw new IOException("this node is not in cluster.conf");
            }
            List<String> peers = cluster.nodes().values().stream()
                    .filter(each -> !each.id().equals(self))
                    .map(each -> each.privateAddresses().get(index))
                    .toList();
            links.add(new HeartbeatLink(
                    index,
                    own.privateAddresses().get(index),
                    peers,
                    cluster.heartbeatPort(),
                    (from, bytes, length) -> {
                        if (HeartbeatSeal.mayBeProbe(length)) {
                            return probed(self, seal, from, bytes, length, echoes);
                        }
                        seal.open(from, bytes, length).ifPresent(post);
                        return null;
                    },
                    () -> realTime(IO_PRIORITY)));
        }
        return links;
    }

    /** Answers a probe at once, on the link's own thread; measures what comes back. Returns the answer to send, if any. */
    private static byte @Nullable [] probed(
            NodeId self, HeartbeatSeal seal, int link, byte[] bytes, int length, Echoes echoes) {
        long arrived = System.nanoTime();
        HeartbeatSeal.Probe probe = seal.openProbe(bytes, length).orElse(null);
        if (probe == null || probe.from().equals(self)) {
            return null;
        }
        if (!probe.echo()) {
            return seal.seal(new HeartbeatSeal.Probe(true, self, probe.from(), probe.stamp()));
        }
        long took = arrived - probe.stamp();
        if (probe.to().equals(self)
                && took > 0
                && took < ECHO_MAX.toNanos()) { // Older ones were recorded and replayed.
            echoes.echoed(link, probe.from(), Duration.ofNanos(took));
        }
        return null;
    }

    /** Told of a probe that came back, on a link's thread. */
    private interface Echoes {
        void echoed(int link, NodeId from, Duration roundTrip);
    }

    private static void tellTested(
            EventLog events,
            ClusterSettings cluster,
            FenceAgent agent,
            Optional<NodeId> node,
            boolean good,
            String detail) {
        String what = "fence " + agent.name()
                + node.map(of -> ", plug of " + cluster.nameOf(of)).orElse("");
        String text = good ? what + " works again" : what + " does not work: " + detail;
        if (good) {
            LOG.info(text);
        } else {
            LOG.warn(
                    "HF-1120: {}. If a node is lost now, this device does not prove it harmless. See"
                            + " 'crsctl query css fencing'; try the agent by hand.",
                    text);
        }
        events.add(
                System.nanoTime(),
                good ? "fence-device-good" : "fence-device-broken",
                new TreeMap<>(Map.of(
                        "device",
                        String.valueOf(agent.settings().number()),
                        "of",
                        node.map(cluster::nameOf).orElse(""),
                        "detail",
                        detail)),
                text);
    }

    /** Real-time class and locked memory are what the fast timings were measured with; without them we go on, and say so. */
    private static void realTime(int priority) {
        try {
            Scheduling.realTime(priority);
        } catch (IOException e) {
            LOG.warn(
                    "HF-1110: thread '{}' runs without real-time priority ({}); under load this node may be evicted"
                            + " for being late. Use profile default or conservative, or grant CAP_SYS_NICE.",
                    Thread.currentThread().getName(),
                    e.getMessage());
        }
    }

    private static void lockIn() {
        try {
            Scheduling.lockMemory();
        } catch (IOException e) {
            LOG.warn(
                    "HF-1111: memory is not locked ({}); paging may delay heartbeats. Grant CAP_IPC_LOCK.",
                    e.getMessage());
        }
        if (!Scheduling.adjustOutOfMemoryScore(LAST_TO_BE_KILLED)) {
            LOG.info("the out-of-memory score could not be lowered");
        }
    }

    private static Optional<WatchdogFeeder> openWatchdog(NodeConf node, ClusterSettings cluster)
            throws IOException, InterruptedException {
        if (node.watchdog().isEmpty()) {
            LOG.warn("HF-1112: no watchdog is configured (node.conf: watchdog=/dev/watchdog); if this node hangs, its"
                    + " resources can be taken over only after a fence device or a person confirmed that it is off");
            return Optional.empty();
        }
        Duration wanted = cluster.timing().watchdog();
        WatchdogFeeder watchdog = WatchdogFeeder.open(node.watchdog().get(), wanted, () -> realTime(IO_PRIORITY));
        Optional<Duration> set = watchdog.armed().timeout();
        if (set.isPresent() && set.get().compareTo(wanted) > 0) {
            boolean _ = watchdog.disarm(Duration.ofSeconds(1));
            throw new IOException(
                    "C2: the watchdog " + node.watchdog().get() + " cannot do " + wanted.toMillis() + " ms, it took "
                            + set.get().toMillis() + " ms; set timing.watchdog to that in cluster.conf on all nodes");
        }
        LOG.info(
                "watchdog {} ({}) is armed with {}",
                node.watchdog().get(),
                watchdog.armed().identity().orElse("no name"),
                set.map(each -> each.toMillis() + " ms").orElse("its own timeout, which it does not tell"));
        return Optional.of(watchdog);
    }

    private static boolean mayBeTakenOverByTimer(Optional<WatchdogFeeder> watchdog, ClusterSettings cluster) {
        if (watchdog.isEmpty()) {
            return false;
        }
        if (watchdog.get().armed().software()) {
            LOG.warn("HF-1113: the watchdog is softdog, which dies with the kernel it should guard against;"
                    + " takeover by timer is off for this node");
            return false;
        }
        Optional<String> hypervisor = Machine.hypervisor();
        if (hypervisor.isPresent() && !cluster.virtualTimerTakeover()) {
            LOG.warn(
                    "HF-1114: this is a virtual machine ({}), which can be frozen together with its watchdog;"
                            + " takeover by timer is off unless cluster.conf says timer.takeover.on.virtual=yes",
                    hypervisor.get());
            return false;
        }
        return true;
    }

    static void logTo(Path file) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level %msg%n%ex");
        encoder.start();
        RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
        appender.setContext(context);
        appender.setFile(file.toString());
        appender.setEncoder(encoder);
        FixedWindowRollingPolicy rolling = new FixedWindowRollingPolicy();
        rolling.setContext(context);
        rolling.setParent(appender);
        rolling.setFileNamePattern(file + ".%i");
        rolling.setMaxIndex(3);
        rolling.start();
        SizeBasedTriggeringPolicy<ILoggingEvent> trigger = new SizeBasedTriggeringPolicy<>();
        trigger.setContext(context);
        trigger.setMaxFileSize(FileSize.valueOf("10MB"));
        trigger.start();
        appender.setRollingPolicy(rolling);
        appender.setTriggeringPolicy(trigger);
        appender.start();
        // The file system of a log must never hold up membership: a thread of its own writes, and drops rather than
        // waits.
        ch.qos.logback.classic.AsyncAppender async = new ch.qos.logback.classic.AsyncAppender();
        async.setContext(context);
        async.setNeverBlock(true);
        async.addAppender(appender);
        async.start();
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        root.setLevel(ch.qos.logback.classic.Level.INFO);
        root.addAppender(async);
    }
}
