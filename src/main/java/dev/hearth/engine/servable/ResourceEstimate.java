package dev.hearth.engine.servable;

/**
 * Memory that a version takes, an upper bound.
 *
 * @param hostBytes main memory
 * @param deviceBytes memory of the accelerator; 0 on the CPU
 */
public record ResourceEstimate(long hostBytes, long deviceBytes) {

    public static final ResourceEstimate NONE = new ResourceEstimate(0, 0);

    public ResourceEstimate {
        if (hostBytes < 0 || deviceBytes < 0) {
            throw new IllegalArgumentException("negative resources: " + hostBytes + ", " + deviceBytes);
        }
    }

    public ResourceEstimate plus(ResourceEstimate other) {
        return new ResourceEstimate(hostBytes + other.hostBytes, deviceBytes + other.deviceBytes);
    }
}
