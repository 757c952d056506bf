package dev.hearth.lambda.s3;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signature Version 4 of a GET without a body and without a query ("Authenticating Requests: Using the Authorization
 * Header", Amazon S3 API reference). Stateless.
 */
final class SignatureV4 {

    private static final String ALGORITHM = "AWS4-HMAC-SHA256";
    private static final String MAC = "HmacSHA256";
    private static final String NOTHING = hex(sha256(""));
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private SignatureV4() {}

    /**
     * The headers to send, those given included; all but {@code host}, which the client sets itself.
     *
     * @param more headers to sign beside those that signing needs, by lower-case name
     */
    static Map<String, String> headers(
            URI uri, String region, AwsCredentials credentials, Instant now, Map<String, String> more) {
        String time = TIME.format(now);
        String date = time.substring(0, 8);
        TreeMap<String, String> signed = new TreeMap<>(more);
        signed.put("host", uri.getRawAuthority());
        signed.put("x-amz-content-sha256", NOTHING);
        signed.put("x-amz-date", time);
        credentials.token().ifPresent(token -> signed.put("x-amz-security-token", token));
        String names = String.join(";", signed.keySet());
        StringBuilder canonical =
                new StringBuilder("GET\n").append(uri.getRawPath()).append("\n\n");
        signed.forEach((name, value) ->
                canonical.append(name).append(':').append(value.strip()).append('\n'));
        canonical.append('\n').append(names).append('\n').append(NOTHING);
        String scope = date + "/" + region + "/s3/aws4_request";
        String toSign = ALGORITHM + "\n" + time + "\n" + scope + "\n" + hex(sha256(canonical.toString()));
        byte[] key = hmac(("AWS4" + credentials.secret()).getBytes(StandardCharsets.UTF_8), date);
        for (String part : new String[] {region, "s3", "aws4_request"}) {
            key = hmac(key, part);
        }
        TreeMap<String, String> headers = new TreeMap<>(signed);
        headers.remove("host");
        headers.put(
                "authorization",
                ALGORITHM + " Credential=" + credentials.keyId() + "/" + scope + ",SignedHeaders=" + names
                        + ",Signature=" + hex(hmac(key, toSign)));
        return headers;
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(new SecretKeySpec(key, MAC));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
