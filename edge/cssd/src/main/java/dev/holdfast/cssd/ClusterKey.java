package dev.holdfast.cssd;

import dev.holdfast.registry.RegistrySeal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.HexFormat;
import java.util.Set;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/** The secret that all nodes of a cluster share. Never used itself: each purpose gets a key derived from it (RFC 5869). */
final class ClusterKey {
    private final byte[] secret;

    private ClusterKey(byte[] secret) {
        this.secret = secret;
    }

    static ClusterKey of(byte[] secret) {
        return new ClusterKey(secret.clone());
    }

    /** Reads 64 hex digits; refuses a file that others may read. */
    static ClusterKey read(Path file) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
        if (permissions.contains(PosixFilePermission.OTHERS_READ)
                || permissions.contains(PosixFilePermission.GROUP_READ)) {
            throw new IOException(file + " may be read by others; do: chmod 600 " + file);
        }
        try {
            byte[] secret = HexFormat.of().parseHex(Files.readString(file).trim());
            if (secret.length == 32) {
                return new ClusterKey(secret);
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw new IOException(file + " must hold 64 hex digits; make one with: openssl rand -hex 32");
    }

    RegistrySeal registrySeal() {
        return RegistrySeal.of(secret);
    }

    byte[] derive(String purpose, int bytes) {
        return derive(purpose, new byte[0], bytes);
    }

    byte[] derive(String purpose, byte[] salt, int bytes) {
        try {
            AlgorithmParameterSpec how = HKDFParameterSpec.ofExtract()
                    .addIKM(secret)
                    .addSalt(salt.length == 0 ? new byte[32] : salt)
                    .thenExpand(("holdfast 1 " + purpose).getBytes(java.nio.charset.StandardCharsets.UTF_8), bytes);
            return KDF.getInstance("HKDF-SHA256").deriveData(how);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no HKDF-SHA256", e);
        }
    }
}
