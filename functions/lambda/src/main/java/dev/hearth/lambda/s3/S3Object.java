package dev.hearth.lambda.s3;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * One object on S3.
 *
 * @param bucket its bucket
 * @param key without a slash at the beginning
 */
record S3Object(String bucket, String key) {

    private static final String SCHEME = "s3://";
    private static final String UNRESERVED = "-._~/";

    S3Object {
        if (bucket.isEmpty() || key.isEmpty()) {
            throw new IllegalArgumentException("An object on S3 is named s3://BUCKET/KEY");
        }
    }

    /** @throws IllegalArgumentException when the text is no {@code s3://BUCKET/KEY} */
    static S3Object parse(String text) {
        int slash = text.indexOf('/', SCHEME.length());
        if (!text.startsWith(SCHEME) || slash < 0) {
            throw new IllegalArgumentException("An object on S3 is named s3://BUCKET/KEY, not " + text);
        }
        return new S3Object(text.substring(SCHEME.length(), slash), text.substring(slash + 1));
    }

    /**
     * Where it is.
     *
     * @param endpoint another server than Amazon's, which then is asked by path
     */
    URI uri(String region, Optional<URI> endpoint) {
        String path = "/" + encode(key);
        return endpoint.map(
                        server -> URI.create(server.toString().replaceFirst("/$", "") + "/" + encode(bucket) + path))
                .orElseGet(() -> bucket.contains(".")
                        // The certificate has one level of names.
                        ? URI.create("https://s3." + region + ".amazonaws.com/" + bucket + path)
                        : URI.create("https://" + bucket + ".s3." + region + ".amazonaws.com" + path));
    }

    /** Percent-encoding as Signature Version 4 has it. */
    private static String encode(String text) {
        StringBuilder encoded = new StringBuilder(text.length());
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            boolean plain = c < 128 && (Character.isLetterOrDigit(c) || UNRESERVED.indexOf(c) >= 0);
            if (plain) {
                encoded.append(c);
            } else {
                encoded.append(String.format("%%%02X", (int) c));
            }
        }
        return encoded.toString();
    }
}
