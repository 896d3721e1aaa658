package dev.holdfast.policy;

/**
 * Why an instance cannot be started on a node.
 *
 * @param cause the attribute, as {@code NAME=value}, or the event that it comes from
 * @param text for people, short enough to stand behind the name of a node
 */
record Obstacle(String cause, String text) {}
