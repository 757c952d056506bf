package dev.hearth.endpoints.predict;

import dev.hearth.endpoints.codec.json.ByteSink;
import dev.hearth.endpoints.codec.json.ExamplesJson;
import dev.hearth.endpoints.codec.json.InferenceJson;
import dev.hearth.endpoints.codec.json.JsonLimits;
import dev.hearth.endpoints.codec.json.JsonText;
import dev.hearth.endpoints.codec.json.PredictAnswerJson;
import dev.hearth.endpoints.codec.json.PredictJson;
import dev.hearth.endpoints.modelstatus.ModelQueries;
import dev.hearth.endpoints.requestlog.LoggedCalls;
import dev.hearth.endpoints.requestlog.RequestLog;
import dev.hearth.engine.ServingEngine;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.model.ModelName;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.model.VersionSelector;
import dev.hearth.engine.predict.ExamplesRequest;
import dev.hearth.engine.predict.LeasedCall;
import dev.hearth.engine.predict.PredictRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * From a JSON body to the engine, and from the engine's answer to JSON; knows no HTTP. Checks come in TensorFlow
 * Serving's order: syntax, then model and version, then signature, then values.
 *
 * <p>Thread rule: reads the body in the calling thread, so call it where that may take as long as the body is big. The
 * future completes on a run thread; {@link Answer#write} is for the thread that wants the text. Cancelling the future
 * drops work that has not begun.
 */
public final class RestCalls {

    private final ServingEngine engine;
    private final JsonLimits limits;
    private final Executor workers;
    private final RequestLog log;

    /**
     * @param workers where a body is read on when its model had to be waited for
     */
    public RestCalls(ServingEngine engine, JsonLimits limits, Executor workers, RequestLog log) {
        this.log = log;
        this.engine = engine;
        this.limits = limits;
        this.workers = workers;
    }

    /** An answer that is not yet text. */
    public interface Answer {

        /** About as many bytes as the text will have. */
        long roughSize();

        /**
         * The text.
         *
         * @throws ServingException when JSON cannot tell it
         */
        ByteSink write();
    }

    public CompletableFuture<Answer> predict(
            String model,
            VersionSelector selector,
            JsonText body,
            Deadline deadline,
            Priority priority,
            CacheUse cache) {
        return guarded(() -> {
            PredictJson json = PredictJson.parse(body, limits);
            AtomicReference<PredictRequest> asked = new AtomicReference<>();
            return withHandle(
                    model,
                    selector,
                    deadline,
                    handle -> {
                        Signature signature = signature(handle, json.signatureName());
                        PredictRequest request = new PredictRequest(
                                json.signatureName(), json.tensors(signature), List.of(), deadline, priority, cache);
                        asked.setPlain(request);
                        return engine.predictor().predict(handle, request);
                    },
                    response -> {
                        PredictRequest request = asked.getPlain();
                        log.answered(model, () -> LoggedCalls.of(model, selector, request, response));
                        return answer(
                                12 * bytes(response.outputs().values()),
                                () -> PredictAnswerJson.write(response.outputs(), json.format()));
                    });
        });
    }

    public CompletableFuture<Answer> classify(
            String model,
            VersionSelector selector,
            JsonText body,
            Deadline deadline,
            Priority priority,
            CacheUse cache) {
        return guarded(() -> {
            ExamplesJson json = ExamplesJson.parse(body, limits, "classify");
            ExamplesRequest request =
                    new ExamplesRequest(json.signatureName(), json.examples(), deadline, priority, cache);
            return withHandle(
                    model, selector, deadline, handle -> engine.predictor().classify(handle, request), result -> {
                        log.answered(model, () -> LoggedCalls.of(model, selector, request, result));
                        return answer(64L * result.rows().size(), () -> InferenceJson.write(result));
                    });
        });
    }

    public CompletableFuture<Answer> regress(
            String model,
            VersionSelector selector,
            JsonText body,
            Deadline deadline,
            Priority priority,
            CacheUse cache) {
        return guarded(() -> {
            ExamplesJson json = ExamplesJson.parse(body, limits, "regress");
            ExamplesRequest request =
                    new ExamplesRequest(json.signatureName(), json.examples(), deadline, priority, cache);
            return withHandle(
                    model, selector, deadline, handle -> engine.predictor().regress(handle, request), result -> {
                        log.answered(model, () -> LoggedCalls.of(model, selector, request, result));
                        return answer(12L * result.values().length, () -> InferenceJson.write(result));
                    });
        });
    }

    private static CompletableFuture<Answer> guarded(Supplier<CompletableFuture<Answer>> call) {
        try {
            return call.get();
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(ServingException.from(e));
        }
    }

    private <R> CompletableFuture<Answer> withHandle(
            String model,
            VersionSelector selector,
            Deadline deadline,
            Function<ServableHandle, CompletableFuture<R>> work,
            Function<R, Answer> shape) {
        return LeasedCall.of(engine.acquire(name(model, selector), selector, deadline), work, shape, workers);
    }

    /** A text that can be no model's name names no model. */
    private static ModelName name(String model, VersionSelector selector) {
        return ModelQueries.nameOf(model)
                .orElseThrow(() -> ServingException.notFound(
                        "Servable not found for request: " + ModelQueries.text(model, selector)));
    }

    private static Signature signature(ServableHandle handle, String name) {
        String wanted = name.isEmpty() ? Signature.SERVING_DEFAULT : name;
        Signature signature = handle.servable().signatures().get(wanted);
        if (signature == null) {
            throw ServingException.invalidArgument(
                    "Serving signature name: \"" + wanted + "\" not found in signature def");
        }
        return signature;
    }

    private static long bytes(Iterable<Tensor> tensors) {
        long bytes = 0;
        for (Tensor tensor : tensors) {
            bytes += tensor.byteSize();
        }
        return bytes;
    }

    private static Answer answer(long roughSize, Supplier<ByteSink> writing) {
        return new Answer() {
            @Override
            public long roughSize() {
                return roughSize;
            }

            @Override
            public ByteSink write() {
                return writing.get();
            }
        };
    }
}
