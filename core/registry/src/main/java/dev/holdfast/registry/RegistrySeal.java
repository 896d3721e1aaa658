package dev.holdfast.registry;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Tells what this cluster wrote from what anybody else did: a key derived from the cluster key, for the headers, records and backups of the
 * registry alone. A checksum tells an accident; only this tells a forgery, or the disk of a cluster that had the same id.
 */
public final class RegistrySeal {
    /** Bytes of a seal. */
    static final int BYTES = 16;

    private static final String HMAC = "HmacSHA256";

    /** Never used itself, only cloned: to find and to key one costs more than a short seal. */
    private final Mac keyed;

    private RegistrySeal(SecretKey key) throws GeneralSecurityException {
        keyed = Mac.getInstance(HMAC);
        keyed.init(key);
    }

    /** @param secret the secret that all nodes of the cluster share; never used itself */
    public static RegistrySeal of(byte[] secret) {
        try {
            var how = HKDFParameterSpec.ofExtract()
                    .addIKM(secret)
                    .addSalt(new byte[32])
                    .thenExpand("holdfast 1 registry blocks".getBytes(StandardCharsets.UTF_8), 32);
            return new RegistrySeal(
                    new SecretKeySpec(KDF.getInstance("HKDF-SHA256").deriveData(how), HMAC));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform of version 25 has HKDF-SHA256", e);
        }
    }

    /** The seal of {@code bytes}: HMAC-SHA256, cut to 16 bytes. */
    public byte[] of(byte[] bytes, int from, int length) {
        try {
            Mac mac = (Mac) keyed.clone();
            mac.update(bytes, from, length);
            return Arrays.copyOf(mac.doFinal(), BYTES);
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException(HMAC + " of every Java platform can be cloned", e);
        }
    }

    /** Whether the seal that stands at {@code at} is that of {@code sealed}. */
    boolean isThat(byte[] area, int at, byte[] sealed) {
        return MessageDigest.isEqual(Arrays.copyOfRange(area, at, at + BYTES), of(sealed, 0, sealed.length));
    }
}
