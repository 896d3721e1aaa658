package dev.holdfast.policy;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.NodeSet;
import dev.holdfast.model.Target;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What is wanted of one instance, and what the policy must remember about it. Kept in the registry: it survives every
 * restart.
 *
 * @param target what the administrator wants
 * @param stopping a stop was asked for and has not been carried out yet
 * @param node where it runs, or was last told to run; empty: not placed
 * @param lastServer where it was last ONLINE (LAST_SERVER)
 * @param wish the node that an administrator named
 * @param restarts local restarts used on {@code node} (RESTART_COUNT)
 * @param failedOn nodes where it could not be started or used up its restarts; not tried again in this failover
 * @param answered per node, the number of the last {@link dev.holdfast.model.Incident} that was answered
 * @param held it was stopped because something it depends on failed, and no pullup brings it back
 * @param failures when it failed, oldest first, as far as FAILURE_INTERVAL looks back (FAILURE_HISTORY)
 * @param notBefore a restart waits until then (RESTART_DELAY)
 * @param armed pullups, as written, whose targets were seen down: each acts once when they are up again
 * @param escalation what is done about a clean that failed
 */
public record WantedInstance(
        Target target,
        boolean stopping,
        Optional<NodeId> node,
        Optional<NodeId> lastServer,
        Optional<Wish> wish,
        int restarts,
        NodeSet failedOn,
        SortedMap<NodeId, Long> answered,
        boolean held,
        List<Instant> failures,
        Optional<Instant> notBefore,
        SortedSet<String> armed,
        Optional<Escalation> escalation) {
    private static final SortedSet<String> NO_PULLUPS = Collections.unmodifiableSortedSet(new TreeSet<>());

    /** A resource as just added: TARGET=OFFLINE, never ran. */
    public static final WantedInstance NEW = new WantedInstance(
            Target.OFFLINE,
            false,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            0,
            NodeSet.EMPTY,
            new TreeMap<>(),
            false,
            List.of(),
            Optional.empty(),
            new TreeSet<>(),
            Optional.empty());

    public WantedInstance {
        answered = Collections.unmodifiableSortedMap(new TreeMap<>(answered));
        failures = List.copyOf(failures);
        armed = armed.isEmpty() ? NO_PULLUPS : Collections.unmodifiableSortedSet(new TreeSet<>(armed));
    }

    /** Nothing is done about a clean that failed. */
    public WantedInstance(
            Target target,
            boolean stopping,
            Optional<NodeId> node,
            Optional<NodeId> lastServer,
            Optional<Wish> wish,
            int restarts,
            NodeSet failedOn,
            SortedMap<NodeId, Long> answered,
            boolean held,
            List<Instant> failures,
            Optional<Instant> notBefore,
            SortedSet<String> armed) {
        this(
                target,
                stopping,
                node,
                lastServer,
                wish,
                restarts,
                failedOn,
                answered,
                held,
                failures,
                notBefore,
                armed,
                Optional.empty());
    }

    /** An administrator wants it up: old failures are forgiven. */
    WantedInstance started(boolean active, Optional<Wish> wished) {
        return new WantedInstance(
                Target.ONLINE,
                false,
                active ? node : Optional.empty(),
                lastServer,
                wished,
                active ? restarts : 0,
                NodeSet.EMPTY,
                answered,
                false,
                active ? failures : List.of(),
                Optional.empty(),
                armed,
                Optional.empty());
    }

    /** An administrator wants it down. */
    WantedInstance stopped() {
        return new WantedInstance(
                Target.OFFLINE,
                true,
                node,
                lastServer,
                Optional.empty(),
                restarts,
                NodeSet.EMPTY,
                answered,
                false,
                failures,
                Optional.empty(),
                armed,
                Optional.empty());
    }

    WantedInstance withHeld(boolean stays) {
        return new WantedInstance(
                target,
                stopping,
                node,
                lastServer,
                wish,
                restarts,
                failedOn,
                answered,
                stays,
                failures,
                notBefore,
                armed,
                escalation);
    }

    WantedInstance withFailuresForgiven() {
        return new WantedInstance(
                target,
                stopping,
                node,
                lastServer,
                wish,
                restarts,
                NodeSet.EMPTY,
                answered,
                held,
                failures,
                Optional.empty(),
                armed,
                escalation);
    }

    public WantedInstance withTarget(Target other) {
        return new WantedInstance(
                other,
                stopping,
                node,
                lastServer,
                wish,
                restarts,
                failedOn,
                answered,
                held,
                failures,
                notBefore,
                armed,
                escalation);
    }

    WantedInstance withPlace(Optional<NodeId> place, Optional<NodeId> last) {
        return new WantedInstance(
                target,
                stopping,
                place,
                last,
                wish,
                restarts,
                failedOn,
                answered,
                held,
                failures,
                notBefore,
                armed,
                escalation);
    }

    WantedInstance withRecordsOf(WantedInstance other) {
        return new WantedInstance(
                target,
                stopping,
                node,
                other.lastServer,
                wish,
                restarts,
                failedOn,
                answered,
                held,
                failures,
                notBefore,
                other.armed,
                escalation);
    }

    WantedInstance withRestarts(int used) {
        return new WantedInstance(
                target,
                stopping,
                node,
                lastServer,
                wish,
                used,
                failedOn,
                answered,
                held,
                failures,
                notBefore,
                armed,
                escalation);
    }

    WantedInstance withFailedOn(NodeSet nodes) {
        return new WantedInstance(
                target,
                stopping,
                node,
                lastServer,
                wish,
                restarts,
                nodes,
                answered,
                held,
                failures,
                notBefore,
                armed,
                escalation);
    }
}
