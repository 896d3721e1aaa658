package dev.holdfast.crsctl;

import static dev.holdfast.crsctl.Command.valued;

import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Unreachable;
import java.util.List;
import java.util.Optional;

/** Who may do what. */
final class AccessCommands implements CommandArea {
    private static final List<Command> COMMANDS = List.of(
            new Command(
                    "getperm resource",
                    "NAME [-u USER | -g GROUP] [-o json]",
                    "show who may do what with a resource, or what one user or group may do",
                    List.of(
                            valued("-u", "USER", "what this user may do"),
                            valued("-g", "GROUP", "what this group may do"),
                            Commands.JSON),
                    "crsctl getperm resource web -u oracle"),
            new Command(
                    "setperm resource",
                    "NAME {-u ENTRY | -x ENTRY | -o USER | -g GROUP}",
                    "change who may do what with a resource: r see, w change and delete, x start and stop",
                    List.of(
                            valued("-u", "ENTRY", "add or replace: user:NAME:r-x, group:NAME:r-x or other::r--"),
                            valued("-x", "ENTRY", "take away: user:NAME or group:NAME"),
                            valued("-o", "USER", "who owns it, and as whom its actions run; for root"),
                            valued("-g", "GROUP", "its primary group")),
                    "crsctl setperm resource webvip -u user:oracle:r-x"));

    @Override
    public List<Command> commands() {
        return COMMANDS;
    }

    @Override
    public int run(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        String name = arguments.only("resource");
        if (command.words().equals("getperm resource")) {
            arguments.atMostOneOf("-u", "-g");
            return crsctl.show(
                    command,
                    new Request.GetPermission(name, arguments.value("-u"), arguments.value("-g")),
                    arguments.json(),
                    answer -> answer instanceof Reply.Permission permission
                            ? text(permission)
                            : Crsctl.unexpected(answer));
        }
        arguments.atMostOneOf("-u", "-x", "-o", "-g");
        return crsctl.show(command, set(arguments, name), false, _ -> "");
    }

    private static Request set(Arguments arguments, String name) throws UsageProblem {
        record Way(String option, Request.PermissionChange change) {}
        for (Way way : List.of(
                new Way("-u", Request.PermissionChange.UPDATE),
                new Way("-x", Request.PermissionChange.REMOVE),
                new Way("-o", Request.PermissionChange.OWNER),
                new Way("-g", Request.PermissionChange.GROUP))) {
            Optional<String> value = arguments.value(way.option);
            if (value.isPresent()) {
                return new Request.SetPermission(name, way.change, value.get());
            }
        }
        throw new UsageProblem("it is not said what to change: give -u, -x, -o or -g");
    }

    private static String text(Reply.Permission permission) {
        return permission
                .rights()
                .map(rights -> rights + "\n")
                .orElseGet(() -> "Name: " + permission.name() + "\n" + permission.acl() + "\n");
    }
}
