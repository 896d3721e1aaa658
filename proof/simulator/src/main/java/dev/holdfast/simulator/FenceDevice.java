package dev.holdfast.simulator;

import static dev.holdfast.simulator.Scenario.MILLISECOND;
import static dev.holdfast.simulator.Scenario.SECOND;

import dev.holdfast.membership.Effect;
import dev.holdfast.membership.Input;

/** A power switch in the network: it may be slow, may fail, may never answer; but when it says "off", that was true. */
final class FenceDevice {
    private final World world;

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
        world.time.after(delay, () -> {
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
        });
    }
}
