package dev.holdfast.policy;

import java.util.Optional;

/** Something that might happen to the cluster. Names are as typed. */
public sealed interface Supposal {
    /** A server is lost, and proved harmless. */
    record ServerLost(String server) implements Supposal {}

    /** A server that is away joins, and nothing runs on it yet. */
    record ServerBack(String server) implements Supposal {}

    /** A resource is found down, on one server or wherever it runs, and is cleaned up. */
    record Failure(String resource, Optional<String> server) implements Supposal {}
}
