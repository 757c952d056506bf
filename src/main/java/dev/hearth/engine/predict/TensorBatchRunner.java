package dev.hearth.engine.predict;

import dev.hearth.engine.batching.Batch;
import dev.hearth.engine.batching.BatchRunner;
import dev.hearth.engine.batching.BatchingOptions;
import dev.hearth.engine.batching.Slice;
import dev.hearth.engine.error.RefusedException;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.RunPhases;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Ticker;
import dev.hearth.engine.trace.CallTrace;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs the batches of one loaded servable. A request gets the answer it would have got alone: a failing batch is run
 * again in halves until only the requests that are at fault fail, and where outputs cannot be cut apart by rows each
 * request is run by itself, from then on without batching.
 *
 * <p>Where TensorFlow Serving fails the whole batch instead, this costs at most two runs more a request. When it looks as
 * if nothing would succeed, the rest is run one by one until something does, so that a model that fails everything costs
 * about what it would without batching: one run of its own rows for each request, less those that do not wait any more.
 * No request fails for what is wrong with another. Thread-safe.
 */
final class TensorBatchRunner implements BatchRunner<TensorTask> {

    /** So many requests of a batch failing alone, and none succeeding, mean that running the others together is in vain. */
    private static final int HOPELESS = 64;

    /** Clients choose what to fetch, so what is remembered of that is bounded. */
    private static final int MOST_UNBATCHABLE = 256;

    private final BatchingOptions options;
    private final Ticker ticker;
    private final IntConsumer tooManyRows;
    private final Set<List<String>> unbatchable = ConcurrentHashMap.newKeySet();
    private volatile RowFinding finding;

    /** As users asked for it: whether rows may share a batch is their business. */
    TensorBatchRunner(BatchingOptions options, Ticker ticker) {
        this(options, RowFinding.ROWWISE, rows -> {}, ticker);
    }

    /**
     * @param finding how much is known of whether rows depend on each other; until it is enough, batches are checked
     * @param tooManyRows told, on batch threads, of how many rows could not be run together while their halves could
     */
    TensorBatchRunner(BatchingOptions options, RowFinding finding, IntConsumer tooManyRows, Ticker ticker) {
        this.options = options;
        this.ticker = ticker;
        this.tooManyRows = tooManyRows;
        this.finding = finding;
    }

    RowFinding finding() {
        return finding;
    }

    /** Whether a run of these fetches has shown that its outputs cannot be cut apart by rows. */
    boolean isUnbatchable(List<String> fetches) {
        return !unbatchable.isEmpty() && unbatchable.contains(fetches);
    }

    /** How the parts of one batch have fared so far. */
    private static final class Record {
        private int failedAlone;
        private boolean anySuccess;
        private int runs;

        boolean hopeless() {
            return failedAlone >= HOPELESS && !anySuccess;
        }
    }

    /** What a run gave: outputs, or an error. */
    private record Outcome(List<Tensor> outputs, @Nullable ServingException error) {}

    @Override
    public boolean run(Batch<TensorTask> batch) {
        long now = ticker.nanos();
        for (Slice<TensorTask> slice : batch.slices()) {
            slice.task().metrics().queued(now - slice.enqueuedNanos());
            slice.task().trace().queued(slice.enqueuedNanos(), now);
        }
        List<Slice<TensorTask>> slices = batch.slices();
        if (options.padVariableLengthInputs() && slices.size() > 1) {
            slices = MergedRun.withoutEmpty(slices);
        }
        Record record = new Record();
        if (!slices.isEmpty()) {
            if (finding == RowFinding.ROWWISE || mayBeJoined(slices, record)) {
                attempt(slices, record);
            } else {
                record.runs++;
                slices.forEach(slice -> attempt(List.of(slice), record));
            }
        }
        return record.runs == 1;
    }

    @Override
    public void abandon(Batch<TensorTask> batch, Thread thread) {
        batch.slices().get(0).task().handle().servable().quarantine(thread);
        batch.slices().forEach(slice -> slice.task().abandon(HungRun.error()));
    }

    /** Whether requests of this kind may be answered together: looks for two that show it, at best different ones. */
    private boolean mayBeJoined(List<Slice<TensorTask>> slices, Record record) {
        Slice<TensorTask> first = slices.get(0);
        if (slices.size() == 1 || finding == RowFinding.DEPENDENT) {
            return slices.size() == 1;
        }
        Slice<TensorTask> other = null;
        for (int i = 1; i < slices.size() && other == null; i++) {
            boolean different = !RowwiseCheck.sameInputs(
                    first.task().request(), slices.get(i).task().request());
            other = different ? slices.get(i) : null;
        }
        if (other == null && finding == RowFinding.EQUAL_REQUESTS_ONLY) {
            return true;
        }
        other = other == null ? slices.get(1) : other;
        if (!first.task().begin()) {
            return false;
        }
        record.runs++;
        try {
            RowFinding found = RowwiseCheck.compare(
                    first.task().handle().servable()::run,
                    first.task().request(),
                    other.task().request());
            if (found == RowFinding.UNKNOWN) {
                tooManyRows.accept(first.task().size() + other.task().size());
                return false;
            }
            finding = found;
        } catch (RuntimeException e) {
            // One of them fails alone; that says nothing about the others, and they are run one by one this time.
            return false;
        } finally {
            first.task().end();
        }
        return finding != RowFinding.DEPENDENT;
    }

    /** @return whether one run has answered all of them */
    private boolean attempt(List<Slice<TensorTask>> wanted, Record record) {
        List<Slice<TensorTask>> slices =
                wanted.stream().filter(slice -> slice.task().begin()).toList();
        if (slices.isEmpty()) {
            return false;
        }
        record.runs++;
        MergedRun merged;
        Outcome outcome;
        long mergeNanos = ticker.nanos();
        try {
            merged = MergedRun.of(slices, options, finding == RowFinding.ROWWISE);
            TensorTask first = slices.get(0).task();
            first.metrics().batch(merged.rows(), merged.padding());
            outcome = run(first, merged.request(), merged, followed(slices), mergeNanos);
        } finally {
            slices.forEach(slice -> slice.task().end());
        }
        if (outcome.error != null) {
            record.runs++;
            failed(slices, outcome.error, record);
            return false;
        }
        List<Tensor> outputs = outcome.outputs;
        record.anySuccess = true;
        ServingException mismatch = merged.mismatch(outputs);
        if (mismatch == null) {
            executed(slices.get(0).task(), slices.size(), merged.rows());
            merged.deal(outputs);
            return slices.size() == wanted.size();
        }
        if (unbatchable.size() < MOST_UNBATCHABLE) {
            unbatchable.add(merged.request().fetches());
        }
        boolean alone = slices.size() == 1 && merged.padding() == 0;
        for (Slice<TensorTask> slice : slices) {
            if (!slice.whole()) {
                slice.task().fail(mismatch);
            } else if (alone) {
                executed(slice.task(), 1, slice.rows());
                slice.task().complete(outputs);
            } else {
                record.runs++;
                single(slice.task());
            }
        }
        return false;
    }

    /** Tells of this thread's last run. */
    private static void executed(TensorTask task, int requests, int rows) {
        RunPhases phases = RunPhases.here();
        task.metrics().executed(requests, rows, phases.inputNanos(), phases.modelNanos(), phases.outputNanos());
    }

    /** @param preparedFrom reading of the clock when its inputs began to be put together */
    private Outcome run(
            TensorTask task,
            RunRequest request,
            @Nullable MergedRun merged,
            List<CallTrace> followed,
            long preparedFrom) {
        RunPhases phases = RunPhases.here();
        phases.begin(ticker, preparedFrom);
        long begunNanos = ticker.nanos();
        List<Tensor> outputs = List.of();
        ServingException error = null;
        try {
            outputs = task.handle().servable().run(request);
        } catch (Throwable t) {
            error = ServingException.from(t);
        }
        long endedNanos = ticker.nanos();
        phases.end(endedNanos);
        task.metrics().ran(endedNanos - begunNanos);
        if (!followed.isEmpty()) {
            int rows = merged == null ? task.size() : merged.rows();
            int padding = merged == null ? 0 : merged.padding();
            followed.get(0).ran(begunNanos, endedNanos, rows, padding, followed);
        }
        return new Outcome(outputs, error);
    }

    /** Hardly any request is followed, so that nothing is made for the others. */
    private static List<CallTrace> followed(List<Slice<TensorTask>> slices) {
        List<CallTrace> followed = List.of();
        for (Slice<TensorTask> slice : slices) {
            CallTrace trace = slice.task().trace();
            if (trace != CallTrace.NONE) {
                followed = followed.isEmpty() ? new ArrayList<>() : followed;
                if (!followed.contains(trace)) {
                    followed.add(trace);
                }
            }
        }
        return followed;
    }

    private void failed(List<Slice<TensorTask>> slices, ServingException error, Record record) {
        if (slices.size() == 1) {
            record.failedAlone++;
        }
        if (slices.size() == 1 || isAboutTheServer(error)) {
            slices.forEach(slice -> slice.task().fail(error));
            return;
        }
        int half = slices.size() / 2;
        boolean first = again(slices.subList(0, half), record);
        boolean second = again(slices.subList(half, slices.size()), record);
        if (first && second && mayBeForItsSize(error)) {
            tooManyRows.accept(slices.stream().mapToInt(Slice::rows).sum());
        }
    }

    /**
     * Such errors say nothing about a request: running its half again would only add load. A runtime that lacks memory is
     * not among them, since one request can be what takes it.
     */
    static boolean isAboutTheServer(ServingException error) {
        return error instanceof RefusedException
                || switch (error.code()) {
                    case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED -> true;
                    default -> false;
                };
    }

    /** Whether a batch may have failed with that for its size: for lack of memory, or because the model checks it. */
    private static boolean mayBeForItsSize(ServingException error) {
        return switch (error.code()) {
            case RESOURCE_EXHAUSTED, INVALID_ARGUMENT -> true;
            default -> false;
        };
    }

    /** @return whether one run has answered all of them */
    private boolean again(List<Slice<TensorTask>> slices, Record record) {
        int from = 0;
        while (record.hopeless() && from < slices.size() - 1) {
            Slice<TensorTask> next = slices.get(from++);
            if (stillWanted(next.task())) {
                attempt(List.of(next), record);
            }
        }
        List<Slice<TensorTask>> waited = slices.stream()
                .skip(from)
                .filter(slice -> stillWanted(slice.task()))
                .toList();
        return !waited.isEmpty() && attempt(waited, record) && waited.size() == slices.size();
    }

    private boolean stillWanted(TensorTask task) {
        if (!task.unwanted() && task.deadline().passed(ticker)) {
            task.fail(ServingException.deadlineExceeded("Timed out waiting for notification"));
        }
        return !task.unwanted();
    }

    private void single(TensorTask task) {
        if (!stillWanted(task) || !task.begin()) {
            return;
        }
        boolean unfollowed = task.trace() == CallTrace.NONE;
        Outcome outcome =
                run(task, task.request(), null, unfollowed ? List.of() : List.of(task.trace()), ticker.nanos());
        task.end();
        if (outcome.error == null) {
            executed(task, 1, Math.max(1, task.request().rows()));
            task.complete(outcome.outputs);
        } else {
            task.fail(outcome.error);
        }
    }
}
