package dev.hearth.endpoints.codec.json;

/**
 * What one request may make Hearth allocate.
 *
 * @param tensorBytes most bytes of all tensors together; checked before the memory is taken
 */
public record JsonLimits(long tensorBytes) {

    public static final JsonLimits DEFAULT = new JsonLimits(512L << 20);

    public JsonLimits {
        if (tensorBytes < 1) {
            throw new IllegalArgumentException("limit of " + tensorBytes + " bytes");
        }
    }
}
