package dev.holdfast.policy;

import java.util.ArrayList;
import java.util.List;

/** What is placed at once: single cluster resources that hang together, or one other resource. */
final class Unit {
    final List<ResourceEntry> members = new ArrayList<>();
    boolean entered;
    boolean placed;
}
