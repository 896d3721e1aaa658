package dev.holdfast.registry;

import java.util.UUID;

/**
 * A registry location whose copy counts.
 *
 * @param identity from its header; a location that was replaced or wiped has another one, so that it cannot pretend that it never was sent
 *     what it has forgotten
 * @param place where it is found: the path of a file or device, the same on every node
 */
record Voter(UUID identity, String place) {
    /** The identity of a location that has not been seen yet. */
    static final UUID UNSEEN = new UUID(0, 0);

    boolean seen() {
        return !identity.equals(UNSEEN);
    }
}
