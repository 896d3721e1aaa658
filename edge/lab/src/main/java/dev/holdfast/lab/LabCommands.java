package dev.holdfast.lab;

import dev.holdfast.lab.LabSettings.Network;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The commands of {@code holdfast lab} that change or show a running lab. The command line sends them word by word. */
final class LabCommands {
    private static final Duration DEFAULT_DELAY = Duration.ofMillis(200);
    private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);

    private final Lab lab;

    LabCommands(Lab lab) {
        this.lab = lab;
    }

    /**
     * What came of a command.
     *
     * @param exit 0 done, 1 refused or failed, 2 not understood
     */
    record Answer(int exit, String text) {}

    /** The words make no sense; said with exit code 2. */
    private static final class Misunderstood extends Exception {
        private static final long serialVersionUID = 1L;

        Misunderstood(String message) {
            super(message);
        }
    }

    /** The words make sense but can't be done now; said with exit code 1. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }

    Answer run(List<String> words) throws InterruptedException {
        try {
            return new Answer(0, perform(words));
        } catch (Misunderstood e) {
            return new Answer(2, e.getMessage() + "\n");
        } catch (Refused e) {
            return new Answer(1, e.getMessage() + "\n");
        } catch (IOException e) {
            return new Answer(1, "lab " + String.join(" ", words) + " failed: " + e.getMessage() + "\n");
        }
    }

    private String perform(List<String> words) throws Misunderstood, Refused, IOException, InterruptedException {
        String command = words.isEmpty() ? "" : words.getFirst();
        List<String> arguments = words.isEmpty() ? List.of() : words.subList(1, words.size());
        return switch (command) {
            case "status" -> status(arguments);
            case "power-off" -> powerOff(onlyNode(command, arguments));
            case "power-on" -> powerOn(onlyNode(command, arguments));
            case "freeze" -> freeze(onlyNode(command, arguments));
            case "thaw" -> thaw(onlyNode(command, arguments));
            case "kill" -> kill(arguments);
            case "cut", "mend", "hang", "slow" -> fault(command, arguments);
            default -> throw new Misunderstood("there is no command 'lab " + command + "'; see: holdfast lab help");
        };
    }

    private LabNode node(String name) throws Refused {
        return lab.node(name)
                .orElseThrow(() -> new Refused("there is no node '" + name + "' in lab "
                        + lab.settings().name() + "; its nodes are "
                        + String.join(", ", lab.settings().nodeNames()) + ". Nothing was changed."));
    }

    private LabNode onlyNode(String command, List<String> arguments) throws Misunderstood, Refused {
        if (arguments.size() != 1) {
            throw new Misunderstood("lab " + command + " needs the name of one node: holdfast lab " + command + " "
                    + lab.settings().nodeNames().getFirst());
        }
        return node(arguments.getFirst());
    }

    private static String powerOff(LabNode node) throws IOException, InterruptedException {
        node.powerOff();
        return "";
    }

    private static String powerOn(LabNode node) throws IOException, InterruptedException {
        if (node.power() == LabNode.Power.OFF) {
            node.powerOn();
            node.startServices();
        }
        return "";
    }

    private String freeze(LabNode node) throws Refused, IOException, InterruptedException {
        requirePower(node, "frozen");
        node.freeze();
        return "";
    }

    private String thaw(LabNode node) throws Refused, IOException, InterruptedException {
        requirePower(node, "thawed");
        node.thaw();
        return "";
    }

    private void requirePower(LabNode node, String what) throws Refused {
        if (node.power() == LabNode.Power.OFF) {
            throw new Refused(node.name() + " is off and can't be " + what + ". Power it on: holdfast lab --name "
                    + lab.settings().name() + " power-on " + node.name());
        }
    }

    private String kill(List<String> arguments) throws Misunderstood, Refused, IOException {
        List<String> classes = arguments.size() == 2 ? Daemons.classes(arguments.get(1)) : List.of();
        if (classes.isEmpty()) {
            throw new Misunderstood("lab kill needs a node and a daemon: holdfast lab kill "
                    + lab.settings().nodeNames().getFirst() + " cssd|crsd|both");
        }
        for (LabNode node : nodes(arguments.getFirst())) {
            requirePower(node, "reached");
            lab.events().note(node.name(), "kill", arguments.get(1));
            if (!node.kill(classes)) {
                throw new Refused(arguments.get(1) + " does not run on " + node.name() + ". Nothing was killed there.");
            }
        }
        return "";
    }

    private static final String ALL_NODES = "all";

    /** The node of that name, or all of them. */
    private List<LabNode> nodes(String name) throws Refused {
        return name.equals(ALL_NODES) ? lab.nodes() : List.of(node(name));
    }

    /** What a fault is about: cables and paths to disks, of one or of all nodes. */
    private record Place(LabNode node, List<Network> networks, List<DiskPath> disks) {}

    private String fault(String command, List<String> arguments)
            throws Misunderstood, Refused, IOException, InterruptedException {
        boolean networksToo = command.equals("cut") || command.equals("mend");
        List<String> targets = new ArrayList<>(arguments);
        Optional<LinkFault> oneWay = Optional.empty();
        if (command.equals("cut") && !targets.isEmpty()) {
            oneWay = LinkFault.ofOption(targets.getLast());
        }
        boolean takesDelay = command.equals("slow")
                && targets.size() > 2
                && !targets.getLast().equals("storage")
                && !lab.settings().disks().contains(targets.getLast());
        Duration delay = takesDelay ? delay(targets.getLast()) : DEFAULT_DELAY;
        if (oneWay.isPresent() || takesDelay) {
            targets.removeLast();
        }
        if (targets.size() < 2) {
            throw new Misunderstood("lab " + command + " needs a node and what of it: holdfast lab " + command + " "
                    + lab.settings().nodeNames().getFirst() + "|all "
                    + (networksToo ? "public|private1|private2|private|" : "") + disksText() + "|storage..."
                    + switch (command) {
                        case "cut" -> " [--inbound|--outbound]";
                        case "slow" -> " [MILLISECONDS]";
                        default -> "";
                    });
        }
        List<Place> places = new ArrayList<>();
        for (LabNode node : nodes(targets.removeFirst())) {
            List<Network> networks = new ArrayList<>();
            List<DiskPath> disks = new ArrayList<>();
            for (String target : targets) {
                List<DiskPath> theseDisks = disks(node, target);
                List<Network> theseNetworks = networksToo ? networks(target) : List.of();
                if (theseDisks.isEmpty() && theseNetworks.isEmpty()) {
                    throw new Misunderstood("lab " + command + " does not know '" + target + "'; it knows "
                            + (networksToo ? "public, private1, private2, private, " : "")
                            + disksText().replace("|", ", ")
                            + ", storage. Nothing was changed.");
                }
                networks.addAll(theseNetworks);
                disks.addAll(theseDisks);
            }
            if (oneWay.isPresent() && !disks.isEmpty()) {
                throw new Misunderstood("lab cut: only a network loses what goes one way. Nothing was changed.");
            }
            places.add(new Place(node, networks, disks));
        }
        DiskFault fault = switch (command) {
            case "cut" -> new DiskFault.Cut();
            case "hang" -> new DiskFault.Hung();
            case "slow" -> new DiskFault.Slow(delay);
            default -> new DiskFault.None();
        };
        String what = String.join(" ", targets)
                + oneWay.map(loss -> ", " + loss.text()).orElse("");
        for (Place place : places) {
            lab.events().note(place.node().name(), command, what);
            place.disks().forEach(disk -> disk.fault(fault));
        }
        for (Place place : places) {
            for (Network network : place.networks()) {
                if (command.equals("cut")) {
                    place.node().cut(network, oneWay.orElse(LinkFault.CUT));
                } else {
                    place.node().mend(network);
                }
            }
        }
        return "";
    }

    private static Duration delay(String text) throws Misunderstood {
        try {
            Duration delay = Duration.ofMillis(Long.parseLong(text));
            if (delay.isPositive() && delay.compareTo(LONGEST_DELAY) <= 0) {
                return delay;
            }
        } catch (NumberFormatException e) {
            // Said below, together with a number out of range.
        }
        throw new Misunderstood(
                "lab slow: the delay is in milliseconds, 1 to " + LONGEST_DELAY.toMillis() + ", got '" + text + "'");
    }

    private String disksText() {
        return String.join("|", lab.settings().disks());
    }

    private static List<DiskPath> disks(LabNode node, String target) {
        return node.disks().stream()
                .filter(disk -> target.equals("storage") || target.equals(disk.name()))
                .toList();
    }

    private static List<Network> networks(String target) {
        return switch (target) {
            case "public" -> List.of(Network.PUBLIC);
            case "private1" -> List.of(Network.PRIVATE1);
            case "private2" -> List.of(Network.PRIVATE2);
            case "private" -> List.of(Network.PRIVATE1, Network.PRIVATE2);
            default -> List.of();
        };
    }

    private String status(List<String> arguments) throws Misunderstood, InterruptedException {
        return switch (String.join(" ", arguments)) {
            case "" -> table(lab.status());
            case "-o json" -> Json.text(lab.status()) + "\n";
            default ->
                throw new Misunderstood("lab status knows only -o json, got '" + String.join(" ", arguments) + "'");
        };
    }

    private static String table(Map<String, Object> status) {
        StringBuilder text = new StringBuilder();
        text.append("lab %s   public network %s   client %s   profile %s%n%n"
                .formatted(
                        status.get("name"),
                        status.get("publicNetwork"),
                        status.get("clientAddress"),
                        status.get("profile")));
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("NODE", "POWER", "ADDRESS", "IN VIEW", "EPOCH", "VIPS"));
        for (Map<?, ?> node : maps(status.get("nodes"))) {
            rows.add(List.of(
                    word(node.get("name")),
                    word(node.get("power")),
                    word(node.get("publicAddress")),
                    node.get("inView") instanceof Boolean in ? (in ? "yes" : "no") : "?",
                    word(node.get("epoch")),
                    node.get("vips") instanceof List<?> vips && !vips.isEmpty()
                            ? vips.stream().map(String::valueOf).collect(Collectors.joining(" "))
                            : "-"));
        }
        text.append(aligned(rows));
        List<Map<?, ?>> faults = maps(status.get("faults"));
        text.append(faults.isEmpty() ? "\nno faults\n" : "\nfaults\n");
        for (Map<?, ?> fault : faults) {
            text.append("  %s: %s %s%s%n"
                    .formatted(
                            fault.get("node"),
                            fault.get("target"),
                            fault.get("fault"),
                            fault.get("millis") == null ? "" : " (" + fault.get("millis") + " ms)"));
        }
        return text.toString();
    }

    private static List<Map<?, ?>> maps(@org.jspecify.annotations.Nullable Object list) {
        List<Map<?, ?>> maps = new ArrayList<>();
        if (list instanceof List<?> elements) {
            for (Object element : elements) {
                if (element instanceof Map<?, ?> map) {
                    maps.add(map);
                }
            }
        }
        return maps;
    }

    private static String word(@org.jspecify.annotations.Nullable Object value) {
        return value == null ? "?" : value.toString();
    }

    private static String aligned(List<List<String>> rows) {
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                int wanted = column;
                int width = rows.stream()
                        .mapToInt(r -> r.get(wanted).length())
                        .max()
                        .orElse(0);
                line.append(String.format(Locale.ROOT, "%-" + (width + 2) + "s", row.get(column)));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    /** What a fence agent may ask of the power switch: on, off, reboot, status of one node, or the list of all. */
    Answer power(List<String> words) throws InterruptedException {
        String action = words.isEmpty() ? "" : words.getFirst();
        if (action.equals("list")) {
            return new Answer(
                    0, lab.nodes().stream().map(node -> node.name() + "\n").collect(Collectors.joining()));
        }
        Optional<LabNode> node = words.size() == 2 ? lab.node(words.get(1)) : Optional.empty();
        if (node.isEmpty()) {
            return new Answer(
                    1,
                    "the power switch has no plug '" + (words.size() == 2 ? words.get(1) : "") + "'; it has "
                            + String.join(", ", lab.settings().nodeNames()) + "\n");
        }
        try {
            switch (action) {
                case "status" -> {}
                case "off" -> {
                    lab.events().note(node.get().name(), "fence-asked", "off");
                    node.get().powerOff();
                }
                case "on" -> powerOn(node.get());
                case "reboot" -> {
                    lab.events().note(node.get().name(), "fence-asked", "reboot");
                    node.get().powerOff();
                    powerOn(node.get());
                }
                default -> {
                    return new Answer(2, "the power switch does not know '" + action + "'\n");
                }
            }
        } catch (IOException e) {
            return new Answer(1, action + " failed: " + e.getMessage() + "\n");
        }
        return new Answer(0, node.get().power() == LabNode.Power.OFF ? "off\n" : "on\n");
    }
}
