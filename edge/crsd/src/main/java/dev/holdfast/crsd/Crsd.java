package dev.holdfast.crsd;

import dev.holdfast.control.Codec;
import dev.holdfast.control.ControlServer;
import dev.holdfast.control.Hello;
import dev.holdfast.linux.Account;
import dev.holdfast.linux.ClassWarmUp;
import dev.holdfast.linux.Linux;
import dev.holdfast.linux.Machine;
import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.membership.InvalidSettings;
import dev.holdfast.model.ActionKind;
import dev.holdfast.model.CustomAction;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.Moment;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.RegistryRoot;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.View;
import dev.holdfast.node.ClusterView;
import dev.holdfast.node.Crs;
import dev.holdfast.node.CrsEffect;
import dev.holdfast.node.CrsInput;
import dev.holdfast.node.CrsSettings;
import dev.holdfast.policy.Changes;
import dev.holdfast.policy.Policy;
import dev.holdfast.registry.Batch;
import dev.holdfast.registry.LocationReport;
import dev.holdfast.registry.Mastership;
import dev.holdfast.registry.RegistryContent;
import dev.holdfast.registry.RegistrySeal;
import dev.holdfast.resource.InstanceLife;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The resource daemon. One loop touches the {@link Crs}; everything else puts tasks into its inbox and performs what it
 * asks for. Started and watched by cssd; when it ends, resources keep running, and the next crsd checks what it finds.
 */
public final class Crsd implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Crsd.class);
    private static final int BATCH_MAX = 256;
    private static final long TICK_MILLIS = 25;
    private static final long ALIVE_NANOS = Duration.ofMillis(80).toNanos();
    private static final Duration REGISTRY_TICK = Duration.ofMillis(100);
    private static final Duration REGISTRY_LOOK = Duration.ofSeconds(5);
    private static final Duration SCRUB = Duration.ofHours(1);
    /** The first links the code, the others have the compiler see what is worth compiling. */
    private static final int REHEARSALS = 10;

    /** How long a stop that was done may take to tell that, before it goes on. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    /** The start itself comes first: on a busy machine a crsd that rehearses has no time for its lease. */
    private static final Duration REHEARSE_AFTER = Duration.ofSeconds(2);

    /** Between two of them, for the same reason. */
    private static final Duration REHEARSE_EVERY = Duration.ofMillis(100);

    private static final Set<String> REGISTRY_PROOFS = Set.of("F1", "F2", "F3");
    private static final String RELEASE = "0.1.0";

    /** Exit codes: everything was let go of; a fault of ours; the settings are wrong. */
    private static final int EXIT_LET_GO = 4;

    private static final int EXIT_FAULT = 70;
    private static final int EXIT_SETTINGS = 78;

    private final CrsdSettings settings;
    private final Runnable whenEnded;
    private final BlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
    private final EventLog events;
    private final Lease lease = new Lease();
    private volatile @Nullable Renewal renewal;
    private final InstanceMarks marks;
    private final ResourceGroups groups;
    private final ActionRunner runner;
    private final NativeAgents agents;
    private final CssdLink cssd;
    private final PeerNetwork peers;
    private final RegistryStore registry;
    private final RegistryAdministration registryAdministration;
    private final StatusPicture picture = new StatusPicture();
    private final Decisions decisions;
    private final Administration administration;
    private final Crs crs;
    private final ControlServer server;
    private final Map<String, Account> accounts = new HashMap<>();
    private final Map<ResourceName, ResourceDefinition> definitions = new TreeMap<>();
    /** On the loop: how many starts, stops and cleans of a resource have begun and not ended. */
    private final Map<ResourceName, Integer> underWay = new TreeMap<>();

    private long aliveNanos;
    private Moment registryTicked = new Moment(System.nanoTime());
    private Moment lookedAtRegistry = new Moment(System.nanoTime());
    private Moment scrubbed = new Moment(System.nanoTime());
    private volatile boolean stopped;
    private @Nullable Thread loop;

    public static void main(String[] arguments) {
        Directories directories = Directories.of(System.getenv());
        try {
            Files.createDirectories(directories.log());
            Files.createDirectories(directories.var());
            prepare(directories);
            Thread.setDefaultUncaughtExceptionHandler((thread, fault) -> {
                LOG.error("{} failed; crsd ends, resources keep running", thread.getName(), fault);
                Runtime.getRuntime().halt(EXIT_FAULT);
            });
            CrsdSettings settings = CrsdSettings.read(directories.etc());
            Crsd crsd =
                    new Crsd(directories, settings, () -> Runtime.getRuntime().halt(EXIT_LET_GO));
            crsd.run();
        } catch (InvalidSettings e) {
            System.err.println("crsd: " + e.getMessage());
            LOG.error("settings are refused: {}", e.getMessage());
            Runtime.getRuntime().halt(EXIT_SETTINGS);
        } catch (IOException | RuntimeException e) {
            System.err.println("crsd: " + e);
            LOG.error("crsd can't work", e);
            Runtime.getRuntime().halt(EXIT_FAULT);
        }
    }

    /** @param whenEnded called when everything was let go of and crsd must end */
    Crsd(Directories directories, CrsdSettings settings, Runnable whenEnded) throws IOException {
        this.settings = settings;
        this.whenEnded = whenEnded;
        // A node that has never been master would run the master's code for the first time in the middle of a failover.
        Thread.ofPlatform().daemon().name("warm-up").start(this::warmUp);
        events = new EventLog(directories.events(), settings.selfName());
        marks = new InstanceMarks(directories.instances());
        groups = new ResourceGroups(settings.cluster().name(), settings.selfName(), new ResourceGroups.Listener() {
            @Override
            public void processesGone(String resource) {
                step(new CrsInput.ProcessesGone(new ResourceName(resource), true));
            }

            @Override
            public void rootProcessEnded(String resource) {
                step(new CrsInput.ProcessesGone(new ResourceName(resource), false)); // It looks; others may carry on.
            }
        });
        runner = new ActionRunner(groups, directories);
        runner.warmUp();
        agents = new NativeAgents(lease, directories.instances(), new NativeAgents.Listener() {
            @Override
            public void look(ResourceName resource) {
                step(new CrsInput.Look(resource));
            }

            @Override
            public void event(String name, String text, Map<String, String> details) {
                events.note(name, text, details);
            }
        });
        SortedMap<ResourceName, CrsSettings.Evidence> evidence = marks.found();
        recoverGroups(evidence);
        crs = new Crs(
                new CrsSettings(
                        settings.cluster(),
                        settings.self(),
                        System.currentTimeMillis() * 1000,
                        Instant.now(),
                        evidence,
                        Machine.processors() * 100L,
                        Machine.memoryMegabytes(),
                        Machine.described()),
                now());
        cssd = new CssdLink(directories.cssdSocket(), new FromCssd());
        peers = new PeerNetwork(settings, new FromPeers());
        RegistrySeal seal = RegistrySeal.of(settings.clusterKey());
        var places = new RegistryPlaces(directories.var(), settings.cluster().registryLocations());
        registry = new RegistryStore(
                settings.cluster().id(),
                seal,
                places.read(),
                ClusterSettings.REGISTRY_OFFSET,
                inbox::add,
                new FromRegistry());
        registryAdministration = new RegistryAdministration(
                settings,
                crs,
                registry,
                seal,
                places,
                directories.backups(),
                events,
                inbox::add,
                this::stepNow,
                this::reopen,
                this::sendPlain,
                Crsd::now);
        crs.setCritical(directories.critical().read());
        decisions = new Decisions(
                directories.decisions(),
                new CrsSettings(settings.cluster(), settings.self(), 0, Instant.EPOCH, new TreeMap<>()).types());
        administration = new Administration(
                settings,
                crs,
                cssd,
                picture,
                decisions,
                inbox::add,
                this::stepNow,
                this::sendPlain,
                directories,
                RELEASE,
                registryAdministration,
                this::runCustom,
                this::leave);
        server = ControlServer.open(
                directories.crsdSocket(), new Hello(Codec.VERSION, settings.selfName(), RELEASE), administration);
        events.note(
                "crsd-started",
                "crsd of " + settings.selfName() + " started"
                        + (evidence.isEmpty() ? "" : ", looks at " + evidence.keySet()),
                Map.of("pid", Long.toString(ProcessHandle.current().pid())));
    }

    /** What a start begins with, and what the build can rehearse without a cluster. */
    static void prepare(Directories directories) throws IOException {
        LogFile.use(directories.log());
        Linux.warmUp();
    }

    private void warmUp() {
        long began = System.nanoTime();
        int classes = ClassWarmUp.everythingBeside(
                RegistryContent.class, Policy.class, InstanceLife.class, Crs.class, Crsd.class);
        LOG.info("{} classes are ready, {} ms", classes, (System.nanoTime() - began) / 1_000_000);
        try {
            Thread.sleep(REHEARSE_AFTER);
            inbox.add(() -> registry.lookAhead());
            int started = 0;
            for (int i = 0; i < REHEARSALS; i++) {
                started += Rehearsal.warmUp(1);
                Thread.sleep(REHEARSE_EVERY);
            }
            LOG.info("a failover was rehearsed, with {} starts", started);
        } catch (InvalidSettings | RuntimeException e) {
            // Nothing of it is this node's: the real failover is only slower.
            LOG.warn("the rehearsal of a failover failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void recoverGroups(SortedMap<ResourceName, CrsSettings.Evidence> evidence) throws IOException {
        Map<String, String> names = new HashMap<>();
        evidence.keySet().forEach(name -> names.put(ResourceGroups.directoryName(name.text()), name.text()));
        groups.recover(names);
    }

    // ---------------------------------------------------------------- the loop

    /** The only thread that touches the {@link Crs}; returns when crsd is closed. */
    void run() {
        loop = Thread.currentThread();
        cssd.start();
        peers.start();
        List<Runnable> batch = new ArrayList<>();
        while (!stopped) {
            try {
                Runnable first = inbox.poll(TICK_MILLIS, TimeUnit.MILLISECONDS);
                if (first != null) {
                    batch.add(first);
                    inbox.drainTo(batch, BATCH_MAX); // Bounded: a flood must not put the signs of life off.
                }
            } catch (InterruptedException e) {
                return;
            }
            batch.forEach(Runnable::run);
            batch.clear();
            tick();
        }
    }

    private void tick() {
        Moment now = now();
        stepNow(new CrsInput.Tick());
        if (now.since(registryTicked).compareTo(REGISTRY_TICK) >= 0) {
            registryTicked = now;
            registry.tick(now);
            registryAdministration.tick();
        }
        if (now.since(lookedAtRegistry).compareTo(REGISTRY_LOOK) >= 0) {
            lookedAtRegistry = now;
            registry.look(now);
        }
        if (now.since(scrubbed).compareTo(SCRUB) >= 0) {
            scrubbed = now;
            registry.scrub(now);
        }
        if (now.nanos() - aliveNanos >= ALIVE_NANOS) {
            aliveNanos = now.nanos();
            cssd.alive(crs.weight());
        }
    }

    private static Moment now() {
        return new Moment(System.nanoTime());
    }

    /** From any thread. */
    private void step(CrsInput input) {
        inbox.add(() -> stepNow(input));
    }

    /** On the loop. */
    private void stepNow(CrsInput input) {
        Renewal newest = renewal;
        if (newest != null) {
            crs.leaseRenewed(newest.life(), newest.epoch(), newest.letGoAt());
        }
        crs.step(now(), input).forEach(this::perform);
    }

    private void write(long id, Changes changes) {
        Batch batch;
        try {
            batch = ContentCodec.encode(changes);
        } catch (IllegalArgumentException tooLarge) {
            stepNow(new CrsInput.RegistryRefused(id, String.valueOf(tooLarge.getMessage())));
            return;
        }
        registry.submit(now(), id, batch);
    }

    private void perform(CrsEffect effect) {
        switch (effect) {
            case CrsEffect.Send(NodeId to, Epoch epoch, var message) ->
                sendPlain(to, PeerCodec.encode(message).with("epoch", epoch.number()));
            case CrsEffect.Run run -> begin(run);
            case CrsEffect.UseDefinitions(var all, var removed) -> {
                removed.forEach(this::endRemoved);
                definitions.clear();
                definitions.putAll(all);
                agents.definitions(all);
            }
            case CrsEffect.Write(long id, var changes) -> write(id, changes);
            case CrsEffect.StateNoted(var key, var state) -> picture.noted(key, state, System.currentTimeMillis());
            case CrsEffect.Fence(NodeId node, String reason) -> administration.fence(node, reason);
            case CrsEffect.CommandProgress progress -> administration.told(progress);
            case CrsEffect.CommandDone done -> administration.done(done);
            case CrsEffect.CommandFailed failed -> administration.failed(failed);
            case CrsEffect.Decided decided -> decisions.note(decided);
            case CrsEffect.Event(String name, String text, var details) -> events.note(name, text, details);
            case CrsEffect.LetGo(String reason, boolean exit) -> letGo(reason, exit);
            case CrsEffect.Left(var givenUp) -> administration.whenOthersStopped(() -> left(givenUp));
            case CrsEffect.LeavingProgress(var message) -> administration.leaving(message);
            case CrsEffect.Stays(var because) -> {
                String names = because.stream().map(ResourceName::text).collect(Collectors.joining(", "));
                events.note(
                        "stays",
                        "this node was to leave the cluster and stays: nobody knows whether these run, and they can't be stopped: "
                                + names,
                        Map.of("resources", names));
                administration.stays(because);
            }
        }
    }

    /** Deleted: nobody looks after it any more, so nothing of it may be left. For most there is nothing, as they were stopped before. */
    private void endRemoved(ResourceName resource) {
        try {
            if (groups.kill(resource.text())) {
                events.note(
                        "killed",
                        "'" + resource + "' was deleted while it was UNKNOWN: its processes here are killed",
                        Map.of("resource", resource.text()));
            }
            marks.ended(resource);
        } catch (IOException e) {
            events.note(
                    "not-killed",
                    "processes of '" + resource + "', which was deleted, could not be killed: " + e.getMessage(),
                    Map.of("resource", resource.text()));
        }
    }

    private void sendPlain(NodeId to, Json message) {
        Incarnation incarnation = crs.view().map(ClusterView::incarnation).orElse(new Incarnation(1));
        peers.send(to, message.with("incarnation", incarnation.number()));
    }

    // ---------------------------------------------------------------- actions

    private void begin(CrsEffect.Run run) {
        ResourceDefinition resource = run.resource();
        String name = resource.name().text();
        boolean check = run.kind() == ActionKind.CHECK;
        if (!check) {
            underWay.merge(resource.name(), 1, Integer::sum);
            events.note(
                    "action-begin",
                    run.kind().argument() + " of '" + name + "'",
                    Map.of("resource", name, "action", run.kind().argument(), "attempt", Long.toString(run.run())));
        }
        if (run.kind() == ActionKind.START
                && lease.remaining(run.epoch(), now()).isEmpty()) {
            finished(run, new ActionRunner.Result(1, false, List.of("CRS_ERROR:there is no lease"), Duration.ZERO));
        } else if (resource.type().isNative()) {
            agents.run(resource, run.kind(), run.wasInService(), result -> finished(run, result));
        } else if (resource.type().isGroup()) {
            finished(run, ofGroup(run));
        } else {
            runScript(run);
        }
    }

    /** A group has nothing that runs: that it was started here is all there is to know of it. */
    private ActionRunner.Result ofGroup(CrsEffect.Run run) {
        ResourceName group = run.resource().name();
        int exit = 0;
        try {
            switch (run.kind()) {
                case START ->
                    marks.begun(group, crs.view().map(ClusterView::incarnation).orElse(new Incarnation(1)));
                case STOP, CLEAN -> marks.ended(group);
                case CHECK -> exit = marks.isBegun(group) ? 0 : 1;
            }
        } catch (IOException e) {
            return new ActionRunner.Result(
                    1, false, List.of("CRS_ERROR:it can't be noted: " + e.getMessage()), Duration.ZERO);
        }
        return new ActionRunner.Result(exit, false, List.of(), Duration.ZERO);
    }

    private void runScript(CrsEffect.Run run) {
        ResourceDefinition resource = run.resource();
        String owner = AccessList.parse(resource.value("ACL")).owner();
        Optional<Account> account = account(owner);
        if (account.isEmpty()) {
            String text = "CRS_ERROR:user " + owner + ", the owner of the resource, does not exist on this node";
            finished(run, new ActionRunner.Result(-1, false, List.of(text), Duration.ZERO));
            return;
        }
        try {
            if (run.kind() == ActionKind.START) {
                marks.begun(
                        resource.name(),
                        crs.view().map(ClusterView::incarnation).orElse(new Incarnation(1)));
            }
        } catch (IOException e) {
            String text = "CRS_ERROR:the start can't be noted: " + e.getMessage();
            finished(run, new ActionRunner.Result(-1, false, List.of(text), Duration.ZERO));
            return;
        }
        String name = resource.name().text();
        ActionRunner.Leftovers leftovers = switch (run.kind()) {
            case START -> ActionRunner.Leftovers.KEEP;
            case STOP -> ActionRunner.Leftovers.END_APPLICATION_GENTLY;
            case CLEAN -> ActionRunner.Leftovers.END_APPLICATION;
            case CHECK -> ActionRunner.Leftovers.END;
        };
        runner.run(
                new ActionRunner.Action(
                        name,
                        run.kind().argument(),
                        GenericApplication.script(resource, home()),
                        account.get(),
                        environment(resource, run.instance(), run.environment(), run.epoch(), account.get()),
                        run.deadline().since(now()),
                        leftovers),
                result -> {
                    afterScript(run, result);
                    finished(run, result);
                });
    }

    /**
     * Runs one action that was asked for by its name. On the loop, so that no start or stop of the resource can begin between the look whether
     * it runs here and the entry by which a start or stop ends the action.
     */
    private void runCustom(
            ResourceName name, String word, Map<String, String> given, Consumer<ActionRunner.Result> whenDone) {
        ResourceDefinition resource = definitions.get(name);
        Optional<Epoch> epoch = crs.view().map(ClusterView::epoch);
        Optional<String> problem = epoch.isEmpty()
                        || lease.remaining(epoch.get(), now()).isEmpty()
                ? Optional.of("there is no lease")
                : resource == null || !marks.isBegun(name)
                        ? Optional.of("it does not run here any more")
                        : underWay.containsKey(name)
                                ? Optional.of("it is being started or stopped")
                                : CustomAction.parse(resource.value("ACTIONS")).containsKey(word)
                                        ? Optional.empty()
                                        : Optional.of("it has no such action as this node knows it");
        Optional<Account> account = resource == null
                ? Optional.empty()
                : account(AccessList.parse(resource.value("ACL")).owner());
        if (problem.isPresent() || resource == null) {
            whenDone.accept(new ActionRunner.Result(
                    ActionRunner.CALLED_OFF, false, List.of(problem.orElse("")), Duration.ZERO));
        } else if (account.isEmpty()) {
            whenDone.accept(new ActionRunner.Result(
                    -1, false, List.of("the owner of the resource does not exist on this node"), Duration.ZERO));
        } else {
            events.note(
                    "action-begin",
                    word + " of '" + name + "', as it was asked for",
                    Map.of("resource", name.text(), "action", word));
            runner.runCustom(
                    new ActionRunner.Action(
                            name.text(),
                            word,
                            resource.actionScript(),
                            account.get(),
                            environment(resource, crs.instanceOf(name), given, epoch.get(), account.get()),
                            Duration.ofSeconds(Long.parseLong(resource.value("ACTION_TIMEOUT"))),
                            ActionRunner.Leftovers.END),
                    result -> {
                        String outcome = ActionOutcome.of(result);
                        events.note(
                                "action-end",
                                word + " of '" + name + "' " + outcome + " after "
                                        + result.took().toMillis() + " ms",
                                Map.of(
                                        "resource", name.text(),
                                        "action", word,
                                        "outcome", outcome,
                                        "millis", Long.toString(result.took().toMillis()),
                                        "exit", Integer.toString(Math.max(-1, result.exit()))));
                        whenDone.accept(result);
                    });
        }
    }

    private Optional<Account> account(String owner) {
        Account known = accounts.get(owner);
        if (known != null) {
            return Optional.of(known);
        }
        try {
            Optional<Account> found = Account.named(owner);
            found.ifPresent(account -> accounts.put(owner, account));
            return found;
        } catch (IOException e) {
            LOG.warn("user {} can't be looked up: {}", owner, e.toString());
            return Optional.empty();
        }
    }

    /** On the action's thread. */
    private void afterScript(CrsEffect.Run run, ActionRunner.Result result) {
        boolean ended = run.kind() == ActionKind.STOP || run.kind() == ActionKind.CLEAN;
        try {
            if (ended && result.exit() == 0) {
                marks.ended(run.resource().name());
            }
        } catch (IOException e) {
            LOG.warn("the mark of {} could not be removed: {}", run.resource().name(), e.toString());
        }
        String name = run.resource().name().text();
        if (run.kind() == ActionKind.CHECK && result.exit() == 0 && groups.runs(name)) {
            groups.lookForRoots(name);
        }
    }

    private Map<String, String> environment(
            ResourceDefinition resource, int instance, Map<String, String> given, Epoch epoch, Account account) {
        String name = resource.name().text();
        Optional<String> processes =
                resource.type().isGenericApplication() ? Optional.of(groups.processes(name)) : Optional.empty();
        return new ActionEnvironment(settings.selfName(), home())
                .of(resource, instance, given, epoch, account, processes);
    }

    private static String home() {
        return Optional.ofNullable(System.getenv("HOLDFAST_HOME")).orElse("/usr/lib/holdfast");
    }

    private void finished(CrsEffect.Run run, ActionRunner.Result result) {
        String name = run.resource().name().text();
        boolean succeeded = result.exit() == 0;
        if (run.kind() != ActionKind.CHECK) {
            String outcome = result.timedOut() ? "timed-out" : succeeded ? "succeeded" : "failed";
            events.note(
                    "action-end",
                    run.kind().argument() + " of '" + name + "' " + outcome + " after "
                            + result.took().toMillis() + " ms",
                    Map.of(
                            "resource", name,
                            "action", run.kind().argument(),
                            "outcome", outcome,
                            "millis", Long.toString(result.took().toMillis()),
                            "exit", Integer.toString(result.exit())));
        }
        int exit = result.exit() < 0 ? 1 : result.exit();
        if (run.kind() != ActionKind.CHECK) {
            inbox.add(
                    () -> underWay.computeIfPresent(run.resource().name(), (_, count) -> count > 1 ? count - 1 : null));
        }
        step(new CrsInput.ActionFinished(run.resource().name(), run.run(), exit, result.timedOut(), result.output()));
    }

    // ---------------------------------------------------------------- letting go and leaving

    private void letGo(String reason, boolean exit) {
        events.note("letting-go", "letting go: " + reason, Map.of("reason", reason));
        boolean done = endEverything(exit);
        events.note(
                done ? "let-go" : "let-go-failed",
                done ? "no address and no process of ours is left" : "something of ours could not be ended",
                Map.of("reason", reason));
        if (exit) {
            stopped = true;
            whenEnded.run();
        }
    }

    /** Addresses first: they are what clients still use. */
    private boolean endEverything(boolean forGood) {
        boolean addresses = agents.letGo(forGood);
        boolean processes = false;
        try {
            processes = groups.killAll();
        } catch (IOException e) {
            LOG.error("processes could not be killed: {}", e.toString());
        }
        return addresses && processes;
    }

    private void leave(boolean force) {
        stepNow(new CrsInput.Leave(force));
    }

    /** What hangs in the kernel may still write: the node that has it stays a member, so that nothing of it is started elsewhere. */
    private void left(List<ResourceName> givenUp) {
        String names = givenUp.stream().map(ResourceName::text).collect(Collectors.joining(", "));
        events.note(
                "leaving",
                givenUp.isEmpty()
                        ? "everything is stopped; leaving the cluster"
                        : "everything is stopped, but these could only be killed: " + names + "; leaving the cluster",
                Map.of("killed", names));
        registry.notMaster(now(), "this node leaves the cluster");
        if (endEverything(true)) {
            administration.left();
            Thread.ofVirtual().name("last-words").start(this::leaveWhenTold);
        } else {
            events.note("let-go-failed", "something of ours could not be ended; this node stays a member", Map.of());
            administration.notKilled();
        }
    }

    /** cssd ends this process at once: those who wait for the stop are to read before that it was done. */
    private void leaveWhenTold() {
        long until = System.nanoTime() + LAST_WORDS.toNanos();
        try {
            while (!(administration.hasAnsweredStops() && peers.hasSentAll()) && System.nanoTime() - until < 0) {
                Thread.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        inbox.add(cssd::leave);
    }

    // ---------------------------------------------------------------- what is heard

    /** What the last renewal of the lease said. */
    private record Renewal(Incarnation life, Epoch epoch, Moment letGoAt) {}

    private final class FromCssd implements CssdLink.Listener {
        @Override
        public void view(ClusterView view, CrsInput.@Nullable HeldLease held) {
            lease.renewed(view.epoch(), held == null ? null : held.until());
            if (held != null) {
                renewal = new Renewal(view.incarnation(), view.epoch(), held.letGoAt());
                agents.leaseRenewed(); // Not on the loop, which may be busy with its own start for longer than
                // addresses live.
            }
            inbox.add(() -> onView(view, held));
        }

        @Override
        public void letGo(String reason) {
            lease.gone();
            step(new CrsInput.LetGoOrdered(reason));
        }

        @Override
        public void connected() {
            // Questions to the former connection get no answer any more: the next view opens the registry anew.
            inbox.add(() -> registry.notMaster(now(), "the connection to cssd is new"));
        }

        @Override
        public void disconnected() {
            LOG.warn("cssd is away; the guard acts when half of the lease has passed");
        }
    }

    private void onView(ClusterView view, CrsInput.@Nullable HeldLease held) {
        Optional<ClusterView> before = crs.view();
        stepNow(new CrsInput.ViewReceived(view, Optional.ofNullable(held)));
        if (view.selfIsMaster()) {
            registry.master(
                    now(), new Mastership(view.epoch(), view.self(), view.incarnation(), view.root(), unsettled(view)));
        } else {
            registry.notMaster(now(), "node " + view.master() + " is master in epoch " + view.epoch());
        }
        if (before.isPresent() && !before.get().master().equals(view.master())) {
            picture.forget();
            decisions.masterNoMore();
            administration.masterIs(view.master());
        }
        administration.viewed();
    }

    /** Those whose late writes may still reach a disk: a timer proves nothing about those. */
    private static List<View.Unsettled> unsettled(ClusterView view) {
        return view.unsettled().stream()
                .filter(life -> !(life.settled() && REGISTRY_PROOFS.contains(proof(life))))
                .map(life -> new View.Unsettled(life.node(), life.incarnation(), life.evictedIn(), false))
                .toList();
    }

    private static String proof(ClusterView.Unsettled life) {
        return life.proof().length() < 2 ? "" : life.proof().substring(0, 2);
    }

    private final class FromPeers implements PeerNetwork.Listener {
        @Override
        public void peerUp(NodeId peer) {
            LOG.info("crsd of {} can be reached", settings.cluster().nameOf(peer));
            inbox.add(() -> {
                stepNow(new CrsInput.PeerUp(peer));
                registryAdministration.peerUp(peer);
            });
        }

        @Override
        public void peerDown(NodeId peer) {
            LOG.info("crsd of {} can't be reached", settings.cluster().nameOf(peer));
            inbox.add(() -> {
                stepNow(new CrsInput.PeerDown(peer));
                administration.peerLost(peer);
                registryAdministration.peerDown(peer);
            });
        }

        @Override
        public void received(NodeId peer, Json message) {
            inbox.add(() -> onMessage(peer, message));
        }
    }

    private void onMessage(NodeId peer, Json message) {
        try {
            if (!administration.received(peer, message) && !registryAdministration.received(peer, message)) {
                stepNow(new CrsInput.PeerSaid(
                        peer,
                        new Incarnation(message.number("incarnation")),
                        new Epoch(message.number("epoch")),
                        PeerCodec.decode(message)));
            }
        } catch (Json.Malformed | IllegalArgumentException e) {
            LOG.warn("{} said what is not understood: {}", peer, e.getMessage());
        }
    }

    private final class FromRegistry implements RegistryStore.Listener {
        @Override
        public void casRoot(long request, Epoch epoch, RegistryRoot root) {
            cssd.root(epoch, root)
                    .thenAccept(answer -> inbox.add(() -> registry.rootAnswered(
                            now(), request, Boolean.TRUE.equals(answer.values().get("accepted")))));
        }

        @Override
        public void confirm(long request, Epoch epoch) {
            cssd.confirm(epoch)
                    .thenAccept(answer -> inbox.add(() -> registry.confirmed(
                            now(), request, Boolean.TRUE.equals(answer.values().get("ok")))));
        }

        @Override
        public void serving(RegistryContent content) {
            registryAdministration.serving(content);
            reopen(content);
        }

        @Override
        public void acknowledged(long id, long version) {
            if (!registryAdministration.ended(id, true, "")) {
                registryAdministration.acknowledged();
                stepNow(new CrsInput.RegistryWritten(id, version));
            }
        }

        @Override
        public void refused(long id, String reason) {
            if (!registryAdministration.ended(id, false, reason)) {
                stepNow(new CrsInput.RegistryRefused(id, reason));
            }
        }

        @Override
        public void lost(String reason, List<Long> unresolved, List<Long> unwritten) {
            stepNow(new CrsInput.RegistryLost(reason));
            registryAdministration.lost(unresolved, unwritten);
        }

        @Override
        public void replaced(RegistryContent content) {
            registryAdministration.serving(content);
            reopen(content);
        }

        @Override
        public void locationsSet(List<String> places) {
            registryAdministration.locationsSet(places);
        }

        @Override
        public void scrubbed(String place, String finding) {
            registryAdministration.scrubbed(place, finding);
        }

        @Override
        public void waiting(String reason) {
            registryAdministration.waiting(reason);
            events.note("registry-waits", "the registry waits: " + reason, Map.of());
        }

        @Override
        public void locationChanged(String place, LocationReport report) {
            events.note(
                    "registry-location",
                    "registry location " + place + " is " + report.condition()
                            + (report.detail().isEmpty() ? "" : ": " + report.detail()),
                    Map.of("location", place, "condition", report.condition().name()));
        }
    }

    /** This is what the registry holds: from now on it counts, whatever counted before. */
    private void reopen(RegistryContent content) {
        stepNow(ContentCodec.decode(
                content,
                new CrsSettings(settings.cluster(), settings.self(), 0, Instant.EPOCH, new TreeMap<>()).types(),
                (key, reason) -> events.note(
                        "registry-entry-refused",
                        "registry entry '" + key + "' is left alone: " + reason,
                        Map.of("key", key))));
    }

    /** Ends this crsd as a crash would: resources keep running. */
    @Override
    public void close() {
        stopped = true;
        Thread running = loop;
        if (running != null) {
            running.interrupt();
        }
        try {
            server.close();
        } catch (IOException e) {
            LOG.debug("close: {}", e.toString());
        }
        cssd.close();
        peers.close();
        agents.close();
        registry.close();
        decisions.close();
        registryAdministration.close();
    }
}
