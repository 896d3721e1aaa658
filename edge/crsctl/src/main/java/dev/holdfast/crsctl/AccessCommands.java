package dev.holdfast.crsctl;

import static dev.holdfast.crsctl.Command.valued;

import dev.holdfast.control.Kind;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Unreachable;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Who may do what. */
final class AccessCommands implements CommandArea {
    private static final List<Command> COMMANDS = Arrays.stream(Kind.values())
            .filter(Kind::hasAccessList)
            .flatMap(AccessCommands::of)
            .toList();

    private static Stream<Command> of(Kind kind) {
        String example = switch (kind) {
            case RESOURCE -> "web";
            case GROUP -> "shop";
            case TYPE -> "shop.web.type";
            case POOL -> "web";
            case CATEGORY -> "big";
            case POLICY_SET, SERVER -> "";
        };
        String what = switch (kind) {
            case RESOURCE -> "a resource";
            case GROUP -> "a resource group";
            case TYPE -> "a resource type";
            case POOL -> "a server pool";
            case CATEGORY -> "a server category";
            case POLICY_SET -> "the policy set";
            case SERVER -> "a server";
        };
        String execute = switch (kind) {
            case RESOURCE, GROUP -> "start and stop";
            case TYPE -> "have resources of it";
            case POOL -> "have resources in it";
            case CATEGORY -> "have resources and server pools on its servers";
            case POLICY_SET, SERVER -> "means nothing here";
        };
        String name = kind.isNameless() ? "" : "NAME ";
        String change = kind.isNameless() ? "w change it and activate policies" : "w change and delete";
        String of = (kind.word() + " " + example).strip();
        List<Command.Option> options = List.of(
                valued("-u", "ENTRY", "add or replace: user:NAME:r-x, group:NAME:r-x or other::r--"),
                valued("-x", "ENTRY", "take away: user:NAME or group:NAME"),
                valued(
                        "-o",
                        "USER",
                        kind == Kind.RESOURCE
                                ? "who owns it, and as whom its actions run; for root"
                                : "who owns it; for root"),
                valued("-g", "GROUP", "its primary group"),
                Commands.IF_VERSION);
        return Stream.of(
                new Command(
                        "getperm " + kind.word(),
                        name + "[-u USER | -g GROUP] [-o json]",
                        "show who may do what with " + what + ", or what one user or group may do",
                        List.of(
                                valued("-u", "USER", "what this user may do"),
                                valued("-g", "GROUP", "what this group may do"),
                                Commands.JSON),
                        "crsctl getperm " + of + " -u oracle"),
                new Command(
                        "setperm " + kind.word(),
                        name + "{-u ENTRY | -x ENTRY | -o USER | -g GROUP} [-if-version V]",
                        "change who may do what with " + what + ": r see, " + change + ", x " + execute,
                        options,
                        "crsctl setperm " + of + (kind.isNameless() ? " -u user:oracle:rw-" : " -u user:oracle:r-x")));
    }

    @Override
    public List<Command> commands() {
        return COMMANDS;
    }

    @Override
    public int run(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        String[] words = command.words().split(" ");
        Kind kind = Kind.ofWord(words[1]).orElseThrow(() -> new IllegalStateException(command.words()));
        if (kind.isNameless()) {
            arguments.none();
        }
        String name = kind.isNameless()
                ? ""
                : arguments.only(
                        switch (kind) {
                            case RESOURCE -> "resource";
                            case GROUP -> "group";
                            case TYPE -> "type";
                            case POOL -> "server pool";
                            case CATEGORY -> "server category";
                            case POLICY_SET -> "policy set";
                            case SERVER -> "server";
                        });
        if (words[0].equals("getperm")) {
            arguments.atMostOneOf("-u", "-g");
            return crsctl.show(
                    command,
                    new Request.GetPermission(kind, name, arguments.value("-u"), arguments.value("-g")),
                    arguments.json(),
                    answer -> answer instanceof Reply.Permission permission
                            ? text(permission)
                            : Crsctl.unexpected(answer));
        }
        arguments.atMostOneOf("-u", "-x", "-o", "-g");
        return crsctl.show(command, Crsctl.ofVersion(command, set(arguments, kind, name), arguments), false, _ -> "");
    }

    private static Request.Change set(Arguments arguments, Kind kind, String name) throws UsageProblem {
        record Way(String option, Request.PermissionChange change) {}
        for (Way way : List.of(
                new Way("-u", Request.PermissionChange.UPDATE),
                new Way("-x", Request.PermissionChange.REMOVE),
                new Way("-o", Request.PermissionChange.OWNER),
                new Way("-g", Request.PermissionChange.GROUP))) {
            Optional<String> value = arguments.value(way.option);
            if (value.isPresent()) {
                return new Request.SetPermission(kind, name, way.change, value.get());
            }
        }
        throw new UsageProblem("it is not said what to change: give -u, -x, -o or -g");
    }

    private static String text(Reply.Permission permission) {
        return permission
                .rights()
                .map(rights -> rights + "\n")
                .orElseGet(() -> (permission.name().isEmpty() ? "" : "Name: " + permission.name() + "\n")
                        + permission.acl() + "\n");
    }
}
