package dev.hearth.endpoints.openinference;

import dev.hearth.engine.error.ServingException;
import java.util.Optional;

/**
 * Where in shared memory a tensor is, or is to be put.
 *
 * @param region name that it was registered under
 * @param offset bytes from the region's begin
 * @param byteSize bytes that belong to the tensor
 */
public record RegionSlice(String region, long offset, long byteSize) {

    private static final String REGION = "shared_memory_region";
    private static final String OFFSET = "shared_memory_offset";
    private static final String SIZE = "shared_memory_byte_size";

    /** What a tensor's parameters say; empty where they name no region. */
    public static Optional<RegionSlice> of(InferParameters parameters) {
        Optional<String> region = parameters.text(REGION);
        if (region.isEmpty()) {
            return Optional.empty();
        }
        long size = parameters
                .count(SIZE)
                .orElseThrow(() -> ServingException.invalidArgument(
                        "parameter '" + SIZE + "' of " + parameters.what() + " is missing"));
        return Optional.of(
                new RegionSlice(region.get(), parameters.count(OFFSET).orElse(0L), size));
    }
}
