package dev.hearth.engine.warmup;

import dev.hearth.engine.model.Signature;
import dev.hearth.engine.predict.ExamplesRequest;
import dev.hearth.engine.predict.MultiInferenceTask;
import dev.hearth.engine.predict.PredictRequest;
import dev.hearth.engine.predict.Predictor;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.Tensor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** A request that a version is warmed up with. Model and version of a recorded request do not matter. */
public sealed interface WarmupRequest {

    /** Name of the signature, for reports. */
    String signature();

    /** Rows or examples, for reports; 0 where there are none. */
    long rows();

    /** Asks the predictor. */
    CompletableFuture<?> ask(Predictor predictor, ServableHandle handle);

    /** A call of a signature with tensors. */
    record Predict(PredictRequest request) implements WarmupRequest {

        @Override
        public String signature() {
            return nameOrDefault(request.signatureName());
        }

        @Override
        public long rows() {
            return request.inputs().values().stream()
                    .filter(tensor -> tensor.shape().rank() > 0)
                    .mapToLong(Tensor::rows)
                    .max()
                    .orElse(0);
        }

        @Override
        public CompletableFuture<?> ask(Predictor predictor, ServableHandle handle) {
            return predictor.predict(handle, request);
        }
    }

    /** A call about serialized examples. */
    sealed interface OnExamples extends WarmupRequest {

        ExamplesRequest request();

        @Override
        default String signature() {
            return nameOrDefault(request().signatureName());
        }

        @Override
        default long rows() {
            return request().examples().size();
        }
    }

    /** A classify call. */
    record Classify(ExamplesRequest request) implements OnExamples {

        @Override
        public CompletableFuture<?> ask(Predictor predictor, ServableHandle handle) {
            return predictor.classify(handle, request);
        }
    }

    /** A regress call. */
    record Regress(ExamplesRequest request) implements OnExamples {

        @Override
        public CompletableFuture<?> ask(Predictor predictor, ServableHandle handle) {
            return predictor.regress(handle, request);
        }
    }

    /** Several classify and regress questions about the same examples. */
    record Multi(List<MultiInferenceTask> tasks, ExamplesRequest request) implements OnExamples {

        @Override
        public String signature() {
            return tasks.stream()
                    .map(task -> nameOrDefault(task.signatureName()))
                    .collect(Collectors.joining("+"));
        }

        @Override
        public CompletableFuture<?> ask(Predictor predictor, ServableHandle handle) {
            return predictor.multiInference(handle, tasks, request);
        }
    }

    private static String nameOrDefault(String name) {
        return name.isEmpty() ? Signature.SERVING_DEFAULT : name;
    }
}
