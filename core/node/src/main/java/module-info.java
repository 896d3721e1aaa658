/** What crsd decides, composed: the role of the master, the role of every node. No I/O, clock or threads. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.node {
    requires transitive dev.holdfast.membership;
    requires transitive dev.holdfast.model;
    requires transitive dev.holdfast.policy;
    requires transitive dev.holdfast.resource;
    requires static transitive org.jspecify;

    exports dev.holdfast.node;
}
