/** Fakes that behave: time, chance, clocks, disks, networks and watchdogs that can be told to fail. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.testkit {
    requires transitive dev.holdfast.membership;
    requires transitive dev.holdfast.model;
    requires static transitive org.jspecify;

    exports dev.holdfast.testkit;
}
