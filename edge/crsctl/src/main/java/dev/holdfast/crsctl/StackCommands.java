package dev.holdfast.crsctl;

import dev.holdfast.control.Unreachable;
import java.util.List;

/** The stack itself: daemons, versions, nodes and their names. */
final class StackCommands implements CommandArea {
    private static final List<Command> COMMANDS = List.of();

    @Override
    public List<Command> commands() {
        return COMMANDS;
    }

    @Override
    public int run(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        throw new IllegalStateException("a command without a body: " + command.words());
    }
}
