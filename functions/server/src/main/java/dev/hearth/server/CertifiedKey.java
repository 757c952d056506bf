package dev.hearth.server;

import dev.hearth.engine.error.ServingException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.impl.KeyStoreHelper;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Collections;
import javax.net.ssl.X509KeyManager;

/**
 * A certificate and the private key that belongs to it, both read. Files of the two are never replaced in one moment: a pair
 * that is half new would be taken without a word, and fail in every handshake.
 *
 * @param store both, as the JDK keeps them
 * @param manager both, as handshakes take them
 */
record CertifiedKey(KeyStore store, X509KeyManager manager) {

    private static final byte[] SIGNED = "hearth".getBytes(StandardCharsets.US_ASCII);

    /**
     * Reads texts in PEM form.
     *
     * @throws ServingException INVALID_ARGUMENT when one of them cannot be read, or the key is not that of the certificate
     */
    static CertifiedKey of(Vertx vertx, Buffer certificate, Buffer key) {
        PemKeyCertOptions options =
                new PemKeyCertOptions().addCertValue(certificate).addKeyValue(key);
        CertifiedKey pair;
        boolean fits;
        try {
            KeyStore store = options.loadKeyStore(vertx);
            fits = fits(store);
            KeyStoreHelper reader = new KeyStoreHelper(store, KeyStoreHelper.DUMMY_PASSWORD, null);
            pair = new CertifiedKey(store, (X509KeyManager) reader.getKeyMgr()[0]);
        } catch (Exception e) { // Vert.x declares no less.
            throw ServingException.invalidArgument("The certificate or its key cannot be read: " + e.getMessage());
        }
        if (!fits) {
            throw ServingException.invalidArgument("The key is not that of the certificate");
        }
        return pair;
    }

    private static boolean fits(KeyStore store) throws GeneralSecurityException {
        for (String alias : Collections.list(store.aliases())) {
            Key key = store.getKey(alias, KeyStoreHelper.DUMMY_PASSWORD.toCharArray());
            if (key instanceof PrivateKey own
                    && !fits(own, store.getCertificate(alias).getPublicKey())) {
                return false;
            }
        }
        return true;
    }

    private static boolean fits(PrivateKey own, PublicKey certified) throws GeneralSecurityException {
        if (!own.getAlgorithm().equals(certified.getAlgorithm())) {
            return false;
        }
        String algorithm =
                switch (own.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    case "EdDSA" -> "EdDSA";
                    default -> "";
                };
        if (algorithm.isEmpty()) {
            // A kind that is not known here: handshakes will tell.
            return true;
        }
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(own);
        signature.update(SIGNED);
        byte[] signed = signature.sign();
        signature.initVerify(certified);
        signature.update(SIGNED);
        return signature.verify(signed);
    }
}
