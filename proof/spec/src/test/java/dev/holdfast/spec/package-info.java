@org.jspecify.annotations.NullMarked
package dev.holdfast.spec;
