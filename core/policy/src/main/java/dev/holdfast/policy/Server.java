package dev.holdfast.policy;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ServerCategory;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A configured node as the policy sees it.
 *
 * @param name what administrators call it
 * @param incarnation its latest known life
 * @param cpu hundredths of a processor that it has; 0: not known
 * @param memory megabytes that it has; 0: not known
 * @param machine what else it has told of its machine, by the names of {@link ServerCategory#OF_SERVERS}
 */
public record Server(
        NodeId id,
        String name,
        State state,
        Incarnation incarnation,
        long cpu,
        long memory,
        SortedMap<String, String> machine) {
    private static final SortedMap<String, String> NOTHING = Collections.emptySortedMap();

    public Server {
        machine = machine.isEmpty() ? NOTHING : Collections.unmodifiableSortedMap(new TreeMap<>(machine));
    }

    /** One of which it is not known what it has. */
    public Server(NodeId id, String name, State state, Incarnation incarnation) {
        this(id, name, state, incarnation, 0, 0, NOTHING);
    }

    Server with(State other, Incarnation life) {
        return new Server(id, name, other, life, cpu, memory, machine);
    }

    /** What is known of one of {@link ServerCategory#OF_SERVERS}; what administrators say of a server is in the {@link Setup}. */
    public Optional<String> value(String attribute) {
        return switch (attribute) {
            case "NAME" -> Optional.of(name);
            case "STATE" -> Optional.of(state.name());
            case "CPU_COUNT" -> cpu > 0 ? Optional.of(Long.toString(cpu / 100)) : Optional.empty();
            case "MEMORY_SIZE" -> memory > 0 ? Optional.of(Long.toString(memory)) : Optional.empty();
            case "CONFIGURED_CSS_ROLE", "ACTIVE_CSS_ROLE" -> Optional.of(ServerCategory.HUB_ROLE);
            case "CPU_EQUIVALENCY" -> Optional.of(ServerCategory.CPU_EQUIVALENCY);
            default -> Optional.ofNullable(machine.get(attribute));
        };
    }

    /** Whether a node can run something, and whether it may be running something. */
    public enum State {
        /** A member whose crsd has reported: may be given work. */
        ONLINE,
        /** A member that is not ready for work. What it has not reported, it may be running. */
        JOINING,
        /**
         * Voted out, and nothing proves it harmless yet (also if a newer life of the node is a member again): what it
         * has not been seen not to run, it may be running.
         */
        UNSETTLED,
        /** Not a member, and proved harmless: nothing runs there. */
        OFFLINE
    }
}
