package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.codec.json.JsonLimits;
import java.time.Duration;

/**
 * How the REST side behaves.
 *
 * @param timeout deadline of a call, from its arrival
 * @param bodyBytes longest body as sent
 * @param decompressedBytes longest body after decompression
 * @param inFlightBytes bodies of all calls that are being answered
 * @param json what one body may make Hearth allocate
 * @param cors whether answers carry CORS headers
 * @param gzipFromBytes shortest answer to compress for clients that accept gzip; 0 = never
 */
public record RestOptions(
        Duration timeout,
        int bodyBytes,
        int decompressedBytes,
        long inFlightBytes,
        JsonLimits json,
        boolean cors,
        int gzipFromBytes) {

    public static final RestOptions DEFAULTS = new RestOptions(
            Duration.ofSeconds(30), 128 << 20, 128 << 20, 1L << 30, JsonLimits.DEFAULT, false, 16 << 10);

    public RestOptions {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("REST timeout " + timeout);
        }
        if (bodyBytes < 1 || decompressedBytes < 1 || inFlightBytes < 1 || gzipFromBytes < 0) {
            throw new IllegalArgumentException("REST limits must be positive");
        }
    }
}
