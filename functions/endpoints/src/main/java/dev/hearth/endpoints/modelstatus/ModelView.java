package dev.hearth.endpoints.modelstatus;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.hearth.endpoints.metrics.MicrometerServingMetrics.BatchTotals;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one model, as JSON.
 *
 * @param model name
 * @param configured whether the configuration in force names it
 * @param ready whether a request that names no version would be run
 * @param labels labels and the versions they point to
 * @param residency of a model that is loaded on demand
 * @param canary of a model whose candidate version is tried out
 * @param versions highest first
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelView(
        String model,
        boolean configured,
        boolean ready,
        Map<String, Long> labels,
        @Nullable ResidencyView residency,
        @Nullable CanaryView canary,
        List<VersionView> versions) {

    /**
     * How a model that is loaded on demand is held.
     *
     * @param wanted whether it is loaded, or being loaded
     * @param pinned whether it stays then
     * @param idleTtlMillis how long after its last request it is unloaded; absent for never by time
     * @param idleMillis since its last request; absent where there was none
     * @param held requests that wait for it
     * @param loads how often it was asked to be loaded
     * @param evictions how often it was asked to leave
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record ResidencyView(
            boolean wanted,
            boolean pinned,
            @Nullable Long idleTtlMillis,
            @Nullable Long idleMillis,
            int held,
            long loads,
            long evictions) {}

    /**
     * One version.
     *
     * @param state Hearth's own, finer than TensorFlow Serving's
     * @param since when it entered the state, ISO 8601
     * @param attempts loads begun so far
     * @param loadMillis how long the successful load took
     * @param healing of a version that has stopped working since it was loaded, whether or not it works again
     * @param serving only while it is available
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record VersionView(
            long version,
            String state,
            String since,
            int attempts,
            @Nullable Long loadMillis,
            @Nullable Long warmupMillis,
            @Nullable Problem error,
            @Nullable Healing healing,
            @Nullable Serving serving) {}

    /**
     * A version that stopped working and was, or is being, opened anew.
     *
     * @param phase SERVING, HEALING (being opened anew, requests are refused), BROKEN (waiting for the next try) or HUNG (too
     *     many of its runs do not come back, requests are refused)
     * @param reason what it, or the last try, failed with; absent while it serves
     * @param heals how often it worked again afterwards
     * @param failedTries since it worked last
     * @param hung runs that do not come back
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Healing(String phase, @Nullable Problem reason, int heals, int failedTries, int hung) {}

    /** The last failure. */
    public record Problem(String code, String message) {}

    /**
     * What only a loaded version can tell.
     *
     * @param device e.g. {@code CPU:0}
     * @param memoryBytes main memory it is believed to hold
     * @param deviceMemoryBytes memory of the accelerator
     * @param batching what batching has done so far
     * @param signatures by name
     */
    public record Serving(
            String device,
            long memoryBytes,
            long deviceMemoryBytes,
            BatchTotals batching,
            Map<String, SignatureView> signatures) {}

    /** One signature: its method and its tensors by alias, each as dtype and shape. */
    public record SignatureView(String method, Map<String, String> inputs, Map<String, String> outputs) {}
}
