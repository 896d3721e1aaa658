package dev.holdfast.lab;

import java.nio.file.Path;

/**
 * Where things are.
 *
 * @param state the lab's directory on the host's file system: what the host may look at
 * @param ram a tmpfs that only the lab sees; goes with it. Images and node file systems are here, because a voting disk that waits
 *     behind a build on the same laptop disk says nothing about the cluster
 * @param cgroup the lab's control group; each node has one below it
 * @param home the directory that contains bin/ and agents/
 * @param javaHome of the nodes' daemons
 * @param lib the directory of the jars
 */
record Places(Path state, Path ram, Path cgroup, Path home, Path javaHome, Path lib) {

    Path nodeState(String node) {
        return state.resolve("nodes").resolve(node);
    }

    Path nodeRam(String node) {
        return ram.resolve("nodes").resolve(node);
    }

    Path fuse(String node) {
        return ram.resolve("fuse").resolve(node);
    }

    Path image(String disk) {
        return ram.resolve("disks").resolve(disk + ".img");
    }

    Path shared() {
        return state.resolve("shared");
    }

    /** The directory of the power switch's socket; every node sees it as /run/holdfast-lab. */
    Path power() {
        return state.resolve("power");
    }

    Path events() {
        return state.resolve("events.jsonl");
    }

    Path nodeInit() {
        return home.resolve("edge/lab/src/main/sh/node-init.sh");
    }
}
