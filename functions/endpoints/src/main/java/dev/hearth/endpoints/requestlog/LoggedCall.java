package dev.hearth.endpoints.requestlog;

import dev.hearth.protocol.serving.PredictionLog;
import java.time.Instant;

/** One answered call that is to be logged. Immutable; turned into its record by the thread that writes it. */
public interface LoggedCall {

    LoggedCall NONE = new LoggedCall() {
        @Override
        public long bytes() {
            return 0;
        }

        @Override
        public PredictionLog record(double rate, Instant when) {
            return PredictionLog.getDefaultInstance();
        }
    };

    /** Memory that the call holds while it waits, roughly. */
    long bytes();

    /**
     * The record.
     *
     * @param rate at which calls like this are sampled
     * @param when it is written
     */
    PredictionLog record(double rate, Instant when);
}
