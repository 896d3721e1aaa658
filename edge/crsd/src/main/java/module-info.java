/** The resource daemon: performs what {@code dev.holdfast.node} decides. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.crsd {
    requires ch.qos.logback.classic;
    requires ch.qos.logback.core;
    requires dev.holdfast.control;
    requires dev.holdfast.linux;
    requires dev.holdfast.membership;
    requires dev.holdfast.model;
    requires dev.holdfast.node;
    requires dev.holdfast.policy;
    requires dev.holdfast.registry;
    requires org.slf4j;
    requires static org.jspecify;

    exports dev.holdfast.crsd;
}
