/** The command line tools: each parses, asks the cluster and prints. They decide nothing. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.crsctl {
    requires dev.holdfast.control;
    requires static transitive org.jspecify;

    exports dev.holdfast.crsctl;
}
