package dev.holdfast.control;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** One message of every kind and shape. */
final class Examples {
    private Examples() {}

    private static final String AWKWARD = "ü \u0001 \" \\ \n \t 😀 \u2028 'x'";

    static List<Request> requests() {
        var attributes = new LinkedHashMap<String, String>();
        attributes.put("ZULU", AWKWARD);
        attributes.put("CHECK_INTERVAL@SERVERNAME(node1)", "45");
        attributes.put("ALPHA", "");
        Selection named = Selection.named("web", "db");
        Selection matching = new Selection.Matching(Filter.parse("(TYPE = 'x y') AND NAME st ora."));
        return List.of(
                new Request.AddResource("web", "cluster_resource", attributes, true, false),
                new Request.AddResource(AWKWARD, "", Map.of(), false, true),
                new Request.ModifyResource("web", attributes, List.of("A@SERVERNAME(n)"), false, true),
                new Request.DeleteResource(named, true, false),
                new Request.StartResource(named, Optional.of("node1"), attributes, true, true),
                new Request.StartResource(new Selection.All(), Optional.empty(), Map.of(), false, false),
                new Request.StopResource(matching, Optional.of("node1"), Map.of(), true, false),
                new Request.StartResource(
                        named, Optional.empty(), List.of("web", "Free"), Optional.of(2), Map.of(), false, true, true),
                new Request.StopResource(
                        named, Optional.empty(), List.of("web"), Optional.of(64), Map.of(), false, false, true),
                new Request.RelocateResource(
                        named, Optional.empty(), Optional.of("b"), Optional.of(1), Map.of(), false, false),
                new Request.RelocateResource(named, Optional.of("a"), Optional.of("b"), attributes, true, false),
                new Request.RelocateResource(named, Optional.empty(), Optional.empty(), Map.of(), false, false),
                new Request.Evaluate(new Request.StopResource(named, Optional.empty(), Map.of(), true, false)),
                new Request.CheckResource(named, Optional.of("node2")),
                new Request.RequestAction(List.of("reload", "dump"), matching, Optional.of("node1"), attributes),
                new Request.RunActions("web", List.of("reload"), Map.of("A", AWKWARD)),
                new Request.StatusResource(new Selection.All(), true),
                new Request.StatusType(List.of("resource")),
                new Request.StatusServer(List.of()),
                new Request.CheckStack(true, List.of()),
                new Request.CheckStack(false, List.of("node1", "node2")),
                new Request.QueryVotingDisks(),
                new Request.ChangeVotingDisks(List.of("/dev/sde"), List.of("/dev/sdb"), false, true),
                new Request.QueryTiming(),
                new Request.QueryFencing(),
                new Request.ListNodes(),
                new Request.CreateAppVip(1, "192.0.2.10", "vip", "root", Optional.of("staff"), true),
                new Request.CreateAppVip(2, "192.0.2.11", "vip", "root", Optional.empty(), false),
                new Request.DeleteAppVip("vip", true),
                new Request.Why("web"),
                new Request.Why("web", Optional.of("node2"), Optional.of(1_795_900_000_000L)),
                new Request.Recollect("web", Optional.empty(), 1_795_900_000_000L),
                new Request.DrainNode("node2", true),
                new Request.UndrainNode("node2"),
                new Request.UseNode(Optional.empty(), false),
                new Request.FreezeResource(Selection.named("web"), true),
                new Request.FreezeCluster(false),
                new Request.Suppose("failure", "web", Optional.of("node1")),
                new Request.Lint(),
                new Request.Evaluate(new Request.DrainNode("node2", false)),
                new Request.IfVersion("0123456789abcdef", new Request.DeleteResource(named, false, true)),
                new Request.IfVersion("0123456789abcdef", new Request.DeletePool(List.of("web"), true)),
                new Request.IfVersion("0123456789abcdef", new Request.ModifyType("web.type", List.of(), true)),
                new Request.IfVersion("0123456789abcdef", new Request.DeleteCategory(List.of("big"))),
                new Request.IfVersion("0123456789abcdef", new Request.ModifyPolicy("day", attributes)),
                new Request.IfVersion(
                        "0123456789abcdef", new Request.ModifyPolicySet(attributes, Optional.empty(), true, false)),
                new Request.IfVersion(
                        "0123456789abcdef",
                        new Request.SetPermission(Kind.TYPE, "web.type", Request.PermissionChange.GROUP, "web")),
                new Request.ConfirmFenced("node2", true),
                new Request.FenceNode("node2", AWKWARD, false),
                new Request.WhyFenced(Optional.empty()),
                new Request.WhyFenced(Optional.of("node2")),
                new Request.SetCss("misscount", Optional.of("0.5")),
                new Request.SetCss("lease", Optional.empty()),
                new Request.SetCritical(true),
                new Request.GetCritical(),
                new Request.QueryLinks(),
                new Request.GetPermission(Kind.RESOURCE, "web", Optional.of("oracle"), Optional.empty()),
                new Request.SetPermission(Kind.POOL, "web", Request.PermissionChange.UPDATE, "user:oracle:r-x"),
                new Request.ReadLog("events", List.of("node1"), 1, Long.MAX_VALUE >> 12, 100),
                new Request.QueryFacts(true, List.of()),
                new Request.Export(),
                new Request.Compare(new Request.Apply(List.of(Kind.TYPE), List.of(), Optional.empty(), true, false)),
                new Request.Apply(
                        List.of(Kind.RESOURCE, Kind.POOL),
                        List.of(new Reply.Configured(Kind.RESOURCE, "web", "cluster_resource", attributes)),
                        Optional.of("0123456789abcdef"),
                        false,
                        true),
                new Request.StopNodes(false, List.of("node2"), true),
                new Request.AddType(
                        "web.type",
                        "cluster_resource",
                        List.of(
                                new Request.TypeAttribute(
                                        "A", Optional.of("int"), Optional.of(AWKWARD), Optional.of("CONFIG|REQUIRED")),
                                new Request.TypeAttribute("B", Optional.empty(), Optional.empty(), Optional.empty()))),
                new Request.ModifyType("web.type", List.of(), true),
                new Request.DeleteType(List.of("a.type", "b.type")),
                new Request.AddPool("web", attributes, true),
                new Request.ModifyPool("web", Map.of(), List.of("day"), false, false),
                new Request.AddCategory("big", attributes),
                new Request.ModifyCategory("big", attributes, true),
                new Request.DeleteCategory(List.of("big")),
                new Request.StatusCategory(List.of("big"), Optional.empty()),
                new Request.StatusCategory(List.of(), Optional.of("node1")),
                new Request.AddPolicy("day", attributes),
                new Request.ModifyPolicy("day", attributes),
                new Request.DeletePolicy(List.of("day")),
                new Request.ModifyPolicySet(attributes, Optional.empty(), true, false),
                new Request.ModifyPolicySet(
                        Map.of(),
                        Optional.of(
                                List.of(new Reply.Policy("day", AWKWARD, List.of(new Reply.Shape("web", attributes))))),
                        false,
                        true),
                new Request.StatusPolicySet(),
                new Request.DeletePool(List.of("web"), true),
                new Request.RelocateServer(List.of("node1"), "web", true),
                new Request.SetServer(Optional.of("node1"), Map.of("LOCATION", "rack 1", "SERVER_LABEL", ""), true),
                new Request.SetServer(Optional.empty(), Map.of("LOCATION", "ü"), false),
                new Request.StatusPool(List.of()),
                new Request.StatusGroup(List.of("shop")),
                new Request.StartResource(
                        new Selection.Groups(List.of("shop")), Optional.empty(), Map.of(), false, false),
                new Request.OfRegistry(new RegistryRequest.Check()),
                new Request.OfRegistry(new RegistryRequest.Locations()),
                new Request.OfRegistry(new RegistryRequest.Read("resource/web", 42)),
                new Request.OfRegistry(new RegistryRequest.BackUp()),
                new Request.OfRegistry(new RegistryRequest.ListBackups()),
                new Request.OfRegistry(
                        new RegistryRequest.SetBackups(Optional.of("/backup"), Optional.empty(), Optional.of(5))),
                new Request.OfRegistry(new RegistryRequest.Restore("/root/export", true, false)),
                new Request.OfRegistry(
                        new RegistryRequest.ChangeLocations(List.of("/dev/new"), List.of("/dev/old"), true)),
                new Request.StopCrs(true));
    }

    static List<Reply> replies() {
        var instance = new Reply.Instance(
                1,
                2,
                "ONLINE",
                "INTERMEDIATE",
                Optional.of("node1"),
                AWKWARD,
                "STABLE",
                Optional.of("node2"),
                Optional.empty(),
                3,
                4,
                List.of(5L, 1_795_000_000_000L),
                7,
                8,
                9);
        var offline = new Reply.Instance(
                2,
                1,
                "OFFLINE",
                "OFFLINE",
                Optional.empty(),
                "",
                "STABLE",
                Optional.empty(),
                Optional.empty(),
                0,
                0,
                List.of(),
                0,
                0,
                0);
        var attributes = new LinkedHashMap<String, String>();
        attributes.put("Z", AWKWARD);
        attributes.put("A", "");
        return List.of(
                new Reply.Progress(AWKWARD),
                new Reply.Done(List.of("a", "")),
                Reply.Done.silently(),
                Reply.Refused.because("CRS-2613", AWKWARD, "do this", "do that"),
                new Reply.Resources(
                        12,
                        List.of(
                                new Reply.Resource(
                                        "web", "cluster_resource", false, attributes, List.of(instance, offline)),
                                new Reply.Resource("net", "local_resource", true, Map.of(), List.of()))),
                new Reply.Types(List.of(
                        new Reply.Type("resource", Optional.empty(), List.of()),
                        new Reply.Type(
                                "x",
                                Optional.of("resource"),
                                List.of(new Reply.TypeAttribute("A", "int", "", List.of("CONFIG", "HOTMOD")))))),
                new Reply.Servers(List.of(new Reply.Server("node1", "ONLINE", attributes))),
                new Reply.Pools(List.of(
                        new Reply.Pool("web", attributes, List.of("node1")),
                        new Reply.Pool("db", Map.of(), List.of(), Optional.of("0123456789abcdef")))),
                new Reply.Categories(List.of(
                        new Reply.Category("big", attributes, List.of("node1"), Optional.of("0123456789abcdef")),
                        new Reply.Category("ora.hub.category", Map.of(), List.of(), Optional.empty()))),
                new Reply.PolicySet(
                        attributes,
                        List.of(new Reply.Policy(
                                "day",
                                "",
                                List.of(new Reply.Shape("web", attributes)),
                                Optional.of("0123456789abcdef"))),
                        new Reply.Policy("Current", "", List.of()),
                        Optional.of("fedcba9876543210")),
                new Reply.Groups(List.of(new Reply.Group(
                        new Reply.Resource("shop", "cluster_resourcegroup", false, attributes, List.of(offline)),
                        List.of(new Reply.Member("web", "x", true, List.of("ONLINE on node1")))))),
                new Reply.Plan(
                        List.of("m"),
                        List.of(
                                new Reply.Step("1", "STOP", "web", 1, 1, "node1", List.of(), true, ""),
                                new Reply.Step("2", "START", "web", 1, 1, "node2", List.of("1"), false, AWKWARD))),
                new Reply.Health(List.of(new Reply.NodeHealth("node1", true, false, true, "why"))),
                new Reply.VotingDisks(List.of(new Reply.VotingDisk(1, "ONLINE", "0123", "/dev/sdb", 412, ""))),
                new Reply.CssTiming("3.0", "4", "0.5", "default", 4000, 10_000, List.of("C1", "C2")),
                new Reply.Fencing(
                        List.of(new Reply.FenceDevice(1, 2, "fence_ipmilan", "node1", "7", "GOOD", 5, 6, "on")),
                        List.of(new Reply.FenceRecord(
                                "node2",
                                6,
                                12,
                                1,
                                "node1",
                                false,
                                AWKWARD,
                                true,
                                "F1 FENCED",
                                "off",
                                List.of(new Reply.FenceStep(2, "node1", "REQUESTED", ""))))),
                new Reply.Links(List.of(new Reply.Link(1, "node2", "10.1.1.12", "UP", 310, 0, -1))),
                new Reply.Nodes(
                        "demo", List.of(new Reply.Node(1, "node1", true, List.of("192.0.2.1", "192.0.2.2"), 5))),
                new Reply.Findings(List.of(new Reply.Problem("HF-3401", "no pullup", List.of("add it")))),
                new Reply.Explanation(
                        "web", List.of("because"), List.of(), List.of(new Reply.Decided(17, "start")), 18, "node1"),
                new Reply.Permission("web", "owner:root:rwx,other::r--", Optional.of("r--")),
                new Reply.Log(
                        List.of(new Reply.Entry(
                                "2026-01-02T03:04:05.678Z", "node1", "state", AWKWARD, Map.of("a", "b"))),
                        List.of("node2")),
                new Reply.Acted(List.of(
                        new Reply.Act("web", "node1", "reload", "succeeded", 0, List.of(AWKWARD, "")),
                        new Reply.Act("web", "node2", "reload", "timed-out", -1, List.of()))),
                new Reply.Facts(List.of(new Reply.NodeFacts("node1", Map.of("RELEASE", "0.1.0")))),
                new Reply.Configuration(
                        "lab",
                        "0123456789abcdef",
                        List.of(new Reply.Configured(Kind.RESOURCE, "web", "cluster_resource", Map.of("LOAD", "2")))),
                new Reply.Difference(
                        List.of(new Reply.Differing(
                                "modify",
                                Kind.RESOURCE,
                                "web",
                                "cluster_resource",
                                List.of(new Reply.DifferingAttribute("LOAD", Optional.of("1"), Optional.empty())))),
                        List.of("a message"),
                        List.of()),
                new Reply.OfRegistry(new RegistryReply.Check(
                        2,
                        1 << 24,
                        4711,
                        42,
                        "id",
                        "",
                        List.of(new RegistryReply.Location("/dev/a", "ONLINE", "uuid", true, 8192, 8192, true, "", "")),
                        true,
                        List.of("resource/x: nothing"))),
                new Reply.OfRegistry(new RegistryReply.Part(42, new TreeMap<>(Map.of("a", "1")), true)),
                new Reply.OfRegistry(new RegistryReply.Backups(
                        List.of(new RegistryReply.Backup("node1", 1, "/backup/day.ocr", true, 41, "")),
                        "/backup",
                        240,
                        3,
                        List.of("node2"))),
                new Reply.Explanation("web", List.of("because"), List.of()));
    }
}
