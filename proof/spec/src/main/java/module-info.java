/** The specification of the membership protocol in TLA+, and its model checking with TLC. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.spec {
    requires static org.jspecify;

    exports dev.holdfast.spec;
}
