/** The demo, and the measurements that stand behind the numbers we publish: a lab, real HAProxy and httpd, a client, an observer. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.bench {
    requires dev.holdfast.linux;
    requires io.avaje.json;
    requires static transitive org.jspecify;

    exports dev.holdfast.bench;
}
