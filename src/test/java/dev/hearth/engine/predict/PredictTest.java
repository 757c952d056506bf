package dev.hearth.engine.predict;

import static dev.hearth.engine.predict.Failures.answerOf;
import static dev.hearth.engine.predict.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.engine.error.ErrorCode;
import dev.hearth.engine.metrics.ServingMetrics;
import dev.hearth.engine.model.ServableId;
import dev.hearth.engine.model.Signature;
import dev.hearth.engine.servable.Feed;
import dev.hearth.engine.servable.RunRequest;
import dev.hearth.engine.servable.ServableHandle;
import dev.hearth.engine.tensor.DataType;
import dev.hearth.engine.tensor.Shape;
import dev.hearth.engine.tensor.Tensor;
import dev.hearth.engine.testing.FakeServable;
import dev.hearth.engine.testing.Signatures;
import dev.hearth.engine.time.Deadline;
import dev.hearth.engine.time.Ticker;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class PredictTest {

    private static final Tensor ROWS = Tensor.ofFloats(Shape.of(1, 2), 1, 2);
    private static final Tensor TEXT = Tensor.ofStrings(Shape.of(1), new byte[][] {{65}});

    private final Predictor predictor = new Predictor(new InlineExecution());

    private static Signature twoInputs() {
        return Signatures.predict("add")
                .in("b", DataType.FLOAT, -1)
                .in("a", DataType.INT32, -1)
                .out("sum", DataType.FLOAT, -1)
                .out("diff", DataType.FLOAT, -1)
                .build();
    }

    private static Signature withDefault() {
        Signature plain = twoInputs();
        return new Signature(
                plain.name(),
                plain.methodName(),
                plain.inputs(),
                plain.outputs(),
                Map.of("a", Tensor.ofInts(Shape.of(1), 7)));
    }

    private CompletableFuture<PredictResponse> predict(
            FakeServable servable, String signature, Map<String, Tensor> inputs, String... filter) {
        return predictor.predict(
                servable.handle("m", 3), new PredictRequest(signature, inputs, List.of(filter), Deadline.NONE));
    }

    @Test
    void emptySignatureNameMeansServingDefaultAndTheAnswerNamesIt() {
        PredictResponse answer = answerOf(predict(FakeServable.echo(Signatures.floats()), "", Map.of("x", ROWS)));

        assertThat(answer.signatureName()).isEqualTo("serving_default");
        assertThat(answer.id()).isEqualTo(new ServableId("m", 3));
        assertThat(answer.outputs()).containsOnly(Map.entry("y", ROWS));
    }

    @Test
    void feedsAndFetchesByTensorNameWithTheDeadline() {
        FakeServable servable = FakeServable.echo(Signatures.floats());
        Deadline deadline = new Deadline(5, false);

        answerOf(predictor.predict(
                servable.handle("m", 3), new PredictRequest("", Map.of("x", ROWS), List.of(), deadline)));

        assertThat(servable.runs())
                .containsExactly(new RunRequest(
                        List.of(new Feed("serving_default_x:0", ROWS)), List.of("serving_default_y:0"), deadline));
    }

    @Test
    void unknownSignatureIsAFailedPrecondition() {
        assertFails(
                predict(FakeServable.echo(Signatures.floats()), "nope", Map.of("x", ROWS)),
                ErrorCode.FAILED_PRECONDITION,
                "Serving signature key \"nope\" not found.");
    }

    @Test
    void wrongNumberOfInputsNamesWhatIsExtraAndMissing() {
        assertFails(
                predict(FakeServable.echo(twoInputs()), "add", Map.of("z", ROWS)),
                ErrorCode.INVALID_ARGUMENT,
                "input size does not match signature: 1!=2 len({z}) != len({a,b})."
                        + " Sent extra: {z}. Missing but required: {a,b}.");
    }

    @Test
    void rightNumberButWrongNameSaysWhichIsMissing() {
        assertFails(
                predict(FakeServable.echo(Signatures.floats()), "", Map.of("z", ROWS)),
                ErrorCode.INVALID_ARGUMENT,
                "Signature input alias: x(feed name: serving_default_x:0) not found in request and no default value"
                        + " provided. Inputs expected to be in the request {z}, or default input alias set: ");
    }

    @Test
    void omittedInputGetsTheSignaturesDefault() {
        FakeServable servable = FakeServable.echo(withDefault());

        answerOf(predict(servable, "add", Map.of("b", Tensor.ofFloats(Shape.of(1), 1))));

        assertThat(servable.runs().get(0).feeds().get(0).value().data().getInt())
                .isEqualTo(7);
    }

    @Test
    void unknownInputBesideADefaultIsRefused() {
        assertFails(
                predict(FakeServable.echo(withDefault()), "add", Map.of("b", ROWS, "z", ROWS)),
                ErrorCode.INVALID_ARGUMENT,
                "Inputs contains invalid name. Used request inputs: b, request input: b,z");
    }

    @Test
    void outputFilterKeepsItsOrderAndFetchesNothingElse() {
        FakeServable servable = FakeServable.echo(twoInputs());

        PredictResponse answer = answerOf(predict(servable, "add", addInputs(), "diff"));

        assertThat(answer.outputs()).containsOnlyKeys("diff");
        assertThat(servable.runs().get(0).fetches()).containsExactly("add_diff:0");
    }

    @Test
    void withoutFilterAllOutputsComeInTheSignaturesOrder() {
        assertThat(answerOf(predict(FakeServable.echo(twoInputs()), "add", addInputs()))
                        .outputs()
                        .keySet())
                .containsExactly("sum", "diff");
    }

    @Test
    void unknownOutputIsRefused() {
        assertFails(
                predict(FakeServable.echo(twoInputs()), "add", addInputs(), "sum", "oops"),
                ErrorCode.INVALID_ARGUMENT,
                "output tensor alias not found in signature: oops Outputs expected to be in the set {diff,sum}.");
    }

    @Test
    void repeatedOutputIsRefused() {
        assertFails(
                predict(FakeServable.echo(twoInputs()), "add", addInputs(), "sum", "sum"),
                ErrorCode.INVALID_ARGUMENT,
                "duplicate output tensor alias: sum");
    }

    @Test
    void wrongTypeIsCountedInTheOrderOfTensorNames() {
        FakeServable servable = FakeServable.echo(twoInputs());

        assertFails(
                predict(servable, "add", Map.of("a", Tensor.ofInts(Shape.of(1), 1), "b", TEXT)),
                ErrorCode.INVALID_ARGUMENT,
                "Expects arg[1] to be float but string is provided");
        assertThat(servable.runs()).isEmpty();
    }

    @Test
    void inputsAreCheckedBeforeOutputsAndOutputsBeforeTypes() {
        FakeServable servable = FakeServable.echo(Signatures.floats());

        assertFails(
                predict(servable, "", Map.of("x", TEXT), "oops"),
                ErrorCode.INVALID_ARGUMENT,
                "output tensor alias not found in signature: oops Outputs expected to be in the set {y}.");
        assertThat(predict(servable, "", Map.of(), "oops"))
                .failsWithin(java.time.Duration.ZERO)
                .withThrowableThat()
                .withMessageContaining("input size does not match signature");
    }

    @Test
    void shapeIsNotComparedWithTheSignature() {
        FakeServable servable = FakeServable.echo(Signatures.predict("serving_default")
                .in("x", DataType.FLOAT, -1, 8, 8, 1)
                .out("y", DataType.FLOAT, -1)
                .build());
        Tensor flat = Tensor.ofFloats(Shape.of(3), 1, 2, 3);

        assertThat(answerOf(predict(servable, "", Map.of("x", flat))).outputs()).containsEntry("y", flat);
    }

    @Test
    void twoAliasesOfOneTensorAreFetchedOnce() {
        Signature plain = Signatures.floats();
        Signature twice = new Signature(
                plain.name(),
                plain.methodName(),
                plain.inputs(),
                Map.of("y", plain.outputs().get("y"), "z", plain.outputs().get("y")),
                Map.of());
        FakeServable servable = FakeServable.echo(twice);

        assertThat(answerOf(predict(servable, "", Map.of("x", ROWS))).outputs())
                .containsOnly(Map.entry("y", ROWS), Map.entry("z", ROWS));
        assertThat(servable.runs().get(0).fetches()).hasSize(1);
    }

    @Test
    void wrongNumberOfFetchedTensorsIsUnknown() {
        assertFails(
                predict(new FakeServable(request -> List.of(), Signatures.floats()), "", Map.of("x", ROWS)),
                ErrorCode.UNKNOWN,
                "Predict internal error");
    }

    @Test
    void methodNameIsCheckedOnlyWhenWanted() {
        Signature odd = Signatures.named("serving_default", "other/method")
                .in("x", DataType.FLOAT, -1)
                .out("y", DataType.FLOAT, -1)
                .build();
        FakeServable servable = FakeServable.echo(odd);
        Predictor strict =
                new Predictor(new InlineExecution(), new PredictorOptions(true), ServingMetrics.NONE, Ticker.system());
        PredictRequest request = new PredictRequest("", Map.of("x", ROWS), List.of(), Deadline.NONE);

        answerOf(predictor.predict(servable.handle("m", 1), request));
        assertFails(
                strict.predict(servable.handle("m", 1), request),
                ErrorCode.INTERNAL,
                "Expected prediction signature method_name to be one of {tensorflow/serving/predict,"
                        + " tensorflow/serving/classify, tensorflow/serving/regress}. Was: other/method");
    }

    @Test
    void versionLoadedAgainUnderTheSameIdGetsItsOwnSignatures() {
        FakeServable before = FakeServable.echo(Signatures.floats());
        FakeServable after = FakeServable.echo(twoInputs());

        answerOf(predict(before, "", Map.of("x", ROWS)));

        assertThat(answerOf(predict(after, "add", addInputs())).outputs()).hasSize(2);
    }

    @Test
    void cancellingTheAnswerCancelsTheRun() {
        CompletableFuture<List<Tensor>> run = new CompletableFuture<>();
        ServableHandle handle = FakeServable.echo(Signatures.floats()).handle("m", 1);
        CompletableFuture<PredictResponse> answer = new Predictor((h, request, metrics) -> run)
                .predict(handle, new PredictRequest("", Map.of("x", ROWS), List.of(), Deadline.NONE));

        answer.cancel(false);

        assertThat(run).isCancelled();
    }

    private static Map<String, Tensor> addInputs() {
        return Map.of("a", Tensor.ofInts(Shape.of(1), 1), "b", Tensor.ofFloats(Shape.of(1), 1));
    }
}
