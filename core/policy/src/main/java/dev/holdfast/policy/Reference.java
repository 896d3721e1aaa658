package dev.holdfast.policy;

import dev.holdfast.model.DependencyTarget;
import java.util.List;

/** A dependency with the resources that it means; none, if it names something that is not registered. */
record Reference(DependencyTarget target, List<ResourceEntry> resources) {
    boolean global() {
        return target.global();
    }
}
