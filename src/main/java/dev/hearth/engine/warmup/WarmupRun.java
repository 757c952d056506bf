package dev.hearth.engine.warmup;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.predict.BatchKey;
import dev.hearth.engine.predict.Predictor;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.Servable;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Ticker;
import dev.hearth.engine.warmup.RecordedRequests.Recording;
import dev.hearth.engine.warmup.WarmupReport.Source;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** One warm-up of one loaded version, in the calling thread and past all queues. */
final class WarmupRun {

    private static final Logger LOG = Logger.getLogger(WarmupRun.class);

    /** Each is measured before the version serves, which takes time. */
    private static final int MOST_SAMPLES = 8;

    private final WarmupOptions options;
    private final ServableHandle handle;
    private final ServingMetrics metrics;
    private final Ticker ticker;
    private final long begunNanos;
    private final WarmupTally tally = new WarmupTally();
    private final Map<BatchKey, RunRequest> samples = new LinkedHashMap<>();
    private int records;
    private int failures;
    private final Predictor predictor = new Predictor(this::runHere);

    WarmupRun(WarmupOptions options, ServableId id, Servable servable, ServingMetrics metrics, Ticker ticker) {
        this.options = options;
        this.metrics = metrics;
        this.handle = new Borrowed(id, servable);
        this.ticker = ticker;
        this.begunNanos = ticker.nanos();
    }

    /** Whoever asks for a warm-up keeps the version loaded; the predictor only wants to see a handle. */
    private record Borrowed(ServableId id, Servable servable) implements ServableHandle {
        @Override
        public void close() {}
    }

    /** What synthetic requests of a single row become, without running any; whether they can be answered is not known. */
    static List<RunRequest> madeUp(ServableId id, Servable servable) {
        List<RunRequest> requests = new ArrayList<>();
        Predictor catching = new Predictor((handle, request, signature) -> {
            requests.add(request);
            return CompletableFuture.failedFuture(ServingException.cancelled("not wanted"));
        });
        for (WarmupPlan.Step step : WarmupPlan.synthetic(servable.signatures().values(), List.of())) {
            if (requests.size() < MOST_SAMPLES) {
                var unused = step.request().ask(catching, new Borrowed(id, servable));
            }
        }
        return List.copyOf(requests);
    }

    private CompletableFuture<List<Tensor>> runHere(
            ServableHandle handle, RunRequest request, SignatureMetrics signature) {
        try {
            List<Tensor> outputs = handle.servable().run(request);
            if (samples.size() < MOST_SAMPLES) {
                samples.putIfAbsent(new BatchKey(this, request, false), request);
            }
            return CompletableFuture.completedFuture(outputs);
        } catch (Throwable t) {
            return CompletableFuture.failedFuture(ServingException.from(t));
        }
    }

    /** One request of each kind that was run and answered, the first of them. */
    List<RunRequest> samples() {
        return List.copyOf(samples.values());
    }

    /** Runs what was recorded; the first failure ends it, unless failures are warnings only. */
    WarmupReport recorded(Recording recording) {
        LOG.infof(
                "Starting to read warmup data for model at %s with model-warmup-options num_request_iterations: %d",
                recording.location(), options.iterations());
        String outcome = ErrorCode.INTERNAL.name();
        try {
            replay(recording);
            outcome = ServingMetrics.OK;
        } catch (ServingException e) {
            outcome = e.code().name();
            throw e;
        } finally {
            metrics.warmupRead(handle.id(), records, outcome);
        }
        WarmupReport report = report(Source.RECORDED);
        LOG.infof(
                "Finished reading warmup data for model at %s. Number of warmup records read: %d."
                        + " Elapsed time (microseconds): %d.",
                recording.location(), records, report.took().toNanos() / 1000);
        if (failures > 1) {
            LOG.warnf("%d warmup requests of %s failed", failures, recording.location());
        }
        return report;
    }

    private void replay(Recording recording) {
        while (recording.hasNext()) {
            WarmupRequest request = recording.next();
            if (++records > WarmupOptions.MOST_RECORDS) {
                throw ServingException.invalidArgument("Number of warmup records exceeds the maximum ("
                        + WarmupOptions.MOST_RECORDS + ") at " + recording.location());
            }
            ServingException failure = null;
            for (int i = 0; i < options.iterations() && failure == null; i++) {
                failure = run(request.signature(), request.rows(), request);
            }
            if (failure != null) {
                String text = "Warmup request " + records + " of " + recording.location() + " failed: "
                        + failure.getMessage();
                if (!options.warnOnly()) {
                    throw new ServingException(failure.code(), text);
                }
                if (failures++ == 0) {
                    LOG.warn(text);
                }
            }
        }
    }

    /** Runs made-up requests until the limit; failures are only reported, and end it for their signature. */
    WarmupReport synthetic(Collection<Integer> batchSizes) {
        List<WarmupPlan.Step> steps =
                WarmupPlan.synthetic(handle.servable().signatures().values(), batchSizes);
        Set<String> failed = new HashSet<>();
        for (WarmupPlan.Step step : steps) {
            if (failed.contains(step.signature())) {
                continue;
            }
            if (ticker.nanos() - begunNanos >= options.syntheticLimit().toNanos()) {
                break;
            }
            ServingException failure = run(step.signature(), step.rows(), step.request());
            if (failure != null) {
                failed.add(step.signature());
                LOG.debugf("Synthetic warm-up of %s, signature %s: %s", handle.id(), step.signature(), failure);
            }
        }
        return report(Source.SYNTHETIC);
    }

    WarmupReport report(Source source) {
        List<WarmupReport.Line> lines = tally.lines();
        Duration took = Duration.ofNanos(ticker.nanos() - begunNanos);
        return new WarmupReport(handle.id(), lines.isEmpty() ? Source.NONE : source, lines, took);
    }

    private @Nullable ServingException run(String signature, long rows, WarmupRequest request) {
        long begun = ticker.nanos();
        ServingException failure = null;
        try {
            request.ask(predictor, handle).join();
        } catch (CompletionException e) {
            failure = ServingException.from(e);
        }
        tally.add(signature, rows, ticker.nanos() - begun, failure == null ? "" : failure.getMessage());
        return failure;
    }
}
