package dev.holdfast.crsctl;

import dev.holdfast.control.Unreachable;
import java.util.List;

/** The configuration as a whole, in one file. */
final class ConfigurationCommands implements CommandArea {
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
