package dev.hearth.server.access;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One public key in PEM form: as such, or in a certificate. */
final class PemKey {

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN (PUBLIC KEY|CERTIFICATE)-----([^-]*)-----END \\1-----");

    private PemKey() {}

    /** @throws IllegalArgumentException when there is no such key, or more than one */
    static PublicKey read(String pem) {
        Matcher block = BLOCK.matcher(pem);
        if (!block.find()) {
            throw new IllegalArgumentException("it is neither a JWKS nor a PUBLIC KEY or CERTIFICATE in PEM form");
        }
        String kind = block.group(1);
        byte[] bytes = Base64.getMimeDecoder().decode(block.group(2));
        if (block.find()) {
            throw new IllegalArgumentException("it has more than one key; a JWKS can have several");
        }
        return kind.equals("CERTIFICATE") ? ofCertificate(bytes) : ofKey(bytes);
    }

    private static PublicKey ofCertificate(byte[] bytes) {
        try {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(bytes))
                    .getPublicKey();
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("its certificate cannot be read", e);
        }
    }

    private static PublicKey ofKey(byte[] bytes) {
        for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(bytes));
            } catch (GeneralSecurityException another) {
                continue;
            }
        }
        throw new IllegalArgumentException("its key is neither RSA, EC nor Ed25519");
    }
}
