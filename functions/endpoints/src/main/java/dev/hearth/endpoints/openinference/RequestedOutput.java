package dev.hearth.endpoints.openinference;

import dev.hearth.engine.error.ServingException;
import java.util.Optional;

/**
 * An output that a request asks for, and in which form.
 *
 * @param binary whether it is wanted as plain bytes; empty leaves it to the request
 * @param classes how many of the largest elements of each row are wanted with their index and label; 0 = the tensor
 * @param base64 whether BYTES are wanted as base64 in JSON
 * @param region where in shared memory to put it, instead of into the answer
 */
public record RequestedOutput(
        String name, Optional<Boolean> binary, int classes, boolean base64, Optional<RegionSlice> region) {

    /** The output as it is. */
    public static RequestedOutput plain(String name) {
        return new RequestedOutput(name, Optional.empty(), 0, false, Optional.empty());
    }

    /** @throws ServingException INVALID_ARGUMENT naming the output */
    public static RequestedOutput of(String name, InferParameters parameters) {
        if (name.isEmpty()) {
            throw ServingException.invalidArgument("a requested output has no name");
        }
        long classes = parameters.count("classification").orElse(0L);
        Optional<RegionSlice> region = RegionSlice.of(parameters);
        if (classes > 0 && region.isPresent()) {
            throw ServingException.invalidArgument(
                    "shared memory is not supported for the classification of " + parameters.what());
        }
        return new RequestedOutput(
                name,
                parameters.flagIf("binary_data"),
                (int) Math.min(classes, Integer.MAX_VALUE),
                parameters.text("content_type").filter("base64"::equals).isPresent(),
                region);
    }
}
