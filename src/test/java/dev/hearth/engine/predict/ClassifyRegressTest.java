package dev.hearth.engine.predict;

import static dev.hearth.engine.predict.Failures.answerOf;
import static dev.hearth.engine.predict.Failures.assertFails;
import static dev.hearth.engine.predict.Failures.assertFailsWithStart;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ClassifyRegressTest {

    private static final Signature CLASSIFY = classify("serving_default")
            .in("inputs", DataType.STRING, -1)
            .out("classes", DataType.STRING, -1, -1)
            .out("scores", DataType.FLOAT, -1, -1)
            .build();
    private static final Signature REGRESS = regress("regress")
            .in("inputs", DataType.STRING, -1)
            .out("outputs", DataType.FLOAT, -1)
            .build();

    private final Predictor predictor = new Predictor(new InlineExecution());

    private static Signatures classify(String name) {
        return Signatures.named(name, Signature.CLASSIFY_METHOD);
    }

    private static Signatures regress(String name) {
        return Signatures.named(name, Signature.REGRESS_METHOD);
    }

    private static ExamplesRequest examples(String signature, int count) {
        return new ExamplesRequest(
                signature,
                java.util.stream.IntStream.range(0, count)
                        .mapToObj(i -> new byte[] {(byte) i})
                        .toList(),
                Deadline.NONE);
    }

    private static Tensor labels(long rows, long columns) {
        byte[][] all = new byte[(int) (rows * columns)][];
        for (int i = 0; i < all.length; i++) {
            all[i] = ("label" + i).getBytes(StandardCharsets.UTF_8);
        }
        return Tensor.ofStrings(Shape.of(rows, columns), all);
    }

    /** Answers each fetch by name. */
    private static FakeServable answering(Map<String, Tensor> outputs, Signature... signatures) {
        return new FakeServable(
                (RunRequest request) ->
                        request.fetches().stream().map(outputs::get).toList(),
                signatures);
    }

    private CompletableFuture<Classification> classified(int count, Map<String, Tensor> outputs) {
        return predictor.classify(answering(outputs, CLASSIFY).handle("m", 1), examples("", count));
    }

    private CompletableFuture<Regression> regressed(int count, Tensor output) {
        return predictor.regress(
                answering(Map.of("regress_outputs:0", output), REGRESS).handle("m", 1), examples("regress", count));
    }

    @Test
    void labelsAndScoresComePairedInTheModelsOrder() {
        Classification answer = answerOf(classified(
                2,
                Map.of(
                        "serving_default_classes:0",
                        labels(2, 2),
                        "serving_default_scores:0",
                        Tensor.ofFloats(Shape.of(2, 2), 1, 2, 3, 4))));

        assertThat(answer.rows()).hasSize(2);
        assertThat(answer.rows().get(1).get(0).score()).isEqualTo(3);
        assertThat(new String(answer.rows().get(1).get(0).label(), StandardCharsets.UTF_8))
                .isEqualTo("label2");
        assertThat(answer.signatureName()).isEqualTo("serving_default");
    }

    @Test
    void examplesAreFedAsOneStringTensor() {
        FakeServable servable = answering(Map.of("regress_outputs:0", Tensor.ofFloats(Shape.of(2), 1, 2)), REGRESS);

        answerOf(predictor.regress(servable.handle("m", 1), examples("regress", 2)));

        Tensor fed = servable.runs().get(0).feeds().get(0).value();
        assertThat(fed.shape()).isEqualTo(Shape.of(2));
        assertThat(fed.strings()[1]).containsExactly(1);
    }

    @Test
    void scoresAloneHaveEmptyLabels() {
        Signature scoresOnly = classify("serving_default")
                .in("inputs", DataType.STRING, -1)
                .out("scores", DataType.FLOAT, -1, -1)
                .build();
        FakeServable servable =
                answering(Map.of("serving_default_scores:0", Tensor.ofFloats(Shape.of(1, 1), 5)), scoresOnly);

        Classification answer = answerOf(predictor.classify(servable.handle("m", 1), examples("", 1)));

        assertThat(answer.rows().get(0).get(0).label()).isEmpty();
        assertThat(answer.rows().get(0).get(0).score()).isEqualTo(5);
    }

    @Test
    void labelsAloneHaveScoreZero() {
        Signature classesOnly = classify("serving_default")
                .in("inputs", DataType.STRING, -1)
                .out("classes", DataType.STRING, -1, -1)
                .build();
        FakeServable servable = answering(Map.of("serving_default_classes:0", labels(1, 1)), classesOnly);

        Classification answer = answerOf(predictor.classify(servable.handle("m", 1), examples("", 1)));

        assertThat(answer.rows().get(0).get(0).score()).isZero();
    }

    @Test
    void noExamplesIsRefused() {
        assertFails(classified(0, Map.of()), ErrorCode.INVALID_ARGUMENT, "Input is empty.");
    }

    @Test
    void unknownSignatureIsRefused() {
        FakeServable servable = FakeServable.echo(CLASSIFY);
        assertFails(
                predictor.classify(servable.handle("m", 1), examples("x", 1)),
                ErrorCode.INVALID_ARGUMENT,
                "No signature was found with the name: x");
        assertFails(
                predictor.regress(servable.handle("m", 1), examples("x", 1)),
                ErrorCode.INVALID_ARGUMENT,
                "No signature was found with the name: x");
    }

    private void assertSignatureRefused(Signature signature, boolean classify, String start) {
        var handle = FakeServable.echo(signature).handle("m", 1);
        ExamplesRequest request = examples(signature.name(), 1);
        assertFailsWithStart(
                classify ? predictor.classify(handle, request) : predictor.regress(handle, request),
                ErrorCode.INVALID_ARGUMENT,
                start);
    }

    @Test
    void signaturesThatAreNotForTheCallAreRefused() {
        Signatures twoIn = classify("s").in("inputs", DataType.STRING, -1).in("more", DataType.STRING, -1);
        assertSignatureRefused(twoIn.build(), true, "Expected one input Tensor.");
        assertSignatureRefused(twoIn.build(), false, "Expected one input Tensor.");

        Signatures oddInput = classify("s").in("x", DataType.STRING, -1).out("scores", DataType.FLOAT, -1, -1);
        assertSignatureRefused(oddInput.build(), true, "No classification inputs found in SignatureDef:");
        assertSignatureRefused(oddInput.build(), false, "No regression inputs found in SignatureDef:");

        Signatures oddOutput = classify("s").in("inputs", DataType.STRING, -1).out("x", DataType.FLOAT, -1);
        assertSignatureRefused(
                oddOutput.build(),
                true,
                "Expected classification signature outputs to contain at least one of \"classes\" or \"scores\"");
        assertSignatureRefused(oddOutput.build(), false, "No regression outputs found in SignatureDef:");

        Signatures noOutput = classify("s").in("inputs", DataType.STRING, -1);
        assertSignatureRefused(noOutput.build(), true, "Expected one or two output Tensors, found 0");
        assertSignatureRefused(noOutput.build(), false, "Expected one output Tensor.");

        Signatures notText = classify("s").in("inputs", DataType.FLOAT, -1).out("scores", DataType.FLOAT, -1, -1);
        assertSignatureRefused(notText.build(), true, "Expects arg[0] to be float but string is provided");
    }

    @Test
    void badClassifyOutputsAreRefused() {
        Tensor scores = Tensor.ofFloats(Shape.of(1, 2), 1, 2);
        assertClassifyOutputs(
                labels(1, 2).reshape(Shape.of(2)),
                scores,
                "Expected Tensor shape: [batch_size num_classes] but got [2]");
        assertClassifyOutputs(scores, scores, "Expected classes Tensor of DT_STRING. Got: DT_FLOAT");
        assertClassifyOutputs(labels(1, 2), labels(1, 2), "Expected scores Tensor of DT_FLOAT. Got: DT_STRING");
        assertClassifyOutputs(labels(2, 2), scores, "Expected classes output batch size of 1. Got: 2");
        assertClassifyOutputs(
                labels(1, 2), Tensor.ofFloats(Shape.of(2, 1), 1, 2), "Expected scores output batch size of 1. Got: 2");
        assertClassifyOutputs(labels(1, 3), scores, "Tensors class and score should match in dim_size(1). Got 3 vs. 2");
    }

    private void assertClassifyOutputs(Tensor classes, Tensor scores, String text) {
        assertFails(
                classified(1, Map.of("serving_default_classes:0", classes, "serving_default_scores:0", scores)),
                ErrorCode.INVALID_ARGUMENT,
                text);
    }

    @Test
    void regressTakesColumnsAndVectors() {
        assertThat(answerOf(regressed(2, Tensor.ofFloats(Shape.of(2), 1, 2))).values())
                .containsExactly(1, 2);
        assertThat(answerOf(regressed(2, Tensor.ofFloats(Shape.of(2, 1), 1, 2))).values())
                .containsExactly(1, 2);
    }

    @Test
    void badRegressOutputsAreRefused() {
        assertFails(
                regressed(1, Tensor.ofFloats(Shape.of(1, 2), 1, 2)),
                ErrorCode.INVALID_ARGUMENT,
                "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got [1,2]");
        assertFails(
                regressed(1, Tensor.ofInts(Shape.of(1), 1)),
                ErrorCode.INVALID_ARGUMENT,
                "Expected output Tensor of DT_FLOAT.  Got: DT_INT32");
        assertFails(
                regressed(1, Tensor.ofFloats(Shape.of(2), 1, 2)),
                ErrorCode.INVALID_ARGUMENT,
                "Input batch size did not match output batch size: 1 vs. 2");
    }

    @Test
    void methodNameIsCheckedOnlyWhenWanted() {
        Predictor strict =
                new Predictor(new InlineExecution(), new PredictorOptions(true), ServingMetrics.NONE, Ticker.system());

        assertFails(
                strict.regress(FakeServable.echo(CLASSIFY).handle("m", 1), examples("", 1)),
                ErrorCode.INVALID_ARGUMENT,
                "Expected regression signature method_name to be tensorflow/serving/regress."
                        + " Was: tensorflow/serving/classify");
    }
}
