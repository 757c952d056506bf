package dev.hearth.server.grpc;

import dev.hearth.endpoints.openinference.InferAnswer;
import dev.hearth.endpoints.openinference.OpenInference;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Priority;
import dev.hearth.protocol.inference.InferParameter;
import dev.hearth.protocol.inference.ModelInferRequest;
import dev.hearth.protocol.inference.ModelInferResponse;
import java.util.concurrent.CompletableFuture;

/**
 * One inference by message; the message of its answer is made by the thread that ends it. Cancelling drops work that has not
 * begun. Any thread may use it.
 */
final class InferCall extends CompletableFuture<ModelInferResponse> {

    /** With it set, clients of decoupled models are told which answer is the last; here each is. */
    private static final String ASKS_FOR_LAST = "triton_enable_empty_final_response";

    private static final String LAST = "triton_final_response";

    private final CompletableFuture<InferAnswer> answer;

    private InferCall(CompletableFuture<InferAnswer> answer, boolean typed, boolean tellLast) {
        this.answer = answer;
        var unused = answer.whenComplete((ready, failure) -> {
            if (failure != null) {
                completeExceptionally(failure);
                return;
            }
            try {
                ModelInferResponse.Builder message = InferMessages.write(ready, typed);
                if (tellLast) {
                    message.putParameters(
                            LAST, InferParameter.newBuilder().setBoolParam(true).build());
                }
                complete(message.build());
            } catch (RuntimeException | Error e) {
                completeExceptionally(e);
            }
        });
    }

    static CompletableFuture<ModelInferResponse> of(
            OpenInference protocol, ModelInferRequest request, Deadline deadline, Priority priority) {
        boolean tellLast = request.getParametersOrDefault(ASKS_FOR_LAST, InferParameter.getDefaultInstance())
                .getBoolParam();
        return new InferCall(
                protocol.calls().infer(InferMessages.read(request, protocol.memory()), deadline, priority),
                InferMessages.typed(request),
                tellLast);
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        answer.cancel(mayInterruptIfRunning);
        return super.cancel(mayInterruptIfRunning);
    }
}
