package dev.holdfast.crsctl;

import dev.holdfast.control.Unreachable;
import java.util.List;

/** Commands of crsctl that belong together, and what each of them does. */
interface CommandArea {
    /** In the order in which help shows them. */
    List<Command> commands();

    /**
     * Carries out one of {@link #commands}.
     *
     * @return the exit status
     */
    int run(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable;
}
