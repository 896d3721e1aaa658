/** The operating system as Holdfast uses it, through {@code java.lang.foreign}: no native library of our own, no helper programs. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.linux {
    requires transitive dev.holdfast.model;
    requires static transitive org.jspecify;

    exports dev.holdfast.linux;
}
