package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static dev.hearth.server.grpc.GrpcClient.failure;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Int64Value;
import dev.hearth.protocol.serving.Class;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.ClassificationResponse;
import dev.hearth.protocol.serving.ExampleList;
import dev.hearth.protocol.serving.ExampleListWithContext;
import dev.hearth.protocol.serving.Input;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.serving.RegressionRequest;
import dev.hearth.protocol.serving.RegressionResponse;
import dev.hearth.protocol.tensorflow.Example;
import dev.hearth.protocol.tensorflow.Feature;
import dev.hearth.protocol.tensorflow.Features;
import dev.hearth.protocol.tensorflow.FloatList;
import dev.hearth.protocol.tensorflow.TensorProto;
import dev.hearth.protocol.tensorflow.TensorShapeProto;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import org.junit.jupiter.api.Test;

/** The demo models by TensorFlow itself, compared with what TensorFlow in Python gave for the same rows. */
@QuarkusTest
class DemoModelsTest extends GrpcTest {

    private static final Path SAMPLES = Path.of(System.getProperty("repository.root"), "config", "models", "samples");

    @Test
    void addsTwoToTheHalf() {
        PredictResponse answer = predict(
                PredictRequest.newBuilder().setModelSpec(spec("half_plus_two")).putInputs("x", vector(1, 2, 5)));

        assertThat(answer.getOutputsMap().values())
                .singleElement()
                .satisfies(tensor -> assertThat(tensor.getFloatValList()).containsExactly(2.5f, 3f, 4.5f));
        assertThat(answer.getModelSpec())
                .isEqualTo(spec("half_plus_two")
                        .setVersion(Int64Value.of(1))
                        .setSignatureName("serving_default")
                        .build());
    }

    @Test
    void refusesTheWrongTypeWithTheRuntimesText() {
        StatusRuntimeException failure = failure(() -> predict(PredictRequest.newBuilder()
                .setModelSpec(spec("half_plus_two"))
                .putInputs("x", GrpcClient.strings("1"))));

        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(failure.getStatus().getDescription())
                .startsWith("Expects arg[0] to be float but string is provided");
    }

    @Test
    void readsHeldOutDigitsAsPythonDoes() throws IOException {
        float[][] images = rows("digits_heldout.json", "images");
        JsonNode expected = sample("digits_expected.json").get("2");
        TensorProto.Builder pixels = TensorProto.newBuilder().setDtypeValue(1).setTensorShape(shape(100, 8, 8, 1));
        for (float[] image : images) {
            for (float pixel : image) {
                pixels.addFloatVal(pixel);
            }
        }

        PredictResponse answer =
                predict(PredictRequest.newBuilder().setModelSpec(spec("digits")).putInputs("images", pixels.build()));

        assertThat(answer.getModelSpec().getVersion().getValue()).isEqualTo(2);
        TensorProto digits = answer.getOutputsOrThrow("digit");
        TensorProto probabilities = answer.getOutputsOrThrow("probabilities");
        assertThat(probabilities.getTensorShape()).isEqualTo(shape(100, 10));
        for (int row = 0; row < 100; row++) {
            assertThat(digits.getInt64Val(row))
                    .isEqualTo(expected.get("digit").get(row).longValue());
            for (int digit = 0; digit < 10; digit++) {
                assertThat((double) probabilities.getFloatVal(10 * row + digit))
                        .isCloseTo(
                                expected.get("probabilities")
                                        .get(row)
                                        .get(digit)
                                        .doubleValue(),
                                within(1e-4));
            }
        }
    }

    @Test
    void classifiesHeldOutDigitsFromExamples() throws IOException {
        float[][] images = rows("digits_heldout.json", "images");
        JsonNode labels = sample("digits_heldout.json").get("labels");
        ExampleList.Builder examples = ExampleList.newBuilder();
        for (float[] image : images) {
            examples.addExamples(example(feature("image", image)));
        }

        ClassificationResponse answer = client.call(
                PREDICTION + "Classify",
                ClassificationRequest.newBuilder()
                        .setModelSpec(spec("digits").setSignatureName("classify"))
                        .setInput(Input.newBuilder().setExampleList(examples))
                        .build(),
                ClassificationResponse.getDefaultInstance());

        int right = 0;
        for (int row = 0; row < 100; row++) {
            var best = answer.getResult().getClassifications(row).getClassesList().stream()
                    .max(Comparator.comparingDouble(Class::getScore))
                    .orElseThrow();
            right += best.getLabel().equals(labels.get(row).asText()) ? 1 : 0;
        }
        assertThat(right).isGreaterThanOrEqualTo(98);
    }

    @Test
    void letsTheExampleWinOverTheContext() throws IOException {
        JsonNode names = sample("diabetes_expected.json").get("feature_names");
        float[] values = rows("diabetes_expected.json", "features")[0];
        Features.Builder all = Features.newBuilder();
        for (int i = 0; i < names.size(); i++) {
            all.mergeFrom(feature(names.get(i).asText(), values[i]));
        }
        Features wrongAge = all.clone().mergeFrom(feature("age", 99)).build();

        assertThat(regress(Input.newBuilder()
                        .setExampleListWithContext(ExampleListWithContext.newBuilder()
                                .setContext(Example.newBuilder().setFeatures(wrongAge))
                                .addExamples(example(feature("age", values[0]))))
                        .build()))
                .isEqualTo(regress(Input.newBuilder()
                        .setExampleList(ExampleList.newBuilder().addExamples(example(all.build())))
                        .build()));
    }

    @Test
    void tellsOfAMissingFeature() {
        StatusRuntimeException failure = failure(() -> regress(Input.newBuilder()
                .setExampleList(ExampleList.newBuilder().addExamples(Example.getDefaultInstance()))
                .build()));

        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(failure.getStatus().getDescription()).contains("is required but could not be found");
    }

    private float regress(Input input) {
        return client.call(
                        PREDICTION + "Regress",
                        RegressionRequest.newBuilder()
                                .setModelSpec(spec("diabetes").setSignatureName("regress"))
                                .setInput(input)
                                .build(),
                        RegressionResponse.getDefaultInstance())
                .getResult()
                .getRegressions(0)
                .getValue();
    }

    private static Example example(Features features) {
        return Example.newBuilder().setFeatures(features).build();
    }

    private static Features feature(String name, float... values) {
        FloatList.Builder list = FloatList.newBuilder();
        for (float value : values) {
            list.addValue(value);
        }
        return Features.newBuilder()
                .putFeature(name, Feature.newBuilder().setFloatList(list).build())
                .build();
    }

    private static JsonNode sample(String name) throws IOException {
        return new ObjectMapper().readTree(SAMPLES.resolve(name).toFile());
    }

    private static float[][] rows(String file, String field) throws IOException {
        return new ObjectMapper().convertValue(sample(file).get(field), float[][].class);
    }

    private static TensorShapeProto shape(int... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (int dim : dims) {
            shape.addDim(TensorShapeProto.Dim.newBuilder().setSize(dim));
        }
        return shape.build();
    }

    private PredictResponse predict(PredictRequest.Builder request) {
        return client.call(PREDICTION + "Predict", request.build(), PredictResponse.getDefaultInstance());
    }

    private static TensorProto vector(float... values) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setDtypeValue(1);
        for (float value : values) {
            tensor.addFloatVal(value);
        }
        return tensor.setTensorShape(shape(values.length)).build();
    }
}
