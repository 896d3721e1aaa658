/**
 * The administration protocol: what may be asked of the cluster, what it answers, and how both travel over a Unix socket. Decides
 * nothing.
 */
@org.jspecify.annotations.NullMarked
module dev.holdfast.control {
    requires io.avaje.json;
    requires jdk.net;
    requires static transitive org.jspecify;

    exports dev.holdfast.control;
}
