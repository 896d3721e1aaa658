package dev.holdfast.model;

/** What the administrator wants of an instance: the TARGET column. Set by start and stop, never by a failure. */
public enum Target {
    ONLINE,
    OFFLINE
}
