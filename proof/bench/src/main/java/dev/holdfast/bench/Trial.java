package dev.holdfast.bench;

import dev.holdfast.bench.LabConsole.NodeStatus;
import dev.holdfast.bench.LabConsole.ResourceStatus;
import dev.holdfast.bench.Scenario.Ending;
import dev.holdfast.bench.Scenario.Eviction;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;

/**
 * One scenario played through: fault, what came of it, mending, everything back, audit.
 *
 * @param node the victim, on which HAProxy ran
 * @param outages what the client saw from the first step until everything was back
 * @param addressTwice for how long an address was held by two nodes
 * @param witnessTwice for how long the witness is known to have run on two nodes
 * @param moved whether HAProxy ran elsewhere at the end
 * @param votedOut who was voted out and proved harmless, with the proof, in order
 * @param proofAfter from the first step until the first of these proofs; if that is one by timer, from when the lab struck
 * @param proofBound the latest at which that proof may come, if it is one by timer and is counted from the first step
 * @param took from the first step until everything was back and audited
 * @param back whether everything came back after the mending
 * @param problems everything that was not as it must be, in words; empty for a good run
 */
public record Trial(
        Scenario scenario,
        String node,
        List<Outage> outages,
        Duration addressTwice,
        Duration witnessTwice,
        boolean moved,
        List<String> votedOut,
        Optional<Duration> proofAfter,
        Optional<Duration> proofBound,
        Duration took,
        boolean back,
        List<String> problems) {

    /** Much longer than any bound of the profiles default and fast. */
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** A second of good answers, and so many of its 200 requests asked: a client that stalls has seen nothing. */
    private static final Duration STEADY = Duration.ofSeconds(1);

    private static final int STEADY_REQUESTS = 120;

    /** Steps after which nothing is worse than before. */
    private static final List<String> NO_FAULTS = List.of("hold", "await", "thaw");

    public Trial {
        outages = List.copyOf(outages);
        votedOut = List.copyOf(votedOut);
        problems = List.copyOf(problems);
    }

    public Duration outage() {
        return Outage.total(outages);
    }

    boolean good() {
        return problems.isEmpty();
    }

    /** Plays {@code scenario} on a stage where all is well. Fails only if the lab itself does. */
    public static Trial run(Stage stage, Scenario scenario) throws IOException, InterruptedException {
        return new Run(stage, scenario).play();
    }

    /** A trial under way. */
    private static final class Run {
        private final Stage stage;
        private final LabConsole lab;
        private final Scenario scenario;
        private final Bounds bounds;
        private final List<String> problems = new ArrayList<>();
        private String victim = "";
        private String other = "";
        private long began;

        Run(Stage stage, Scenario scenario) throws IOException, InterruptedException {
            this.stage = stage;
            this.lab = stage.lab();
            this.scenario = scenario;
            this.bounds = Bounds.of(lab, stage.walk().nodes().getFirst());
        }

        Trial play() throws IOException, InterruptedException {
            victim = stage.active();
            other = stage.otherThan(victim);
            stage.forget();
            Map<String, String> definitions = change();
            began = System.nanoTime();
            try {
                for (String step : scenario.steps()) {
                    perform(step.replace("VICTIM", victim).replace("OTHER", other));
                }
                await(scenario.ending());
            } catch (Await.NotReached e) {
                problems.add("with the fault: " + e.getMessage());
            }
            boolean back = true;
            try {
                stage.mend();
            } catch (Await.NotReached e) {
                back = false;
                problems.add("after the mending: " + e.getMessage());
            }
            long ended = System.nanoTime();
            if (back) {
                problems.addAll(Audit.of(stage, definitions));
            }
            return judged(back, ended);
        }

        /** A change just before the fault: once acknowledged, it must be there afterwards. */
        private Map<String, String> change() throws IOException, InterruptedException {
            String mark = Long.toString(System.nanoTime());
            lab.exec(
                            other,
                            "crsctl",
                            "modify",
                            "resource",
                            stage.resources().getLast(),
                            "-attr",
                            "DESCRIPTION=before-" + mark)
                    .orFail("changing a description");
            Map<String, String> definitions = Audit.definitions(lab, victim);
            if (!definitions.toString().contains("before-" + mark)) {
                problems.add("a change that was acknowledged on " + other + " is not seen on " + victim);
            }
            return definitions;
        }

        private void perform(String step) throws IOException, InterruptedException, Await.NotReached {
            List<String> words = List.of(step.split(" "));
            switch (words.getFirst()) {
                case "hold" -> hold(bounds.length(words.get(1), words.get(2)));
                case "await" -> {
                    long from = began;
                    Await.that(words.get(2) + " on " + words.get(1), PATIENCE, () -> {
                        stage.follow();
                        return stage.events().all().stream()
                                .anyMatch(event -> event.nanos() >= from
                                        && event.node().equals(words.get(1))
                                        && event.name().equals(words.get(2)));
                    });
                }
                case "thaw" -> {
                    LabConsole.Answer _ = lab.lab(words); // It may have been powered off or reset meanwhile.
                }
                default -> lab.fault(words.toArray(String[]::new));
            }
        }

        /** The length of a fault is part of what is tried; that nothing comes of it can only be seen by looking for so long. */
        private void hold(Duration length) throws IOException, InterruptedException {
            long end = System.nanoTime() + length.toNanos();
            while (System.nanoTime() < end) {
                stage.mustBeObserved();
                TimeUnit.NANOSECONDS.sleep(Math.min(100_000_000, Math.max(1, end - System.nanoTime())));
            }
        }

        private void await(Ending ending) throws InterruptedException, Await.NotReached {
            switch (ending) {
                case NOTHING -> {}
                case SERVED -> Await.that("the service is steady", PATIENCE, () -> served() && online());
                case WHOLE ->
                    Await.that(
                            "both nodes are in one view and the service is steady",
                            PATIENCE,
                            () -> served() && whole() && online());
                case ONE_LEFT ->
                    Await.that(
                            "one node is proved harmless and the service is steady",
                            PATIENCE,
                            () -> served() && !settled().isEmpty() && online());
            }
        }

        private boolean served() throws IOException {
            stage.follow();
            stage.mustBeObserved();
            long from = Math.max(began, System.nanoTime() - STEADY.toNanos() - LoadClient.TIMEOUT.toNanos());
            List<Sample> recent = stage.client().told(sample -> sample.beganNanos() >= from);
            return recent.size() >= STEADY_REQUESTS
                    && recent.getLast().endedNanos() - from >= STEADY.toNanos()
                    && recent.stream().allMatch(Sample::good);
        }

        private boolean whole() throws IOException, InterruptedException {
            return LabConsole.areInOneView(lab.nodes().values());
        }

        private boolean online() throws IOException, InterruptedException {
            Optional<NodeStatus> member =
                    lab.nodes().values().stream().filter(NodeStatus::inView).findFirst();
            if (member.isEmpty()) {
                return false;
            }
            SortedMap<String, ResourceStatus> all = lab.resources(member.get().name());
            return stage.resources().stream().allMatch(each -> {
                ResourceStatus status = all.get(each);
                return status != null && status.online();
            });
        }

        private List<Event> since() {
            return stage.events().all().stream()
                    .filter(event -> event.nanos() >= began)
                    .toList();
        }

        private List<Event> settled() {
            return since().stream()
                    .filter(event -> event.name().equals("settled"))
                    .toList();
        }

        private Trial judged(boolean back, long ended) throws IOException, InterruptedException {
            stage.follow();
            stage.witness().read();
            problems.addAll(stage.witness().problems());
            Duration addressTwice = AddressObserver.INTERVAL.multipliedBy(
                    Sighting.doubles(stage.observer().told(_ -> true)).size());
            if (!addressTwice.isZero()) {
                problems.add("an address was held by two nodes for " + addressTwice.toMillis() + " ms");
            }
            List<Event> settled = settled();
            if (scenario.eviction() == Eviction.NEVER && !settled.isEmpty()) {
                problems.add("voted out: " + settled.getFirst().text());
            }
            boolean byTimer = scenario.renewalsEnd()
                    && !settled.isEmpty()
                    && settled.getFirst().detail("proof").equals("TIMER");
            long from = byTimer ? struck() : began;
            Optional<Duration> proofAfter = settled.stream()
                    .map(event -> Duration.ofNanos(event.nanos() - from))
                    .findFirst();
            if (byTimer) {
                judge(proofAfter.orElseThrow());
            }
            startsBeforeProof().ifPresent(problems::add);
            boolean moved = back && !stage.active().equals(victim);
            List<Sample> samples = stage.client().told(sample -> sample.beganNanos() >= began - STEADY.toNanos());
            return new Trial(
                    scenario,
                    victim,
                    Outage.in(samples, ended),
                    addressTwice,
                    stage.witness().twice(),
                    moved,
                    settled.stream()
                            .map(event -> event.detail("victim") + " " + event.detail("proof"))
                            .distinct()
                            .toList(),
                    proofAfter,
                    byTimer ? Optional.of(bounds.latestProofByTimer()) : Optional.empty(),
                    Duration.ofNanos(System.nanoTime() - began),
                    back,
                    problems);
        }

        /** When the lab did the last of the faults, as it noted itself: its command may have taken a while to get there. */
        private long struck() {
            String verb = scenario.steps().stream()
                    .map(step -> step.substring(0, step.indexOf(' ')))
                    .filter(each -> !NO_FAULTS.contains(each))
                    .reduce("", (_, last) -> last);
            String name = verb.equals("power-off") ? "power-off-begin" : verb;
            return since().stream()
                    .filter(event -> event.node().equals(victim) && event.name().equals(name))
                    .findFirst()
                    .map(Event::nanos)
                    .orElse(began);
        }

        /** The bound of a takeover that has nothing but time to go by. */
        private void judge(Duration after) {
            if (after.compareTo(bounds.earliestProofByTimer()) < 0) {
                problems.add("taken over by timer after " + after.toMillis() + " ms, which is not safe before "
                        + bounds.earliestProofByTimer().toMillis() + " ms");
            }
            if (after.compareTo(bounds.latestProofByTimer()) > 0) {
                problems.add("taken over by timer after " + after.toMillis() + " ms, the bound is "
                        + bounds.latestProofByTimer().toMillis() + " ms");
            }
        }

        /** An address that came up on one node while the other, which had it, was neither off nor had let it go. */
        private Optional<String> startsBeforeProof() {
            for (String resource : WalkThrough.ADDRESSES) {
                String holder = "";
                for (Event event : stage.events().all()) {
                    if (event.is("vip-up", resource)) {
                        if (!holder.isEmpty() && !holder.equals(event.node()) && event.nanos() >= began) {
                            return Optional.of(resource + " came up on " + event.node() + " while " + holder
                                    + " had not let it go: " + event.text());
                        }
                        holder = event.node();
                    } else if (event.node().equals(holder) && ends(event, resource)) {
                        holder = "";
                    }
                }
            }
            return Optional.empty();
        }

        private static boolean ends(Event event, String resource) {
            return switch (event.name()) {
                case "vip-down" -> event.detail("resource").equals(resource);
                // The kernel drops an address at the end of its lifetime without a word; crsd looked, and it was gone.
                case "state" ->
                    event.detail("resource").equals(resource)
                            && event.detail("state").equals("OFFLINE");
                case "let-go", "power-off-begin", "halted" -> true;
                case "joining" -> true; // A new life of cssd ends first what the old one ran.
                default -> false;
            };
        }
    }
}
