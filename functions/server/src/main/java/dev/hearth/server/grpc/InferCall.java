package dev.hearth.server.grpc;

import dev.hearth.endpoints.openinference.InferAnswer;
import dev.hearth.endpoints.openinference.OpenInference;
import dev.hearth.endpoints.predict.CacheHeader;
import dev.hearth.engine.cache.CacheUse;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import dev.hearth.protocol.inference.InferParameter;
import dev.hearth.protocol.inference.ModelInferRequest;
import dev.hearth.protocol.inference.ModelInferResponse;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One inference by message; the message of its answer is made by the thread that ends it. Cancelling drops work that has not
 * begun. Any thread may use it.
 */
final class InferCall extends CompletableFuture<ModelInferResponse> {

    /** With it set, clients of decoupled models are told which answer is the last; here each is. */
    private static final String ASKS_FOR_LAST = "triton_enable_empty_final_response";

    private static final String LAST = "triton_final_response";

    private final CompletableFuture<InferAnswer> answer;

    private InferCall(CompletableFuture<InferAnswer> answer, Function<InferAnswer, ModelInferResponse> message) {
        this.answer = answer;
        var unused = answer.whenComplete((ready, failure) -> {
            if (failure != null) {
                completeExceptionally(failure);
                return;
            }
            try {
                complete(message.apply(ready));
            } catch (RuntimeException | Error e) {
                completeExceptionally(e);
            }
        });
    }

    static CompletableFuture<ModelInferResponse> of(
            OpenInference protocol, ModelInferRequest request, Deadline deadline, Priority priority, CacheUse cache) {
        return of(protocol, request, deadline, priority, cache, false);
    }

    /** The same for a request of a stream, whose answer says itself what the cache did: its metadata is of all answers. */
    static CompletableFuture<ModelInferResponse> ofStream(
            OpenInference protocol, ModelInferRequest request, Deadline deadline, Priority priority, CacheUse cache) {
        return of(protocol, request, deadline, priority, cache, true);
    }

    private static CompletableFuture<ModelInferResponse> of(
            OpenInference protocol,
            ModelInferRequest request,
            Deadline deadline,
            Priority priority,
            CacheUse cache,
            boolean tellCache) {
        boolean typed = InferMessages.typed(request);
        boolean tellLast = tellsLast(request);
        return new InferCall(
                protocol.calls().infer(InferMessages.read(request, protocol.memory()), deadline, priority, cache),
                ready -> message(ready, typed, tellLast, tellCache ? CacheHeader.result(cache) : null));
    }

    /** The message of an answer to the request. */
    static ModelInferResponse message(InferAnswer answer, ModelInferRequest request) {
        return message(answer, InferMessages.typed(request), tellsLast(request), null);
    }

    private static boolean tellsLast(ModelInferRequest request) {
        return request.getParametersOrDefault(ASKS_FOR_LAST, InferParameter.getDefaultInstance())
                .getBoolParam();
    }

    private static ModelInferResponse message(
            InferAnswer answer, boolean typed, boolean tellLast, @Nullable String cached) {
        ModelInferResponse.Builder message = InferMessages.write(answer, typed);
        if (tellLast) {
            message.putParameters(
                    LAST, InferParameter.newBuilder().setBoolParam(true).build());
        }
        if (cached != null) {
            message.putParameters(
                    CacheHeader.RESULT,
                    InferParameter.newBuilder().setStringParam(cached).build());
        }
        return message.build();
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        answer.cancel(mayInterruptIfRunning);
        return super.cancel(mayInterruptIfRunning);
    }
}
