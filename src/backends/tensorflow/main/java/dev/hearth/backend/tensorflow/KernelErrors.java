package dev.hearth.backend.tensorflow;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.Feed;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Tells requests of impossible sizes from trouble of the server where TensorFlow does not.
 *
 * <p>Its oneDNN kernels report whatever oneDNN throws as ABORTED, with oneDNN's status in the text ({@code Compute
 * received an exception:Status: 2, message: ...}). Status 2 is {@code dnnl_invalid_arguments}: a pooling window that does
 * not fit into a picture of one pixel, for instance. As the graph is fixed, the sizes that were fed are what is invalid.
 * The other statuses (memory, a missing implementation, a failure at run time) are not the client's.
 */
final class KernelErrors {

    private static final Pattern INVALID_SIZES = Pattern.compile("received an exception: ?Status: 2,");

    private KernelErrors() {}

    /** The error to answer with for a run of these feeds that failed with this one. */
    static ServingException ofRun(List<Feed> feeds, ServingException error) {
        if (error.code() != ErrorCode.ABORTED
                || !INVALID_SIZES.matcher(error.getMessage()).find()) {
            return error;
        }
        String shapes = feeds.stream()
                .map(feed -> feed.tensorName() + " " + feed.value().shape())
                .collect(Collectors.joining(", "));
        return new ServingException(
                ErrorCode.INVALID_ARGUMENT,
                "The model's graph cannot compute inputs of these shapes: " + shapes + ". " + error.getMessage(),
                error);
    }
}
