package dev.holdfast.crsd;

import dev.holdfast.model.ResourceDefinition;

/**
 * Resources of type generic_application have programs instead of an action script: a script that comes with the product
 * calls them. It is told by {@link #PROCESSES} which processes are theirs, as only crsd can say.
 */
final class GenericApplication {
    static final String PROCESSES = "_CRS_PROCESSES";

    private GenericApplication() {}

    /** What is called to start, stop, check or clean a resource. For actions that are asked for by name, an application may have an ACTION_SCRIPT, too. */
    static String script(ResourceDefinition resource, String home) {
        return resource.type().isGenericApplication()
                ? home + "/agents/generic_application.scr"
                : resource.actionScript();
    }
}
