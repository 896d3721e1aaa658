/** Decides who is in the cluster. No I/O, threads or clocks: those come in as inputs and go out as effects. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.membership {
    requires transitive dev.holdfast.model;
    requires static transitive org.jspecify;

    exports dev.holdfast.membership;
}
