package dev.hearth.engine.predict;

import static dev.hearth.engine.predict.Failures.answerOf;
import static dev.hearth.engine.predict.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.metrics.SignatureMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.ManualTicker;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class MultiInferenceTest {

    private static final Signature CLASSIFY = Signatures.named("serving_default", Signature.CLASSIFY_METHOD)
            .in("inputs", DataType.STRING, -1)
            .out("scores", DataType.FLOAT, -1, -1)
            .build();
    private static final Signature REGRESS = Signatures.named("regress", Signature.REGRESS_METHOD)
            .in("inputs", DataType.STRING, -1)
            .out("outputs", DataType.FLOAT, -1)
            .build();
    private static final Map<String, Tensor> OUTPUTS = Map.of(
            "serving_default_scores:0",
            Tensor.ofFloats(Shape.of(1, 2), 1, 2),
            "regress_outputs:0",
            Tensor.ofFloats(Shape.of(1), 3));

    private final FakeServable servable = new FakeServable(
            request -> request.fetches().stream().map(OUTPUTS::get).toList(), CLASSIFY, REGRESS);

    private CompletableFuture<List<Inference>> ask(MultiInferenceTask... tasks) {
        return new Predictor(new InlineExecution())
                .multiInference(
                        servable.handle("m", 1),
                        List.of(tasks),
                        new ExamplesRequest("", List.of(new byte[] {1}), Deadline.NONE));
    }

    @Test
    void countsTheExamplesOfARequestOnceWhateverIsAskedAboutThem() {
        List<Integer> counted = new ArrayList<>();
        ServingMetrics metrics = new ServingMetrics() {
            @Override
            public SignatureMetrics signature(ServableId id, String signatureName) {
                return new SignatureMetrics() {
                    @Override
                    public void examples(int count) {
                        counted.add(count);
                    }
                };
            }
        };
        Predictor predictor =
                new Predictor(new InlineExecution(), PredictorOptions.DEFAULTS, metrics, new ManualTicker());
        ExamplesRequest one = new ExamplesRequest("", List.of(new byte[] {1}), Deadline.NONE);
        answerOf(predictor.multiInference(
                servable.handle("m", 1),
                List.of(
                        new MultiInferenceTask("regress", Signature.REGRESS_METHOD),
                        new MultiInferenceTask("", Signature.CLASSIFY_METHOD)),
                one));
        answerOf(predictor.classify(servable.handle("m", 1), one));
        predictor.classify(servable.handle("m", 1), new ExamplesRequest("nope", one.examples(), Deadline.NONE));

        assertThat(counted).containsExactly(1, 1);
    }

    @Test
    void answersAllTasksInOrderWithOneRunFeedingEveryInput() {
        List<Inference> answers = answerOf(ask(
                new MultiInferenceTask("regress", Signature.REGRESS_METHOD),
                new MultiInferenceTask("", Signature.CLASSIFY_METHOD)));

        assertThat(((Regression) answers.get(0)).values()).containsExactly(3);
        assertThat(((Classification) answers.get(1)).rows().get(0)).hasSize(2);
        assertThat(answers).extracting(Inference::signatureName).containsExactly("regress", "serving_default");
        assertThat(servable.runs()).hasSize(1);
        assertThat(servable.runs().get(0).feeds())
                .extracting(feed -> feed.tensorName())
                .containsExactly("regress_inputs:0", "serving_default_inputs:0");
    }

    @Test
    void badTaskListsAreRefused() {
        assertFails(ask(), ErrorCode.INVALID_ARGUMENT, "ModelSpec has no name specified.");
        assertFails(
                ask(
                        new MultiInferenceTask("", Signature.CLASSIFY_METHOD),
                        new MultiInferenceTask("serving_default", Signature.CLASSIFY_METHOD)),
                ErrorCode.INVALID_ARGUMENT,
                "Duplicate evaluation of signature: serving_default");
        assertFails(
                ask(new MultiInferenceTask("x", Signature.CLASSIFY_METHOD)),
                ErrorCode.INVALID_ARGUMENT,
                "Requested signature not found in model graph: x");
        assertFails(
                ask(new MultiInferenceTask("", "tensorflow/serving/predict")),
                ErrorCode.UNIMPLEMENTED,
                "Unsupported signature method_name: tensorflow/serving/predict");
    }
}
