/** Decides what runs where: wanted and observed in, a plan with reasons out. No I/O, threads or clocks. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.policy {
    requires transitive dev.holdfast.model;
    requires static transitive org.jspecify;

    exports dev.holdfast.policy;
}
