package dev.holdfast.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What is done to the node on which HAProxy runs. */
public enum Fault {
    /** Its power is cut: links first, then everything on it is gone at once. */
    POWER_OFF("power off of the node that runs HAProxy"),
    /** Both heartbeat networks are cut; all nodes live, and reach the client and the disks. */
    PARTITION("partition of the heartbeat networks"),
    /** HAProxy is killed with signal 9. */
    KILL_HAPROXY("kill -9 of HAProxy"),
    /** An administrator moves HAProxy and its address to the other node. */
    RELOCATE("planned move of HAProxy");

    private final String text;

    Fault(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }

    /** As on the command line: {@code power-off}. */
    public String option() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Optional<Fault> of(String option) {
        return Arrays.stream(values())
                .filter(fault -> fault.option().equals(option))
                .findFirst();
    }

    static String options() {
        return Arrays.stream(values()).map(Fault::option).collect(Collectors.joining("|"));
    }

    /** Whether the cluster votes a node out because of it. */
    boolean evicts() {
        return this == POWER_OFF || this == PARTITION;
    }

    static List<Fault> all() {
        return List.of(values());
    }
}
