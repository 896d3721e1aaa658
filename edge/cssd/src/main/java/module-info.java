/** The membership daemon: small heap, real-time threads, and the only one that touches voting disks and heartbeats. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.cssd {
    requires dev.holdfast.linux;
    requires dev.holdfast.membership;
    requires dev.holdfast.registry;
    requires io.avaje.json;
    requires ch.qos.logback.classic;
    requires ch.qos.logback.core;
    requires org.slf4j;
    requires static org.jspecify;

    exports dev.holdfast.cssd;
}
