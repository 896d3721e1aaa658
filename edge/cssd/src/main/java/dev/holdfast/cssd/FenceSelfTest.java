package dev.holdfast.cssd;

import dev.holdfast.model.NodeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries the fence devices now and then, before they are needed: the device itself ({@code monitor}) and the plug of every
 * node ({@code status}). Nothing is switched.
 */
final class FenceSelfTest {
    private static final Logger LOG = LoggerFactory.getLogger(FenceSelfTest.class);

    private final NodeId self;
    private final List<FenceAgent> agents;
    private final Listener listener;
    private final LongSupplier wallMillis;
    private final Map<Tested, Result> results = new HashMap<>();

    /** Told of a change, on the test's thread. */
    interface Listener {
        /** @param node whose plug it is; empty for the device itself */
        void changed(FenceAgent agent, Optional<NodeId> node, boolean good, String detail);
    }

    private record Tested(int device, Optional<NodeId> node) {}

    private record Result(boolean good, long wallMillis, Duration took, String detail) {}

    /** What is known of a device or one of its plugs. {@code state}: GOOD, BROKEN or UNTESTED. */
    record Finding(
            FenceAgent agent, Optional<NodeId> node, String state, long testedMillis, Duration took, String detail) {}

    FenceSelfTest(NodeId self, List<FenceAgent> agents, Listener listener, LongSupplier wallMillis) {
        this.self = self;
        this.agents = List.copyOf(agents);
        this.listener = listener;
        this.wallMillis = wallMillis;
    }

    /** Tests at once and then at each interval, for ever, on a thread of its own. */
    void start(Duration interval) {
        Thread.ofPlatform().daemon().name("fence self-test").start(() -> {
            while (true) {
                try {
                    runOnce();
                    Thread.sleep(interval);
                } catch (InterruptedException e) {
                    LOG.debug("a fence device is needed; its test gives way");
                }
            }
        });
    }

    /** Tests everything once. A test that had to give way to fencing keeps the result before it. */
    void runOnce() {
        for (FenceAgent agent : agents) {
            test(agent, Optional.empty(), () -> {
                agent.monitor();
                return "";
            });
            for (NodeId node : agent.settings().plugs().keySet()) {
                test(agent, Optional.of(node), () -> {
                    boolean on = agent.isOn(node);
                    if (!on && node.equals(self)) {
                        throw new FenceFailed("it says that this node is off, while it runs: is that its plug?");
                    }
                    return on ? "on" : "off";
                });
            }
        }
    }

    private interface Test {
        String run() throws FenceFailed, InterruptedException;
    }

    private void test(FenceAgent agent, Optional<NodeId> node, Test test) {
        long began = System.nanoTime();
        boolean good;
        String detail;
        try {
            detail = test.run();
            good = true;
        } catch (FenceFailed e) {
            detail = String.valueOf(e.getMessage());
            good = false;
        } catch (InterruptedException e) {
            return;
        }
        Result result = new Result(good, wallMillis.getAsLong(), Duration.ofNanos(System.nanoTime() - began), detail);
        Result before;
        synchronized (results) {
            before = results.put(new Tested(agent.settings().number(), node), result);
        }
        if (before == null ? !good : before.good() != good) {
            listener.changed(agent, node, good, detail);
        }
    }

    /** By device, the device itself before its plugs. May be called from any thread. */
    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        synchronized (results) {
            for (FenceAgent agent : agents) {
                List<Optional<NodeId>> tested = new ArrayList<>(List.of(Optional.empty()));
                agent.settings().plugs().keySet().forEach(node -> tested.add(Optional.of(node)));
                for (Optional<NodeId> node : tested) {
                    findings.add(finding(
                            agent, node, results.get(new Tested(agent.settings().number(), node))));
                }
            }
        }
        return findings;
    }

    private static Finding finding(FenceAgent agent, Optional<NodeId> node, @Nullable Result result) {
        return result == null
                ? new Finding(agent, node, "UNTESTED", 0, Duration.ZERO, "")
                : new Finding(
                        agent,
                        node,
                        result.good() ? "GOOD" : "BROKEN",
                        result.wallMillis(),
                        result.took(),
                        result.detail());
    }
}
