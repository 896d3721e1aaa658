package dev.holdfast.resource;

import dev.holdfast.model.ActionKind;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.Incident;
import dev.holdfast.model.InternalState;
import dev.holdfast.model.Message;
import dev.holdfast.model.Moment;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceDefinition;
import dev.holdfast.model.ResourceState;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The life of one instance of a resource on one node: runs its actions one after the other, believes only checks, and
 * cleans up after every failure before it reports it.
 *
 * <pre>
 *   start:    START -> CHECK says ONLINE                    else CLEAN, and the start has failed
 *   stop:     STOP  -> CHECK says OFFLINE                   else CLEAN, or if it is to be left: CHECK, and as that says
 *   clean:    CLEAN -> CHECK does not say that it runs      else UNKNOWN, and nothing more is done by itself
 *   failure:  a CHECK of a running instance says OFFLINE or FAILED, or it is INTERMEDIATE for longer than
 *             INTERMEDIATE_TIMEOUT -> CLEAN -> CHECK as above, and the failure is reported. The second CHECK is left
 *             out if the first said OFFLINE and the kernel that no process of the application is left
 * </pre>
 *
 * Where it goes from there (restart, failover) is not decided here but by the policy.
 */
public final class InstanceLife {
    /** Exit codes of check; every other code is read as {@link #UNPLANNED_OFFLINE}. */
    static final int ONLINE = 0;

    static final int UNPLANNED_OFFLINE = 1;
    static final int PLANNED_OFFLINE = 2;
    static final int UNKNOWN = 3;
    static final int PARTIAL = 4;
    static final int FAILED = 5;

    private static final String FROZEN = "FROZEN, CHECK SAYS ";
    static final String CHECK_TIMED_OUT = "CHECK TIMED OUT";

    /** After the deadline the agent needs a moment to kill; an action silent for longer hangs in the kernel. */
    private static final Duration KILL_GRACE = Duration.ofSeconds(5);

    /**
     * A check that a process death asked for, and that found the resource ONLINE, is not repeated sooner: an agent
     * whose processes come and go must not be checked in a tight loop.
     */
    private static final Duration NOTICE_PAUSE = Duration.ofSeconds(1);

    private static final String STATE_DETAILS_TAG = "CRS_STATE_DETAILS:";
    private static final List<String> FORWARDED_TAGS = List.of("CRS_WARNING:", "CRS_ERROR:", "CRS_PROGRESS:");

    /** What the action under way is for. */
    private enum Step {
        /** Periodic, ordered, the first probe, or after a process death. */
        CHECK,
        START,
        CONFIRM_START,
        STOP,
        CONFIRM_STOP,
        /** A stop has failed, and it is to be left as it is. */
        CHECK_LEFT,
        CLEAN,
        CONFIRM_CLEAN
    }

    private record Run(long number, Step step, Moment deadline) {}

    /** What began the present chain of actions, and what is to be reported when its clean has ended. */
    private static final class Chain {
        /** Empty: the instance began it by itself. */
        final @Nullable ActionKind order;

        /** Set while cleaning up after something that the policy must hear of. */
        Incident.@Nullable Kind trouble;

        String troubleText = "";
        Duration uptime = Duration.ZERO;
        boolean startAfterClean;
        /** Of a stop: what does not stop is left as it is. */
        boolean leave;
        /** It began with a check that said OFFLINE. */
        boolean foundOffline;

        Chain(@Nullable ActionKind order) {
            this.order = order;
        }
    }

    private final String node;
    private final Deque<ActionKind> waiting = new ArrayDeque<>();
    // For the stop that waits.
    private boolean leaveNext;
    private ResourceDefinition definition;
    private Epoch epoch;
    private long nextIncident;
    private long nextRun = 1;

    private boolean probed;
    private ResourceState state = ResourceState.UNKNOWN;
    private InternalState internal = InternalState.STABLE;
    private String details = "";
    private @Nullable Incident incident;
    // An UNKNOWN that a check reported is looked at again; one that a failed clean left behind is not.
    private boolean monitored;
    // Somebody works on it: what a check says is shown, and nothing is done about it.
    private boolean frozen;
    private @Nullable Moment onlineSince;
    private @Nullable Moment intermediateSince;

    private @Nullable Run run;
    private boolean hanging;
    private Chain chain = new Chain(null);
    private @Nullable Moment nextCheck;
    private @Nullable Moment lastNotice;
    private boolean processesGone;
    /**
     * The kernel has said since the last start that no process of the application is left, and no check has contradicted it. Then a
     * check that says OFFLINE and a clean that ends well leave nothing to ask.
     */
    private boolean emptied;

    private @Nullable Observed reported;
    private List<Effect> effects = new ArrayList<>();

    /**
     * An instance about which nothing is known yet: the first tick probes it with a check.
     *
     * @param node the name of the node, for messages
     * @param epoch the present view
     * @param firstIncident where the numbers of its incidents begin: must be higher than any it had before, also in an
     *     earlier life of this process (the wall clock in microseconds will do)
     */
    public InstanceLife(ResourceDefinition definition, String node, Epoch epoch, long firstIncident) {
        this.definition = definition;
        this.node = node;
        this.epoch = epoch;
        this.nextIncident = firstIncident;
    }

    /** Takes one input; returns what must now be done, in order. Never blocks, never reads a clock. */
    public List<Effect> step(Moment now, Input input) {
        effects = new ArrayList<>();
        switch (input) {
            case Input.Order order -> onOrder(now, order);
            case Input.ActionFinished finished -> onFinished(now, finished);
            case Input.ProcessesGone gone -> onProcessesGone(now, gone.all());
            case Input.Redefined redefined -> onRedefined(now, redefined.definition());
            case Input.Frozen(boolean freeze) -> onFrozen(now, freeze);
            case Input.EpochChanged changed -> raiseEpoch(changed.epoch());
            case Input.Tick _ -> onTick(now);
        }
        reportIfChanged();
        return effects;
    }

    /** What is known; empty until the first check has ended. */
    public Optional<Observed> observed() {
        return probed
                ? Optional.of(new Observed(state, internal, details, Optional.ofNullable(incident)))
                : Optional.empty();
    }

    /** True if the action under way should have been killed and is still there: the kernel does not let it die. */
    public boolean hangs() {
        return run != null && hanging;
    }

    /** When the next {@link Input.Tick} is due (in the past: at once): none is needed before. Empty: none is needed. */
    public Optional<Moment> nextTick() {
        if (run != null) {
            return Optional.of(run.deadline().plus(KILL_GRACE));
        }
        if (!probed) {
            return Optional.of(new Moment(0));
        }
        Moment giveUp = intermediateUntil();
        Moment check = nextCheck;
        return Optional.ofNullable(giveUp == null || (check != null && check.isBefore(giveUp)) ? check : giveUp);
    }

    /** When being INTERMEDIATE becomes a failure; null: it does not. */
    private @Nullable Moment intermediateUntil() {
        Duration patience = definition.intermediateTimeout();
        return intermediateSince == null || patience.isZero() || !definition.enabled() || frozen
                ? null
                : intermediateSince.plus(patience);
    }

    private void onOrder(Moment now, Input.Order order) {
        raiseEpoch(order.epoch());
        boolean underWay = run != null && chain.order == order.kind();
        if (underWay) {
            chain.leave &= order.leave(); // Somebody wants it stopped in any case.
        } else if (!waiting.contains(order.kind())) {
            waiting.add(order.kind());
            leaveNext = order.kind() == ActionKind.STOP ? order.leave() : leaveNext;
        } else if (order.kind() == ActionKind.STOP) {
            leaveNext &= order.leave();
        }
        beginNext(now);
    }

    private void onRedefined(Moment now, ResourceDefinition changed) {
        definition = changed;
        if (run == null && probed) {
            scheduleCheck(now);
        }
    }

    private void onFrozen(Moment now, boolean freeze) {
        boolean thaws = frozen && !freeze;
        frozen = freeze;
        if (thaws && probed && run == null && monitored) {
            nextCheck = now; // What was found while it was frozen is looked at again, and now it counts.
        }
    }

    private void onProcessesGone(Moment now, boolean all) {
        processesGone = true;
        emptied |= all;
        if (run == null) {
            noticeDeath(now);
        }
        // Otherwise the end of the action under way looks at it.
    }

    private void onTick(Moment now) {
        if (run != null) {
            if (now.isAfter(run.deadline().plus(KILL_GRACE))) {
                onHang(run);
            }
        } else if (!probed) {
            run(now, Step.CHECK, new Chain(null));
        } else if (isIntermediateTooLong(now)) {
            chain = new Chain(null);
            failed(
                    now,
                    "INTERMEDIATE for longer than "
                            + definition.intermediateTimeout().toSeconds() + " s (INTERMEDIATE_TIMEOUT)");
        } else if (nextCheck != null && !now.isBefore(nextCheck)) {
            run(now, Step.CHECK, new Chain(null));
        }
    }

    private boolean isIntermediateTooLong(Moment now) {
        Moment until = intermediateUntil();
        return until != null && !now.isBefore(until);
    }

    private void failed(Moment now, String text) {
        chain.trouble = Incident.Kind.FAILED;
        chain.troubleText = text;
        chain.uptime = uptime(now);
        become(now, ResourceState.OFFLINE, "");
        clean(now);
    }

    /** The kernel does not let the action die. Nothing else can be done to the instance; at least it is visible. */
    private void onHang(Run hanging) {
        this.hanging = true;
        details = hanging.step() + " HANGS";
        if (hanging.step() == Step.CHECK && state == ResourceState.ONLINE) {
            state = ResourceState.INTERMEDIATE;
        }
    }

    private void onFinished(Moment now, Input.ActionFinished finished) {
        Run ended = run;
        if (ended == null || ended.number() != finished.run()) {
            return; // The end of an action of an earlier life of this process.
        }
        run = null;
        Optional<String> told = forward(finished.output());
        Step step = ended.step();
        switch (step) {
            case CHECK -> onChecked(now, finished, told);
            case START -> onStarted(now, finished);
            case CONFIRM_START -> onStartConfirmed(now, finished);
            case STOP -> onStopped(now, finished);
            case CONFIRM_STOP -> onStopConfirmed(now, finished);
            case CHECK_LEFT -> onLeft(now, finished);
            case CLEAN -> onCleaned(now, finished);
            case CONFIRM_CLEAN -> onCleanConfirmed(now, finished);
        }
        told.ifPresent(text -> details = text);
        beginNext(now);
    }

    private void onChecked(Moment now, Input.ActionFinished finished, Optional<String> told) {
        boolean first = !probed;
        probed = true;
        if (!finished.timedOut() && (finished.exit() == ONLINE || finished.exit() == PARTIAL)) {
            emptied = false; // What was left is not all that it runs.
        }
        boolean ran = state == ResourceState.ONLINE || state == ResourceState.INTERMEDIATE || monitored;
        if (finished.timedOut()) {
            // Not a failure: what answers too late may be busy, and moving it would make things worse.
            if (first || ran) {
                become(now, ResourceState.INTERMEDIATE, CHECK_TIMED_OUT);
            }
        } else if (!first && state == ResourceState.UNKNOWN && !monitored) {
            onCheckedWhileUnknown(now, finished.exit());
        } else if (first) {
            onProbed(now, finished.exit());
        } else if (ran) {
            onCheckedWhileRunning(now, finished.exit());
        } else {
            onCheckedWhileOffline(now, finished.exit());
        }
        if (run == null) {
            finishOrder(!finished.timedOut(), finished.timedOut() ? "the check timed out" : "");
            settle(now);
        }
    }

    private void onProbed(Moment now, int exit) {
        if (frozen && exit == FAILED) {
            becomeUnknown(FROZEN + "FAILED", true);
            return;
        }
        switch (exit) {
            case ONLINE -> become(now, ResourceState.ONLINE, "");
            case PARTIAL -> become(now, ResourceState.INTERMEDIATE, "");
            case UNKNOWN -> becomeUnknown("CHECK UNKNOWN", true);
            case FAILED -> {
                become(now, ResourceState.OFFLINE, "");
                clean(now);
            }
            default -> become(now, ResourceState.OFFLINE, "");
        }
    }

    private void onCheckedWhileRunning(Moment now, int exit) {
        if (frozen && exit != ONLINE && exit != PARTIAL) {
            // Not OFFLINE: that would promise that nothing of it is left, and nobody has cleaned.
            becomeUnknown(FROZEN + (exit == FAILED ? "FAILED" : exit == UNKNOWN ? "UNKNOWN" : "OFFLINE"), true);
            return;
        }
        switch (exit) {
            case ONLINE -> become(now, ResourceState.ONLINE, details.equals(CHECK_TIMED_OUT) ? "" : details);
            case PARTIAL -> become(now, ResourceState.INTERMEDIATE, "");
            case UNKNOWN -> becomeUnknown("CHECK UNKNOWN", true);
            case PLANNED_OFFLINE -> {
                Duration uptime = uptime(now);
                become(now, ResourceState.OFFLINE, "");
                report(Incident.Kind.STOPPED_OUTSIDE, uptime, "it was stopped outside of the clusterware");
            }
            case FAILED -> failed(now, "check says FAILED");
            default -> {
                failed(now, "check says OFFLINE");
                chain.foundOffline = true;
            }
        }
    }

    private void onCheckedWhileOffline(Moment now, int exit) {
        switch (exit) {
            case ONLINE -> become(now, ResourceState.ONLINE, "");
            case PARTIAL -> become(now, ResourceState.INTERMEDIATE, "");
            default -> {} // Still not running.
        }
    }

    /** Only "it runs" ends this state; "it does not" was doubtful enough for a clean to fail: stop ends that. */
    private void onCheckedWhileUnknown(Moment now, int exit) {
        if (exit == ONLINE) {
            become(now, ResourceState.ONLINE, "");
        }
    }

    private void onStarted(Moment now, Input.ActionFinished finished) {
        if (finished.timedOut() || finished.exit() != 0) {
            sayFailure(ActionKind.START, finished);
            startFailed(now, failureText(ActionKind.START, finished));
        } else {
            run(now, Step.CONFIRM_START, chain);
        }
    }

    private void onStartConfirmed(Moment now, Input.ActionFinished finished) {
        if (finished.timedOut()) {
            startFailed(now, "start ended well, but the check after it timed out");
        } else if (finished.exit() == ONLINE || finished.exit() == PARTIAL) {
            incident = null;
            emptied = false; // That was of an earlier start.
            become(now, finished.exit() == ONLINE ? ResourceState.ONLINE : ResourceState.INTERMEDIATE, "");
            say("CRS-2676", "Start of '%s' on '%s' succeeded");
            finishOrder(true, "");
            settle(now);
        } else {
            startFailed(now, "start ended well, but the check after it said exit code " + finished.exit());
        }
    }

    private void startFailed(Moment now, String text) {
        say("CRS-2674", "Start of '%s' on '%s' failed");
        chain.trouble = Incident.Kind.START_FAILED;
        chain.troubleText = text;
        clean(now);
    }

    private void onStopped(Moment now, Input.ActionFinished finished) {
        if (finished.timedOut() || finished.exit() != 0) {
            sayFailure(ActionKind.STOP, finished);
            stopFailed(now, failureText(ActionKind.STOP, finished));
        } else {
            run(now, Step.CONFIRM_STOP, chain);
        }
    }

    private void onStopConfirmed(Moment now, Input.ActionFinished finished) {
        boolean mayRun = finished.timedOut()
                || finished.exit() == ONLINE
                || finished.exit() == PARTIAL
                || finished.exit() == UNKNOWN
                || finished.exit() == FAILED;
        if (mayRun) {
            stopFailed(now, "stop ended well, but the check after it says that it runs");
        } else {
            become(now, ResourceState.OFFLINE, "");
            say("CRS-2677", "Stop of '%s' on '%s' succeeded");
            finishOrder(true, "");
            settle(now);
        }
    }

    private void stopFailed(Moment now, String text) {
        say("CRS-2675", "Stop of '%s' on '%s' failed");
        if (chain.leave) {
            chain.troubleText = text;
            run(now, Step.CHECK_LEFT, chain);
        } else {
            clean(now);
        }
    }

    /** What goes on after a stop that failed is left alone; what went down by half is not. */
    private void onLeft(Moment now, Input.ActionFinished finished) {
        boolean cleans = !finished.timedOut() && (finished.exit() == FAILED || isDown(finished.exit()));
        if (cleans || !chain.leave) {
            clean(now);
            return;
        }
        if (finished.timedOut()) {
            become(now, ResourceState.INTERMEDIATE, CHECK_TIMED_OUT);
        } else if (finished.exit() == UNKNOWN) {
            becomeUnknown("CHECK UNKNOWN", true);
        } else {
            become(now, finished.exit() == ONLINE ? ResourceState.ONLINE : ResourceState.INTERMEDIATE, "");
        }
        report(Incident.Kind.STOP_FAILED, uptime(now), chain.troubleText);
        finishOrder(false, chain.troubleText);
        settle(now);
    }

    private static boolean isDown(int exit) {
        return exit != ONLINE && exit != PARTIAL && exit != UNKNOWN && exit != FAILED;
    }

    private void clean(Moment now) {
        say("CRS-2679", "Attempting to clean '%s' on '%s'");
        internal = InternalState.CLEANING;
        run(now, Step.CLEAN, chain);
    }

    private void onCleaned(Moment now, Input.ActionFinished finished) {
        if (finished.timedOut() || finished.exit() != 0) {
            sayFailure(ActionKind.CLEAN, finished);
            cleanFailed(failureText(ActionKind.CLEAN, finished));
        } else if (emptied && chain.foundOffline) {
            cleaned(now);
        } else {
            run(now, Step.CONFIRM_CLEAN, chain);
        }
    }

    private void onCleanConfirmed(Moment now, Input.ActionFinished finished) {
        // A check that times out contradicts nothing: clean promised that nothing is left.
        boolean mayRun = !finished.timedOut()
                && (finished.exit() == ONLINE
                        || finished.exit() == PARTIAL
                        || finished.exit() == UNKNOWN
                        || finished.exit() == FAILED);
        if (mayRun) {
            cleanFailed("clean ended well, but the check after it said exit code " + finished.exit());
        } else {
            cleaned(now);
        }
    }

    private void cleaned(Moment now) {
        become(now, ResourceState.OFFLINE, "");
        say("CRS-2681", "Clean of '%s' on '%s' succeeded");
        Incident.Kind trouble = chain.trouble;
        if (trouble != null) {
            report(trouble, chain.uptime, chain.troubleText);
        }
        if (chain.startAfterClean) {
            chain.startAfterClean = false;
            start(now);
        } else {
            finishOrder(trouble != Incident.Kind.START_FAILED, chain.troubleText);
            settle(now);
        }
    }

    private void cleanFailed(String text) {
        becomeUnknown("", false);
        say("CRS-2680", "Clean of '%s' on '%s' failed");
        effects.add(new Effect.Progress(new Message(
                "CRS-2678",
                "'" + definition.name() + "' on '" + node + "' has experienced an unrecoverable failure",
                "Make sure that it does not run on " + node + ", then: crsctl stop resource " + definition.name()
                        + " -f")));
        report(Incident.Kind.CLEAN_FAILED, chain.uptime, text);
        finishOrder(false, text);
        internal = InternalState.STABLE;
        nextCheck = null;
    }

    private void start(Moment now) {
        say("CRS-2672", "Attempting to start '%s' on '%s'");
        internal = InternalState.STARTING;
        run(now, Step.START, chain);
    }

    /** Begins what waits, if nothing is under way. */
    private void beginNext(Moment now) {
        while (run == null && probed && !waiting.isEmpty()) {
            chain = new Chain(waiting.remove());
            chain.leave = chain.order == ActionKind.STOP && leaveNext;
            switch (chain.order) {
                case START -> beginStart(now);
                case STOP -> beginStop(now);
                case CLEAN -> clean(now);
                case CHECK -> run(now, Step.CHECK, chain);
                case null -> throw new IllegalStateException("an order without a kind");
            }
        }
        if (run == null && !probed) {
            onTick(now);
        }
        if (run == null && processesGone) {
            noticeDeath(now);
        }
    }

    private void beginStart(Moment now) {
        switch (state) {
            case ONLINE, INTERMEDIATE -> finishOrder(true, "");
            case UNKNOWN -> {
                chain.startAfterClean = true;
                clean(now);
            }
            case OFFLINE -> start(now);
        }
    }

    private void beginStop(Moment now) {
        if (state == ResourceState.OFFLINE) {
            finishOrder(true, "");
            return;
        }
        incident = isLeft() ? null : incident; // What is told of that stop is over.
        say("CRS-2673", "Attempting to stop '%s' on '%s'");
        internal = InternalState.STOPPING;
        run(now, Step.STOP, chain);
    }

    private void noticeDeath(Moment now) {
        processesGone = false;
        boolean running = probed && (state == ResourceState.ONLINE || state == ResourceState.INTERMEDIATE);
        if (!running) {
            return;
        }
        if (lastNotice != null && now.isBefore(lastNotice.plus(NOTICE_PAUSE))) {
            Moment soon = lastNotice.plus(NOTICE_PAUSE);
            nextCheck = nextCheck == null || soon.isBefore(nextCheck) ? soon : nextCheck;
            return;
        }
        lastNotice = now;
        run(now, Step.CHECK, new Chain(null));
    }

    private void run(Moment now, Step step, Chain forChain) {
        chain = forChain;
        ActionKind kind = switch (step) {
            case CHECK, CONFIRM_START, CONFIRM_STOP, CHECK_LEFT, CONFIRM_CLEAN -> ActionKind.CHECK;
            case START -> ActionKind.START;
            case STOP -> ActionKind.STOP;
            case CLEAN -> ActionKind.CLEAN;
        };
        if (step == Step.START || step == Step.STOP || step == Step.CLEAN) {
            processesGone = false; // What dies from here on is meant to, or is seen by the check that follows.
        }
        if (step == Step.START) {
            emptied = false;
            lastNotice = null;
        }
        hanging = false;
        Run begun = new Run(nextRun++, step, now.plus(definition.timeout(kind)));
        run = begun;
        nextCheck = null;
        reportIfChanged();
        effects.add(new Effect.RunAction(begun.number(), kind, begun.deadline(), epoch));
    }

    /** The chain has come to its end. */
    private void settle(Moment now) {
        internal = InternalState.STABLE;
        scheduleCheck(now);
    }

    private void scheduleCheck(Moment now) {
        boolean runs = state == ResourceState.ONLINE || state == ResourceState.INTERMEDIATE || monitored;
        Duration interval = runs
                ? definition.checkInterval()
                : state == ResourceState.OFFLINE ? definition.offlineCheckInterval() : Duration.ZERO;
        nextCheck = interval.isZero() || !definition.enabled() ? null : now.plus(interval);
    }

    private void become(Moment now, ResourceState next, String text) {
        if (next == ResourceState.ONLINE && state != ResourceState.ONLINE && state != ResourceState.INTERMEDIATE) {
            onlineSince = now;
        }
        if (next == ResourceState.INTERMEDIATE && onlineSince == null) {
            onlineSince = now;
        }
        if (next == ResourceState.OFFLINE) {
            onlineSince = null;
        }
        if (next != ResourceState.INTERMEDIATE) {
            intermediateSince = null;
        } else if (intermediateSince == null) {
            intermediateSince = now;
        }
        if ((next == ResourceState.ONLINE || next == ResourceState.INTERMEDIATE) && !isLeft()) {
            // It runs: what happened before, and was cleaned up, is over.
            incident = null;
        }
        state = next;
        monitored = false;
        details = text;
    }

    private void becomeUnknown(String text, boolean watched) {
        state = ResourceState.UNKNOWN;
        intermediateSince = null;
        monitored = watched;
        details = text;
    }

    /** What happened last is that it could not be stopped, and was left as it is. */
    private boolean isLeft() {
        return incident != null && incident.kind() == Incident.Kind.STOP_FAILED;
    }

    private Duration uptime(Moment now) {
        return onlineSince == null ? Duration.ZERO : now.since(onlineSince);
    }

    private void report(Incident.Kind kind, Duration uptime, String text) {
        incident = new Incident(nextIncident++, kind, uptime, text);
    }

    private void finishOrder(boolean succeeded, String text) {
        if (chain.order != null) {
            effects.add(new Effect.OrderFinished(chain.order, succeeded, text));
        }
    }

    private void raiseEpoch(Epoch seen) {
        if (seen.isAfter(epoch)) {
            epoch = seen;
        }
    }

    private void reportIfChanged() {
        if (probed) {
            Observed present = new Observed(state, internal, details, Optional.ofNullable(incident));
            if (!present.equals(reported)) {
                reported = present;
                effects.add(new Effect.ReportState(present));
            }
        }
    }

    /** Forwards what the agent says to people; returns its last word on STATE_DETAILS. */
    private Optional<String> forward(List<String> output) {
        Optional<String> told = Optional.empty();
        for (String line : output) {
            if (line.startsWith(STATE_DETAILS_TAG)) {
                told = Optional.of(line.substring(STATE_DETAILS_TAG.length()).strip());
            }
            for (String tag : FORWARDED_TAGS) {
                if (line.startsWith(tag)) {
                    String text = line.substring(tag.length()).strip();
                    effects.add(new Effect.Progress(Message.of("", text)));
                }
            }
        }
        return told;
    }

    private void say(String code, String pattern) {
        effects.add(new Effect.Progress(Message.of(code, pattern.formatted(definition.name(), node))));
    }

    private void sayFailure(ActionKind kind, Input.ActionFinished finished) {
        if (finished.timedOut()) {
            effects.add(new Effect.Progress(new Message(
                    "CRS-5818",
                    "Aborted command '%s' for resource '%s' on '%s': it took longer than %d s"
                            .formatted(
                                    kind.argument(),
                                    definition.name(),
                                    node,
                                    definition.timeout(kind).toSeconds()),
                    "If it needs that long, raise " + kind.name() + "_TIMEOUT.")));
        } else {
            effects.add(new Effect.Progress(Message.of(
                    "CRS-5017",
                    "The resource action \"%s %s\" encountered the following error: exit code %d on '%s'"
                            .formatted(definition.name(), kind.argument(), finished.exit(), node))));
        }
    }

    private String failureText(ActionKind kind, Input.ActionFinished finished) {
        return finished.timedOut()
                ? kind.argument() + " took longer than "
                        + definition.timeout(kind).toSeconds() + " s"
                : kind.argument().toLowerCase(Locale.ROOT) + " ended with exit code " + finished.exit();
    }
}
