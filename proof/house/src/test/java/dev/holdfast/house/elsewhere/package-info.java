/** A package that breaks a rule, so that the rule is seen to work. */
@org.jspecify.annotations.NullMarked
package dev.holdfast.house.elsewhere;
