package dev.holdfast.crsctl;

import dev.holdfast.control.ControlServer;
import dev.holdfast.control.Hello;
import dev.holdfast.control.Reply;
import dev.holdfast.control.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs the tools once through all they usually do, against answers made up here, so that the virtual machine can note what they load
 * and link. {@code bin/.holdfast-java --build-cache} runs it when the start-up cache is made. It touches no cluster.
 */
public final class Rehearsal {
    private static final List<List<String>> CRSCTL = List.of(
            List.of("-h"),
            List.of("strat", "resource", "web"),
            List.of("start", "resource", "web", "-n", "node1", "-f"),
            List.of("stop", "resource", "-all"),
            List.of("relocate", "resource", "web", "-n", "node2"),
            List.of(
                    "add",
                    "resource",
                    "web",
                    "-type",
                    "cluster_resource",
                    "-attr",
                    "A=1,B='x y',C=hard(a,b) pullup(a)"),
            List.of("modify", "resource", "web", "-attr", "CHECK_INTERVAL@SERVERNAME(node1)=30"),
            List.of("delete", "resource", "web"),
            List.of("status", "resource"),
            List.of("status", "resource", "-t"),
            List.of("status", "resource", "-v"),
            List.of("status", "resource", "-p"),
            List.of("status", "resource", "-w", "(TYPE = cluster_resource) AND (STATE = ONLINE)", "-o", "json"),
            List.of("status", "server"),
            List.of("check", "crs"),
            List.of("check", "cluster", "-all"),
            List.of("query", "css", "votedisk"),
            List.of("get", "css", "misscount"),
            List.of("eval", "start", "resource", "web"),
            List.of("why", "web"));

    private Rehearsal() {}

    @SuppressWarnings("try") // The server is only held open while the tools run.
    public static void main(String[] args) throws IOException {
        Path directory = Files.createTempDirectory("holdfast-rehearsal");
        var surroundings = new Surroundings(
                directory,
                directory,
                "root",
                ZoneId::systemDefault,
                Surroundings.ofThisProcess().out(),
                Surroundings.ofThisProcess().out());
        try (var server =
                ControlServer.open(surroundings.crsSocket(), Hello.from("node1"), (caller, request, progress) -> {
                    progress.accept("CRS-2672: Attempting to start 'web' on 'node1'");
                    return answer(request);
                })) {
            for (List<String> line : CRSCTL) {
                Crsctl.run(surroundings, line.toArray(String[]::new));
            }
            AppVipCfg.run(surroundings, "create", "-network=1", "-ip=192.0.2.10", "-vipname=webvip", "-user=root");
            AppVipCfg.run(surroundings, "delete", "-vipname=webvip");
            OlsNodes.run(surroundings, "-n", "-s");
        } finally {
            Files.deleteIfExists(surroundings.crsSocket());
            Crsctl.run(surroundings, "check", "crs"); // Nobody there: that path should be fast, too.
            Files.delete(directory);
        }
    }

    private static Reply.Answer answer(Request request) {
        return switch (request) {
            case Request.StopResource _ ->
                Reply.Refused.because(
                        "CRS-2529", "Unable to act on 'web' because that would require stopping 'other'", "Use -f.");
            case Request.Change _,
                    Request.CheckResource _,
                    Request.CreateAppVip _,
                    Request.DeleteAppVip _,
                    Request.ConfirmFenced _,
                    Request.FenceNode _,
                    Request.SetCss _,
                    Request.ChangeVotingDisks _,
                    Request.SetCritical _,
                    Request.GetCritical _,
                    Request.Apply _,
                    Request.StopNodes _,
                    Request.StopCrs _ -> Reply.Done.silently();
            case Request.GetPermission get -> new Reply.Permission(get.name(), "owner:root:rwx", Optional.empty());
            case Request.RequestAction _, Request.RunActions _ -> new Reply.Acted(List.of());
            case Request.ReadLog _ -> new Reply.Log(List.of(), List.of());
            case Request.QueryFacts _ -> new Reply.Facts(List.of(new Reply.NodeFacts("node1", Map.of("RELEASE", "1"))));
            case Request.Export _ -> new Reply.Configuration("demo", "0", List.of());
            case Request.Compare _ -> new Reply.Difference(List.of(), List.of(), List.of());
            case Request.StatusResource _ ->
                new Reply.Resources(1, List.of(resource("net1", true), resource("web", false)));
            case Request.StatusType _ ->
                new Reply.Types(List.of(new Reply.Type(
                        "resource",
                        Optional.empty(),
                        List.of(new Reply.TypeAttribute("A", "int", "1", List.of("CONFIG"))))));
            case Request.StatusServer _ ->
                new Reply.Servers(List.of(new Reply.Server("node1", "ONLINE", Map.of("A", "1"))));
            case Request.StatusCategory _ -> new Reply.Categories(List.of());
            case Request.StatusPolicySet _ ->
                new Reply.PolicySet(Map.of(), List.of(), new Reply.Policy("Current", "", List.of()), Optional.empty());
            case Request.StatusPool _ -> new Reply.Pools(List.of());
            case Request.StatusGroup _ -> new Reply.Groups(List.of());
            case Request.CheckStack _ -> new Reply.Health(List.of(new Reply.NodeHealth("node1", true, true, true, "")));
            case Request.QueryVotingDisks _ ->
                new Reply.VotingDisks(List.of(new Reply.VotingDisk(1, "ONLINE", "0".repeat(32), "/dev/sdb", 100, "")));
            case Request.QueryTiming _ ->
                new Reply.CssTiming("3.0", "4.0", "3.0", "default", 4000, 10_000, List.of("S = L + W"));
            case Request.QueryFencing _, Request.WhyFenced _ -> new Reply.Fencing(List.of(), List.of());
            case Request.QueryLinks _ -> new Reply.Links(List.of());
            case Request.ListNodes _ ->
                new Reply.Nodes("demo", List.of(new Reply.Node(1, "node1", true, List.of("192.0.2.1"), 1)));
            case Request.Lint _ -> new Reply.Findings(List.of());
            case Request.Evaluate _, Request.Suppose _ ->
                new Reply.Plan(
                        List.of(),
                        List.of(new Reply.Step(
                                "1", "START", "web", 1, 1, "node1", List.of(), true, "it was asked for")));
            case Request.OfRegistry _ -> Reply.Done.silently();
            case Request.Why _, Request.Recollect _ ->
                new Reply.Explanation("web", List.of("it was asked for"), List.of("crsctl stop resource web"));
        };
    }

    private static Reply.Resource resource(String name, boolean local) {
        var instance = new Reply.Instance(
                1,
                1,
                "ONLINE",
                "ONLINE",
                Optional.of("node1"),
                "",
                "STABLE",
                Optional.of("node1"),
                Optional.of("node1"),
                0,
                0,
                List.of(1L),
                1,
                1,
                1);
        return new Reply.Resource(name, "cluster_resource", local, Map.of("CHECK_INTERVAL", "60"), List.of(instance));
    }
}
