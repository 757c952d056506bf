package dev.hearth.endpoints.access;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 of a credential. Keys are long and random, so a plain hash cannot be turned back, and comparing hashes tells
 * nothing about keys; {@link #equals} takes the same time for all the same.
 */
record KeyDigest(long a, long b, long c, long d) {

    /** {@code sha256:} and 64 hexadecimal digits. */
    static final String PREFIX = "sha256:";

    private static final int BYTES = 32;

    static KeyDigest of(String credential) {
        try {
            return read(MessageDigest.getInstance("SHA-256").digest(credential.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** @throws IllegalArgumentException when the text is no hash; it does not repeat the text, which may be a key */
    static KeyDigest parse(String text) {
        if (!text.startsWith(PREFIX) || text.length() != PREFIX.length() + 2 * BYTES) {
            throw new IllegalArgumentException("a key is written as sha256: and 64 hexadecimal digits");
        }
        return read(HexFormat.of().parseHex(text, PREFIX.length(), text.length()));
    }

    private static KeyDigest read(byte[] bytes) {
        ByteBuffer hash = ByteBuffer.wrap(bytes);
        return new KeyDigest(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof KeyDigest o && ((a ^ o.a) | (b ^ o.b) | (c ^ o.c) | (d ^ o.d)) == 0;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(a);
    }
}
