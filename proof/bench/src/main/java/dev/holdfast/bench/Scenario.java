package dev.holdfast.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is done to a lab of two nodes, and what must come of it while it lasts. Afterwards everything is mended, and the same must hold for
 * all: both nodes in one view, every resource online once.
 *
 * <p>A step is a command of the lab ({@code cut VICTIM disk1}), or something to wait for: {@code hold 5 s}; {@code hold 2 misscount} or
 * {@code lease} for a fault of which nothing may come, as long as something would have; {@code await VICTIM crsd-started} for an event.
 * VICTIM is the node that runs HAProxy, OTHER the other one.
 *
 * @param name as on the command line
 * @param text for people
 * @param renewalsEnd whether the victim's last renewal of its lease is before the first step, so that a takeover by timer counts from there
 */
public record Scenario(
        String name, String text, List<String> steps, Ending ending, Eviction eviction, boolean renewalsEnd) {

    /** What is awaited before it is mended. */
    public enum Ending {
        /** Both nodes are in one view, everything is online, the client is served. */
        WHOLE,
        /** One node was voted out and proved harmless, everything is online, the client is served. */
        ONE_LEFT,
        /** Everything is online and the client is served, by however many nodes. */
        SERVED,
        /** Nothing: it can't be served. */
        NOTHING
    }

    /** Whether a node may be voted out. */
    public enum Eviction {
        NEVER,
        MAY_BE,
        MUST
    }

    public Scenario {
        steps = List.copyOf(steps);
    }

    /** A fault that nobody may notice but the one who looks at the event log. */
    private static Scenario borne(String name, String text, String... steps) {
        return new Scenario(name, text, List.of(steps), Ending.WHOLE, Eviction.NEVER, false);
    }

    /** A fault that ends the victim's membership, and with it the renewals of its lease. */
    private static Scenario deadly(String name, String text, String... steps) {
        return new Scenario(name, text, List.of(steps), Ending.ONE_LEFT, Eviction.MUST, true);
    }

    /** A fault after which the nodes have to choose. */
    private static Scenario dividing(String name, String text, String... steps) {
        return new Scenario(name, text, List.of(steps), Ending.ONE_LEFT, Eviction.MUST, false);
    }

    /** A fault that ends by itself; a node may have been voted out meanwhile, according to the settings. */
    private static Scenario passing(String name, String text, String... steps) {
        return new Scenario(name, text, List.of(steps), Ending.SERVED, Eviction.MAY_BE, false);
    }

    /** Faults of one kind. */
    static List<Scenario> single() {
        return List.of(
                borne("kill-cssd", "kill -9 of cssd", "kill VICTIM cssd", "hold 2 misscount"),
                borne("kill-crsd", "kill -9 of crsd", "kill VICTIM crsd", "await VICTIM crsd-started"),
                passing("kill-both", "kill -9 of cssd and crsd", "kill VICTIM both", "hold 2 misscount"),
                passing("freeze-1", "freeze for 1 s", "freeze VICTIM", "hold 1 s", "thaw VICTIM"),
                passing("freeze-5", "freeze for 5 s", "freeze VICTIM", "hold 5 s", "thaw VICTIM"),
                new Scenario(
                        "freeze-60",
                        "freeze for 60 s",
                        List.of("freeze VICTIM", "hold 60 s", "thaw VICTIM"),
                        Ending.SERVED,
                        Eviction.MUST,
                        true),
                borne("link1", "private link 1 cut", "cut VICTIM private1", "hold 2 misscount"),
                borne("link2", "private link 2 cut", "cut VICTIM private2", "hold 2 misscount"),
                dividing("links", "both private links cut", "cut VICTIM private"),
                borne("public", "public link cut", "cut VICTIM public", "hold 2 misscount"),
                borne(
                        "inbound-1",
                        "private link 1 loses what is sent to the node",
                        "cut VICTIM private1 --inbound",
                        "hold 2 misscount"),
                dividing("inbound", "both private links lose what is sent to the node", "cut VICTIM private --inbound"),
                dividing("outbound", "both private links lose what the node sends", "cut VICTIM private --outbound"),
                borne("disk1-cut", "disk 1 cut", "cut VICTIM disk1", "hold 2 lease"),
                borne("disk2-cut", "disk 2 cut", "cut VICTIM disk2", "hold 2 lease"),
                borne("disk3-cut", "disk 3 cut", "cut VICTIM disk3", "hold 2 lease"),
                deadly("disks-cut-2", "two of three disks cut", "cut VICTIM disk1 disk2"),
                deadly("disks-cut", "all disks cut on one node", "cut VICTIM storage"),
                borne("storage-cut", "all disks cut on all nodes, for 3 leases", "cut all storage", "hold 3 lease"),
                borne("disk1-hang", "disk 1 hung", "hang VICTIM disk1", "hold 2 lease"),
                borne("disk2-hang", "disk 2 hung", "hang VICTIM disk2", "hold 2 lease"),
                borne("disk3-hang", "disk 3 hung", "hang VICTIM disk3", "hold 2 lease"),
                deadly("disks-hang-2", "two of three disks hung", "hang VICTIM disk1 disk2"),
                deadly("disks-hang", "all disks hung on one node", "hang VICTIM storage"),
                borne("storage-hang", "all disks hung on all nodes, for 3 leases", "hang all storage", "hold 3 lease"),
                deadly("power-off", "power off", "power-off VICTIM"));
    }

    /** Faults that meet. */
    static List<Scenario> pairs() {
        return List.of(
                borne(
                        "link1+disk1-hang",
                        "private link 1 cut, disk 1 hung",
                        "cut VICTIM private1",
                        "hang VICTIM disk1",
                        "hold 2 lease"),
                deadly(
                        "disk1-hang+power-off",
                        "disk 1 hung on all nodes, then power off",
                        "hang all disk1",
                        "power-off VICTIM"),
                dividing(
                        "links+kill-crsd",
                        "both private links cut, crsd killed",
                        "cut VICTIM private",
                        "kill VICTIM crsd"),
                passing(
                        "link1+freeze-5",
                        "private link 1 cut, freeze for 5 s",
                        "cut VICTIM private1",
                        "freeze VICTIM",
                        "hold 5 s",
                        "thaw VICTIM"),
                borne(
                        "storage-cut+kill-crsd",
                        "all disks cut on all nodes, crsd killed",
                        "cut all storage",
                        "kill VICTIM crsd",
                        "await VICTIM crsd-started",
                        "hold 2 lease"),
                new Scenario(
                        "storage-hang+links",
                        "all disks hung on all nodes, both private links cut",
                        List.of("hang all storage", "cut VICTIM private", "hold 3 lease"),
                        Ending.NOTHING,
                        Eviction.MAY_BE,
                        false),
                passing(
                        "disk1-hang+kill-cssd",
                        "disk 1 hung, cssd killed",
                        "hang VICTIM disk1",
                        "kill VICTIM cssd",
                        "hold 2 lease"),
                dividing(
                        "inbound+disk1-cut",
                        "both private links lose what is sent to the node, disk 1 cut",
                        "cut VICTIM private --inbound",
                        "cut VICTIM disk1"),
                borne(
                        "public+link1",
                        "public link and private link 1 cut",
                        "cut VICTIM public private1",
                        "hold 2 misscount"));
    }

    public static List<Scenario> all() {
        return Stream.concat(single().stream(), pairs().stream()).toList();
    }

    /**
     * Every two faults at once, on one node and on both: what comes of it while they last is up to the pair, but nothing may run twice, and
     * all must be back after the mending.
     */
    static List<Scenario> meetings() {
        // In this order on one node: what is off or frozen can't be struck any more.
        Map<String, String> faults = new LinkedHashMap<>();
        faults.put("link1-cut", "cut NODE private1");
        faults.put("links-cut", "cut NODE private");
        faults.put("inbound", "cut NODE private --inbound");
        faults.put("public-cut", "cut NODE public");
        faults.put("disk1-cut", "cut NODE disk1");
        faults.put("disk1-hang", "hang NODE disk1");
        faults.put("disks-slow", "slow NODE storage");
        faults.put("disks-cut", "cut NODE storage");
        faults.put("disks-hang", "hang NODE storage");
        faults.put("crsd-killed", "kill NODE crsd");
        faults.put("cssd-killed", "kill NODE cssd");
        faults.put("frozen", "freeze NODE");
        faults.put("off", "power-off NODE");
        List<String> names = List.copyOf(faults.keySet());
        List<Scenario> meetings = new ArrayList<>();
        for (String first : names) {
            for (String second : names) {
                if (names.indexOf(first) < names.indexOf(second)) {
                    meetings.add(meeting(first, second, faults, "VICTIM"));
                }
                meetings.add(meeting(first, second, faults, "OTHER"));
            }
        }
        return List.copyOf(meetings);
    }

    private static Scenario meeting(String first, String second, Map<String, String> faults, String where) {
        return new Scenario(
                first + (where.equals("VICTIM") ? "+" : "/") + second,
                first + " and " + second + (where.equals("VICTIM") ? " on one node" : " on the other node"),
                List.of(
                        Objects.requireNonNull(faults.get(first)).replace("NODE", "VICTIM"),
                        Objects.requireNonNull(faults.get(second)).replace("NODE", where),
                        "hold 2 lease"),
                Ending.NOTHING,
                Eviction.MAY_BE,
                false);
    }

    public static Optional<Scenario> of(String name) {
        return Stream.concat(all().stream(), meetings().stream())
                .filter(scenario -> scenario.name().equals(name))
                .findFirst();
    }
}
