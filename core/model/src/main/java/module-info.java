/** The nouns of Holdfast: nodes, views, time, resources, dependencies. No I/O, no clock, no threads. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.model {
    requires static transitive org.jspecify;

    exports dev.holdfast.model;
}
