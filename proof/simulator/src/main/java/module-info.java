/** Runs the real membership of a whole cluster under virtual time, from one seed, and watches what must always hold. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.simulator {
    requires dev.holdfast.membership;
    requires dev.holdfast.model;
    requires dev.holdfast.node;
    requires dev.holdfast.policy;
    requires dev.holdfast.testkit;
    requires java.compiler;
    requires static org.jspecify;

    exports dev.holdfast.simulator;
}
