package dev.hearth.endpoints.metrics;

import dev.hearth.engine.error.ErrorCode;
import org.jspecify.annotations.Nullable;

/** What the endpoints report of each call, in TensorFlow Serving's terms. Thread-safe; never blocks or throws. */
public interface RequestMeters {

    /** Reports nothing: TensorFlow Serving's metrics page is off. */
    RequestMeters NONE = (model, api, entrypoint, error, nanos) -> {};

    /**
     * A call was answered.
     *
     * @param model the name in the request; empty where none could be read
     * @param api {@code Predict}, {@code Classify}, {@code Regress} on gRPC, in lower case on REST; empty for other calls
     * @param entrypoint {@code GRPC} or {@code REST}
     * @param error null for success
     * @param nanos from the first byte read to the answer
     */
    void answered(String model, String api, String entrypoint, @Nullable ErrorCode error, long nanos);
}
