/** House rules: few, each about meaning, each explaining itself when it is broken. */
@org.jspecify.annotations.NullMarked
package dev.holdfast.house;
