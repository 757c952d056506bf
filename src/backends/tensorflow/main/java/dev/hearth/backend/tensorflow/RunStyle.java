package dev.hearth.backend.tensorflow;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_Buffer;

/** Chooses how each run is done; shared by all sessions of a model. */
record RunStyle(InlineRuns choice, Ticker ticker) {

    /**
     * The options for the next run.
     *
     * @param elements of all its inputs together
     * @throws ServingException DEADLINE_EXCEEDED when it is too late to begin
     */
    @Nullable
    TF_Buffer optionsFor(RunTimes times, long elements, Deadline deadline) {
        long remaining = deadline.remainingNanos(ticker);
        if (remaining <= 0) {
            throw ServingException.deadlineExceeded("Timed out waiting for notification");
        }
        boolean inline =
                switch (choice) {
                    case ALWAYS -> true;
                    case NEVER -> false;
                    case AUTO -> times.areShort(elements);
                };
        return inline ? RunOptionsBuffers.inline() : RunOptionsBuffers.pooled(remaining);
    }
}
