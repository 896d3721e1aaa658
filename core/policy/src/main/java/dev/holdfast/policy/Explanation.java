package dev.holdfast.policy;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.ResourceName;
import java.util.List;
import java.util.Optional;

/**
 * Why a resource is where it is and not elsewhere, and what would change that.
 *
 * @param because why it is as it is, most important first
 * @param elsewhere why not on each of the other servers, in ascending number
 * @param changes what would make it different: commands where there are any
 */
public record Explanation(ResourceName resource, List<Reason> because, List<Reason> elsewhere, List<String> changes) {
    /**
     * One reason.
     *
     * @param cause the attribute ({@code NAME} or {@code NAME=value}), dependency or event that it comes from
     * @param node the server that it is about; empty: none in particular
     * @param text for people
     */
    public record Reason(String cause, Optional<NodeId> node, String text) {}

    public Explanation {
        because = List.copyOf(because);
        elsewhere = List.copyOf(elsewhere);
        changes = List.copyOf(changes);
    }
}
