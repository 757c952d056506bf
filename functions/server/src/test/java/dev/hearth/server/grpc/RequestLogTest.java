package dev.hearth.server.grpc;

import static dev.hearth.server.grpc.GrpcClient.PREDICTION;
import static dev.hearth.server.grpc.GrpcClient.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hearth.protocol.record.PredictionLogReader;
import dev.hearth.protocol.record.PredictionLogs;
import dev.hearth.protocol.serving.ClassificationRequest;
import dev.hearth.protocol.serving.ClassificationResponse;
import dev.hearth.protocol.serving.ExampleList;
import dev.hearth.protocol.serving.InferenceTask;
import dev.hearth.protocol.serving.Input;
import dev.hearth.protocol.serving.MultiInferenceRequest;
import dev.hearth.protocol.serving.MultiInferenceResponse;
import dev.hearth.protocol.serving.PredictRequest;
import dev.hearth.protocol.serving.PredictResponse;
import dev.hearth.protocol.serving.PredictionLog;
import dev.hearth.protocol.serving.PredictionLog.LogTypeCase;
import dev.hearth.protocol.tensorflow.Example;
import dev.hearth.protocol.tensorflow.Feature;
import dev.hearth.protocol.tensorflow.Features;
import dev.hearth.protocol.tensorflow.FloatList;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;

/** Calls of both protocols end in files of PredictionLog records; each file is finished at once here. */
@QuarkusTest
class RequestLogTest extends GrpcTest {

    private static final Path PREFIX =
            Path.of(ConfigProvider.getConfig().getValue("hearth.request-log.prefix", String.class));

    /** Waits for a record like that. */
    private static PredictionLog logged(String model, Predicate<PredictionLog> wanted) throws IOException {
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); System.nanoTime() < end; ) {
            for (PredictionLog log : all(model)) {
                if (wanted.test(log)) {
                    return log;
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        throw new AssertionError("no such record: " + all(model));
    }

    private static List<PredictionLog> all(String model) throws IOException {
        List<Path> files = new ArrayList<>();
        if (Files.exists(PREFIX.getParent())) {
            try (Stream<Path> found = Files.list(PREFIX.getParent())) {
                found.filter(file -> file.getFileName().toString().startsWith(PREFIX.getFileName() + "-" + model + ".")
                                && file.toString().endsWith(".tfrecord"))
                        .forEach(files::add);
            }
        }
        List<PredictionLog> logs = new ArrayList<>();
        for (Path file : files) {
            try (PredictionLogReader reader = PredictionLogs.read(file)) {
                for (PredictionLog log = reader.next(); log != null; log = reader.next()) {
                    logs.add(log);
                }
            }
        }
        return logs;
    }

    private String post(String target, String body) throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(url.toURI().resolve(target))
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    @Test
    void logsPredictOverGrpcAsItCameAndWasAnswered() throws IOException {
        PredictRequest request = PredictRequest.newBuilder()
                .setModelSpec(spec("half_plus_two"))
                .putInputs(
                        "x",
                        GrpcClient.floats(1, 1, 4711).toBuilder()
                                .clearTensorShape()
                                .build())
                .build();

        PredictResponse answer = client.call(PREDICTION + "Predict", request, PredictResponse.getDefaultInstance());

        PredictionLog log =
                logged("half_plus_two", one -> one.getPredictLog().getRequest().equals(request));
        assertThat(log.getPredictLog().getResponse()).isEqualTo(answer);
        assertThat(log.getLogMetadata().getModelSpec()).isEqualTo(answer.getModelSpec());
        assertThat(log.getLogMetadata().getSamplingConfig().getSamplingRate()).isEqualTo(1);
        assertThat(log.getLogMetadata().getTimestampSecs()).isPositive();
    }

    @Test
    void logsPredictOverRestAsTheMessageThatAsksTheSame() throws Exception {
        post("/v1/models/half_plus_two/versions/1:predict", "{\"instances\": [815.0]}");

        PredictionLog log = logged("half_plus_two", one -> one.getPredictLog()
                .getRequest()
                .getInputsOrDefault("x", GrpcClient.strings())
                .getTensorContent()
                .equals(littleEndian(815)));
        assertThat(log.getPredictLog().getRequest().getModelSpec().getVersion().getValue())
                .isEqualTo(1);
        assertThat(log.getPredictLog().getResponse().getOutputsMap().values())
                .singleElement()
                .satisfies(tensor -> assertThat(tensor.getTensorContent()).isEqualTo(littleEndian(409.5f)));
    }

    @Test
    void logsInferOfTheOpenInferenceProtocolAsThePredictThatAsksTheSame() throws Exception {
        post(
                "/v2/models/half_plus_two/infer",
                "{\"inputs\": [{\"name\": \"x\", \"shape\": [1], \"datatype\": \"FP32\", \"data\": [1234.5]}]}");

        PredictionLog log = logged("half_plus_two", one -> one.getPredictLog()
                .getRequest()
                .getInputsOrDefault("x", GrpcClient.strings())
                .getTensorContent()
                .equals(littleEndian(1234.5f)));
        assertThat(log.getPredictLog().getRequest().getModelSpec().getName()).isEqualTo("half_plus_two");
    }

    private static com.google.protobuf.ByteString littleEndian(float value) {
        int bits = Float.floatToIntBits(value);
        return com.google.protobuf.ByteString.copyFrom(
                new byte[] {(byte) bits, (byte) (bits >> 8), (byte) (bits >> 16), (byte) (bits >> 24)});
    }

    private static Input images(float first) {
        FloatList.Builder pixels = FloatList.newBuilder().addValue(first);
        for (int i = 1; i < 64; i++) {
            pixels.addValue(1);
        }
        return Input.newBuilder()
                .setExampleList(ExampleList.newBuilder()
                        .addExamples(Example.newBuilder()
                                .setFeatures(Features.newBuilder()
                                        .putFeature(
                                                "image",
                                                Feature.newBuilder()
                                                        .setFloatList(pixels)
                                                        .build()))))
                .build();
    }

    @Test
    void logsClassifyAndMultiInference() throws IOException {
        ClassificationRequest request = ClassificationRequest.newBuilder()
                .setModelSpec(spec("digits").setSignatureName("classify"))
                .setInput(images(7))
                .build();
        ClassificationResponse answer =
                client.call(PREDICTION + "Classify", request, ClassificationResponse.getDefaultInstance());
        assertThat(logged("digits", one -> one.getClassifyLog().getRequest().equals(request))
                        .getClassifyLog()
                        .getResponse())
                .isEqualTo(answer);

        MultiInferenceRequest several = MultiInferenceRequest.newBuilder()
                .addTasks(InferenceTask.newBuilder()
                        .setModelSpec(spec("digits").setSignatureName("classify"))
                        .setMethodName("tensorflow/serving/classify"))
                .setInput(images(8))
                .build();
        MultiInferenceResponse answers =
                client.call(PREDICTION + "MultiInference", several, MultiInferenceResponse.getDefaultInstance());
        assertThat(logged(
                                "digits",
                                one -> one.getMultiInferenceLog().getRequest().equals(several))
                        .getMultiInferenceLog()
                        .getResponse())
                .isEqualTo(answers);
    }

    @Test
    void logsRegressOverRest() throws Exception {
        String example = "{\"age\": 46.0, \"sex\": 1.0, \"bmi\": 20.6, \"bp\": 73.0, \"s1\": 172.0, \"s2\": 107.0,"
                + " \"s3\": 51.0, \"s4\": 3.0, \"s5\": 4.2485, \"s6\": 80.0}";
        post("/v1/models/diabetes:regress", "{\"signature_name\": \"regress\", \"examples\": [" + example + "]}");

        // Other tests of this server regress with the same model, with inputs of other kinds.
        PredictionLog log = logged(
                "diabetes",
                one -> one.getLogTypeCase() == LogTypeCase.REGRESS_LOG
                        && one.getRegressLog().getRequest().getInput().hasExampleList());
        assertThat(log.getRegressLog().getRequest().getInput().getExampleList().getExamplesCount())
                .isEqualTo(1);
        assertThat(log.getRegressLog().getResponse().getResult().getRegressionsCount())
                .isEqualTo(1);
    }
}
