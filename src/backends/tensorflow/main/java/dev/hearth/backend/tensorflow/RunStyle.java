package dev.hearth.backend.tensorflow;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_Buffer;

/** Chooses how each run is done; shared by all sessions of a model. */
record RunStyle(InlineRuns choice, Ticker ticker) {

    /** Short enough that overshooting a deadline by one run does not matter, and that ops need not overlap. */
    static final long SHORT_NANOS = Duration.ofMillis(1).toNanos();

    /** Leaving the calling thread takes more than coming to it, so that plans do not swing. */
    static final long LONG_NANOS = 4 * SHORT_NANOS;

    /**
     * The options for the next run.
     *
     * @throws ServingException DEADLINE_EXCEEDED when it is too late to begin
     */
    @Nullable
    TF_Buffer optionsFor(RunTimes times, Deadline deadline) {
        long remaining = deadline.remainingNanos(ticker);
        if (remaining <= 0) {
            throw ServingException.deadlineExceeded("Timed out waiting for notification");
        }
        boolean inline =
                switch (choice) {
                    case ALWAYS -> true;
                    case NEVER -> false;
                    case AUTO -> times.areShort();
                };
        return inline ? RunOptionsBuffers.inline() : RunOptionsBuffers.pooled(remaining);
    }
}
