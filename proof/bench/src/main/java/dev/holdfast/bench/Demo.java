package dev.holdfast.bench;

import dev.holdfast.bench.LabConsole.NodeStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * {@code ./holdfast demo}: shows on this machine, in a few minutes, what Holdfast does, with real daemons, HAProxy and httpd. Everything it
 * says was recorded: by the nodes' event logs, by the lab, by the client, by the observer. Ends with exit code 1 if anything it saw was
 * not as it must be.
 */
public final class Demo {
    private final Screen screen;
    private final LabConsole lab;
    private final String profile;
    private final boolean keep;
    private final List<Check> checks = new ArrayList<>();

    /** One statement of the summary, and whether it held. */
    private record Check(boolean good, String text) {}

    private Demo(Screen screen, LabConsole lab, String profile, boolean keep) {
        this.screen = screen;
        this.lab = lab;
        this.profile = profile;
        this.keep = keep;
    }

    public static void main(String[] args) throws InterruptedException {
        String name = "demo";
        String profile = "default";
        boolean keep = false;
        for (int i = 0; i < args.length; i++) {
            String value = i + 1 < args.length ? args[i + 1] : "";
            switch (args[i]) {
                case "--keep" -> keep = true;
                case "--name" -> {
                    name = value;
                    i++;
                }
                case "--profile" -> {
                    profile = value;
                    i++;
                }
                default -> usage("unknown option " + args[i]);
            }
        }
        if (!List.of("default", "fast", "conservative").contains(profile)) {
            usage("--profile must be default, fast or conservative, got '" + profile + "'");
        }
        if (!name.matches("[a-z][a-z0-9-]{0,14}")) {
            usage("--name must be a short name in lower case, got '" + name + "'");
        }
        System.exit(new Demo(Screen.ofThisProcess(), LabConsole.named(name), profile, keep).run());
    }

    private static void usage(String problem) {
        System.err.println(problem);
        System.err.println("usage: ./holdfast demo [--keep] [--profile default|fast|conservative] [--name LAB]");
        System.exit(2);
    }

    private int run() throws InterruptedException {
        screen.title("Holdfast: two nodes, HAProxy, httpd, and a power cut");
        screen.say(
                "This is a whole cluster on your machine: two nodes with their own network, processes and disks; the daemons of "
                        + "Holdfast; HAProxy before two httpd; a client that asks every 5 ms. Then the node that serves loses its power. "
                        + "Every time below is taken from what the nodes and the client recorded, on one clock.");
        if (exists()) {
            screen.blank();
            screen.say(
                    "A lab named '" + lab.name() + "' is up already. Take it down first:  ./holdfast lab down --name "
                            + lab.name() + "   or choose another name with --name.");
            return 1;
        }
        var teardown = new Thread(this::takeDown, "teardown");
        Runtime.getRuntime().addShutdownHook(teardown);
        boolean good = false;
        try {
            play();
            good = checks.stream().allMatch(Check::good);
        } catch (IOException | Await.NotReached e) {
            screen.blank();
            screen.verdict(false, "the demo could not go on: " + e.getMessage());
            screen.say(
                    "The logs of the nodes are in " + lab.state().resolve("nodes") + " while the lab is up (--keep).");
        }
        if (keep) {
            Runtime.getRuntime().removeShutdownHook(teardown);
        }
        return good ? 0 : 1;
    }

    private boolean exists() throws InterruptedException {
        try {
            return lab.lab(List.of("status", "-o", "json")).ok();
        } catch (IOException e) {
            return false;
        }
    }

    /** Runs at every end: of the demo, of its patience, and at Ctrl-C. */
    private void takeDown() {
        try {
            LabConsole.Answer answer = lab.down();
            System.out.println(answer.ok() ? "The lab is down; nothing is left behind." : answer.output());
        } catch (IOException e) {
            System.out.println("The lab could not be taken down: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void play() throws IOException, InterruptedException, Await.NotReached {
        screen.title("1. The lab");
        long began = System.nanoTime();
        String launcher = "./holdfast lab up --name " + lab.name() + " --nodes 2 --voting-disks 3 --profile " + profile
                + " --fencing power";
        screen.command("you", launcher);
        lab.up(2, profile, "power");
        lab.awaitFullView(Stage.TO_HEAL);
        for (NodeStatus node : lab.nodes().values()) {
            screen.output("%s  power %s  in the view of epoch %d".formatted(node.name(), node.power(), node.epoch()));
        }
        screen.output("up after %.1f s: three voting disks, two heartbeat networks, a power switch, profile %s"
                .formatted((System.nanoTime() - began) / 1e9, profile));

        WalkThrough walk = Stage.prepare(lab);
        String first = walk.nodes().getFirst();
        screen.title("2. The commands an administrator types");
        screen.say("Configuration, pages, logs and action scripts are on the shared file system (" + walk.shared()
                + "); each httpd has its own address, configuration, log and pid file.");
        Stage.create(lab, walk, screen);
        lab.awaitOnline(first, WalkThrough.APPLICATIONS, Stage.TO_HEAL);
        Stage.run(lab, first, WalkThrough.statusCommand(), screen);
        Stage.run(lab, first, List.of("crsctl", "query", "css", "votedisk"), screen);

        screen.title("3. A client asks " + walk.url() + " every 5 ms, and waits for nobody");
        try (Stage stage = Stage.open(lab, walk)) {
            List<Sample> before = stage.client().told(Sample::good);
            screen.output("%d good answers, median %.1f ms; asked of HAProxy on %s; served by %s"
                    .formatted(
                            before.size(),
                            medianMillis(before),
                            before.getLast().balancer(),
                            before.stream().map(Sample::server).collect(Collectors.toCollection(TreeSet::new)).stream()
                                    .collect(Collectors.joining(" and "))));
            screen.output("and an observer asks the network every 20 ms, by ARP, who holds each address");
            Drill power = powerOff(stage);
            powerOn(stage, power);
            Drill partition = partition(stage);
            summary(List.of(power, partition), walk.url());
        }
    }

    private static double medianMillis(List<Sample> samples) {
        long[] nanos = samples.stream()
                .mapToLong(sample -> sample.endedNanos() - sample.beganNanos())
                .sorted()
                .toArray();
        return nanos.length == 0 ? 0 : nanos[nanos.length / 2] / 1e6;
    }

    private Drill powerOff(Stage stage) throws IOException, InterruptedException {
        String active = stage.active();
        screen.title("4. The power of " + active + ", which runs HAProxy, is cut");
        screen.command("you", "./holdfast lab power-off " + active + " --name " + lab.name());
        screen.say("Live, as the lines arrive:");
        Drill drill = Drill.run(stage, Fault.POWER_OFF, live());
        screen.blank();
        screen.say(
                "The milestones, from the logs of the nodes, the lab and the client; in brackets the time since the one before:");
        show(drill);
        check(
                drill.back(),
                "service back after the power cut: %s ms without an answer, %d of %d requests failed"
                        .formatted(
                                Screen.millisText(drill.outage()),
                                drill.failedRequests(),
                                drill.samples().size()));
        checkProofFirst(drill, drill.node());
        checkNeverTwice(drill);
        return drill;
    }

    private void powerOn(Stage stage, Drill drill) throws IOException, InterruptedException, Await.NotReached {
        screen.title("5. " + drill.node() + " gets its power back");
        screen.command("you", "./holdfast lab power-on " + drill.node() + " --name " + lab.name());
        long began = System.nanoTime();
        stage.heal(drill);
        screen.output(
                "%s is back in the view after %.1f s. What moved stays where it is: nobody asked for it to move back."
                        .formatted(drill.node(), (System.nanoTime() - began) / 1e9));
        List<String> spread = stage.spread();
        if (!spread.isEmpty()) {
            screen.say("So that both nodes have something to lose in the next act, one httpd is moved over:");
            screen.command(stage.active(), WalkThrough.typed(spread));
        }
        Stage.run(lab, stage.active(), WalkThrough.statusCommand(), screen);
    }

    private Drill partition(Stage stage) throws IOException, InterruptedException, Await.NotReached {
        String active = stage.active();
        screen.title("6. The heartbeat networks are cut; both nodes live, and reach the client and the disks");
        screen.say(
                "This is where clusters split. Exactly one node may go on, and the other must have let go of everything before.");
        screen.command("you", "./holdfast lab cut " + active + " private --name " + lab.name());
        Drill drill = Drill.run(stage, Fault.PARTITION, live());
        screen.blank();
        screen.say("The milestones:");
        show(drill);
        check(
                drill.back(),
                "service steady after the partition: %s ms without an answer, %d of %d requests failed"
                        .formatted(
                                Screen.millisText(drill.outage()),
                                drill.failedRequests(),
                                drill.samples().size()));
        List<String> loser = drill.settled().stream()
                .map(event -> event.detail("victim"))
                .distinct()
                .toList();
        check(loser.size() == 1, "exactly one node was voted out: " + Timeline.named(String.join(", ", loser)));
        checkLetGoFirst(drill);
        checkNeverTwice(drill);
        screen.command("you", "./holdfast lab mend " + active + " private --name " + lab.name());
        long began = System.nanoTime();
        stage.heal(drill);
        screen.output("both nodes are in one view again after %.1f s".formatted((System.nanoTime() - began) / 1e9));
        return drill;
    }

    /** Prints events as they arrive, counted from the fault, which is the first of them. */
    private Consumer<Event> live() {
        long[] zero = {System.nanoTime()};
        return event -> {
            if (Timeline.isFault(event)) {
                zero[0] = event.nanos();
            }
            Timeline.row(event, zero[0])
                    .ifPresent(row -> screen.moment(row.since(), row.who(), row.what(), row.tone()));
        };
    }

    private void show(Drill drill) {
        Duration before = Duration.ZERO;
        for (Timeline.Row row : Timeline.of(drill)) {
            screen.milestone(row.since(), row.since().minus(before), row.who(), row.what(), row.tone());
            before = row.since();
        }
    }

    /** Nothing that ran on the victim was begun elsewhere before the proof. */
    private void checkProofFirst(Drill drill, String victim) {
        Optional<Event> proof = drill.settled().stream().findFirst();
        Optional<Event> begun = firstStartElsewhere(drill, victim);
        if (proof.isEmpty() || begun.isEmpty()) {
            check(false, "no record of the proof that " + victim + " is harmless, or of a start elsewhere");
            return;
        }
        long early = begun.get().nanos() - proof.get().nanos();
        check(
                early > 0,
                "the proof that %s is harmless came %.1f ms before the first start of what it ran"
                        .formatted(victim, early / 1e6));
    }

    private void checkLetGoFirst(Drill drill) {
        Optional<Event> letGo = drill.events().stream()
                .filter(event -> event.name().equals("let-go") && event.daemon().equals("cssd"))
                .findFirst();
        if (letGo.isEmpty()) {
            check(false, "no node recorded that it let go");
            return;
        }
        Optional<Event> begun = firstStartElsewhere(drill, letGo.get().node());
        if (begun.isEmpty()) {
            check(false, "no start of what " + letGo.get().node() + " ran is recorded elsewhere");
            return;
        }
        double early = (begun.get().nanos() - letGo.get().nanos()) / 1e6;
        check(
                early > 0,
                "%s had let go of everything %.1f ms before %s began to start it"
                        .formatted(letGo.get().node(), early, begun.get().node()));
    }

    private static Optional<Event> firstStartElsewhere(Drill drill, String victim) {
        return drill.events().stream()
                .filter(event -> !event.node().equals(victim))
                .filter(event -> event.name().equals("vip-up")
                        || (event.name().equals("action-begin")
                                && event.detail("action").equals("start")))
                .min(Comparator.comparingLong(Event::nanos));
    }

    private void checkNeverTwice(Drill drill) {
        check(
                drill.heldTwice().isEmpty(),
                drill.heldTwice().isEmpty()
                        ? "no address was ever held by two nodes"
                        : "two nodes answered for one address: " + drill.heldTwice());
    }

    private void check(boolean good, String text) {
        checks.add(new Check(good, text));
        screen.verdict(good, text);
    }

    private void summary(List<Drill> drills, String url) {
        screen.title("Summary, profile " + profile);
        List<List<String>> rows = new ArrayList<>();
        for (Drill drill : drills) {
            rows.add(List.of(
                    drill.fault().text(),
                    Screen.millisText(drill.outage()),
                    Long.toString(drill.failedRequests()),
                    Screen.millisText(drill.doubleTime()),
                    drill.back() ? "yes" : "NO"));
        }
        screen.table(
                List.of(
                        "fault",
                        "client without answer, ms",
                        "requests failed",
                        "address held twice, ms",
                        "service back"),
                rows);
        screen.blank();
        for (Check check : checks) {
            screen.verdict(check.good(), check.text());
        }
        screen.title("To explore further");
        if (!keep) {
            screen.say("Run it again with --keep: the lab stays up, and you can type these:");
        }
        String named = lab.name().equals("demo") ? "" : " --name " + lab.name();
        screen.output("""
                ./holdfast lab status%1$s
                ./holdfast lab exec%1$s node1 -- crsctl status resource -t
                ./holdfast lab exec%1$s node1 -- crsctl relocate resource haproxyvip -n node2 -f
                ./holdfast lab client%1$s -- curl -s %2$s
                ./holdfast lab freeze%1$s node1          thaw it later: it must not believe that it is still in charge
                ./holdfast lab hang%1$s node1 storage    its voting disks stop answering
                ./holdfast lab cut%1$s node1 public      its clients can't reach it any more
                ./holdfast lab mend%1$s node1 storage    each fault is mended under its own name
                ./holdfast lab down%1$s
                Manual: docs/manual/README.md""".formatted(named, url));
        screen.blank();
    }
}
