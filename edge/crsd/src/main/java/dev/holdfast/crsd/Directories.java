package dev.holdfast.crsd;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Where this node keeps its files. Each place can be moved by the environment, which tests and the lab use. */
record Directories(Path etc, Path run, Path log, Path var) {
    static Directories of(Map<String, String> environment) {
        return new Directories(
                place(environment, "HOLDFAST_ETC", "/etc/holdfast"),
                place(environment, "HOLDFAST_RUN", "/run/holdfast"),
                place(environment, "HOLDFAST_LOG", "/var/log/holdfast"),
                place(environment, "HOLDFAST_VAR", "/var/lib/holdfast"));
    }

    private static Path place(Map<String, String> environment, String variable, String ifAbsent) {
        return Path.of(Optional.ofNullable(environment.get(variable)).orElse(ifAbsent));
    }

    Path cssdSocket() {
        return run.resolve("cssd.sock");
    }

    Path crsdSocket() {
        return run.resolve("crsd.sock");
    }

    /** Which instances were begun in this life of the node: what a restarted crsd has to look after. */
    Path instances() {
        return run.resolve("instances");
    }

    /** The output of actions that are running now. */
    Path actions() {
        return run.resolve("actions");
    }

    Path actionLogs() {
        return log.resolve("crsd-actions");
    }

    /** Whether this server is critical; kept across restarts. */
    CssCritical critical() {
        return new CssCritical(var);
    }

    /** What this node decided as master, and by what. */
    Path decisions() {
        return var.resolve("decisions");
    }

    /** Where the registry's backups are made, if nothing else was said. */
    Path backups() {
        return var.resolve("backup");
    }

    Path events() {
        return log.resolve("events.jsonl");
    }

    /** The administrative acts that were asked for here. */
    Path calog() {
        return log.resolve("calog.jsonl");
    }
}
