package dev.holdfast.crsctl;

import static dev.holdfast.crsctl.Command.flag;
import static dev.holdfast.crsctl.Command.valued;

import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import dev.holdfast.control.Selection;
import dev.holdfast.control.Unreachable;
import dev.holdfast.crsctl.Command.Option;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Types, groups and server pools. */
final class SetupCommands implements CommandArea {
    private static final String CLUSTER_GROUP = "cluster_resourcegroup";
    private static final String EXAMPLE_ATTRIBUTES =
            "\"ATTRIBUTE=PORT,TYPE=int,DEFAULT_VALUE=80,ATTRIBUTE=SITE,TYPE=string,FLAGS=REQUIRED\"";
    private static final Option TYPE_ATTR = valued(
            "-attr",
            "\"ATTRIBUTE=...,TYPE=int|string,DEFAULT_VALUE=...,FLAGS=...\"",
            "attributes, one after the other; FLAGS: CONFIG, READONLY, REQUIRED, HOTMOD, with | between");
    private static final Option TYPE_FILE = valued("-file", "FILE", "the same from a file, one word a line");
    /** What exists has an access list, which says who may change it. */
    private static final List<String> ROOTS = List.of("add type", "add serverpool", "relocate server");

    private static final Option BASE =
            valued("-basetype", "TYPE", "cluster_resource, local_resource, generic_application or one of your own");
    private static final Option GROUP_BASE =
            valued("-basetype", "TYPE", CLUSTER_GROUP + ", local_resourcegroup or one of your own");
    private static final Option STOPS = flag("-f", "also if something that runs is stopped or moved by it");
    private static final Option NODE = valued("-n", "NODE", "there, and not where the policy would put it");

    private static final List<Command> COMMANDS = List.of(
            new Command(
                    "add type",
                    "NAME -basetype TYPE [-attr \"ATTRIBUTE=...,TYPE=...\" | -file FILE] [--plan]",
                    "make a resource type with attributes and defaults of its own",
                    List.of(BASE, TYPE_ATTR, TYPE_FILE, Commands.PLAN, Commands.JSON),
                    "crsctl add type shop.web.type -basetype cluster_resource -attr " + EXAMPLE_ATTRIBUTES),
            new Command(
                    "modify type",
                    "NAME {-attr \"ATTRIBUTE=...\" | -file FILE} [-f] [-if-version V] [--plan]",
                    "add attributes to a type, or change defaults and flags",
                    List.of(TYPE_ATTR, TYPE_FILE, STOPS, Commands.IF_VERSION, Commands.PLAN, Commands.JSON),
                    "crsctl modify type shop.web.type -attr \"ATTRIBUTE=PORT,DEFAULT_VALUE=8080\""),
            new Command(
                    "delete type",
                    "NAME... [-if-version V] [--plan]",
                    "forget types that no resource has",
                    List.of(Commands.IF_VERSION, Commands.PLAN, Commands.JSON),
                    "crsctl delete type shop.web.type"),
            new Command(
                    "add resourcegrouptype",
                    "NAME -basetype TYPE [-attr \"ATTRIBUTE=...,TYPE=...\" | -file FILE] [--plan]",
                    "make a type of resource groups with attributes and defaults of its own",
                    List.of(GROUP_BASE, TYPE_ATTR, TYPE_FILE, Commands.PLAN, Commands.JSON),
                    "crsctl add resourcegrouptype shop.group.type -basetype cluster_resourcegroup -attr "
                            + "\"ATTRIBUTE=PLACEMENT,TYPE=string,DEFAULT_VALUE=favored\""),
            new Command(
                    "modify resourcegrouptype",
                    "NAME {-attr \"ATTRIBUTE=...\" | -file FILE} [-f] [-if-version V] [--plan]",
                    "add attributes to a type of groups, or change defaults and flags",
                    List.of(TYPE_ATTR, TYPE_FILE, STOPS, Commands.IF_VERSION, Commands.PLAN, Commands.JSON),
                    "crsctl modify resourcegrouptype shop.group.type -attr \"ATTRIBUTE=PLACEMENT,DEFAULT_VALUE=balanced\""),
            new Command(
                    "delete resourcegrouptype",
                    "NAME... [-if-version V] [--plan]",
                    "forget types of groups that no group has",
                    List.of(Commands.IF_VERSION, Commands.PLAN, Commands.JSON),
                    "crsctl delete resourcegrouptype shop.group.type"),
            new Command(
                    "status resourcegrouptype",
                    "[NAME...] [-p | -v | -f | -g] [-o json]",
                    "show the types of groups and their attributes",
                    Commands.OF_TYPES,
                    "crsctl status resourcegrouptype"),
            new Command(
                    "add resourcegroup",
                    "NAME [-type TYPE] [-attr \"NAME=value,...\" | -file FILE] [-f] [--plan]",
                    "register a group: what is added with -group is started, stopped and moved with it",
                    List.of(
                            valued("-type", "TYPE", CLUSTER_GROUP + " (if nothing is said) or local_resourcegroup"),
                            Commands.ATTR,
                            Commands.FILE,
                            flag("-f", "although resources named in dependencies are not registered"),
                            Commands.PLAN,
                            Commands.JSON),
                    "crsctl add resourcegroup shop -attr \"PLACEMENT=favored,HOSTING_MEMBERS='node1 node2'\""),
            new Command(
                    "modify resourcegroup",
                    "NAME {-attr \"NAME=value,...\" | -file FILE} [-f] [-if-version V] [--plan]",
                    "change attributes of a group",
                    List.of(Commands.ATTR, Commands.FILE, STOPS, Commands.IF_VERSION, Commands.PLAN, Commands.JSON),
                    "crsctl modify resourcegroup shop -attr \"CRITICAL_RESOURCES='db web'\""),
            new Command(
                    "delete resourcegroup",
                    "NAME... [-f] [-if-version V] [--plan]",
                    "forget groups that have no members",
                    List.of(
                            flag("-f", "also if it runs (it is stopped) or others depend on it"),
                            Commands.IF_VERSION,
                            Commands.PLAN,
                            Commands.JSON),
                    "crsctl delete resourcegroup shop"),
            new Command(
                    "start resourcegroup",
                    "NAME... [-n NODE | -s POOLS] [-k ID] [-f] [-i] [-l] [--plan]",
                    "start groups with their members, and what they need",
                    List.of(
                            NODE,
                            Commands.START_POOLS,
                            Commands.INSTANCE,
                            Commands.FORCE,
                            Commands.IF_BUSY,
                            Commands.LEAVE_START,
                            Commands.PLAN,
                            Commands.JSON),
                    "crsctl start resourcegroup shop"),
            new Command(
                    "stop resourcegroup",
                    "NAME... [-n NODE | -s POOLS] [-k ID] [-f] [-i] [-l] [--plan]",
                    "stop groups with their members",
                    List.of(
                            valued("-n", "NODE", "only what runs there"),
                            Commands.STOP_POOLS,
                            Commands.INSTANCE,
                            Commands.FORCE,
                            Commands.IF_BUSY,
                            Commands.LEAVE_STOP,
                            Commands.PLAN,
                            Commands.JSON),
                    "crsctl stop resourcegroup shop"),
            new Command(
                    "relocate resourcegroup",
                    "NAME... [-s NODE | -k ID] [-n NODE] [-f] [-i] [--plan]",
                    "move groups with their members to another node",
                    List.of(
                            valued("-s", "NODE", "only what runs there"),
                            Commands.INSTANCE,
                            NODE,
                            flag("-f", "together with what has to be on the same node"),
                            Commands.IF_BUSY,
                            Commands.PLAN,
                            Commands.JSON),
                    "crsctl relocate resourcegroup shop -n node2"),
            new Command(
                    "check resourcegroup",
                    "NAME... [-n NODE]",
                    "run the check actions of all members now",
                    List.of(valued("-n", "NODE", "only there")),
                    "crsctl check resourcegroup shop"),
            new Command(
                    "status resourcegroup",
                    "[NAME... | -w FILTER] [-p | -v | -t | -g] [-o json]",
                    "show groups, and how their members are",
                    List.of(
                            Commands.FILTER,
                            flag("-p", "with their definition"),
                            flag("-v", "with run-time values"),
                            flag("-t", "groups and members as a table"),
                            flag("-g", "only whether they are registered"),
                            Commands.JSON),
                    "crsctl status resourcegroup shop"),
            new Command(
                    "eval start resourcegroup",
                    "NAME... [-n NODE | -s POOLS] [-f] [-o json]",
                    "tell what starting groups would do",
                    List.of(NODE, Commands.START_POOLS, Commands.FORCE, Commands.JSON),
                    "crsctl eval start resourcegroup shop"),
            new Command(
                    "eval stop resourcegroup",
                    "NAME... [-n NODE | -s POOLS] [-f] [-o json]",
                    "tell what stopping groups would do",
                    List.of(
                            valued("-n", "NODE", "only what runs there"),
                            Commands.STOP_POOLS,
                            Commands.FORCE,
                            Commands.JSON),
                    "crsctl eval stop resourcegroup shop"),
            new Command(
                    "eval relocate resourcegroup",
                    "NAME... [-s NODE] [-n NODE] [-f] [-o json]",
                    "tell what moving groups would do",
                    List.of(valued("-s", "NODE", "only what runs there"), NODE, Commands.FORCE, Commands.JSON),
                    "crsctl eval relocate resourcegroup shop -n node2"),
            new Command(
                    "add serverpool",
                    "NAME [-attr \"NAME=value,...\" | -file FILE] [-f] [--plan]",
                    "make a server pool",
                    List.of(Commands.ATTR, Commands.FILE, STOPS, Commands.PLAN, Commands.JSON),
                    "crsctl add serverpool web -attr \"MIN_SIZE=1,MAX_SIZE=2,IMPORTANCE=5\""),
            new Command(
                    "modify serverpool",
                    "NAME {-attr \"NAME=value,...\" | -file FILE} [-policy POLICY... | -all_policies] [-f] [-if-version V] [--plan]",
                    "change attributes of a server pool, or what policies say of it",
                    List.of(
                            Commands.ATTR,
                            Commands.FILE,
                            new Option("-policy", "POLICY", true, "what these say of the pool, and not the pool"),
                            flag("-all_policies", "what all policies say of it"),
                            STOPS,
                            Commands.IF_VERSION,
                            Commands.PLAN,
                            Commands.JSON),
                    "crsctl modify serverpool web -attr \"MAX_SIZE=3\""),
            new Command(
                    "delete serverpool",
                    "NAME... [-f] [-if-version V] [--plan]",
                    "forget server pools; their servers go to others",
                    List.of(STOPS, Commands.IF_VERSION, Commands.PLAN, Commands.JSON),
                    "crsctl delete serverpool web"),
            new Command(
                    "status serverpool",
                    "[NAME...] [-f] [-o json]",
                    "show server pools and the servers in them",
                    List.of(flag("-f", "with all attributes"), Commands.JSON),
                    "crsctl status serverpool web -f"),
            new Command(
                    "relocate server",
                    "NAME... -c POOL [-f] [--plan]",
                    "move servers to another pool",
                    List.of(valued("-c", "POOL", "to this one"), STOPS, Commands.PLAN, Commands.JSON),
                    "crsctl relocate server node2 -c web"),
            new Command(
                    "add category",
                    "NAME [-attr \"EXPRESSION='...'\" | -file FILE] [--plan]",
                    "make a server category: all servers for which the expression holds",
                    List.of(Commands.ATTR, Commands.FILE, Commands.PLAN, Commands.JSON),
                    "crsctl add category big -attr \"EXPRESSION='(CPU_COUNT > 2) AND (MEMORY_SIZE > 2048)'\""),
            new Command(
                    "modify category",
                    "NAME {-attr \"NAME=value,...\" | -file FILE} [-f] [-if-version V] [--plan]",
                    "change a server category",
                    List.of(Commands.ATTR, Commands.FILE, STOPS, Commands.IF_VERSION, Commands.PLAN, Commands.JSON),
                    "crsctl modify category big -attr \"EXPRESSION='CPU_COUNT > 4'\""),
            new Command(
                    "delete category",
                    "NAME... [-if-version V] [--plan]",
                    "forget server categories that nothing names",
                    List.of(Commands.IF_VERSION, Commands.PLAN, Commands.JSON),
                    "crsctl delete category big"),
            new Command(
                    "status category",
                    "[NAME... | -server SERVER] [-o json]",
                    "show server categories",
                    List.of(valued("-server", "SERVER", "those that it is in"), Commands.JSON),
                    "crsctl status category -server node1"),
            new Command(
                    "add policy",
                    "NAME [-attr \"DESCRIPTION=...\"] [--plan]",
                    "add a policy; it says of the server pools of the policy set what they are now",
                    List.of(Commands.ATTR, Commands.FILE, Commands.PLAN, Commands.JSON),
                    "crsctl add policy night -attr \"DESCRIPTION='few people'\""),
            new Command(
                    "modify policy",
                    "NAME {-attr \"DESCRIPTION=...\" | -file FILE} [-if-version V] [--plan]",
                    "change the description of a policy",
                    List.of(Commands.ATTR, Commands.FILE, Commands.IF_VERSION, Commands.PLAN, Commands.JSON),
                    "crsctl modify policy night -attr \"DESCRIPTION='by night'\""),
            new Command(
                    "delete policy",
                    "NAME... [-if-version V] [--plan]",
                    "forget policies; the server pools stay as they are",
                    List.of(Commands.IF_VERSION, Commands.PLAN, Commands.JSON),
                    "crsctl delete policy night"),
            new Command(
                    "status policy",
                    "[NAME...] [-o json]",
                    "show policies, and what is in effect (Current)",
                    List.of(Commands.JSON),
                    "crsctl status policy Current"),
            new Command(
                    "create policyset",
                    "-file FILE",
                    "write a policy set that says what the server pools are now, to be edited",
                    List.of(valued("-file", "FILE", "must not exist yet")),
                    "crsctl create policyset -file /tmp/policies"),
            new Command(
                    "status policyset",
                    "[-file FILE] [-o json]",
                    "show the policy set, or write it to a file",
                    List.of(valued("-file", "FILE", "must not exist yet"), Commands.JSON),
                    "crsctl status policyset"),
            new Command(
                    "modify policyset",
                    "{-attr \"NAME=value,...\" | -file FILE} [-ksp] [-f] [-if-version V] [--plan]",
                    "replace the policies, or activate one: LAST_ACTIVATED_POLICY",
                    List.of(
                            Commands.ATTR,
                            valued("-file", "FILE", "as create policyset writes it"),
                            flag("-ksp", "keep server pools that leave the set; else they are deleted"),
                            STOPS,
                            Commands.IF_VERSION,
                            Commands.PLAN,
                            Commands.JSON),
                    "crsctl modify policyset -attr \"LAST_ACTIVATED_POLICY=night\""),
            new Command(
                    "eval activate policy",
                    "NAME [-f] [-o json]",
                    "tell what activating a policy would do",
                    List.of(STOPS, Commands.JSON),
                    "crsctl eval activate policy night -f"),
            new Command(
                    "eval add serverpool",
                    "NAME [-attr \"NAME=value,...\" | -file FILE] [-f] [-o json]",
                    "tell what a new server pool would do",
                    List.of(Commands.ATTR, Commands.FILE, STOPS, Commands.JSON),
                    "crsctl eval add serverpool web -attr \"MIN_SIZE=1\" -f"),
            new Command(
                    "eval modify serverpool",
                    "NAME {-attr \"NAME=value,...\" | -file FILE} [-f] [-o json]",
                    "tell what changing a server pool would do",
                    List.of(Commands.ATTR, Commands.FILE, STOPS, Commands.JSON),
                    "crsctl eval modify serverpool web -attr \"MAX_SIZE=1\" -f"),
            new Command(
                    "eval delete serverpool",
                    "NAME... [-f] [-o json]",
                    "tell what deleting server pools would do",
                    List.of(STOPS, Commands.JSON),
                    "crsctl eval delete serverpool web -f"),
            new Command(
                    "eval relocate server",
                    "NAME... -c POOL [-f] [-o json]",
                    "tell what moving servers to another pool would do",
                    List.of(valued("-c", "POOL", "to this one"), STOPS, Commands.JSON),
                    "crsctl eval relocate server node2 -c web -f"));

    @Override
    public List<Command> commands() {
        return COMMANDS;
    }

    @Override
    public int run(Crsctl crsctl, Command command, Arguments arguments) throws UsageProblem, Unreachable {
        String words = command.words();
        boolean json = arguments.json();
        if (words.startsWith("eval ")) {
            return crsctl.show(
                    command,
                    new Request.Evaluate(change(words.substring("eval ".length()), arguments)),
                    json,
                    answer -> answer instanceof Reply.Plan plan ? PlanText.of(plan) : Crsctl.unexpected(answer));
        }
        return switch (words) {
            case "add resourcegrouptype", "modify resourcegrouptype", "delete resourcegrouptype" ->
                groupType(crsctl, command, arguments, json);
            case "status resourcegrouptype" -> {
                arguments.atMostOneOf("-p", "-v", "-f", "-g");
                List<String> names = arguments.names("type");
                Reply.Answer answer = crsctl.cluster().ask(new Request.StatusType(names));
                Optional<Set<String>> known = groupTypes(crsctl);
                if (answer instanceof Reply.Types(List<Reply.Type> types) && known.isPresent()) {
                    Set<String> groups = known.get();
                    Optional<String> other = types.stream()
                            .map(Reply.Type::name)
                            .filter(name -> !names.isEmpty() && !groups.contains(name))
                            .findFirst();
                    answer = other.isPresent()
                            ? notOfGroups(other.get())
                            : new Reply.Types(types.stream()
                                    .filter(type -> groups.contains(type.name()))
                                    .toList());
                }
                yield crsctl.print(
                        command,
                        answer,
                        json,
                        told -> told instanceof Reply.Types types
                                ? AnswerText.types(types, arguments.has("-g"))
                                : Crsctl.unexpected(told));
            }
            case "status serverpool" -> {
                boolean details = arguments.has("-f");
                yield crsctl.show(
                        command,
                        new Request.StatusPool(arguments.names("server pool")),
                        json,
                        answer -> answer instanceof Reply.Pools pools
                                ? SetupText.pools(pools, details)
                                : Crsctl.unexpected(answer));
            }
            case "status category" -> {
                List<String> names = arguments.names("server category");
                if (arguments.has("-server") && !names.isEmpty()) {
                    throw new UsageProblem("names and -server exclude each other: give one of them");
                }
                yield crsctl.show(
                        command,
                        new Request.StatusCategory(names, arguments.node("-server")),
                        json,
                        answer -> answer instanceof Reply.Categories categories
                                ? SetupText.categories(categories)
                                : Crsctl.unexpected(answer));
            }
            case "status policy" -> policies(crsctl, command, arguments.names("policy"), json);
            case "status policyset", "create policyset" -> policySet(crsctl, command, arguments, json);
            case "status resourcegroup" -> statusGroup(crsctl, command, arguments, json);
            case "check resourcegroup" ->
                crsctl.show(
                        command, new Request.CheckResource(groups(arguments), arguments.node("-n")), false, _ -> "");
            default -> {
                Request.Change change = change(words, arguments);
                yield ROOTS.contains(words) && !arguments.has("--plan")
                        ? crsctl.asRoot(command, change)
                        : crsctl.change(command, change, arguments);
            }
        };
    }

    private static int policies(Crsctl crsctl, Command command, List<String> names, boolean json) throws Unreachable {
        Reply.Answer answer = crsctl.cluster().ask(new Request.StatusPolicySet());
        if (answer instanceof Reply.PolicySet set) {
            List<Reply.Policy> all = new ArrayList<>(set.policies());
            all.add(set.current());
            List<Reply.Problem> missing = names.stream()
                    .filter(name ->
                            all.stream().noneMatch(policy -> policy.name().equals(name)))
                    .map(name -> new Reply.Problem(
                            "HF-3181",
                            "There is no policy '" + name + "'.",
                            List.of("crsctl status policy lists the policies.")))
                    .toList();
            all.removeIf(policy -> !names.isEmpty() && !names.contains(policy.name()));
            answer = missing.isEmpty()
                    ? new Reply.PolicySet(Map.of(), all, set.current(), Optional.empty())
                    : new Reply.Refused(missing);
        }
        return crsctl.print(
                command,
                answer,
                json,
                told -> told instanceof Reply.PolicySet set
                        ? PolicySetFile.text(Map.of(), set.policies())
                        : Crsctl.unexpected(told));
    }

    /** The same as for types of resources, if the one that is meant, or what it is derived from, is a type of groups. */
    private static int groupType(Crsctl crsctl, Command command, Arguments arguments, boolean json)
            throws UsageProblem, Unreachable {
        Request.Change change = change(command.words().replace("resourcegrouptype", "type"), arguments);
        List<String> meant = switch (change) {
            case Request.AddType add -> List.of(add.base());
            case Request.ModifyType modify -> List.of(modify.name());
            case Request.DeleteType delete -> delete.names();
            default -> throw new IllegalStateException("not about a type: " + change);
        };
        Optional<Set<String>> groups = groupTypes(crsctl);
        Optional<String> other = meant.stream()
                .filter(name -> groups.isPresent() && !groups.get().contains(name))
                .findFirst();
        if (other.isPresent()) {
            return crsctl.print(command, notOfGroups(other.get()), json, Crsctl::unexpected);
        }
        return change instanceof Request.AddType && !arguments.has("--plan")
                ? crsctl.asRoot(command, change)
                : crsctl.change(command, change, arguments);
    }

    private static int statusGroup(Crsctl crsctl, Command command, Arguments arguments, boolean json)
            throws UsageProblem, Unreachable {
        arguments.atMostOneOf("-p", "-v", "-t", "-g");
        List<String> names = arguments.names("group");
        if (arguments.has("-w") && !names.isEmpty()) {
            throw new UsageProblem("names and -w exclude each other: give one of them");
        }
        if (json && arguments.has("-t")) {
            throw new UsageProblem("-t and -o json exclude each other: give one of them");
        }
        Reply.Answer answer = crsctl.cluster().ask(new Request.StatusGroup(names));
        if (arguments.has("-w") && answer instanceof Reply.Groups(List<Reply.Group> all)) {
            Reply.Answer matching = crsctl.cluster().ask(new Request.StatusResource(arguments.selection(), false));
            answer = matching instanceof Reply.Resources found
                    ? new Reply.Groups(all.stream()
                            .filter(group -> found.resources().stream()
                                    .anyMatch(resource -> resource.name()
                                            .equals(group.itself().name())))
                            .toList())
                    : matching;
        }
        if (arguments.has("-t") && answer instanceof Reply.Groups(List<Reply.Group> groups) && !groups.isEmpty()) {
            List<String> rows = new ArrayList<>();
            for (Reply.Group group : groups) {
                rows.add(group.itself().name());
                group.members().forEach(member -> rows.add(member.name()));
            }
            return crsctl.show(
                    command,
                    new Request.StatusResource(new Selection.Named(rows), false),
                    false,
                    told -> told instanceof Reply.Resources found
                            ? ResourceText.table(found.resources())
                            : Crsctl.unexpected(told));
        }
        return crsctl.print(command, answer, json, told -> {
            if (!(told instanceof Reply.Groups groups)) {
                return Crsctl.unexpected(told);
            }
            List<Reply.Resource> themselves =
                    groups.groups().stream().map(Reply.Group::itself).toList();
            if (arguments.has("-g")) {
                return ResourceText.registered(themselves);
            }
            return arguments.has("-v")
                    ? new ResourceText(crsctl.surroundings().zone().get()).runtime(themselves)
                    : SetupText.groups(groups, arguments.has("-p"));
        });
    }

    private static Reply.Refused notOfGroups(String type) {
        return Reply.Refused.because(
                "HF-3188",
                "There is no type of resource groups '" + type + "'.",
                "crsctl status resourcegrouptype lists them; types of resources: crsctl status type");
    }

    /** The types of groups: the two that are always there, and what is derived from them. Empty if the cluster does not say. */
    private static Optional<Set<String>> groupTypes(Crsctl crsctl) throws Unreachable {
        if (!(crsctl.cluster().ask(new Request.StatusType(List.of())) instanceof Reply.Types(List<Reply.Type> types))) {
            return Optional.empty();
        }
        Set<String> groups = new TreeSet<>(Set.of(CLUSTER_GROUP, "local_resourcegroup"));
        boolean more = true;
        while (more) {
            more = false;
            for (Reply.Type type : types) {
                more |= type.base().filter(groups::contains).isPresent() && groups.add(type.name());
            }
        }
        return Optional.of(groups);
    }

    private static int policySet(Crsctl crsctl, Command command, Arguments arguments, boolean json)
            throws UsageProblem, Unreachable {
        arguments.none();
        boolean create = command.words().equals("create policyset");
        if (create && !arguments.has("-file")) {
            throw new UsageProblem("-file is missing: where is the policy set to be written?");
        }
        Reply.Answer answer = crsctl.cluster().ask(new Request.StatusPolicySet());
        if (answer instanceof Reply.PolicySet set && arguments.has("-file")) {
            PolicySetFile.write(
                    arguments.value("-file").orElseThrow(),
                    create ? snapshot(set) : PolicySetFile.text(set.attributes(), set.policies()));
            return 0;
        }
        return crsctl.print(
                command,
                answer,
                json,
                told -> told instanceof Reply.PolicySet set
                        ? PolicySetFile.text(set.attributes(), set.policies()) + PolicySetFile.text(set.current())
                        : Crsctl.unexpected(told));
    }

    /** What the server pools are now, as a set of one policy. */
    private static String snapshot(Reply.PolicySet set) {
        List<String> pools =
                set.current().pools().stream().map(Reply.Shape::pool).toList();
        return PolicySetFile.text(
                Map.of("SERVER_POOL_NAMES", String.join(" ", pools)),
                List.of(new Reply.Policy("Default", "", set.current().pools())));
    }

    private static Request.ModifyPolicySet policySet(Arguments arguments, boolean force) throws UsageProblem {
        arguments.none();
        arguments.atMostOneOf("-attr", "-file");
        boolean keep = arguments.has("-ksp");
        if (arguments.has("-file")) {
            PolicySetFile file = PolicySetFile.read(arguments.value("-file").orElseThrow());
            return new Request.ModifyPolicySet(file.attributes(), Optional.of(file.policies()), keep, force);
        }
        return new Request.ModifyPolicySet(something(arguments.attributes()), Optional.empty(), keep, force);
    }

    private static Request.Change change(String words, Arguments arguments) throws UsageProblem {
        boolean force = arguments.has("-f");
        boolean failIfBusy = arguments.has("-i");
        return switch (words) {
            case "add type" -> {
                String name = arguments.only("type");
                String base = arguments
                        .value("-basetype")
                        .orElseThrow(() -> new UsageProblem(
                                "-basetype is missing: what is " + name + " derived from?",
                                "See the types:  crsctl status type"));
                Arguments.checkName("type", base);
                yield new Request.AddType(name, base, TypeAttributes.of(arguments));
            }
            case "modify type" ->
                new Request.ModifyType(arguments.only("type"), something(TypeAttributes.of(arguments)), force);
            case "delete type" -> new Request.DeleteType(some(arguments.names("type"), "type"));
            case "add resourcegroup" ->
                new Request.AddResource(
                        arguments.only("group"),
                        arguments.value("-type").orElse(CLUSTER_GROUP),
                        arguments.attributes(),
                        force,
                        false);
            case "modify resourcegroup" ->
                new Request.ModifyResource(
                        arguments.only("group"), something(arguments.attributes()), List.of(), force, false);
            case "delete resourcegroup" -> new Request.DeleteResource(groups(arguments), force, false);
            case "start resourcegroup" ->
                new Request.StartResource(
                        groups(arguments),
                        arguments.node("-n"),
                        arguments.pools(),
                        arguments.instance(),
                        Map.of(),
                        force,
                        failIfBusy,
                        arguments.has("-l"));
            case "stop resourcegroup" ->
                new Request.StopResource(
                        groups(arguments),
                        arguments.node("-n"),
                        arguments.pools(),
                        arguments.instance(),
                        Map.of(),
                        force,
                        failIfBusy,
                        arguments.has("-l"));
            case "relocate resourcegroup" ->
                new Request.RelocateResource(
                        groups(arguments),
                        arguments.node("-s"),
                        arguments.node("-n"),
                        arguments.instanceOfOne(),
                        Map.of(),
                        force,
                        failIfBusy);
            case "add serverpool" -> new Request.AddPool(arguments.only("server pool"), arguments.attributes(), force);
            case "modify serverpool" ->
                new Request.ModifyPool(
                        arguments.only("server pool"),
                        something(arguments.attributes()),
                        arguments.values("-policy"),
                        arguments.has("-all_policies"),
                        force);
            case "add category" -> new Request.AddCategory(arguments.only("server category"), arguments.attributes());
            case "modify category" ->
                new Request.ModifyCategory(arguments.only("server category"), something(arguments.attributes()), force);
            case "delete category" ->
                new Request.DeleteCategory(some(arguments.names("server category"), "server category"));
            case "add policy" -> new Request.AddPolicy(arguments.only("policy"), arguments.attributes());
            case "modify policy" ->
                new Request.ModifyPolicy(arguments.only("policy"), something(arguments.attributes()));
            case "delete policy" -> new Request.DeletePolicy(some(arguments.names("policy"), "policy"));
            case "modify policyset" -> policySet(arguments, force);
            case "activate policy" ->
                new Request.ModifyPolicySet(
                        Map.of("LAST_ACTIVATED_POLICY", arguments.only("policy")), Optional.empty(), false, force);
            case "delete serverpool" ->
                new Request.DeletePool(some(arguments.names("server pool"), "server pool"), force);
            case "relocate server" -> {
                String pool = arguments
                        .value("-c")
                        .orElseThrow(() -> new UsageProblem(
                                "-c is missing: to which server pool?", "See the pools:  crsctl status serverpool"));
                Arguments.checkName("server pool", pool);
                yield new Request.RelocateServer(some(arguments.names("server"), "server"), pool, force);
            }
            default -> throw new IllegalStateException("a command without a body: " + words);
        };
    }

    private static Selection groups(Arguments arguments) throws UsageProblem {
        return new Selection.Groups(some(arguments.names("group"), "group"));
    }

    private static List<String> some(List<String> names, String what) throws UsageProblem {
        if (names.isEmpty()) {
            throw new UsageProblem("the name of the " + what + " is missing");
        }
        return names;
    }

    private static Map<String, String> something(Map<String, String> attributes) throws UsageProblem {
        if (attributes.isEmpty()) {
            throw new UsageProblem("nothing is said of what to change: give -attr or -file");
        }
        return attributes;
    }

    private static List<Request.TypeAttribute> something(List<Request.TypeAttribute> attributes) throws UsageProblem {
        if (attributes.isEmpty()) {
            throw new UsageProblem("nothing is said of what to change: give -attr or -file");
        }
        return new ArrayList<>(attributes);
    }
}
