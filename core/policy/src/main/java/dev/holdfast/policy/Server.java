package dev.holdfast.policy;

import dev.holdfast.model.Incarnation;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ServerCategory;
import java.util.Optional;

/**
 * A configured node as the policy sees it.
 *
 * @param name what administrators call it
 * @param incarnation its latest known life
 * @param cpu hundredths of a processor that it has; 0: not known
 * @param memory megabytes that it has; 0: not known
 */
public record Server(NodeId id, String name, State state, Incarnation incarnation, long cpu, long memory) {
    /** One of which it is not known what it has. */
    public Server(NodeId id, String name, State state, Incarnation incarnation) {
        this(id, name, state, incarnation, 0, 0);
    }

    /** What is known of one of {@link ServerCategory#OF_SERVERS}; what administrators say of a server is in the {@link Setup}. */
    public Optional<String> value(String attribute) {
        return switch (attribute) {
            case "NAME" -> Optional.of(name);
            case "STATE" -> Optional.of(state.name());
            case "CPU_COUNT" -> cpu > 0 ? Optional.of(Long.toString(cpu / 100)) : Optional.empty();
            case "MEMORY_SIZE" -> memory > 0 ? Optional.of(Long.toString(memory)) : Optional.empty();
            case "CONFIGURED_CSS_ROLE", "ACTIVE_CSS_ROLE" -> Optional.of(ServerCategory.HUB_ROLE);
            default -> Optional.empty();
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
