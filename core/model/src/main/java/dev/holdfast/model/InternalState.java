package dev.holdfast.model;

/** What is being done to an instance right now: the INTERNAL_STATE attribute. */
public enum InternalState {
    STABLE,
    STARTING,
    STOPPING,
    CLEANING
}
