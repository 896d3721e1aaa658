package dev.holdfast.crsctl;

import dev.holdfast.control.Caller;
import dev.holdfast.control.Codec;
import dev.holdfast.control.Kind;
import dev.holdfast.control.RegistryReply;
import dev.holdfast.control.RegistryRequest;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Reply.Instance;
import dev.holdfast.control.Reply.Resource;
import dev.holdfast.control.Request;
import dev.holdfast.control.Selection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** A cluster of two nodes as an administrator might meet it; notes what it is asked. Changes succeed but change nothing. */
final class FakeCluster {
    private static final long START = 1_795_359_600_000L; // 2026-11-22T15:00:00Z

    final List<String> asked = new ArrayList<>();

    Reply.Answer answer(Caller caller, Request request, Consumer<String> progress) {
        asked.add(Codec.encode(request));
        return switch (request) {
            case Request.AddResource add
            when add.type().equals("cluster_resouce") ->
                Reply.Refused.because(
                        "CRS-2560",
                        "Resource type 'cluster_resouce' does not exist",
                        "Did you mean 'cluster_resource'?",
                        "All types:  crsctl status type");
            case Request.AddResource _, Request.ModifyResource _, Request.DeleteResource _ -> Reply.Done.silently();
            case Request.StartResource start
            when names(start.resources()).contains("broken") -> {
                progress.accept("CRS-2672: Attempting to start 'broken' on 'node1'");
                progress.accept("CRS-2674: Start of 'broken' on 'node1' failed");
                progress.accept("CRS-2679: Attempting to clean 'broken' on 'node1'");
                progress.accept("CRS-2681: Clean of 'broken' on 'node1' succeeded");
                yield Reply.Refused.because(
                        "CRS-2632",
                        "There are no more servers to try to place resource 'broken' on that would satisfy its placement policy\nbroken is OFFLINE.",
                        "See what its script said:  tail /var/log/holdfast/crsd-actions/broken.log");
            }
            case Request.StartResource start -> forEach(start.resources(), progress, "start", "2672", "2676", "Start");
            case Request.StopResource stop
            when names(stop.resources()).contains("webvip") && !stop.force() ->
                new Reply.Refused(List.of(
                        new Reply.Problem(
                                "CRS-2529",
                                "Unable to act on 'webvip' because that would require stopping or relocating 'web', but the force option was not specified",
                                List.of("Stop both:  crsctl stop resource webvip -f")),
                        new Reply.Problem(
                                "CRS-2530",
                                "Unable to stop 'webvip' because 'web' has a stop-time dependency on it",
                                List.of())));
            case Request.StopResource stop -> forEach(stop.resources(), progress, "stop", "2673", "2677", "Stop");
            case Request.RelocateResource move -> {
                forEach(move.resources(), progress, "stop", "2673", "2677", "Stop");
                yield forEach(move.resources(), progress, "start", "2672", "2676", "Start");
            }
            case Request.RequestAction act ->
                new Reply.Acted(act.actions().stream()
                        .map(action -> action.equals("bad")
                                ? new Reply.Act("web", "node1", action, "failed", 3, List.of("no such file"))
                                : new Reply.Act(
                                        "web", "node1", action, "succeeded", 0, List.of("reloaded", "all of it")))
                        .toList());
            case Request.CheckResource _ -> new Reply.Done(List.of("web is ONLINE on node1"));
            case Request.StatusResource status -> status(status);
            case Request.IfVersion(String version, Request.Change _)
            when version.equals("0123456789abcdef") -> Reply.Done.silently();
            case Request.IfVersion _ -> Reply.Refused.because("HF-3171", "Resource 'web' was changed meanwhile.");
            case Request.Evaluate(Request.StopResource stop)
            when names(stop.resources()).contains("webvip") && !stop.force() ->
                Reply.Refused.because(
                        "CRS-2529",
                        "Unable to act on 'webvip' because that would require stopping or relocating 'web', but the force option was not specified");
            case Request.Evaluate(Request.StartResource start)
            when names(start.resources()).contains("web") ->
                new Reply.Plan(List.of("CRS-5702: Resource 'web' is already running on 'node1'"), List.of());
            case Request.Lint _ ->
                new Reply.Findings(List.of(new Reply.Problem(
                        "HF-3401",
                        "Resource 'web': hard(webvip) without pullup(webvip): when 'webvip' has failed and is back, it stays down",
                        List.of("Add pullup(webvip) to START_DEPENDENCIES."))));
            case Request.DrainNode(String node, boolean force)
            when node.equals("node1") && !force ->
                Reply.Refused.because(
                        "HF-3125",
                        "Resource 'web' can run nowhere else: node2: not ONLINE.",
                        "To stop what cannot be moved: crsctl drain node node1 -f");
            case Request.DrainNode(String node, boolean force) ->
                new Reply.Done(List.of("Server '" + node + "' is drained"));
            case Request.UndrainNode(String node) -> new Reply.Done(List.of("undrain " + node));
            case Request.UseNode use ->
                new Reply.Done(List.of("use " + use.use() + " of " + use.node().orElse("this one")));
            case Request.FreezeResource freeze ->
                new Reply.Done(List.of((freeze.freeze() ? "freeze " : "unfreeze ") + names(freeze.resources())));
            case Request.FreezeCluster(boolean freeze) -> new Reply.Done(List.of("freeze cluster " + freeze));
            case Request.RunActions _, Request.Recollect _ -> Reply.Done.silently();
            case Request.Evaluate _, Request.Suppose _ ->
                new Reply.Plan(
                        List.of(),
                        List.of(
                                new Reply.Step("stop web", "STOP", "web", 1, 1, "node1", List.of(), true, ""),
                                new Reply.Step(
                                        "stop webvip",
                                        "STOP",
                                        "webvip",
                                        1,
                                        1,
                                        "node1",
                                        List.of("stop web"),
                                        true,
                                        "it has to be on the same node as web"),
                                new Reply.Step(
                                        "start webvip",
                                        "START",
                                        "webvip",
                                        1,
                                        1,
                                        "node2",
                                        List.of("stop webvip"),
                                        true,
                                        ""),
                                new Reply.Step(
                                        "start web",
                                        "START",
                                        "web",
                                        1,
                                        1,
                                        "node2",
                                        List.of("start webvip"),
                                        true,
                                        "it was asked for"),
                                new Reply.Step(
                                        "check db", "CHECK", "db", 2, 1, "node2", List.of("no such step"), false, "")));
            case Request.StatusType _ ->
                new Reply.Types(List.of(
                        new Reply.Type(
                                "cluster_resource",
                                Optional.of("resource"),
                                List.of(
                                        new Reply.TypeAttribute("ACTION_SCRIPT", "string", "", List.of("CONFIG")),
                                        new Reply.TypeAttribute(
                                                "CHECK_INTERVAL", "int", "60", List.of("CONFIG", "HOTMOD")))),
                        new Reply.Type("resource", Optional.empty(), List.of())));
            case Request.OfSetup _ -> Reply.Done.silently();
            case Request.StatusCategory _ ->
                new Reply.Categories(List.of(new Reply.Category(
                        "big",
                        details("ACL", "", "ACTIVE_CSS_ROLE", "hub", "EXPRESSION", "CPU_COUNT > 2"),
                        List.of("node1"),
                        Optional.of("0123456789abcdef"))));
            case Request.StatusPolicySet _ ->
                new Reply.PolicySet(
                        details("ACL", "", "LAST_ACTIVATED_POLICY", "day", "SERVER_POOL_NAMES", "web"),
                        List.of(new Reply.Policy(
                                "day",
                                "by day",
                                List.of(new Reply.Shape("web", details("MIN_SIZE", "2"))),
                                Optional.of("0123456789abcdef"))),
                        new Reply.Policy("Current", "", List.of(new Reply.Shape("web", details("MIN_SIZE", "1")))),
                        Optional.of("fedcba9876543210"));
            case Request.StatusPool _ ->
                new Reply.Pools(List.of(
                        new Reply.Pool("Free", Map.of(), List.of("node2")),
                        new Reply.Pool(
                                "web",
                                details("IMPORTANCE", "5", "MIN_SIZE", "1", "SERVER_NAMES", ""),
                                List.of("node1"))));
            case Request.StatusGroup _ ->
                new Reply.Groups(List.of(new Reply.Group(
                        new Reply.Resource(
                                "shop",
                                "cluster_resourcegroup",
                                false,
                                details("CRITICAL_RESOURCES", "db"),
                                List.of(new Instance(
                                        1,
                                        1,
                                        "ONLINE",
                                        "INTERMEDIATE",
                                        Optional.of("node1"),
                                        "",
                                        "STABLE",
                                        Optional.of("node1"),
                                        Optional.of("node1"),
                                        0,
                                        0,
                                        List.of(),
                                        1,
                                        START,
                                        START))),
                        List.of(
                                new Reply.Member("db", "cluster_resource", true, List.of("OFFLINE")),
                                new Reply.Member("log", "cluster_resource", false, List.of("ONLINE on node1"))))));
            case Request.StatusServer _ ->
                new Reply.Servers(List.of(
                        new Reply.Server(
                                "node1",
                                "ONLINE",
                                details("ACTIVE_POOLS", "Generic", "SERVER_LABEL", "front", "STATE_DETAILS", "")),
                        new Reply.Server("node2", "UNSETTLED", details("STATE_DETAILS", "voted out in epoch 12"))));
            case Request.CheckStack check
            when check.allNodes() || !check.nodes().isEmpty() ->
                new Reply.Health(List.of(
                        new Reply.NodeHealth("node1", true, true, true, ""),
                        new Reply.NodeHealth(
                                "node2", false, false, false, "voted out in epoch 12; not yet proved harmless")));
            case Request.CheckStack _ -> new Reply.Health(List.of(new Reply.NodeHealth("node1", true, true, true, "")));
            case Request.QueryVotingDisks _ ->
                new Reply.VotingDisks(List.of(
                        new Reply.VotingDisk(1, "ONLINE", "4a1fd0a80c1c4f9fbf0d6d0f3b1c2d3e", "/dev/hf/disk1", 310, ""),
                        new Reply.VotingDisk(
                                2,
                                "OFFLINE",
                                "5b2fd0a80c1c4f9fbf0d6d0f3b1c2d3e",
                                "/dev/hf/disk2",
                                0,
                                "no answer for 4.2 s"),
                        new Reply.VotingDisk(
                                13, "PENDOFFL", "6c3fd0a80c1c4f9fbf0d6d0f3b1c2d3e", "/dev/hf/disk13", 290, "")));
            case Request.QueryTiming _ ->
                new Reply.CssTiming(
                        "3.0",
                        "4.5",
                        "3",
                        "default",
                        4000,
                        10_000,
                        List.of("S = L + W = 9 s, and 1 s of clock slack", "C1 holds"));
            case Request.QueryFencing _ ->
                new Reply.Fencing(
                        List.of(
                                new Reply.FenceDevice(1, 1, "fence_ipmilan", "", "", "GOOD", START, 212, ""),
                                new Reply.FenceDevice(1, 1, "fence_ipmilan", "node1", "bmc1", "GOOD", START, 98, "on"),
                                new Reply.FenceDevice(
                                        1, 1, "fence_ipmilan", "node2", "bmc2", "BROKEN", START, 5000, "no answer"),
                                new Reply.FenceDevice(2, 2, "fence_apc", "node2", "7", "UNTESTED", 0, 0, "")),
                        records());
            case Request.WhyFenced why ->
                new Reply.Fencing(
                        List.of(),
                        records().stream()
                                .filter(record ->
                                        record.node().equals(why.node().orElse("node1")))
                                .toList());
            case Request.QueryLinks _ ->
                new Reply.Links(List.of(
                        new Reply.Link(1, "node2", "10.1.1.12", "UP", 312, 4, 50),
                        new Reply.Link(2, "node2", "10.1.2.12", "DOWN", 290, 1000, 4200),
                        new Reply.Link(2, "node3", "10.1.2.13", "NEVER", -1, -1, -1)));
            case Request.ChangeVotingDisks change
            when change.add().contains("/dev/sdx") ->
                Reply.Refused.because(
                        "HF-2241",
                        "The voting disks were not changed: there is no /dev/sdx on node1.",
                        "See them, and who uses them:  crsctl query css votedisk");
            case Request.ChangeVotingDisks change ->
                new Reply.Done(List.of("add " + change.add() + " remove " + change.remove() + " rest "
                        + change.removeRest() + " force " + change.force()));
            case Request.FenceNode(String node, String reason, boolean force)
            when node.equals("node1") && !force ->
                Reply.Refused.because(
                        "HF-2232",
                        "Node node1 is the one that this command is given on. Nothing was changed.",
                        "If that is meant:  crsctl fence node1 -f");
            case Request.FenceNode fence ->
                new Reply.Done(List.of("Node " + fence.node() + " was voted out in epoch 13."));
            case Request.SetCritical set ->
                new Reply.Done(List.of("CSS_CRITICAL is now " + (set.critical() ? "yes" : "no")));
            case Request.GetCritical _ -> new Reply.Done(List.of("CSS_CRITICAL is no"));
            case Request.SetCss set ->
                new Reply.Done(List.of("set " + set.name() + " " + set.seconds().orElse("to what the profile has")));
            case Request.ListNodes _ ->
                new Reply.Nodes(
                        "demo",
                        List.of(
                                new Reply.Node(1, "node1", true, List.of("10.1.1.11", "10.1.2.11"), 5),
                                new Reply.Node(2, "node2", false, List.of("10.1.1.12"), 0)));
            case Request.CreateAppVip vip
            when vip.network() == 7 ->
                Reply.Refused.because(
                        "CRS-2613",
                        "Could not find resource 'ora.net7.network'.",
                        "See the networks:  crsctl status resource -w \"NAME en .network\"");
            case Request.CreateAppVip _, Request.DeleteAppVip _ -> Reply.Done.silently();
            case Request.OfRegistry(RegistryRequest of) -> registry(of);
            case Request.Why why
            when why.atMillis().isPresent() ->
                new Reply.Explanation(
                        why.resource(),
                        List.of("it is ONLINE on node1 and keeps its place while it is well [ACTIVE_PLACEMENT=0]"),
                        List.of(),
                        List.of(new Reply.Decided(START, "start on node1: its TARGET is ONLINE")),
                        START + 1000,
                        "node2");
            case Request.Why why ->
                new Reply.Explanation(
                        why.resource(),
                        List.of(
                                "it was started on node1, and nothing has asked for it elsewhere since",
                                "its placement is favored and node1 stands first in HOSTING_MEMBERS, which is why it was started there rather than on node2"),
                        List.of("crsctl relocate resource web -n node2"));
            case Request.ConfirmFenced confirm
            when !confirm.force() ->
                Reply.Refused.because("HF-2230", "Nothing was confirmed.", "crsctl confirm fenced node2 -f");
            case Request.ConfirmFenced _ ->
                new Reply.Done(List.of("node2 counts as fenced (F5, by " + (caller.isRoot() ? "root" : "you") + ")."));
            case Request.GetPermission get ->
                get.name().equals("web")
                        ? new Reply.Permission(
                                "web",
                                "owner:oracle:rwx,pgrp:dba:r-x,other::r--",
                                get.user().or(get::group).map(_ -> "r-x"))
                        : Reply.Refused.because("CRS-2613", "Could not find resource '" + get.name() + "'.");
            case Request.SetPermission set
            when set.value().startsWith("usr:") ->
                Reply.Refused.because("HF-2251", "The access list was not understood: 'usr:x' is no entry.");
            case Request.SetPermission _ -> Reply.Done.silently();
            case Request.ReadLog read -> log(read);
            case Request.QueryFacts query ->
                new Reply.Facts(List.of(new Reply.NodeFacts(
                        query.nodes().isEmpty() ? "node1" : query.nodes().getFirst(),
                        new java.util.TreeMap<>(Map.of(
                                "HOSTNAME", "host1", "RELEASE", "0.1.0", "CLUSTER", "demo", "CLUSTER_ID", "4711")))));
            case Request.Export _ ->
                new Reply.Configuration(
                        "demo",
                        "0123456789abcdef",
                        List.of(new Reply.Configured(
                                Kind.RESOURCE,
                                "web",
                                "cluster_resource",
                                Map.of("ACTION_SCRIPT", "/shared/web.scr", "DESCRIPTION", "the web: it's ours"))));
            case Request.Compare(Request.Apply apply) ->
                new Reply.Difference(
                        apply.items().isEmpty()
                                ? List.of()
                                : List.of(new Reply.Differing(
                                        "modify",
                                        Kind.RESOURCE,
                                        "web",
                                        "cluster_resource",
                                        List.of(
                                                new Reply.DifferingAttribute(
                                                        "CHECK_INTERVAL", Optional.of("30"), Optional.of("5")),
                                                new Reply.DifferingAttribute(
                                                        "LOAD", Optional.empty(), Optional.of("2"))))),
                        List.of(),
                        List.of());
            case Request.Apply apply
            when apply.revision().filter("0123456789abcdef"::equals).isEmpty() ->
                Reply.Refused.because("HF-3170", "The configuration was changed since.");
            case Request.Apply _ -> new Reply.Done(List.of("modified resource web"));
            case Request.StopNodes stop -> {
                for (String node : stop.allNodes() ? List.of("node2", "node1") : stop.nodes()) {
                    progress.accept("CRS-2793: Shutdown of Holdfast-managed resources on '" + node + "' has completed");
                }
                yield Reply.Done.silently();
            }
            case Request.StopCrs _ -> {
                progress.accept("CRS-2673: Attempting to stop 'web' on 'node1'");
                progress.accept("CRS-2677: Stop of 'web' on 'node1' succeeded");
                yield new Reply.Done(List.of(
                        "CRS-2793: Shutdown of Cluster Ready Services-managed resources on 'node1' has completed"));
            }
        };
    }

    private static Reply.Answer log(Request.ReadLog read) {
        if (read.log().equals("calog")) {
            return new Reply.Log(
                    List.of(
                            entry("15:00:00.100", "act-begun", "root asked: startResource web", Map.of("act", "1")),
                            entry(
                                    "15:00:01.500",
                                    "act-ended",
                                    "root asked: startResource web: done",
                                    Map.of("act", "1")),
                            entry(
                                    "15:00:02",
                                    "act-begun",
                                    "eve asked: stopResource web",
                                    Map.of("act", "2", "user", "eve"))),
                    List.of("node2"));
        }
        return new Reply.Log(
                List.of(
                        entry("15:00:00", "suspect", "node1 is suspect in epoch 1: silent", Map.of("daemon", "cssd")),
                        entry(
                                "15:00:00.261",
                                "view-committed",
                                "epoch 2",
                                Map.of("epoch", "2", "members", "[node2]", "reason", "voted out: node1 #1")),
                        entry("15:00:00.368", "settled", "settled", Map.of("victim", "node1", "proof", "FENCED")),
                        entry(
                                "15:00:00.400",
                                "plan",
                                "start web",
                                Map.of("actions", "start:web", "reasons", "its node was lost")),
                        entry(
                                "15:00:00.700",
                                "state",
                                "'web' is ONLINE",
                                Map.of("resource", "web", "state", "ONLINE", "daemon", "crsd"))),
                List.of());
    }

    private static Reply.Entry entry(String time, String event, String text, Map<String, String> details) {
        return new Reply.Entry("2026-11-22T" + time + "Z", "node2", event, text, new java.util.TreeMap<>(details));
    }

    private static List<Reply.FenceRecord> records() {
        return List.of(
                new Reply.FenceRecord(
                        "node2",
                        5,
                        8,
                        START,
                        "node1",
                        false,
                        "voted out: n2 #5: silent on all private networks for more than 3.0 s",
                        true,
                        "F1 FENCED",
                        "off, verified after 0.4 s",
                        List.of(
                                new Reply.FenceStep(START, "node1", "REQUESTED", ""),
                                new Reply.FenceStep(START + 1000, "node1", "F1 FENCED", "off, verified after 0.4 s"))),
                new Reply.FenceRecord("node2", 6, 12, 0, "", false, "", false, "", "", List.of()),
                new Reply.FenceRecord(
                        "node3", 2, 13, START, "node1", true, "it stopped", true, "F2 STOPPED", "", List.of()));
    }

    private static Map<String, String> details(String... namesAndValues) {
        var details = new LinkedHashMap<String, String>();
        for (int at = 0; at < namesAndValues.length; at += 2) {
            details.put(namesAndValues[at], namesAndValues[at + 1]);
        }
        return details;
    }

    private static List<String> names(Selection selection) {
        return switch (selection) {
            case Selection.Named(List<String> names) -> names;
            case Selection.Groups(List<String> names) -> names;
            case Selection.All _, Selection.Matching _ -> List.of("web", "webvip");
        };
    }

    private static Reply.Answer forEach(
            Selection selection, Consumer<String> progress, String verb, String begin, String end, String noun) {
        for (String name : names(selection)) {
            if (name.equals("nosuch")) {
                return Reply.Refused.because(
                        "CRS-2613", "Could not find resource 'nosuch'.", "All resources:  crsctl status resource");
            }
            progress.accept("CRS-" + begin + ": Attempting to " + verb + " '" + name + "' on 'node1'");
            progress.accept("CRS-" + end + ": " + noun + " of '" + name + "' on 'node1' succeeded");
        }
        return Reply.Done.silently();
    }

    private static Reply.Answer status(Request.StatusResource status) {
        var resources = new ArrayList<Resource>();
        for (Resource resource : all()) {
            boolean wanted = switch (status.resources()) {
                case Selection.All _ -> true;
                case Selection.Named(List<String> names) -> names.contains(resource.name());
                case Selection.Groups(List<String> names) -> names.contains(resource.name());
                case Selection.Matching(var filter) ->
                    filter.matches(attribute -> attribute.equals("TYPE") ? List.of(resource.type()) : List.of());
            };
            if (wanted) {
                resources.add(new Resource(
                        resource.name(),
                        resource.type(),
                        resource.local(),
                        status.definitions() ? resource.attributes() : Map.of(),
                        resource.instances()));
            }
        }
        if (names(status.resources()).contains("nosuch")) {
            return Reply.Refused.because(
                    "CRS-2613", "Could not find resource 'nosuch'.", "All resources:  crsctl status resource");
        }
        return new Reply.Resources(12, resources);
    }

    private static List<Resource> all() {
        return List.of(
                new Resource(
                        "broken",
                        "cluster_resource",
                        false,
                        Map.of(),
                        List.of(instance(
                                1,
                                "ONLINE",
                                "UNKNOWN",
                                "node2",
                                "clean failed, exit status 7: the file system is read-only"))),
                new Resource(
                        "db",
                        "cluster_resource",
                        false,
                        Map.of(),
                        List.of(
                                instance(1, "ONLINE", "ONLINE", "node1", "Open"),
                                instance(2, "ONLINE", "OFFLINE", "", ""),
                                instance(3, "OFFLINE", "OFFLINE", "", ""))),
                new Resource(
                        "ora.net1.network",
                        "ora.network.type",
                        true,
                        Map.of(),
                        List.of(
                                instance(1, "ONLINE", "ONLINE", "node1", ""),
                                instance(1, "ONLINE", "OFFLINE", "node2", "no carrier"))),
                new Resource(
                        "web",
                        "cluster_resource",
                        false,
                        details("PLACEMENT", "favored", "ACTION_SCRIPT", "/shared/web.scr", "CHECK_INTERVAL", "30"),
                        List.of(instance(1, "ONLINE", "ONLINE", "node1", ""))),
                new Resource(
                        "webvip",
                        "app.appvip_net1.type",
                        false,
                        Map.of(),
                        List.of(instance(
                                1, "ONLINE", "INTERMEDIATE", "node-with-a-rather-long-name", "CHECK TIMED OUT"))));
    }

    private static Instance instance(int cardinalityId, String target, String state, String server, String details) {
        Optional<String> where = server.isEmpty() ? Optional.empty() : Optional.of(server);
        boolean online = state.equals("ONLINE");
        return new Instance(
                cardinalityId,
                1,
                target,
                state,
                where,
                details,
                "STABLE",
                where,
                where,
                online ? 1 : 0,
                online ? 2 : 0,
                online ? List.of(START, START + 61_000) : List.of(),
                3,
                online ? START : 0,
                START);
    }

    private static Reply.Answer registry(RegistryRequest request) {
        return switch (request) {
            case RegistryRequest.Check _, RegistryRequest.Locations _ ->
                new Reply.OfRegistry(new RegistryReply.Check(
                        2,
                        16 << 20,
                        5_000,
                        42,
                        "6f1a3c1e-7c0e-4a43-9d1e-2f6f0c9e7d10",
                        "",
                        List.of(
                                new RegistryReply.Location(
                                        "/dev/a",
                                        "ONLINE",
                                        "11111111-2222-3333-4444-555555555555",
                                        true,
                                        8192,
                                        8192,
                                        true,
                                        "",
                                        ""),
                                new RegistryReply.Location(
                                        "/dev/b",
                                        "ONLINE",
                                        "22222222-2222-3333-4444-555555555555",
                                        true,
                                        8192,
                                        8192,
                                        true,
                                        "a scrub found other bytes than were written, at byte 4096 of segment 3",
                                        ""),
                                new RegistryReply.Location(
                                        "/dev/c",
                                        "FAILED",
                                        "",
                                        false,
                                        0,
                                        8192,
                                        true,
                                        "Input/output error",
                                        "Input/output error")),
                        true,
                        List.of()));
            case RegistryRequest.Read read ->
                new Reply.OfRegistry(new RegistryReply.Part(
                        42,
                        new TreeMap<>(
                                read.after().isEmpty()
                                        ? Map.of("resource/web", "{\"type\":\"cluster_resource\"}")
                                        : Map.of("wanted/web", "{\"deleting\":false}")),
                        read.after().isEmpty()));
            case RegistryRequest.BackUp _ ->
                new Reply.OfRegistry(new RegistryReply.Backups(
                        List.of(new RegistryReply.Backup(
                                "node1", START, "/b/backup_20261122_150000.ocr", false, 42, "")),
                        "/b",
                        240,
                        3,
                        List.of("node2: it did not answer")));
            case RegistryRequest.ListBackups _ ->
                new Reply.OfRegistry(new RegistryReply.Backups(
                        List.of(
                                new RegistryReply.Backup("node1", START, "/b/backup00.ocr", true, 42, ""),
                                new RegistryReply.Backup(
                                        "node2", START - 60_000, "/b/day.ocr", true, 41, "its checksum does not fit")),
                        "/b",
                        240,
                        3,
                        List.of()));
            case RegistryRequest.SetBackups _, RegistryRequest.ChangeLocations _ -> new Reply.Done(List.of("done"));
            case RegistryRequest.Restore _ ->
                Reply.Refused.because(
                        "HF-2308", "The registry was not restored: resources run, or may: web. Nothing was changed.");
        };
    }
}
