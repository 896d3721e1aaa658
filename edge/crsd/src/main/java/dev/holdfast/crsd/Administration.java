package dev.holdfast.crsd;

import dev.holdfast.control.Caller;
import dev.holdfast.control.Codec;
import dev.holdfast.control.ControlServer;
import dev.holdfast.control.Kind;
import dev.holdfast.control.MalformedMessage;
import dev.holdfast.control.RegistryRequest;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Selection;
import dev.holdfast.linux.RolledLog;
import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.model.CustomAction;
import dev.holdfast.model.InstanceKey;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.IpAddress;
import dev.holdfast.model.Message;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.ResourceState;
import dev.holdfast.model.ServerPool;
import dev.holdfast.model.Subnet;
import dev.holdfast.model.TypeDefinition;
import dev.holdfast.node.ClusterView;
import dev.holdfast.node.Crs;
import dev.holdfast.node.CrsEffect;
import dev.holdfast.node.CrsInput;
import dev.holdfast.policy.Command;
import dev.holdfast.policy.Decision;
import dev.holdfast.policy.Explanation;
import dev.holdfast.policy.Plan;
import dev.holdfast.policy.PlannedAction;
import dev.holdfast.policy.Policy;
import dev.holdfast.policy.Server;
import dev.holdfast.policy.Situation;
import dev.holdfast.policy.Supposal;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers administrators. What concerns resources is decided by the master: it is answered here if this node is the
 * master, and otherwise carried to it; progress comes back line by line. What concerns this node or the voting disks is
 * answered here.
 *
 * <p>{@link #answer} is called on threads of the control server; everything else belongs to the loop.
 */
final class Administration implements ControlServer.Handler {
    private static final Logger LOG = LoggerFactory.getLogger(Administration.class);
    private static final long CSSD_PATIENCE_SECONDS = 10;
    /** A node that does not answer in this time is passed over. */
    private static final long RECOLLECTION_SECONDS = 5;
    /** So many decisions about a resource are told. */
    private static final int TOLD = 8;
    /** How long another node may take to say something about itself. */
    private static final long NODE_PATIENCE_SECONDS = 5;
    /** A request was carried to a node, and the connection ended before the answer came. */
    private static final String LOST = "HF-2203";

    /** How long a node that has stopped everything may take to be gone from the view: a few heartbeats, and it waits for nothing. */
    private static final long LEAVING_SECONDS = 30;

    private static final long AUDIT_BYTES = 16 << 20;
    private static final int LOG_ENTRIES = 5_000;
    /** Formatting, the search on all nodes, and two ballots, on slow disks. */
    private static final int DISKS_PATIENCE_SECONDS = 60;

    private static final Pattern NETWORK_OF_TYPE =
            Pattern.compile("(?:app\\.appvip|ora\\.cluster_vip)_net(\\d+)\\.type");

    /** Where the answer of one request goes. */
    interface Asker {
        void progress(String line);

        void answer(Reply.Answer answer);

        static Asker of(Consumer<String> progress, Consumer<Reply.Answer> answer) {
            return new Asker() {
                @Override
                public void progress(String line) {
                    progress.accept(line);
                }

                @Override
                public void answer(Reply.Answer given) {
                    answer.accept(given);
                }
            };
        }
    }

    /** Runs actions of scripts on this node, on the loop. */
    interface Scripts {
        void run(
                ResourceName resource,
                String word,
                Map<String, String> environment,
                Consumer<ActionRunner.Result> whenDone);
    }

    /** @param master it was carried there because that node is the master; else as one of several nodes */
    private record Carried(NodeId to, boolean master, Asker asker) {}

    private final CrsdSettings settings;
    private final Crs crs;
    private final CssdLink cssd;
    private final StatusPicture picture;
    private final Decisions decisions;
    private final Executor loop;
    private final Consumer<CrsInput> step;
    private final BiConsumer<NodeId, Json> send;
    private final Scripts scripts;
    private final Consumer<Boolean> leave;
    private final CssCritical critical;
    /** Who waits for the stop of this node. */
    private final List<Asker> stopping = new ArrayList<>();

    private final Directories directories;
    private final AuditLog audit;
    private final String release;
    private final RegistryAdministration registry;

    private long numbers;
    /** Nodes that have stopped what they ran and are about to leave. */
    private final Map<NodeId, CompletableFuture<List<Reply.Problem>>> awaitedToLeave = new HashMap<>();

    private final AtomicInteger unanswered = new AtomicInteger();

    /** Done when nothing more is to be heard of nodes that are stopped with this one. */
    private CompletableFuture<Void> othersStopping = CompletableFuture.completedFuture(null);

    private final Map<Long, Asker> commands = new HashMap<>();
    private final Map<Long, Carried> carried = new HashMap<>();

    /**
     * @param decisions what this node decided as master
     * @param loop runs what belongs to the loop
     * @param step gives the crs an input, on the loop
     * @param send sends to a peer
     * @param directories where the logs are, and this server's own settings
     * @param leave stops everything here and leaves the cluster; true: by force
     */
    Administration(
            CrsdSettings settings,
            Crs crs,
            CssdLink cssd,
            StatusPicture picture,
            Decisions decisions,
            Executor loop,
            Consumer<CrsInput> step,
            BiConsumer<NodeId, Json> send,
            Directories directories,
            String release,
            RegistryAdministration registry,
            Scripts scripts,
            Consumer<Boolean> leave) {
        this.settings = settings;
        this.crs = crs;
        this.cssd = cssd;
        this.picture = picture;
        this.decisions = decisions;
        this.loop = loop;
        this.step = step;
        this.send = send;
        this.directories = directories;
        this.critical = directories.critical();
        this.audit = new AuditLog(directories.calog(), settings.selfName(), AUDIT_BYTES);
        this.release = release;
        this.registry = registry;
        this.scripts = scripts;
        this.leave = leave;
    }

    /** Blocks until the answer is there. What is more than a look goes into the audit log, before it is tried and after. */
    @Override
    public Reply.Answer answer(Caller caller, Request request, Consumer<String> progress) throws InterruptedException {
        if (isStop(request)) {
            unanswered.incrementAndGet();
        }
        if (request instanceof Request.Reading) {
            return answered(caller, request, progress);
        }
        long act = audit.begun(caller, request);
        Optional<Reply.Refused> unknown = UnknownUsers.refusal(request, settings.selfName());
        Reply.Answer answer = unknown.isPresent() ? unknown.get() : answered(caller, request, progress);
        audit.ended(act, caller, request, answer);
        return answer;
    }

    @Override
    public void written(Request request) {
        if (isStop(request)) {
            unanswered.decrementAndGet();
        }
    }

    private static boolean isStop(Request request) {
        return request instanceof Request.StopCrs || request instanceof Request.StopNodes;
    }

    /** Whether all who asked for a stop on this node have their answer. On any thread. */
    boolean hasAnsweredStops() {
        return unanswered.get() == 0;
    }

    private Reply.Answer answered(Caller caller, Request request, Consumer<String> progress)
            throws InterruptedException {
        CompletableFuture<Reply.Answer> answer = new CompletableFuture<>();
        loop.execute(() -> take(caller, here(request), Asker.of(progress, answer::complete)));
        try {
            return answer.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Names this node where the request means the one that is asked. */
    private Request here(Request request) {
        return switch (request) {
            case Request.UseNode(Optional<String> node, boolean use)
            when node.isEmpty() -> new Request.UseNode(Optional.of(settings.selfName()), use);
            case Request.SetServer set
            when set.node().isEmpty() ->
                new Request.SetServer(Optional.of(settings.selfName()), set.attributes(), set.force());
            case Request.Evaluate(Request.Change change)
            when here(change) instanceof Request.Change named -> new Request.Evaluate(named);
            default -> request;
        };
    }

    private void take(Caller caller, Request request, Asker asker) {
        switch (request) {
            case Request.Why why when why.atMillis().isPresent() -> whyThen(caller, why, asker);
            case Request.Recollect recollect -> recollect(recollect, asker);
            case Request.QueryVotingDisks _ -> ask("votedisk", asker, this::votingDisks);
            case Request.QueryTiming _ -> ask("timing", asker, this::timing);
            case Request.QueryFencing _ -> ask("fencing", asker, this::fencing);
            case Request.ListNodes _ -> ask("nodes", asker, this::nodes);
            case Request.CheckStack check -> asker.answer(health(check));
            case Request.WhyFenced(Optional<String> node) -> whyFenced(node, asker);
            case Request.QueryLinks _ -> ask("links", asker, this::links);
            case Request.ConfirmFenced confirm -> confirmFenced(caller, confirm, asker);
            case Request.FenceNode fence -> fence(caller, fence, asker);
            case Request.SetCss set -> setCss(caller, set, asker);
            case Request.ChangeVotingDisks change -> {
                if (crs.decides()) {
                    changeDisks(caller, change, asker);
                } else {
                    carry(caller, change, asker);
                }
            }
            case Request.SetCritical(boolean wanted) -> setCritical(caller, wanted, asker);
            case Request.GetCritical _ -> getCritical(asker);
            case Request.StopCrs(boolean force) -> stop(caller, force, asker);
            case Request.StopNodes stop -> stopNodes(caller, stop, asker);
            case Request.ReadLog read -> readLog(caller, read, asker);
            case Request.QueryFacts query -> facts(caller, query, asker);
            case Request.RunActions _ ->
                asker.answer(Reply.Refused.because(
                        "HF-2205", "This is what the master asks nodes.", "Ask for it:  crsctl request action"));
            case Request.OfRegistry(RegistryRequest of) -> {
                if (registry.isForHere(of)) {
                    registry.answer(caller, of, asker);
                } else {
                    carry(caller, request, asker);
                }
            }
            default -> {
                if (crs.decides()) {
                    serve(caller, request, asker);
                } else {
                    carry(caller, request, asker);
                }
            }
        }
    }

    // ---------------------------------------------------------------- to the master and back

    private void carry(Caller caller, Request request, Asker asker) {
        Optional<NodeId> master = crs.view().map(ClusterView::master);
        if (master.isEmpty() || master.get().equals(settings.self()) || !crs.canReach(master.get())) {
            asker.answer(refusal(List.of(crs.noMaster())));
            return;
        }
        carryTo(master.get(), true, caller, request, asker);
    }

    private void carryTo(NodeId node, Caller caller, Request request, Asker asker) {
        carryTo(node, false, caller, request, asker);
    }

    private void carryTo(NodeId node, boolean master, Caller caller, Request request, Asker asker) {
        long id = ++numbers;
        carried.put(id, new Carried(node, master, asker));
        send.accept(
                node,
                Json.object()
                        .with("t", "ask")
                        .with("id", id)
                        .with("user", caller.user())
                        .with("group", caller.group())
                        .with("groups", caller.groups())
                        .with("request", Codec.encode(request)));
    }

    /** A peer carries a request to us, or brings back what came of ours. True if the message was one of these. */
    boolean received(NodeId peer, Json message) throws Json.Malformed {
        switch (message.string("t")) {
            case "ask" -> asked(peer, message);
            case "told" -> {
                Carried waiting = carried.get(message.number("id"));
                if (waiting != null && waiting.to.equals(peer)) {
                    waiting.asker.progress(message.string("line"));
                }
            }
            case "answer" -> {
                Carried waiting = carried.remove(message.number("id"));
                if (waiting != null) {
                    waiting.asker.answer(decoded(message.string("reply")));
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private static Reply.Answer decoded(String reply) {
        try {
            if (Codec.decodeReply(reply.getBytes(StandardCharsets.UTF_8)) instanceof Reply.Answer answer) {
                return answer;
            }
        } catch (MalformedMessage e) {
            return e.refusal();
        }
        return Reply.Refused.because("HF-2204", "The master's answer was not understood.");
    }

    private void asked(NodeId peer, Json message) throws Json.Malformed {
        long id = message.number("id");
        Asker asker = Asker.of(
                line -> send.accept(
                        peer, Json.object().with("t", "told").with("id", id).with("line", line)),
                answer -> send.accept(
                        peer, Json.object().with("t", "answer").with("id", id).with("reply", Codec.encode(answer))));
        try {
            Request request = Codec.decodeRequest(message.string("request").getBytes(StandardCharsets.UTF_8));
            Caller caller = new Caller(message.string("user"), message.string("group"), message.strings("groups"));
            switch (request) {
                case Request.FenceNode fence -> fenceFromHere(caller, fence, asker);
                case Request.SetCss set ->
                    rootOnly(caller).ifPresentOrElse(asker::answer, () -> setCssFromHere(set, asker));
                case Request.StopCrs(boolean force) -> stop(caller, force, asker);
                case Request.ReadLog read -> readOwnLog(caller, read, asker);
                case Request.QueryFacts _ -> asker.answer(new Reply.Facts(List.of(ownFacts())));
                case Request.ChangeVotingDisks change -> changeDisks(caller, change, asker);
                case Request.ConfirmFenced confirm -> confirmFromHere(caller, confirm, asker);
                case Request.Recollect recollect -> recollect(recollect, asker);
                case Request.RunActions run -> runHere(run, asker);
                case Request.OfRegistry(RegistryRequest of) -> registry.answer(caller, of, asker);
                default -> {
                    if (crs.decides()) {
                        serve(caller, request, asker);
                    } else {
                        asker.answer(refusal(List.of(crs.noMaster())));
                    }
                }
            }
        } catch (MalformedMessage e) {
            asker.answer(e.refusal());
        }
    }

    /** Another node is the master now: what was carried to the former one gets no answer any more. */
    void masterIs(NodeId master) {
        lost(waiting -> waiting.master && !waiting.to.equals(master));
    }

    /** A node can't be talked to. */
    void peerLost(NodeId peer) {
        lost(waiting -> waiting.to.equals(peer));
    }

    private void lost(Predicate<Carried> gone) {
        carried.values().removeIf(waiting -> {
            if (!gone.test(waiting)) {
                return false;
            }
            waiting.asker.answer(Reply.Refused.because(
                    LOST,
                    (waiting.master ? "The master, " : "Node ")
                            + settings.cluster().nameOf(waiting.to)
                            + (waiting.master ? "," : "")
                            + " was lost while it worked on the command; it may or may not have been carried out.",
                    "Look at  crsctl status resource  and give the command again if it is still needed."));
            return true;
        });
    }

    // ---------------------------------------------------------------- on the master

    private void serve(Caller caller, Request asked, Asker asker) {
        Optional<Situation> known = crs.situation();
        if (known.isEmpty()) {
            asker.answer(refusal(List.of(crs.noMaster())));
            return;
        }
        Situation situation = known.get();
        Request request = switch (asked) {
            case Request.Apply apply -> WholeConfiguration.completed(situation, caller, apply);
            case Request.Compare(Request.Apply apply) ->
                new Request.Compare(WholeConfiguration.completed(situation, caller, apply));
            default -> asked;
        };
        switch (request) {
            case Request.Compare(Request.Apply apply)
            when WholeConfiguration.differences(situation, apply).isEmpty() ->
                asker.answer(new Reply.Difference(List.of(), List.of(), List.of()));
            case Request.Apply apply
            when WholeConfiguration.differences(situation, apply).isEmpty() ->
                asker.answer(new Reply.Done(List.of("No difference: nothing was changed.")));
            case Request.StatusResource(Selection selection, boolean definitions) ->
                asker.answer(status(caller, situation, selection, definitions));
            case Request.StatusType(List<String> names) -> asker.answer(types(situation, caller, names));
            case Request.StatusPool(List<String> names) ->
                asker.answer(SetupAdministration.pools(situation, caller, names));
            case Request.StatusCategory(List<String> names, Optional<String> server) ->
                asker.answer(SetupAdministration.categories(situation, caller, names, server));
            case Request.StatusPolicySet _ ->
                asker.answer(SetupAccess.refusal(situation, caller, Kind.POLICY_SET, "", AccessList.Right.READ)
                        .<Reply.Answer>map(refused -> refused)
                        .orElseGet(() -> SetupAdministration.policySet(situation)));
            case Request.StatusGroup(List<String> names) ->
                asker.answer(SetupAdministration.groups(
                        situation, picture, names, name -> mayRead(situation, caller, name)));
            case Request.StatusServer(List<String> names) -> {
                List<NodeId> leaving = situation.servers().keySet().stream()
                        .filter(crs::isLeaving)
                        .toList();
                cssd.query("nodes")
                        .orTimeout(CSSD_PATIENCE_SECONDS, TimeUnit.SECONDS)
                        .whenComplete((json, _) -> asker.answer(servers(situation, names, leaving, weights(json))));
            }
            case Request.Why why ->
                rights(situation, caller, named(why.resource()), AccessList.Right.READ)
                        .ifPresentOrElse(asker::answer, () -> whyNow(caller, situation, why, asker));
            case Request.RequestAction act -> act(situation, caller, act, asker);
            case Request.GetPermission get -> asker.answer(permission(situation, caller, get));
            case Request.Export _ ->
                asker.answer(new Reply.Configuration(
                        settings.cluster().name(),
                        Policy.revision(situation),
                        WholeConfiguration.of(situation).values().stream()
                                .filter(item -> SetupAccess.mayRead(situation, caller, item.kind(), item.name()))
                                .toList()));
            case Request.Compare(Request.Apply apply) ->
                translated(situation, caller, apply, asker)
                        .ifPresent(command -> asker.answer(compared(situation, apply, command)));
            case Request.Evaluate(Request.Change change) ->
                translated(situation, caller, change, asker)
                        .ifPresent(command -> asker.answer(evaluated(situation, Policy.foresee(situation, command))));
            case Request.Suppose suppose ->
                asker.answer(evaluated(situation, Policy.suppose(situation, supposal(suppose))));
            case Request.Lint _ ->
                asker.answer(new Reply.Findings(Policy.lint(situation).stream()
                        .map(Administration::problem)
                        .toList()));
            default ->
                translated(situation, caller, request, asker).ifPresent(command -> {
                    long id = ++numbers;
                    commands.put(
                            id,
                            switch (request) {
                                case Request.Apply apply ->
                                    telling(
                                            WholeConfiguration.differences(situation, apply).stream()
                                                    .map(each -> (each.action() + " "
                                                                            + each.kind()
                                                                                    .word() + " " + each.name())
                                                                    .strip()
                                                            + ": done")
                                                    .toList(),
                                            asker);
                                case Request.SetServer set ->
                                    telling(
                                            set.attributes().keySet().stream()
                                                    .map(attribute -> "CRS-4416: Server attribute '" + attribute
                                                            + "' successfully changed.")
                                                    .toList(),
                                            asker);
                                default -> asker;
                            });
                    step.accept(new CrsInput.CommandGiven(id, command, environment(request)));
                });
        }
    }

    /** What came of a command. */
    void told(CrsEffect.CommandProgress progress) {
        Asker asker = commands.get(progress.id());
        if (asker != null) {
            asker.progress(text(progress.message()));
        }
    }

    void done(CrsEffect.CommandDone done) {
        Asker asker = commands.remove(done.id());
        if (asker != null) {
            asker.answer(new Reply.Done(
                    done.notes().stream().map(Administration::text).toList()));
        }
    }

    void failed(CrsEffect.CommandFailed failed) {
        Asker asker = commands.remove(failed.id());
        if (asker != null) {
            asker.answer(refusal(failed.reasons()));
        }
    }

    // ---------------------------------------------------------------- access lists

    private static Reply.Answer permission(Situation situation, Caller caller, Request.GetPermission get) {
        Optional<AccessList> known = SetupAccess.of(situation, get.kind(), get.name());
        if (known.isEmpty()) {
            return SetupAccess.unknown(situation, get.kind(), get.name());
        }
        AccessList list = known.get();
        if (!list.allows(caller, AccessList.Right.READ)) {
            return SetupAccess.forbidden(caller, get.kind(), get.name(), list);
        }
        Optional<String> rights = get.user().isPresent() || get.group().isPresent()
                ? Optional.of(list.rights(
                        new Caller(get.user().orElse(""), get.group().orElse(""))))
                : Optional.empty();
        return new Reply.Permission(get.name(), list.text(), rights);
    }

    private static Optional<Command> permissionSet(Situation situation, Request.SetPermission set, Asker asker) {
        Optional<AccessList> known = SetupAccess.of(situation, set.kind(), set.name());
        if (known.isEmpty()) {
            asker.answer(SetupAccess.unknown(situation, set.kind(), set.name()));
            return Optional.empty();
        }
        AccessList list = known.get();
        try {
            AccessList changed = switch (set.change()) {
                case UPDATE -> list.with(AccessList.entry(set.value()));
                case REMOVE -> removed(list, AccessList.entry(set.value()));
                case OWNER -> list.withName("owner", set.value(), "rwx");
                case GROUP -> list.withName("pgrp", set.value(), "r-x");
            };
            String acl = AccessList.read(changed.text()).text();
            return Optional.of(
                    switch (set.kind()) {
                        case RESOURCE, GROUP -> new Command.Modify(set.name(), Map.of("ACL", acl), false);
                        case TYPE -> new Command.SetTypeAccess(set.name(), acl);
                        case POOL ->
                            new Command.ModifyPool(set.name(), Map.of("ACL", acl), Command.PolicyChoice.NONE, false);
                        case CATEGORY -> new Command.ModifyCategory(set.name(), Map.of("ACL", acl), false);
                        case SERVER -> throw new AccessList.Malformed("a server has no access list");
                        case POLICY_SET ->
                            new Command.ModifyPolicySet(Map.of("ACL", acl), Optional.empty(), true, false);
                    });
        } catch (AccessList.Malformed e) {
            asker.answer(badAccessList(e));
            return Optional.empty();
        }
    }

    private static AccessList removed(AccessList list, AccessList.Entry entry) throws AccessList.Malformed {
        Optional<AccessList> rest = list.without(entry);
        if (rest.isEmpty()) {
            throw new AccessList.Malformed(
                    "there is no entry for " + entry.kind() + ":" + entry.name() + " in " + list.text());
        }
        return rest.get();
    }

    // ---------------------------------------------------------------- the configuration as a whole

    /** One who is told at the end what was changed, too. */
    private static Asker telling(List<String> done, Asker asker) {
        return Asker.of(asker::progress, answer -> {
            if (answer instanceof Reply.Done(List<String> notes)) {
                List<String> lines = new ArrayList<>(done);
                lines.addAll(notes);
                asker.answer(new Reply.Done(lines));
            } else {
                asker.answer(answer);
            }
        });
    }

    private Reply.Answer compared(Situation situation, Request.Apply apply, Command command) {
        Reply.Answer plan = evaluated(situation, Policy.foresee(situation, command));
        return plan instanceof Reply.Plan(List<String> messages, List<Reply.Step> steps)
                ? new Reply.Difference(WholeConfiguration.differences(situation, apply), messages, steps)
                : plan;
    }

    // ---------------------------------------------------------------- several nodes

    /** Nobody waits for the progress of one node of many. */
    private static Asker oneOfMany(CompletableFuture<Reply.Answer> answer) {
        return Asker.of(_ -> {}, answer::complete);
    }

    /** Asks nodes, this one by {@code here}; a node that does not answer in time has no entry. */
    private CompletableFuture<SortedMap<NodeId, Reply.Answer>> each(
            List<NodeId> nodes, Caller caller, Function<NodeId, Request> request, Consumer<Asker> here) {
        SortedMap<NodeId, Reply.Answer> answers = new ConcurrentSkipListMap<>();
        List<CompletableFuture<?>> all = new ArrayList<>();
        for (NodeId node : nodes) {
            CompletableFuture<Reply.Answer> answer = new CompletableFuture<>();
            Asker asker = oneOfMany(answer);
            if (node.equals(settings.self())) {
                here.accept(asker);
            } else if (crs.canReach(node)) {
                carryTo(node, caller, request.apply(node), asker);
            } else {
                continue;
            }
            all.add(answer.orTimeout(NODE_PATIENCE_SECONDS, TimeUnit.SECONDS).handle((given, failure) -> {
                if (given != null) {
                    answers.put(node, given);
                }
                return answers;
            }));
        }
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).thenApplyAsync(_ -> answers, loop);
    }

    /** The nodes meant; empty after an answer if one of the names is unknown. */
    private Optional<List<NodeId>> nodesMeant(boolean all, List<String> names, boolean noneIsAll, Asker asker) {
        List<NodeId> nodes = new ArrayList<>();
        if (all || (names.isEmpty() && noneIsAll)) {
            nodes.addAll(settings.cluster().nodes().keySet());
        } else if (names.isEmpty()) {
            nodes.add(settings.self());
        }
        List<Reply.Problem> unknown = new ArrayList<>();
        for (String name : names) {
            settings.cluster()
                    .idOf(name)
                    .ifPresentOrElse(
                            nodes::add,
                            () -> unknown.add(new Reply.Problem(
                                    "CRS-2579",
                                    "Server '" + name + "' does not exist.",
                                    List.of("All nodes:  olsnodes"))));
        }
        if (!unknown.isEmpty()) {
            asker.answer(new Reply.Refused(unknown));
            return Optional.empty();
        }
        return Optional.of(nodes);
    }

    private void readLog(Caller caller, Request.ReadLog read, Asker asker) {
        nodesMeant(false, read.nodes(), true, asker)
                .ifPresent(nodes -> each(
                                nodes,
                                caller,
                                node -> new Request.ReadLog(
                                        read.log(),
                                        List.of(settings.cluster().nameOf(node)),
                                        read.afterMillis(),
                                        read.beforeMillis(),
                                        read.most()),
                                here -> readOwnLog(caller, read, here))
                        .thenAccept(answers -> {
                            List<Reply.Entry> entries = new ArrayList<>();
                            List<String> silent = new ArrayList<>();
                            for (NodeId node : nodes) {
                                if (answers.get(node) instanceof Reply.Log(List<Reply.Entry> own, List<String> _)) {
                                    entries.addAll(own);
                                } else {
                                    silent.add(settings.cluster().nameOf(node));
                                }
                            }
                            asker.answer(new Reply.Log(
                                    LogReader.merged(entries, Math.min(read.most(), LOG_ENTRIES)), silent));
                        }));
    }

    /** Reading takes a while; the loop does not wait. Others' administrative acts are for root. */
    private void readOwnLog(Caller caller, Request.ReadLog read, Asker asker) {
        boolean acts = read.log().equals("calog");
        if (!acts && !read.log().equals("events")) {
            asker.answer(Reply.Refused.because("HF-2253", "There is no log '" + read.log() + "'."));
            return;
        }
        CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                List<Reply.Entry> entries = LogReader.read(
                                        RolledLog.files(acts ? directories.calog() : directories.events()),
                                        read.afterMillis(),
                                        read.beforeMillis(),
                                        Math.min(read.most(), LOG_ENTRIES));
                                return new Reply.Log(
                                        entries.stream()
                                                .filter(entry -> !acts
                                                        || caller.isRoot()
                                                        || caller.user()
                                                                .equals(entry.details()
                                                                        .get("user")))
                                                .toList(),
                                        List.of());
                            } catch (IOException e) {
                                return Reply.Refused.because(
                                        "HF-2254", "The log could not be read: " + e.getMessage() + ".");
                            }
                        },
                        task -> Thread.ofVirtual().name("log-reader").start(task))
                .thenAcceptAsync(asker::answer, loop);
    }

    // ---------------------------------------------------------------- actions that are asked for

    /** All that is asked for is looked at before anything is run. */
    private void act(Situation situation, Caller caller, Request.RequestAction act, Asker asker) {
        Optional<List<String>> names = named(situation, act.resources(), asker);
        if (names.isEmpty()) {
            return;
        }
        if (act.node().isPresent() && settings.cluster().idOf(act.node().get()).isEmpty()) {
            asker.answer(Reply.Refused.because(
                    "CRS-2579", "Server '" + act.node().get() + "' does not exist.", "All nodes:  olsnodes"));
            return;
        }
        Optional<Reply.Refused> foreign =
                foreignEnvironment(situation, caller, new Selection.Named(names.get()), act.environment());
        if (foreign.isPresent()) {
            asker.answer(foreign.get());
            return;
        }
        List<Reply.Problem> problems = new ArrayList<>();
        SortedMap<InstanceKey, ResourceDefinition> places = new TreeMap<>();
        for (String name : names.get()) {
            ResourceDefinition resource = SetupAccess.resource(situation, name);
            if (resource == null || !mayRead(situation, caller, name)) {
                problems.add(new Reply.Problem(
                        "CRS-2613",
                        "Could not find resource '" + name + "'.",
                        List.of("All there are:  crsctl status resource -l")));
                continue;
            }
            for (String action : act.actions()) {
                mayNot(resource, caller, action).ifPresent(problems::add);
            }
            boolean anywhere = false;
            for (Map.Entry<InstanceKey, Observed> entry : situation.observed().entrySet()) {
                ResourceState state = entry.getValue().state();
                if (entry.getKey().resource().equals(resource.name())
                        && (state == ResourceState.ONLINE || state == ResourceState.INTERMEDIATE)
                        && act.node()
                                .filter(node -> !settings.cluster()
                                        .nameOf(entry.getKey().node())
                                        .equals(node))
                                .isEmpty()) {
                    places.put(entry.getKey(), resource);
                    anywhere = true;
                }
            }
            if (!anywhere && !(act.resources() instanceof Selection.Matching)) {
                problems.add(new Reply.Problem(
                        "HF-2258",
                        "Resource '" + name + "' does not run"
                                + act.node().map(node -> " on " + node).orElse("")
                                + ", and actions are run where it does.",
                        List.of("Start it:  crsctl start resource " + name)));
            }
        }
        if (problems.isEmpty() && places.isEmpty()) {
            problems.add(new Reply.Problem(
                    "HF-2258",
                    "None of the resources runs, and actions are run where they do.",
                    List.of("See:  crsctl status resource -t")));
        }
        if (!problems.isEmpty()) {
            asker.answer(new Reply.Refused(problems));
            return;
        }
        List<CompletableFuture<List<Reply.Act>>> all = new ArrayList<>();
        places.forEach((place, resource) -> all.add(actOn(place, resource, caller, act)));
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
                .thenAcceptAsync(
                        _ -> asker.answer(new Reply.Acted(all.stream()
                                .map(CompletableFuture::join)
                                .flatMap(List::stream)
                                .toList())),
                        loop);
    }

    /** Why {@code caller} does not get this action run. */
    private static Optional<Reply.Problem> mayNot(ResourceDefinition resource, Caller caller, String action) {
        SortedMap<String, CustomAction> known = CustomAction.parse(resource.value("ACTIONS"));
        CustomAction wanted = known.get(action);
        boolean application = resource.type().isGenericApplication();
        boolean scripted = application
                ? !resource.actionScript().isEmpty()
                : resource.type().isScripted();
        if (!scripted || wanted == null) {
            return Optional.of(new Reply.Problem(
                    "HF-2259",
                    "Resource '" + resource.name() + "' has no action '" + action + "'.",
                    List.of(
                            !scripted && application
                                    ? "Its programs start, stop and check it; for actions of its own it needs a script beside"
                                            + " them:  crsctl modify resource " + resource.name()
                                            + " -attr \"ACTION_SCRIPT=/path/to/script,ACTIONS=" + action + "\""
                                    : !scripted
                                            ? "Its type, " + resource.type().name() + ", has no scripts."
                                            : known.isEmpty()
                                                    ? "Its script must know it, and ACTIONS must name it:  crsctl modify resource "
                                                            + resource.name() + " -attr \"ACTIONS=" + action + "\""
                                                    : "It has: " + String.join(", ", known.keySet()) + ".")));
        }
        AccessList list = AccessList.parse(resource.value("ACL"));
        boolean anybody = wanted.users().isEmpty() && wanted.groups().isEmpty();
        boolean allowed = caller.isRoot()
                || caller.user().equals(list.owner())
                || (anybody
                        ? list.allows(caller, AccessList.Right.EXECUTE)
                        : wanted.users().contains(caller.user())
                                || wanted.groups().stream().anyMatch(caller::isIn));
        return allowed
                ? Optional.empty()
                : Optional.of(new Reply.Problem(
                        "CRS-2725",
                        "User " + caller.user() + " does not have permission to ask for action '" + action
                                + "' of resource '" + resource.name() + "'.",
                        List.of(
                                anybody
                                        ? "Its ACL is " + list.text()
                                        : "It is for its owner, root"
                                                + (wanted.users().isEmpty()
                                                        ? ""
                                                        : ", user " + String.join(", user ", wanted.users()))
                                                + (wanted.groups().isEmpty()
                                                        ? ""
                                                        : ", group " + String.join(", group ", wanted.groups()))
                                                + ": ACTIONS says so.")));
    }

    private CompletableFuture<List<Reply.Act>> actOn(
            InstanceKey place, ResourceDefinition resource, Caller caller, Request.RequestAction act) {
        String name = resource.name().text();
        var run = new Request.RunActions(name, act.actions(), act.environment());
        CompletableFuture<Reply.Answer> answer = new CompletableFuture<>();
        Asker asker = oneOfMany(answer);
        if (place.node().equals(settings.self())) {
            runHere(run, asker);
        } else if (crs.canReach(place.node())) {
            carryTo(place.node(), caller, run, asker);
        } else {
            answer.complete(Reply.Refused.because("HF-2255", "the node cannot be reached"));
        }
        long patience = NODE_PATIENCE_SECONDS
                + (long) act.actions().size()
                        * (Long.parseLong(resource.value("ACTION_TIMEOUT")) + NODE_PATIENCE_SECONDS);
        return answer.orTimeout(patience, TimeUnit.SECONDS).handle((given, _) -> {
            if (given instanceof Reply.Acted(List<Reply.Act> acts)) {
                return acts;
            }
            String why = given instanceof Reply.Refused(List<Reply.Problem> problems) && !problems.isEmpty()
                    ? problems.getFirst().text()
                    : "the node did not answer";
            return act.actions().stream()
                    .map(action -> new Reply.Act(
                            name,
                            settings.cluster().nameOf(place.node()),
                            action,
                            ActionOutcome.UNKNOWN,
                            -1,
                            List.of(why)))
                    .toList();
        });
    }

    /** One action after the other, as long as they succeed. */
    private void runHere(Request.RunActions run, Asker asker) {
        runNext(run, new ArrayList<>(), asker);
    }

    private void runNext(Request.RunActions run, List<Reply.Act> done, Asker asker) {
        boolean failed = !done.isEmpty() && !done.getLast().outcome().equals(ActionOutcome.SUCCEEDED);
        if (failed) {
            for (String action :
                    run.actions().subList(done.size(), run.actions().size())) {
                done.add(new Reply.Act(
                        run.resource(), settings.selfName(), action, ActionOutcome.NOT_RUN, -1, List.of()));
            }
        }
        if (done.size() == run.actions().size()) {
            asker.answer(new Reply.Acted(done));
            return;
        }
        String action = run.actions().get(done.size());
        scripts.run(
                new ResourceName(run.resource()),
                action,
                run.environment(),
                result -> loop.execute(() -> {
                    done.add(new Reply.Act(
                            run.resource(),
                            settings.selfName(),
                            action,
                            ActionOutcome.of(result),
                            Math.max(-1, result.exit()),
                            result.output()));
                    runNext(run, done, asker);
                }));
    }

    private Reply.NodeFacts ownFacts() {
        return new Reply.NodeFacts(settings.selfName(), NodeFacts.of(settings, crs.view(), release));
    }

    private void facts(Caller caller, Request.QueryFacts query, Asker asker) {
        nodesMeant(query.allNodes(), query.nodes(), false, asker)
                .ifPresent(nodes -> each(
                                nodes,
                                caller,
                                node -> new Request.QueryFacts(
                                        false, List.of(settings.cluster().nameOf(node))),
                                here -> here.answer(new Reply.Facts(List.of(ownFacts()))))
                        .thenAccept(answers -> asker.answer(new Reply.Facts(nodes.stream()
                                .map(node -> answers.get(node) instanceof Reply.Facts(List<Reply.NodeFacts> own)
                                                && !own.isEmpty()
                                        ? own.getFirst()
                                        : new Reply.NodeFacts(settings.cluster().nameOf(node), Map.of()))
                                .toList()))));
    }

    /**
     * All of them at once, so that none takes over what another one stops. This one, if it is meant, stops what it runs with the others and leaves
     * when it knows what became of them: or nobody could tell.
     */
    private void stopNodes(Caller caller, Request.StopNodes stop, Asker asker) {
        Optional<Reply.Refused> refused = rootOnly(caller);
        if (refused.isPresent()) {
            asker.answer(refused.get());
            return;
        }
        nodesMeant(stop.allNodes(), stop.nodes(), false, asker).ifPresent(nodes -> {
            boolean self = nodes.contains(settings.self());
            Optional<Reply.Refused> own = self ? whyNotStopped(stop.force()) : Optional.empty();
            if (own.isPresent()) {
                asker.answer(own.get());
                return;
            }
            List<Reply.Problem> problems = new ArrayList<>();
            List<CompletableFuture<?>> others = new ArrayList<>();
            for (NodeId node : new TreeSet<>(nodes)) {
                if (node.equals(settings.self())) {
                    continue;
                }
                String name = settings.cluster().nameOf(node);
                if (crs.view().filter(view -> view.isMember(node)).isEmpty()) {
                    asker.progress("HF-2261: Node " + name + " is not in the cluster: there is nothing to stop");
                } else if (!crs.canReach(node)) {
                    problems.add(notKnownToStop(name));
                } else {
                    others.add(stopOther(node, caller, stop.force(), asker).thenAcceptAsync(problems::addAll, loop));
                }
            }
            CompletableFuture<Void> known = CompletableFuture.allOf(others.toArray(CompletableFuture[]::new));
            if (self) {
                othersStopping = known;
                // Of the others all is known when this one answers, unless this node stays: then the command is over
                // when it is.
                stop(
                        caller,
                        stop.force(),
                        Asker.of(
                                asker::progress,
                                answer -> known.thenRunAsync(
                                        () -> {
                                            if (!problems.isEmpty()
                                                    && answer instanceof Reply.Done(List<String> told)) {
                                                told.forEach(asker::progress); // This one leaves, though another stays.
                                            }
                                            asker.answer(together(answer, problems));
                                        },
                                        loop)));
            } else {
                known.thenRunAsync(() -> asker.answer(together(new Reply.Done(List.of()), problems)), loop);
            }
        });
    }

    private static Reply.Answer together(Reply.Answer own, List<Reply.Problem> others) {
        if (others.isEmpty()) {
            return own;
        }
        List<Reply.Problem> all = new ArrayList<>(others);
        if (own instanceof Reply.Refused(List<Reply.Problem> problems)) {
            all.addAll(problems);
        }
        return new Reply.Refused(all);
    }

    private static Reply.Problem notKnownToStop(String node) {
        return new Reply.Problem(
                "HF-2255",
                "Node " + node + " did not answer; whether it stops is not known.",
                List.of("See:  crsctl check cluster -all"));
    }

    /** What went wrong; empty when the node has left the cluster. It takes as long as what it runs takes to stop. */
    private CompletableFuture<List<Reply.Problem>> stopOther(NodeId node, Caller caller, boolean force, Asker asker) {
        String name = settings.cluster().nameOf(node);
        CompletableFuture<Reply.Answer> answer = new CompletableFuture<>();
        carryTo(node, caller, new Request.StopCrs(force), Asker.of(asker::progress, answer::complete));
        return answer.thenComposeAsync(
                given -> switch (given) {
                    case Reply.Done(List<String> lines) -> {
                        lines.forEach(asker::progress);
                        yield goneFromTheView(
                                node,
                                "CRS-4133: High Availability Services has been stopped on '" + name + "'",
                                List.of(new Reply.Problem(
                                        "HF-2262",
                                        "Node " + name
                                                + " has stopped what it ran, but is still a member of the cluster.",
                                        List.of("See:  crsctl check cluster -all"))),
                                asker);
                    }
                    case Reply.Refused(List<Reply.Problem> problems)
                    when problems.getFirst().code().equals(LOST) ->
                        // Its last words may be lost with the connection that ends with it; what counts is that it is
                        // gone.
                        goneFromTheView(node, "HF-2264: Node " + name + " has left the cluster", problems, asker);
                    case Reply.Refused(List<Reply.Problem> problems) -> CompletableFuture.completedFuture(problems);
                    default -> CompletableFuture.completedFuture(List.of(notKnownToStop(name)));
                },
                loop);
    }

    /** No problems, and {@code told}, as soon as the node is no member any more and nothing of it may still run; {@code otherwise} if that takes too long. */
    private CompletableFuture<List<Reply.Problem>> goneFromTheView(
            NodeId node, String told, List<Reply.Problem> otherwise, Asker asker) {
        CompletableFuture<List<Reply.Problem>> gone = new CompletableFuture<>();
        awaitedToLeave.put(node, gone);
        viewed();
        return gone.completeOnTimeout(otherwise, LEAVING_SECONDS, TimeUnit.SECONDS)
                .thenApplyAsync(
                        problems -> {
                            if (problems.isEmpty()) {
                                asker.progress(told);
                            }
                            return problems;
                        },
                        loop);
    }

    /** There may be a new view. */
    void viewed() {
        awaitedToLeave.entrySet().removeIf(awaited -> {
            boolean gone = crs.view()
                    .filter(view -> view.isMember(awaited.getKey()) || view.mayStillRun(awaited.getKey()))
                    .isEmpty();
            return gone && awaited.getValue().complete(List.of());
        });
    }

    /** On the loop: at once, or when this node has heard what became of the others that are stopped with it. */
    void whenOthersStopped(Runnable then) {
        othersStopping.thenRunAsync(then, loop);
    }

    private static String text(Message message) {
        return message.code().isEmpty() ? message.text() : message.line();
    }

    private static Reply.Refused refusal(List<Message> reasons) {
        return new Reply.Refused(reasons.stream().map(Administration::problem).toList());
    }

    private static Reply.Problem problem(Message reason) {
        return new Reply.Problem(
                reason.code(), reason.text(), reason.nextStep().isEmpty() ? List.of() : List.of(reason.nextStep()));
    }

    /** The policy's word for a request. Empty if the request was answered: refused here, or nothing to do. */
    private Optional<Command> translated(Situation situation, Caller caller, Request request, Asker asker) {
        Optional<Reply.Refused> refused = refusedFor(situation, caller, request);
        if (refused.isPresent()) {
            asker.answer(refused.get());
            return Optional.empty();
        }
        Optional<Command> command = commandFor(situation, caller, request, asker);
        Optional<Reply.Refused> dragged = command.flatMap(given -> dragged(situation, caller, request, given));
        if (dragged.isPresent()) {
            asker.answer(dragged.get());
            return Optional.empty();
        }
        return command;
    }

    /** Who may not stop or start a resource may not do it by way of another one either. */
    private static Optional<Reply.Refused> dragged(
            Situation situation, Caller caller, Request request, Command command) {
        if (caller.isRoot() || !(Policy.decide(situation, command) instanceof Decision.Accepted accepted)) {
            return Optional.empty();
        }
        Set<String> anyway = new HashSet<>();
        Policy.plan(situation).actions().forEach(action -> anyway.add(action.id()));
        Map<String, Reply.Problem> problems = new LinkedHashMap<>();
        for (PlannedAction action : accepted.plan().actions()) {
            ResourceDefinition touched = situation.resources().get(action.resource());
            if (!anyway.contains(action.id())
                    && touched != null
                    && !AccessList.parse(touched.value("ACL")).allows(caller, AccessList.Right.EXECUTE)) {
                problems.putIfAbsent(
                        touched.name().text(),
                        new Reply.Problem(
                                "CRS-2725",
                                "User " + caller.user() + " does not have permission to operate on resource '"
                                        + touched.name() + "', and this would "
                                        + action.kind().argument() + " it. Nothing was changed.",
                                List.of(
                                        "Its ACL is "
                                                + AccessList.parse(touched.value("ACL"))
                                                        .text(),
                                        "root can give the right:  crsctl setperm resource " + touched.name()
                                                + " -u user:" + caller.user() + ":r-x")));
            }
        }
        return problems.isEmpty() ? Optional.empty() : Optional.of(new Reply.Refused(List.copyOf(problems.values())));
    }

    private Optional<Command> commandFor(Situation situation, Caller caller, Request request, Asker asker) {
        return switch (request) {
            case Request.OfSetup ofSetup -> {
                List<Reply.Problem> problems = new ArrayList<>();
                Command command = SetupAdministration.command(situation, ofSetup, problems);
                if (!problems.isEmpty()) {
                    asker.answer(new Reply.Refused(problems));
                }
                yield problems.isEmpty() ? Optional.of(command) : Optional.empty();
            }
            case Request.AddResource add ->
                Optional.of(new Command.Add(add.name(), add.type(), withOwner(caller, add.attributes()), add.force()));
            case Request.ModifyResource modify ->
                Optional.of(new Command.Modify(modify.name(), withoutRemoved(modify), modify.force()));
            case Request.IfVersion(String version, Request.Change change) ->
                commandFor(situation, caller, change, asker).map(command -> new Command.IfVersion(version, command));
            case Request.DeleteResource delete ->
                named(situation, delete.resources(), asker).map(names -> new Command.Delete(names, delete.force()));
            case Request.StartResource start ->
                selection(situation, start.resources(), asker)
                        .map(selected -> new Command.Start(
                                selected, start.node(), start.pools(), start.instance(), start.force(), start.leave()));
            case Request.StopResource stop ->
                selection(situation, stop.resources(), asker)
                        .map(selected -> new Command.Stop(
                                selected, stop.node(), stop.pools(), stop.instance(), stop.force(), stop.leave()));
            case Request.RelocateResource relocate ->
                selection(situation, relocate.resources(), asker)
                        .map(selected -> new Command.Relocate(
                                selected, relocate.from(), relocate.to(), relocate.instance(), relocate.force()));
            case Request.CheckResource check ->
                selection(situation, check.resources(), asker)
                        .map(selected -> new Command.Check(selected, check.node()));
            case Request.DrainNode(String node, boolean force) -> Optional.of(new Command.Drain(node, force));
            case Request.UndrainNode(String node) -> Optional.of(new Command.Undrain(node));
            case Request.UseNode(Optional<String> node, boolean use) ->
                Optional.of(new Command.Use(node.orElse(settings.selfName()), use));
            case Request.FreezeResource freeze ->
                named(
                                situation,
                                freeze.resources() instanceof Selection.All
                                        ? Selection.named(situation.resources().keySet().stream()
                                                .map(ResourceName::text)
                                                .toArray(String[]::new))
                                        : freeze.resources(),
                                asker)
                        .map(names -> new Command.Freeze(names, freeze.freeze()));
            case Request.FreezeCluster(boolean freeze) -> Optional.of(new Command.FreezeCluster(freeze));
            case Request.CreateAppVip create -> Optional.of(appVip(create));
            case Request.DeleteAppVip(String name, boolean force) ->
                Optional.of(new Command.Delete(List.of(name), force));
            case Request.SetPermission set -> permissionSet(situation, set, asker);
            case Request.Apply apply -> WholeConfiguration.command(situation, apply, asker);
            default -> {
                asker.answer(Reply.Refused.because("HF-2205", "This request is not understood by the master."));
                yield Optional.empty();
            }
        };
    }

    private Command appVip(Request.CreateAppVip create) {
        Map<String, String> attributes = new LinkedHashMap<>();
        String network = PublicNetwork.resourceName(create.network());
        attributes.put(
                "USR_ORA_VIP",
                IpAddress.parse(create.address()).map(IpAddress::toString).orElse(create.address()));
        attributes.put("START_DEPENDENCIES", "hard(" + network + ") pullup(" + network + ")");
        attributes.put("STOP_DEPENDENCIES", "hard(" + network + ")");
        attributes.put(
                "ACL",
                "owner:root:rwx,pgrp:" + create.group().orElse("root") + ":r-x,other::r--,user:" + create.user()
                        + ":r-x");
        attributes.put("HOSTING_MEMBERS", settings.selfName());
        attributes.put("APPSVIP_FAILBACK", create.failback() ? "1" : "0");
        return new Command.Add(create.name(), TypeDefinition.applicationVip(create.network()), attributes, false);
    }

    /** An empty value takes the value for one server back. */
    private static Map<String, String> withoutRemoved(Request.ModifyResource modify) {
        Map<String, String> changed = new LinkedHashMap<>(modify.attributes());
        modify.removed().forEach(attribute -> changed.put(attribute, ""));
        return changed;
    }

    private static Map<String, String> withOwner(Caller caller, Map<String, String> attributes) {
        Map<String, String> complete = new LinkedHashMap<>(attributes);
        complete.putIfAbsent("ACL", AccessList.ofCreator(caller));
        return complete;
    }

    static Optional<Reply.Refused> refusedFor(Situation situation, Caller caller, Request request) {
        return switch (request) {
            case Request.IfVersion(String _, Request.Change change) -> refusedFor(situation, caller, change);
            case Request.AddPool add -> accessList(add.attributes()).or(() -> rootOnly(caller));
            case Request.ModifyPool modify
            when modify.allPolicies() || !modify.policies().isEmpty() ->
                SetupAccess.refusal(situation, caller, Kind.POLICY_SET, "", AccessList.Right.WRITE);
            case Request.ModifyPool modify ->
                accessList(modify.attributes())
                        .or(() -> SetupAccess.refusal(
                                situation, caller, Kind.POOL, modify.name(), AccessList.Right.WRITE))
                        .or(() -> SetupAccess.category(
                                situation,
                                caller,
                                Optional.ofNullable(situation.setup().pools().get(modify.name()))
                                        .map(ServerPool::category)
                                        .orElse(""),
                                modify.attributes()))
                        .or(() -> modify.attributes().containsKey("ACL")
                                ? SetupAccess.notOwner(situation, caller, Kind.POOL, modify.name())
                                : Optional.empty());
            case Request.DeletePool delete ->
                refusals(
                        delete.names(),
                        name -> SetupAccess.refusal(situation, caller, Kind.POOL, name, AccessList.Right.WRITE));
            case Request.ModifyType modify ->
                SetupAccess.refusal(situation, caller, Kind.TYPE, modify.name(), AccessList.Right.WRITE)
                        .or(() -> resourcesOf(situation, caller, modify.name()));
            case Request.DeleteType delete ->
                refusals(
                        delete.names(),
                        name -> SetupAccess.refusal(situation, caller, Kind.TYPE, name, AccessList.Right.WRITE));
            case Request.AddType _, Request.RelocateServer _, Request.SetServer _ -> rootOnly(caller);
            case Request.AddCategory add -> accessList(add.attributes()).or(() -> rootOnly(caller));
            case Request.ModifyCategory modify ->
                accessList(modify.attributes())
                        .or(() -> SetupAccess.refusal(
                                situation, caller, Kind.CATEGORY, modify.name(), AccessList.Right.WRITE))
                        .or(() -> modify.attributes().containsKey("ACL")
                                ? SetupAccess.notOwner(situation, caller, Kind.CATEGORY, modify.name())
                                : Optional.empty());
            case Request.DeleteCategory delete ->
                refusals(
                        delete.names(),
                        name -> SetupAccess.refusal(situation, caller, Kind.CATEGORY, name, AccessList.Right.WRITE));
            case Request.AddPolicy _, Request.ModifyPolicy _, Request.DeletePolicy _ ->
                SetupAccess.refusal(situation, caller, Kind.POLICY_SET, "", AccessList.Right.WRITE);
            case Request.ModifyPolicySet modify ->
                accessList(modify.attributes())
                        .or(() -> SetupAccess.policySet(situation, caller, modify))
                        .or(() -> modify.attributes().containsKey("ACL")
                                ? SetupAccess.notOwner(situation, caller, Kind.POLICY_SET, "")
                                : Optional.empty());
            case Request.AddResource add ->
                accessList(add.attributes())
                        .or(() -> owner(caller, add.attributes()))
                        .or(() -> nativeType(situation, caller, add.type()))
                        .or(() ->
                                SetupAccess.refusal(situation, caller, Kind.TYPE, add.type(), AccessList.Right.EXECUTE))
                        .or(() -> SetupAccess.pools(situation, caller, "", add.attributes()))
                        .or(() -> SetupAccess.category(situation, caller, "", add.attributes()));
            case Request.ModifyResource modify ->
                accessList(modify.attributes())
                        .or(() -> rights(situation, caller, named(modify.name()), AccessList.Right.WRITE))
                        .or(() -> ownerStays(situation, caller, modify.name(), modify.attributes()))
                        .or(() -> outside(situation, modify))
                        .or(() -> SetupAccess.pools(situation, caller, modify.name(), modify.attributes()))
                        .or(() -> SetupAccess.category(
                                situation,
                                caller,
                                Optional.ofNullable(SetupAccess.resource(situation, modify.name()))
                                        .map(ResourceDefinition::serverCategory)
                                        .orElse(""),
                                modify.attributes()))
                        .or(() -> busy(situation, Selection.named(modify.name()), modify.failIfBusy()));
            case Request.DeleteResource delete ->
                rights(situation, caller, delete.resources(), AccessList.Right.WRITE)
                        .or(() -> busy(situation, delete.resources(), delete.failIfBusy()));
            case Request.StartResource start ->
                rights(situation, caller, start.resources(), AccessList.Right.EXECUTE)
                        .or(() -> SetupAccess.pools(situation, caller, start.pools(), AccessList.Right.EXECUTE))
                        .or(() -> foreignEnvironment(situation, caller, start.resources(), start.environment()))
                        .or(() -> busy(situation, start.resources(), start.failIfBusy()));
            case Request.StopResource stop ->
                rights(situation, caller, stop.resources(), AccessList.Right.EXECUTE)
                        .or(() -> SetupAccess.pools(situation, caller, stop.pools(), AccessList.Right.READ))
                        .or(() -> foreignEnvironment(situation, caller, stop.resources(), stop.environment()))
                        .or(() -> busy(situation, stop.resources(), stop.failIfBusy()));
            case Request.RelocateResource relocate ->
                rights(situation, caller, relocate.resources(), AccessList.Right.EXECUTE)
                        .or(() -> foreignEnvironment(situation, caller, relocate.resources(), relocate.environment()))
                        .or(() -> busy(situation, relocate.resources(), relocate.failIfBusy()));
            case Request.CheckResource check -> rights(situation, caller, check.resources(), AccessList.Right.EXECUTE);
            case Request.DrainNode _, Request.UndrainNode _, Request.UseNode _, Request.FreezeCluster _ ->
                rootOnly(caller);
            case Request.FreezeResource freeze -> rights(situation, caller, freeze.resources(), AccessList.Right.WRITE);
            case Request.CreateAppVip create -> rootOnly(caller).or(() -> unknownNetwork(situation, create));
            case Request.DeleteAppVip delete -> rootOnly(caller).or(() -> notAVip(situation, delete.name()));
            case Request.SetPermission set
            when set.kind() != Kind.RESOURCE && set.kind() != Kind.GROUP ->
                set.change() == Request.PermissionChange.OWNER
                        ? rootOnly(caller)
                        : SetupAccess.notOwner(situation, caller, set.kind(), set.name());
            case Request.SetPermission set ->
                rights(situation, caller, named(set.name()), AccessList.Right.READ)
                        .or(() -> ownerOnly(situation, caller, set.name()))
                        .or(() -> set.change() == Request.PermissionChange.OWNER
                                ? rootOnly(caller).or(() -> newOwner(situation, set.name(), set.value()))
                                : Optional.empty());
            case Request.Apply apply ->
                WholeConfiguration.differences(situation, apply).stream()
                        .map(differing -> WholeConfiguration.asOne(apply, differing))
                        .flatMap(one -> refusedFor(situation, caller, one).stream())
                        .flatMap(refused -> refused.problems().stream())
                        .collect(Collectors.collectingAndThen(
                                Collectors.toList(),
                                problems -> problems.isEmpty()
                                        ? Optional.empty()
                                        : Optional.of(new Reply.Refused(problems))));
            default -> Optional.empty();
        };
    }

    private static Optional<Reply.Refused> refusals(
            List<String> names, Function<String, Optional<Reply.Refused>> refusal) {
        List<Reply.Problem> problems = names.stream()
                .flatMap(name -> refusal.apply(name).stream())
                .flatMap(refused -> refused.problems().stream())
                .toList();
        return problems.isEmpty() ? Optional.empty() : Optional.of(new Reply.Refused(problems));
    }

    /** A default of a type, such as ACTION_SCRIPT, is what its resources have: who changes it changes them. */
    private static Optional<Reply.Refused> resourcesOf(Situation situation, Caller caller, String type) {
        List<String> names = situation.resources().values().stream()
                .filter(resource -> resource.type().isA(type))
                .map(resource -> resource.name().text())
                .toList();
        return names.isEmpty()
                ? Optional.empty()
                : rights(situation, caller, new Selection.Named(names), AccessList.Right.WRITE);
    }

    /** What is in the environment of a script can make it do anything, as its owner. */
    private static Optional<Reply.Refused> foreignEnvironment(
            Situation situation, Caller caller, Selection selection, Map<String, String> environment) {
        if (environment.isEmpty() || caller.isRoot()) {
            return Optional.empty();
        }
        return selected(situation, selection).stream()
                .filter(resource ->
                        !AccessList.parse(resource.value("ACL")).owner().equals(caller.user()))
                .findFirst()
                .map(resource -> Reply.Refused.because(
                        "CRS-2725",
                        "User " + caller.user() + " may not give an environment to the actions of resource '"
                                + resource.name() + "': they run as its owner, "
                                + AccessList.parse(resource.value("ACL")).owner() + ". Nothing was changed.",
                        "Leave out -env."));
    }

    private static Selection named(String name) {
        return Selection.named(name);
    }

    private static Optional<Reply.Refused> accessList(Map<String, String> attributes) {
        String text = attributes.getOrDefault("ACL", "");
        try {
            if (!text.isBlank()) {
                AccessList.read(text);
            }
            return Optional.empty();
        } catch (AccessList.Malformed e) {
            return Optional.of(badAccessList(e));
        }
    }

    private static Reply.Refused badAccessList(AccessList.Malformed e) {
        return Reply.Refused.because(
                "HF-2251",
                "The access list was not understood: " + e.getMessage() + ". Nothing was changed.",
                "An example:  ACL='owner:oracle:rwx,pgrp:dba:r-x,other::r--,user:backup:r-x'");
    }

    /** Addresses are taken by the cluster itself, as root. */
    private static Optional<Reply.Refused> nativeType(Situation situation, Caller caller, String type) {
        TypeDefinition known = situation.types().get(type);
        return known != null && known.isNative() ? rootOnly(caller) : Optional.empty();
    }

    private static Optional<Reply.Refused> ownerOnly(Situation situation, Caller caller, String name) {
        ResourceDefinition known = SetupAccess.resource(situation, name);
        if (known == null || caller.isRoot()) {
            return Optional.empty();
        }
        String owner = AccessList.parse(known.value("ACL")).owner();
        return owner.equals(caller.user())
                ? Optional.empty()
                : Optional.of(Reply.Refused.because(
                        "CRS-2725",
                        "User " + caller.user() + " may not change the access list of resource '" + name
                                + "': only its owner, " + owner + ", and root may. Nothing was changed."));
    }

    /** Whoever may change a resource could else take it over, or give it away, with its actions. */
    private static Optional<Reply.Refused> ownerStays(
            Situation situation, Caller caller, String name, Map<String, String> attributes) {
        return attributes.containsKey("ACL")
                ? ownerOnly(situation, caller, name)
                        .or(() -> owner(caller, attributes))
                        .or(() -> newOwner(
                                situation,
                                name,
                                AccessList.parse(attributes.get("ACL")).owner()))
                : Optional.empty();
    }

    /** What one user started another may not be able to stop. */
    private static Optional<Reply.Refused> newOwner(Situation situation, String name, String owner) {
        ResourceDefinition known = SetupAccess.resource(situation, name);
        if (known == null || AccessList.parse(known.value("ACL")).owner().equals(owner)) {
            return Optional.empty();
        }
        boolean runs = situation.observed().entrySet().stream()
                .anyMatch(entry -> entry.getKey().resource().equals(known.name())
                        && !entry.getValue().isDown());
        return runs && !known.type().isNative()
                ? Optional.of(Reply.Refused.because(
                        "HF-2256",
                        "The owner of resource '" + name
                                + "' is not changed while it runs: actions run as the owner, and "
                                + owner + " may not be able to stop what "
                                + AccessList.parse(known.value("ACL")).owner() + " started. Nothing was changed.",
                        "First:  crsctl stop resource " + name))
                : Optional.empty();
    }

    private static Optional<Reply.Refused> outside(Situation situation, Request.ModifyResource modify) {
        ResourceDefinition known = SetupAccess.resource(situation, modify.name());
        String address = modify.attributes().getOrDefault("USR_ORA_VIP", "");
        String type = known == null ? "" : known.type().name();
        Matcher network = NETWORK_OF_TYPE.matcher(type);
        return IpAddress.parse(address).isEmpty() || !network.matches() // What is no address is refused as such.
                ? Optional.empty()
                : outside(situation, Integer.parseInt(network.group(1)), address);
    }

    private static Optional<Reply.Refused> owner(Caller caller, Map<String, String> attributes) {
        String owner = AccessList.parse(attributes.getOrDefault("ACL", "")).owner();
        if (attributes.containsKey("ACL") && !caller.isRoot() && !owner.equals(caller.user())) {
            return Optional.of(Reply.Refused.because(
                    "CRS-2725",
                    "User " + caller.user() + " may not make " + owner + " the owner of a resource: its actions would"
                            + " run as " + owner + ". Nothing was changed.",
                    "Name yourself as owner in ACL, or let root do it."));
        }
        return Optional.empty();
    }

    private static Optional<Reply.Refused> rootOnly(Caller caller) {
        return caller.isRoot()
                ? Optional.empty()
                : Optional.of(Reply.Refused.because(
                        "CRS-2725", "User " + caller.user() + " does not have permission for this; only root has."));
    }

    private static Optional<Reply.Refused> unknownNetwork(Situation situation, Request.CreateAppVip create) {
        return outside(situation, create.network(), create.address());
    }

    private static Optional<Reply.Refused> outside(Situation situation, int number, String address) {
        String network = PublicNetwork.resourceName(number);
        ResourceDefinition known =
                ResourceName.isValid(network) ? situation.resources().get(new ResourceName(network)) : null;
        if (known == null) {
            return Optional.of(Reply.Refused.because(
                    "CRS-2613",
                    "Could not find resource '" + network + "': there is no public network " + number + ".",
                    "Write network." + number
                            + ".subnet=192.0.2.0/24 (or 2001:db8::/64, or both with a comma between) in cluster.conf on"
                            + " every node, then restart the stack, node by node."));
        }
        try {
            PublicNetwork parsed = PublicNetwork.of(known);
            IpAddress wanted = PublicNetwork.address(address);
            Optional<String> reason = wanted.whyNoHost();
            if (reason.isPresent()) {
                return Optional.of(Reply.Refused.because(
                        "CRS-5008",
                        "Address " + wanted + " cannot be a virtual address: it is " + reason.get()
                                + ". Nothing was changed.",
                        "Choose an address of the network."));
            }
            if (parsed.subnetOf(wanted).isEmpty()) {
                boolean ofItsKind = parsed.subnets().stream()
                        .anyMatch(subnet -> subnet.first().isIpv6() == wanted.isIpv6());
                String subnets = parsed.subnets().stream().map(Subnet::toString).collect(Collectors.joining(", "));
                return Optional.of(Reply.Refused.because(
                        "CRS-5008",
                        "Address " + wanted + " is outside of public network " + number + " (" + subnets
                                + "). Nothing was changed.",
                        ofItsKind
                                ? "Choose an address of the network, or another network."
                                : wanted.isIpv6()
                                        ? "For IPv6 on this network:  crsctl modify resource " + network
                                                + " -attr USR_ORA_SUBNET6=2001:db8::/64 (its own subnet)"
                                        : "This network has IPv6 only: choose another, or an address of it."));
            }
        } catch (java.io.IOException e) {
            return Optional.of(Reply.Refused.because("CRS-5008", e.getMessage() + ". Nothing was changed."));
        }
        return Optional.empty();
    }

    private static Optional<Reply.Refused> notAVip(Situation situation, String name) {
        ResourceDefinition known = SetupAccess.resource(situation, name);
        if (known != null && !known.type().isA(TypeDefinition.CLUSTER_VIP)) {
            return Optional.of(Reply.Refused.because(
                    "HF-2206",
                    "'" + name + "' is a " + known.type().name() + ", not an application VIP. Nothing was changed.",
                    "Use  crsctl delete resource " + name));
        }
        return Optional.empty();
    }

    private static SortedMap<String, String> environment(Request request) {
        return new TreeMap<>(
                switch (request) {
                    case Request.StartResource start -> start.environment();
                    case Request.StopResource stop -> stop.environment();
                    case Request.RelocateResource relocate -> relocate.environment();
                    default -> Map.<String, String>of();
                });
    }

    private static Optional<Reply.Refused> rights(
            Situation situation, Caller caller, Selection selection, AccessList.Right right) {
        List<Reply.Problem> problems = new ArrayList<>();
        for (ResourceDefinition resource : selected(situation, selection)) {
            if (!AccessList.parse(resource.value("ACL")).allows(caller, right)) {
                problems.add(new Reply.Problem(
                        "CRS-2725",
                        "User " + caller.user() + " does not have permission to operate on resource '" + resource.name()
                                + "'.",
                        List.of("Its ACL is " + resource.value("ACL"))));
            }
        }
        return problems.isEmpty() ? Optional.empty() : Optional.of(new Reply.Refused(problems));
    }

    private static Optional<Reply.Refused> busy(Situation situation, Selection selection, boolean failIfBusy) {
        if (!failIfBusy) {
            return Optional.empty();
        }
        List<Reply.Problem> problems = new ArrayList<>();
        for (ResourceDefinition resource : selected(situation, selection)) {
            for (Map.Entry<InstanceKey, Observed> entry : situation.observed().entrySet()) {
                if (entry.getKey().resource().equals(resource.name())
                        && entry.getValue().internal() != InternalState.STABLE) {
                    problems.add(new Reply.Problem(
                            "CRS-2738",
                            "Resource '" + resource.name() + "' is busy: "
                                    + entry.getValue().internal() + ". Nothing was changed.",
                            List.of("Leave out -i to wait.")));
                }
            }
        }
        return problems.isEmpty() ? Optional.empty() : Optional.of(new Reply.Refused(problems));
    }

    /** Those of the selection that exist. */
    private static List<ResourceDefinition> selected(Situation situation, Selection selection) {
        return switch (selection) {
            case Selection.All _ -> List.copyOf(situation.resources().values());
            case Selection.Named(List<String> names) -> {
                List<ResourceDefinition> found = new ArrayList<>();
                for (String name : names) {
                    ResourceDefinition known = SetupAccess.resource(situation, name);
                    if (known != null) {
                        found.add(known);
                    }
                }
                yield found;
            }
            case Selection.Groups(List<String> names) ->
                names.stream()
                        .map(name -> SetupAccess.resource(situation, name))
                        .filter(java.util.Objects::nonNull)
                        .toList();
            case Selection.Matching(var filter) ->
                situation.resources().values().stream()
                        .filter(resource -> filter.matches(attribute -> values(situation, resource, attribute)))
                        .toList();
        };
    }

    private static List<String> values(Situation situation, ResourceDefinition resource, String attribute) {
        return switch (attribute) {
            case "NAME" -> List.of(resource.name().text());
            case "TYPE" -> List.of(resource.type().name());
            case "STATE", "TARGET" ->
                new StatusPicture()
                        .resource(situation, resource, false).instances().stream()
                                .map(instance -> attribute.equals("STATE") ? instance.state() : instance.target())
                                .toList();
            case "STATE_DETAILS", "INTERNAL_STATE", "LAST_SERVER", "TARGET_SERVER", "RESTART_COUNT" ->
                new StatusPicture()
                        .resource(situation, resource, false).instances().stream()
                                .map(instance -> SetupAdministration.value(instance, attribute))
                                .toList();
            default -> {
                String value = resource.effective().get(attribute);
                yield value == null ? List.of() : List.of(value);
            }
        };
    }

    private static Optional<List<String>> named(Situation situation, Selection selection, Asker asker) {
        if (selection instanceof Selection.Named(List<String> names)) {
            return Optional.of(names);
        }
        if (selection instanceof Selection.Groups(List<String> groups)) {
            Optional<Reply.Refused> refused = SetupAdministration.notGroups(situation, groups);
            refused.ifPresent(asker::answer);
            return refused.isPresent() ? Optional.empty() : Optional.of(groups);
        }
        List<String> names = selected(situation, selection).stream()
                .map(resource -> resource.name().text())
                .toList();
        if (names.isEmpty()) {
            asker.answer(Reply.Refused.because("CRS-2613", "No resource matches. Nothing was changed."));
            return Optional.empty();
        }
        return Optional.of(names);
    }

    private static Optional<Command.Selection> selection(Situation situation, Selection selection, Asker asker) {
        if (selection instanceof Selection.All) {
            return Optional.of(new Command.Selection.All());
        }
        return named(situation, selection, asker).map(Command.Selection.Named::new);
    }

    private static boolean mayRead(Situation situation, Caller caller, String name) {
        return SetupAccess.mayRead(situation, caller, Kind.RESOURCE, name);
    }

    private Reply.Answer status(Caller caller, Situation situation, Selection selection, boolean definitions) {
        if (selection instanceof Selection.Named(List<String> names)) {
            List<Reply.Problem> missing = names.stream()
                    .filter(name -> SetupAccess.resource(situation, name) == null)
                    .map(name -> new Reply.Problem("CRS-2613", "Could not find resource '" + name + "'.", List.of()))
                    .toList();
            if (!missing.isEmpty()) {
                return new Reply.Refused(missing);
            }
            Optional<Reply.Refused> secret = rights(situation, caller, selection, AccessList.Right.READ);
            if (secret.isPresent()) {
                return secret.get();
            }
        }
        long epoch = crs.view().map(view -> view.epoch().number()).orElse(0L);
        return new Reply.Resources(
                epoch,
                selected(situation, selection).stream()
                        .filter(resource ->
                                mayRead(situation, caller, resource.name().text()))
                        // A group is shown by its members, and by "status resourcegroup".
                        .filter(resource -> selection instanceof Selection.Named
                                || !resource.type().isGroup())
                        .map(resource -> picture.resource(situation, resource, definitions))
                        .sorted(java.util.Comparator.comparing(Reply.Resource::name))
                        .toList());
    }

    private static Reply.Answer types(Situation situation, Caller caller, List<String> names) {
        List<Reply.Problem> missing = names.stream()
                .filter(name -> !SetupAccess.mayRead(situation, caller, Kind.TYPE, name))
                .map(name -> new Reply.Problem("CRS-2560", "Resource type '" + name + "' does not exist.", List.of()))
                .toList();
        if (!missing.isEmpty()) {
            return new Reply.Refused(missing);
        }
        return new Reply.Types(situation.types().values().stream()
                .filter(type -> names.isEmpty() || names.contains(type.name()))
                .filter(type -> SetupAccess.mayRead(situation, caller, Kind.TYPE, type.name()))
                .map(type -> type(situation, type))
                .toList());
    }

    private static Reply.Type type(Situation situation, TypeDefinition type) {
        return new Reply.Type(
                type.name(),
                type.lineage().size() > 1 ? Optional.of(type.lineage().get(1)) : Optional.empty(),
                type.attributes().values().stream()
                        .map(attribute -> new Reply.TypeAttribute(
                                attribute.name(),
                                attribute.isNumber() ? "int" : "string",
                                attribute.defaultValue(),
                                attribute.flags().stream().map(Enum::name).toList()))
                        .toList(),
                Optional.ofNullable(situation.setup().types().get(type.name())).map(Policy::version));
    }

    /** What each node weighs when a partition is decided, by number; empty if cssd does not say. */
    private static Map<Integer, Integer> weights(@Nullable Json json) {
        Map<Integer, Integer> weights = new HashMap<>();
        try {
            for (Json node : json == null ? List.<Json>of() : json.children("nodes")) {
                weights.put(node.integer("number"), (int) node.number("weight", 0));
            }
        } catch (Json.Malformed e) {
            return Map.of(); // The servers are shown all the same.
        }
        return weights;
    }

    private static SortedMap<String, String> serverDetails(
            Situation situation, Server server, @Nullable Integer weight) {
        SortedMap<String, String> details = new TreeMap<>(Map.of(
                "NODE_NUMBER",
                Integer.toString(server.id().number()),
                "INCARNATION",
                server.incarnation().text()));
        details.put("RESOURCE_USE_ENABLED", situation.maintenance().unused().contains(server.id()) ? "0" : "1");
        details.put("DRAINED", situation.maintenance().drained().contains(server.id()) ? "yes" : "no");
        details.putAll(SetupAdministration.details(situation, server));
        if (weight != null) {
            details.put("CSS_CRITICAL", weight >= Crs.CRITICAL_WEIGHT ? "yes" : "no");
            details.put("CSS_WEIGHT", Integer.toString(weight));
        }
        return details;
    }

    /** @param leaving given nothing more; for the policy they are like those that are not ready yet */
    private static Reply.Answer servers(
            Situation situation, List<String> names, List<NodeId> leaving, Map<Integer, Integer> weights) {
        List<Reply.Problem> missing = names.stream()
                .filter(name -> situation.serverNamed(name).isEmpty())
                .map(name -> new Reply.Problem("CRS-2579", "Server '" + name + "' does not exist.", List.of()))
                .toList();
        if (!missing.isEmpty()) {
            return new Reply.Refused(missing);
        }
        return new Reply.Servers(situation.servers().values().stream()
                .filter(server -> names.isEmpty() || names.contains(server.name()))
                .map(server -> new Reply.Server(
                        server.name(),
                        server.state() == Server.State.JOINING && leaving.contains(server.id())
                                ? "LEAVING"
                                : server.state().name(),
                        serverDetails(situation, server, weights.get(server.id().number()))))
                .toList());
    }

    private static Supposal supposal(Request.Suppose suppose) {
        return switch (suppose.what()) {
            case "serverLost" -> new Supposal.ServerLost(suppose.name());
            case "serverBack" -> new Supposal.ServerBack(suppose.name());
            default -> new Supposal.Failure(suppose.name(), suppose.node());
        };
    }

    /** The plan, what is worth saying about it, and what could not be helped in the end that is well now. */
    private Reply.Answer evaluated(Situation situation, Decision decision) {
        return switch (decision) {
            case Decision.Refused(List<Message> reasons) -> refusal(reasons);
            case Decision.Accepted accepted -> {
                Set<String> messages = new LinkedHashSet<>();
                accepted.notes().forEach(note -> messages.add(text(note)));
                Map<ResourceName, List<Message>> before = Policy.plan(situation).stuck();
                accepted.plan().stuck().forEach((name, reasons) -> {
                    if (!before.containsKey(name)) {
                        reasons.forEach(reason -> messages.add(text(reason)));
                    }
                });
                yield new Reply.Plan(List.copyOf(messages), steps(accepted.plan()));
            }
        };
    }

    private List<Reply.Step> steps(Plan plan) {
        return plan.actions().stream()
                .map(action -> new Reply.Step(
                        action.id(),
                        action.kind().name(),
                        action.resource().text(),
                        action.instance(),
                        1,
                        settings.cluster().nameOf(action.node()),
                        List.copyOf(action.after()),
                        action.required(),
                        action.reason()))
                .toList();
    }

    // ---------------------------------------------------------------- why

    private void whyNow(Caller caller, Situation situation, Request.Why why, Asker asker) {
        if (why(situation, why.resource(), why.node()) instanceof Reply.Explanation now) {
            long present = situation.now().toEpochMilli();
            recollections(caller, new Request.Recollect(why.resource(), why.node(), present), all -> {
                List<Reply.Decided> lately = lately(all);
                asker.answer(new Reply.Explanation(
                        now.resource(), now.because(), now.changes(), lately, present, settings.selfName()));
            });
        } else {
            asker.answer(why(situation, why.resource(), why.node()));
        }
    }

    /** Any node can tell: each asks all for what they wrote down as masters. */
    private void whyThen(Caller caller, Request.Why why, Asker asker) {
        long at = why.atMillis().orElseThrow();
        if (!ResourceName.isValid(why.resource())) {
            asker.answer(Reply.Refused.because("CRS-2613", "Could not find resource '" + why.resource() + "'."));
            return;
        }
        recollections(caller, new Request.Recollect(why.resource(), why.node(), at), all -> {
            Optional<Reply.Explanation> latest = all.stream()
                    .filter(one -> one.asOfMillis() > 0)
                    .max(Comparator.comparingLong(Reply.Explanation::asOfMillis));
            if (latest.isEmpty()) {
                asker.answer(Reply.Refused.because(
                        "HF-2240",
                        "Nothing is known any more, or nothing was decided yet, at " + Instant.ofEpochMilli(at) + ".",
                        "The nodes keep what they decided as masters in "
                                + "decisions/ of their data directory; this one since "
                                + decisions.oldest().map(Instant::toString).orElse("never") + ".",
                        "A member that cannot be reached may know more:  crsctl check cluster -all"));
                return;
            }
            Reply.Explanation found = latest.get();
            asker.answer(new Reply.Explanation(
                    found.resource(),
                    found.because(),
                    found.changes(),
                    lately(all),
                    found.asOfMillis(),
                    found.witness()));
        });
    }

    private static List<Reply.Decided> lately(List<Reply.Explanation> all) {
        List<Reply.Decided> lately = new ArrayList<>();
        all.forEach(one -> lately.addAll(one.lately()));
        lately.sort(Comparator.comparingLong(Reply.Decided::whenMillis));
        return lately.subList(Math.max(0, lately.size() - TOLD), lately.size());
    }

    /** What every node that can be reached has written down; {@code then} is called on the loop. */
    private void recollections(Caller caller, Request.Recollect request, Consumer<List<Reply.Explanation>> then) {
        List<CompletableFuture<Reply.Answer>> answers = new ArrayList<>();
        for (NodeId node : settings.cluster().nodes().keySet()) {
            CompletableFuture<Reply.Answer> answer = new CompletableFuture<>();
            Asker asker = oneOfMany(answer);
            if (node.equals(settings.self())) {
                recollect(request, asker);
            } else if (crs.canReach(node)) {
                carryTo(node, caller, request, asker);
            } else {
                continue;
            }
            answers.add(answer.completeOnTimeout(Reply.Done.silently(), RECOLLECTION_SECONDS, TimeUnit.SECONDS));
        }
        CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenRunAsync(
                        () -> {
                            List<Reply.Explanation> known = new ArrayList<>();
                            for (CompletableFuture<Reply.Answer> answer : answers) {
                                if (answer.join() instanceof Reply.Explanation explanation) {
                                    known.add(explanation);
                                }
                            }
                            then.accept(known);
                        },
                        loop);
    }

    private void recollect(Request.Recollect request, Asker asker) {
        if (!ResourceName.isValid(request.resource())) {
            asker.answer(Reply.Refused.because("CRS-2613", "'" + request.resource() + "' is not a resource name."));
            return;
        }
        ResourceName name = new ResourceName(request.resource());
        decisions
                .recollect(name, request.atMillis())
                .thenAcceptAsync(
                        past -> {
                            List<Reply.Decided> lately = past.lately().stream()
                                    .map(one -> new Reply.Decided(one.whenMillis(), one.text()))
                                    .toList();
                            Situation situation = past.situation();
                            Reply.Answer then = situation == null
                                    ? new Reply.Explanation(name.text(), List.of(), List.of())
                                    : why(situation, name.text(), request.node());
                            Reply.Explanation told = then instanceof Reply.Explanation explanation
                                    ? explanation
                                    : new Reply.Explanation(
                                            name.text(),
                                            List.of("there was no such resource, or no such server [registry]"),
                                            List.of());
                            asker.answer(new Reply.Explanation(
                                    told.resource(),
                                    told.because(),
                                    told.changes(),
                                    lately,
                                    past.asOfMillis(),
                                    settings.selfName()));
                        },
                        loop);
    }

    /** @param on only what concerns this server, or none in particular */
    private static Reply.Answer why(Situation situation, String name, Optional<String> on) {
        Optional<Explanation> known =
                ResourceName.isValid(name) ? Policy.why(situation, new ResourceName(name)) : Optional.empty();
        if (known.isEmpty()) {
            return Reply.Refused.because("CRS-2613", "Could not find resource '" + name + "'.");
        }
        Optional<Server> only = on.flatMap(situation::serverNamed);
        if (on.isPresent() && only.isEmpty()) {
            return Reply.Refused.because("CRS-2579", "Server '" + on.get() + "' does not exist.");
        }
        Explanation explanation = known.get();
        List<String> because = new ArrayList<>();
        for (Explanation.Reason reason : explanation.because()) {
            if (concerns(reason, only)) {
                because.add(reason.text() + " [" + reason.cause() + "]");
            }
        }
        for (Explanation.Reason reason : explanation.elsewhere()) {
            String server = reason.node()
                    .map(node -> situation.servers().get(node))
                    .map(Server::name)
                    .orElse("any server");
            if (concerns(reason, only)) {
                because.add("not on " + server + ": " + reason.text() + " [" + reason.cause() + "]");
            }
        }
        return new Reply.Explanation(name, because, explanation.changes());
    }

    private static boolean concerns(Explanation.Reason reason, Optional<Server> only) {
        return only.isEmpty()
                || reason.node().isEmpty()
                || reason.node().get().equals(only.get().id());
    }

    // ---------------------------------------------------------------- this node, and its cssd

    private Reply.Answer health(Request.CheckStack check) {
        List<Reply.NodeHealth> rows = new ArrayList<>();
        for (ClusterSettings.Node node : settings.cluster().nodes().values()) {
            boolean asked = check.allNodes()
                    || check.nodes().contains(node.name())
                    || (check.nodes().isEmpty() && node.id().equals(settings.self()));
            if (asked) {
                rows.add(health(node));
            }
        }
        List<Reply.Problem> unknown = check.nodes().stream()
                .filter(name -> settings.cluster().idOf(name).isEmpty())
                .map(name -> new Reply.Problem("CRS-2579", "Server '" + name + "' does not exist.", List.of()))
                .toList();
        return unknown.isEmpty() ? new Reply.Health(rows) : new Reply.Refused(unknown);
    }

    private Reply.NodeHealth health(ClusterSettings.Node node) {
        Optional<ClusterView> view = crs.view();
        boolean self = node.id().equals(settings.self());
        boolean member = view.filter(present -> present.isMember(node.id())).isPresent();
        boolean serving = member && (self ? mastered() : crs.canReach(node.id()));
        String detail = view.map(present -> present.unsettled().stream()
                        .filter(life -> life.node().equals(node.id()) && !life.settled())
                        .map(life -> "voted out in epoch " + life.evictedIn() + "; not yet proved harmless")
                        .findFirst()
                        .orElse(member ? "" : "not a member of epoch " + present.epoch()))
                .orElse("no view of the cluster yet");
        boolean tells = self
                || view.filter(present -> present.master().equals(node.id())).isPresent();
        String registryTrouble = tells ? registry.trouble() : "";
        String all = detail.isEmpty() || registryTrouble.isEmpty()
                ? detail + registryTrouble
                : detail + "; " + registryTrouble;
        return new Reply.NodeHealth(node.name(), serving, member, serving, all);
    }

    private boolean mastered() {
        return crs.decides()
                || crs.view()
                        .filter(view -> !view.master().equals(settings.self()) && crs.canReach(view.master()))
                        .isPresent();
    }

    private interface Answered {
        Reply.Answer answer(Json json) throws Json.Malformed;
    }

    private void ask(String query, Asker asker, Answered answered) {
        cssd.query(query)
                .orTimeout(CSSD_PATIENCE_SECONDS, TimeUnit.SECONDS)
                .whenComplete((json, failure) -> pass(json, asker, answered));
    }

    /** Hands on what cssd answered; {@code json} is null if it did not. */
    private static void pass(@Nullable Json json, Asker asker, Answered answered) {
        try {
            asker.answer(json == null ? cssdAway() : answered.answer(json));
        } catch (Json.Malformed e) {
            asker.answer(Reply.Refused.because("HF-2208", "cssd's answer was not understood: " + e.getMessage()));
        }
    }

    private static Reply.Refused cssdAway() {
        return Reply.Refused.because(
                "CRS-4530",
                "Communications failure contacting Cluster Synchronization Services daemon.",
                "Look at cssd.log on this node.");
    }

    /** Root was asked for where the command was given. */
    private void changeDisks(Caller caller, Request.ChangeVotingDisks change, Asker asker) {
        Optional<Reply.Refused> refused = rootOnly(caller);
        if (refused.isPresent()) {
            asker.answer(refused.get());
            return;
        }
        cssd.disks(change.add(), change.remove(), change.removeRest(), change.force())
                .orTimeout(DISKS_PATIENCE_SECONDS, TimeUnit.SECONDS)
                .whenCompleteAsync(
                        (json, failure) -> {
                            if (json == null) {
                                asker.answer(disksUnknown());
                            } else {
                                pass(json, asker, answer -> disksChanged(change, answer));
                            }
                        },
                        loop);
    }

    private static Reply.Refused disksUnknown() {
        return Reply.Refused.because(
                "HF-2240",
                "The change of the voting disks is not complete yet, and may go on by itself.",
                "See how far it is:  crsctl query css votedisk");
    }

    private static Reply.Answer disksChanged(Request.ChangeVotingDisks change, Json json) throws Json.Malformed {
        if (!json.flag("accepted")) {
            return Reply.Refused.because(
                    "HF-2241",
                    "The voting disks were not changed: " + json.string("why") + ".",
                    "See them, and who uses them:  crsctl query css votedisk");
        }
        List<String> lines = new ArrayList<>();
        change.add().forEach(path -> lines.add("CRS-4603: Successful addition of voting disk " + path + "."));
        change.remove().forEach(disk -> lines.add("CRS-4611: Successful deletion of voting disk " + disk + "."));
        if (change.removeRest()) {
            lines.add("CRS-4266: Voting file(s) successfully replaced");
        }
        return new Reply.Done(lines);
    }

    private Reply.Answer votingDisks(Json json) throws Json.Malformed {
        List<Reply.VotingDisk> disks = new ArrayList<>();
        for (Json disk : json.children("disks")) {
            disks.add(new Reply.VotingDisk(
                    disk.integer("number"),
                    disk.string("state"),
                    disk.string("uuid", ""),
                    disk.string("path"),
                    disk.number("latencyMicros", 0),
                    disk.number("worstMicros", 0),
                    disk.strings("seenBy"),
                    disk.string("detail", "")));
        }
        return new Reply.VotingDisks(disks);
    }

    private Reply.Answer timing(Json json) throws Json.Malformed {
        return new Reply.CssTiming(
                json.string("misscountSeconds"),
                json.string("disktimeoutSeconds"),
                json.string("reboottimeSeconds"),
                json.string("profile"),
                json.number("leaseMillis"),
                json.number("takeoverMillis"),
                json.strings("certificate"));
    }

    private Reply.Answer nodes(Json json) throws Json.Malformed {
        List<Reply.Node> nodes = new ArrayList<>();
        for (Json node : json.children("nodes")) {
            nodes.add(new Reply.Node(
                    node.integer("number"),
                    node.string("name"),
                    node.flag("active"),
                    List.of(node.string("private", "").split(",")),
                    node.number("incarnation", 0)));
        }
        return new Reply.Nodes(settings.cluster().name(), nodes);
    }

    private Reply.Answer fencing(Json json) throws Json.Malformed {
        List<Reply.FenceDevice> devices = new ArrayList<>();
        for (Json device : json.children("devices")) {
            devices.add(new Reply.FenceDevice(
                    device.integer("number"),
                    device.integer("level"),
                    device.string("agent"),
                    device.string("node"),
                    device.string("plug"),
                    device.string("state"),
                    device.number("testedMillis"),
                    device.number("latencyMillis"),
                    device.string("detail")));
        }
        List<Reply.FenceRecord> records = new ArrayList<>();
        for (Json record : json.children("records")) {
            List<Reply.FenceStep> story = new ArrayList<>();
            for (Json step : record.children("story")) {
                story.add(new Reply.FenceStep(
                        step.number("whenMillis"), step.string("witness"), step.string("kind"), step.string("text")));
            }
            records.add(new Reply.FenceRecord(
                    record.string("node"),
                    record.number("incarnation"),
                    record.number("epoch"),
                    record.number("whenMillis"),
                    record.string("by"),
                    record.flag("byItsOwnWord"),
                    record.string("reason"),
                    record.flag("settled"),
                    record.string("proof"),
                    record.string("detail"),
                    story));
        }
        return new Reply.Fencing(devices, records);
    }

    private void whyFenced(Optional<String> node, Asker asker) {
        String name = node.orElse(settings.selfName());
        if (settings.cluster().idOf(name).isEmpty()) {
            asker.answer(noSuchNode(name));
            return;
        }
        ask("fencing", asker, json -> {
            if (fencing(json) instanceof Reply.Fencing all) {
                return new Reply.Fencing(
                        List.of(),
                        all.records().stream()
                                .filter(record -> record.node().equals(name))
                                .toList());
            }
            throw new Json.Malformed("no records");
        });
    }

    private Reply.Answer links(Json json) throws Json.Malformed {
        List<Reply.Link> links = new ArrayList<>();
        for (Json link : json.children("links")) {
            links.add(new Reply.Link(
                    link.integer("number"),
                    link.string("node"),
                    link.string("address"),
                    link.string("state"),
                    link.number("roundTripMicros"),
                    link.integer("lostPerMille"),
                    link.number("silentMillis")));
        }
        return new Reply.Links(links);
    }

    private static Reply.Refused noSuchNode(String node) {
        return Reply.Refused.because("CRS-2579", "Server '" + node + "' does not exist.");
    }

    /** Refusals that hold wherever the request is given. The master's cssd must hear of it: only its proofs count. */
    private void confirmFenced(Caller caller, Request.ConfirmFenced confirm, Asker asker) {
        Optional<Reply.Refused> refused = rootOnly(caller);
        Optional<NodeId> id = settings.cluster().idOf(confirm.node());
        Optional<NodeId> master = crs.view().map(ClusterView::master);
        if (refused.isPresent()) {
            asker.answer(refused.get());
        } else if (id.isEmpty()) {
            asker.answer(noSuchNode(confirm.node()));
        } else if (crs.view().filter(view -> view.mayStillRun(id.get())).isEmpty()) {
            asker.answer(Reply.Refused.because(
                    "HF-2209",
                    "Node " + confirm.node() + " does not wait for a proof that it is harmless. Nothing was changed."));
        } else if (!confirm.force()) {
            asker.answer(Reply.Refused.because(
                    "HF-2230",
                    "Node " + confirm.node() + " is not confirmed as fenced: what it runs would be started elsewhere at"
                            + " once, and if it is not off, both write to the same data. Nothing was changed.",
                    "If you have seen that it is off:  crsctl confirm fenced " + confirm.node() + " -f"));
        } else if (master.isEmpty() || master.get().equals(settings.self())) {
            confirmFromHere(caller, confirm, asker);
        } else {
            carry(caller, confirm, asker);
        }
    }

    private void confirmFromHere(Caller caller, Request.ConfirmFenced confirm, Asker asker) {
        Optional<NodeId> id = settings.cluster().idOf(confirm.node());
        if (id.isEmpty()) {
            asker.answer(noSuchNode(confirm.node()));
            return;
        }
        cssd.operator(id.get(), caller.user())
                .orTimeout(CSSD_PATIENCE_SECONDS, TimeUnit.SECONDS)
                .whenCompleteAsync(
                        (json, failure) -> asker.answer(
                                json == null
                                        ? cssdAway()
                                        : new Reply.Done(List.of("Node " + confirm.node()
                                                + " counts as fenced, on the word of " + caller.user()
                                                + "; the fencing record says so."))),
                        loop);
    }

    /** Any member but the victim can do it; the master does, unless it is the victim. */
    private void fence(Caller caller, Request.FenceNode fence, Asker asker) {
        Optional<Reply.Refused> refused = rootOnly(caller);
        Optional<NodeId> id = settings.cluster().idOf(fence.node());
        Optional<ClusterView> view = crs.view();
        if (refused.isPresent()) {
            asker.answer(refused.get());
        } else if (id.isEmpty()) {
            asker.answer(noSuchNode(fence.node()));
        } else if (view.isEmpty()) {
            asker.answer(refusal(List.of(crs.noMaster())));
        } else if (!view.get().isMember(id.get())) {
            asker.answer(Reply.Refused.because(
                    "HF-2231",
                    "Node " + fence.node() + " is not a member of the cluster (epoch "
                            + view.get().epoch() + "), so it cannot be voted out. Nothing was changed.",
                    "See whether it is proved harmless:  crsctl query css fencing"));
        } else if (view.get().members().size() == 1) {
            asker.answer(Reply.Refused.because(
                    "HF-2233",
                    "Node " + fence.node()
                            + " is the last member of the cluster: nobody would be left to fence it. Nothing was"
                            + " changed.",
                    "To stop it in order:  crsctl stop crs"));
        } else if (id.get().equals(settings.self()) && !fence.force()) {
            asker.answer(Reply.Refused.because(
                    "HF-2232",
                    "Node " + fence.node() + " is the one that this command is given on. Nothing was changed.",
                    "If that is meant:  crsctl fence " + fence.node() + " -f",
                    "To stop it in order:  crsctl stop crs"));
        } else {
            NodeId executor = executor(view.get(), id.get());
            if (executor.equals(settings.self())) {
                fenceFromHere(caller, fence, asker);
            } else if (executor.equals(id.get())) {
                asker.answer(Reply.Refused.because(
                        "HF-2234",
                        "No other member of the cluster can be reached from here to fence " + fence.node()
                                + ". Nothing was changed.",
                        "Give the command on another node."));
            } else {
                carryTo(executor, caller, fence, asker);
            }
        }
    }

    /** The policy wants it; what comes of it stands in the fencing records. */
    void fence(NodeId victim, String reason) {
        String name = settings.cluster().nameOf(victim);
        Request.FenceNode fence = new Request.FenceNode(name, reason, true);
        Caller policy = new Caller("crsd", "root");
        Asker asker = Asker.of(
                line -> LOG.info("{}", line),
                answer -> LOG.info("{} is to be fenced, because {}: {}", name, reason, answer));
        Optional<ClusterView> view = crs.view();
        if (view.isEmpty() || !view.get().isMember(victim)) {
            return;
        }
        NodeId executor = executor(view.get(), victim);
        if (executor.equals(settings.self())) {
            fenceFromHere(policy, fence, asker);
        } else if (!executor.equals(victim)) {
            carryTo(executor, policy, fence, asker);
        }
    }

    /** Who votes the victim out; the victim itself if there is nobody else in reach. */
    private NodeId executor(ClusterView view, NodeId victim) {
        List<NodeId> candidates = new ArrayList<>();
        candidates.add(view.master());
        candidates.add(settings.self());
        candidates.addAll(view.members().keySet());
        return candidates.stream()
                .filter(node -> !node.equals(victim))
                .filter(node -> node.equals(settings.self()) || crs.canReach(node))
                .findFirst()
                .orElse(victim);
    }

    private void fenceFromHere(Caller caller, Request.FenceNode fence, Asker asker) {
        Optional<NodeId> id = settings.cluster().idOf(fence.node());
        if (id.isEmpty()) {
            asker.answer(noSuchNode(fence.node()));
            return;
        }
        cssd.fence(id.get(), caller.user(), fence.reason())
                .orTimeout(CSSD_PATIENCE_SECONDS, TimeUnit.SECONDS)
                .whenCompleteAsync((json, failure) -> pass(json, asker, answer -> fenced(fence.node(), answer)), loop);
    }

    private void setCritical(Caller caller, boolean wanted, Asker asker) {
        Optional<Reply.Refused> refused = rootOnly(caller);
        if (refused.isPresent()) {
            asker.answer(refused.get());
            return;
        }
        try {
            critical.write(wanted);
        } catch (IOException e) {
            asker.answer(Reply.Refused.because(
                    "HF-2237",
                    "CSS_CRITICAL of this server could not be kept: " + e.getMessage() + ". Nothing was changed.",
                    "Mend the file system, and try again."));
            return;
        }
        crs.setCritical(wanted);
        asker.answer(new Reply.Done(List.of(
                "CRS-4416: Server attribute 'CSS_CRITICAL' successfully changed.",
                "It counts from now on. What each server weighs:  crsctl status server -f")));
    }

    private void getCritical(Asker asker) {
        try {
            asker.answer(new Reply.Done(List.of("CRS-5092: Current value of the server attribute CSS_CRITICAL is "
                    + (critical.read() ? "yes" : "no") + ".")));
        } catch (IOException e) {
            asker.answer(Reply.Refused.because(
                    "HF-2237", "CSS_CRITICAL of this server could not be read: " + e.getMessage() + "."));
        }
    }

    private void setCss(Caller caller, Request.SetCss set, Asker asker) {
        Optional<Reply.Refused> refused = rootOnly(caller);
        Optional<NodeId> master = crs.view().map(ClusterView::master);
        if (refused.isPresent()) {
            asker.answer(refused.get());
        } else if (master.isEmpty()) {
            asker.answer(refusal(List.of(crs.noMaster())));
        } else if (master.get().equals(settings.self())) {
            setCssFromHere(set, asker);
        } else {
            carry(caller, set, asker);
        }
    }

    private void setCssFromHere(Request.SetCss set, Asker asker) {
        // What Oracle calls reboottime, the time a node is given to be down, is our watchdog's.
        String name = set.name().equals("reboottime") ? "watchdog" : set.name();
        int millis;
        try {
            millis = set.seconds().isEmpty()
                    ? -1
                    : new BigDecimal(set.seconds().get())
                            .movePointRight(3)
                            .setScale(0, RoundingMode.UNNECESSARY)
                            .intValueExact();
        } catch (ArithmeticException | NumberFormatException e) {
            asker.answer(notSet(
                    set.name(),
                    "'" + set.seconds().orElse("") + "' is not a number of seconds, to the millisecond at most"));
            return;
        }
        if (set.seconds().isPresent() && millis < 0) {
            asker.answer(notSet(set.name(), "a time cannot be negative"));
            return;
        }
        cssd.setCss(name, millis)
                .orTimeout(CSSD_PATIENCE_SECONDS, TimeUnit.SECONDS)
                .whenCompleteAsync((json, failure) -> pass(json, asker, answer -> cssSet(set, answer)), loop);
    }

    private static Reply.Answer cssSet(Request.SetCss set, Json json) throws Json.Malformed {
        if (!json.flag("accepted")) {
            return notSet(set.name(), json.string("why"));
        }
        return new Reply.Done(List.of(
                set.seconds()
                        .map(seconds -> "CRS-4684: Successful set of parameter " + set.name() + " to " + seconds
                                + " for Cluster Synchronization Services.")
                        .orElse("CRS-4647: Configuration parameter " + set.name()
                                + " is reset to default operation value."),
                "What follows from it:  crsctl query css timing"));
    }

    private static Reply.Refused notSet(String name, String why) {
        return Reply.Refused.because(
                "HF-2236",
                "Parameter " + name + " is not set: " + why + ". Nothing was changed.",
                "How the parameters hang together:  crsctl query css timing");
    }

    private static Reply.Answer fenced(String node, Json json) throws Json.Malformed {
        if (!json.flag("accepted")) {
            return Reply.Refused.because(
                    "HF-2235",
                    "Node " + node + " was not voted out: " + json.string("why") + ". Nothing was changed.",
                    "See who is a member:  crsctl check cluster -all");
        }
        String device = json.flag("device")
                ? "It is being fenced; how that goes:  crsctl query css fencing"
                : "No fence device is configured for it: it lets go by itself, and comes back unless it is stopped.";
        return new Reply.Done(
                List.of("Node " + node + " was voted out in epoch " + json.number("epoch") + ".", device));
    }

    /** The answer is given when everything here is stopped, or when it is known that it cannot be. */
    private void stop(Caller caller, boolean force, Asker asker) {
        Optional<Reply.Refused> refused = rootOnly(caller).or(() -> whyNotStopped(force));
        if (refused.isPresent()) {
            asker.answer(refused.get());
            return;
        }
        asker.progress("CRS-2791: Starting shutdown of Holdfast-managed resources on '" + settings.selfName() + "'");
        stopping.add(asker);
        leave.accept(force);
    }

    private Optional<Reply.Refused> whyNotStopped(boolean force) {
        List<ResourceName> unmanageable = force ? List.of() : crs.unmanageable();
        return unmanageable.isEmpty()
                ? Optional.empty()
                : Optional.of(notStopped(unmanageable, "Nothing was stopped."));
    }

    private Reply.Refused notStopped(List<ResourceName> unmanageable, String consequence) {
        return new Reply.Refused(unmanageable.stream()
                .map(name -> new Reply.Problem(
                        "CRS-2799",
                        "Failed to shut down resource '" + name + "' on '" + settings.selfName()
                                + "': it is UNKNOWN, so nobody can say whether it runs. " + consequence,
                        List.of(
                                "Make sure that it does not run on " + settings.selfName()
                                        + ", then: crsctl stop resource " + name + " -f",
                                "Or have it killed, and leave in any case: crsctl stop cluster -n "
                                        + settings.selfName() + " -f")))
                .toList());
    }

    /** How the stop of this node goes. */
    void leaving(Message message) {
        stopping.forEach(asker -> asker.progress(text(message)));
    }

    /** Everything here is stopped. Said before the rest is done, in which this process ends. */
    void left() {
        stopping.forEach(asker -> asker.answer(new Reply.Done(List.of(
                "CRS-2793: Shutdown of Holdfast-managed resources on '" + settings.selfName() + "' has completed"))));
        stopping.clear();
    }

    /** Everything here was stopped but for processes that the kernel does not let die. */
    void notKilled() {
        Reply.Refused refused = Reply.Refused.because(
                "HF-2263",
                "Processes on '" + settings.selfName()
                        + "' can't be killed, as the kernel does not let them die. It stays a member of the cluster, so that nothing of"
                        + " what it ran is started elsewhere.",
                "When the cause is gone, such as a storage that hangs:  crsctl stop cluster -n " + settings.selfName()
                        + " -f",
                "Or have it switched off, from another node:  crsctl fence " + settings.selfName());
        stopping.forEach(asker -> asker.answer(refused));
        stopping.clear();
    }

    /** The stop of this node was given up. */
    void stays(List<ResourceName> because) {
        Reply.Refused refused = notStopped(
                because, settings.selfName() + " stays in the cluster, and what was stopped for it is started again.");
        stopping.forEach(asker -> asker.answer(refused));
        stopping.clear();
    }
}
