package dev.holdfast.simulator;

import static dev.holdfast.simulator.Scenario.MILLISECOND;
import static dev.holdfast.simulator.Scenario.SECOND;

import dev.holdfast.membership.Effect;
import dev.holdfast.membership.Input;
import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import java.util.HashSet;
import java.util.Set;

/** A power switch in the network: it may be slow, may fail, may never answer; but when it says "off", that was true. */
final class FenceDevice {
    private record Order(Life asker, NodeId victim, Incarnation incarnation) {}

    private final World world;
    private final Set<Order> waiting = new HashSet<>();

    FenceDevice(World world) {
        this.world = world;
    }

    void request(Life asker, Effect.Fence order) {
        boolean troubled = world.scenario.fenceTrouble() && !world.audit.isCalm();
        long delay = world.chance.magnitude(100 * MILLISECOND, troubled ? 30 * SECOND : 2 * SECOND);
        if (troubled && world.chance.happens(0.5)) {
            world.time.after(
                    delay,
                    () -> asker.deliver(
                            new Input.FenceFailed(order.victim(), order.incarnation(), "the device did not answer")));
            return;
        }
        if (troubled && world.chance.happens(0.1)) {
            return;
        }
        // The order waits for the device, and until it is sent it may be called off.
        long sent = world.chance.between(0, delay);
        Order key = new Order(asker, order.victim(), order.incarnation());
        waiting.add(key);
        world.time.after(sent, () -> {
            if (waiting.remove(key)) {
                world.time.after(delay - sent, () -> hit(asker, order));
            }
        });
    }

    /** An order that was not sent yet is not sent any more. */
    void callOff(Life asker, Effect.CallOffFence order) {
        if (waiting.remove(new Order(asker, order.victim(), order.incarnation()))) {
            world.count(Tally.WORLD, "fencing called off in time");
        }
    }

    private void hit(Life asker, Effect.Fence order) {
        if (world.scenario.mutation() != Mutation.FENCE_LIES) {
            Machine victim = world.machines[order.victim().number()];
            world.count(Tally.WORLD, "fenced");
            victim.powerOff("fenced by " + asker);
            victim.powerOnLater(world.rebootNanos());
        }
        // The answer travels as long as it likes; the machine may be on again by then, with another boot.
        world.time.after(
                world.chance.magnitude(MILLISECOND, 500 * MILLISECOND),
                () -> asker.deliver(
                        new Input.FenceSucceeded(order.victim(), order.incarnation(), "power switch: off")));
    }
}
