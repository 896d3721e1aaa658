package dev.holdfast.cssd;

import dev.holdfast.membership.ClusterSettings;
import dev.holdfast.model.NodeId;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * Drives a fence device through a program that speaks the fence-agents interface: key=value lines on standard input, the
 * exit code is the answer (FenceAgentAPI of the ClusterLabs project). Off is asked for, then verified by status: an agent
 * that only believes it switched off (traps 10 and F1 of the protocol) is no proof.
 */
final class FenceAgent {
    /** Exit code of action=status when the plug is off. */
    private static final int STATUS_OFF = 2;

    private final ClusterSettings.Fence device;
    private final long timeoutSeconds;

    FenceAgent(ClusterSettings.Fence device, long timeoutSeconds) {
        this.device = device;
        this.timeoutSeconds = timeoutSeconds;
    }

    /** A node could not be fenced, and why. */
    static final class FenceFailed extends Exception {
        private static final long serialVersionUID = 1L;

        FenceFailed(String message) {
            super(message);
        }
    }

    /** Returns only once the device said off and a status request confirmed it; a timeout is a failure, never a guess. */
    String off(NodeId victim) throws FenceFailed, InterruptedException {
        String plug = device.plugs().get(victim);
        if (plug == null) {
            throw new FenceFailed("cluster.conf names no fence.plug for " + victim);
        }
        int off = run("off", plug);
        if (off != 0) {
            throw new FenceFailed(device.agent() + " action=off plug=" + plug + " ended with " + off);
        }
        int status = run("status", plug);
        if (status != STATUS_OFF) {
            throw new FenceFailed(
                    device.agent() + " said off, but status of " + plug + " is " + status + " (2 is off)");
        }
        return "fence agent " + device.agent().substring(device.agent().lastIndexOf('/') + 1) + ": " + plug
                + " is off, verified";
    }

    private int run(String action, String plug) throws FenceFailed, InterruptedException {
        StringBuilder input = new StringBuilder();
        input.append("action=").append(action).append('\n');
        input.append("plug=").append(plug).append('\n');
        input.append("port=").append(plug).append('\n');
        device.parameters()
                .forEach((key, value) ->
                        input.append(key).append('=').append(value).append('\n'));
        Process process;
        try {
            process = new ProcessBuilder(device.agent())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (OutputStream out = process.getOutputStream()) {
                out.write(input.toString().getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new FenceFailed(device.agent() + ": " + e.getMessage());
        }
        if (!process.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new FenceFailed(
                    device.agent() + " action=" + action + " did not end within " + timeoutSeconds + " s");
        }
        return process.exitValue();
    }
}
