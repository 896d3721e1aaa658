package dev.holdfast.registry;

import java.util.Optional;
import java.util.UUID;

/**
 * What is known of one registry location, for ocrcheck.
 *
 * @param place its path
 * @param identity from its header; absent if that was never read
 * @param votes its copy counts
 * @param heldBytes how much of the present segment it is known to hold
 */
public record LocationFacts(
        int location, String place, Optional<UUID> identity, boolean votes, long heldBytes, LocationReport report) {}
