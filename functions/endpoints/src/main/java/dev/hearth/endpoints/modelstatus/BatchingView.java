package dev.hearth.endpoints.modelstatus;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the requests of one model are batched and why, as JSON. Times are milliseconds.
 *
 * @param batching {@code self-tuning}, {@code tensorflow-serving} or {@code off}
 * @param summary a sentence for people
 * @param threads batches that can run at once, over all models; only self-tuning
 * @param sloMillis latency objective in force
 * @param maxRows most rows of a batch that users allow
 * @param versions that are available, highest first
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record BatchingView(
        String model,
        String batching,
        String summary,
        @Nullable Integer threads,
        @Nullable Double sloMillis,
        @Nullable Integer maxRows,
        List<Version> versions) {

    /**
     * One version.
     *
     * @param summary where there are no kinds to tell of
     * @param kinds of requests that it was asked or measured with
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Version(long version, @Nullable String summary, @Nullable List<Kind> kinds) {}

    /**
     * Requests that may share a batch.
     *
     * @param kind inputs, types, row shapes and outputs, by the names of the runtime
     * @param rows {@code independent}, {@code dependent}, {@code unknown}, or {@code watched}: only equal requests met yet
     */
    public record Kind(
            String kind, String summary, String rows, Profile profile, Now now, Done done, Prediction prediction) {}

    /**
     * What was learned.
     *
     * @param source of the times it began with: {@code measured}, {@code kept}, {@code older_version},
     *     {@code similar_requests} or {@code service}
     * @param bestRows of a batch if no request had a deadline
     * @param bestAtOnce batches at once then
     * @param millisByRows how long a batch takes alone, by its size; powers of two
     * @param slowdowns how many times longer a batch takes as one of 1, 2, 3 ... at once
     */
    public record Profile(
            String source, int bestRows, int bestAtOnce, Map<Integer, Double> millisByRows, List<Double> slowdowns) {}

    /**
     * What is decided now.
     *
     * @param batchRows the largest batch
     * @param mostRows of a batch, since more could not be run; absent where that was not seen lately
     * @param atOnce batches at once
     * @param pace how many times longer than the profile says batches take just now
     * @param usualMillis that requests leave until their deadlines; absent while none had any
     * @param waitingRows in the queue
     * @param running batches
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Now(
            int batchRows,
            @Nullable Integer mostRows,
            int atOnce,
            double pace,
            @Nullable Double usualMillis,
            long waitingRows,
            int running) {}

    /**
     * What was done since the version was loaded.
     *
     * @param startsByReason batches, by why they were started
     * @param refusalsByReason requests, by why they were not taken in or not run
     */
    public record Done(
            long batches,
            long rows,
            double meanRows,
            Map<String, Long> startsByReason,
            Map<String, Long> refusalsByReason) {}

    /**
     * Predicted against actual ends of batches.
     *
     * @param meanErrorMillis lately; positive where batches end later than predicted
     * @param deviationMillis from that mean, on the average
     * @param marginMillis kept beside predictions when a request is taken in or refused
     * @param answers given
     * @param late of these, after their deadline
     */
    public record Prediction(
            double meanErrorMillis, double deviationMillis, double marginMillis, long answers, long late) {}
}
