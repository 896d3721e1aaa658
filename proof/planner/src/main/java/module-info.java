/** Drives the policy with clusters on paper: generated ones, for what must always hold, and large ones, for its speed. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.planner {
    requires dev.holdfast.policy;
    requires static org.jspecify;

    exports dev.holdfast.planner;
}
