/** The life of one resource instance on one node: orders and exits in, actions and reports out. No I/O, threads or clocks. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.resource {
    requires transitive dev.holdfast.model;
    requires static transitive org.jspecify;

    exports dev.holdfast.resource;
}
