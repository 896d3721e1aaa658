package dev.holdfast.cssd;

import java.nio.file.Path;
import java.util.Map;

/** Where things are on a node; each can be moved by an environment variable. */
record Directories(Path etc, Path run, Path log, Path var) {
    static Directories of(Map<String, String> environment) {
        return new Directories(
                Path.of(environment.getOrDefault("HOLDFAST_ETC", "/etc/holdfast")),
                Path.of(environment.getOrDefault("HOLDFAST_RUN", "/run/holdfast")),
                Path.of(environment.getOrDefault("HOLDFAST_LOG", "/var/log/holdfast")),
                Path.of(environment.getOrDefault("HOLDFAST_VAR", "/var/lib/holdfast")));
    }
}
