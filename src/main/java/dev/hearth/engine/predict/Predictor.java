package dev.hearth.engine.predict;

import dev.hearth.engine.error.ServingException;
import dev.hearth.engine.servable.ServableHandle;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * From requests to answers: finds the signature, checks what was sent against it, has it run and shapes the answer.
 *
 * <p>Thread rule: every method may be called on any thread and never blocks; the futures complete on run threads, always
 * with a {@link ServingException} on failure. The caller keeps the handle open until the future is done. Cancelling the
 * future drops work that has not begun.
 *
 * <p>Checks and texts are TensorFlow Serving's (predict, classify, regress and multi-inference of its gRPC API).
 */
public final class Predictor {

    private final Execution execution;

    public Predictor(Execution execution) {
        this.execution = execution;
    }

    /** Runs a signature on named tensors. */
    public CompletableFuture<PredictResponse> predict(ServableHandle handle, PredictRequest request) {
        return CompletableFuture.failedFuture(ServingException.unimplemented("predict " + execution));
    }

    /** Runs a classify signature on serialized examples. */
    public CompletableFuture<Classification> classify(ServableHandle handle, ExamplesRequest request) {
        return CompletableFuture.failedFuture(ServingException.unimplemented("classify"));
    }

    /** Runs a regress signature on serialized examples. */
    public CompletableFuture<Regression> regress(ServableHandle handle, ExamplesRequest request) {
        return CompletableFuture.failedFuture(ServingException.unimplemented("regress"));
    }

    /**
     * Answers several classify and regress questions about the same examples in one run.
     *
     * @return a {@link Classification} or {@link Regression} per task, in task order
     */
    public CompletableFuture<List<Inference>> multiInference(
            ServableHandle handle, List<MultiInferenceTask> tasks, ExamplesRequest request) {
        return CompletableFuture.failedFuture(ServingException.unimplemented("multi-inference"));
    }
}
