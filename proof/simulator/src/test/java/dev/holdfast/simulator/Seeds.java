package dev.holdfast.simulator;

import java.util.Optional;
import java.util.stream.LongStream;

/** Runs many seeds on all cores. */
final class Seeds {
    private Seeds() {}

    /** The first outcome with a violation that any core comes upon, among the seeds from 1 to {@code seeds}. */
    static Optional<Simulation.Outcome> firstViolation(int seeds, Mutation mutation, World.Birth birth) {
        return LongStream.rangeClosed(1, seeds)
                .parallel()
                .mapToObj(seed ->
                        Simulation.run(Scenario.draw(seed, Scenario.Bounds.USUAL.withMutation(mutation)), birth, null))
                .filter(outcome -> outcome.violation() != null)
                .findAny();
    }
}
