package dev.holdfast.planner;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.Observed;
import dev.holdfast.model.ResourceName;
import dev.holdfast.model.Target;
import dev.holdfast.model.TypeDefinition;
import dev.holdfast.policy.Plan;
import dev.holdfast.policy.PlannedAction;
import dev.holdfast.policy.Policy;
import dev.holdfast.policy.Server;
import dev.holdfast.policy.Situation;
import dev.holdfast.policy.Wanted;
import dev.holdfast.policy.WantedInstance;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * {@code ./holdfast bench policy}: how long one scheduling pass takes on large clusters, and plans by the million, each
 * looked at.
 *
 * <p>A pass is what the master does for every event: lay out what is wanted and what is known, and plan. The clusters are
 * pairs of a virtual address and a service on it (hard and pullup), each pair favored on one node, spread evenly.
 */
public final class PolicyBench {
    private static final String USAGE = """
            usage: holdfast bench policy [--size NODESxRESOURCES]... [--passes N] [--pacemaker] [-o json]
                   holdfast bench policy --plans N [--from SEED]
                   holdfast bench policy --seed X
              --size      measure these (default 8x200 32x2000 64x10000); to 256 nodes, of which 64 can be a cluster;
                          RESOURCES counts addresses and services
              --passes    measured passes of each kind, after as many to warm up (default 9); the median counts
              -o json     {"nodes","resources","coldMs","steadyMs","oneLostMs","heapMb"}, a list if there are several
              --pacemaker the same clusters also for Pacemaker's crm_simulate -R -Q: seconds of wall clock and processor
              --plans     make at least so many plans for generated clusters, on all cores, and check every one;
                          ends after ten that are wrong
              --seed      live one of these clusters through, and tell how it went
            """;

    private static final int PASSES = 9;

    /** So many plans that are wrong are told before a run over many clusters ends: they often have one cause. */
    private static final int ENOUGH = 10;

    private static final long MEGABYTE = 1024 * 1024;
    private static final Server.State ONLINE = Server.State.ONLINE;

    private record Size(int nodes, int resources) {
        static Size of(String text) {
            if (!text.matches("[1-9][0-9]{0,3}x[1-9][0-9]{0,6}")) {
                throw new IllegalArgumentException("--size must be NODESxRESOURCES, as in 32x2000, got '" + text + "'");
            }
            Size size = new Size(
                    Integer.parseInt(text.substring(0, text.indexOf('x'))),
                    Integer.parseInt(text.substring(text.indexOf('x') + 1)));
            if (size.nodes > NodeId.ON_PAPER) {
                throw new IllegalArgumentException("at most " + NodeId.ON_PAPER + " nodes can be planned for, got "
                        + size.nodes + ", and a cluster has at most " + NodeId.MAX);
            }
            return size;
        }
    }

    private record Result(Size size, double coldMs, double steadyMs, double oneLostMs, long heapMb) {
        String json() {
            return "{\"nodes\":%d,\"resources\":%d,\"coldMs\":%.1f,\"steadyMs\":%.1f,\"oneLostMs\":%.1f,\"heapMb\":%d}"
                    .formatted(size.nodes, size.resources, coldMs, steadyMs, oneLostMs, heapMb);
        }
    }

    private final List<Size> sizes = new ArrayList<>();
    private int passes = PASSES;
    private boolean json;
    private boolean pacemaker;
    private long plans;
    private long from = 1;
    private long seed = -1;
    private final PrintStream out;

    PolicyBench(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) throws InterruptedException {
        System.exit(new PolicyBench(System.out).run(arguments));
    }

    /** 0: as it should be. 1: a plan was wrong. 2: the arguments make no sense. */
    int run(String... arguments) throws InterruptedException {
        try {
            parse(arguments);
        } catch (IllegalArgumentException e) {
            out.println("holdfast bench policy: " + e.getMessage());
            out.print(USAGE);
            return 2;
        }
        if (seed >= 0) {
            return one();
        }
        if (plans > 0) {
            return many();
        }
        measure();
        return pacemaker ? measurePacemaker() : 0;
    }

    private void parse(String... arguments) {
        int first = arguments.length > 0 && arguments[0].equals("policy") ? 1 : 0;
        for (int i = first; i < arguments.length; i += 2) {
            String option = arguments[i];
            if (option.equals("--pacemaker")) {
                pacemaker = true;
                i--;
                continue;
            }
            String value = i + 1 < arguments.length ? arguments[i + 1] : "";
            switch (option) {
                case "--size" -> sizes.add(Size.of(value));
                case "--passes" -> passes = Math.max(1, Math.toIntExact(number(option, value)));
                case "--plans" -> plans = number(option, value);
                case "--from" -> from = number(option, value);
                case "--seed" -> seed = number(option, value);
                case "-o" -> {
                    if (!value.equals("json")) {
                        throw new IllegalArgumentException("-o knows json only, got '" + value + "'");
                    }
                    json = true;
                }
                default -> throw new IllegalArgumentException("'" + option + "' is not known");
            }
        }
        if (sizes.isEmpty()) {
            sizes.addAll(List.of(new Size(8, 200), new Size(32, 2000), new Size(64, 10_000)));
        }
    }

    private static long number(String option, String value) {
        if (!value.matches("[0-9]{1,9}")) {
            throw new IllegalArgumentException(option + " must be a number, got '" + value + "'");
        }
        return Long.parseLong(value);
    }

    // ---------------------------------------------------------------- speed

    private void measure() {
        List<Result> results = new ArrayList<>();
        if (!json) {
            out.printf(
                    "%6s %10s %12s %12s %12s %8s%n",
                    "nodes", "resources", "cold, ms", "steady, ms", "one lost, ms", "heap, MB");
        }
        for (Size size : sizes) {
            Result result = measure(size);
            results.add(result);
            if (!json) {
                out.printf(
                        "%6d %10d %12.1f %12.1f %12.1f %8d%n",
                        size.nodes, size.resources, result.coldMs, result.steadyMs, result.oneLostMs, result.heapMb);
            }
        }
        if (json) {
            List<String> texts = results.stream().map(Result::json).toList();
            out.println(texts.size() == 1 ? texts.getFirst() : "[" + String.join(",", texts) + "]");
        }
    }

    /** Once: it takes minutes. */
    private int measurePacemaker() {
        Optional<String> missing = Pacemaker.missing();
        if (missing.isPresent()) {
            out.println("holdfast bench policy: " + missing.get());
            return 2;
        }
        if (!json) {
            out.printf(
                    "%ncrm_simulate -R -Q, seconds: wall clock (processor)%n%6s %10s %18s %18s %18s%n",
                    "nodes", "resources", "cold", "steady", "one lost");
        }
        try {
            for (Size size : sizes) {
                List<Pacemaker.Seconds> all = new ArrayList<>();
                for (Pacemaker.State state : Pacemaker.State.values()) {
                    all.add(Pacemaker.pass(size.nodes, size.resources, state));
                }
                out.println(json ? pacemakerJson(size, all) : pacemakerLine(size, all));
            }
            return 0;
        } catch (IOException e) {
            out.println("holdfast bench policy: " + e.getMessage());
            return 2;
        }
    }

    private static String pacemakerLine(Size size, List<Pacemaker.Seconds> all) {
        StringBuilder line = new StringBuilder("%6d %10d".formatted(size.nodes, size.resources));
        all.forEach(seconds -> line.append("%18s".formatted("%.2f (%.2f)".formatted(seconds.wall(), seconds.cpu()))));
        return line.toString();
    }

    private static String pacemakerJson(Size size, List<Pacemaker.Seconds> all) {
        return "{\"crmSimulate\":true,\"nodes\":%d,\"resources\":%d,\"coldMs\":%.1f,\"steadyMs\":%.1f,\"oneLostMs\":%.1f}"
                .formatted(
                        size.nodes,
                        size.resources,
                        all.get(0).wall() * 1000,
                        all.get(1).wall() * 1000,
                        all.get(2).wall() * 1000);
    }

    private Result measure(Size size) {
        // One cluster, which changes: the largest takes more than a gigabyte.
        PaperCluster cluster = pairs(size);
        double coldMs = median(cluster::situation, size.resources);
        bringUp(cluster);
        double steadyMs = median(cluster::situation, 0);
        long heapMb = heapMb(cluster);
        NodeId victim = NodeId.onPaper(size.nodes);
        int lost = (int) cluster.observed.entrySet().stream()
                .filter(seen ->
                        seen.getKey().node().equals(victim) && seen.getValue().equals(Observed.ONLINE))
                .count();
        cluster.server(victim, Server.State.OFFLINE, 1);
        cluster.forget(victim);
        double oneLostMs = size.nodes == 1 ? 0 : median(cluster::situation, lost);
        return new Result(size, coldMs, steadyMs, oneLostMs, heapMb);
    }

    /** What a cluster, its situation and the plan for it hold on to. */
    private static long heapMb(PaperCluster cluster) {
        Runtime runtime = Runtime.getRuntime();
        Situation situation = cluster.situation();
        Plan plan = Policy.plan(situation);
        try {
            System.gc();
            return (runtime.totalMemory() - runtime.freeMemory()) / MEGABYTE;
        } finally {
            Reference.reachabilityFence(cluster);
            Reference.reachabilityFence(situation);
            Reference.reachabilityFence(plan);
        }
    }

    private double median(Supplier<Situation> situation, int expectedStarts) {
        double[] millis = new double[passes];
        for (int pass = -passes; pass < passes; pass++) {
            long begin = System.nanoTime();
            Plan plan = Policy.plan(situation.get());
            long nanos = System.nanoTime() - begin;
            if (plan.actions().size() != expectedStarts) {
                throw new IllegalStateException(
                        "the plan has " + plan.actions().size() + " actions, expected " + expectedStarts);
            }
            if (pass >= 0) {
                millis[pass] = nanos / 1e6;
            }
        }
        Arrays.sort(millis);
        return millis[passes / 2];
    }

    /** An address and a service on it, again and again; nothing runs, everything is wanted. */
    private static PaperCluster pairs(Size size) {
        PaperCluster cluster = new PaperCluster();
        for (int n = 1; n <= size.nodes; n++) {
            NodeId node = NodeId.onPaper(n);
            cluster.server(node, ONLINE, 1);
            cluster.greeted.put(node, cluster.serverOf(node).incarnation());
        }
        for (int i = 0; i < size.resources; i++) {
            String pair = "%06d".formatted(i / 2);
            String home = "n" + (1 + i / 2 % size.nodes);
            Map<String, String> given = new TreeMap<>(Map.of("PLACEMENT", "favored", "HOSTING_MEMBERS", home));
            if (i % 2 == 0) {
                given.put("USR_ORA_VIP", "10.%d.%d.%d".formatted(i >> 16, i >> 8 & 0xff, i & 0xff));
                cluster.define("vip" + pair, TypeDefinition.applicationVip(1), given);
            } else {
                given.put("START_DEPENDENCIES", "hard(vip" + pair + ") pullup(vip" + pair + ")");
                given.put("STOP_DEPENDENCIES", "hard(vip" + pair + ")");
                cluster.define("web" + pair, TypeDefinition.CLUSTER_RESOURCE, given);
            }
        }
        for (ResourceName name : cluster.resources.keySet()) {
            cluster.wanted.put(name, Wanted.NEW.with(1, WantedInstance.NEW.withTarget(Target.ONLINE)));
            cluster.servers.keySet().forEach(node -> cluster.set(name, node, Observed.OFFLINE));
        }
        return cluster;
    }

    /** Does what plans say until there is nothing left to do. */
    private static void bringUp(PaperCluster cluster) {
        for (int round = 0; round < 20; round++) {
            Plan plan = Policy.plan(cluster.situation());
            cluster.apply(plan.changes());
            if (plan.actions().isEmpty() && plan.changes().isEmpty()) {
                return;
            }
            for (PlannedAction action : plan.ready()) {
                cluster.begin(action);
                cluster.end(action, true);
            }
        }
        throw new IllegalStateException("the cluster does not come up");
    }

    // ---------------------------------------------------------------- plans by the million

    private int one() {
        GeneratedCluster cluster = new GeneratedCluster(seed);
        try {
            long made = cluster.live();
            out.println("seed " + seed + ": " + made + " plans, all good");
            return 0;
        } catch (GeneratedCluster.Violation e) {
            out.println(e.getMessage());
            return 1;
        }
    }

    private int many() throws InterruptedException {
        AtomicLong made = new AtomicLong();
        AtomicLong next = new AtomicLong(from);
        AtomicInteger violations = new AtomicInteger();
        int cores = Runtime.getRuntime().availableProcessors();
        long begin = System.nanoTime();
        try (ExecutorService workers = Executors.newFixedThreadPool(cores)) {
            for (int i = 0; i < cores; i++) {
                workers.submit(() -> {
                    while (made.get() < plans && violations.get() < ENOUGH) {
                        long which = next.getAndIncrement();
                        try {
                            made.addAndGet(new GeneratedCluster(which).live());
                        } catch (RuntimeException e) {
                            violations.incrementAndGet();
                            synchronized (out) {
                                if (e instanceof GeneratedCluster.Violation) {
                                    out.println(e.getMessage());
                                } else {
                                    out.println("seed " + which + " broke");
                                    e.printStackTrace(out);
                                }
                            }
                        }
                    }
                });
            }
            workers.shutdown();
            workers.awaitTermination(1, TimeUnit.DAYS);
        }
        out.printf(
                "%d plans for %d clusters, each plan checked, in %d s: %d violations%n",
                made.get(),
                next.get() - from,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin),
                violations.get());
        return violations.get() == 0 ? 0 : 1;
    }
}
