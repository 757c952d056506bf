package dev.hearth.endpoints.modelstatus;

import dev.hearth.engine.batching.BatchingOptions;
import dev.hearth.engine.batching.SelfTuningBatchPolicy.Report;
import dev.hearth.engine.batching.ServiceProfile.Measured;
import dev.hearth.engine.predict.RowFinding;
import dev.hearth.engine.predict.SelfTuningExecution.Explained;
import java.time.Duration;
import java.util.Locale;

/** What the batcher does and why, in plain words. */
final class BatchingSentences {

    static final String OFF = "Batching is off: every request runs alone.";
    static final String FIXED = "Batching is as in TensorFlow Serving, by the parameters given; nothing is learned.";
    static final String SELF_TUNING =
            "Batching tunes itself: sizes and numbers at once follow from measured times, for each kind of requests.";
    static final String NO_PARAMETERS = "Not batched: the version brings no batching parameters.";
    static final String NOT_ASKED = "Nothing was measured yet and nothing was asked yet.";

    private BatchingSentences() {}

    static String fixed(BatchingOptions options) {
        return String.format(
                Locale.ROOT,
                "Batches of up to %d rows, run when full or when the first request has waited for %s; %d at once over all"
                        + " models, up to %d waiting.",
                options.maxRowsPerRun(),
                text(millis(options.batchTimeout())),
                options.numBatchThreads(),
                options.maxEnqueuedBatches());
    }

    static String of(Explained kind, int maxRows) {
        Report report = kind.report();
        if (kind.rowwise() == RowFinding.DEPENDENT) {
            return "Never batched: answers to rows were seen to depend on the other rows of a batch.";
        }
        if (!kind.cuttable()) {
            return "Never batched: an output was seen that cannot be cut apart by rows.";
        }
        Measured profile = report.profile();
        if (profile == null) {
            return "Nothing is known yet; the first batches teach how long they take.";
        }
        StringBuilder text = new StringBuilder();
        text.append(report.batchRows() == 1 ? "One row at a time" : "Batches of up to " + report.batchRows() + " rows");
        text.append(report.atOnce() == 1 ? ", one at once" : ", " + report.atOnce() + " at once");
        text.append(", since ").append(sizeReason(report, maxRows));
        text.append("; ").append(atOnceReason(report, profile)).append('.');
        if (kind.padded()) {
            text.append(" They are filled up to powers of two, since the model is compiled for every size.");
        }
        if (kind.rowwise() == RowFinding.UNKNOWN) {
            text.append(" Requests run alone until two have shown that rows do not depend on each other.");
        } else if (kind.rowwise() == RowFinding.EQUAL_REQUESTS_ONLY) {
            text.append(" Only equal requests share batches until different ones have met.");
        }
        return text.toString();
    }

    private static String sizeReason(Report report, int maxRows) {
        Duration usual = report.usualTime();
        if (report.batchRows() < report.bestRows() && usual != null) {
            return "requests leave " + text(millis(usual)) + " and " + report.bestRows()
                    + " rows, which get most done, would take too much of it";
        }
        Integer most = report.mostRows();
        if (most != null && report.batchRows() >= most / 2) {
            return "more than " + most + " could not be run, most likely for lack of memory";
        }
        return report.batchRows() >= maxRows ? "no larger ones are allowed" : "larger ones gain next to nothing";
    }

    private static String atOnceReason(Report report, Measured profile) {
        int best = report.bestAtOnce();
        if (best == 1) {
            return "a second one at once gains nothing";
        }
        double gain = best / profile.slowdowns().get(best - 1);
        String gains = String.format(Locale.ROOT, "%d at once get %.1f times as much done as one", best, gain);
        return report.atOnce() < best ? gains + " but would answer too late" : gains;
    }

    static double millis(Duration duration) {
        return millis((double) duration.toNanos());
    }

    /** Rounded to microseconds: more digits would only look exact. */
    static double millis(double nanos) {
        return Math.round(nanos / 1e3) / 1e3;
    }

    private static String text(double millis) {
        return String.format(Locale.ROOT, "%.1f ms", millis);
    }
}
