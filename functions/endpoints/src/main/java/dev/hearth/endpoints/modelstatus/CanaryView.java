package dev.hearth.endpoints.modelstatus;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.hearth.engine.canary.CanaryCounts.Tally;
import dev.hearth.engine.canary.CanaryStatus;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How the trial of a candidate version goes, as JSON.
 *
 * @param mode {@code split} or {@code shadow}
 * @param share of the requests that name no version
 * @param byHeader whose equal values go the same way; absent where chance decides
 * @param state {@code waiting} for two versions, {@code running} or {@code rolled_back}
 * @param reason of being rolled back
 * @param candidate version that is, or was, tried out
 * @param stable version beside it
 * @param candidateRequests asked of the candidate, copies included
 * @param stableRequests asked of the version beside it
 * @param compared answers
 * @param different of these
 * @param lastDifference in a sentence
 * @param skippedCopies that were not sent since too many were under way
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CanaryView(
        String mode,
        double share,
        @Nullable String byHeader,
        String state,
        @Nullable String reason,
        @Nullable Long candidate,
        @Nullable Long stable,
        Requests candidateRequests,
        Requests stableRequests,
        long compared,
        long different,
        @Nullable String lastDifference,
        long skippedCopies) {

    /** Requests since the candidate came, older ones counting less. */
    public record Requests(long requests, long errors, double meanMillis) {

        static Requests of(Tally tally) {
            return new Requests(tally.requests(), tally.errors(), BatchingSentences.millis(tally.meanNanos()));
        }
    }

    static CanaryView of(CanaryStatus status) {
        boolean complete = status.candidate().isPresent();
        return new CanaryView(
                status.options().mode().name().toLowerCase(Locale.ROOT),
                status.options().share(),
                textOrNull(status.options().header()),
                !status.rolledBack().isEmpty() ? "rolled_back" : complete ? "running" : "waiting",
                textOrNull(status.rolledBack()),
                numberOrNull(status.candidate()),
                numberOrNull(status.stable()),
                Requests.of(status.counts().candidate()),
                Requests.of(status.counts().stable()),
                status.counts().compared(),
                status.counts().different(),
                textOrNull(status.lastDifference()),
                status.skipped());
    }

    private static @Nullable String textOrNull(String text) {
        return text.isEmpty() ? null : text;
    }

    private static @Nullable Long numberOrNull(OptionalLong number) {
        return number.isPresent() ? number.getAsLong() : null;
    }
}
