/**
 * Keeps the cluster's configuration on a majority of shared blocks. No I/O, threads or clocks: those come in as inputs
 * and go out as effects.
 */
@org.jspecify.annotations.NullMarked
module dev.holdfast.registry {
    requires transitive dev.holdfast.model;
    requires static transitive org.jspecify;

    exports dev.holdfast.registry;
}
