package dev.holdfast.model;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * One entry of a dependency: {@code [modifier:]... name} or {@code [modifier:]... type:name}.
 *
 * @param name a resource, or a type if {@code ofType}
 * @param ofType any one resource of that type, or of one derived from it
 */
public record DependencyTarget(String name, boolean ofType, Set<Modifier> modifiers) {
    /** Loosens or narrows a dependency. */
    public enum Modifier {
        /** Anywhere in the cluster will do, not just on the same node. */
        GLOBAL,
        /** INTERMEDIATE will do. */
        INTERMEDIATE,
        /** Start at once, do not wait for the attempt to end. */
        CONCURRENT,
        /** Only orders the stops of a whole cluster. */
        SHUTDOWN,
        /** All instances. */
        UNIFORM,
        /** Not just another server: another server pool. */
        POOL,
        /** Stop the other first. */
        PREEMPT_PRE,
        /** Stop the other afterwards. */
        PREEMPT_POST;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public DependencyTarget {
        modifiers = modifiers.isEmpty() ? Set.of() : Set.copyOf(modifiers);
    }

    public boolean global() {
        return modifiers.contains(Modifier.GLOBAL);
    }

    public boolean intermediate() {
        return modifiers.contains(Modifier.INTERMEDIATE);
    }

    public boolean concurrent() {
        return modifiers.contains(Modifier.CONCURRENT);
    }

    public boolean uniform() {
        return modifiers.contains(Modifier.UNIFORM);
    }

    /** A dispersion that keeps away from the whole server pool, and not just from the server. */
    public boolean pool() {
        return modifiers.contains(Modifier.POOL);
    }

    /** An exclusion that makes the other give way. */
    public boolean preempts() {
        return preemptsFirst() || modifiers.contains(Modifier.PREEMPT_POST);
    }

    /** An exclusion that makes the other give way before. */
    public boolean preemptsFirst() {
        return modifiers.contains(Modifier.PREEMPT_PRE);
    }

    public boolean shutdown() {
        return modifiers.contains(Modifier.SHUTDOWN);
    }

    /** The entry as it was written, modifiers in a fixed order. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Modifier modifier : modifiers.isEmpty() ? EnumSet.noneOf(Modifier.class) : EnumSet.copyOf(modifiers)) {
            text.append(modifier.text()).append(':');
        }
        return text + (ofType ? "type:" : "") + name;
    }
}
