/**
 * A whole cluster on one machine: nodes are namespaces, the power switch is a kill of the node's init, and the paths to the shared
 * disks and the watchdogs are files whose other end is held here, outside the nodes. The daemons in the nodes run their production
 * code and cannot tell.
 */
@org.jspecify.annotations.NullMarked
module dev.holdfast.lab {
    requires dev.holdfast.control;
    requires dev.holdfast.membership;
    requires io.avaje.json;
    requires ch.qos.logback.classic;
    requires ch.qos.logback.core;
    requires org.cryptomator.jfuse.api;
    requires org.slf4j;
    requires static transitive org.jspecify;

    exports dev.holdfast.lab;
}
