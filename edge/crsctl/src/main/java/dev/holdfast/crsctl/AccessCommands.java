package dev.holdfast.crsctl;

import dev.holdfast.control.Unreachable;
import java.util.List;

/** Who may do what, and who did what. */
final class AccessCommands implements CommandArea {
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
